"""Fill empty values from the row before, the row after, on a line between both, or with a value.

``down`` takes the last value that is there in the rows before, ``up`` the first one in the rows after; which rows these
are must be certain, so the order has to be total within ``per``. ``linear`` puts what is missing on the straight line
from the last value before to the first one after, by how far the column of ``by`` lies from both: days, seconds of a
time, or a number. What has no such neighbour stays empty. A line is reckoned in floating point: its values are rounded
to the decimals of a DECIMAL column, and a column of whole numbers becomes DOUBLE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family, split_order
from pipelines.sqltree import as_type, call, is_there, minus, plus, text, times, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """Which columns are filled, and from where."""

    columns: Strings = Field(min_length=1, description="Columns whose empty values are filled.")
    direction: Literal["down", "up", "linear"] | None = Field(
        default=None,
        description="down: from the rows before; up: from the rows after; linear: on the line between both. Needs by.",
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
            raise ValueError("say where values come from: a direction (down, up or linear), or a value")
        if self.direction is None and (self.by or self.per):
            raise ValueError("by and per belong to a direction")
        if self.direction == "linear" and len(self.by) != 1:
            raise ValueError("a line goes by one column, of dates, times or numbers: name it in by")
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
    "values, interpolation between neighbours, linear interpolation, straight line between two readings, fill gaps "
    "linearly, estimate what is missing in between, bfill, ffill, backfill"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The same rows; each filled column is itself, else its neighbour, else the value."""
    (relation,) = inputs
    filled = {item.name: item for item in scope.fields(params.columns, relation, "columns")}
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    if params.direction is not None:
        scope.require_total(per, params.by, relation, f"Filling {params.direction}", "by")
    if params.direction == "linear":
        _can_lie_on_a_line(filled.values(), params, relation, scope)
    projections: list[exp.Expr] = []
    for name in relation.names:
        value = _value(filled[name], params, per, relation, scope) if name in filled else column(name)
        projections.append(aliased(value, name))
    untouched = all(split_order(item)[0] not in filled for item in relation.order)
    return Built({MAIN: select_from(relation.name, projections)}, order={MAIN: relation.order if untouched else ()})


def _value(item: Column, params: Params, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Expr:
    others: list[exp.Expr] = []
    linear = params.direction == "linear"
    type_ = _type_on_a_line(item) if linear else item.type
    if linear:
        others.append(_on_the_line(item, params, per, relation, scope))
    elif params.direction is not None:
        down = params.direction == "down"
        others.append(_neighbour(column(item.name), params, per, relation, scope, down=down))
    if params.value is not None:
        others.append(scope.literal(params.value, type_, "value"))
    own = as_type(column(item.name), type_) if type_ != item.type else column(item.name)
    return exp.Coalesce(this=own, expressions=others)


def _can_lie_on_a_line(filled: Iterable[Column], params: Params, relation: Relation, scope: StepScope) -> None:
    for item in filled:
        if family(item.type) != "number":
            raise scope.fail(
                f"{item.name!r} is {item.type}; only numbers lie on a line.",
                field="columns",
                hint="Use direction: down or up, or cast it first.",
            )
    by = scope.field(split_order(params.by[0])[0], relation, "by")
    if family(by.type) not in ("number", "date"):
        raise scope.fail(
            f"{by.name!r} is {by.type}; how far rows lie apart is told by dates, times or numbers.",
            field="by",
            hint="Cast it first, or number the rows in a 'rank' step.",
        )


def _type_on_a_line(item: Column) -> str:
    return item.type if item.type.startswith("DECIMAL") else "DOUBLE"


def _on_the_line(item: Column, params: Params, per: Sequence[str], relation: Relation, scope: StepScope) -> exp.Expr:
    """The value before, and of what lies between it and the value after as much as of the way between their places."""
    by = scope.field(split_order(params.by[0])[0], relation, "by")
    place = _place(by)
    # A row without a place is no end of a line.
    known = exp.and_(is_there(column(item.name)), is_there(column(by.name)), copy=False)
    ends = [
        as_type(_neighbour(when(known.copy(), of), params, per, relation, scope, down=down), "DOUBLE")
        for of in (place.copy(), column(item.name))
        for down in (True, False)
    ]
    from_, to, first, last = ends
    way = exp.Div(this=minus(as_type(place, "DOUBLE"), from_), expression=minus(to, from_.copy()))
    value = plus(first, times(minus(last, first.copy()), exp.Paren(this=way)))
    type_ = _type_on_a_line(item)
    return value if type_ == "DOUBLE" else as_type(value, type_)


def _place(by: Column) -> exp.Expr:
    """Where a row lies, as a number."""
    if family(by.type) == "number":
        return column(by.name)
    if by.type == "DATE":
        return call("date_diff", text("day"), as_type(text("1970-01-01"), "DATE"), column(by.name))
    return call("epoch_us", column(by.name))


def _neighbour(
    value: exp.Expr, params: Params, per: Sequence[str], relation: Relation, scope: StepScope, *, down: bool
) -> exp.Expr:
    function = exp.LastValue(this=value) if down else exp.FirstValue(this=value)
    bounds = {"start": "UNBOUNDED", "start_side": "PRECEDING", "end": "CURRENT ROW"}
    if not down:
        bounds = {"start": "CURRENT ROW", "end": "UNBOUNDED", "end_side": "FOLLOWING"}
    return exp.Window(
        this=exp.IgnoreNulls(this=function),
        partition_by=[column(item) for item in per],
        order=exp.Order(expressions=scope.order(params.by, relation, "by")) if params.by else None,
        spec=exp.WindowSpec(kind="ROWS", **bounds),
        over="OVER",
    )
