"""What a reading takes for granted where people differ: said with the answer."""

from __future__ import annotations

from agents.builtin.abbreviations import shortens
from agents.builtin.choose import is_money
from agents.builtin.meaning import Beyond, Compare, Meaning
from agents.builtin.schema import Col, Schema
from agents.builtin.walk import conditions_of, outs_of


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
    for ref in sorted(ref for ref in used if ref is not None):
        product = schema.columns[ref].product
        if product is not None:
            said.append(f"{ref[1]} is {product[0]} times {product[1]}")
        span = schema.columns[ref].span
        if span is not None:
            said.append(f"{ref[1]} is the time from {span[0]} to {span[1]}, where both are known")
        if schema.columns[ref].since:
            said.append(f"{ref[1]} is in full years since {schema.columns[ref].since}")
    return said


def _takes_off(column: Col) -> bool:
    lowered = {"discount", "rebate", "refund", "refunded"} & set(column.words)
    return column.kind == "number" and (bool(lowered) or any(shortens(word, "discount") for word in column.words))
