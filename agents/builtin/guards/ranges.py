"""Bounds that no row can meet: "at least 40 stars" where stars go from 1 to 5 is refused, not answered with nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from agents.builtin.meaning import Compare, Condition, Either, Meaning, Nested, Out, Ref
from agents.builtin.schema.graph import Schema
from agents.contract import Refusal

_WITHIN = frozenset({"avg", "median", "min", "max"})
"""What lies between the least and the greatest of the numbers it is made of."""


def beyond_range(meaning: Meaning, schema: Schema) -> Refusal | None:
    """Refuse a comparison that is met by no number of the column, and say from where to where the column goes."""
    for ref, op, number in _bounds(meaning):
        stats = schema.columns[ref].stats
        low, high = _number(stats.low), _number(stats.high)
        if low is None or high is None or _can_hold(op, number, low, high):
            continue
        return Refusal(
            message=f"{ref[1]} of {ref[0]} goes from {low:g} to {high:g}; nothing there is {op} {number:g}.",
            hint="Ask for a number within it, or say what else is to be counted, as in 'with more than 15 orders'.",
        )
    return None


def _bounds(meaning: Meaning) -> Iterator[tuple[Ref, str, float]]:
    yield from _compared(meaning.scope.conditions)
    for out, op, number in meaning.having:
        yield from _of_out(out, op, number)


def _compared(conditions: list[Condition]) -> Iterator[tuple[Ref, str, float]]:
    for condition in conditions:
        if isinstance(condition, Compare) and condition.other is None and not condition.negated:
            number = _number(condition.values[0]) if len(condition.values) == 1 else None
            if number is not None and condition.op in _SIZES:
                yield condition.column, condition.op, number
        elif isinstance(condition, Nested) and condition.kind != "none":
            yield from _compared(condition.scope.conditions)
            if condition.kind == "measure" and condition.out is not None and not condition.average:
                yield from _of_out(condition.out, condition.op, condition.value)
        elif isinstance(condition, Either):
            continue


_SIZES = frozenset({">", ">=", "<", "<="})


def _of_out(out: Out, op: str, number: float) -> Iterator[tuple[Ref, str, float]]:
    if out.kind == "agg" and out.func in _WITHIN and out.column is not None and op in _SIZES and out.scale == 1.0:
        yield out.column, op, number


def _can_hold(op: str, number: float, low: float, high: float) -> bool:
    return {">": high > number, ">=": high >= number, "<": low < number, "<=": low <= number}[op]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return float(value)
