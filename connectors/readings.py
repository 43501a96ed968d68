"""What several reads into one table brought together, and where its cursor stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors import conform, sql
from connectors.contract import QuarantinedRows, Reading

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from spec.pipeline import Source


def clean(connection: DuckDBPyConnection, table: exp.Table) -> None:
    """A table that an earlier, killed attempt left is not added to."""
    sql.run(connection, sql.drop(table))
    sql.run(connection, sql.drop(sql.sibling(table, conform.QUARANTINE)))


def added(first: Reading, second: Reading) -> Reading:
    """Both as one."""
    expected = None
    if first.expected_rows is not None and second.expected_rows is not None:
        expected = first.expected_rows + second.expected_rows
    nulled = {
        name: first.nulled.get(name, 0) + second.nulled.get(name, 0) for name in {**first.nulled, **second.nulled}
    }
    dates = [date for date in (first.as_of, second.as_of) if date]
    return Reading(
        rows=first.rows + second.rows,
        expected_rows=expected,
        totals=(*first.totals, *second.totals),
        quarantined=(*first.quarantined, *second.quarantined),
        nulled=nulled,
        fingerprint=f"{first.fingerprint} {second.fingerprint}",
        as_of=max(dates, default=None),
        warnings=(*first.warnings, *second.warnings),
    )


def with_quarantine(table: exp.Table, reading: Reading) -> Reading:
    """The quarantine as one table with its reasons together."""
    if not reading.quarantined:
        return reading
    rows = sum(item.rows for item in reading.quarantined)
    reasons = "; ".join(dict.fromkeys(item.reason for item in reading.quarantined))
    aside = sql.sibling(table, conform.QUARANTINE)
    return replace(reading, quarantined=(QuarantinedRows(aside.name, rows, reasons),))


def with_cursor(
    source: Source, connection: DuckDBPyConnection, table: exp.Table, reading: Reading, since: str | None
) -> Reading:
    """The reading with its highest cursor, rows before ``since`` taken out."""
    if source.cursor is None:
        return reading
    highest, rows = conform.after_cursor(connection, table, source, since)
    expected = reading.expected_rows if since is None else None
    return replace(reading, rows=rows, expected_rows=expected, cursor=highest)
