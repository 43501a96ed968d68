"""Add the days, months, hours or other periods that are missing, so that each group has a row for every one of them.

A row that is there stays as it is; a period without any gets one row, dated at its start, whose other columns are empty
or as ``fill`` says. Periods go from the earliest to the latest date of all rows (with ``own`` of the group), or from
``start`` to ``end``. Rows without a date stay and count for no period.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, parse_expression, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.transforms.expand import CLOCK, moved_by, periods_between, type_of, unit_of
from spec.base import Document, JsonValue
from spec.pipeline import Strings

FIRST, LAST, STEP, SPINE, THERE = "_first", "_last", "_step", "spine", "there"


class Params(Document):
    """The dates, the groups that each have them, and what new rows hold."""

    column: str = Field(description="Column of dates.")
    every: str = Field(
        default="day",
        pattern=r"^(day|week|month|quarter|year|([1-9]\d* )?(minute|hour)s?)$",
        description="The periods of which none may be missing: day, week (from Monday on), month, quarter, year; of a "
        "column of times hour, minute, '2 hours' or '15 minutes', counted from midnight.",
    )
    per: Strings = Field(default=(), description="Columns whose equal rows make a group; none: all rows are one.")
    own: bool = Field(default=False, description="Each group goes from its own earliest to its own latest date.")
    start: Expression | None = Field(
        default=None, description="First date, e.g. 2026-01-01 or $today; else the earliest there is."
    )
    end: Expression | None = Field(default=None, description="Last date; else the latest there is.")
    fill: dict[str, JsonValue] = Field(default={}, description="Column to its value in the new rows, e.g. total: 0.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"added": "The new rows alone."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"shop": "VARCHAR", "month": "DATE", "total": "DECIMAL(18,2)"},
                         "primary_key": ["shop", "month"],
                         "rows": [["A", "2026-01-01", "5.00"], ["A", "2026-03-01", "7.00"],
                                  ["B", "2026-02-01", "1.00"]]}},
    "step": {"use": "scaffold", "from": "sales", "column": "month", "every": "month", "per": "shop",
             "fill": {"total": 0}},
    "rows": {"": [["A", "2026-01-01", "5.00"], ["A", "2026-02-01", "0.00"], ["A", "2026-03-01", "7.00"],
                  ["B", "2026-01-01", "0.00"], ["B", "2026-02-01", "1.00"], ["B", "2026-03-01", "0.00"]]},
}  # fmt: skip
keywords: Final = (
    "missing months, missing days, show zero, gaps in dates, every month even without sales, fill the gaps, complete "
    "calendar, days without sales, no sales shown as 0, continuous dates, months with no rows, days with nothing, "
    "still be listed, appear with 0, zero rows, every week in the report, periods without data, holes in a time "
    "series, missing hours, every half hour, time slots"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The rows, and below them the periods of each group that no row has."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    due = type_of(params.every)
    if item.type != due:
        raise scope.fail(
            f"{item.name!r} is {item.type}, not {due}.",
            field="column",
            hint="Cast it in a 'cast' step first, or let 'every' be hours or minutes of a column of times.",
        )
    per = [field.name for field in scope.fields(params.per, relation, "per")]
    if item.name in per:
        raise scope.fail("The dates cannot make the groups as well.", field="per", hint="Leave the column out of per.")
    fill = _fill(params, item, per, relation, scope)
    scope.distinct([*relation.names, FIRST, LAST, STEP], "column")
    added = _added(params, item, per, relation, fill, scope)
    rows = select_from(relation.name, [column(name) for name in relation.names])
    found: dict[str, exp.Query] = {MAIN: exp.Union(this=rows, expression=added, distinct=False)}
    if scope.wants("added"):
        found["added"] = added.copy()
    # A new row's period had none in its group, so what told rows apart by group and date still does.
    keys = frozenset(key for key in relation.keys if key == {item.name, *per})
    return Built(found, keys={MAIN: keys})


def _fill(
    params: Params, item: Column, per: Sequence[str], relation: Relation, scope: StepScope
) -> dict[str, exp.Expr]:
    found: dict[str, exp.Expr] = {}
    for name, value in params.fill.items():
        field = scope.field(name, relation, f"fill.{name}")
        if field.name == item.name or field.name in per:
            raise scope.fail(f"{field.name!r} of a new row is its own.", field=f"fill.{name}", hint="Leave it out.")
        found[field.name] = scope.literal(value, field.type, f"fill.{name}")
    return found


def _added(
    params: Params,
    item: Column,
    per: Sequence[str],
    relation: Relation,
    fill: Mapping[str, exp.Expr],
    scope: StepScope,
) -> exp.Select:
    spine = _spine(params, item, per, relation, scope)
    projections: list[exp.Expr] = []
    for field in relation.fields:
        if field.name in (item.name, *per):
            projections.append(aliased(column(field.name, SPINE), field.name))
            continue
        type_ = exp.DataType.build(field.type, dialect="duckdb")
        projections.append(aliased(exp.Cast(this=fill.get(field.name, exp.Null()), to=type_), field.name))
    same = [exp.NullSafeEQ(this=column(name, THERE), expression=column(name, SPINE)) for name in per]
    period = exp.EQ(this=_start_of(column(item.name, THERE), params.every), expression=column(item.name, SPINE))
    # An anti join, not NOT EXISTS: the engine takes that apart over every period once more.
    there = exp.Join(this=table_of(relation.name, THERE), kind="ANTI", on=exp.and_(period, *same, copy=False))
    return exp.Select(expressions=projections, from_=exp.From(this=proofs.subquery(spine, SPINE)), joins=[there])


def _start_of(value: exp.Expr, every: str) -> exp.Expr:
    unit, size = unit_of(every)
    if unit in CLOCK and size > 1:
        length = exp.Anonymous(this=f"to_{unit}s", expressions=[exp.Literal.number(size)])
        midnight = exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string("day"), value.copy()])
        start = exp.Anonymous(this="time_bucket", expressions=[length, value, midnight])
    else:
        word = every.removesuffix("s").rpartition(" ")[2]
        start = exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string(word), value])
    return exp.Cast(this=start, to=exp.DataType.build(type_of(every)))


def _spine(params: Params, item: Column, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Select:
    """Each group with each of its periods."""
    ends = _ends(params, item, per, relation, scope)
    steps = periods_between(column(FIRST), column(LAST), params.every)
    unnested = exp.Select(
        expressions=[
            *(column(name) for name in per),
            column(FIRST),
            aliased(exp.Explode(this=exp.GenerateSeries(start=proofs.zero(), end=steps)), STEP),
        ],
        from_=exp.From(this=proofs.subquery(ends, "ends")),
        where=exp.Where(this=exp.LTE(this=column(FIRST), expression=column(LAST))),
    )
    moment = moved_by(column(FIRST), column(STEP), params.every)
    return exp.Select(
        expressions=[*(column(name) for name in per), aliased(moment, item.name)],
        from_=exp.From(this=proofs.subquery(unnested, "unnested")),
    )


def _ends(params: Params, item: Column, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Select:
    """Each group with the start of its first period and of its last one."""
    due = type_of(params.every)
    bounds = [_bound(params.start, "start", due, scope), _bound(params.end, "end", due, scope)]
    least = [bound or call(this=column(item.name)) for bound, call in zip(bounds, (exp.Min, exp.Max), strict=True)]
    starts = [_start_of(value, params.every) for value in least]
    named = [aliased(value, name) for value, name in zip(starts, (FIRST, LAST), strict=True)]
    if params.own or not per:
        ends = select_from(relation.name, [*(column(name) for name in per), *named])
        if per:
            ends.set("group", exp.Group(expressions=[column(name) for name in per]))
        return ends
    groups = select_from(relation.name, [column(name) for name in per])
    groups.set("distinct", exp.Distinct())
    return exp.Select(
        expressions=[*(column(name, "groups") for name in per), column(FIRST, "ends"), column(LAST, "ends")],
        from_=exp.From(this=proofs.subquery(groups, "groups")),
        joins=[exp.Join(this=proofs.subquery(select_from(relation.name, named), "ends"), kind="CROSS")],
    )


def _bound(text: str | None, field: str, due: str, scope: StepScope) -> exp.Expr | None:
    if text is None:
        return None
    # A date as it stands, which SQL would read as a subtraction.
    written = f"'{text}'" if re.fullmatch(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?", text.strip()) else text
    tree = parse_expression(written, scope.where(field), scope.parameters)
    if tree.find(exp.Column):
        raise scope.fail(
            f"{text!r} is a column; the {field} is one date for all.",
            field=field,
            hint="Write a date, 2026-01-01, or a parameter, $today.",
        )
    date = exp.Cast(this=tree, to=exp.DataType.build(due))
    if not tree.find(exp.Placeholder):
        scope.binder.constants([date], scope.where(field))
    # Over all rows, and none where there are no rows, so that it stands beside the other end's aggregate.
    return exp.Max(this=date)
