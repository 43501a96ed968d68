"""Keep the first rows of an order, or all but the first, of all rows or of each group.

Which rows are first must be certain, so the order must be total (with ``orders: proven`` in the spec every run proves
that no tie decides); or set ``ties`` to keep all rows that tie with the last one kept. Of ``rows: 10%`` a part of a row
counts as one: of 18 rows two are kept, as of 20; with ``skip`` it is a share of the rows that are not left out.

For every third row a 'rank' step with ``ties: none`` gives places, of which a 'filter' step keeps ``place % 3 = 1``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.sqltree import minus, number, over, times
from pipelines.transforms.sort import stated_order
from spec.base import Document, JsonValue
from spec.pipeline import Strings

PLACE, COUNT = "_place", "_count"
ROWS = r"^(\$\w+|[0-9]{1,3}(\.[0-9]{1,4})? ?%)$"


class Params(Document):
    """How many rows, in which order."""

    rows: Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=ROWS)] | None = Field(
        default=None,
        description="Rows to keep; of each group, with per. A number, a percentage such as 10%, or a parameter: $top. "
        "All when empty, with skip.",
    )
    skip: int = Field(default=0, ge=0, description="Rows to leave out before the first one kept, e.g. 2.")
    by: Strings = Field(default=(), description="Order, e.g. 'total desc'; the input's own order when empty.")
    per: Strings = Field(default=(), description="Columns whose equal rows make a group, e.g. top 3 per region.")
    ties: bool = Field(default=False, description="Also keep rows that tie with the last one kept.")

    @model_validator(mode="after")
    def _some_are_left_out(self) -> Params:
        if self.rows is None and not self.skip:
            raise ValueError("say how many rows to keep (rows) or to leave out first (skip)")
        if self.skip and self.ties:
            raise ValueError("with ties it is not known how many rows come first: leave out skip or ties")
        if isinstance(self.rows, str) and self.rows.endswith("%") and not 0 <= Decimal(self.rows[:-1]) <= 100:
            raise ValueError("a percentage of rows lies between 0 and 100")
        return self


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
    "best, worst, most expensive, cheapest, biggest, keep the five, just the first ten, top 10 percent, first ten "
    "percent, skip rows, leave out the first rows, all but the first, offset, every third row, every nth row, every "
    "second row, second best"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The first rows by a number that a window gives each row."""
    (relation,) = inputs
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    order = stated_order(params.by, relation, scope, "by") if params.by else list(relation.order)
    share = isinstance(params.rows, str) and params.rows.endswith("%")
    most = None if share else _most(params.rows, relation, scope)
    if not params.ties:
        what = f"Keeping the first {params.rows} rows" if params.rows is not None else "Keeping all rows but the first"
        # Where rows are left out at both ends, or it is not known how many are kept, a tie anywhere may decide.
        scope.require_total(per, order, relation, what, "by", first=None if params.skip else most)
    elif not order:
        raise scope.fail("Without an order no row is first.", field="by", hint="Say by what, e.g. 'total desc'.")
    place = exp.Window(
        this=exp.Rank() if params.ties else exp.RowNumber(),
        partition_by=[column(name) for name in per],
        order=exp.Order(expressions=scope.order(order, relation, "by")) if order else None,
        over="OVER",
    )
    scope.distinct([*relation.names, PLACE, COUNT], "by")
    names = [column(name) for name in relation.names]
    made = [aliased(place, PLACE)]
    if share:
        made.append(aliased(over(proofs.count_all(), [column(name) for name in per]), COUNT))
    numbered = select_from(relation.name, [*names, *made])
    query = exp.Select(
        expressions=[column(name) for name in relation.names],
        from_=exp.From(this=proofs.subquery(numbered, "numbered")),
        where=exp.Where(this=_kept(params, most)),
    )
    keeps = (*per, *order) if per else tuple(order)
    one_row = params.rows in (0, 1) and not params.ties
    keys = frozenset({frozenset(per)}) if one_row else frozenset()
    return Built({MAIN: query}, keys={MAIN: keys}, order={MAIN: tuple(dict.fromkeys(keeps))})


def _most(rows: int | str | None, relation: Relation, scope: StepScope) -> exp.Expr | None:
    if rows is None:
        return None
    return number(rows) if isinstance(rows, int) else scope.expression(rows, relation, "rows")


def _kept(params: Params, most: exp.Expr | None) -> exp.Expr:
    """Whether a row is among those kept, by its place from 1."""
    tests: list[exp.Expr] = []
    if params.skip:
        tests.append(exp.GT(this=column(PLACE), expression=number(params.skip)))
    place = minus(column(PLACE), number(params.skip)) if params.skip else column(PLACE)
    if most is not None:
        tests.append(exp.LTE(this=place, expression=most.copy()))
    elif isinstance(params.rows, str):
        # In whole numbers, place - 1 < share * rows is place <= share * rows with each part of a row as one.
        share = Decimal(params.rows[:-1])
        scale = 10 ** max(0, -int(share.as_tuple().exponent))
        left = times(minus(place, number(1)), number(100 * scale))
        counted = minus(column(COUNT), number(params.skip)) if params.skip else column(COUNT)
        tests.append(exp.LT(this=left, expression=times(counted, number(int(share * scale)))))
    return exp.and_(*tests, copy=False)
