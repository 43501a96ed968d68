"""Give each row the latest row of another table at its time: the rate of the day, the price that held.

``before`` takes the latest row of the right input that is not after the left one, ``after`` the earliest that is not
before it, ``nearest`` the closer of both (the earlier one where they are equally close). ``within`` says how far away
it may be. A row without a partner keeps empty values, and is counted; ``how: inner`` leaves it out.

The right input has one row for each time of ``on``, which every run proves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic.config import JsonDict
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.sqltree import is_there, minus, number, when
from pipelines.transforms.join import as_pairs
from spec.base import Document, JsonValue
from spec.pipeline import Strings

LEFT, EARLIER, LATER = "l", "e", "f"
UNITS: Final = ("second", "minute", "hour", "day", "week")
PAIRS: JsonDict = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        },
        {"type": "object", "additionalProperties": {"type": "string"}},
    ]
}


class Params(Document):
    """Which times are compared, among which rows, and how far apart they may be."""

    at: Annotated[tuple[tuple[str, str], ...], BeforeValidator(as_pairs)] = Field(
        min_length=1,
        max_length=1,
        description="Column of the time (or number) that is compared: a name found on both sides, or left: right.",
        json_schema_extra=PAIRS,
    )
    on: Annotated[tuple[tuple[str, str], ...], BeforeValidator(as_pairs)] = Field(
        default=(),
        description="Columns that must be equal as well: names found on both sides, or pairs [left, right].",
        json_schema_extra=PAIRS,
    )
    direction: Literal["before", "after", "nearest"] = Field(
        default="before", description="Where the right row lies, seen from the left one; at the same time counts."
    )
    within: str | int | None = Field(
        default=None, description="Furthest that it may be away, e.g. '10 minutes', '7 days', or a number for numbers."
    )
    how: Literal["left", "inner"] = Field(
        default="left", description="left: a row without a partner stays; inner: it is left out."
    )
    take: Strings = Field(default=(), description="Columns of the right input to add; all of them when empty.")
    suffix: str | None = Field(
        default=None,
        description="Added to a right column whose name the left input has; '_' and the right input's name by default.",
    )


arity: Final = (2, 2)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "invoices": {"columns": {"id": "INTEGER", "day": "DATE", "currency": "VARCHAR"}, "primary_key": ["id"],
                     "rows": [[1, "2026-03-14", "USD"], [2, "2026-02-01", "USD"]]},
        "rates": {"columns": {"currency": "VARCHAR", "day": "DATE", "rate": "DECIMAL(9,4)"},
                  "primary_key": ["currency", "day"],
                  "rows": [["USD", "2026-03-13", "0.9200"], ["USD", "2026-03-16", "0.9300"]]},
    },
    "step": {"use": "asof", "from": ["invoices", "rates"], "at": "day", "on": "currency", "take": "rate"},
    "rows": {"": [[1, "2026-03-14", "USD", "0.9200"], [2, "2026-02-01", "USD", None]]},
}  # fmt: skip
keywords: Final = (
    "as of, latest before, most recent, last known value, exchange rate of the day, currency conversion, price at "
    "the time, nearest in time, closest date, previous event, next event, look up by date, point in time, valid at, "
    "rate on the day, price that was valid then, last reading before, state at that time, newest entry up to a date"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """DuckDB's own as-of join, once for each direction that is looked in."""
    left, right = inputs
    ((a, b),) = [(scope.field(a, left, "at"), scope.field(b, right, "at")) for a, b in params.at]
    pairs = [(scope.field(x, left, "on"), scope.field(y, right, "on")) for x, y in params.on]
    if left.name == right.name:
        raise scope.fail("An input is looked up in itself.", field="from", hint="Use a 'window' step with lag(...).")
    _check_types(a, b, pairs, left, right, scope)
    within = _within(params.within, a, scope)
    sides = {"before": (EARLIER,), "after": (LATER,), "nearest": (EARLIER, LATER)}[params.direction]
    matched = {side: _matched(a, b, within, side) for side in sides}
    found = exp.or_(*(_there(b, matched[side], side) for side in sides), copy=False)
    projections = [aliased(column(name, LEFT), name) for name in left.names]
    taken = {name.casefold() for name in left.names}
    same = {y.name for x, y in pairs if x.name.casefold() == y.name.casefold()}
    wanted = [item.name for item in scope.fields(params.take, right, "take")] or [
        name for name in right.names if name not in same
    ]
    suffix = f"_{right.name.replace('.', '_')}" if params.suffix is None else params.suffix
    for name in wanted:
        values = {side: when(_there(b, matched[side], side), column(name, side)) for side in sides}
        shown = values[sides[0]] if len(sides) == 1 else _closer(a, b, matched, values)
        projections.append(aliased(shown, name + suffix if name.casefold() in taken else name))
    scope.distinct([item.alias_or_name for item in projections], "suffix")
    query = exp.Select(
        expressions=projections,
        from_=exp.From(this=table_of(left.name, LEFT)),
        joins=[
            exp.Join(this=table_of(right.name, side), method="ASOF", side="LEFT", on=_condition(a, b, pairs, side))
            for side in sides
        ],
        where=exp.Where(this=found.copy()) if params.how == "inner" else None,
    )
    checks = (
        _one_row([y for _, y in pairs], b, right, scope),
        _partners(params, query, found, left, right, scope),
    )
    return Built({MAIN: query}, keys={MAIN: left.keys}, order={MAIN: left.order}, checks=checks)


