"""List the pairs (or threes, or fours) of different items that stand together: in one basket, in one team.

Each combination stands once in each group, whatever the order of its items and however often they are repeated; its
items are in the order of their values. Without ``per`` all items make one group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.sqltree import is_there
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """What is combined, within which groups."""

    column: str = Field(description="Column that names the items.")
    per: Strings = Field(default=(), description="Columns whose equal rows stand together, e.g. order_id.")
    into: Strings = Field(
        default=("first", "second"),
        min_length=2,
        max_length=4,
        description="New columns for the items of a combination: two for pairs, three for threes, four at most.",
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"lines": {"columns": {"order_id": "INTEGER", "product": "VARCHAR"},
                         "rows": [[1, "tea"], [1, "mug"], [1, "tea"], [2, "mug"]]}},
    "step": {"use": "combinations", "from": "lines", "column": "product", "per": "order_id"},
    "rows": {"": [[1, "mug", "tea"]]},
}  # fmt: skip
keywords: Final = (
    "pairs, bought together, market basket, basket analysis, which products are sold with which, every combination, "
    "all pairs, each against each, head to head, cross sell, round robin, frequently bought together, which "
    "articles go together, every pair of players, who worked with whom"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The distinct items of each group joined with those that come after them."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    per = [field.name for field in scope.fields(params.per, relation, "per")]
    scope.distinct([*per, *params.into], "into")
    scope.distinct([*per, item.name], "per")
    items = select_from(relation.name, [*(column(name) for name in per), column(item.name)])
    items.set("where", exp.Where(this=is_there(column(item.name))))
    items.set("distinct", exp.Distinct())
    sides = [f"i{place}" for place in range(len(params.into))]
    joins: list[exp.Join] = []
    for before, side in pairwise(sides):
        later = exp.LT(this=column(item.name, before), expression=column(item.name, side))
        same = [exp.NullSafeEQ(this=column(name, before), expression=column(name, side)) for name in per]
        joins.append(
            exp.Join(this=proofs.subquery(items.copy(), side), kind="INNER", on=exp.and_(later, *same, copy=False))
        )
    query = exp.Select(
        expressions=[
            *(aliased(column(name, sides[0]), name) for name in per),
            *(aliased(column(item.name, side), name) for side, name in zip(sides, params.into, strict=True)),
        ],
        from_=exp.From(this=proofs.subquery(items, sides[0])),
        joins=joins,
    )
    return Built({MAIN: query}, keys={MAIN: frozenset({frozenset({*per, *params.into})})})
