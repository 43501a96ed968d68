"""Two totals agree within a tolerance, for instance payouts by the shop's books and deposits by the bank's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines.checks.conserve import Tolerance, compared, total
from pipelines.contract import BuiltCheck, Expression
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue


class Params(Document):
    """Two totals."""

    value: Expression = Field(description="Aggregate over the rows looked at, e.g. sum(net).")
    where: Expression | None = Field(default=None, description="Condition on the rows that count.")
    to: str = Field(description="Source, table or step of the other total.")
    to_value: Expression | None = Field(default=None, description="The other aggregate; the same one when not given.")
    to_where: Expression | None = Field(default=None, description="Condition on the other's rows that count.")
    tolerance: Tolerance = Field(default="0", description="Greatest difference, e.g. 0.01.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "net": "DECIMAL(18,2)"},
    "tables": {"bank": {"columns": {"booked": "DATE", "amount": "DECIMAL(18,2)"}, "rows": [["2026-07-01", "15.00"]]}},
    "check": {"check": "reconcile", "value": "sum(net)", "to": "bank", "to_value": "sum(amount)", "tolerance": "0.01"},
    "good": [[1, "10.00"], [2, "5.01"]],
    "bad": [[1, "10.00"], [2, "5.02"]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """The other total is what is expected."""
    other = scope.relation(params.to, "to")
    expected = total(params.to_value or params.value, other, scope, "to_value", params.to_where)
    found = total(params.value, on, scope, "value", params.where)
    query = compared(expected, exp.Subquery(this=found), params.tolerance, scope, f"of {other.name}", f"of {on.name}")
    return BuiltCheck(query, tuple(dict.fromkeys([other.name, on.name])))
