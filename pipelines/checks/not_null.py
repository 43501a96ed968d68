"""No value of the columns is empty."""

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
from spec.pipeline import Strings


class Params(Document):
    """Columns."""

    columns: Strings = Field(min_length=1, description="Columns that must hold a value in every row.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "email": "VARCHAR"},
    "check": {"check": "not_null", "columns": "email"},
    "good": [[1, "a@x.com"]],
    "bad": [[1, "a@x.com"], [2, None]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Rows with an empty value are the evidence."""
    names = [item.name for item in scope.fields(params.columns, on, "columns")]
    bad = select_from(on.name, [column(name) for name in on.names])
    bad.set("where", exp.Where(this=exp.Not(this=exp.Paren(this=proofs.present(names)))))
    query = proofs.no_rows(
        bad.copy(), f"{', '.join(names)} filled in every row", " rows hold an empty one", " row holds an empty one"
    )
    return BuiltCheck(query, (on.name,), bad)
