"""Add columns computed over neighbouring rows: running totals, shares, ranks, the row before.

Each function in an expression looks at the rows that are equal in ``partition_by``, in the order of ``order_by``. A
function that depends on the place of single rows (row_number, lag, lead, first_value, ...) needs a total order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, function_name, parse_expression, resolve, select_from
from pipelines.functions import AGGREGATES, WINDOWS
from pipelines.job import Relation
from pipelines.orders import check_orders
from pipelines.scope import StepScope
from spec.base import Document, JsonValue
from spec.pipeline import Strings

WHOLE = ("first_value", "last_value", "nth_value")


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
    last: int | None = Field(
        default=None, ge=1, description="Aggregates look at this row and the last - 1 before it, e.g. 7 for a week."
    )


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
    "days"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the new ones."""
    (relation,) = inputs
    scope.distinct([*relation.names, *params.columns], "columns")
    partition = [column(item.name) for item in scope.fields(params.partition_by, relation, "partition_by")]
    order = scope.order(params.order_by, relation, "order_by")
    projections: list[exp.Expr] = [column(name) for name in relation.names]
    for name, text in params.columns.items():
        field = f"columns.{name}"
        where = scope.where(field)
        tree = resolve(parse_expression(text, where, scope.parameters), relation, where)
        if tree.find(exp.Window):
            raise scope.fail("OVER is written by the step.", field=field, hint="Use partition_by and order_by.")
        tree, found = _windowed(tree, partition, order, params.last)
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


def _windowed(
    tree: exp.Expr, partition: Sequence[exp.Expr], order: Sequence[exp.Ordered], last: int | None
) -> tuple[exp.Expr, bool]:
    calls = [node for node in tree.walk() if function_name(node) in AGGREGATES | WINDOWS]
    outermost = [node for node in calls if not any(parent in calls for parent in _parents(node))]
    for call in outermost:
        name = function_name(call)
        target = call
        while isinstance(target.parent, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
            target = target.parent
        window = exp.Window(
            partition_by=[item.copy() for item in partition],
            order=exp.Order(expressions=[item.copy() for item in order]) if order else None,
            spec=_frame(name, last, bool(order)),
            over="OVER",
        )
        if target is tree:
            tree = window
        else:
            target.replace(window)
        window.set("this", target)
    return tree, bool(outermost)


def _parents(node: exp.Expr) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _frame(name: str | None, last: int | None, is_ordered: bool) -> exp.WindowSpec | None:
    if name in WHOLE and is_ordered:
        # SQL's default frame ends at the row itself, so last_value would be the row's own value.
        return exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="UNBOUNDED", end_side="FOLLOWING"
        )
    if last is not None and name in AGGREGATES:
        before = exp.Literal.number(last - 1)
        return exp.WindowSpec(kind="ROWS", start=before, start_side="PRECEDING", end="CURRENT ROW")
    return None
