"""Draw rows at random, the same ones at every run: by a seed that stands in the plan.

Which rows are drawn depends on the seed and on what identifies a row, not on their order or on the time of the run.
``<step>.rest`` holds all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.orders import tie_break
from pipelines.scope import StepScope, ordered
from pipelines.sqltree import as_type, call, number, or_else, over, plus, text, times, whole
from spec.base import Document, JsonValue
from spec.pipeline import Strings

PLACE, SIZE = "_place", "_size"


class Params(Document):
    """How many rows, of which groups, drawn by which seed."""

    rows: int | None = Field(default=None, ge=1, description="Number of rows (in each group).")
    percent: int | None = Field(
        default=None, ge=1, le=99, description="In place of rows: percent of the rows (of each group), rounded."
    )
    per: Strings = Field(default=(), description="Columns whose equal rows make a group to draw from.")
    seed: int = Field(default=1, description="Another seed draws other rows.")

    @model_validator(mode="after")
    def _one_size(self) -> Params:
        if (self.rows is None) == (self.percent is None):
            raise ValueError("say how many rows, or which percent of them")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"rest": "Rows that were not drawn."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER"}, "primary_key": ["id"], "rows": [[1], [2], [3], [4], [5]]}},
    "step": {"use": "sample", "from": "orders", "rows": 2, "seed": 3},
    "rows": {"": [[3], [5]], "rest": [[1], [2], [4]]},
}  # fmt: skip
keywords: Final = (
    "random rows, random sample, pick some rows, spot check, audit sample, draw a winner, raffle, test set, split "
    "at random, subset, 10 percent of the rows, stratified, control group, pick at random, some orders to check, "
    "random selection, lottery, a few rows for testing"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Rows in the order of a digest of the seed and their key, the first of them."""
    (relation,) = inputs
    scope.distinct([*relation.names, PLACE, SIZE], "per")
    per = [column(item.name) for item in scope.fields(params.per, relation, "per")]
    key = tie_break((), relation)
    parts = [or_else(as_type(column(name), "VARCHAR"), text("")) for name in key]
    digest = call("md5", call("concat_ws", text("|"), text(str(params.seed)), *parts))
    sort = [ordered(digest, False), *(ordered(column(name), False) for name in key)]
    placed = select_from(
        relation.name,
        [
            *(column(name) for name in relation.names),
            aliased(over(exp.RowNumber(), per, sort), PLACE),
        ],
    )
    if params.rows is not None:
        most: exp.Expr = number(params.rows)
    else:
        assert params.percent is not None
        placed.select(aliased(over(proofs.count_all(), per), SIZE), copy=False)
        most = whole(plus(times(column(SIZE), number(params.percent)), number(50)), number(100))

    def chosen(test: exp.Expr) -> exp.Select:
        return exp.Select(
            expressions=[column(name) for name in relation.names],
            from_=exp.From(this=proofs.subquery(placed.copy(), "placed")),
            where=exp.Where(this=test),
        )

    found: dict[str, exp.Query] = {MAIN: chosen(exp.LTE(this=column(PLACE), expression=most))}
    if scope.wants("rest"):
        found["rest"] = chosen(exp.GT(this=column(PLACE), expression=most.copy()))
    return Built(found, order={MAIN: relation.order, "rest": relation.order})
