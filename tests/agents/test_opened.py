"""Data opened once for all conversations that look at the same files, and for nobody once they changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from agents.opened import Opened
from memory.workspace import Workspace
from spec.errors import DreflowError
from tools.context import Context
from tools.data import ASKER, OpenData

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_text("id,at\n1,2026-09-01T22:30:00Z\n2,2026-09-02T10:00:00Z\n", encoding="utf-8")
    return file


def query(sql: str) -> exp.Query:
    found = parse_one(sql, dialect="duckdb")
    assert isinstance(found, exp.Query)
    return found


def count(data: OpenData) -> object:
    return data.rows(query("SELECT count(*) FROM orders"))[0][0]


def test_two_that_look_at_the_same_files_share_what_is_open(context: Context, orders: Path) -> None:
    opened = Opened()
    first, second = (opened.take(context, (str(orders),), {}) for _ in range(2))
    assert first is second
    opened.give_back(first)
    assert count(second) == 2
    opened.close()


def test_who_comes_after_a_file_changed_sees_the_change_and_who_was_there_does_not(
    context: Context, orders: Path
) -> None:
    opened = Opened()
    before = opened.take(context, (str(orders),), {})
    assert count(before) == 2
    orders.write_text(orders.read_text(encoding="utf-8") + "3,2026-09-03T10:00:00Z\n", encoding="utf-8")
    after = opened.take(context, (str(orders),), {})
    assert (count(before), count(after)) == (2, 3)
    opened.close()


def test_what_was_answered_about_reading_is_not_shared_with_who_said_otherwise(context: Context, orders: Path) -> None:
    opened = Opened()
    one = opened.take(context, (str(orders),), {"read.orders.at.dates": "day"})
    assert opened.take(context, (str(orders),), {}) is not one
    opened.close()


def test_nothing_is_kept_beyond_the_idle_ones_and_they_leave_no_files(context: Context, tmp_path: Path) -> None:
    opened = Opened(kept_idle=1)
    folders = []
    for number in range(3):
        file = tmp_path / f"f{number}.csv"
        file.write_text("id\n1\n", encoding="utf-8")
        data = opened.take(context, (str(file),), {})
        folders.append(data.folder)
        opened.give_back(data)
    assert [folder.exists() for folder in folders] == [False, False, True]
    opened.close()
    assert not folders[2].exists()


def test_data_that_cannot_be_opened_leaves_nothing_behind(context: Context, tmp_path: Path) -> None:
    opened = Opened()
    for _ in range(2):
        with pytest.raises(DreflowError):
            opened.take(context, (str(tmp_path / "none.csv"),), {})
    opened.close()


def test_many_ask_at_once_and_each_gets_their_own_answer(context: Context, orders: Path) -> None:
    opened = Opened()
    found: dict[int, object] = {}

    def ask(number: int) -> None:
        data = opened.take(context, (str(orders),), {})
        found[number] = data.rows(query(f"SELECT count(*) + {number} FROM orders"))[0][0]
        opened.give_back(data)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: number + 2 for number in range(12)}
    opened.close()


def test_a_query_that_one_stops_goes_on_for_the_others(context: Context, orders: Path) -> None:
    opened = Opened()
    data = opened.take(context, (str(orders),), {})
    count(data)
    ended: dict[str, str] = {}

    def ask(name: str, rows: int) -> None:
        ASKER.set(name)
        try:
            data.rows(query(f"SELECT sum(a.range * b.range) FROM range({rows}) a, range(20000) b"))
            ended[name] = "answered"
        except Exception as error:  # noqa: BLE001 - whatever it ends in is what is looked at
            ended[name] = type(error).__name__

    asking = [threading.Thread(target=ask, args=("ann", 4_000_000)), threading.Thread(target=ask, args=("ben", 2_000))]
    for thread in asking:
        thread.start()
    while "ann" in (who for who, _ in data._running) or "ann" not in ended:
        data.stop("ann")
        time.sleep(0.05)
    for thread in asking:
        thread.join()
    assert ended["ben"] == "answered"
    assert ended["ann"] != "answered"
    opened.close()


def test_days_begin_in_utc_whatever_the_zone_of_the_machine(
    context: Context, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        opened = Opened()
        data = opened.take(context, (str(orders),), {})
        found = data.rows(query("SELECT DISTINCT current_setting('TimeZone') FROM orders"))
        assert found[0][0] == "UTC"
        opened.close()
    finally:
        monkeypatch.undo()
        time.tzset()
