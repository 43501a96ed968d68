"""What runs by itself: only what was approved, at its times, and what was missed by the plan's own policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.workspace import Workspace
from spec.codec import load_spec
from spec.errors import AccessError, ApprovalNeededError, SpecError, UsageError
from tools import approvals, schedules
from tools.context import Context

NOW = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
SPEC = """
version: 1
name: totals
title: Sales by region
sources:
  orders:
    location: orders.csv
    columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)'}
steps:
  - {id: by_region, use: aggregate, from: orders, group_by: region, measures: {total: sum(total)}}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
schedule: {cron: '0 8 * * 1', timezone: Europe/Rome}
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "orders.csv").write_text("id,region,total\n1,North,10.50\n", encoding="utf-8")
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


def approved(context: Context, folder: Path, text: str = SPEC, *, thread: str | None = None) -> Path:
    file = folder / "totals.yaml"
    file.write_text(text, encoding="utf-8")
    spec = load_spec(file)
    context.workspace.store.save_spec(spec, by="ada", now=NOW, thread=thread)
    approvals.approve(context, spec, (), approved_by="Ada", now=NOW)
    return file


def add(context: Context, folder: Path, text: str = SPEC) -> schedules.Outlook:
    return schedules.add(context, approved(context, folder, text), now=NOW, out=folder / "out")


def dues(context: Context) -> list[tuple[str, str, int]]:
    found = schedules.store_of(context).recent("totals", 200)
    return [(f"{due.due_at:%m-%d %H:%M}", due.status, due.covers) for due in reversed(found)]


def test_an_approved_plan_comes_at_its_time_in_its_own_zone(context: Context, tmp_path: Path) -> None:
    outlook = add(context, tmp_path)
    assert outlook.next_at is not None
    assert outlook.next_at.isoformat() == "2026-11-02T08:00:00+01:00"
    assert schedules.come_due(context, now=MONDAY - timedelta(seconds=1)) == 0
    assert schedules.come_due(context, now=MONDAY) == 1
    assert schedules.come_due(context, now=MONDAY) == 0
    assert dues(context) == [("11-02 07:00", "waiting", 1)]
    (listed,) = schedules.listed(context, now=MONDAY)
    assert listed.next_at is not None
    assert listed.next_at.isoformat() == "2026-11-09T08:00:00+01:00"


def test_without_an_approval_nothing_is_scheduled(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "totals.yaml"
    file.write_text(SPEC, encoding="utf-8")
    with pytest.raises(ApprovalNeededError):
        schedules.add(context, file, now=NOW, out=tmp_path / "out")
    file = approved(context, tmp_path)
    file.write_text(SPEC.replace("* * 1", "* * 2"), encoding="utf-8")
    with pytest.raises(ApprovalNeededError):
        schedules.add(context, file, now=NOW, out=tmp_path / "out")


def test_a_plan_without_a_schedule_or_with_one_that_never_comes_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not say when"):
        add(context, tmp_path, SPEC[: SPEC.index("schedule:")])
    with pytest.raises(SpecError, match="never comes"):
        add(context, tmp_path, SPEC.replace("0 8 * * 1", "0 8 31 2 *"))


def test_only_who_may_run_schedules(context: Context, tmp_path: Path) -> None:
    file = approved(context, tmp_path)
    guest = Context(context.workspace, "guest", frozenset({"ask", "plan"}))
    with pytest.raises(AccessError):
        schedules.add(guest, file, now=NOW, out=tmp_path)
    with pytest.raises(AccessError):
        schedules.pause(guest, "totals", now=NOW)
    with pytest.raises(AccessError):
        schedules.resume(guest, "totals", now=NOW)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("latest", [("11-16 07:00", "waiting", 3)]),
        ("all", [("11-02 07:00", "waiting", 1), ("11-09 07:00", "waiting", 1), ("11-16 07:00", "waiting", 1)]),
        ("none", [("11-16 07:00", "missed", 3)]),
    ],
)
def test_what_was_missed_is_caught_up_by_the_plans_policy(
    context: Context, tmp_path: Path, policy: str, expected: list[tuple[str, str, int]]
) -> None:
    add(context, tmp_path, SPEC.replace("Rome}", f"Rome, catch_up: {policy}}}"))
    schedules.come_due(context, now=MONDAY + 2 * WEEK + timedelta(days=1))
    assert dues(context) == expected


