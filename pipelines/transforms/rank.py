"""Number rows by an order: 1 for the first, with every way to treat ties.

``min`` gives tied rows the first of their places (1, 2, 2, 4), ``max`` the last (1, 3, 3, 4), ``average`` the mean
(1, 2.5, 2.5, 4), ``dense`` leaves no gap (1, 2, 2, 3), and ``none`` gives each row a place of its own, for which the
order has to be total. Rows with an empty value come last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """By what rows are ranked, among which rows, and what ties get."""

    by: Strings = Field(min_length=1, description="Order, e.g. 'total desc': the largest total is first.")
    per: Strings = Field(default=(), description="Columns whose equal rows are ranked among themselves.")
    ties: Literal["min", "max", "average", "dense", "none"] = Field(
        default="min", description="Place of rows that are equal in the order: see above."
    )
    name: str = Field(default="rank", description="New column that holds the place.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"store": "VARCHAR", "total": "INTEGER"}, "primary_key": ["store"],
                         "rows": [["A", 9], ["B", 7], ["C", 7], ["D", 3]]}},
    "step": {"use": "rank", "from": "sales", "by": "total desc", "ties": "dense", "name": "place"},
    "rows": {"": [["A", 9, 1], ["B", 7, 2], ["C", 7, 2], ["D", 3, 3]]},
}  # fmt: skip
keywords: Final = (
    "ranking, position, place, top seller, number rows, ties, league table, 1st 2nd 3rd, row number, dense rank, "
    "order number within each customer, sequence number, first place, podium, second place shared, who is first, "
    "sequence, counter, running number, order of arrival, top n and other"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the place."""
    (relation,) = inputs
    scope.distinct([*relation.names, params.name], "name")
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    if params.ties == "none":
        scope.require_total(per, params.by, relation, "Which of tied rows is first", "by")
    projections = [
        *(column(name) for name in relation.names),
        aliased(_place(params, per, relation, scope), params.name),
    ]
    query = select_from(relation.name, projections)
    keys = frozenset({frozenset({*per, params.name})}) if params.ties == "none" else frozenset()
    return Built({MAIN: query}, keys={MAIN: keys}, order={MAIN: relation.order})


def _place(params: Params, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Expr:
    order = scope.order(params.by, relation, "by")
    first = _over(exp.Anonymous(this="rank", expressions=[]), per, order)
    if params.ties == "dense":
        return _over(exp.Anonymous(this="dense_rank", expressions=[]), per, order)
    if params.ties == "none":
        return _over(exp.RowNumber(), per, order)
    if params.ties == "min":
        return first
    tied = [*(column(name) for name in per), *(item.this.copy() for item in order)]
    alike = exp.Window(this=exp.Count(this=exp.Star(), big_int=True), partition_by=tied, over="OVER")
    before = exp.Sub(this=alike, expression=exp.Literal.number(1))
    if params.ties == "max":
        return exp.Add(this=first, expression=before)
    # Times a half rather than divided by two, so that no floating-point arithmetic comes in.
    return exp.Add(this=first, expression=exp.Mul(this=exp.Paren(this=before), expression=exp.Literal.number("0.5")))


def _over(call: exp.Expr, per: Sequence[str], order: Sequence[exp.Ordered]) -> exp.Window:
    return exp.Window(
        this=call,
        partition_by=[column(name) for name in per],
        order=exp.Order(expressions=[item.copy() for item in order]),
        over="OVER",
    )
