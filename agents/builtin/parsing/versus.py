"""Comparing: "this quarter vs last quarter" puts two figures side by side, "card vs cash" two groups."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from agents.builtin.language.words import stem
from agents.builtin.meaning import Compare, Condition, During, Either, Meaning, Nested, Out, Scope
from agents.builtin.parsing.parse import Reader
from agents.builtin.schema.choose import main_measure

_FLOW_ROWS = frozenset(
    stem(word) for word in "payment donation expense sale receipt deposit charge transaction".split()
)


def set_side_by_side(meaning: Meaning, reader: Reader) -> None:
    """Where "vs" was said: each period a figure of its own, of two values each a group."""
    if not reader.versus:
        return
    if "vs others" in reader.said:
        _beside_the_rest(meaning, reader)
        return
    found = _periods(meaning.scope)
    if found is not None:
        holder, either = found
        holder.conditions.remove(either)
        measure = _measure(reader)
        if measure is None or holder is not meaning.scope:
            meaning.problems.append("unclear:vs")
            return
        reader.focus[:] = [
            replace(deepcopy(measure), conditions=[*measure.conditions, option]) for option in either.options
        ]
        return
    for condition in meaning.scope.conditions:
        if (
            isinstance(condition, Compare)
            and condition.op == "="
            and len(condition.values) > 1
            and not condition.negated
        ):
            meaning.groups.append(Out("column", column=condition.column))
            return
    grouped = any(group.kind != "grain" for group in meaning.groups)
    if not grouped:
        meaning.problems.append("unclear:vs")  # one of the two was lost


def _beside_the_rest(meaning: Meaning, reader: Reader) -> None:
    """As in "web orders vs the rest": the figure for those, and for all that are not."""
    told = [c for c in meaning.scope.conditions if isinstance(c, Compare) and c.op == "=" and not c.negated]
    measure = _measure(reader)
    if len(told) != 1 or measure is None or meaning.groups:
        meaning.problems.append("unclear:vs the rest")
        return
    meaning.scope.conditions.remove(told[0])
    rest = replace(told[0], negated=True)
    reader.focus[:] = [replace(deepcopy(measure), conditions=[*measure.conditions, one]) for one in (told[0], rest)]


def _periods(scope: Scope) -> tuple[Scope, Either] | None:
    for condition in scope.conditions:
        if isinstance(condition, Either) and all(_plain_period(option) for option in condition.options):
            return scope, condition
        if isinstance(condition, Nested) and condition.kind == "exists":
            inner = _periods(condition.scope)
            if inner is not None:
                return inner
    return None


def _plain_period(condition: Condition) -> bool:
    return isinstance(condition, During) and not condition.negated


def _measure(reader: Reader) -> Out | None:
    """What is compared: the one thing measured; of rows without a measure their number, of payments their sum."""
    if len(reader.focus) != 1 or reader.asked:
        return None
    out = reader.focus[0]
    if out.kind in {"count", "agg"}:
        return out
    if out.kind == "entity":
        amount = main_measure(reader.schema, out.table)
        if amount is not None and {stem(word) for word in reader.schema.tables[out.table]} & _FLOW_ROWS:
            reader.meaning.assumptions.append(f"{amount[1]} is added up")
            return Out("agg", column=amount, func="sum")
        return reader.count_of(out.table)
    if out.kind == "column" and out.column and reader.schema.columns[out.column].kind == "number":
        return Out("agg", column=out.column, func="sum")
    return None
