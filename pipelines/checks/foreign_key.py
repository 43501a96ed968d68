"""Each value of the columns stands in another table; rows with an empty one pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import BuiltCheck
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """Columns, and what they point at."""

    columns: Strings = Field(min_length=1, description="Columns that point at another table.")
    to: str = Field(description="Source, table or step they point at.")
    references: Strings = Field(default=(), description="Columns there; the same names when empty.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "customer_id": "INTEGER"},
    "tables": {"customers": {"columns": {"customer_id": "INTEGER"}, "rows": [[7]]}},
    "check": {"check": "foreign_key", "columns": "customer_id", "to": "customers"},
    "good": [[1, 7], [2, None]],
    "bad": [[1, 7], [2, 8]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Rows that point at nothing are the evidence."""
    other = scope.relation(params.to, "to")
    own = scope.fields(params.columns, on, "columns")
    there = scope.fields(params.references or params.columns, other, "references")
    if len(own) != len(there):
        raise scope.fail("The two lists of columns differ in length.", field="references", hint="Pair them one to one.")
    for a, b in zip(own, there, strict=True):
        if family(a.type) != family(b.type):
            raise scope.fail(
                f"{a.name} is {a.type} and {other.name}.{b.name} is {b.type}.", field="references", hint="Cast one."
            )
    pairs = [proofs.equals(column(a.name, "o"), column(b.name, "r")) for a, b in zip(own, there, strict=True)]
    partner = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=table_of(other.name, "r")),
        where=exp.Where(this=exp.and_(*pairs, copy=False)),
    )
    bad = exp.Select(
        expressions=[aliased(column(name, "o"), name) for name in on.names],
        from_=exp.From(this=table_of(on.name, "o")),
        where=exp.Where(
            this=exp.and_(proofs.present([item.name for item in own], "o"), exp.Not(this=exp.Exists(this=partner)))
        ),
    )
    named = ", ".join(item.name for item in own)
    query = proofs.no_rows(
        bad.copy(),
        f"each {named} stands in {other.name}",
        " rows point at nothing there",
        " row points at nothing there",
    )
    return BuiltCheck(query, (on.name, other.name), bad)
