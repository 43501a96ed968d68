"""One table in DuckDB and in PostgreSQL, and what each engine makes of the same DuckDB expressions."""

# ruff: noqa: DTZ001 - timestamps without a zone are among what is compared
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb
import psycopg
from psycopg import sql
from sqlglot import exp

from pipelines.expressions import duckdb_dialect
from pipelines.inplace.kinds import kind_of
from pipelines.inplace.queries import Queries
from pipelines.job import Field, Relation
from spec.base import JsonValue

COLUMNS: Mapping[str, str] = {
    "key": "INTEGER",
    "b": "BOOLEAN",
    "s": "SMALLINT",
    "i": "INTEGER",
    "l": "BIGINT",
    "d": "DECIMAL(18,2)",
    "e": "DECIMAL(9,4)",
    "f": "DOUBLE",
    "v": "VARCHAR",
    "w": "VARCHAR",
    "day": "DATE",
    "other": "DATE",
    "ts": "TIMESTAMP",
    "z": "TIMESTAMP WITH TIME ZONE",
    "u": "UUID",
}
Row = Sequence[object]

FIXED: Sequence[Row] = [
    (
        1,
        True,
        1,
        2,
        3,
        Decimal("1.25"),
        Decimal("2.5000"),
        0.5,
        "abc",
        "b",
        date(2024, 2, 29),
        date(2023, 12, 31),
        datetime(2024, 2, 29, 23, 59, 59, 500000),
        datetime(2024, 2, 29, 23, 0, tzinfo=UTC),
        UUID(int=1),
    ),
    (
        2,
        False,
        -7,
        -7,
        -8,
        Decimal("-1.25"),
        Decimal("0.0005"),
        -2.5,
        "Straße ÄÖ",
        "",
        date(1, 1, 4),
        date(9999, 12, 31),
        datetime(1969, 12, 31, 23, 0),
        datetime(1970, 1, 1, tzinfo=UTC),
        UUID(int=2**127),
    ),
    (3, None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (
        4,
        True,
        0,
        0,
        0,
        Decimal("0.00"),
        Decimal("0.0000"),
        0.0,
        "",
        "ab",
        date(2024, 1, 31),
        date(2024, 2, 1),
        datetime(2024, 1, 31),
        datetime(2024, 1, 31, tzinfo=UTC),
        UUID(int=0),
    ),
    (
        5,
        False,
        100,
        99999,
        10**12,
        Decimal("99999999.99"),
        Decimal("-9999.9999"),
        1e15,
        "  a\u00a0",
        "A b\tc ",
        date(2020, 12, 31),
        date(2021, 1, 4),
        datetime(2020, 12, 31, 1, 2, 3),
        datetime(2020, 12, 31, tzinfo=UTC),
        UUID(int=5),
    ),
    (
        6,
        True,
        5,
        12,
        12,
        Decimal("2.50"),
        Decimal("2.5000"),
        2.675,
        "a\\b%_",
        "\U0001f600 ĳ İ ß",
        date(2000, 3, 1),
        date(2000, 2, 29),
        datetime(2000, 3, 1, 12, 30),
        datetime(2000, 3, 1, 12, tzinfo=UTC),
        UUID(int=6),
    ),
    (
        7,
        True,
        5,
        1,
        2,
        Decimal("-0.05"),
        Decimal("0.5000"),
        1e300,
        "B",
        "a",
        date(2024, 2, 29),
        date(2024, 2, 29),
        datetime(2024, 2, 29),
        datetime(2024, 2, 29, tzinfo=UTC),
        UUID(int=7),
    ),
]


class Both:
    """The table ``t`` in both engines, empty at first."""

    def __init__(self, here: duckdb.DuckDBPyConnection, there: psycopg.Connection) -> None:
        self.here = here
        self.there = there
        self.rows: Sequence[Row] = ()
        self.relation = Relation("t", tuple(Field(name, kind) for name, kind in COLUMNS.items()))
        declared = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        here.execute(f"CREATE OR REPLACE TABLE t ({declared})")
        kinds = {name: kind_of(kind) for name, kind in COLUMNS.items()}
        parts = [
            sql.SQL("{} {}{}").format(
                sql.Identifier(name),
                sql.SQL(kind.declared.sql(dialect="postgres")),
                sql.SQL(' COLLATE "C"' if kind.family == "text" else ""),
            )
            for name, kind in kinds.items()
            if kind is not None
        ]
        there.execute("DROP TABLE IF EXISTS t")
        there.execute(sql.SQL("CREATE TABLE t ({})").format(sql.SQL(", ").join(parts)))

    def fill(self, rows: Sequence[Row]) -> None:
        """Let both tables have exactly these rows."""
        self.rows = rows
        self.here.execute("DELETE FROM t")
        self.there.execute("TRUNCATE t")
        marks = ", ".join("?" for _ in COLUMNS)
        if rows:
            self.here.executemany(f"INSERT INTO t VALUES ({marks})", [list(row) for row in rows])
            values = sql.SQL(", ").join(sql.Placeholder() * len(COLUMNS))
            with self.there.cursor() as cursor:
                cursor.executemany(sql.SQL("INSERT INTO t VALUES ({})").format(values), [list(row) for row in rows])

    def query(self, text: str, parameters: Mapping[str, JsonValue] | None = None) -> tuple[list[Row], list[Row]]:
        """The rows of a SELECT over ``t`` from DuckDB and from PostgreSQL, each sorted by its text."""
        said = self.said(text, parameters)
        mine = self.here.execute(text).fetchall()
        theirs = self.there.execute(said.encode()).fetchall()
        return [tuple(row) for row in mine], [tuple(row) for row in theirs]

    def said(self, text: str, parameters: Mapping[str, JsonValue] | None = None) -> str:
        """A SELECT as PostgreSQL is asked it. Raises CannotSayError."""
        tree = duckdb_dialect().parser().parse(duckdb_dialect().tokenize(text), text)[0]
        assert isinstance(tree, exp.Query)
        described = self.here.execute(f"SELECT * FROM ({text}) LIMIT 0").description or []
        fields = [Field(str(column[0]), str(column[1])) for column in described]
        said = Queries({"t": self.relation}, lambda _: exp.table_("t"), parameters or {}).stage(tree, fields)
        return said.sql(dialect="postgres")


@contextmanager
def both(url: str) -> Iterator[Both]:
    """Both engines in UTC."""
    with duckdb.connect() as here, psycopg.connect(url, autocommit=True) as there:
        here.execute("SET TimeZone = 'UTC'")
        there.execute("SET TIME ZONE 'UTC'")
        yield Both(here, there)


def alike(one: object, other: object) -> bool:
    """Equal, of one type and scale; floating point to a relative 1e-9."""
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return str(one) == str(other) or (one == other == 0 and one.as_tuple().exponent == other.as_tuple().exponent)
    if isinstance(one, int) and isinstance(other, Decimal):
        # A HUGEINT is a number without decimals there.
        return one == other and other.as_tuple().exponent == 0
    return type(one) is type(other) and one == other


def differences(mine: Sequence[Row], theirs: Sequence[Row], names: Sequence[str]) -> dict[str, list[Any]]:
    """By column, the values in which the two differ."""
    found: dict[str, list[Any]] = {}
    if len(mine) != len(theirs):
        return {"rows": [len(mine), len(theirs)]}
    for one, other in zip(mine, theirs, strict=True):
        for name, left, right in zip(names, one, other, strict=True):
            if not alike(left, right):
                found.setdefault(name, []).append((left, right))
    return found
