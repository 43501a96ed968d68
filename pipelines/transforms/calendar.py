"""Add what a calendar says of a date: its week, month, quarter, fiscal year, start of week, holiday and so on.

The parts are: ``day``, ``weekday`` (1 is the day that weeks start on), ``weekday_name``, ``weekday_short``,
``day_of_year``, ``week``, ``week_year``, ``week_start``, ``week_end``, ``month``, ``month_name``, ``month_short``,
``month_start``, ``month_end``, ``days_in_month``, ``week_of_month`` (1 holds the first of the month),
``weekday_of_month`` (2 for the second Friday), ``quarter``, ``quarter_start``, ``quarter_end``, ``half`` (1 or 2),
``half_start``, ``half_end``, ``year``, ``year_start``, ``year_end``, ``fiscal_year``, ``fiscal_half``,
``fiscal_quarter``, ``fiscal_month``, ``fiscal_week``, ``fiscal_week_year``, ``fiscal_year_start``, ``fiscal_year_end``,
``is_weekend``, ``is_holiday`` and ``is_workday``. Weeks of a fiscal year are counted as ``weeks`` says, from its first
day on; weeks of seven days from that day are ``(day - fiscal_year_start) // 7 + 1`` in a 'derive' step.

A fiscal year is named after the calendar year in which it ends (or starts, see ``fiscal_name``). The second input, a
table with one row for each holiday, is needed for ``is_holiday``, and counts for ``is_workday`` where it is given; with
``on: country`` a holiday counts for the rows of its own country. All parts of a missing date are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, as_mapping
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.sqltree import as_type, call, minus, number, plus, plus_days, rest, text, times, when, whole
from pipelines.transforms.join import as_pairs
from spec.base import Document, JsonValue

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Month = Literal[
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
Day = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _as_days(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Weekend = Annotated[tuple[Day, ...], BeforeValidator(_as_days)]
HolidaysOf = Annotated[
    tuple[tuple[str, str], ...],
    BeforeValidator(as_pairs),
    Field(
        description="Columns that must be equal for a holiday to count, e.g. country: names found on both sides, or "
        "pairs [left, right].",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}]},
    ),
]


class Params(Document):
    """A date, the parts to add, and how this business counts weeks and years."""

    column: str = Field(description="Column of dates.")
    add: Annotated[dict[str, str], BeforeValidator(as_mapping)] = Field(
        min_length=1,
        description="New column to the part that it holds, e.g. FY: fiscal_year; or a list of parts.",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}},
                                     {"type": "object", "additionalProperties": {"type": "string"}}]},
    )  # fmt: skip
    week_starts: Day = Field(default="Monday", description="First day of a week.")
    weeks: Literal["iso", "from_first_day", "full"] = Field(
        default="iso",
        description="iso: week 1 is the first with at least four days in the year; from_first_day: week 1 starts on 1 "
        "January, the next on the first start of a week after it; full: week 1 is the first whole one, days before it "
        "are week 0.",
    )
    fiscal_starts: Month = Field(default="January", description="First month of a fiscal year.")
    fiscal_name: Literal["end", "start"] = Field(
        default="end", description="A fiscal year is named after the calendar year in which it ends, or starts."
    )
    weekend: Weekend = Field(default=("Saturday", "Sunday"), description="Days on which nobody works.")
    holiday: str | None = Field(
        default=None, description="Column of dates of the second input, which holds a row for each holiday."
    )
    on: HolidaysOf = ()


arity: Final = (1, 2)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "sales": {"columns": {"day": "DATE"}, "primary_key": ["day"], "rows": [["2026-03-31"], ["2026-04-06"]]},
        "holidays": {"columns": {"date": "DATE", "name": "VARCHAR"}, "rows": [["2026-04-06", "Easter Monday"]]},
    },
    "step": {"use": "calendar", "from": ["sales", "holidays"], "column": "day",
             "add": {"week": "week", "from": "week_start", "FY": "fiscal_year", "FQ": "fiscal_quarter",
                     "works": "is_workday"},
             "week_starts": "Sunday", "fiscal_starts": "April", "holiday": "date"},
    "rows": {"": [["2026-03-31", 13, "2026-03-29", 2026, 4, True], ["2026-04-06", 14, "2026-04-05", 2027, 1, False]]},
}  # fmt: skip
keywords: Final = (
    "date parts, week number, which week, week starts on Sunday, start of week, end of month, first day of the "
    "month, fiscal year, financial year, quarter, month name, day of week, weekday, weekend, bank holiday, public "
    "holiday, business day, working day, year, calendar table, accounting year, day of the week, which quarter, "
    "weeks begin on Sunday, week of the year, tax year, is it a weekend, month of a date, season, holidays of each "
    "country, holidays by region, week of the month, half year, half-year, semester, first half, H1 and H2, fiscal "
    "week, week of the fiscal year, retail week, second Tuesday of the month, nth weekday, month end"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the parts."""
    relation = inputs[0]
    item = scope.field(params.column, relation, "column")
    if item.type != "DATE":
        raise scope.fail(
            f"{item.name!r} is {item.type}, not DATE.",
            field="column",
            hint="Cast it in a 'cast' step first, or derive CAST(column AS DATE).",
        )
    scope.distinct([*relation.names, *params.add], "add")
    holidays_of(params.on, inputs, scope)
    holiday = _holidays(params, inputs, scope)
    made: list[exp.Expr] = []
    for name, part in params.add.items():
        if part not in PARTS:
            raise scope.fail(
                f"A calendar has no {part!r}.",
                field=f"add.{name}",
                hint=f"{_nearest(part)}It has: {', '.join(PARTS)}.",
                data={"unknown": part, "known": list(PARTS)},
            )
        if part == "is_holiday" and holiday is None:
            raise scope.fail(
                "It is not said which days are holidays.",
                field="holiday",
                hint="Name a table of them as the second input in 'from', and its column of dates in 'holiday'.",
            )
        made.append(aliased(PARTS[part](_Of(column(item.name, "d"), params, holiday)), name))
    query = select_from(relation.name, [*(aliased(column(name, "d"), name) for name in relation.names), *made], "d")
    return Built({MAIN: query}, keys={MAIN: relation.keys}, order={MAIN: relation.order})


