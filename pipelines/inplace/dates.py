"""Functions of dates and times on the list."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from pipelines.inplace.kinds import (
    BIGINT,
    DATE,
    INTEGER,
    MOMENTS,
    TEXT,
    TIMESTAMP,
    CannotSayError,
)
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    grouped,
    is_text,
    number,
    only,
    says,
    words,
)


@says("DateFromParts", name="make_date", examples=("make_date(2024, 2, 29)", "make_date(abs(s) + 1, 1, 2)"))
def make_date(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A date of year, month and day; of what is none both stop."""
    only(node, "year", "month", "day")
    parts = [scalars.of(node.args[part], scope, "integer").tree for part in ("year", "month", "day")]
    return Typed(call("make_date", *(cast_to(part, INTEGER) for part in parts)), DATE)


@says("Dayname", "Monthname", name="dayname, monthname", examples=("dayname(day)", "monthname(ts)", "dayname(other)"))
def name_of(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """In English, whatever the database speaks."""
    only(node, "this", "abbreviated")
    said = scalars.of(node.this, scope, *MOMENTS)
    pattern = "FMDay" if isinstance(node, exp.Dayname) else "FMMonth"
    return Typed(call("to_char", cast_to(said.tree, TIMESTAMP), words(pattern)), TEXT)


_PARTS: Final = {
    "YEAR": "YEAR",
    "MONTH": "MONTH",
    "DAY": "DAY",
    "QUARTER": "QUARTER",
    "WEEK": "WEEK",
    "HOUR": "HOUR",
    "MINUTE": "MINUTE",
    "DOW": "DOW",
    "DAYOFWEEK": "DOW",
    "ISODOW": "ISODOW",
    "DOY": "DOY",
    "DAYOFYEAR": "DOY",
}
_OF_A_DAY: Final = ("HOUR", "MINUTE")


def part_of(said: Typed, part: str) -> Typed:
    """A part of a date as a whole number; of infinity, empty."""
    unit = _PARTS.get(part)
    if unit is None or said.kind.family not in MOMENTS or (unit in _OF_A_DAY and said.kind != TIMESTAMP):
        raise CannotSayError(f"the {part.lower()} of {said.kind.family}")
    taken: exp.Expr = exp.Extract(this=exp.Var(this=unit), expression=said.tree)
    if unit == "YEAR":
        # Before the first year the one counts it as year 0, the other as 1 BC.
        before = exp.LT(this=grouped(said.tree.copy()), expression=cast_to(words("0001-01-01"), DATE))
        taken = exp.Add(this=taken, expression=exp.Case(ifs=[exp.If(this=before, true=number(1))], default=number(0)))
    finite = exp.If(this=call("isfinite", said.tree.copy()), true=cast_to(taken, BIGINT))
    return Typed(exp.Case(ifs=[finite]), BIGINT)


@says(
    "Year",
    "Month",
    "Day",
    "Quarter",
    "Week",
    "DayOfWeek",
    "DayOfWeekIso",
    "DayOfYear",
    "Hour",
    "Minute",
    name="year, month, day, quarter, week, dayofweek, isodow, dayofyear, hour, minute",
    examples=(
        "year(day)",
        "month(ts)",
        "day(day)",
        "quarter(day)",
        "week(day)",
        "dayofweek(day)",
        "isodow(ts)",
        "dayofyear(day)",
        "hour(ts)",
        "minute(ts)",
        "year(ts)",
    ),
)
def date_part(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A part of a date."""
    only(node, "this", "mode")
    part = {"DayOfWeekIso": "ISODOW"}.get(type(node).__name__, type(node).__name__.upper())
    return part_of(scalars.say(node.this, scope), part)


@says("Extract", name="extract", examples=("extract(year from day)", "extract(month from ts)", "extract(dow from day)"))
def extract(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise."""
    return part_of(scalars.say(node.expression, scope), node.name.upper())


@says("date_part", "datepart", name="date_part", examples=("date_part('year', day)", "date_part('quarter', ts)"))
def date_part_of(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise."""
    if len(node.expressions) != TWO or not is_text(node.expressions[0]):
        raise CannotSayError("date_part() of a part that is no constant")
    return part_of(scalars.say(node.expressions[1], scope), node.expressions[0].name.upper())


TWO: Final = 2


@says(
    "TimestampTrunc",
    "DateTrunc",
    "date_trunc",
    name="date_trunc",
    examples=(
        "date_trunc('month', day)",
        "date_trunc('quarter', ts)",
        "date_trunc('year', day)",
        "date_trunc('week', day)",
        "date_trunc('day', ts)",
        "date_trunc('hour', ts)",
    ),
)
def date_trunc(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The beginning of the period."""
    if isinstance(node, exp.Anonymous):
        # Steps write it by its name.
        part, value = node.expressions
        unit = part.name.upper() if is_text(part) else ""
    else:
        only(node, "this", "unit")
        unit, value = node.args["unit"].name.upper(), node.this
    said = scalars.of(value, scope, *MOMENTS)
    if unit not in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE"):
        raise CannotSayError(f"date_trunc() to {unit.lower()}")
    return Typed(call("date_trunc", words(unit.lower()), cast_to(said.tree, TIMESTAMP)), TIMESTAMP)


@says(
    "DateDiff",
    examples=("date_diff('day', day, other)", "date_diff('month', day, ts)", "date_diff('year', day, other)"),
)
def date_diff(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """How many borders of days, months, quarters or years lie between."""
    only(node, "this", "expression", "unit", "date_part_boundary")
    unit = node.args["unit"].name.upper()
    # SQLGlot has the end first.
    end, start = (scalars.of(item, scope, *MOMENTS) for item in (node.this, node.expression))
    if unit == "DAY":
        days = exp.Sub(this=cast_to(end.tree, DATE), expression=cast_to(start.tree, DATE))
        return Typed(cast_to(days, BIGINT), BIGINT)
    months = {"MONTH": ("MONTH", 12), "QUARTER": ("QUARTER", 4), "YEAR": (None, 1)}.get(unit)
    if months is None:
        raise CannotSayError(f"date_diff() of {unit.lower()}s")
    part, many = months

    def counted(said: Typed) -> exp.Expr:
        years = exp.Mul(this=part_of(said, "YEAR").tree, expression=number(many))
        return exp.Add(this=years, expression=part_of(said, part).tree) if part else years

    difference = exp.Sub(this=exp.Paren(this=counted(end)), expression=exp.Paren(this=counted(start)))
    return Typed(difference, BIGINT)


@says("LastDay", examples=("last_day(day)", "last_day(ts)"))
def last_day(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The last day of the month."""
    only(node, "this")
    said = scalars.of(node.this, scope, *MOMENTS)
    first = call("date_trunc", words("month"), cast_to(said.tree, TIMESTAMP))
    month = exp.Cast(this=words("1 month -1 day"), to=exp.DataType.build("interval", dialect="postgres"))
    return Typed(cast_to(exp.Add(this=first, expression=month), DATE), DATE)
