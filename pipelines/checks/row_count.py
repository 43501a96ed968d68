"""The number of rows is what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import BuiltCheck
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue


class Params(Document):
    """Bounds of the number of rows; give at least one."""

    min: int | None = Field(default=None, ge=0, description="Fewest rows.")
    max: int | None = Field(default=None, ge=0, description="Most rows.")
    equals: int | None = Field(default=None, ge=0, description="Exactly so many rows.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER"},
    "check": {"check": "row_count", "min": 1},
    "good": [[1]],
    "bad": [],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """The count beside what is expected."""
    bounds: list[tuple[type[exp.Binary], int, str]] = []
    if params.equals is not None:
        bounds.append((exp.EQ, params.equals, "exactly"))
    if params.min is not None:
        bounds.append((exp.GTE, params.min, "at least"))
    if params.max is not None:
        bounds.append((exp.LTE, params.max, "at most"))
    if not bounds:
        raise scope.fail("No number of rows is given.", field="min", hint="Give min, max or equals.")
    counted = select_from(on.name, [aliased(proofs.count_all(), "n")])
    tests = [kind(this=column("n"), expression=exp.Literal.number(value)) for kind, value, _ in bounds]
    expected = " and ".join(f"{word} {value}" for _, value, word in bounds) + " rows"
    query = proofs.verdict(
        exp.and_(*tests),
        exp.Literal.string(expected),
        proofs.number_of(column("n"), " rows", " row"),
        exp.Literal.string(""),
        proofs.subquery(counted, "counted"),
    )
    return BuiltCheck(query, (on.name,))
