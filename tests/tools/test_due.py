"""One due time in one process: whoever was overtaken, or comes second, publishes nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.owners import this_owner
from memory.schedule_store import DueRun
from memory.workspace import Workspace
from spec.codec import load_spec
from spec.errors import BusyError
from tools import approvals, due, runs, schedules
from tools.context import Context

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
GONE = f"{this_owner().partition('/')[0]}/999999999/1"
SPEC = """
version: 1
name: totals
sources:
  orders:
    location: orders.csv
    columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)'}
outputs:
  - {file: orders_out.csv, from: orders, order_by: id}
schedule: {cron: '0 8 * * 1', timezone: Europe/Rome}
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "orders.csv").write_text("id,region,total\n1,North,10.50\n", encoding="utf-8")
    file = tmp_path / "totals.yaml"
    file.write_text(SPEC, encoding="utf-8")
    made = Context(Workspace(tmp_path / ".dreflow", NOW), "ada")
    approvals.approve(made, load_spec(file), (), approved_by="Ada", now=NOW)
    schedules.add(made, file, now=NOW, out=tmp_path / "out")
    schedules.come_due(made, now=MONDAY)
    return made


def claim(context: Context, owner: str) -> DueRun:
    store = schedules.store_of(context)
    (found,) = store.claimable(owner=owner, now=MONDAY)
    machine = datetime.now(UTC)
    mine = store.claim(found, owner=owner, until=machine + timedelta(minutes=1), now=MONDAY, machine=machine)
    assert mine is not None
    return mine


def test_a_process_of_an_older_claim_does_nothing(context: Context, tmp_path: Path) -> None:
    old = claim(context, GONE)
    claim(context, this_owner())
    with pytest.raises(BusyError, match="taken over"):
        due.perform(context, "totals", MONDAY, fence=old.fence)
    assert runs.recent(context, limit=5) == []
    assert not (tmp_path / "out").exists()


def test_who_is_overtaken_while_it_starts_stops_before_it_reads(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = claim(context, GONE)
    approved_spec = schedules.approved_spec

    def overtaken(*arguments: object) -> object:
        claim(context, this_owner())
        return approved_spec(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(schedules, "approved_spec", overtaken)
    with pytest.raises(BusyError, match="taken over"):
        due.perform(context, "totals", MONDAY, fence=old.fence)
    (begun,) = runs.recent(context, limit=5)
    assert [event.phase for event in runs.events(context, begun.run_id)] == ["start"]
    assert not (tmp_path / "out" / "orders_out.csv").exists()
    monkeypatch.undo()
    # The one that took over goes on with the run that was begun.
    result = due.perform(context, "totals", MONDAY, fence=old.fence + 1)
    assert (result.status, result.run_id) == ("succeeded", begun.run_id)


def test_what_was_run_already_is_not_run_again(context: Context) -> None:
    first = claim(context, GONE)
    done = due.perform(context, "totals", MONDAY, fence=first.fence)
    assert done.status == "succeeded"
    # The worker died before it could say so.
    second = claim(context, this_owner())
    with pytest.raises(BusyError, match="run already"):
        due.perform(context, "totals", MONDAY, fence=second.fence)
    assert [run.status for run in runs.recent(context, limit=5)].count("succeeded") == 1


def test_a_run_by_hand_loads_nothing_of_schedules(context: Context, tmp_path: Path) -> None:
    code = """
import sys
from integrations.cli.app import main
main(["run", "totals.yaml", "--out", "by_hand", "--json"])
names = ("cronsim", "tools.schedules", "tools.worker", "memory.schedule_store", "memory.notice_store", "sqlalchemy")
print([name for name in names if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": "/bin:/usr/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
