"""Keep columns, in the order named, or leave some out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field

from pipelines.contract import MAIN, Built
from pipelines.expressions import column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """Give ``columns`` or ``drop``, one of the two."""

    columns: Strings = Field(default=(), description="Columns to keep, in this order.")
    drop: Strings = Field(default=(), description="Columns to leave out; all others stay as they are.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "email": "VARCHAR", "total": "DECIMAL(18,2)"},
                          "rows": [[1, "a@x.com", "10.00"], [2, "b@x.com", "5.50"]]}},
    "step": {"use": "select", "from": "orders", "columns": ["total", "id"]},
    "rows": {"": [["10.00", 1], ["5.50", 2]]},
}  # fmt: skip


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """One projection a kept column."""
    (relation,) = inputs
    if bool(params.columns) == bool(params.drop):
        raise scope.fail("Say which columns to keep, or which to drop.", field="columns", hint="Give one of the two.")
    if params.columns:
        kept = [field.name for field in scope.fields(params.columns, relation, "columns")]
    else:
        left_out = {field.name for field in scope.fields(params.drop, relation, "drop")}
        kept = [name for name in relation.names if name not in left_out]
    if not kept:
        raise scope.fail("No column would be left.", field="drop", hint="Keep at least one.")
    return Built({MAIN: select_from(relation.name, [column(name) for name in kept])}, order={MAIN: relation.order})
