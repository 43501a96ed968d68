"""Data named with --data: discovered at once, read when needed, queried where nothing else can be reached."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlglot import parse_one
from sqlglot.expressions import Query

from memory.workspace import Workspace
from spec.errors import AccessError, DreflowError, LimitError, UsageError
from tools.context import Context
from tools.data import OpenData, open_data

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ORDERS = "id,region,total,paid_at\n1,North,10.50,2026-07-01\n2,South,1.25,2026-07-02\n3,North,2.00,2026-08-05\n"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    file = tmp_path / "shop" / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    return file


def sql(text: str) -> Query:
    query = parse_one(text, dialect="duckdb")
    assert isinstance(query, Query)
    return query


def test_a_file_becomes_a_table_named_after_it(context: Context, orders: Path) -> None:
    with open_data([str(orders)], context) as data:
        assert [table.name for table in data.catalog.tables] == ["orders"]
        assert data.rows(sql("SELECT region, sum(total) AS total FROM orders GROUP BY ALL ORDER BY 1")) == (
            ("North", "12.50"),
            ("South", "1.25"),
        )


def test_a_name_before_the_path_names_the_table(context: Context, orders: Path) -> None:
    with open_data([f"sales={orders}"], context) as data:
        assert list(data.sources) == ["sales"]
        assert data.scalars(sql("SELECT count(*), sum(total) FROM sales")) == (3, Decimal("13.75"))


def test_a_folder_gives_each_data_file_and_names_what_it_leaves_out(context: Context, orders: Path) -> None:
    (orders.parent / "notes.pages").write_text("?", encoding="utf-8")
    (orders.parent / "refunds.csv").write_text("id,amount\n1,2.00\n", encoding="utf-8")
    with open_data([str(orders.parent)], context) as data:
        assert sorted(data.sources) == ["orders", "refunds"]
        assert any("notes.pages" in warning.text for warning in data.warnings)


def test_two_tables_of_one_name_are_told_apart(context: Context, orders: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    with open_data([str(orders), str(tmp_path / "old" / "orders.csv")], context) as data:
        assert list(data.sources) == ["orders", "orders_2"]
        assert data.rows(sql("SELECT count(*) FROM orders_2")) == ((3,),)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM orders UNION ALL SELECT * FROM read_text('/etc/passwd')",
    ],
)
def test_a_query_reaches_nothing_but_the_tables(context: Context, orders: Path, text: str) -> None:
    with (
        open_data([str(orders)], context) as data,
        pytest.raises(Exception, match=r"(?i)permission|disabled|not exist"),
    ):
        data.rows(sql(text.format(file=orders)))


def test_a_query_that_takes_too_long_is_stopped(context: Context, orders: Path) -> None:
    with open_data([str(orders)], context) as data:
        data.limits = data.limits.__class__(memory="1GB", seconds=0.5)
        endless = sql("SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3")
        with pytest.raises(LimitError, match="longer than"):
            data.rows(endless)
        assert data.rows(sql("SELECT count(*) FROM orders")) == ((3,),)


def test_nothing_of_the_data_stays_behind(context: Context, orders: Path) -> None:
    data = open_data([str(orders)], context)
    data.rows(sql("SELECT * FROM orders"))
    folder = data.folder
    assert folder.exists()
    data.close()
    assert not folder.exists()


def test_rows_that_cannot_be_read_are_told(context: Context, tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}.50\n" for n in range(1, 60))
    (tmp_path / "sales.csv").write_text(f"id,total\n{rows}60,oops\n", encoding="utf-8")
    with open_data([str(tmp_path / "sales.csv")], context) as data:
        assert any("1 " in remark for remark in data.remarks("sales"))


def test_a_path_that_is_not_there_says_what_is_near(context: Context, orders: Path) -> None:
    with pytest.raises(UsageError, match=r"orders\.csv"):
        open_data([str(orders.parent / "ordrs.csv")], context)


def test_without_the_right_to_ask_nothing_is_opened(context: Context, orders: Path) -> None:
    with pytest.raises(AccessError, match="may not ask"):
        open_data([str(orders)], Context(context.workspace, "eve", frozenset()))


def test_an_empty_folder_is_an_error_with_a_hint(context: Context, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DreflowError) as caught:
        open_data([str(tmp_path / "empty")], context)
    assert caught.value.hint


def test_a_cte_named_like_a_table_is_not_read(context: Context, orders: Path) -> None:
    with open_data([str(orders)], context) as data:
        assert isinstance(data, OpenData)
        assert data.rows(sql("WITH x AS (SELECT 1 AS a) SELECT a FROM x")) == ((1,),)


def test_a_database_file_in_a_folder_gives_its_tables_too(context: Context, orders: Path) -> None:
    with closing(sqlite3.connect(orders.parent / "ledger.sqlite")) as connection:
        connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, amount DECIMAL(18,2))")
        connection.execute("INSERT INTO entries VALUES (1, 9.50)")
        connection.commit()
    with open_data([str(orders.parent)], context) as data:
        assert sorted(data.sources) == ["entries", "orders"]
        assert data.rows(sql("SELECT amount FROM entries")) == (("9.50",),)
        assert not any("ledger" in warning.text for warning in data.warnings)


def test_a_folder_of_databases_alone_is_no_error(context: Context, tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    with closing(sqlite3.connect(tmp_path / "books" / "ledger.db")) as connection:
        connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY)")
        connection.commit()
    with open_data([str(tmp_path / "books")], context) as data:
        assert list(data.sources) == ["entries"]


def test_an_instant_is_fetched_as_a_datetime_in_utc_and_nothing_as_an_empty_row(
    context: Context, tmp_path: Path
) -> None:
    (tmp_path / "seen.csv").write_text("id,seen_at\n1,2026-07-01T08:00:00+02:00\n2,\n", encoding="utf-8")
    with open_data([str(tmp_path / "seen.csv")], context) as data:
        assert tuple(data.scalars(sql("SELECT max(seen_at), count(*) FROM seen"))) == (
            datetime(2026, 7, 1, 6, 0, tzinfo=UTC),
            2,
        )
        assert tuple(data.scalars(sql("SELECT seen_at FROM seen WHERE id = 2"))) == (None,)
        assert tuple(data.scalars(sql("SELECT seen_at FROM seen WHERE id = 3"))) == ()
