"""Add columns computed over neighbouring rows: running totals, shares, ranks, the row before.

Each function in an expression looks at the rows that are equal in ``partition_by``, in the order of ``order_by``. A
function that depends on the place of single rows (row_number, lag, lead, first_value, ...) needs a total order.

``last: 7`` looks at seven rows, ``last: 7 days`` at all rows of the seven days that end with the row's own, however
many they are. ``next: 1`` looks at a row behind as well: with ``last: 2`` a moving average of three, the row in the
middle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, function_name, parse_expression, resolve, select_from
from pipelines.functions import AGGREGATES, WINDOWS
from pipelines.job import Relation
from pipelines.orders import check_orders
from pipelines.scope import StepScope, family
from pipelines.sqltree import number, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings

WHOLE = ("first_value", "last_value", "nth_value")
DAYS: Final = ("day", "week", "month", "year")
CLOCK: Final = ("second", "minute", "hour")


class Params(Document):
    """Which rows a window holds, in which order, and what is computed over it."""

    columns: dict[str, Expression] = Field(
        min_length=1,
        description="New column to an expression with window functions, without OVER: row_number(), sum(amount), "
        "amount - lag(amount), amount / sum(amount).",
    )
    partition_by: Strings = Field(default=(), description="Columns whose equal rows make one window; none: all rows.")
    order_by: Strings = Field(
        default=(), description="Order within a window, e.g. 'day' or 'amount desc'; sums then run up to the row."
    )
    last: int | str | None = Field(
        default=None,
        description="Aggregates look at this row and the last - 1 before it, e.g. 7; or at a stretch of time that ends "
        "with the row: '7 days', '3 months', '30 minutes'.",
    )
    next: int = Field(default=0, ge=0, description="Aggregates look at so many rows behind as well.")
    full: bool = Field(
        default=False, description="With last as a number: aggregates are empty where there are fewer rows than that."
    )

    @model_validator(mode="after")
    def _framed(self) -> Params:
        if isinstance(self.last, int) and self.last < 1:
            raise ValueError("last is to be 1 or more: the row itself is one")
        if isinstance(self.last, str) and (self.next or self.full):
            raise ValueError("next and full count rows, so last is to be a number of rows")
        if self.full and self.last is None:
            raise ValueError("full is for last")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"day": "DATE", "total": "DECIMAL(18,2)"}, "primary_key": ["day"],
                         "rows": [["2026-07-01", "10.00"], ["2026-07-02", "4.00"], ["2026-07-03", "6.00"]]}},
    "step": {"use": "window", "from": "sales", "order_by": "day",
             "columns": {"so_far": "sum(total)", "change": "total - lag(total)"}},
    "rows": {"": [["2026-07-01", "10.00", "10.00", None], ["2026-07-02", "4.00", "14.00", "-6.00"],
                  ["2026-07-03", "6.00", "20.00", "2.00"]]},
}  # fmt: skip
keywords: Final = (
    "running total, cumulative, moving average, share of total, percent of total, previous row, next row, lag, "
    "lead, difference to the row before, rolling 7 days, rank, compare with group average, year to date, balance, "
    "days since the previous order, share of the whole, percentage each makes up, compared with the average of its "
    "group, accumulate, total so far, change from the previous row, days since the last, weighted over the last "
    "days, centred moving average, rows on both sides, moving average only where all rows are there, trailing twelve "
    "months, sum of the last 30 days"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the new ones."""
    (relation,) = inputs
    scope.distinct([*relation.names, *params.columns], "columns")
    partition = [column(item.name) for item in scope.fields(params.partition_by, relation, "partition_by")]
    order = scope.order(params.order_by, relation, "order_by")
    if not order and (params.last is not None or params.next):
        raise scope.fail(
            "Which rows are the last ones is not said.", field="order_by", hint="Order by the day, for instance."
        )
    stretch = _stretch(params.last, order, relation, scope) if isinstance(params.last, str) else None
    projections: list[exp.Expr] = [column(name) for name in relation.names]
    for name, text in params.columns.items():
        field = f"columns.{name}"
        where = scope.where(field)
        tree = resolve(parse_expression(text, where, scope.parameters), relation, where)
        if tree.find(exp.Window):
            raise scope.fail(
                "OVER is written by the step.",
                field=field,
                hint="Use partition_by and order_by, and for a frame last and next: rows, or a time such as 7 days.",
            )
        tree, found = _windowed(tree, partition, order, params, stretch)
        if not found:
            raise scope.fail(
                f"{text!r} looks at its own row only.", field=field, hint="Use a 'derive' step, or a window function."
            )
        check_orders(
            tree,
            relation.names,
            relation.keys,
            where,
            prove=(lambda: scope.prove_no_ties(relation, params.partition_by, order, "order_by"))
            if scope.prove_orders
            else None,
        )
        scope.check_literals(tree, relation, field)
        tree = scope.in_business_time(tree, relation, field)
        projections.append(aliased(tree, name))
    return Built({MAIN: select_from(relation.name, projections)}, order={MAIN: relation.order})