def _check_types(
    a: Column, b: Column, pairs: Sequence[tuple[Column, Column]], left: Relation, right: Relation, scope: StepScope
) -> None:
    for field, x, y in (("at", a, b), *(("on", x, y) for x, y in pairs)):
        if family(x.type) != family(y.type) or (family(x.type) == "date" and x.type != y.type):
            raise scope.fail(
                f"They differ in type: {left.name}.{x.name} is {x.type}, {right.name}.{y.name} is {y.type}.",
                field=field,
                hint="Cast one of them in a 'cast' step first.",
                data={"types": [x.type, y.type]},
            )
    if family(a.type) not in ("date", "number"):
        raise scope.fail(
            f"{a.name} is {a.type}; dates, instants and numbers lie before and after each other.",
            field="at",
            hint="Cast it in a 'cast' step first.",
        )


def _within(text: str | int | None, a: Column, scope: StepScope) -> exp.Expr | None:
    if text is None:
        return None
    if family(a.type) == "number":
        if not re.fullmatch(r"\d+(\.\d+)?", str(text)):
            raise scope.fail(f"{text!r} is no number, as {a.name!r} is one.", field="within", hint="E.g. 10.")
        return exp.Literal.number(str(text))
    told = re.fullmatch(r"(\d+) ([a-z]+?)s?", str(text))
    if told is None or told[2] not in UNITS:
        raise scope.fail(
            f"{text!r} says not how far.", field="within", hint="Write for instance '10 minutes' or '7 days'."
        )
    if a.type == "DATE":
        if told[2] not in ("day", "week"):
            raise scope.fail(f"{a.name!r} holds days.", field="within", hint="Write for instance '7 days'.")
        return number(int(told[1]) * (7 if told[2] == "week" else 1))
    return exp.Interval(this=exp.Literal.string(told[1]), unit=exp.Var(this=told[2].upper()))


def _condition(a: Column, b: Column, pairs: Sequence[tuple[Column, Column]], side: str) -> exp.Expr:
    equal = [proofs.equals(column(x.name, LEFT), column(y.name, side)) for x, y in pairs]
    compare = exp.GTE if side == EARLIER else exp.LTE
    return exp.and_(*equal, compare(this=column(a.name, LEFT), expression=column(b.name, side)), copy=False)


def _matched(a: Column, b: Column, within: exp.Expr | None, side: str) -> exp.Expr | None:
    """Whether the partner is near enough; None where any is."""
    if within is None:
        return None
    one, other = column(a.name, LEFT), column(b.name, side)
    earlier, later = (other, one) if side == EARLIER else (one, other)
    return exp.LTE(this=later, expression=exp.Paren(this=exp.Add(this=earlier, expression=within.copy())))


def _there(b: Column, near: exp.Expr | None, side: str) -> exp.Expr:
    there = is_there(column(b.name, side))
    return there if near is None else exp.Paren(this=exp.and_(there, near.copy()))


def _closer(a: Column, b: Column, matched: Mapping[str, exp.Expr | None], values: Mapping[str, exp.Expr]) -> exp.Expr:
    earlier, later = _there(b, matched[EARLIER], EARLIER), _there(b, matched[LATER], LATER)
    back = minus(column(a.name, LEFT), column(b.name, EARLIER))
    ahead = minus(column(b.name, LATER), column(a.name, LEFT))
    takes_earlier = exp.and_(
        earlier.copy(), exp.Paren(this=exp.or_(exp.Not(this=later), exp.LTE(this=back, expression=ahead)))
    )
    return when(takes_earlier, values[EARLIER], values[LATER])


def _one_row(on: Sequence[Column], b: Column, right: Relation, scope: StepScope) -> ImpliedCheck:
    names = list(dict.fromkeys([*(item.name for item in on), b.name]))
    bad = proofs.repeated(right.name, names)
    query = proofs.no_rows(
        bad.copy(),
        f"{right.name} has one row for each {', '.join(names)}",
        " of them have several; keep one in a 'dedupe' step first",
        " of them has several; keep one in a 'dedupe' step first",
    )
    return ImpliedCheck("asof_one_row", scope.name, "block", query, (right.name,), evidence=bad)


def _partners(
    params: Params, query: exp.Select, found: exp.Expr, left: Relation, right: Relation, scope: StepScope
) -> ImpliedCheck:
    alone = query.copy()
    alone.set("expressions", [aliased(column(name, LEFT), name) for name in left.names])
    alone.set("where", exp.Where(this=exp.Not(this=exp.Paren(this=found.copy()))))
    then = "stay without" if params.how == "left" else "are left out"
    checked = proofs.no_rows(
        alone.copy(),
        f"each row of {left.name} has a partner in {right.name}",
        f" rows of {left.name} have none and {then}",
        f" row of {left.name} has none and {then.replace('are', 'is').replace('stay', 'stays')}",
    )
    return ImpliedCheck("asof_partners", scope.name, "warn", checked, (left.name, right.name), evidence=alone)
