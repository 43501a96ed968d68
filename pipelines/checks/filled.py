"""No column is empty from top to bottom: a header that is still there while its values are gone is told."""

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
    """Columns."""

    columns: Strings = Field(min_length=1, description="Columns that must hold a value in at least one row.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "price": "DECIMAL(18,2)"},
    "check": {"check": "filled", "columns": "price"},
    "good": [[1, "2.50"], [2, None]],
    "bad": [[1, None], [2, None]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """The columns without a value, by name; a relation without rows has none to miss."""
    names = [item.name for item in scope.fields(params.columns, on, "columns")]
    counts = [aliased(exp.Count(this=column(name)), f"n{at}") for at, name in enumerate(names)]
    counted = select_from(on.name, [aliased(proofs.count_all(), "rows"), *counts])
    empty = [proofs.equals(column(f"n{at}"), proofs.zero()) for at in range(len(names))]
    said = [
        exp.If(this=test.copy(), true=exp.Literal.string(f"{name}, ")) for test, name in zip(empty, names, strict=True)
    ]
    listed = exp.Concat(
        expressions=[exp.Case(ifs=[one], default=exp.Literal.string("")) for one in said], safe=True, coalesce=True
    )
    missing = exp.Paren(this=exp.or_(*(test.copy() for test in empty), copy=False))
    has_rows = exp.GT(this=column("rows"), expression=proofs.zero())
    query = proofs.verdict(
        exp.Not(this=exp.Paren(this=exp.and_(has_rows, missing, copy=False))),
        exp.Literal.string(f"a value in each of {', '.join(names)}"),
        exp.Case(
            ifs=[exp.If(this=exp.Not(this=missing.copy()), true=exp.Literal.string("a value in each"))],
            default=exp.Concat(
                expressions=[
                    exp.Literal.string("no value at all in "),
                    exp.Anonymous(this="rtrim", expressions=[listed, exp.Literal.string(", ")]),
                ],
                safe=True,
                coalesce=True,
            ),
        ),
        exp.Literal.string(""),
        proofs.subquery(counted, "counted"),
    )
    return BuiltCheck(query, (on.name,))
