"""Carry a value from row to row: a balance with a floor, a stock with a ceiling, interest upon interest.

Rows are taken in their order, within ``per``. The value of a row is that of the row before, times ``times``, plus
``add``, rounded to ``decimals`` (half away from zero) and held between ``at_least`` and ``at_most``; before the first
row it is ``start``. Where ``restart`` is true, a row begins from ``start`` again. What is empty adds nothing,
multiplies with 1 and bounds nothing. ``cut`` names a column for what a bound took away (above 0 where it was too much,
below 0 where it was too little). A running total without a bound is a 'window' step.

With ``falls_to`` or ``rises_to`` a row whose value gets there takes that of ``becomes``, and the next row goes on from
it: stock that is ordered anew at its reorder level, a total that begins again at 100. ``cut`` holds what that took away
as well: where stock was filled up, -cut is what was ordered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, table_of
from pipelines.inorder import (
    GROUP,
    NUMBER,
    beside,
    handed_out,
    number_of,
    numbered,
    order_keys,
    scale_of,
    taken_in,
)
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.sqltree import as_type, minus, number, or_else, over, plus, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

START, ADD, TIMES, LOW, HIGH, AGAIN = "_start", "_add", "_times", "_low", "_high", "_again"
FALLS, RISES, BECOMES = "_falls", "_rises", "_becomes"
VALUE, CUT = "_value", "_cut"
SUM, BOUND, FIRST = "_sum", "_bound", "UNBOUNDED"
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


class Params(Document):
    """Where it starts, what each row does to it, and between which bounds it stays."""

    order: Strings = Field(min_length=1, description="Order of the rows, e.g. 'day'; total within per.")
    per: Strings = Field(default=(), description="Columns whose equal rows share one value; nothing crosses over.")
    start: Expression = Field(default="0", description="Value before the first row: a number or an expression.")
    add: Expression | None = Field(default=None, description="What a row adds, e.g. amount, or received - shipped.")
    times: Expression | None = Field(
        default=None, description="What the value before is multiplied by first, e.g. 1 + rate."
    )
    at_least: Expression | None = Field(default=None, description="Floor: what is below it becomes it, e.g. 0.")
    at_most: Expression | None = Field(default=None, description="Ceiling: what is above it becomes it.")
    restart: Expression | None = Field(
        default=None, description="Condition that is true of a row that begins from start again."
    )
    falls_to: Expression | None = Field(
        default=None, description="At this or below it the value becomes what becomes says, e.g. the reorder level."
    )
    rises_to: Expression | None = Field(
        default=None, description="At this or above it the value becomes what becomes says, e.g. 100."
    )
    becomes: Expression | None = Field(
        default=None, description="What the value becomes there, e.g. the level up to which is ordered, or 0."
    )
    decimals: int | None = Field(
        default=None, ge=0, le=12, description="Decimals of the value; by default as many as start and add have."
    )
    name: str = Field(default="balance", description="New column that holds the value after the row.")
    cut: str | None = Field(default=None, description="New column: what a bound took away from the value.")

    @model_validator(mode="after")
    def _changes(self) -> Params:
        if self.add is None and self.times is None:
            raise ValueError("say what a row does to the value: add, times or both")
        if (self.becomes is None) != (self.falls_to is None and self.rises_to is None):
            raise ValueError("becomes goes together with falls_to or rises_to: where, and what the value becomes there")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"moves": {"columns": {"day": "DATE", "change": "INTEGER"}, "primary_key": ["day"],
                         "rows": [["2026-05-01", 50], ["2026-05-02", -80], ["2026-05-03", 30], ["2026-05-04", -10]]}},
    "step": {"use": "carry", "from": "moves", "order": "day", "add": "change", "at_least": 0, "name": "stock",
             "cut": "missing"},
    "rows": {"": [["2026-05-01", 50, 50, 0], ["2026-05-02", -80, 0, -30], ["2026-05-03", 30, 30, 0],
                  ["2026-05-04", -10, 20, 0]]},
}  # fmt: skip
keywords: Final = (
    "running total that stops at zero, stock does not fall below 0, floor, ceiling, cap, tank or battery "
    "that is full, carry over, carried forward, compound interest, interest on interest, "
    "loan and repayment schedule, amortisation, depreciation, row by row, depends on the row before, recursive, "
    "cumulative with a limit, reset when it reaches, holiday allowance carried over, inventory simulation, "
    "growth from period to period, accumulate, running total with a minimum, reorder point, order up to a level, stock "
    "is ordered when it falls below, replenish, refill, top up, running total that starts again at 100, bonus at every "
    "tenth, until the sum reaches"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Windows where one bound at most holds exact sums; else numbers go out exactly and come back carried on."""
    (relation,) = inputs
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    new = [params.name, *([params.cut] if params.cut else [])]
    scope.distinct([*relation.names, *new, NUMBER, GROUP, START, ADD, TIMES, LOW, HIGH, AGAIN, SUM, BOUND, FALLS, RISES,
                    BECOMES], "name")  # fmt: skip
    given: dict[str, tuple[exp.Expr, str]] = {}
    fields = {START: "start", ADD: "add", TIMES: "times", LOW: "at_least", HIGH: "at_most"}
    turns = {FALLS: "falls_to", RISES: "rises_to", BECOMES: "becomes"} if params.becomes is not None else {}
    fields |= turns
    for mark, field in fields.items():
        text = getattr(params, field)
        given[mark] = number_of(text, relation, field, scope) if text is not None else (exp.Null(), "INTEGER")
    scales = {mark: scale_of(type_) for mark, (_, type_) in given.items() if mark != TIMES}
    decimals = params.decimals if params.decimals is not None else max(scales.values())
    values = {
        mark: as_type(value, f"DECIMAL(38,{12 if mark == TIMES else max(decimals, scales[mark])})")
        for mark, (value, _) in given.items()
    }
    again: exp.Expr | None = None
    if params.restart is not None:
        again = or_else(exp.Paren(this=scope.condition(params.restart, relation, "restart")), exp.false())
    type_ = f"DECIMAL(38,{decimals})" if decimals else "BIGINT"
    kept, order = {MAIN: relation.keys}, {MAIN: relation.order}
    # What is rounded in each row, or held from both sides, depends on the row before in a way no sum tells.
    one_bound = None in (params.at_least, params.at_most) and not turns
    if params.times is None and one_bound and scales[ADD] <= decimals:
        keys = order_keys(relation, per, params.order, scope)
        return Built({MAIN: _in_windows(params, relation, per, keys, values, again, decimals)}, kept, order)
    rows, found = f"{scope.name}._rows", f"{scope.name}._found"
    exact = all(kind not in ("DOUBLE", "FLOAT") for _, kind in given.values())
    values[AGAIN] = again or exp.false()
    built = {
        "_rows": numbered(relation, per, params.order, values, scope),
        "_given": handed_out(rows, list(values)),
        MAIN: beside(relation, rows, found, dict(zip((VALUE, CUT), new, strict=False))),
    }
    returned = (Column(NUMBER, "BIGINT"), Column(VALUE, type_, exact=exact), Column(CUT, type_, exact=exact))
    return Built(
        built,
        kept,
        order,
        apply=_Carry(scope.name, decimals, bool(turns)),
        fields={"_found": returned},
        feeds=("_rows", "_given"),
    )


