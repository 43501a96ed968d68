"""Carry a value from row to row: a balance with a floor, a stock with a ceiling, interest upon interest.

Rows are taken in their order, within ``per``. The value of a row is that of the row before, times ``times``, plus
``add``, rounded to ``decimals`` (half away from zero) and held between ``at_least`` and ``at_most``; before the first
row it is ``start``. Where ``restart`` is true, a row begins from ``start`` again. What is empty adds nothing,
multiplies with 1 and bounds nothing. ``cut`` names a column for what a bound took away (above 0 where it was too much,
below 0 where it was too little). A running total without a bound is a 'window' step, which is faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines.contract import MAIN, Built, Expression
from pipelines.inorder import GROUP, NUMBER, beside, handed_out, number_of, numbered, scale_of, taken_in
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.sqltree import as_type, or_else
from spec.base import Document, JsonValue
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

START, ADD, TIMES, LOW, HIGH, AGAIN = "_start", "_add", "_times", "_low", "_high", "_again"
VALUE, CUT = "_value", "_cut"
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
    decimals: int | None = Field(
        default=None, ge=0, le=12, description="Decimals of the value; by default as many as start and add have."
    )
    name: str = Field(default="balance", description="New column that holds the value after the row.")
    cut: str | None = Field(default=None, description="New column: what a bound took away from the value.")

    @model_validator(mode="after")
    def _changes(self) -> Params:
        if self.add is None and self.times is None:
            raise ValueError("say what a row does to the value: add, times or both")
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
    "growth from period to period, accumulate, running total with a minimum"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Numbers go out exactly and come back carried on."""
    (relation,) = inputs
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    new = [params.name, *([params.cut] if params.cut else [])]
    scope.distinct([*relation.names, *new, NUMBER, GROUP, START, ADD, TIMES, LOW, HIGH, AGAIN], "name")
    given: dict[str, tuple[exp.Expr, str]] = {}
    fields = {START: "start", ADD: "add", TIMES: "times", LOW: "at_least", HIGH: "at_most"}
    for mark, field in fields.items():
        text = getattr(params, field)
        given[mark] = number_of(text, relation, field, scope) if text is not None else (exp.Null(), "INTEGER")
    counted = [scale_of(type_) for mark, (_, type_) in given.items() if mark != TIMES]
    decimals = params.decimals if params.decimals is not None else max(counted)
    values = {
        mark: as_type(value, f"DECIMAL(38,{12 if mark == TIMES else max(decimals, scale_of(type_))})")
        for mark, (value, type_) in given.items()
    }
    again: exp.Expr = exp.false()
    if params.restart is not None:
        again = or_else(exp.Paren(this=scope.condition(params.restart, relation, "restart")), exp.false())
    values[AGAIN] = again
    rows, found = f"{scope.name}._rows", f"{scope.name}._found"
    type_ = f"DECIMAL(38,{decimals})" if decimals else "BIGINT"
    exact = all(kind not in ("DOUBLE", "FLOAT") for _, kind in given.values())
    built = {
        "_rows": numbered(relation, per, params.order, values, scope),
        "_given": handed_out(rows, list(values)),
        MAIN: beside(relation, rows, found, dict(zip((VALUE, CUT), new, strict=False))),
    }
    returned = (Column(NUMBER, "BIGINT"), Column(VALUE, type_, exact=exact), Column(CUT, type_, exact=exact))
    return Built(
        built,
        keys={MAIN: relation.keys},
        order={MAIN: relation.order},
        apply=_Carry(scope.name, decimals),
        fields={"_found": returned},
        feeds=("_rows", "_given"),
    )


@record(frozen=True)
class _Carry:
    """Goes from row to row. Inputs: the rows, of which only the next is made; number, group and numbers of each."""

    step: str
    decimals: int

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
        columns = (given.column(name).to_pylist() for name in names)
        for group, start, add, times, low, high, again in zip(*columns, strict=True):
            if group != last or again:
                value, last = _rounded(start or Decimal(0), unit), group
            free = _rounded(_EXACT.add(_EXACT.multiply(value, 1 if times is None else times), add or 0), unit)
            value = free if low is None else max(free, _rounded(low, unit))
            value = value if high is None else min(value, _rounded(high, unit))
            kept.append(value)
            cut.append(free - value)
        type_ = pa.decimal128(38, self.decimals)
        made = {NUMBER: given.column(NUMBER), VALUE: pa.array(kept, type_), CUT: pa.array(cut, type_)}
        return {"_found": pa.table(made)}


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    return _EXACT.quantize(value, unit)
