"""Each value of a column is written as a pattern says, from its first letter to its last; empty values pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import BuiltCheck
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.errors import SpecError


class Params(Document):
    """A column of texts and its pattern."""

    column: str = Field(description="Column to look at.")
    pattern: str = Field(
        min_length=1, max_length=500, description="Regular expression (RE2) of a whole value, e.g. [0-9]{5}."
    )


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "zip": "VARCHAR"},
    "check": {"check": "format", "column": "zip", "pattern": "[0-9]{5}"},
    "good": [[1, "20121"], [2, None]],
    "bad": [[1, "20121"], [2, "2O121"]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Values written otherwise, each with its number of rows, are the evidence."""
    item = scope.field(params.column, on, "column")
    if family(item.type) != "text":
        raise scope.fail(
            f"{item.name!r} is {item.type}, and a pattern is for texts.",
            field="column",
            hint="Use a 'range' check, or look at the column before it is cast.",
        )
    fits = _fits(exp.Literal.string(""), params.pattern)
    try:
        scope.binder.constants([fits], scope.where("pattern"))
    except SpecError as error:
        raise scope.fail(
            f"The pattern {params.pattern!r} cannot be read: {error.message}",
            field="pattern",
            hint="Patterns are RE2's: a sign such as ( or + that stands for itself is written \\( or \\+.",
        ) from None
    bad = select_from(on.name, [column(item.name), aliased(proofs.count_all(), "rows")])
    bad.set("where", exp.Where(this=exp.Not(this=_fits(column(item.name), params.pattern))))
    bad.set("group", exp.Group(expressions=[column(item.name)]))
    said = f"{item.name} is written as {params.pattern}"
    query = proofs.no_rows(bad.copy(), said, " values are written otherwise", " value is written otherwise")
    return BuiltCheck(query, (on.name,), bad)


def _fits(value: exp.Expr, pattern: str) -> exp.Expr:
    return exp.Anonymous(this="regexp_full_match", expressions=[value, exp.Literal.string(pattern)])
