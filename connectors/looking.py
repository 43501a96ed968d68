"""Looking at a source: a DuckDB of its own to do it in, and the first rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, cast

from connectors import emptied, sql
from connectors.contract import Preview
from connectors.trees import exp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from connectors.contract import Place, Reading
    from spec.pipeline import Source


class Read(Protocol):
    """A connector's ``read``."""

    def __call__(self, source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table) -> Reading: ...


@contextlib.contextmanager
def scratch() -> Iterator[DuckDBPyConnection]:
    """A DuckDB of its own, with rows in the source's order and instants in UTC."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def preview_rows(read: Read, source: Source, place: Place, limit: int) -> Preview:
    """Read the whole source and show its first rows; policy ``stop`` becomes ``quarantine`` for it."""
    if source.on_error == "stop":
        source = source.model_copy(update={"on_error": "quarantine"})
    table = exp.Table(this=sql.identifier("preview"))
    with scratch() as connection:
        reading = read(emptied.without(source), place, connection, table)
        emptied.filled_up(source, connection, table)
        rows = first_rows(connection, table, source, limit + 1)
        aside: list[sql.Row] = []
        if reading.quarantined:
            kept = exp.Table(this=sql.identifier(reading.quarantined[0].table))
            aside = sql.rows(connection, exp.select("*").from_(kept).order_by("line").limit(limit))
    return Preview(
        columns=tuple(source.columns.items()),
        rows=tuple(rows[:limit]),
        truncated=len(rows) > limit,
        quarantined=tuple(cast("list[tuple[str, int | None, str, str]]", aside)),
    )


def first_rows(connection: DuckDBPyConnection, table: exp.Expression, source: Source, limit: int) -> list[sql.Row]:
    """Rows as Python values; instants are datetimes in UTC."""
    zoned = [type_.upper() in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"} for type_ in source.columns.values()]
    # DuckDB's client needs pytz, which we do not, to give an instant; the same in UTC without its zone needs nothing.
    picked = [
        sql.template("CAST(timezone('UTC', :x) AS TIMESTAMP)", x=sql.column(name)) if is_zoned else sql.column(name)
        for name, is_zoned in zip(source.columns, zoned, strict=True)
    ]
    rows = sql.rows(connection, exp.select(*picked).from_(table).limit(limit))
    return [
        tuple(
            item.replace(tzinfo=UTC) if is_zoned and isinstance(item, datetime) else item
            for item, is_zoned in zip(row, zoned, strict=True)
        )
        for row in rows
    ]
