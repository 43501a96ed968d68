"""Runs for tests: a folder with sources, a workspace with the real store, and one call from a spec to a result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from connectors.contract import Place
from memory.owners import this_owner
from memory.store import Store
from memory.workspace import Workspace
from pipelines import runner
from pipelines.compiler import compile_spec
from pipelines.engines.duckdb import Limits
from pipelines.job import Job
from pipelines.setting import Setting
from spec.base import JsonValue
from spec.codec import from_plain
from spec.pipeline import Load, Pipeline, Send, Source
from spec.run import RunEvent, RunResult

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
Plain = dict[str, JsonValue]


@dataclass
class Shop:
    """A folder with a workspace. ``urls`` gives the address of each database connector that the specs use."""

    folder: Path
    urls: Mapping[str, str] = field(default_factory=dict)
    now: datetime = NOW
    after: Callable[[RunEvent], None] = lambda _: None
    limits: Limits = field(default_factory=Limits)
    sleep: Callable[[float], None] = time.sleep
    owner: str = field(default_factory=this_owner)

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.folder / "workspace", NOW)

    @property
    def store(self) -> Store:
        """The workspace's store."""
        return self.workspace.store

    @property
    def out(self) -> Path:
        """Where runs write files."""
        return self.folder / "out"

    def write(self, file: str, text: str) -> Path:
        """Write a source file."""
        path = self.folder / file
        path.write_text(text, encoding="utf-8", newline="")
        return path

    def place(self, unit: Source | Load | Send) -> Place:
        """Resolve a source or load: files in the folder, databases by ``urls``."""
        return Place(unit.connector, self.folder, unit.location, unit.connection, self.urls.get(unit.connector))

    def setting(self) -> Setting:
        """What a run of this shop gets from outside."""
        return Setting(
            store=self.store,
            workspace=self.workspace.folder,
            places=self.place,
            clock=lambda: datetime.now(UTC),
            monotonic=time.monotonic,
            sleep=self.sleep,
            owner=self.owner,
            limits=self.limits,
            after=self.after,
        )

    def job(self, plain: Plain, **parameters: JsonValue) -> Job:
        """Compile a spec given as plain data."""
        return compile_spec(from_plain(plain), base=self.folder, parameters=parameters, now=self.now)

    def approve(self, spec: Pipeline) -> None:
        """Approve a spec as a person would."""
        self.store.approve(spec, approved_by="Ada", entered_by="Ada", now=NOW)

    def run(self, plain: Plain, *, approved: bool = True, digests: bool = True, **parameters: JsonValue) -> RunResult:
        """Compile, approve and run."""
        return self.run_job(self.job(plain, **parameters), approved=approved, digests=digests)

    def run_job(self, job: Job, *, approved: bool = True, digests: bool = True) -> RunResult:
        """Approve and run a compiled job."""
        if approved:
            self.approve(job.spec)
        return runner.run(job, self.setting(), new_id=self.new_id, out=self.out, now=self.now, digests=digests)

    def new_id(self) -> str:
        """The next run's id."""
        return f"r{self.store.next_id('run')}"

    def later(self, now: datetime) -> Shop:
        """The same shop at another time."""
        return replace(self, now=now)


def orders_spec(**more: object) -> Plain:
    """Orders of a CSV file, summed by region: the plainest spec with a step."""
    plain: Plain = {
        "name": "regions",
        "sources": {
            "orders": {
                "location": "orders.csv",
                "columns": {"id": "BIGINT", "region": "VARCHAR", "amount": "DECIMAL(18,2)"},
                "primary_key": ["id"],
            }
        },
        "steps": [
            {
                "id": "totals",
                "use": "aggregate",
                "from": "orders",
                "group_by": ["region"],
                "measures": {"total": "sum(amount)", "orders": "count(*)"},
            }
        ],
        "outputs": [{"file": "totals.csv", "from": "totals", "order_by": ["region"]}],
    }
    return plain | cast("Plain", more)
