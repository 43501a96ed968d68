"""Put rows into classes: ABC by their share of the total, bands by limits, or groups of equal size.

``share`` sorts rows from the largest value down; a row is in the first class whose percent the rows before it have not
yet filled, so that with A: 80 the rows that bring the first 80 percent, and the one that crosses it, are A. ``limits``
gives each class the least value that it holds. ``tiles`` makes that many groups of equal size, 1 for the smallest
values (with ``descending`` for the largest): five of them for each of recency, frequency and money make an RFM score.

A missing value has no class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family, ordered
from pipelines.sqltree import as_type, is_there, number, or_else, over, text, times, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings


def _as_texts(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): str(limit) for name, limit in value.items()}
    return value


Limits = Annotated[dict[str, str], BeforeValidator(_as_texts)]


class Params(Document):
    """Which number decides, and how it becomes a class."""

    column: str = Field(description="Column of numbers (for tiles also of dates) that decides.")
    name: str = Field(default="class", description="New column that holds the class.")
    share: Limits = Field(
        default={}, description="Class to the percent of the total up to which it goes, e.g. {A: 80, B: 95, C: 100}."
    )
    limits: Limits = Field(
        default={}, description="Class to the least value in it, e.g. {small: 0, medium: 100, large: 1000}."
    )
    tiles: int | None = Field(default=None, ge=2, le=1000, description="Number of groups of equal size.")
    descending: bool = Field(default=False, description="For tiles: group 1 holds the largest values.")
    per: Strings = Field(default=(), description="Columns whose equal rows are classed among themselves.")
    order: Strings = Field(
        default=(), description="For share and tiles: which of rows with the same value comes first; total within per."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Params:
        if sum([bool(self.share), bool(self.limits), self.tiles is not None]) != 1:
            raise ValueError("say one of share, limits and tiles")
        for bounds in (self.share, self.limits):
            values = [Decimal(limit) for limit in bounds.values()]
            if values != sorted(set(values)):
                raise ValueError("name the classes from the lowest limit to the highest")
        if self.share and Decimal(list(self.share.values())[-1]) != 100:
            raise ValueError("the last class goes up to 100 percent")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"items": {"columns": {"item": "VARCHAR", "sales": "INTEGER"}, "primary_key": ["item"],
                         "rows": [["cup", 70], ["mug", 20], ["pot", 6], ["lid", 4]]}},
    "step": {"use": "classify", "from": "items", "column": "sales", "share": {"A": 80, "B": 95, "C": 100},
             "order": "item"},
    "rows": {"": [["cup", 70, "A"], ["mug", 20, "A"], ["pot", 6, "B"], ["lid", 4, "C"]]},
}  # fmt: skip
keywords: Final = (
    "ABC analysis, pareto, 80/20, best sellers, RFM, recency frequency monetary, segments, quartile, quintile, "
    "decile, percentile groups, bins, buckets, age groups, price bands, ranges, histogram, tiers, small medium "
    "large, group numbers into classes, score from 1 to 5, A B and C customers, segment customers, best 20 percent, "
    "age bands, size classes, good medium bad, put numbers into groups"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the class."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    scope.distinct([*relation.names, params.name], "name")
    per = [field.name for field in scope.fields(params.per, relation, "per")]
    kinds = ("number", "date") if params.tiles else ("number",)
    if family(item.type) not in kinds:
        raise scope.fail(f"{item.name!r} is {item.type}, not a number.", field="column", hint="Cast it first.")
    checks: tuple[ImpliedCheck, ...] = ()
    if params.limits:
        value = _banded(params, item)
    else:
        scope.require_total(
            [*per, item.name], params.order, relation, "Where a class ends among rows of the same value", "order"
        )
        order = scope.order(params.order, relation, "order")
        value = _shared(params, item, per, order) if params.share else _tiled(params, item, per, order)
        checks = (_not_negative(item, relation, scope),) if params.share else ()
    known = when(is_there(column(item.name)), value)
    query = select_from(relation.name, [*(column(name) for name in relation.names), aliased(known, params.name)])
    return Built({MAIN: query}, keys={MAIN: relation.keys}, order={MAIN: relation.order}, checks=checks)


def _banded(params: Params, item: Column) -> exp.Expr:
    tests = [
        exp.If(this=exp.GTE(this=column(item.name), expression=exp.Literal.number(limit)), true=text(name))
        for name, limit in reversed(params.limits.items())
    ]
    return exp.Case(ifs=tests)


def _shared(params: Params, item: Column, per: Sequence[str], order: Sequence[exp.Ordered]) -> exp.Expr:
    group = [column(name) for name in per]
    largest = [ordered(column(item.name), True), *order]
    before = or_else(over(exp.Sum(this=column(item.name)), group, largest, start="UNBOUNDED", end="1"), number(0))
    whole = over(exp.Sum(this=column(item.name)), group)
    tests = [
        exp.If(
            this=exp.LT(
                this=times(before.copy(), number(100)), expression=times(whole.copy(), exp.Literal.number(limit))
            ),
            true=text(name),
        )
        for name, limit in params.share.items()
    ]
    # Rows of 0 at the end come after all of the total.
    return exp.Case(ifs=tests, default=text(list(params.share)[-1]))


def _tiled(params: Params, item: Column, per: Sequence[str], order: Sequence[exp.Ordered]) -> exp.Expr:
    assert params.tiles is not None
    missing = exp.Is(this=column(item.name), expression=exp.Null())
    # Rows without a value are numbered among themselves, so that they take no place from others.
    group = [*(column(name) for name in per), missing]
    sort = [ordered(column(item.name), params.descending), *order]
    tile = exp.Anonymous(this="ntile", expressions=[number(params.tiles)])
    return as_type(over(tile, group, sort), "INTEGER")


def _not_negative(item: Column, relation: Relation, scope: StepScope) -> ImpliedCheck:
    bad = select_from(relation.name, [column(name) for name in relation.names])
    bad.set("where", exp.Where(this=exp.LT(this=column(item.name), expression=number(0))))
    query = proofs.no_rows(
        bad.copy(),
        f"{item.name} is not below 0, so that each row has a share of the total",
        " rows are below 0; filter them out, or use limits",
        " row is below 0; filter it out, or use limits",
    )
    return ImpliedCheck("classify_shares", scope.name, "block", query, (relation.name,), evidence=bad)
