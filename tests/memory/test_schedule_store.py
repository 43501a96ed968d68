"""Schedules, claims and notices, in both databases: each due time is listed once, claimed by one, told once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from memory.database import SqliteDatabase
from memory.migrate import upgrade
from memory.notice_store import Notice, NoticeStore
from memory.owners import this_owner
from memory.schedule_store import DueRun, Scheduled, ScheduleStore
from memory.workspace import Workspace

NOW = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ELSEWHERE, GONE = "otherhost/1/1", f"{this_owner().partition('/')[0]}/999999999/1"
SCHEDULE = Scheduled("totals", "sha256:1", "/shop", "/shop/out", False, NOW, "ada", None, "t1")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    made = Workspace(tmp_path / ".dreflow", NOW, url)
    yield made
    made.store.close()


@pytest.fixture
def store(workspace: Workspace) -> ScheduleStore:
    made = ScheduleStore(workspace.store.database, workspace.store.workspace)
    made.save(SCHEDULE, now=NOW)
    return made


def came(store: ScheduleStore, *times: datetime, pipeline: str = "totals") -> list[DueRun]:
    schedule = store.schedule(pipeline)
    assert schedule is not None
    assert store.advance(schedule, max(times) + MINUTE, [(at, 1, "waiting") for at in times])
    found = [store.due(pipeline, at) for at in times]
    return [due for due in found if due is not None]


def claimed(store: ScheduleStore, due: DueRun, owner: str, *, later: timedelta = timedelta()) -> DueRun | None:
    machine = NOW + later
    return store.claim(due, owner=owner, until=machine + MINUTE, now=NOW + later, machine=machine)


def again(store: ScheduleStore, due: DueRun) -> DueRun:
    found = store.due(due.pipeline, due.due_at)
    assert found is not None
    return found


def test_a_schedule_comes_back_as_it_was_saved_and_a_new_one_takes_its_place(store: ScheduleStore) -> None:
    assert store.schedule("totals") == SCHEDULE
    assert store.pause("totals", paused=True, next_at=None)
    assert not store.pause("totals", paused=True, next_at=None)
    changed = replace(SCHEDULE, spec_digest="sha256:2", spec_file="/shop/totals.yaml", thread=None)
    store.save(changed, now=NOW)
    assert store.schedules() == [changed]


def test_of_two_workers_one_lists_what_came_due(store: ScheduleStore) -> None:
    schedule = store.schedule("totals")
    assert schedule is not None
    assert store.advance(schedule, NOW + MINUTE, [(NOW, 1, "waiting")])
    assert not store.advance(schedule, NOW + MINUTE, [(NOW, 1, "waiting")])
    assert [due.due_at for due in store.recent("totals", 9)] == [NOW]


def test_a_due_time_is_claimed_by_one(store: ScheduleStore) -> None:
    (due,) = came(store, NOW)
    mine = claimed(store, due, this_owner())
    assert mine is not None
    assert (mine.status, mine.fence, mine.claimed_by) == ("running", 1, this_owner())
    assert claimed(store, due, ELSEWHERE) is None
    assert claimed(store, again(store, due), ELSEWHERE) is None


def test_of_many_at_once_one_gets_it(workspace: Workspace, store: ScheduleStore) -> None:
    dues = came(store, NOW, NOW + MINUTE)
    start, won = threading.Barrier(6), list[str]()

    def race(number: int) -> None:
        start.wait()
        for due in dues:
            if claimed(store, due, f"host{number}/1/1", later=MINUTE) is not None:
                won.append(f"{number} {due.due_at}")

    threads = [threading.Thread(target=race, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Two due times of one pipeline: while one is at work, the other one waits.
    assert len(won) == 1
    assert sorted(due.status for due in store.recent("totals", 9)) == ["running", "waiting"]


def test_a_claim_ends_when_its_worker_is_gone_or_its_time_is_up(store: ScheduleStore) -> None:
    (due,) = came(store, NOW)
    assert claimed(store, due, GONE) is not None
    taken = claimed(store, again(store, due), ELSEWHERE)
    assert taken is not None
    assert taken.fence == 2
    assert claimed(store, taken, this_owner(), later=MINUTE / 2) is None
    assert claimed(store, taken, this_owner(), later=2 * MINUTE) is not None
    # A process of this machine that lives keeps its claim, however late it is.
    assert claimed(store, again(store, due), ELSEWHERE, later=99 * MINUTE) is None


def test_who_was_overtaken_can_do_nothing_more(store: ScheduleStore) -> None:
    (due,) = came(store, NOW)
    first = claimed(store, due, GONE)
    assert first is not None
    second = claimed(store, again(store, due), ELSEWHERE)
    assert second is not None
    assert not store.renew(first, until=NOW + 9 * MINUTE)
    assert not store.link(first, "r1")
    assert not store.settle(first, "succeeded", message=None, at=NOW)
    assert not store.retry(first, attempt=2, not_before=NOW, message=None, run_id=None)
    assert store.link(second, "r2")
    assert store.settle(second, "succeeded", message=None, at=NOW)
    assert again(store, due).run_id == "r2"
    assert claimed(store, again(store, due), this_owner(), later=9 * MINUTE) is None


def test_what_waits_for_another_try_is_not_claimed_before(store: ScheduleStore) -> None:
    (due,) = came(store, NOW)
    mine = claimed(store, due, this_owner())
    assert mine is not None
    assert store.retry(mine, attempt=2, not_before=NOW + 5 * MINUTE, message="away", run_id=None)
    assert store.claimable(owner=ELSEWHERE, now=NOW + 4 * MINUTE) == []
    assert claimed(store, again(store, due), this_owner(), later=4 * MINUTE) is None
    taken = claimed(store, again(store, due), this_owner(), later=5 * MINUTE)
    assert taken is not None
    assert (taken.attempt, taken.fence) == (2, 2)


def test_nothing_of_a_paused_schedule_is_listed_or_claimed(store: ScheduleStore) -> None:
    (due,) = came(store, NOW)
    schedule = store.schedule("totals")
    assert schedule is not None
    store.pause("totals", paused=True, next_at=None)
    assert claimed(store, due, this_owner()) is None
    assert not store.advance(schedule, NOW + MINUTE, [])


def test_the_next_run_is_of_the_newest_plan(store: ScheduleStore) -> None:
    (due,) = came(store, NOW)
    store.save(replace(SCHEDULE, spec_digest="sha256:2"), now=NOW)
    mine = claimed(store, due, this_owner())
    assert mine is not None
    assert mine.spec_digest == "sha256:2"


def notice(cause: str = "no file", at: datetime = NOW, thread: str | None = "t1") -> Notice:
    return Notice(0, thread, "totals", "r1", "failed", f"It failed: {cause}", "Put it back.", cause, 1, at)


def test_the_same_trouble_is_told_once_a_day(workspace: Workspace) -> None:
    notices = NoticeStore(workspace.store)
    day = timedelta(days=1)
    first = notices.add(notice(), quiet=day)
    assert first is not None
    assert notices.add(notice(at=NOW + MINUTE), quiet=day) is None
    assert [one.times for one in notices.undelivered("t1")] == [2]
    assert notices.add(notice("another"), quiet=day) is not None
    assert notices.add(notice(at=NOW + MINUTE), quiet=day) is not None
    assert notices.add(notice(at=NOW + day + 2 * MINUTE), quiet=day) is not None


def test_a_notice_is_delivered_by_one(workspace: Workspace) -> None:
    notices = NoticeStore(workspace.store)
    mine = notices.add(notice("delivered once", thread="t7"), quiet=MINUTE)
    nobodys = notices.add(notice("of no conversation", thread=None), quiet=MINUTE)
    assert mine is not None
    assert nobodys is not None
    assert [one.id for one in notices.undelivered("t7")] == [mine.id]
    assert nobodys.id in [one.id for one in notices.undelivered(None)]
    told = [notices.deliver(mine.id, by=who, now=NOW) for who in ("page", "slack")]
    assert told == [True, False]
    assert notices.undelivered("t7") == []


def test_an_earlier_store_keeps_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "dreflow.db"
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        upgrade(connection, "0001")
    engine.dispose()
    connection_ = sqlite3.connect(file)
    connection_.executescript("""
        INSERT INTO workspaces VALUES ('w', 'shop', '2026-01-01');
        INSERT INTO spec_versions VALUES ('w', 'sha256:1', 'totals', '{}', 'ada', '2026-01-01');
        INSERT INTO approvals VALUES ('w', 1, 'sha256:1', 'Ada', '2026-01-01T00:00:00+00:00', 'ada');
        INSERT INTO schedules VALUES ('w', 'totals', 'sha256:1', '/shop', '/out', 0, NULL, 'ada', '2026-01-01');
    """)
    connection_.close()
    database = SqliteDatabase(file)
    from memory.store import Store

    store = Store(database, "w")
    assert store.approval("sha256:1") is not None
    assert store.thread_of_spec("sha256:1") is None
    kept = ScheduleStore(database, "w").schedule("totals")
    assert kept is not None
    assert (kept.spec_digest, kept.thread) == ("sha256:1", None)
    store.close()
