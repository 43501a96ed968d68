"""Put beside each row the values of an earlier period, with the change and the growth: last month, last year.

A row is compared with the row of the same ``per`` whose period lies ``back`` before its own, not with the row that
happens to stand before it; where there is none, what is compared stays empty ('scaffold' adds the periods that are
missing). The input has one row for each period of ``per``, which every run proves.

For each value ``<value>_before`` holds the earlier one, ``<value>_change`` the difference and ``<value>_growth`` the
change as a share of the earlier one: 0.25 is 25 percent more. Growth from 0 is empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.sqltree import as_type, call, is_there, minus, number
from spec.base import Document, JsonValue
from spec.pipeline import Strings

Shown = Literal["before", "change", "growth"]


def _as_shown(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Params(Document):
    """The period of a row, how far back the other one lies, and what is compared."""

    column: str = Field(description="Column of dates (any day of the period), or of whole numbers such as a year.")
    values: Strings = Field(min_length=1, description="Columns of numbers to compare.")
    every: Literal["day", "week", "month", "quarter", "year"] = Field(
        default="month", description="How long a period is; weeks start on Monday. It counts for dates only."
    )
    back: str | int = Field(
        default=1,
        description="How far back: a number of periods, or for dates '1 month', '1 year', e.g. every: month with back: "
        "1 year compares a month with the same month of the year before.",
    )
    per: Strings = Field(default=(), description="Columns whose equal rows are compared with each other.")
    show: Annotated[tuple[Shown, ...], BeforeValidator(_as_shown)] = Field(
        default=("before", "change", "growth"), description="Which of before, change and growth to add."
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"month": "DATE", "total": "DECIMAL(18,2)"}, "primary_key": ["month"],
                         "rows": [["2026-01-01", "80.00"], ["2026-02-01", "100.00"], ["2026-04-01", "90.00"]]}},
    "step": {"use": "compare", "from": "sales", "column": "month", "values": "total"},
    "rows": {"": [["2026-01-01", "80.00", None, None, None], ["2026-02-01", "100.00", "80.00", "20.00", 0.25],
                  ["2026-04-01", "90.00", None, None, None]]},
}  # fmt: skip
keywords: Final = (
    "previous period, last month, last year, year over year, YoY, month over month, MoM, growth, change since, "
    "versus prior year, same month last year, increase, percent change, compared with, trend, last week, same month "
    "of the year before, versus last year, more or less than last week, development, how did it change, increase in "
    "percent, up or down"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The input joined with itself on the period before."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    values = scope.fields(params.values, relation, "values")
    for value in values:
        if family(value.type) != "number":
            raise scope.fail(f"{value.name!r} is {value.type}, not a number.", field="values", hint="Cast it first.")
    per = [field.name for field in scope.fields(params.per, relation, "per")]
    if item.name in per:
        raise scope.fail("The period cannot make the groups as well.", field="per", hint="Leave it out of per.")
    made = [(value.name, kind) for value in values for kind in params.show]
    scope.distinct([*relation.names, *(f"{name}_{kind}" for name, kind in made)], "values")
    own, earlier = _periods(params, item, scope)
    same = [exp.NullSafeEQ(this=column(name, "b"), expression=column(name, "a")) for name in per]
    query = exp.Select(
        expressions=[
            *(aliased(column(name, "a"), name) for name in relation.names),
            *(aliased(_shown(name, kind), f"{name}_{kind}") for name, kind in made),
        ],
        from_=exp.From(this=table_of(relation.name, "a")),
        joins=[
            exp.Join(
                this=table_of(relation.name, "b"),
                side="LEFT",
                on=exp.and_(proofs.equals(own(column(item.name, "b")), earlier(column(item.name, "a"))), *same),
            )
        ],
    )
    check = _one_row(own, item, per, relation, scope)
    return Built({MAIN: query}, keys={MAIN: relation.keys}, order={MAIN: relation.order}, checks=(check,))


class _Period:
    """The start of a date's period, some steps back."""

    def __init__(self, every: str, unit: str, back: int) -> None:
        self.every, self.unit, self.back = every, unit, back

    def __call__(self, value: exp.Expr) -> exp.Expr:
        start = as_type(call("date_trunc", exp.Literal.string(self.every), value), "DATE")
        if not self.back:
            return start
        months = {"month": 1, "quarter": 3, "year": 12}.get(self.unit)
        days = {"day": 1, "week": 7}.get(self.unit)
        moved = (
            call("to_days", number(-self.back * days))
            if days
            else call("to_months", number(-self.back * (months or 1)))
        )
        return as_type(exp.Add(this=start, expression=moved), "DATE")


class _Number:
    """A whole number, some steps back."""

    def __init__(self, back: int) -> None:
        self.back = back

    def __call__(self, value: exp.Expr) -> exp.Expr:
        return minus(value, number(self.back)) if self.back else value


def _periods(params: Params, item: Column, scope: StepScope) -> tuple[_Period | _Number, _Period | _Number]:
    written = re.fullmatch(r"(\d+)(?: (day|week|month|quarter|year)s?)?", str(params.back).strip())
    if written is None or int(written[1]) < 1:
        raise scope.fail(
            f"{params.back!r} says not how far back.", field="back", hint="Write 1, or for instance '1 year'."
        )
    back = int(written[1])
    if item.type in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        if written[2]:
            raise scope.fail(f"{item.name!r} is a number.", field="back", hint="Write a number, e.g. 1.")
        return _Number(0), _Number(back)
    if item.type != "DATE":
        raise scope.fail(
            f"{item.name!r} is {item.type}; a period is a date or a whole number.",
            field="column",
            hint="Cast it in a 'cast' step first, or derive the start of its period with date_trunc('month', ...).",
        )
    unit = written[2] or params.every
    whole = {"day": ("day",), "week": ("week",), "month": ("month", "quarter", "year"), "quarter": ("quarter", "year"),
             "year": ("year",)}  # fmt: skip
    if unit not in (*whole[params.every], *(["week"] if params.every == "day" else [])):
        raise scope.fail(
            f"{params.back} back from the start of a {params.every} is not the start of one.",
            field="back",
            hint=f"Go back by {' or '.join(whole[params.every])}s, or let every be {unit}.",
        )
    return _Period(params.every, unit, 0), _Period(params.every, unit, back)


def _shown(name: str, kind: Shown) -> exp.Expr:
    now, before = column(name, "a"), column(name, "b")
    if kind == "before":
        return before
    change = minus(now, before)
    if kind == "change":
        return change
    share = exp.Div(this=change, expression=exp.Nullif(this=before.copy(), expression=number(0)))
    return as_type(share, "DOUBLE")


def _one_row(
    own: _Period | _Number, item: Column, per: Sequence[str], relation: Relation, scope: StepScope
) -> ImpliedCheck:
    start = own(column(item.name))
    bad = select_from(
        relation.name,
        [*(column(name) for name in per), aliased(start, item.name), aliased(proofs.count_all(), "rows")],
    )
    bad.set("where", exp.Where(this=is_there(column(item.name))))
    bad.set("group", exp.Group(expressions=[*(column(name) for name in per), start.copy()]))
    bad.set("having", exp.Having(this=exp.GT(this=proofs.count_all(), expression=number(1))))
    query = proofs.no_rows(
        bad.copy(),
        "each period has one row" + (f" for each {', '.join(per)}" if per else ""),
        " periods have several; add them up in an 'aggregate' step first",
        " period has several; add them up in an 'aggregate' step first",
    )
    return ImpliedCheck("compare_one_row", scope.name, "block", query, (relation.name,), evidence=bad)
