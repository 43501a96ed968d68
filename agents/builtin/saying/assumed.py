"""What a reading takes for granted where people differ: said with the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.builtin.language.abbreviations import shortens
from agents.builtin.language.words import stem
from agents.builtin.meaning import Beyond, Compare, Meaning
from agents.builtin.schema.choose import is_money
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.walk import conditions_of, outs_of

if TYPE_CHECKING:
    from agents.builtin.schema.index import Index


def taken_for_granted(meaning: Meaning, schema: Schema) -> list[str]:
    """As in "average number of orders per customer": customers without any would lower it, and are left aside."""
    said = []
    for out in outs_of(meaning):
        if out.kind != "per" or len(out.parts) < 2 or out.parts[0].kind != "count" or meaning.everyone:
            continue
        counted, each = out.parts[0].table, out.parts[1].table
        join = next((j for j in schema.joins if (j.table, j.parent) == (counted, each) and len(j.columns) == 1), None)
        if join is None:
            continue
        some = schema.columns[join.table, join.columns[0]].stats.distinct
        if some < schema.rows.get(schema.real(each), 0):
            said.append(f"{each} without {counted} are left aside")
    used = {out.column for out in outs_of(meaning)} | {
        c.column for c in conditions_of(meaning) if isinstance(c, Compare | Beyond)
    }
    for ref in sorted({out.column for out in outs_of(meaning) if out.kind == "agg" and out.column is not None}):
        lowered = [c.name for c in schema.of(ref[0]) if c.ref != ref and _takes_off(c)]
        if lowered and is_money(schema.columns[ref]) and not used & {(ref[0], name) for name in lowered}:
            said.append(f"{ref[1]} is taken as it stands, with {' and '.join(lowered)} not taken off")
    said += _without_one(meaning, schema)
    said += _days_between(meaning, schema)
    for ref in sorted(ref for ref in used if ref is not None):
        product = schema.columns[ref].product
        if product is not None:
            said.append(f"{ref[1]} is {product[0]} times {product[1]}")
        span = schema.columns[ref].span
        if span is not None:
            said.append(f"{ref[1]} is the time from {span[0]} to {span[1]}, where both are known")
        said += _counted_days(schema.columns[ref])
        if schema.columns[ref].since:
            said.append(f"{ref[1]} is in full years since {schema.columns[ref].since}")
    return said


def _days_between(meaning: Meaning, schema: Schema) -> list[str]:
    said = []
    for out in outs_of(meaning):
        days = [one.column for one in out.parts if one.kind == "column" and one.column is not None]
        if out.kind == "difference" and days and all(schema.columns[one].kind == "date" for one in days):
            said.append(f"from {days[-1][1]} to {days[0][1]} is told in days")
    return said


# Rows in such a state came to nothing, or were taken back: a person may not think of them when asking for a figure.
_UNDONE = frozenset(
    stem(word)
    for word in (
        "failed cancelled canceled void voided declined rejected refused bounced abandoned withdrawn deleted draft "
        "noshow"
    ).split()
)
# An order that was refunded was one, though its money is gone.
_GIVEN_BACK = frozenset(stem(word) for word in "refunded reversed returned".split())
_STATES = frozenset(stem(word) for word in "status state stage phase condition outcome result".split())


def counted_too(meaning: Meaning, index: Index) -> list[str]:
    """As in "how much did we take in May" over payments of which some failed: they are in the figure, which is said."""
    schema = index.schema
    held = {c.column for c in conditions_of(meaning) if isinstance(c, Compare)}
    held |= {out.column for out in [*meaning.groups, *meaning.outs] if out.column}
    measured = [out for out in outs_of(meaning) if out.kind in {"count", "agg"}]
    tables = {out.column[0] if out.column else out.table or meaning.scope.table for out in measured}
    summed = {out.column[0] for out in measured if out.kind == "agg" and out.column}
    said = []
    for table in sorted(tables & set(schema.tables)):
        for column in schema.of(table):
            states = index.values.by_column.get(column.ref, ())
            told = column.kind == "text" and _STATES & {stem(word) for word in column.words}
            if not told or column.ref in held or len(states) > _FEW:
                continue
            words = _UNDONE | _GIVEN_BACK if table in summed else _UNDONE
            undone = sorted(value for value in states if stem(re.sub(r"\W", "", value.lower())) in words)
            if undone and len(undone) < len(states):
                said.append(f"{table} that are {' or '.join(undone)} are counted too")
    return said


_FEW = 12


def _counted_days(column: Col) -> list[str]:
    apart = column.apart
    if apart is None:
        return []
    later = f"the {apart.pick} {apart.last[1]} of {apart.last[0]}" if apart.pick else apart.last[1]
    said = f"{column.name} is the days from {apart.first[1]} to {later}"
    return [f"{said}, negative where it came before, where both are known"]


def _without_one(meaning: Meaning, schema: Schema) -> list[str]:
    """As in "where paid differs from billed": of two of which one is not known, nobody can say whether they differ."""
    said = []
    for c in conditions_of(meaning):
        if isinstance(c, Compare) and c.other is not None and c.op == "!=":
            gaps = [r[1] for r in (c.column, c.other) if schema.columns[r].stats.filled < schema.columns[r].stats.rows]
            said += [f"rows without {name} are left aside" for name in gaps]
    return said


def _takes_off(column: Col) -> bool:
    lowered = {"discount", "rebate", "refund", "refunded"} & set(column.words)
    return column.kind == "number" and (bool(lowered) or any(shortens(word, "discount") for word in column.words))
