"""Days that move: in a plan "last month" is the month before each run, and not the one before the plan was made.

Nothing here knows the words. The question is read as if today were other days as well; where the query then differs in
a day alone, and that day always lies at the same place from the day of reading (so many days away, the start of the
month before), it is written as that place: ``$today`` is given to every run. A day that is none of these, as that of
"in March", stays what it is.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from agents.builtin.language.periods import find_periods
from agents.builtin.saying.reading import period_text

if TYPE_CHECKING:
    from agents.builtin.linking.tags import Tag

Read = Callable[[date], exp.Query | None]
_AWAY = (1, 2, 4, 9, 17, 33, 64, 97, 185, 278, 366, 401)
"""Days from today on which the question is read, too: of other weekdays, months, quarters and years."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Moved:
    """A query in which days move; ``days`` are those that do, and ``fixed`` those that depend on today and do not."""

    query: exp.Query
    days: frozenset[date]
    fixed: frozenset[date]


def moving(query: exp.Query, today: date, read: Read) -> Moved | None:
    """The query with days that move with the run; None where none depends on the day on which it is read.

    ``read`` gives the query as of another day, None where there is none.
    """
    if not _days(query) and not _years(query, today):
        return None
    first, last = read(today + timedelta(_AWAY[0])), read(today + timedelta(_AWAY[-1]))
    if first == query and last == query:
        return None
    probes = _probes(today)
    read_then = [(day, read(day)) for day in probes]
    known = [
        (today, query),
        *((day, one) for day, one in read_then if one is not None and _shape(one) == _shape(query)),
    ]
    moved = query.copy()
    spots = [_literals(one) for _, one in known]
    days, fixed = set(), set()
    for place, literal in enumerate(_literals(moved)):
        seen = [(day, spot[place].name) for (day, _), spot in zip(known, spots, strict=True)]
        if len({value for _, value in seen}) == 1:
            continue
        made = _place(seen) if len(known) > len(probes) // 2 else None
        is_day = _day_of(literal) is not None
        if made is None:
            fixed |= {_day_of(literal) or today} if is_day else set()
        else:
            days |= {_day_of(literal) or today}
            holder = literal.parent if is_day else literal
            assert holder is not None
            holder.replace(made)
    return Moved(moved, frozenset(days), frozenset(fixed))


def days_said(text: str, today: date) -> dict[date, str]:
    """Days at which periods of the text begin or end that move with the day of reading, each with its words."""
    then = {day: find_periods(text, day) for day in _probes(today)}
    now = find_periods(text, today)
    alike = {day: found for day, found in then.items() if len(found) == len(now)}
    said = {}
    for place, period in enumerate(now):
        for side in ("start", "end"):
            day: date | None = getattr(period, side)
            seen = [(probe, getattr(found[place], side)) for probe, found in alike.items()]
            if day is None or any(one is None for _, one in seen):
                continue
            written = [(today, day.isoformat()), *((probe, one.isoformat()) for probe, one in seen)]
            if len({value for _, value in written}) > 1 and _place(written) is not None:
                said[day] = text[slice(*period.span)].strip()
    return said


def _probes(today: date) -> list[date]:
    return [*(today + timedelta(days) for days in _AWAY), _end_of_month(today), date(today.year + 1, 1, 1)]


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _literals(query: exp.Query) -> list[exp.Literal]:
    return list(query.find_all(exp.Literal))


def _shape(query: exp.Query) -> str:
    """The query with every literal blanked out."""
    blank = query.copy()
    for literal in _literals(blank):
        literal.set("this", "?")
    return repr(blank)


def _day_of(literal: exp.Literal) -> date | None:
    """The day that a literal is, where it is cast to one."""
    parent = literal.parent
    if not literal.is_string or not isinstance(parent, exp.Cast) or not parent.is_type(exp.DataType.Type.DATE):
        return None
    try:
        return date.fromisoformat(literal.name)
    except ValueError:
        return None


