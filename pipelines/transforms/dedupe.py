"""Keep one row of those that are the same thing; ``<step>.duplicates`` holds the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

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
    """What makes two rows the same, and which of them stays."""

    by: Strings = Field(
        default=(), description="Columns that are equal in rows that are the same thing; all columns when empty."
    )
    keep: Strings = Field(
        default=(),
        description="Order whose first row stays, e.g. ['updated_at desc', 'id']; with by it must leave no tie.",
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"duplicates": "The rows that were not kept."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"people": {"columns": {"id": "INTEGER", "email": "VARCHAR", "seen": "DATE"}, "primary_key": ["id"],
                          "rows": [[1, "a@x.com", "2026-01-01"], [2, "a@x.com", "2026-02-01"],
                                   [3, "b@x.com", "2026-01-05"]]}},
    "step": {"use": "dedupe", "from": "people", "by": "email", "keep": ["seen desc", "id"]},
    "rows": {"": [[2, "a@x.com", "2026-02-01"], [3, "b@x.com", "2026-01-05"]],
             "duplicates": [[1, "a@x.com", "2026-01-01"]]},
}  # fmt: skip
keywords: Final = (
    "remove duplicates, duplicate rows, keep the first, keep the latest, newest row for each customer, unique, one "
    "row per, repeated entries, same customer twice, double bookings, most recent record of each, one row per "
    "email, only once, listed twice, double entries, repeated lines, most recent version of each"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The first row of each group by a number that a window gives it."""
    (relation,) = inputs
    by = [item.name for item in scope.fields(params.by, relation, "by")] or list(relation.names)
    keep = stated_order(params.keep, relation, scope, "keep")
    scope.require_total(by, keep, relation, "Which of several rows stays", "keep", first=number(1))
    scope.distinct([*relation.names, PLACE], "by")
    found: dict[str, exp.Query] = {MAIN: _rows(relation, by, keep, scope, first=True)}
    if scope.wants("duplicates"):
        found["duplicates"] = _rows(relation, by, keep, scope, first=False)
    return Built(found, keys={MAIN: frozenset({frozenset(by)})}, order=dict.fromkeys(found, relation.order))


def _rows(relation: Relation, by: Sequence[str], keep: Sequence[str], scope: StepScope, *, first: bool) -> exp.Select:
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(name) for name in by],
        order=exp.Order(expressions=scope.order(keep, relation, "keep")) if keep else None,
        over="OVER",
    )
    numbered = select_from(relation.name, [*(column(name) for name in relation.names), aliased(place, PLACE)])
    one = exp.Literal.number(1)
    test = exp.EQ(this=column(PLACE), expression=one) if first else exp.GT(this=column(PLACE), expression=one)
    return exp.Select(
        expressions=[column(name) for name in relation.names],
        from_=exp.From(this=proofs.subquery(numbered, "numbered")),
        where=exp.Where(this=test),
    )