def test_without_catching_up_what_is_on_time_still_runs(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path, SPEC.replace("Rome}", "Rome, catch_up: none}"))
    schedules.come_due(context, now=MONDAY + 2 * WEEK + timedelta(seconds=20))
    assert dues(context) == [("11-16 07:00", "waiting", 1)]


def test_many_missed_times_are_caught_up_in_portions(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path, SPEC.replace("0 8 * * 1", "*/5 * * * *").replace("Rome}", "Rome, catch_up: all}"))
    later = NOW + timedelta(days=1)
    counts = [schedules.come_due(context, now=later) for _ in range(4)]
    assert counts == [100, 100, 88, 0]


def test_a_pause_leaves_out_what_falls_into_it(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path)
    assert schedules.pause(context, "totals", now=NOW).paused
    assert schedules.come_due(context, now=MONDAY + WEEK) == 0
    resumed = schedules.resume(context, "totals", now=MONDAY + WEEK + timedelta(hours=1))
    assert resumed.next_at is not None
    assert resumed.next_at.isoformat() == "2026-11-16T08:00:00+01:00"
    assert dues(context) == []
    trail = [entry.action for entry in context.workspace.store.audit_trail()]
    assert trail[-3:] == ["schedule", "pause schedule", "resume schedule"]


def test_a_name_that_is_not_scheduled_says_which_are(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path)
    with pytest.raises(SpecError, match="'totals'"):
        schedules.pause(context, "total", now=NOW)


def test_a_due_time_that_nobody_takes_up_is_late(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path)
    assert not schedules.listed(context, now=MONDAY + timedelta(minutes=1))[0].late
    assert schedules.listed(context, now=MONDAY + timedelta(minutes=6))[0].late
    schedules.come_due(context, now=MONDAY)
    assert schedules.listed(context, now=MONDAY + timedelta(minutes=6))[0].late


def test_a_withdrawn_approval_is_none(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path)
    schedule = schedules.known(context, "totals")
    assert schedules.approved_spec(context, schedule).name == "totals"
    assert approvals.withdraw(context, load_spec(tmp_path / "totals.yaml"), withdrawn_by="Ada", now=NOW)
    assert not approvals.withdraw(context, load_spec(tmp_path / "totals.yaml"), withdrawn_by="Ada", now=NOW)
    with pytest.raises(ApprovalNeededError, match="taken back"):
        schedules.approved_spec(context, schedule)
    approvals.approve(context, load_spec(tmp_path / "totals.yaml"), (), approved_by="Ada", now=NOW)
    assert schedules.approved_spec(context, schedule).name == "totals"


def test_a_plan_file_that_says_something_else_is_not_what_was_approved(context: Context, tmp_path: Path) -> None:
    add(context, tmp_path)
    schedule, file = schedules.known(context, "totals"), tmp_path / "totals.yaml"
    file.write_text(SPEC.replace("location: orders.csv", "location: orders.csv\n    note: mine"), encoding="utf-8")
    assert schedules.approved_spec(context, schedule).name == "totals"
    file.write_text(SPEC.replace("sum(total)", "max(total)"), encoding="utf-8")
    with pytest.raises(ApprovalNeededError, match="changed after it was approved"):
        schedules.approved_spec(context, schedule)
    file.unlink()
    with pytest.raises(SpecError, match="no longer where it was"):
        schedules.approved_spec(context, schedule)


def test_a_plan_without_a_file_runs_from_the_store_and_knows_its_conversation(context: Context, tmp_path: Path) -> None:
    spec = load_spec(approved(context, tmp_path, thread="t3"))
    (tmp_path / "totals.yaml").unlink()
    outlook = schedules.add_spec(context, spec, tmp_path, now=NOW, out=tmp_path / "out")
    assert (outlook.thread, outlook.spec_file) == ("t3", None)
    assert schedules.approved_spec(context, schedules.known(context, "totals")) == spec
