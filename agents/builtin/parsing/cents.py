"""Amounts kept in cents: a person who says "over 200" means 200 of the currency, and the column holds 20000."""

from __future__ import annotations

from collections.abc import Iterator

from agents.builtin.meaning import Compare, Condition, Either, Meaning, Nested, Out, Ref, Scalar, plain_number
from agents.builtin.schema.choose import MONEY
from agents.builtin.schema.graph import Schema

CENTS = frozenset("ct cts cent cents pence".split())
_PLAINLY = CENTS - {"ct", "cts"}
_PAY = frozenset("deposit tip balance limit budget tax vat bill".split())
_PRICED = frozenset("price fare fee cost wage salary pay rate hourly rent charge".split())
_SUMS = frozenset({"sum", "avg", "max", "min", "median"})
_LEAST = 1000
"""Where the largest is not even this, ``ct`` is rather a count than cents."""


def holds_cents(ref: Ref, schema: Schema) -> bool:
    """Whether a column's whole numbers are cents, by its name and its size."""
    column = schema.columns[ref]
    words = set(column.words)
    if column.kind != "number" or column.is_id or not words & CENTS:
        return False
    high = column.stats.high
    sized = isinstance(high, int) and high >= _LEAST
    return bool(words & (_PLAINLY | _PRICED)) or (sized and bool(words & (set(MONEY) | _PAY)))


def in_cents(meaning: Meaning, schema: Schema, said: str) -> list[str]:
    """Bring the numbers that such columns are compared with to cents; what was taken for what, in words."""
    if CENTS & set(said.lower().replace(".", " ").split()):
        return []
    shown = {out.column for out in [*meaning.outs, *(part for out in meaning.outs for part in out.parts)] if out.column}
    notes = [f"{column} holds cents" for table, column in sorted(shown) if holds_cents((table, column), schema)]
    for condition in _conditions(meaning.scope.conditions):
        if isinstance(condition, Compare) and condition.other is None and holds_cents(condition.column, schema):
            notes += [_note(value, condition.column) for value in condition.values]
            condition.values = tuple(_hundredfold(value) for value in condition.values)
        elif isinstance(condition, Nested) and _sums_cents(condition.out, schema):
            notes += [_note(condition.value, ref) for ref in [condition.out and condition.out.column] if ref]
            condition.value *= 100
    for place, (out, op, number) in enumerate(meaning.having):
        if _sums_cents(out, schema) and out.column is not None:
            notes.append(_note(number, out.column))
            meaning.having[place] = (out, op, number * 100)
    return notes


def _sums_cents(out: Out | None, schema: Schema) -> bool:
    return out is not None and out.column is not None and out.func in _SUMS and holds_cents(out.column, schema)


def _hundredfold(value: Scalar) -> Scalar:
    return plain_number(float(value) * 100) if isinstance(value, int | float) else value


def _note(value: Scalar, ref: Ref) -> str:
    return f"{float(value):g} is {float(value) * 100:g} in {ref[1]}, which holds cents"


def _conditions(held: list[Condition]) -> Iterator[Condition]:
    for condition in held:
        yield condition
        if isinstance(condition, Either):
            yield from _conditions(condition.options)
        elif isinstance(condition, Nested):
            yield from _conditions(condition.scope.conditions)
