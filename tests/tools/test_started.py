"""Runs in processes of their own, as the conversation starts them: their end is recorded however they end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.workspace import Workspace
from spec.errors import DreflowError
from spec.run import RunEvent, RunResult
from tools import runs
from tools.context import Context
from tools.executor import Bounds, run_environment
from tools.started import ProcessStart

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
SPEC = """
version: 1
name: totals
sources:
  orders:
    location: orders.csv
    columns: {region: VARCHAR, total: 'DECIMAL(18,2)'}
steps:
  - {id: by_region, use: aggregate, from: orders, group_by: region, measures: {total: sum(total)}}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
"""
STUBBORN = f"""
import sys, time
sys.path[:0] = [{str(ROOT)!r}]
from datetime import datetime, UTC
from pathlib import Path
from memory.workspace import Workspace
from tools import runs
from tools.context import Context
folder, spec, out = sys.argv[2], sys.argv[4], sys.argv[6]
def told(event):
    if event.phase == "extract":
        time.sleep(60)
context = Context(Workspace(Path(folder), datetime.now(UTC)), "ada")
runs.run(context, Path(spec), now=datetime.now(UTC), out=Path(out), told=told)
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "orders.csv").write_text("region,total\nNorth,10.50\nSouth,1.25\n", encoding="utf-8")
    (tmp_path / "totals.yaml").write_text(SPEC, encoding="utf-8")
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


def started(
    context: Context,
    *,
    code: str | None = None,
    bounds: Bounds | None = None,
    told: Callable[[RunEvent], None] = lambda _: None,
    first_look: float = 0.05,
) -> RunResult:
    folder = context.workspace.folder.parent
    command: tuple[str, ...] = (sys.executable, "-m", "integrations.cli")
    if code is not None:
        (folder / "child.py").write_text(code, encoding="utf-8")
        command = (sys.executable, str(folder / "child.py"))
    start = ProcessStart(
        command=command,
        environment=run_environment({**os.environ, "PYTHONPATH": str(ROOT)}),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=lambda _: time.sleep(first_look),
        bounds=bounds or Bounds(seconds=60),
    )
    return start(context, folder / "totals.yaml", now=NOW, out=folder / "out", told=told)


def test_a_run_tells_its_events_and_gives_its_result(context: Context) -> None:
    phases: list[str] = []
    result = started(context, told=lambda event: phases.append(event.phase))
    assert result.status == "succeeded"
    assert phases[-1] == "finish"
    assert (context.workspace.folder.parent / "out" / "totals.csv").is_file()


def test_the_events_of_a_run_that_was_over_before_the_first_look_are_told_all_the_same(context: Context) -> None:
    phases: list[str] = []
    # The first look comes when the run has long ended.
    result = started(context, told=lambda event: phases.append(event.phase), first_look=4)
    assert result.status == "succeeded"
    assert (phases[0], phases[-1]) == ("start", "finish")


def test_a_run_whose_time_is_up_is_recorded_as_failed_and_holds_nobody_up(context: Context) -> None:
    result = started(context, code=STUBBORN, bounds=Bounds(seconds=5, grace=0.2))
    assert result.status == "failed"
    assert "was stopped. Nothing was published." in (result.message or "")
    assert runs.known(context, result.run_id).status == "failed"
    assert started(context).status == "succeeded"


def test_a_run_that_was_asked_to_stop_and_does_not_hear_it_is_recorded_as_cancelled(context: Context) -> None:
    def told(event: RunEvent) -> None:
        if event.phase == "extract":
            runs.cancel(context, event.run_id, now=NOW)

    result = started(context, code=STUBBORN, bounds=Bounds(seconds=60, grace=0.5), told=told)
    assert result.status == "cancelled"
    assert runs.known(context, result.run_id).status == "cancelled"
    assert not (context.workspace.folder.parent / "out").exists()


def test_a_process_that_left_no_run_says_how_it_ended(context: Context) -> None:
    with pytest.raises(DreflowError, match=r"ended before the run did \(exit code 7\)"):
        started(context, code="raise SystemExit(7)")
