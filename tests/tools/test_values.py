"""Rows as JSON: exact, ordered, uniquely named."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from sqlglot import parse_one
from sqlglot.expressions import Query

from spec.base import JsonValue
from tools.values import json_rows


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'America/New_York'")
        yield opened


def query(text: str) -> Query:
    tree = parse_one(text, dialect="duckdb")
    assert isinstance(tree, Query)
    return tree


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CAST('1204.50' AS DECIMAL(18,2))", "1204.50"),
        ("CAST('0.00' AS DECIMAL(18,2))", "0.00"),
        ("9007199254740993", "9007199254740993"),
        ("9007199254740992", 9007199254740992),
        ("CAST('170141183460469231731687303715884105727' AS HUGEINT)", "170141183460469231731687303715884105727"),
        ("DATE '2026-07-01'", "2026-07-01"),
        ("TIMESTAMP '2026-07-01 08:00:00'", "2026-07-01T08:00:00"),
        ("TIMESTAMPTZ '2026-07-01 08:00:00+02:00'", "2026-07-01T06:00:00Z"),
        ("TIMESTAMPTZ '1969-12-31 23:59:59.5+00:00'", "1969-12-31T23:59:59.500000Z"),
        ("CAST('infinity' AS DATE)", None),
        ("CAST('-infinity' AS TIMESTAMP)", None),
        ("CAST('infinity' AS TIMESTAMPTZ)", None),
        ("DATE '9999-12-31'", "9999-12-31"),
        ("TIME '08:30:00'", "08:30:00"),
        ("CAST('nan' AS DOUBLE)", None),
        ("CAST('inf' AS DOUBLE)", None),
        ("0.1 + CAST(0.2 AS DOUBLE)", 0.30000000000000004),
        ("[CAST('1.10' AS DECIMAL(4,2))]", ["1.10"]),
        ("{'a': 1, 'b': 'x'}", {"a": 1, "b": "x"}),
        ("CAST('ab' AS BLOB)", "6162"),
        ("NULL", None),
        ("TRUE", True),
    ],
)
def test_a_value_keeps_its_meaning(connection: duckdb.DuckDBPyConnection, expression: str, expected: JsonValue) -> None:
    assert json_rows(connection, query(f"SELECT {expression} AS v"), limit=5).rows == ((expected,),)


def test_a_repeated_column_gets_a_number(connection: duckdb.DuckDBPyConnection) -> None:
    found = json_rows(connection, query("SELECT 1 AS a, 2 AS A, 3 AS a_2, 4 AS a"), limit=5)
    assert found.names == ("a", "A_2", "a_2_2", "a_3")
    assert found.rows == ((1, 2, 3, 4),)


def test_rows_keep_the_order_of_the_query(connection: duckdb.DuckDBPyConnection) -> None:
    found = json_rows(connection, query("SELECT i FROM range(5000) AS r(i) ORDER BY i % 7, i DESC"), limit=5000)
    assert [row[0] for row in found.rows] == sorted(range(5000), key=lambda i: (i % 7, -i))
    assert not found.truncated


def test_one_row_more_than_asked_for_is_noticed_and_not_given(connection: duckdb.DuckDBPyConnection) -> None:
    found = json_rows(connection, query("SELECT i FROM range(11) AS r(i)"), limit=10)
    assert (len(found.rows), found.truncated) == (10, True)
