"""Keep the first rows of an order, of all rows or of each group.

Which rows are first must be certain, so the order must be total (with ``orders: proven`` in the spec every run proves
that no tie decides); or set ``ties`` to keep all rows that tie with the last one kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.sqltree import number
from pipelines.transforms.sort import stated_order
from spec.base import Document, JsonValue
from spec.pipeline import Strings

PLACE = "_place"


class Params(Document):
    """How many rows, in which order."""

    rows: Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^\$\w+$")] = Field(
        description="Rows to keep; of each group, with per. A number, or a parameter: $top."
    )
    by: Strings = Field(default=(), description="Order, e.g. 'total desc'; the input's own order when empty.")
    per: Strings = Field(default=(), description="Columns whose equal rows make a group, e.g. top 3 per region.")
    ties: bool = Field(default=False, description="Also keep rows that tie with the last one kept.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"region": "VARCHAR", "product": "VARCHAR", "total": "DECIMAL(18,2)"},
                         "primary_key": ["region", "product"],
                         "rows": [["North", "Mug", "9.00"], ["North", "Cup", "12.00"], ["South", "Mug", "3.00"]]}},
    "step": {"use": "limit", "from": "sales", "rows": 1, "by": ["total desc", "product"], "per": "region"},
    "rows": {"": [["North", "Cup", "12.00"], ["South", "Mug", "3.00"]]},
}  # fmt: skip
keywords: Final = (
    "top 10, top n, first rows, best three of each, largest five, cut off after, only the first, bottom 5, highest, "
    "best, worst, most expensive, cheapest, biggest, keep the five, just the first ten"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The first rows by a number that a window gives each row."""
    (relation,) = inputs
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    order = stated_order(params.by, relation, scope, "by") if params.by else list(relation.order)
    most = number(params.rows) if isinstance(params.rows, int) else scope.expression(params.rows, relation, "rows")
    if not params.ties:
        what = f"Keeping the first {params.rows} rows"
        scope.require_total(per, order, relation, what, "by", first=most)
    elif not order:
        raise scope.fail("Without an order no row is first.", field="by", hint="Say by what, e.g. 'total desc'.")
    place = exp.Window(
        this=exp.Rank() if params.ties else exp.RowNumber(),
        partition_by=[column(name) for name in per],
        order=exp.Order(expressions=scope.order(order, relation, "by")) if order else None,
        over="OVER",
    )
    scope.distinct([*relation.names, PLACE], "by")
    names = [column(name) for name in relation.names]
    numbered = select_from(relation.name, [*names, aliased(place, PLACE)])
    query = exp.Select(
        expressions=[column(name) for name in relation.names],
        from_=exp.From(this=proofs.subquery(numbered, "numbered")),
        where=exp.Where(this=exp.LTE(this=column(PLACE), expression=most.copy())),
    )
    keeps = (*per, *order) if per else tuple(order)
    one_row = params.rows in (0, 1) and not params.ties
    keys = frozenset({frozenset(per)}) if one_row else frozenset()
    return Built({MAIN: query}, keys={MAIN: keys}, order={MAIN: tuple(dict.fromkeys(keeps))})
