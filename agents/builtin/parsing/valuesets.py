"""Things that are no rows of their own but values of a column, as the customers of a file of orders.

What is said of such a thing in two breaths ("ordered in 2025 but not in 2026", "without refunded orders") is said of
all its rows together: no single row is of 2025 and keeps out of 2026, or is refunded and not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.builtin.language.words import plural
from agents.builtin.meaning import DOUBT, Compare, Condition, During, Meaning, Nested, Out, Ref
from agents.builtin.schema.graph import Schema

_ROWS_NEVER = "unclear:not"
"""The problem of a row that is to have what no row can have."""


def sets_of_values(outs: list[Out], meaning: Meaning, schema: Schema, words: frozenset[str]) -> None:
    """Turn such conditions into counts of each thing's rows, where one column that repeats is asked for.

    ``words`` are those of the question: where it speaks of the rows ("customers with orders that are not paid"), one
    such row is enough.
    """
    named = _named(outs)
    if named is None or schema.columns[named].unique or named[0] != meaning.scope.table or meaning.limit:
        return
    kept = meaning.scope.conditions
    for held in [one for one in kept if isinstance(one, Nested)]:
        inner = held.scope
        plain = bool(inner.conditions) and all(isinstance(one, Compare | During) for one in inner.conditions)
        if held.kind in {"exists", "none"} and inner.table == named[0] and held.via is None and plain:
            kept.remove(held)
            meaning.having.append(_rows(meaning, inner.conditions, there=held.kind == "exists"))
    rows_said = bool({plural(word) for word in schema.tables[named[0]]} & words)
    for lacked in [one for one in kept if isinstance(one, Compare | During) and one.negated]:
        had = [one for one in kept if _is_of(one, lacked)]
        if lacked.column == named or (rows_said and not had) or (isinstance(lacked, Compare) and lacked.op != "="):
            continue
        kept.remove(lacked)
        for one in had:
            kept.remove(one)
            meaning.having.append(_rows(meaning, [one], there=True))
        meaning.having.append(_rows(meaning, [replace(lacked, negated=False)], there=False))
        if had and _ROWS_NEVER in meaning.problems:
            meaning.problems.remove(_ROWS_NEVER)
    _of_both(meaning, named, words)
    column = schema.columns[named]
    if meaning.having and outs[0].kind == "column" and column.kind == "number" and not column.is_id:
        meaning.problems.append(f"{DOUBT}{column.name} is how many, and not who or what")


def _named(outs: list[Out]) -> Ref | None:
    """The column whose values are asked for, or counted."""
    if len(outs) != 1 or outs[0].kind not in {"column", "count"} or outs[0].conditions:
        return None
    return outs[0].column if outs[0].kind == "column" or outs[0].distinct else None


def _of_both(meaning: Meaning, named: Ref, words: frozenset[str]) -> None:
    """As in "who bought both a mug and a vase": a row for each of the two, as no row is of both."""
    for either in [one for one in meaning.scope.conditions if isinstance(one, Compare) and len(one.values) > 1]:
        if either.op not in {"=", "in"} or either.negated or either.column == named or "or" in words:
            continue
        if "both" in words:
            meaning.scope.conditions.remove(either)
            meaning.having += [_rows(meaning, [replace(either, values=(one,))], there=True) for one in either.values]
        elif "and" in words:
            meaning.problems.append(f"{DOUBT}one of {' and '.join(str(one) for one in either.values)} would be enough")


def _is_of(one: object, lacked: Compare | During) -> bool:
    """Whether a condition holds of rows that cannot be those that are lacked: another value, or another time."""
    if not isinstance(one, Compare | During) or one.negated or one.column != lacked.column:
        return False
    if isinstance(one, Compare):
        return isinstance(lacked, Compare) and one.op == lacked.op == "=" and set(one.values).isdisjoint(lacked.values)
    return isinstance(lacked, During)


def _rows(meaning: Meaning, conditions: Sequence[Condition], *, there: bool) -> tuple[Out, str, float]:
    counted = Out("count", table=meaning.scope.table, conditions=list(conditions))
    return counted, ">" if there else "=", 0.0