def _stretch(last: str, order: Sequence[exp.Ordered], relation: Relation, scope: StepScope) -> exp.WindowSpec:
    """The frame of all rows that lie within this time before the row, the row that lies just as far away left out."""
    first = order[0].this
    (type_,) = scope.binder.types(select_from(relation.name, [aliased(first.copy(), "v")]), scope.where("order_by"))
    told = re.fullmatch(r"([1-9]\d*) ([a-z]+?)s?", last)
    units = {"DATE": DAYS, "TIMESTAMP": (*CLOCK, *DAYS)}.get(type_, CLOCK if family(type_) == "date" else ())
    if told is None or told[2] not in units:
        raise scope.fail(
            f"{last!r} is no stretch of values of {type_}.",
            field="last",
            hint="Write a number of rows, or a time such as '7 days' where the order begins with a date, '30 minutes' "
            "where it begins with a time.",
        )
    least = ("1", "DAY") if type_ == "DATE" else ("1", "MICROSECOND")
    back = exp.Paren(this=exp.Sub(this=_interval(told[1], told[2].upper()), expression=_interval(*least)))
    return exp.WindowSpec(kind="RANGE", start=back, start_side="PRECEDING", end="CURRENT ROW")


def _interval(count: str, unit: str) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(count), unit=exp.Var(this=unit))


def _windowed(
    tree: exp.Expr,
    partition: Sequence[exp.Expr],
    order: Sequence[exp.Ordered],
    params: Params,
    stretch: exp.WindowSpec | None,
) -> tuple[exp.Expr, bool]:
    calls = [node for node in tree.walk() if function_name(node) in AGGREGATES | WINDOWS]
    outermost = [node for node in calls if not any(parent in calls for parent in _parents(node))]
    for call in outermost:
        name = function_name(call)
        framed = name in AGGREGATES
        # A stretch of time is measured on one column.
        by = order[:1] if framed and stretch is not None else order
        target = call
        while isinstance(target.parent, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
            target = target.parent
        window = exp.Window(
            partition_by=[item.copy() for item in partition],
            order=exp.Order(expressions=[item.copy() for item in by]) if by else None,
            spec=stretch.copy() if framed and stretch is not None else _frame(name, params, bool(order)),
            over="OVER",
        )
        value: exp.Expr = window
        if framed and params.full and isinstance(params.last, int):
            counted = window.copy()
            counted.set("this", exp.Count(this=exp.Star()))
            there = exp.EQ(this=counted, expression=number(params.last + params.next))
            value = exp.Paren(this=when(there, window))
        if target is tree:
            tree = value
        else:
            target.replace(value)
        window.set("this", target)
    return tree, bool(outermost)


def _parents(node: exp.Expr) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _frame(name: str | None, params: Params, is_ordered: bool) -> exp.WindowSpec | None:
    if name in WHOLE and is_ordered:
        # SQL's default frame ends at the row itself, so last_value would be the row's own value.
        return exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="UNBOUNDED", end_side="FOLLOWING"
        )
    if name not in AGGREGATES or (params.last is None and not params.next):
        return None
    before = params.last - 1 if isinstance(params.last, int) else 0
    behind = {"end": number(params.next), "end_side": "FOLLOWING"} if params.next else {"end": "CURRENT ROW"}
    return exp.WindowSpec(kind="ROWS", start=number(before), start_side="PRECEDING", **behind)
