"""Put rows in an order that files and reports keep.

Rows that tie are ordered by the columns that identify a row, or else by all columns, so that two runs give the same.
Empty values come last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import column, select_from
from pipelines.job import Relation
from pipelines.orders import tie_break
from pipelines.scope import StepScope, split_order
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """An order."""

    by: Strings = Field(min_length=1, description="Columns, each 'column' or 'column desc', most important first.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}, "primary_key": ["id"],
                          "rows": [[2, "10.00"], [1, "10.00"], [3, "99.00"]]}},
    "step": {"use": "sort", "from": "orders", "by": "total desc"},
    "rows": {"": [[3, "99.00"], [1, "10.00"], [2, "10.00"]]},
    "ordered": True,
}  # fmt: skip
keywords: Final = (
    "order by, sort, alphabetical, largest first, newest first, descending, ascending, arrange, sequence of rows in "
    "the file, put in order, from big to small, by date, A to Z"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The same rows; the order is kept by whoever reads them last."""
    (relation,) = inputs
    stated = stated_order(params.by, relation, scope, "by")
    order = (*stated, *tie_break([split_order(item)[0] for item in stated], relation))
    query = select_from(relation.name, [column(name) for name in relation.names])
    query.set("order", exp.Order(expressions=scope.order(order, relation, "by")))
    return Built({MAIN: query}, order={MAIN: order})


def stated_order(items: Sequence[str], relation: Relation, scope: StepScope, field: str) -> list[str]:
    """The items with columns in their true case; an expression is refused, because a reader could not repeat it."""
    found: list[str] = []
    for item in items:
        name, descending = split_order(item)
        known = scope.field(name, relation, field).name
        found.append(f"{known} desc" if descending else known)
    scope.distinct([split_order(item)[0] for item in found], field)
    return found
