"""The store, over SQLite without SQLAlchemy and over PostgreSQL with it: the same promises."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.owners import is_alive, is_gone, this_owner
from memory.store import SavedConnection, SavedThread, Store
from memory.workspace import Workspace
from spec.codec import digest
from spec.pipeline import Pipeline, Source
from spec.run import RunEvent, RunResult, StoredRun

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SPEC = Pipeline(name="totals", sources={"orders": Source(location="orders.csv", columns={"id": "BIGINT"})})
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    made = Workspace(tmp_path / ".dreflow", NOW, url)
    yield made
    made.store.close()


@pytest.fixture
def store(workspace: Workspace) -> Store:
    return workspace.store


def stored_run(run_id: str = "r1") -> StoredRun:
    return StoredRun(
        run_id=run_id,
        pipeline="totals",
        spec_digest=digest(SPEC),
        spec=SPEC,
        base="/shop",
        parameters={"month": "2026-10"},
        rebound={"orders": "new.csv"},
        out="/shop/out",
        now=NOW,
        status="running",
        started=NOW,
    )


def result(run_id: str = "r1") -> RunResult:
    return RunResult(run_id=run_id, status="succeeded", spec_digest=digest(SPEC), started=NOW, finished=NOW)


def test_a_run_comes_back_as_it_was_begun(store: Store) -> None:
    store.begin(stored_run())
    assert store.get("r1") == stored_run()
    assert store.get("r2") is None


def test_a_finished_run_is_no_longer_among_the_unfinished(store: Store) -> None:
    store.begin(stored_run("r1"))
    store.begin(stored_run("r2"))
    store.finish("r1", result("r1"))
    assert [run.run_id for run in store.unfinished("totals", digest(SPEC))] == ["r2"]
    finished = store.get("r1")
    assert finished is not None
    assert finished.status == "succeeded"
    assert finished.result == result("r1")


def test_a_resumed_run_is_running_again_and_its_cancellation_is_forgotten(store: Store) -> None:
    store.begin(stored_run())
    assert store.request_cancel("r1", by="ada", now=NOW)
    assert store.cancel_requested("r1")
    store.begin(stored_run())
    assert not store.cancel_requested("r1")


def test_only_a_running_run_can_be_cancelled(store: Store) -> None:
    store.begin(stored_run())
    store.finish("r1", result())
    assert not store.request_cancel("r1", by="ada", now=NOW)
    assert not store.request_cancel("r9", by="ada", now=NOW)


def test_events_keep_their_order_and_a_number_is_used_once(store: Store) -> None:
    events = [
        RunEvent(run_id="r1", seq=1, at=NOW, phase="start"),
        RunEvent(run_id="r1", seq=2, at=NOW, phase="extract", name="orders", rows=412, data={"file": "o.csv"}),
    ]
    for event in events:
        store.append(event)
    assert store.events("r1") == events
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.append(events[0])


def test_state_is_replaced_and_starts_empty(store: Store) -> None:
    assert store.state("totals") == {}
    store.save_state("totals", "r1", {"orders": "100"})
    store.save_state("totals", "r2", {"orders": "200"})
    assert store.state("totals") == {"orders": "200"}


def test_approval_is_of_exactly_one_digest(store: Store) -> None:
    assert store.approval(digest(SPEC)) is None
    store.approve(SPEC, approved_by="Ada", entered_by="shop", now=NOW)
    approval = store.approval(digest(SPEC))
    assert approval is not None
    assert (approval.approved_by, approval.approved_at) == ("Ada", NOW)
    assert store.approval(digest(SPEC.model_copy(update={"name": "other"}))) is None
    assert store.spec(digest(SPEC)) == SPEC


def test_a_lease_is_held_against_others_and_renewed_by_its_holder(store: Store) -> None:
    me = this_owner()
    assert store.claim("totals", "r1", owner=me, now=NOW, seconds=60)
    assert not store.claim("totals", "r2", owner=me, now=NOW, seconds=60)
    assert not store.claim("totals", "r1", owner="elsewhere/1/1", now=NOW, seconds=60)
    assert store.claim("totals", "r1", owner=me, now=NOW, seconds=60)
    store.release("totals", "r1")
    assert store.claim("totals", "r2", owner=me, now=NOW, seconds=60)


def test_a_lease_of_another_host_ends_with_its_time(store: Store) -> None:
    assert store.claim("totals", "r1", owner="elsewhere/1/1", now=NOW, seconds=60)
    assert not store.claim("totals", "r2", owner=this_owner(), now=NOW + timedelta(seconds=59), seconds=60)
    assert store.claim("totals", "r2", owner=this_owner(), now=NOW + timedelta(seconds=60), seconds=60)


def test_a_lease_of_a_living_process_here_outlasts_its_time(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        owner = owner_of(other.pid)
        assert is_alive(owner)
        assert store.claim("totals", "r1", owner=owner, now=NOW, seconds=1)
        assert not store.claim("totals", "r2", owner=this_owner(), now=NOW + timedelta(hours=1), seconds=1)
        other.communicate(b"\n")


def test_a_lease_of_a_killed_process_here_is_free_at_once(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        owner = owner_of(other.pid)
        assert store.claim("totals", "r1", owner=owner, now=NOW, seconds=3600)
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert is_gone(owner)
    assert store.claim("totals", "r2", owner=this_owner(), now=NOW, seconds=3600)


def owner_of(pid: int) -> str:
    code = f"import os; os.getpid = lambda: {pid}; from memory.owners import this_owner; print(this_owner())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_of_many_processes_that_want_a_lease_one_gets_it(workspace: Workspace) -> None:
    assert workspace.store.approval("none") is None
    code = """
