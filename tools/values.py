"""Rows of a query as JSON: exact numbers stay text, times are ISO 8601, nothing is rounded on the way out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.expressions import to_sql
from spec.base import JsonValue

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

EXACT_IN_JSON = 2**53
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the zone is written as text below, an instant is UTC by its type


@dataclass(frozen=True)
class Rows:
    """``types`` are DuckDB's spellings, ``names`` unique; ``truncated`` when there were more than was asked for."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    truncated: bool


def json_rows(connection: DuckDBPyConnection, query: exp.Query, *, limit: int) -> Rows:
    """At most ``limit`` rows in the query's own order; a column name that comes again gets ``_2``."""
    described = connection.execute("DESCRIBE " + to_sql(query)).fetchall()
    types = tuple(str(row[1]) for row in described)
    cursor = connection.execute(to_sql(_fetchable(query, types)))
    fetched: list[tuple[object, ...]] = cursor.fetchmany(limit + 1)
    rows = tuple(tuple(_cell(value, kind) for value, kind in zip(row, types, strict=True)) for row in fetched[:limit])
    return Rows(_unique([str(row[0]) for row in described]), types, rows, truncated=len(fetched) > limit)


def json_value(value: object) -> JsonValue:
    """A Python value of a query as JSON."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT_IN_JSON else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value) if not value.is_finite() else f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [json_value(item) for item in value]
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f} s"
    return str(value)


def first_row(connection: DuckDBPyConnection, query: exp.Query) -> tuple[object, ...]:
    """The first row as Python values, instants as datetimes in UTC; empty when there is none."""
    cursor = connection.execute(to_sql(query))
    types = tuple(str(column[1]) for column in cursor.description or ())
    if not any("TIME ZONE" in kind for kind in types):
        row: tuple[object, ...] | None = cursor.fetchone()
        return row or ()
    row = connection.execute(to_sql(_fetchable(query, types))).fetchone()
    return tuple(_instant(value, kind) for value, kind in zip(row or (), types, strict=bool(row)))


def _fetchable(query: exp.Query, types: Sequence[str]) -> exp.Select:
    """DuckDB's client needs a further library for instants, so they are fetched as microseconds."""
    from sqlglot import exp

    cells = [f"c{position}" for position in range(len(types))]
    inner = query.subquery(exp.TableAlias(this=exp.to_identifier("q"), columns=[exp.to_identifier(c) for c in cells]))
    shown: list[exp.Expr] = []
    for cell, kind in zip(cells, types, strict=True):
        column = exp.column(cell)
        if kind == "TIMESTAMP WITH TIME ZONE":
            shown.append(exp.func("epoch_us", column))
        elif kind == "DATE" or kind.startswith("TIMESTAMP"):
            # The client gives an infinite one as the last day that it knows, 31 December 9999.
            shown.append(exp.If(this=exp.func("isfinite", column), true=column.copy(), false=exp.Null()))
        else:
            shown.append(exp.func("to_json", column) if "TIME ZONE" in kind else column)
    return exp.select(*shown).from_(inner)


def _instant(value: object, kind: str) -> object:
    if kind == "TIMESTAMP WITH TIME ZONE" and isinstance(value, int):
        return (_EPOCH + timedelta(microseconds=value)).replace(tzinfo=UTC)
    return value


def _cell(value: object, kind: str) -> JsonValue:
    if kind == "TIMESTAMP WITH TIME ZONE" and isinstance(value, int):
        return (_EPOCH + timedelta(microseconds=value)).isoformat() + "Z"
    return json_value(value)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return tuple(result)