def _nearest(part: str) -> str:
    near = get_close_matches(part, PARTS, n=1)
    return f"Did you mean {near[0]!r}? " if near else ""


class _Of:
    """A date, how years and weeks are counted, and whether a date is a holiday."""

    def __init__(self, date: exp.Expr, params: Params, holiday: Callable[[exp.Expr], exp.Expr] | None) -> None:
        self._date, self.params, self.holiday = date, params, holiday

    @property
    def date(self) -> exp.Expr:
        return self._date.copy()

    def at(self, date: exp.Expr) -> _Of:
        return _Of(date, self.params, self.holiday)


def _holidays(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Callable[[exp.Expr], exp.Expr] | None:
    if len(inputs) == 1:
        if params.holiday is not None:
            raise scope.fail("There is no table of holidays.", field="from", hint="Name it as the second input.")
        return None
    if params.holiday is None:
        raise scope.fail(
            f"It is not said which column of {inputs[1].name!r} is the date.", field="holiday", hint="Name it."
        )
    item = scope.field(params.holiday, inputs[1], "holiday")
    if item.type != "DATE":
        raise scope.fail(f"{item.name!r} is {item.type}, not DATE.", field="holiday", hint="Cast it first.")
    same = [proofs.equals(column(y.name, "h"), column(x.name, "d")) for x, y in holidays_of(params.on, inputs, scope)]

    def is_one(date: exp.Expr) -> exp.Expr:
        met = [proofs.equals(column(item.name, "h"), date), *(one.copy() for one in same)]
        there = exp.Select(
            expressions=[exp.Literal.number(1)],
            from_=exp.From(this=table_of(inputs[1].name, "h")),
            where=exp.Where(this=exp.and_(*met, copy=False)),
        )
        return exp.Exists(this=there)

    return is_one


def holidays_of(
    on: Sequence[tuple[str, str]], inputs: Sequence[Relation], scope: StepScope
) -> list[tuple[Column, Column]]:
    """The columns that say whose a holiday is: of the rows, and of the table of holidays. Raises SpecError."""
    if on and len(inputs) == 1:
        raise scope.fail("There is no table of holidays.", field="on", hint="Name it as the second input in 'from'.")
    pairs = [(scope.field(a, inputs[0], "on"), scope.field(b, inputs[1], "on")) for a, b in on]
    for x, y in pairs:
        if family(x.type) != family(y.type):
            raise scope.fail(f"{x.name} is {x.type} and {y.name} is {y.type}.", field="on", hint="Cast one of them.")
    return pairs


def _plus_months(date: exp.Expr, months: int) -> exp.Expr:
    return as_type(exp.Add(this=date, expression=call("to_months", number(months))), "DATE")


def _part(name: str, date: exp.Expr) -> exp.Expr:
    return as_type(call(name, date), "INTEGER")


def _trunc(unit: str, date: exp.Expr) -> exp.Expr:
    return as_type(call("date_trunc", text(unit), date), "DATE")


def _end(unit: str, months: int) -> Callable[[_Of], exp.Expr]:
    return lambda of: plus_days(_plus_months(_trunc(unit, of.date), months), number(-1))


def _weekday(of: _Of) -> exp.Expr:
    """1 for the day that weeks start on, 7 for the last of a week."""
    start = DAYS.index(of.params.week_starts)
    shifted = exp.Add(this=_part("isodow", of.date), expression=number(6 - start))
    place = exp.Mod(this=exp.Paren(this=shifted), expression=number(7))
    return exp.Paren(this=exp.Add(this=place, expression=number(1)))


def _week_start(of: _Of) -> exp.Expr:
    return plus_days(of.date, exp.Sub(this=number(1), expression=_weekday(of)))


def _week_end(of: _Of) -> exp.Expr:
    return plus_days(of.date, exp.Sub(this=number(7), expression=_weekday(of)))


def _week_year(of: _Of) -> exp.Expr:
    # The fourth day of a week is in the year that has at least four days of it.
    if of.params.weeks == "iso":
        return _part("year", plus_days(_week_start(of), number(3)))
    return _part("year", of.date)


def _week(of: _Of) -> exp.Expr:
    if of.params.weeks == "iso":
        if of.params.week_starts == "Monday":
            return _part("week", of.date)
        middle = plus_days(_week_start(of), number(3))
        return exp.Add(
            this=exp.IntDiv(
                this=exp.Paren(this=exp.Sub(this=_part("dayofyear", middle), expression=number(1))),
                expression=number(7),
            ),
            expression=number(1),
        )
    return _week_from(of, _trunc("year", of.date), _part("dayofyear", of.date))


def _week_from(of: _Of, first: exp.Expr, day: exp.Expr) -> exp.Expr:
    """The week of a year that begins on ``first``, on its day ``day`` from 1, where its first week may be broken."""
    # The days of the year's first, perhaps broken, week: 7 where the year starts with a week.
    broken: exp.Expr = exp.Sub(this=number(8), expression=_weekday(of.at(first)))
    if of.params.weeks == "full":
        broken = exp.Mod(this=exp.Paren(this=broken), expression=number(7))
    after = exp.Sub(this=exp.Add(this=day, expression=number(6)), expression=exp.Paren(this=broken))
    weeks = exp.IntDiv(this=exp.Paren(this=after), expression=number(7))
    return weeks if of.params.weeks == "full" else exp.Add(this=weeks, expression=number(1))


def _week_of_month(of: _Of) -> exp.Expr:
    first = _weekday(of.at(_trunc("month", of.date)))
    after = exp.Sub(this=exp.Add(this=_part("day", of.date), expression=first), expression=number(2))
    return plus(exp.IntDiv(this=exp.Paren(this=after), expression=number(7)), number(1))


def _weekday_of_month(of: _Of) -> exp.Expr:
    return plus(whole(minus(_part("day", of.date), number(1)), number(7)), number(1))


def _half(month: exp.Expr) -> exp.Expr:
    return plus(whole(minus(month, number(1)), number(6)), number(1))


def _half_start(of: _Of) -> exp.Expr:
    # The quarter before a second or a fourth one is in the same half year.
    back = times(number(-3), minus(number(1), rest(_part("quarter", of.date), number(2))))
    return as_type(exp.Add(this=_trunc("quarter", of.date), expression=call("to_months", back)), "DATE")


def _fiscal_shift(of: _Of) -> int:
    return MONTHS.index(of.params.fiscal_starts)


def _fiscal_start(of: _Of) -> exp.Expr:
    # From the start of the month, since not every month has a day 31.
    month = _plus_months(_trunc("month", of.date), -_fiscal_shift(of))
    return _plus_months(_trunc("year", month), _fiscal_shift(of))


def _fiscal_year(of: _Of) -> exp.Expr:
    year, shift = _part("year", of.date), _fiscal_shift(of)
    if not shift:
        return year
    # Whole numbers of the date are quicker than dates made of it, and mean the same.
    begun = exp.GT(this=_part("month", of.date), expression=number(shift))
    if of.params.fiscal_name == "start":
        return when(begun, year, exp.Sub(this=year.copy(), expression=number(1)))
    return when(begun, exp.Add(this=year, expression=number(1)), year.copy())


def _fiscal_month(of: _Of) -> exp.Expr:
    """1 for the first month of a fiscal year."""
    shifted = exp.Add(this=_part("month", of.date), expression=number(11 - _fiscal_shift(of)))
    place = exp.Mod(this=exp.Paren(this=shifted), expression=number(12))
    return exp.Paren(this=exp.Add(this=place, expression=number(1)))


def _fiscal_quarter(of: _Of) -> exp.Expr:
    after = exp.Paren(this=exp.Sub(this=_fiscal_month(of), expression=number(1)))
    return exp.Add(this=exp.IntDiv(this=after, expression=number(3)), expression=number(1))


def _days_since(date: exp.Expr, first: exp.Expr) -> exp.Expr:
    return as_type(call("date_diff", text("day"), first, date), "INTEGER")


def _middle(of: _Of) -> _Of:
    """The fourth day of the week, which is in the year that has at least four days of it."""
    return of.at(plus_days(_week_start(of), number(3)))


def _fiscal_week(of: _Of) -> exp.Expr:
    if of.params.weeks == "iso":
        middle = _middle(of)
        return plus(whole(_days_since(middle.date, _fiscal_start(middle)), number(7)), number(1))
    first = _fiscal_start(of)
    return _week_from(of, first, plus(_days_since(of.date, first.copy()), number(1)))


def _is_weekend(of: _Of) -> exp.Expr:
    days = [number(DAYS.index(day) + 1) for day in of.params.weekend]
    return exp.In(this=_part("isodow", of.date), expressions=days) if days else _if_there(of, exp.false())


def _if_there(of: _Of, value: exp.Expr) -> exp.Expr:
    missing = exp.Is(this=of.date, expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=exp.Not(this=missing), true=value)])


