"""The columns identify a row: no combination of values stands twice, and none is empty.

With severity ``block`` the compiler relies on it, so an order by these columns is total.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from pipelines import proofs
from pipelines.contract import BuiltCheck
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """Columns."""

    columns: Strings = Field(min_length=1, description="Columns that together identify a row.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "line": "INTEGER"},
    "check": {"check": "unique", "columns": ["id", "line"]},
    "good": [[1, 1], [1, 2]],
    "bad": [[1, 1], [1, 1], [2, 1]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """Combinations that stand in several rows are the evidence."""
    names = [item.name for item in scope.fields(params.columns, on, "columns")]
    query, evidence = proofs.unique_key(on, names)
    return BuiltCheck(query, (on.name,), evidence)
