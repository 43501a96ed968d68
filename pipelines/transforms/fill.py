"""Fill empty values from the row before, the row after, or with a value.

``down`` takes the last value that is there in the rows before, ``up`` the first one in the rows after; which rows these
are must be certain, so the order has to be total within ``per``. What has no such neighbour stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, split_order
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """Which columns are filled, and from where."""

    columns: Strings = Field(min_length=1, description="Columns whose empty values are filled.")
    direction: Literal["down", "up"] | None = Field(
        default=None, description="down: from the rows before; up: from the rows after. Needs by."
    )
    by: Strings = Field(default=(), description="Order of the rows, e.g. 'day'; total within per.")
    per: Strings = Field(
        default=(), description="Columns whose equal rows make a group; nothing is taken from another."
    )
    value: int | str | bool | None = Field(
        default=None, description="In place of a direction, or for what it leaves empty: this value, e.g. 0."
    )

    @model_validator(mode="after")
    def _filled_somehow(self) -> Params:
        if self.direction is None and self.value is None:
            raise ValueError("say where values come from: a direction (down or up), or a value")
        if self.direction is None and (self.by or self.per):
            raise ValueError("by and per belong to a direction")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"stores": {"columns": {"line": "INTEGER", "manager": "VARCHAR", "store": "VARCHAR"},
                          "primary_key": ["line"],
                          "rows": [[1, "Ada", "Leeds"], [2, None, "York"], [3, "Kim", "Hull"], [4, None, "Bath"]]}},
    "step": {"use": "fill", "from": "stores", "columns": "manager", "direction": "down", "by": "line"},
    "rows": {"": [[1, "Ada", "Leeds"], [2, "Ada", "York"], [3, "Kim", "Hull"], [4, "Kim", "Bath"]]},
}  # fmt: skip
keywords: Final = (
    "fill down, fill blanks, empty cells, missing values, null to zero, carry forward, last value above, merged "
    "cells, replace blanks with, default value, only the first row of a group has the name, copy the value down, last "
    "known value, blank means the same as above, put 0 where nothing is, default for empty, interpolate missing "
    "values, interpolation between neighbours"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The same rows; each filled column is itself, else its neighbour, else the value."""
    (relation,) = inputs
    filled = {item.name: item for item in scope.fields(params.columns, relation, "columns")}
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    if params.direction is not None:
        scope.require_total(per, params.by, relation, f"Filling {params.direction}", "by")
    projections: list[exp.Expr] = []
    for name in relation.names:
        value = _value(filled[name], params, per, relation, scope) if name in filled else column(name)
        projections.append(aliased(value, name))
    untouched = all(split_order(item)[0] not in filled for item in relation.order)
    return Built({MAIN: select_from(relation.name, projections)}, order={MAIN: relation.order if untouched else ()})


def _value(item: Column, params: Params, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Expr:
    others: list[exp.Expr] = []
    if params.direction is not None:
        others.append(_neighbour(item.name, params, per, relation, scope))
    if params.value is not None:
        others.append(scope.literal(params.value, item.type, "value"))
    return exp.Coalesce(this=column(item.name), expressions=others)


def _neighbour(name: str, params: Params, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Expr:
    down = params.direction == "down"
    call = exp.LastValue(this=column(name)) if down else exp.FirstValue(this=column(name))
    bounds = {"start": "UNBOUNDED", "start_side": "PRECEDING", "end": "CURRENT ROW"}
    if not down:
        bounds = {"start": "CURRENT ROW", "end": "UNBOUNDED", "end_side": "FOLLOWING"}
    return exp.Window(
        this=exp.IgnoreNulls(this=call),
        partition_by=[column(item) for item in per],
        order=exp.Order(expressions=scope.order(params.by, relation, "by")) if params.by else None,
        spec=exp.WindowSpec(kind="ROWS", **bounds),
        over="OVER",
    )
