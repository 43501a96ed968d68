"""Totals and notes below the rows of a worksheet or a CSV file, told from data by their words.

A total is held to what the rows add up to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connectors import conform, sql
from connectors.contract import OwnTotal
from connectors.spelling import Spelling
from connectors.trees import exp
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TOTAL = re.compile(
    r"(grand |general )?(total|totals|totale|totali|totaal|totales|gesamt\w*|insgesamt|summe|suma|sum|somma|somme|razem"
    r"|subtotal|sub-total)\b.*",
    re.IGNORECASE,
)

_TOTAL_ALONE = re.compile(r"((grand|general) )?[\w-]+[ :.]*", re.IGNORECASE)
_SUBTOTAL = r"^(sub-?total|zwischensumme|sous-total|subtotale|tussentotaal)\b"
_BALANCE = re.compile(
    r"((closing|ending|final|new|opening|starting) balance|(end|anfangs|schluss)saldo|(neuer|alter) saldo"
    r"|saldo (finale|iniziale|final|inicial)|(nouveau |ancien )?solde( final| initial)?)\b.*",
    re.IGNORECASE,
)


@record(frozen=True)
class Footer:
    """A row below the data: its number in the sheet, its first text, and every column's text where it has a total."""

    row: int
    words: str
    cells: Mapping[str, str]


def without_footer(connection: DuckDBPyConnection, raw: exp.Table, names: Sequence[str]) -> list[Footer]:
    """Take totals and notes off the end, told by their words: a count would one month cut a row of data."""
    if len(names) < 2:
        return []
    line = sql.column(conform.LINE)
    query = exp.select(line, *(sql.column(name) for name in names)).from_(raw)
    tail = sql.rows(connection, query.order_by(exp.Ordered(this=line.copy(), desc=True)).limit(7))
    found: list[Footer] = []
    first = 0
    for number, *row in tail[:-1]:
        cells = {name: str(cell).strip() for name, cell in zip(names, row, strict=True) if cell is not None}
        filled = list(cells.values())
        if not filled:  # a line of nothing but delimiters
            first = sql.whole(number) if found else first
            continue
        is_total = bool(_TOTAL.fullmatch(filled[0]))
        if is_total and len(filled) == len(names) > 2:
            # A row with a value for each column may be a shop called Total Wine.
            is_total = bool(_TOTAL_ALONE.fullmatch(filled[0]))
        is_note = len(filled) == 1 and len(names) > 2 and not re.fullmatch(r"[\d.,-]+", filled[0])
        is_note = is_note or bool(_BALANCE.fullmatch(filled[0]) and len(filled) * 2 <= len(names))
        if not is_total and not is_note:
            break
        first = sql.whole(number)
        found.append(Footer(first, filled[0], cells if is_total else {}))
    if found:
        # What is blank above goes with it: it keeps the footer apart.
        sql.run(connection, exp.delete(raw.copy()).where(sql.template(":x >= :first", x=line.copy(), first=first)))
    return found


def told(left_out: Sequence[Footer], place: str = "Row") -> list[str]:
    """A sentence for each row that is left out."""
    return [f"{place} {one.row} is left out, since it holds a total or a note: {one.words[:40]!r}." for one in left_out]


def differing(totals: Sequence[OwnTotal], place: str = "Row") -> list[str]:
    """A sentence for each total that the rows do not add up to."""
    return [
        f"{place} {one.row} says {one.said} for {one.column!r}, and the rows add up to {one.summed}."
        for one in totals
        if one.said != one.summed
    ]


def subtotals(connection: DuckDBPyConnection, raw: exp.Table, names: Sequence[str]) -> list[str]:
    """A sentence where rows among the others are subtotals, so that whoever adds up counts twice."""
    if len(names) < 2:
        return []
    word = sql.template("regexp_matches(trim(:x), :pattern, 'i')", x=sql.column(names[0]), pattern=_SUBTOTAL)
    line = sql.column(conform.LINE)
    query = exp.select(exp.Count(this=exp.Star()), exp.Min(this=line)).from_(raw.copy()).where(word)
    rows, first = sql.row(connection, query)
    many = sql.whole(rows)
    if not many:
        return []
    which = (
        f"Row {first} holds a subtotal and is"
        if many == 1
        else f"{many} rows, row {first} first, hold subtotals and are"
    )
    return [f"{which} read like the others: leave such rows out before adding up."]


def own_totals(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    left_out: Sequence[Footer],
    texts: Mapping[str, exp.Expression],
    columns: Mapping[str, str],
    rules: Spelling,
) -> list[OwnTotal]:
    """What the sheet's one total row says of each column of numbers, and what the column's readable values add up to.

    ``texts`` are the columns as text of ``raw``, of which the footer is gone. A value in a row that is set aside for
    another column counts, as it does in the sheet. Nothing where there is no total row, or more than one.
    """
    totals = [one for one in left_out if one.cells]
    if len(totals) != 1:
        return []
    found = []
    for name, type_ in columns.items():
        text = texts[name]
        said = totals[0].cells.get(text.name) if isinstance(text, exp.Column) else None
        if said is None or not type_.upper().startswith(("DECIMAL", "BIGINT", "INTEGER", "HUGEINT")):
            continue
        typed = conform.typed(sql.value(said), name, type_, rules)
        values = conform.typed(text.copy(), name, type_, rules)
        added = exp.Coalesce(this=exp.Sum(this=values), expressions=[sql.value(0)])
        width = f"DECIMAL(38,{conform.decimal_size(type_)[1] if type_.upper().startswith('DECIMAL') else 0})"
        summed = exp.select(sql.cast(sql.cast(added, width), "VARCHAR")).from_(raw.copy()).subquery()
        row = sql.row(connection, exp.select(sql.cast(sql.cast(typed, width), "VARCHAR"), summed))
        if row[0] is not None:
            found.append(OwnTotal(name, totals[0].row, str(row[0]), str(row[1])))
    return found
