"""The columns and their types are exactly these.

Columns are known when a spec is compiled, so the outcome is known then; it is told with the other checks of each run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines.contract import BuiltCheck
from pipelines.expressions import aliased
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue


class Params(Document):
    """Columns and types."""

    columns: dict[str, str] = Field(min_length=1, description="Column to DuckDB type.")
    exact: bool = Field(default=True, description="No further columns; false permits them.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"},
    "check": {"check": "schema", "columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}},
    "good": [],
    "bad_check": {"check": "schema", "columns": {"id": "INTEGER", "total": "DOUBLE"}},
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """What differs, in words; a query of constants."""
    types = [scope.type(type_, f"columns.{name}") for name, type_ in params.columns.items()]
    probe = exp.Select(
        expressions=[
            aliased(exp.Cast(this=exp.Null(), to=type_), name)
            for name, type_ in zip(params.columns, types, strict=True)
        ]
    )
    spelled = dict(zip(params.columns, scope.binder.types(probe, scope.where("columns")), strict=True))
    differences: list[str] = []
    for name, type_ in spelled.items():
        found = on.field(name)
        if found is None:
            differences.append(f"{name} is missing")
        elif found.type != type_:
            differences.append(f"{name} is {found.type}, not {type_}")
    if params.exact:
        expected = {name.casefold() for name in spelled}
        differences += [f"{name} is not expected" for name in on.names if name.casefold() not in expected]
    query = exp.Select(
        expressions=[
            aliased(exp.Boolean(this=not differences), "passed"),
            aliased(exp.Literal.string(", ".join(f"{name} {type_}" for name, type_ in spelled.items())), "expected"),
            aliased(exp.Literal.string(", ".join(f"{item.name} {item.type}" for item in on.fields)), "found"),
            aliased(exp.Literal.string("; ".join(differences)), "detail"),
        ]
    )
    return BuiltCheck(query, ())
