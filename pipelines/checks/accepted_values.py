"""A column holds listed values only; empty values pass (use not_null for those)."""

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
    """A column and its values."""

    column: str = Field(description="Column to look at.")
    values: tuple[JsonValue, ...] = Field(min_length=1, description="Values that may stand there.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "status": "VARCHAR"},
    "check": {"check": "accepted_values", "column": "status", "values": ["paid", "open"]},
    "good": [[1, "paid"], [2, None]],
    "bad": [[1, "paid"], [2, "void"]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Other values, each with its number of rows, are the evidence."""
    item = scope.field(params.column, on, "column")
    values = [scope.literal(value, item.type, "values") for value in params.values if value is not None]
    bad = select_from(on.name, [column(item.name), aliased(proofs.count_all(), "rows")])
    bad.set("where", exp.Where(this=exp.Not(this=exp.In(this=column(item.name), expressions=values))))
    bad.set("group", exp.Group(expressions=[column(item.name)]))
    listed = ", ".join(str(value) for value in params.values[:20])
    query = proofs.no_rows(bad.copy(), f"{item.name} is one of {listed}", " other values", " other value")
    return BuiltCheck(query, (on.name,), bad)
