"""A row that could not be read comes in once it is mended at its source, though nothing there says that it changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import duckdb
import httpx
import pytest
from running import Plain, Shop

from connectors import contract
from connectors.contract import Place
from connectors.http.definition import Definition
from connectors.http.engine import Declared
from pipelines import runner, staging, state
from spec.base import JsonValue
from spec.pipeline import Load, Send, Source
from spec.run import RunEvent

Row = tuple[str, str, str]
"""(id, amount, at) as the source spells them."""


@dataclass
class Till(Shop):
    """A shop whose source is a file, a database file or a system, in each case with the same rows."""

    kind: str = "csv"
    rows: list[Row] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    """Of each list that the system was asked for: since when."""

    def holds(self, *rows: Row) -> None:
        """From now on the source has these rows."""
        self.rows[:] = rows
        if self.kind == "csv":
            self.write("orders.csv", "id,amount,at\n" + "".join(f"{','.join(row)}\n" for row in rows))
        elif self.kind == "sqlite":
            with sqlite3.connect(self.folder / "orders.sqlite") as database:
                database.execute("DROP TABLE IF EXISTS orders")
                database.execute("CREATE TABLE orders (id, amount, at)")
                database.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The system's list of what changed since then; it does not tell of what is older."""
        since = request.url.params.get("since")
        self.asked.append(since)
        found = [row for row in self.rows if since is None or row[2] >= since or not row[2].startswith("2")]
        page = {"data": [{"id": number, "amount": amount, "at": at or None} for number, amount, at in found]}
        return httpx.Response(200, content=json.dumps(page))

    def place(self, unit: Source | Load | Send) -> Place:
        """As ``Shop``; a system needs no settings."""
        return Place(unit.connector, self.folder, unit.location, unit.connection)

    def spec(self, write: str = "append", **source: Any) -> Plain:
        """The orders, read by when they changed."""
        where: Plain = {
            "csv": {"location": "orders.csv"},
            "sqlite": {"connector": "sqlite", "location": "orders.sqlite", "stream": "orders"},
            "http": {"connector": "stripe", "connection": "till", "stream": "orders"},
        }[self.kind]  # type: ignore[assignment]
        columns: Plain = {"id": "BIGINT", "amount": "DECIMAL(18,2)", "at": "TIMESTAMP WITH TIME ZONE"}
        read: Plain = {
            "columns": columns, "read": "incremental", "cursor": "at", "primary_key": ["id"], "drift": "evolve"
        }  # fmt: skip
        load: Plain = {
            "from": "orders", "connector": "duckdb", "location": "books.duckdb", "table": "orders", "write": write
        }  # fmt: skip
        if write == "merge":
            load["primary_key"] = ["id"]
        return {
            "name": "orders_in",
            "sources": {"orders": cast("JsonValue", where | read | source)},
            "loads": [load],
            "allow": {"tables": ["books.duckdb/orders"]},
        }

    def table(self) -> list[tuple[int, str]]:
        """What is in the books."""
        with duckdb.connect(str(self.folder / "books.duckdb"), read_only=True) as books:
            found = books.execute("SELECT id, CAST(amount AS VARCHAR) FROM orders ORDER BY id, amount").fetchall()
        return [(int(number), str(amount)) for number, amount in found]