def _in_windows(
    params: Params,
    relation: Relation,
    per: Sequence[str],
    keys: Sequence[exp.Ordered],
    values: Mapping[str, exp.Expr],
    again: exp.Expr | None,
    decimals: int,
) -> exp.Select:
    """Running totals, and how far the bound has moved them so far.

    With a floor the value is S + greatest(start, greatest of all floor - S so far), where S is what was added up; with
    a ceiling it is the same with least.
    """
    type_ = f"DECIMAL(38,{decimals})"
    partition = [column(name) for name in per]
    source: exp.Expr = table_of(relation.name)
    if again is not None:
        # Each restart begins a group of its own within the group.
        begun = exp.Sum(this=when(again, number(1), number(0)))
        counted = exp.Select(
            expressions=[*map(column, relation.names), aliased(over(begun, partition, keys, start=FIRST), AGAIN)],
            from_=exp.From(this=source),
        )
        source, partition = proofs.subquery(counted, "counted"), [*partition, column(AGAIN)]
    added = exp.Sum(this=or_else(values[ADD], number(0)))
    begin = or_else(values[START], as_type(number(0), type_))
    begin, bound = (as_type(value, type_) for value in (begin, values[LOW if params.at_most is None else HIGH]))
    constant = begin.find(exp.Column) is None
    shown: list[exp.Expr] = [*map(column, relation.names), aliased(over(added, partition, keys, start=FIRST), SUM)]
    if not constant:
        shown.append(aliased(over(exp.FirstValue(this=begin), partition, keys, start=FIRST), START))
    start = begin if constant else column(START)
    bounded = params.at_least is not None or params.at_most is not None
    if bounded and bound.find(exp.Column) is not None:
        shown.append(aliased(bound, BOUND))
        bound = column(BOUND)
    kept = [AGAIN] if again is not None else []
    summed = exp.Select(expressions=[*shown, *map(column, kept)], from_=exp.From(this=source))
    moved, before = start, start
    if bounded:
        farthest, outer = (exp.Max, exp.Greatest) if params.at_most is None else (exp.Min, exp.Least)
        away = farthest(this=minus(bound, column(SUM)))
        # No bound so far leaves the start as it is.
        moved, before = (
            outer(
                this=start.copy(),
                expressions=[over(away.copy(), partition, keys, start=FIRST, end=end)],
                ignore_nulls=True,
            )
            for end in ("CURRENT ROW", "1")
        )
    whole = type_ if decimals else "BIGINT"
    result: list[exp.Expr] = [*map(column, relation.names)]
    result.append(aliased(as_type(plus(column(SUM), moved), whole), params.name))
    if params.cut is not None:
        result.append(aliased(as_type(minus(before, moved.copy()), whole), params.cut))
    return exp.Select(expressions=result, from_=exp.From(this=proofs.subquery(summed, "summed")))