import sys, datetime
from pathlib import Path
from memory.owners import this_owner
from memory.workspace import Workspace
now = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.UTC)
store = Workspace(Path(sys.argv[1]), now, sys.argv[2] or None).store
print(store.claim("totals", sys.argv[3], owner=this_owner(), now=now, seconds=60), flush=True)
input()
"""
    arguments = [sys.executable, "-c", code, str(workspace.folder), workspace.database_url or ""]
    processes = [
        subprocess.Popen([*arguments, f"r{n}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    answers = [process.stdout.readline().strip() for process in processes if process.stdout]
    for process in processes:
        process.communicate("\n")
    assert sorted(answers) == ["False", "False", "False", "True"]


def test_numbers_are_given_once_even_to_processes_that_make_the_store_together(tmp_path: Path) -> None:
    code = """
import sys, datetime
from pathlib import Path
from memory.workspace import Workspace
store = Workspace(Path(sys.argv[1]), datetime.datetime.now(datetime.UTC)).store
print([store.next_id("run") for _ in range(20)])
"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "new")]
    processes = [subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    numbers = [int(n) for process in processes for n in process.communicate()[0].strip("[]\n").split(",")]
    assert sorted(numbers) == list(range(1, 81))


def test_a_connection_keeps_the_name_of_its_secret_only(store: Store) -> None:
    saved = SavedConnection("shop", "postgres", {"host": "db", "user": "ada"}, "connection/shop")
    store.save_connection(saved, by="ada", now=NOW)
    assert store.connection("shop") == saved
    assert store.connections() == [saved]
    assert store.connection("other") is None


def test_a_thread_comes_back_with_its_open_question(store: Store) -> None:
    thread = SavedThread("t1", "answer", {"text": "sales?"}, ("a.csv", "b"), {"k": "v"}, {"key": "q"}, ({"turn": 1},))
    store.save_thread(thread, by="ada", now=NOW)
    assert store.thread("t1") == thread
    closed = SavedThread("t1", "answer", {"text": "sales?"}, ("a.csv", "b"))
    store.save_thread(closed, by="ada", now=NOW)
    assert store.thread("t1") == closed


def test_the_newest_meaning_of_a_word_counts(store: Store) -> None:
    store.define("revenue", "all orders", expression="sum(total)", by="ada", now=NOW)
    store.define("revenue", "paid orders", expression=None, by="bo", now=NOW)
    meaning = store.definitions()["revenue"]
    assert (meaning.text, meaning.version, meaning.author, meaning.expression) == ("paid orders", "2", "bo", None)


def test_rights_are_exactly_those_last_given(store: Store) -> None:
    assert "ada" not in store.principals()
    store.save_principal("ada", frozenset({"ask", "run"}), by="bo", now=NOW)
    store.save_principal("ada", frozenset({"ask"}), by="bo", now=NOW)
    assert store.principals() == {"ada": {"ask"}}


def test_the_audit_trail_refuses_change_and_removal(store: Store) -> None:
    store.record("ada", "approve", "sha256:1", {}, NOW)
    for statement in ("UPDATE audit_trail SET principal = 'eve'", "DELETE FROM audit_trail"):
        with pytest.raises(Exception, match="append-only"):
            store.database.write(statement, {})
    assert [entry.principal for entry in store.audit_trail()] == ["ada"]


def test_an_entry_changed_behind_our_back_is_found(tmp_path: Path) -> None:
    store = Workspace(tmp_path, NOW).store
    for subject in ("a", "b", "c"):
        store.record("ada", "approve", subject, {"n": subject}, NOW)
    assert store.first_broken_entry() is None
    store.database.write("DROP TRIGGER audit_trail_no_update", {})
    store.database.write("UPDATE audit_trail SET principal = 'eve' WHERE seq = 2", {})
    assert store.first_broken_entry() == 2
    store.close()


def test_entries_removed_at_the_end_are_missed(tmp_path: Path) -> None:
    store = Workspace(tmp_path, NOW).store
    for subject in ("a", "b"):
        store.record("ada", "approve", subject, {}, NOW)
    store.database.write("DROP TRIGGER audit_trail_no_delete", {})
    store.database.write("DELETE FROM audit_trail WHERE seq = 2", {})
    assert store.first_broken_entry() == 2
    store.close()


def test_what_fails_in_a_transaction_leaves_nothing(store: Store) -> None:
    def half_done() -> None:
        with store.database.transaction():
            store.record("ada", "approve", "sha256:1", {}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert store.audit_trail() == []
    store.record("ada", "approve", "sha256:2", {}, NOW)
    assert [entry.seq for entry in store.audit_trail()] == [1]


def test_workspaces_in_one_store_do_not_see_each_other(store: Store) -> None:
    other = Store(store.database, "another")
    other.enter("another", NOW)
    other.approve(SPEC, approved_by="Eve", entered_by="Eve", now=NOW)
    other.begin(stored_run())
    assert store.approval(digest(SPEC)) is None
    assert store.get("r1") is None
    assert store.audit_trail() == []
