"""Values of a column lie between two bounds, both included; empty values pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import BuiltCheck
from pipelines.expressions import column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue


class Params(Document):
    """A column and its bounds; give one or both."""

    column: str = Field(description="Column to look at.")
    min: JsonValue = Field(default=None, description="Least value, e.g. 0 or 2026-01-01.")
    max: JsonValue = Field(default=None, description="Greatest value.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"},
    "check": {"check": "range", "column": "total", "min": 0},
    "good": [[1, "0.00"], [2, None]],
    "bad": [[1, "-0.01"]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Rows outside are the evidence."""
    item = scope.field(params.column, on, "column")
    if params.min is None and params.max is None:
        raise scope.fail("The range has no bounds.", field="min", hint="Give min, max or both.")
    tests: list[exp.Expr] = []
    said: list[str] = []
    if params.min is not None:
        tests.append(exp.LT(this=column(item.name), expression=_bound(params.min, item.type, scope, "min")))
        said.append(f"at least {params.min}")
    if params.max is not None:
        tests.append(exp.GT(this=column(item.name), expression=_bound(params.max, item.type, scope, "max")))
        said.append(f"at most {params.max}")
    bad = select_from(on.name, [column(name) for name in on.names])
    bad.set("where", exp.Where(this=exp.or_(*tests)))
    if params.min is not None and params.min == params.max:
        said = [f"exactly {params.min}"]
    query = proofs.no_rows(bad.copy(), f"{item.name} is {' and '.join(said)}", " rows lie outside", " row lies outside")
    return BuiltCheck(query, (on.name,), bad)


def _bound(value: JsonValue, type_: str, scope: StepScope, field: str) -> exp.Expr:
    # A bound of more decimals than the column keeps its own: -0.005 must not become -0.01.
    if "DECIMAL" in type_ or type_.endswith("INT") or type_ == "INTEGER":
        return scope.literal(value, "DECIMAL(38,9)", field)
    return scope.literal(value, type_, field)