@pytest.fixture(params=["csv", "sqlite", "http"])
def till(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Till:
    shop = Till(tmp_path, kind=str(request.param))
    definition = Definition.model_validate(
        {
            "title": "Till",
            "proof": {"grade": "E", "tried_on": "nothing"},
            "base_url": "https://till.test",
            "limits": {"calls": 1000, "seconds": 1, "concurrency": 1},
            "streams": {
                "orders": {
                    "path": "/orders", "records": "/data", "primary_key": "id", "paginate": {"use": "none"},
                    "cursor": {"field": "/at"}, "params": {"since": "{cursor:iso}"},
                }
            },
        }
    )  # fmt: skip
    unit = Declared(definition, "stripe", transport=httpx.MockTransport(shop.answer))
    known: Callable[[str], Any] = contract.connector
    monkeypatch.setattr(staging, "connector", lambda name: unit if name == "stripe" else known(name))
    return shop


def order(number: int, amount: str = "1.00", day: int | None = None) -> Row:
    return str(number), amount, f"2026-01-{day or number:02}T00:00:00Z"


def usual(*other: Row) -> tuple[Row, ...]:
    return tuple(sorted((*(order(number) for number in (1, 2, 4, 5)), *other)))


@pytest.mark.parametrize("write", ["append", "merge"])
def test_a_row_that_is_mended_without_a_new_date_comes_in_once(till: Till, write: str) -> None:
    till.holds(*usual(order(3, "soon")))
    first = till.run(till.spec(write))
    assert first.status == "succeeded"
    assert [one.rows for one in first.quarantined] == [1]
    assert [number for number, _ in till.table()] == [1, 2, 4, 5]
    assert any("2026-01-03" in note and "mended" in note for note in first.notes), first.notes

    till.holds(*usual(order(3, "3.00"), order(6)))
    assert till.run(till.spec(write)).status == "succeeded"
    assert till.table() == [(number, "3.00" if number == 3 else "1.00") for number in range(1, 7)]

    done = till.run(till.spec(write))
    assert [number for number, _ in till.table()] == [1, 2, 3, 4, 5, 6]
    assert not any("mended" in note for note in done.notes)
    if till.kind == "http":
        assert [since and since[:10] for since in till.asked] == [None, "2026-01-03", "2026-01-06"]


def test_a_row_that_stays_bad_is_told_each_time_and_nothing_comes_twice(till: Till) -> None:
    till.holds(*usual(order(3, "soon")))
    till.run(till.spec())
    for number in (6, 7, 8):
        till.holds(*usual(order(3, "soon"), *(order(new) for new in range(6, number + 1))))
        result = till.run(till.spec())
        assert result.status == "succeeded"
        assert [one.rows for one in result.quarantined] == [1]
        told = {check.check: check for check in result.checks}["few_set_aside"]
        assert told.passed
        assert any("mended" in note for note in result.notes)
    assert [number for number, _ in till.table()] == [1, 2, 4, 5, 6, 7, 8]


def test_a_row_whose_date_cannot_be_read_is_looked_for_everywhere(till: Till) -> None:
    till.holds(*usual(("3", "1.00", "soon")))
    till.run(till.spec())
    till.holds(*usual(order(3), order(6)))
    till.run(till.spec())
    assert [number for number, _ in till.table()] == [1, 2, 3, 4, 5, 6]


def test_a_row_without_a_date_is_taken_once(till: Till) -> None:
    till.holds(*usual(("3", "1.00", "")))
    till.run(till.spec())
    till.holds(*usual(("3", "1.00", ""), ("7", "7.00", ""), order(6)))
    till.run(till.spec())
    till.run(till.spec())
    numbers = [number for number, _ in till.table()]
    assert numbers == [1, 2, 3, 4, 5, 6, 7]


def test_looking_back_has_a_limit_and_the_run_says_what_it_leaves(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_HELD_ROWS", 3)
    till.holds(*usual(order(3, "soon")))
    assert not any("not read again" in note for note in till.run(till.spec()).notes)
    till.holds(*usual(order(3, "soon"), order(6), order(7)))
    left = till.run(till.spec())
    assert any("not read again" in note and "at" in note for note in left.notes), left.notes
    assert any(check.check == "mended_rows_come" and not check.passed for check in left.checks)
    till.holds(*usual(order(3, "3.00"), order(6), order(7), order(8)))
    till.run(till.spec())
    assert [number for number, _ in till.table()] == [1, 2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("phase", ["extract", "publish"])
def test_a_run_that_is_killed_between_keeps_the_place_of_the_row(till: Till, phase: str) -> None:
    till.holds(*usual(order(3, "soon")))
    till.run(till.spec())
    till.holds(*usual(order(3, "3.00"), order(6)))

    def stop(event: RunEvent) -> None:
        if event.phase == phase:
            raise KeyboardInterrupt

    stopped = replace(till, after=stop)
    killed = stopped.run(till.spec())
    assert killed.status == "cancelled"
    again = runner.resume(till.job(till.spec()), till.setting(), killed.run_id)
    assert again.status == "succeeded"
    till.run(till.spec())
    assert till.table() == [(number, "3.00" if number == 3 else "1.00") for number in range(1, 7)]
