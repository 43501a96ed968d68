"""Columns tell other columns: rows with the same postal code have the same city; empty values pass."""

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
from spec.pipeline import Strings


class Params(Document):
    """Columns, and the one that they tell."""

    columns: Strings = Field(min_length=1, description="Columns whose values tell, e.g. zip.")
    tell: str = Field(description="Column that is the same wherever they are, e.g. city.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "zip": "VARCHAR", "city": "VARCHAR"},
    "check": {"check": "determines", "columns": "zip", "tell": "city"},
    "good": [[1, "20121", "Milano"], [2, "20121", "Milano"], [3, "20121", None], [4, "10121", "Torino"]],
    "bad": [[1, "20121", "Milano"], [2, "20121", "Torino"]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Values with several partners, each with how many, are the evidence."""
    names = [item.name for item in scope.fields(params.columns, on, "columns")]
    told = scope.field(params.tell, on, "tell").name
    if told in names:
        raise scope.fail(f"{told!r} tells itself.", field="tell", hint="Name another column.")
    several = exp.Count(this=exp.Distinct(expressions=[column(told)]))
    bad = select_from(on.name, [*(column(name) for name in names), aliased(several, "different")])
    bad.set("where", exp.Where(this=proofs.present(names)))
    bad.set("group", exp.Group(expressions=[column(name) for name in names]))
    bad.set("having", exp.Having(this=exp.GT(this=several.copy(), expression=exp.Literal.number(1))))
    listed = ", ".join(names)
    query = proofs.no_rows(
        bad.copy(), f"{listed} tells {told}", f" values of {listed} have several {told}",
        f" value of {listed} has several {told}",
    )  # fmt: skip
    return BuiltCheck(query, (on.name,), bad)
