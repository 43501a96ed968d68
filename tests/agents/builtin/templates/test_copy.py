"""A copy of tables in a database file: what is asked for to its last word, what is read anew, and what a run leaves."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agents.builtin.planner import draft
from agents.builtin.templates.copy.intent import asks_for_a_copy, read
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from spec.catalog import Catalog, Column, Table
from spec.codec import to_yaml
from spec.pipeline import Source
from tools.approvals import approve
from tools.context import Context, context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, tzinfo=UTC)


class View:
    """Two systems as a planner sees them."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        columns = (Column(name="id", type="VARCHAR"), Column(name="updated_at", type="TIMESTAMP"))
        names = ("orders", "order_lines", "payouts", "charges")
        self.catalog = Catalog(tables=tuple(Table(name=name, columns=columns) for name in names))
        self.sources = {
            "orders": self._source("shopify", "shop", "orders", cursor="updated_at"),
            "order_lines": self._source("shopify", "shop", "order_lines"),
            "payouts": self._source("stripe", "till", "payouts"),
            "charges": self._source("stripe", "till", "charges", cursor="updated_at"),
        }

    def _source(self, connector: str, connection: str, stream: str, cursor: str | None = None) -> Source:
        return Source(
            connector=connector, connection=connection, stream=stream, primary_key=("id",), cursor=cursor,
            lookback="1 day" if cursor else None, columns={"id": "VARCHAR", "updated_at": "TIMESTAMP"},
        )  # fmt: skip

    def rows(self, query: object, *, limit: int = 1000) -> list[list[Any]]:
        raise AssertionError("a copy looks at no row")

    def scalars(self, query: object) -> list[object]:
        raise AssertionError("a copy looks at no row")


def copied(text: str) -> Any:
    from agents.builtin.templates.copy.planner import draft_copy

    return draft_copy(Request(text=text, now=NOW, timezone="Europe/Rome", want="pipeline"), View())


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("Copy orders into books.duckdb", {"orders"}),
        ("every hour, copy the new payouts and charges from Stripe into books.duckdb", {"payouts", "charges"}),
        (
            "Please sync Shopify's orders and Stripe's payouts to data/books.sqlite every 15 minutes",
            {"orders", "payouts"},
        ),
        ("Replicate all tables into books.duckdb", {"orders", "order_lines", "payouts", "charges"}),
        ("Keep an up-to-date copy of my Stripe data in books.duckdb", {"payouts", "charges"}),
        (
            "load everything into the database books.duckdb every night at 2",
            {"orders", "order_lines", "payouts", "charges"},
        ),
        ("back up what is new in shop into books.duckdb", {"orders", "order_lines"}),
    ],
)
def test_the_tables_that_are_meant_are_copied(text: str, tables: set[str]) -> None:
    found = copied(text)
    assert isinstance(found, Draft), found
    assert set(found.spec.sources) == tables
    assert {load.table for load in found.spec.loads} == tables


@pytest.mark.parametrize(
    "text",
    [
        "copy paid orders into books.duckdb",
        "copy orders of Germany into books.duckdb",
        "copy orders and invoices into books.duckdb",
        "copy total orders by month into books.duckdb",
        "copy Stripe's orders into books.duckdb",
        "copy orders into books.duckdb and payouts into other.duckdb",
    ],
)
def test_a_word_more_than_a_copy_leaves_the_request_to_others(text: str) -> None:
    assert copied(text) is None


@pytest.mark.parametrize(
    "text", ["how many orders are there", "load the supplier's Excel into one clean table", "copy"]
)
def test_other_requests_are_no_copies(text: str) -> None:
    assert not asks_for_a_copy(text)


def test_what_grows_by_a_cursor_is_merged_and_the_rest_replaced() -> None:
    spec = copied("copy charges and payouts into books.duckdb every hour").spec
    assert {name: source.read for name, source in spec.sources.items()} == {
        "charges": "incremental",
        "payouts": "full_refresh",
    }
    assert {load.table: (load.write, load.primary_key) for load in spec.loads} == {
        "charges": ("merge", ("id",)),
        "payouts": ("replace", ()),
    }
    assert spec.schedule is not None
    assert spec.schedule.cron == "0 * * * *"
    assert "payouts is read whole each time and replaces what is there" in spec.assumptions
    whole = copied("copy charges in full into books.duckdb").spec
    assert [source.read for source in whole.sources.values()] == ["full_refresh"]


def test_in_full_and_what_is_new_are_not_both() -> None:
    assert read("copy the new orders from scratch into books.duckdb", "UTC") is None


def context(place: Path) -> Context:
    return context_of(Workspace(place / "workspace", NOW), "ada")


def planned(place: Path, text: str) -> Draft | Question | Refusal:
    with open_data([str(place / "shop.sqlite")], context(place)) as view:
        return draft(Request(text=text, now=NOW, timezone="UTC", want="pipeline"), view)


def test_a_copy_of_a_database_holds_what_is_there(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.sqlite") as shop:
        shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total TEXT)")
        shop.executemany("INSERT INTO orders VALUES (?, ?)", [(1, "2.50"), (2, "3.00")])
    found = planned(tmp_path, "copy everything into books.duckdb")
    assert isinstance(found, Draft), found
    file = tmp_path / "copy.yaml"
    file.write_text(to_yaml(found.spec), encoding="utf-8")
    approve(context(tmp_path), found.spec, (), approved_by="Ada", now=NOW)
    for total in ("3.00", "9.00"):
        with sqlite3.connect(tmp_path / "shop.sqlite") as shop:
            shop.execute("UPDATE orders SET total = ? WHERE id = 2", [total])
        assert run(context(tmp_path), file, now=NOW, out=tmp_path / "out").status == "succeeded"
        with duckdb.connect(str(tmp_path / "books.duckdb"), read_only=True) as books:
            assert books.execute("SELECT total::VARCHAR FROM orders ORDER BY id").fetchall() == [("2.50",), (total,)]
