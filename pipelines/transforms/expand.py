"""Turn a stretch of time or of numbers in each row into rows: one for each day, month or number from start to end.

Months are counted from the start: from 31 January they go over 28 February to 31 March. A row whose end lies before its
start, or of which one of them is empty, gives no rows; ``<step>.empty`` holds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue

FIRST, LAST, COUNT, STEP = "_start", "_end", "_count", "_step"
UNITS: Final[Mapping[str, tuple[str, int]]] = {
    "minute": ("minute", 1), "hour": ("hour", 1), "day": ("day", 1), "week": ("day", 7), "month": ("month", 1),
    "quarter": ("month", 3), "year": ("month", 12),
}  # fmt: skip
CLOCK: Final = ("minute", "hour")
EVERY: Final = r"^([1-9]\d* )?(minute|hour|day|week|month|quarter|year)s?$"


def unit_of(every: str) -> tuple[str, int]:
    """The unit that an engine counts, and how many of them: ``2 weeks`` are 14 days."""
    number, _, word = every.rpartition(" ")
    unit, size = UNITS[word.removesuffix("s")]
    return unit, size * int(number or 1)


def moved_by(start: exp.Expr, steps: exp.Expr, every: str) -> exp.Expr:
    """The day or the time that many periods after the start."""
    unit, size = unit_of(every)
    number = exp.Cast(this=exp.Mul(this=steps, expression=exp.Literal.number(size)), to=exp.DataType.build("INTEGER"))
    moved = exp.Add(this=start, expression=exp.Anonymous(this=f"to_{unit}s", expressions=[number]))
    return exp.Cast(this=moved, to=exp.DataType.build(type_of(every)))


def type_of(every: str) -> str:
    """Of days, weeks and longer periods dates are made, of minutes and hours times."""
    return "TIMESTAMP" if unit_of(every)[0] in CLOCK else "DATE"


def periods_between(first: exp.Expr, last: exp.Expr, every: str) -> exp.Expr:
    """How many starts of a period lie between the two."""
    unit, size = unit_of(every)
    between = exp.Anonymous(this="date_diff", expressions=[exp.Literal.string(unit), first, last])
    return between if size == 1 else exp.IntDiv(this=between, expression=exp.Literal.number(size))


class Params(Document):
    """Where a row's stretch starts, and where it ends."""

    start: Expression = Field(description="First day or number: a column, or an expression of one.")
    end: Expression | None = Field(default=None, description="Last day or number, which counts.")
    times: Expression | None = Field(default=None, description="In place of an end: how many rows, e.g. a column.")
    every: str = Field(
        default="day",
        pattern=EVERY,
        description="Time between two rows: day, week, month, quarter, year, hour, minute, or several: '2 weeks', "
        "'30 minutes'. Hours and minutes go over times, all else over dates; numbers go up by one.",
    )
    name: str = Field(default="date", description="New column that holds the day or number.")
    position: str | None = Field(default=None, description="New column that numbers the rows of a stretch from 1.")

    @model_validator(mode="after")
    def _ends_somewhere(self) -> Params:
        if (self.end is None) == (self.times is None):
            raise ValueError("say either the 'end', or how many 'times'")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"empty": "Rows that stretch over nothing."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"contracts": {"columns": {"id": "INTEGER", "from": "DATE", "months": "INTEGER"}, "primary_key": ["id"],
                             "rows": [[1, "2026-01-31", 3], [2, "2026-05-01", 0]]}},
    "step": {"use": "expand", "from": "contracts", "start": '"from"', "times": "months", "every": "month",
             "name": "due", "position": "payment"},
    "rows": {"": [[1, "2026-01-31", 3, 1, "2026-01-31"], [1, "2026-01-31", 3, 2, "2026-02-28"],
                  [1, "2026-01-31", 3, 3, "2026-03-31"]],
             "empty": [[2, "2026-05-01", 0]]},
}  # fmt: skip
keywords: Final = (
    "one row for each day, days between start and end, subscription months, repeat rows, spread a stay over nights, "
    "date range to rows, bookings per night, generate rows, every month of a contract, employees active in each "
    "month, one row per night, every day of a rental, spread over months, repeat a row as often as its quantity, "
    "daily rows from a period, half-hour slots, hourly rows"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The stretch's ends beside each row, then numbers unnested, then the day that each number stands for."""
    (relation,) = inputs
    first = scope.expression(params.start, relation, "start", windows=False)
    kind = _type(first, relation, scope, "start", params.every)
    last = _last(params, relation, scope, kind)
    new = [*([params.position] if params.position else []), params.name]
    scope.distinct([*relation.names, *new], "name")
    scope.distinct([*relation.names, FIRST, LAST, COUNT, STEP], "start")
    ended = select_from(
        relation.name,
        [*(column(name) for name in relation.names), aliased(first, FIRST), aliased(last, LAST)],
    )
    count = column(LAST) if params.times is not None else _count(params, kind)
    numbers = exp.GenerateSeries(start=proofs.zero(), end=exp.Sub(this=count, expression=exp.Literal.number(1)))
    unnested = exp.Select(
        expressions=[
            *(column(name) for name in relation.names),
            column(FIRST),
            column(LAST),
            aliased(exp.Explode(this=numbers), STEP),
        ],
        from_=exp.From(this=proofs.subquery(ended, "ended")),
    )
    value = _value(params, kind)
    numbered = [aliased(_plus_one(column(STEP)), params.position)] if params.position else []
    query = exp.Select(
        expressions=[*(column(name) for name in relation.names), *numbered, aliased(value, params.name)],
        from_=exp.From(this=proofs.subquery(unnested, "unnested")),
    )
    if params.times is None:
        query.set("where", exp.Where(this=exp.LTE(this=value.copy(), expression=column(LAST))))
    found: dict[str, exp.Query] = {MAIN: query}
    if scope.wants("empty"):
        found["empty"] = _empty(params, relation, ended)
    keys = frozenset(key | {params.name} for key in relation.keys)
    return Built(found, keys={MAIN: keys})


def _type(value: exp.Expr, relation: Relation, scope: StepScope, field: str, every: str) -> str:
    (type_,) = scope.binder.types(select_from(relation.name, [aliased(value.copy(), "v")]), scope.where(field))
    if type_ == type_of(every):
        return "date"
    if type_ in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        return "number"
    raise scope.fail(
        f"A stretch goes over days or whole numbers, or by hours and minutes over times; this is {type_}.",
        field=field,
        hint=f"Cast it in a 'cast' step first, or write CAST(column AS {type_of(every)}); a column of times goes by "
        "every: hour or '30 minutes'.",
        data={"type": type_},
    )


def _last(params: Params, relation: Relation, scope: StepScope, kind: str) -> exp.Expr:
    field = "end" if params.end is not None else "times"
    value = scope.expression(params.end or params.times or "", relation, field, windows=False)
    due = kind if params.end is not None else "number"
    if _type(value, relation, scope, field, params.every) != due:
        raise scope.fail(
            f"The {field} is a {'day' if due == 'number' else 'number'}, which does not fit the start.",
            field=field,
            hint="Give both as days, or both as whole numbers." if field == "end" else "Give a whole number of rows.",
        )
    return value


def _count(params: Params, kind: str) -> exp.Expr:
    """At least as many as there are; what lies behind the end is left out afterwards."""
    if kind == "number":
        return _plus_one(exp.Paren(this=exp.Sub(this=column(LAST), expression=column(FIRST))))
    steps = periods_between(column(FIRST), column(LAST), params.every)
    # An end before the start would be cut towards zero, and a row too many is dropped by its day.
    return _plus_one(exp.Paren(this=steps))


def _value(params: Params, kind: str) -> exp.Expr:
    if kind == "number":
        return exp.Add(this=column(FIRST), expression=column(STEP))
    return moved_by(column(FIRST), column(STEP), params.every)


def _plus_one(value: exp.Expr) -> exp.Expr:
    return exp.Add(this=value, expression=exp.Literal.number(1))


def _empty(params: Params, relation: Relation, ended: exp.Select) -> exp.Select:
    nothing = exp.LT(this=column(LAST), expression=exp.Literal.number(1) if params.times is not None else column(FIRST))
    either = [exp.Is(this=column(name), expression=exp.Null()) for name in (FIRST, LAST)]
    return exp.Select(
        expressions=[column(name) for name in relation.names],
        from_=exp.From(this=proofs.subquery(ended.copy(), "ended")),
        where=exp.Where(this=exp.or_(*either, nothing)),
    )
