"""A place of its own for each case: a folder with the case's tables, a workspace, and worlds made once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from evals.casefiles import Unlike
from memory.workspace import Workspace
from spec.errors import ApprovalNeededError
from spec.run import RunResult
from tools.context import Context, context_of

if TYPE_CHECKING:
    from evals.world import World

WHO = "Ada"
Rows = list[tuple[str, ...]]


class Places:
    """Hands out places below one folder; a world that several cases speak of is written once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._worlds: dict[str | int, World] = {}
        self._ran: dict[str, Unlike | None] = {}

    def __enter__(self) -> Places:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worlds.clear()

    def new(self, name: str) -> Place:
        """An empty place."""
        folder = self._folder / "".join(letter if letter.isalnum() else "_" for letter in name)
        folder.mkdir(parents=True)
        return Place(folder, self)

    def once(self, computed: str, work: Callable[[], None]) -> None:
        """Do the work for what is computed, or end as it did before: the same plan on the same data is run once."""
        if computed not in self._ran:
            self._ran[computed] = None
            try:
                work()
            except Unlike as unlike:
                self._ran[computed] = unlike
        before = self._ran[computed]
        if before is not None:
            raise Unlike(str(before), before.outcome)

    def world(self, name: str | int) -> World:
        """A world whose truth is known."""
        from evals.world import write

        if name not in self._worlds:
            self._worlds[name] = write(name, self._folder / f"world_{name}")
        return self._worlds[name]


@dataclass
class Place:
    """Where one case is held."""

    folder: Path
    places: Places
    made: dict[str, RunResult] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The case's own tables."""
        return self.folder / "data"

    @property
    def spec_file(self) -> Path:
        """The plan, as a person would keep it."""
        return self.folder / "plan.yaml"

    def write(self, tables: Mapping[str, str]) -> None:
        """Write the files of a case, each under its own name."""
        self.data.mkdir(exist_ok=True)
        for name, text in tables.items():
            (self.data / name).write_text(text, encoding="utf-8", newline="")

    def context(self, now: datetime) -> Context:
        """The one person of this place's workspace."""
        return context_of(self._workspace(now), WHO)

    def _workspace(self, now: datetime) -> Workspace:
        if not hasattr(self, "_kept"):
            self._kept = Workspace(self.folder / "workspace", now)
        return self._kept

    @cached_property
    def out(self) -> Path:
        """Where the first run writes."""
        return self.folder / "out"

    def run(self, now: datetime, *, parameters: Mapping[str, str] | None = None) -> RunResult:
        """Run the kept plan as the shell does: refused without an approval where it has effects beyond its folder.

        A schedule is no effect of a run by hand; what runs by itself needs its approval where it is added.
        """
        from tools.approvals import approve
        from tools.plans import compiled
        from tools.runs import run

        context = self.context(now)
        job = compiled(context, self.spec_file, now=now, parameters=dict(parameters or {}))
        if any(effect.needs_approval and effect.kind != "schedule" for effect in job.effects):
            try:
                run(context, self.spec_file, now=now, out=self.out, parameters=dict(parameters or {}))
            except ApprovalNeededError as refused:
                if refused.exit_code != 4:
                    raise Unlike(f"A run without approval ends with {refused.exit_code}, not 4.") from refused
            else:
                raise Unlike("A plan with effects ran without an approval.")
            approve(context, job.spec, job.effects, approved_by=WHO, now=now)
        return run(context, self.spec_file, now=now, out=self.out, parameters=dict(parameters or {}))

    def run_with(self, data: str, now: datetime, out: Path) -> RunResult:
        """The kept plan as it is, on other data."""
        from tools.runs import run

        return run(self.context(now), self.spec_file, now=now, out=out, data=[data])

    def run_again(self, first: RunResult, now: datetime, *, parameters: Mapping[str, str] | None = None) -> None:
        """The same plan on the same rows gives the same digests: run into another folder, and replayed."""
        from tools.runs import replay, run

        context = self.context(now)
        again = run(context, self.spec_file, now=now, out=self.folder / "again", parameters=dict(parameters or {}))
        was, is_ = ([(one.name, one.digest) for one in result.outputs] for result in (first, again))
        if was != is_ or not all(one.digest for one in first.outputs if one.rows):
            raise Unlike(f"A second run gave other digests: {was} and {is_}.")
        replayed = replay(context, first.run_id)
        if replayed.status == "different":
            raise Unlike(f"Replayed, the run differs: {replayed.outputs}.")


def rows_of(text: str) -> Rows:
    """Rows of a table as CSV, the header first."""
    return [tuple(row) for row in csv.reader(io.StringIO(text)) if row]


def read_rows(file: Path) -> Rows:
    """Rows of a written CSV file, the header first."""
    if not file.is_file():
        raise Unlike(f"There is no file {file.name}; there is {sorted(one.name for one in file.parent.glob('*'))}.")
    with file.open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in csv.reader(lines)]


def read_table(place: Path, table: str) -> Rows:
    """Rows of a table in a database file, as text, the header first."""
    if not place.is_file():
        raise Unlike(f"There is no database {place.name}.")
    if place.suffix == ".duckdb":
        import duckdb
        from sqlglot import exp

        with duckdb.connect(str(place), read_only=True) as database:
            found = database.execute(exp.select("*").from_(exp.table_(table, quoted=True)).sql("duckdb"))
            head = [str(column[0]) for column in found.description or ()]
            rows = found.fetchall()
    else:
        import sqlite3

        from sqlglot import exp

        with sqlite3.connect(place) as opened:
            cursor = opened.execute(exp.select("*").from_(exp.table_(table, quoted=True)).sql("sqlite"))
            head = [str(column[0]) for column in cursor.description]
            rows = cursor.fetchall()
        opened.close()
    return [tuple(head), *(tuple("" if value is None else str(value) for value in row) for row in rows)]


def same_rows(what: str, found: Rows, expected: Rows, *, ordered: bool = False) -> None:
    """Raise Unlike where rows differ; without an order, as often as they stand."""
    if found[:1] != expected[:1]:
        raise Unlike(f"{what} has the columns {list(found[:1])}, not {list(expected[:1])}.")
    left, right = (rows[1:] if ordered else sorted(rows[1:]) for rows in (found, expected))
    if left != right:
        raise Unlike(f"{what} holds {_shown(left, right)}, and should hold {_shown(right, left)}.")


def _shown(rows: Sequence[tuple[str, ...]], other: Sequence[tuple[str, ...]]) -> str:
    odd = [row for row in rows if row not in other] or list(rows)
    return f"{len(rows)} rows, among them {odd[:4]}"
