"""What several reads into one table brought together, and where its cursor stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from connectors import conform, sql
from connectors.contract import QuarantinedRows, Reading
from connectors.trees import exp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from connectors.spelling import Spelling
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
    source: Source,
    connection: DuckDBPyConnection,
    table: exp.Table,
    reading: Reading,
    since: str | None,
    rules: Spelling,
) -> Reading:
    """The reading with its highest cursor, rows before ``since`` taken out, and where its rows set aside begin.

    ``rules`` say how the source spells its values, so also the cursors of rows set aside.
    """
    if source.cursor is None:
        return reading
    highest, rows = conform.after_cursor(connection, table, source, since)
    expected = reading.expected_rows if since is None else None
    found = replace(reading, rows=rows, expected_rows=expected, cursor=highest)
    return _aside_from(source, connection, table, found, since, rules) if found.quarantined else found


def _aside_from(
    source: Source,
    connection: DuckDBPyConnection,
    table: exp.Table,
    reading: Reading,
    since: str | None,
    rules: Spelling,
) -> Reading:
    """With rows set aside from ``since`` on alone, as the others are, and their lowest cursor."""
    name = cast("str", source.cursor)
    type_ = source.columns[name]
    aside = sql.sibling(table, conform.QUARANTINE)
    # A broken line is no record, and says nothing of its cursor.
    place = "/" + name.replace("~", "~0").replace("/", "~1")
    said = sql.template(
        "CASE WHEN json_valid(record) THEN json_extract_string(record, :place) END", place=sql.value(place)
    )
    at = sql.cast(conform.typed(said, name, type_, rules), type_)
    left = 0
    if since is not None:
        older = sql.template(":at < :since", at=at, since=sql.cast(sql.value(since), type_))
        before = sql.count(connection, aside)
        sql.run(connection, exp.delete(aside.copy()).where(older))
        left = before - sql.count(connection, aside)
    lowest, known, rows = sql.row(
        connection,
        exp.select(
            sql.cast(exp.Min(this=at.copy()), "VARCHAR"), exp.Count(this=at.copy()), exp.Count(this=exp.Star())
        ).from_(aside.copy()),
    )
    total = sql.whole(rows)
    first = reading.quarantined[0]
    notes = [_LEFT.format(rows=left, are="row" if left == 1 else "rows", since=since, cursor=name)] if left else []
    return replace(
        reading,
        quarantined=(replace(first, rows=total),) if total else (),
        set_aside_from=None if not total else str(lowest) if sql.whole(known) == total else "",
        warnings=(*reading.warnings, *notes),
    )


_LEFT = (
    "{rows} {are} from before {since} cannot be read; this run goes on from there, so once mended such a row comes in "
    "when its {cursor} changes too."
)