def _is_holiday(of: _Of) -> exp.Expr:
    assert of.holiday is not None
    return _if_there(of, of.holiday(of.date))


def _is_workday(of: _Of) -> exp.Expr:
    works: exp.Expr = exp.Not(this=exp.Paren(this=_is_weekend(of)))
    if of.holiday is not None:
        works = exp.and_(works, exp.Not(this=of.holiday(of.date)), copy=False)
    return _if_there(of, works)


PARTS: Final[Mapping[str, Callable[[_Of], exp.Expr]]] = {
    "day": lambda of: _part("day", of.date),
    "weekday": _weekday,
    "weekday_name": lambda of: call("dayname", of.date),
    "weekday_short": lambda of: call("strftime", of.date, text("%a")),
    "day_of_year": lambda of: _part("dayofyear", of.date),
    "week": _week,
    "week_year": _week_year,
    "week_start": _week_start,
    "week_end": _week_end,
    "month": lambda of: _part("month", of.date),
    "month_name": lambda of: call("monthname", of.date),
    "month_short": lambda of: call("strftime", of.date, text("%b")),
    "month_start": lambda of: _trunc("month", of.date),
    "month_end": _end("month", 1),
    "days_in_month": lambda of: _part("day", _end("month", 1)(of)),
    "week_of_month": _week_of_month,
    "weekday_of_month": _weekday_of_month,
    "quarter": lambda of: _part("quarter", of.date),
    "quarter_start": lambda of: _trunc("quarter", of.date),
    "quarter_end": _end("quarter", 3),
    "half": lambda of: _half(_part("month", of.date)),
    "half_start": _half_start,
    "half_end": lambda of: plus_days(_plus_months(_half_start(of), 6), number(-1)),
    "year": lambda of: _part("year", of.date),
    "year_start": lambda of: _trunc("year", of.date),
    "year_end": _end("year", 12),
    "fiscal_year": _fiscal_year,
    "fiscal_half": lambda of: _half(_fiscal_month(of)),
    "fiscal_quarter": _fiscal_quarter,
    "fiscal_month": _fiscal_month,
    "fiscal_week": _fiscal_week,
    "fiscal_week_year": lambda of: _fiscal_year(_middle(of) if of.params.weeks == "iso" else of),
    "fiscal_year_start": _fiscal_start,
    "fiscal_year_end": lambda of: plus_days(_plus_months(_fiscal_start(of), 12), number(-1)),
    "is_weekend": _is_weekend,
    "is_holiday": _is_holiday,
    "is_workday": _is_workday,
}
"""Each part of a date as an expression of it."""
