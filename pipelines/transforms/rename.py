"""Give columns other names; all others stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field

from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, split_order
from spec.base import Document, JsonValue


class Params(Document):
    """Old names to new names."""

    columns: dict[str, str] = Field(min_length=1, description="Old name to new name.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "amt": "DECIMAL(18,2)"}, "rows": [[1, "10.00"]]}},
    "step": {"use": "rename", "from": "orders", "columns": {"amt": "amount"}},
    "columns": {"": ["id", "amount"]},
    "rows": {"": [[1, "10.00"]]},
}
keywords: Final = (
    "column names, change a header, rename a column, call it, other name, headings, column title, headings in "
    "English, change the column title"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, some under new names."""
    (relation,) = inputs
    new = {scope.field(old, relation, "columns").name: name for old, name in params.columns.items()}
    names = [new.get(name, name) for name in relation.names]
    scope.distinct(names, "columns")
    projections = [aliased(column(name), new.get(name, name)) for name in relation.names]
    order = tuple(_renamed(item, new) for item in relation.order)
    return Built({MAIN: select_from(relation.name, projections)}, order={MAIN: order})


def _renamed(item: str, new: Mapping[str, str]) -> str:
    name, descending = split_order(item)
    return f"{new.get(name, name)} desc" if descending else new.get(name, name)