@record(frozen=True)
class _Carry:
    """Goes from row to row. Inputs: the rows, of which only the next is made; number, group and numbers of each."""

    step: str
    decimals: int
    turns: bool

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """The value of each row and what was cut off, by number; ``seed`` is not used, because nothing is drawn."""
        import pyarrow as pa

        del seed
        given = taken_in(inputs[1], self.step)
        unit = Decimal(1).scaleb(-self.decimals)
        names = (GROUP, START, ADD, TIMES, LOW, HIGH, AGAIN)
        value, last = Decimal(0), None
        kept: list[Decimal] = []
        cut: list[Decimal] = []
        columns = [given.column(name).to_pylist() for name in names]
        nowhere = [None] * given.num_rows
        columns += [given.column(name).to_pylist() if self.turns else nowhere for name in (FALLS, RISES, BECOMES)]
        for group, start, add, times, low, high, again, falls, rises, becomes in zip(*columns, strict=True):
            if group != last or again:
                value, last = _rounded(start or Decimal(0), unit), group
            free = _rounded(_EXACT.add(_EXACT.multiply(value, 1 if times is None else times), add or 0), unit)
            value = free if low is None else max(free, _rounded(low, unit))
            value = value if high is None else min(value, _rounded(high, unit))
            if (falls is not None and value <= falls) or (rises is not None and value >= rises):
                value = value if becomes is None else _rounded(becomes, unit)
            kept.append(value)
            cut.append(free - value)
        type_ = pa.decimal128(38, self.decimals)
        made = {NUMBER: given.column(NUMBER), VALUE: pa.array(kept, type_), CUT: pa.array(cut, type_)}
        return {"_found": pa.table(made)}


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    return _EXACT.quantize(value, unit)
