"""The worker with real processes: outcomes, tries, notices, bounds, stopping, draining."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.owners import this_owner
from memory.schedule_store import DueRun
from memory.workspace import Workspace
from spec.codec import load_spec
from tools import approvals, notices, runs, schedules
from tools.context import Context
from tools.executor import Bounds, RunProcess, read_output, run_environment
from tools.outcomes import MOST_ATTEMPTS, Outcome, next_attempt
from tools.worker import Setting, Worker

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
ORDERS = "id,region,total\n1,North,10.50\n2,South,1.25\n3,North,2.00\n"
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
checks:
  - {check: row_count, on: by_region, min: 1}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
schedule: {cron: '0 8 * * 1', timezone: Europe/Rome}
"""


@dataclass
class Place:
    """A shop with a scheduled plan, and a worker that is ticked by hand with a clock of its own."""

    folder: Path
    now: datetime = NOW
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write("orders.csv", ORDERS)
        self.context = Context(Workspace(self.folder / ".dreflow", NOW), "ada")
        self.schedule(SPEC)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def schedule(self, text: str) -> None:
        file = self.write("totals.yaml", text)
        spec = load_spec(file)
        self.context.workspace.store.save_spec(spec, by="ada", now=NOW, thread="t4")
        approvals.approve(self.context, spec, (), approved_by="Ada", now=NOW)
        schedules.add(self.context, file, now=self.now, out=self.folder / "out")

    def worker(self, *, command: tuple[str, ...] = (), bounds: Bounds | None = None, concurrency: int = 2) -> Worker:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DREFLOW_HOME": str(self.folder / "home")}
        return Worker(
            self.context,
            Setting(
                command=command or (sys.executable, "-m", "integrations.cli"),
                environment=run_environment(environment),
                clock=lambda: self.now,
                machine=lambda: datetime.now(UTC),
                monotonic=time.monotonic,
                wait=time.sleep,
                bounds=bounds or Bounds(seconds=60),
                concurrency=concurrency,
                say=self.said.append,
            ),
        )

    def due(self, at: datetime = MONDAY) -> DueRun:
        found = schedules.store_of(self.context).due("totals", at)
        assert found is not None, self.said
        return found

    def at(self, now: datetime) -> Place:
        self.now = now
        return self

    def child(self, code: str) -> tuple[str, ...]:
        """A command that runs this code instead of ours; ``arguments`` are those it was started with."""
        before = f"import sys, time, json; sys.path[:0] = [{str(ROOT)!r}]; arguments = sys.argv[1:]\n"
        return (sys.executable, str(self.write("child.py", before + code)))

    def told(self) -> list[tuple[str, str]]:
        return [(one.kind, f"{one.text} {one.hint}") for one in notices.undelivered(self.context, "t4")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


PATIENCE = 240
"""Seconds to wait for what has to come; a busy machine takes its time, and nothing here measures speed."""


def until(what: Callable[[], bool], tick: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, f"it did not come in {PATIENCE} s"
        tick()
        time.sleep(0.1)


def test_what_is_due_runs_with_its_due_time_as_its_time(place: Place) -> None:
    place.at(MONDAY + timedelta(days=1)).worker().once()
    due = place.due()
    assert (due.status, due.claimed_by) == ("succeeded", None)
    run = runs.known(place.context, due.run_id or "")
    assert run.now.isoformat() == "2026-11-02T08:00:00+01:00"
    assert (place.folder / "out" / "totals.csv").read_text() == "region,total\nNorth,12.50\nSouth,1.25\n"
    log = runs.folder_of(place.context, run.run_id) / "output.log"
    assert json.loads(log.read_text())["run_id"] == run.run_id
    assert place.told() == []


def test_a_source_that_is_gone_is_told_in_the_conversation_and_so_is_its_return(place: Place) -> None:
    (place.folder / "orders.csv").unlink()
    place.at(MONDAY).worker().once()
    assert place.due().status == "failed"
    ((kind, text),) = place.told()
    assert kind == "failed"
    assert text.startswith("“Sales by region” of Monday 2 November at 08:00 failed: ")
    assert "orders.csv" in text
    assert "What was published before is untouched." in text
    assert "Traceback" not in text
    place.write("orders.csv", ORDERS)
    place.at(MONDAY + WEEK).worker().once()
    assert place.due(MONDAY + WEEK).status == "succeeded"
    assert [kind for kind, _ in place.told()] == ["failed", "recovered"]
    shown = [one for one in notices.undelivered(place.context, "t4") if notices.told(place.context, one.id, now=NOW)]
    assert [one.kind for one in shown] == ["failed", "recovered"]
    assert place.told() == []


def test_a_run_that_a_check_holds_back_is_told_and_not_tried_again(place: Place) -> None:
    place.write("orders.csv", "id,region,total\n")
    place.at(MONDAY).worker().once()
    assert (place.due().status, place.due().attempt) == ("blocked", 1)
    ((kind, text),) = place.told()
    assert kind == "held_back"
    assert "was held back" in text
    assert "row_count" in text


def test_a_withdrawn_approval_runs_nothing_and_is_told(place: Place) -> None:
    approvals.withdraw(place.context, load_spec(place.folder / "totals.yaml"), withdrawn_by="Ada", now=NOW)
    place.at(MONDAY).worker().once()
    assert (place.due().status, place.due().run_id) == ("held", None)
    ((kind, text),) = place.told()
    assert kind == "not_run"
    assert "approval of this plan was taken back" in text
    assert "dreflow approve" in text
    assert not (place.folder / "out").exists()


def test_a_plan_changed_after_its_approval_runs_nothing_and_is_told_once_a_day(place: Place) -> None:
    place.schedule(SPEC.replace("0 8 * * 1", "0 * * * *"))
    place.write("totals.yaml", SPEC.replace("sum(total)", "max(total)"))
    worker = place.worker()
    for hour in range(1, 3):
        place.at(NOW + timedelta(hours=hour))
        worker.once()
        assert place.due(place.now).status == "held"
    ((kind, text),) = place.told()
    assert kind == "not_run"
    assert "changed after it was approved" in text
    assert [one.times for one in notices.undelivered(place.context, "t4")] == [2]


TRANSIENT = """
error = {"kind": "transient", "message": "The bank does not answer.", "hint": ""}
print(json.dumps({"status": "failed", "error": error}))
sys.exit(1)
"""


def test_what_may_pass_is_tried_again_with_growing_waits_and_then_told(place: Place) -> None:
    worker = place.at(MONDAY).worker(command=place.child(TRANSIENT))
    waits = []
    for attempt in range(1, MOST_ATTEMPTS):
        worker.once()
        due = place.due()
        assert (due.status, due.attempt) == ("waiting", attempt + 1)
        assert place.told() == []
        waits.append(due.not_before - place.now)
        worker.once()
        assert place.due().fence == attempt
        place.at(due.not_before)
    assert [60 * 2**n <= wait.total_seconds() <= 90 * 2**n for n, wait in enumerate(waits)] == [True] * 3
    worker.once()
    assert place.due().status == "failed"
    ((_, text),) = place.told()
    assert "the bank does not answer. It was tried 4 times." in text


def test_chance_in_waits_comes_from_the_seed() -> None:
    passing = Outcome("failed", "transient")

    def wait(seed: int, key: str = "a") -> timedelta | None:
        return next_attempt(passing, attempt=2, seed=seed, key=key)

    assert wait(1) == wait(1)
    assert len({wait(1), wait(2), wait(1, "b")}) == 3
    assert next_attempt(Outcome("failed", "data"), attempt=1, seed=0, key="") is None
    assert next_attempt(passing, attempt=MOST_ATTEMPTS, seed=0, key="") is None
    assert next_attempt(Outcome("busy"), attempt=99, seed=0, key="") == timedelta(seconds=15)


def test_a_run_by_hand_makes_the_worker_wait_and_costs_no_try(place: Place) -> None:
    store = place.context.workspace.store
    assert store.claim("totals", "r99", owner=this_owner(), now=datetime.now(UTC), seconds=60)
    worker = place.at(MONDAY).worker()
    worker.once()
    assert (place.due().status, place.due().attempt) == ("waiting", 1)
    store.release("totals", "r99")
    place.at(place.due().not_before)
    worker.once()
    assert place.due().status == "succeeded"


def test_a_run_that_takes_too_long_is_killed_with_all_it_started_and_told(place: Place) -> None:
    code = """
import subprocess
print("started", flush=True)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("pids", "w").write(str(child.pid))
time.sleep(60)
"""
    worker = place.at(MONDAY).worker(command=place.child(code), bounds=Bounds(seconds=1.5, grace=0.2))
    worker.once()
    assert place.due().status == "failed"
    ((_, text),) = place.told()
    assert "took longer than 2 seconds and was stopped" in text
    pid = int((place.folder / "pids").read_text())
    until(lambda: not _alive(pid), lambda: None)


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


STUBBORN = """
from datetime import datetime, UTC
from pathlib import Path
from memory.workspace import Workspace
from tools import due
from tools.context import Context
folder, name, at, fence = arguments[1], arguments[4], arguments[5], int(arguments[7])
def told(event):
    if event.phase == "extract":
        time.sleep(60)
context = Context(Workspace(Path(folder), datetime.now(UTC)), "ada")
due.perform(context, name, datetime.fromisoformat(at), fence=fence, told=told)
"""


def test_a_cancelled_run_that_does_not_hear_it_is_killed_after_the_grace(place: Place) -> None:
    worker = place.at(MONDAY).worker(command=place.child(STUBBORN), bounds=Bounds(seconds=60, grace=0.5))

    def extracting() -> bool:
        run_id = place.due().run_id
        return run_id is not None and any(one.phase == "extract" for one in runs.events(place.context, run_id))

    worker.tick(claim=True)
    until(extracting, lambda: worker.tick(claim=False))
    run_id = place.due().run_id
    assert run_id is not None
    runs.cancel(place.context, run_id, now=datetime.now(UTC))
    until(lambda: not worker.busy, lambda: worker.tick(claim=False))
    assert place.due().status == "cancelled"
    assert runs.known(place.context, run_id).status == "cancelled"
    assert not (place.folder / "out" / "totals.csv").exists()
    assert place.told() == []


def test_a_run_left_by_a_dead_worker_is_watched_and_not_started_beside(place: Place) -> None:
    slow = STUBBORN.replace("time.sleep(60)", "time.sleep(3)")
    first = place.at(MONDAY).worker(command=place.child(slow))
    first.tick(claim=True)
    until(lambda: place.due().run_id is not None, lambda: None)
    # The worker dies here: its claim stands under a process that is gone, its run's process goes on.
    gone = f"{this_owner().partition('/')[0]}/999999999/1"
    store = schedules.store_of(place.context)
    due = place.due()
    assert store.claim(due, owner=gone, until=NOW, now=place.now, machine=NOW) is None
    place.context.workspace.store.database.write("UPDATE due_runs SET claimed_by = :gone", {"gone": gone})
    second = place.worker()
    second.once()
    assert any("Watching" in line for line in place.said)
    assert place.due().status == "succeeded"
    assert len(runs.recent(place.context, limit=9)) == 1
    until(lambda: not first.busy, lambda: first.tick(claim=False))


def test_no_more_runs_at_a_time_than_agreed(place: Place) -> None:
    for number in range(3):
        text = SPEC.replace("name: totals", f"name: totals_{number}")
        file = place.write(f"totals_{number}.yaml", text)
        spec = load_spec(file)
        approvals.approve(place.context, spec, (), approved_by="Ada", now=NOW)
        schedules.add(place.context, file, now=NOW, out=place.folder / f"out{number}")
    worker = place.at(MONDAY).worker(command=place.child("time.sleep(1.5)\n" + TRANSIENT), concurrency=2)
    most = 0

    def tick() -> None:
        nonlocal most
        worker.tick(claim=True)
        names = ("totals", "totals_0", "totals_1", "totals_2")
        found = [schedules.store_of(place.context).due(name, MONDAY) for name in names]
        most = max(most, sum(due is not None and due.status == "running" for due in found))

    until(lambda: sum("waits" in line for line in place.said) == 4, tick)
    assert most == 2


def test_the_memory_of_a_run_is_bounded(tmp_path: Path) -> None:
    code = "import sys\ntry:\n    bytearray(2_000_000_000)\nexcept MemoryError:\n    print('refused')\n"
    output = tmp_path / "log"
    process = RunProcess(
        [sys.executable, "-c", code], cwd=tmp_path, environment={}, output=output, bounds=Bounds(memory=500_000_000)
    )
    until(lambda: process.poll() is not None, lambda: None)
    assert read_output(output) == "refused\n"


def test_a_run_whose_worker_is_gone_still_ends_when_its_time_is_up(tmp_path: Path) -> None:
    process = RunProcess(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        cwd=tmp_path,
        environment={},
        output=tmp_path / "log",
        bounds=Bounds(seconds=0.5, grace=0.1),
    )
    until(lambda: process.poll() is not None, lambda: None)
    assert process.poll() == -signal.SIGALRM


def test_output_is_kept_without_passwords_and_keys_are_not_handed_on(tmp_path: Path) -> None:
    output = tmp_path / "log"
    output.write_text("cannot reach postgresql://ada:sentinel-77@db/shop today\n")
    assert read_output(output) == "cannot reach postgresql://ada:***@db/shop today\n"
    environment = run_environment({"PATH": "/bin", "OPENAI_API_KEY": "sentinel-78", "DREFLOW_HOME": "/home"})
    assert environment == {"PATH": "/bin", "DREFLOW_HOME": "/home"}


def test_a_worker_asked_to_stop_lets_its_run_end_first(place: Place) -> None:
    place.schedule(SPEC.replace("0 8 * * 1", "* * * * *"))
    place.context.workspace.store.close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DREFLOW_HOME": str(place.folder / "home")}
    command = [sys.executable, "-m", "integrations.cli", "--workspace", str(place.folder / ".dreflow"), "worker"]
    with subprocess.Popen(command, cwd=place.folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "Started totals" in process.stderr.readline()
        process.terminate()
        rest = process.stderr.read()
    assert process.returncode == 0
    assert "succeeded" in rest
    assert "Started" not in rest


def test_a_worker_beside_a_server_runs_what_is_due_in_its_thread(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from integrations.cli.commands.worker import beside

    place.schedule(SPEC.replace("0 8 * * 1", "* * * * *"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(place.folder)
    end = beside(Context(Workspace(place.folder / ".dreflow", NOW), "worker", frozenset({"ask", "run"})))
    store = schedules.store_of(place.context)
    until(lambda: any(due.status == "succeeded" for due in store.recent("totals", 5)), lambda: None)
    # On a busy machine a minute has gone by and the next run is at work, which would outlive the worker.
    schedules.pause(place.context, "totals", now=NOW)
    until(lambda: all(due.status not in {"waiting", "running"} for due in store.recent("totals", 5)), lambda: None)
    end()
    assert (place.folder / "out" / "totals.csv").is_file()


def test_a_process_that_cannot_be_started_is_tried_again_and_holds_up_no_other_run(place: Place) -> None:
    text = SPEC.replace("name: totals", "name: others")
    file = place.write("others.yaml", text)
    approvals.approve(place.context, load_spec(file), (), approved_by="Ada", now=NOW)
    schedules.add(place.context, file, now=NOW, out=place.folder / "out")
    # Where its output belongs lies something else.
    (place.folder / ".dreflow" / "worker").write_text("", encoding="utf-8")
    place.at(MONDAY).worker().once()
    waiting = [schedules.store_of(place.context).due(name, MONDAY) for name in ("totals", "others")]
    assert [(due.status, due.attempt) for due in waiting if due is not None] == [("waiting", 2)] * 2


def test_a_plan_that_cannot_be_read_is_set_aside_and_told_and_others_run(place: Place) -> None:
    text = SPEC.replace("name: totals", "name: others")
    file = place.write("others.yaml", text)
    approvals.approve(place.context, load_spec(file), (), approved_by="Ada", now=NOW)
    others = schedules.add(place.context, file, now=NOW, out=place.folder / "out2")
    database = place.context.workspace.store.database
    totals = schedules.known(place.context, "totals").spec_digest
    database.write("""UPDATE spec_versions SET spec = '{"version": 7}' WHERE digest = :digest""", {"digest": totals})
    worker = place.at(MONDAY).worker()
    worker.once()
    worker.once()
    done = schedules.store_of(place.context).due(others.pipeline, MONDAY)
    assert done is not None
    assert done.status == "succeeded"
    ((kind, told),) = place.told()
    assert kind == "not_run"
    assert "cannot be read by this version" in told
    assert schedules.known(place.context, "totals").paused


def test_a_run_whose_plan_cannot_be_read_any_more_ends_alone(place: Place) -> None:
    slow = STUBBORN.replace("time.sleep(60)", "time.sleep(1)")
    worker = place.at(MONDAY).worker(command=place.child(slow))
    worker.tick(claim=True)
    until(lambda: place.due().run_id is not None, lambda: None)
    place.context.workspace.store.database.write("""UPDATE runs SET spec = '{"version": 7}'""", {})
    until(lambda: not worker.busy, lambda: worker.tick(claim=False))
    assert place.due().status == "failed"
    ((kind, told),) = place.told()
    assert kind == "failed"
    assert "cannot be read by this version" in told