def _days(query: exp.Query) -> bool:
    return any(_day_of(literal) is not None for literal in query.find_all(exp.Literal))


def _years(query: exp.Query, today: date) -> bool:
    """Whether a whole number may be a year near today, as where a column holds years."""
    near = {str(today.year + away) for away in range(-3, 4)}
    return any(not literal.is_string and literal.name in near for literal in query.find_all(exp.Literal))


def _place(seen: Sequence[tuple[date, str]]) -> exp.Expr | None:
    """What gives each of the values from the day on which it was read; None where nothing known does."""
    try:
        days = [(today, date.fromisoformat(value)) for today, value in seen]
    except ValueError:
        return _year(seen)
    away = {(day - today).days for today, day in days}
    if len(away) == 1:
        return _plus(_today(), away.pop())
    away = {(day - (today - timedelta(today.weekday()))).days for today, day in days}
    if len(away) == 1:
        return _plus(exp.cast(_start_of("week"), "DATE"), away.pop())
    for unit, months in _MONTHS.items():
        if all(day.day == 1 and (day.month - 1) % months == 0 for _, day in days):
            steps = {_index(day) // months - _index(today) // months for today, day in days}
            if len(steps) == 1:
                return exp.cast(_plus_months(_start_of(unit), steps.pop() * months), "DATE")
    if len({(day.month, day.day) for _, day in days}) == 1 and len({day.year - today.year for today, day in days}) == 1:
        # "Last summer": the same day of the year, so many years away.
        today, day = days[0]
        months = (day.year - today.year) * 12 + day.month - 1
        return _plus(exp.cast(_plus_months(_start_of("year"), months), "DATE"), day.day - 1)
    for later in (0, 1):
        steps = {_index(day) - _index(today + timedelta(later)) for today, day in days}
        if len(steps) == 1:
            step = steps.pop()
            if all(_months_on(today + timedelta(later), step) == day for today, day in days):
                return exp.cast(_plus_months(_plus(_today(), later), step), "DATE")
    return None


def _year(seen: Sequence[tuple[date, str]]) -> exp.Expr | None:
    if not all(value.isdigit() for _, value in seen):
        return None
    away = {int(value) - today.year for today, value in seen}
    if len(away) != 1:
        return None
    return _plus(exp.Extract(this=exp.var("YEAR"), expression=_today()), away.pop())


def _index(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def _months_on(day: date, months: int) -> date:
    """So many months on, on the last day of the month where it has none of that number."""
    year, month = divmod(_index(day) + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _today() -> exp.Expr:
    return exp.Placeholder(this="today")


def _start_of(unit: str) -> exp.Expr:
    return exp.func("DATE_TRUNC", exp.Literal.string(unit), _today(), dialect="duckdb")


def _plus(node: exp.Expr, number: int) -> exp.Expr:
    if not number:
        return node
    kind = exp.Add if number > 0 else exp.Sub
    return exp.paren(kind(this=node, expression=exp.Literal.number(abs(number))))


def _plus_months(node: exp.Expr, months: int) -> exp.Expr:
    if not months:
        return node
    kind = exp.Add if months > 0 else exp.Sub
    interval = exp.Interval(this=exp.Literal.string(str(abs(months))), unit=exp.var("MONTH"))
    return kind(this=node, expression=interval)


def told_moving(told: str, tags: Sequence[Tag], moved: Moved | None) -> tuple[str, list[str]]:
    """The reading with what moves marked, and what to say of each period that depends on the day of the request."""
    said = []
    for tag in tags if moved is not None else ():
        period = tag.period
        if moved is None or period is None:
            continue
        bounds, shown = {period.start, period.end}, period_text(period.start, period.end)
        if bounds & moved.days:
            said.append(f"'{tag.text}' is counted from the day of each run; today it is {shown}")
            told = told.replace(shown, f"{shown} (moves with each run)", 1)
        elif bounds & moved.fixed:
            said.append(f"'{tag.text}' is {shown} in every run")
    return told, said
