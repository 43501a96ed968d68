"""Seasons and parts of months: "summer 2023", "the first half of May"; what may be one or another stretch is asked."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

from agents.builtin.language.lexicon import MONTHS

_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b"
_YEAR = r"(?:19|20)\d\d"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}
_BEFORE = r"\b(?:(?P<open>since|before|after|until|till|up to) |(?:in|during|over|for|of|throughout) )?(?:the )?"
_SEASON = re.compile(
    rf"(?<!between )(?<!from )(?<!to ){_BEFORE}(?:(?P<which>last|this) (?P<lone>spring|summer|autumn)|"
    rf"(?P<season>spring|summer|autumn|fall)(?: of|,)? (?P<year>{_YEAR}))\b",
)
_WINTER = re.compile(
    rf"(?<!between )(?<!from )(?<!to ){_BEFORE}winter(?: of|,)? (?P<first>{_YEAR})"
    rf"\s?[/\u2013-]\s?(?P<last>{_YEAR}|\d\d)\b"
)
_HALF = re.compile(
    rf"{_BEFORE}(?P<half>first|second|last) half of (?P<month>{_MONTH})(?:,? (?:of )?(?P<year>{_YEAR}))?(?!\d)"
)
_WEEKEND = re.compile(r"\b(?:(?:on|over|at|during|for) )?(?:the )?(?P<which>last|this|past) weekend\b")
_ENDS_RANGE = re.compile(
    r"\b(?:between|from)\b[^,.?!]*\b(?:and|to|until|till)\s*$|"
    r"\b(?:weeks?|months?|days?|weekends?|half|part|rest|middle|start|beginning|end)\s*$"
)
Stretch = tuple[re.Match[str], date | None, date | None, str]


def stretches(low: str, today: date) -> Iterator[Stretch]:
    """What the text says as a season, half a month or one weekend: from when up to, not including, when, and a note.

    The note says what a season is taken to be; it is empty where nothing is taken for granted.
    """
    for found in _SEASON.finditer(low):
        if _ENDS_RANGE.search(low[: found.start()]):
            continue  # "between spring and autumn 2023" says no year for its beginning, "the end of summer" no day
        name = found["season"] or found["lone"]
        year = int(found["year"]) if found["year"] else _year_of(name, found["which"], today)
        start = date(year, _SEASONS[name], 1)
        end = date(year, _SEASONS[name] + 3, 1)
        last = end - timedelta(days=1)
        yield found, *_opened(found["open"], start, end), f"{name} {year} is taken as {start:%B} to {last:%B %Y}"
    for found in _WINTER.finditer(low):
        year = int(found["first"])
        if int(found["last"]) % 100 == (year + 1) % 100:
            start, end = date(year, 12, 1), date(year + 1, 3, 1)
            note = f"winter {year}/{year + 1} is taken as December {year} to February {year + 1}"
            yield found, *_opened(found["open"], start, end), note
    for found in _HALF.finditer(low):
        year, month = _month_of(found["month"], found["year"], today)
        middle, after = date(year, month, 16), _after(year, month)
        start, end = (date(year, month, 1), middle) if found["half"] == "first" else (middle, after)
        yield found, *_opened(found["open"], start, end), ""
    for found in _WEEKEND.finditer(low):
        monday = today - timedelta(days=today.weekday())
        start = monday + timedelta(days=5 if found["which"] == "this" else -2)
        yield found, start, start + timedelta(days=2), ""


_PART = re.compile(
    rf"\b(?:(?:in|during|of|over|for) )?(?:the )?(?:(?P<nth>first|second|third|fourth|last) week (?:of|in)|"
    rf"(?P<part>early|mid|late))"
    rf"[ -](?:the )?(?P<month>{_MONTH})(?:,? (?:of )?(?P<year>{_YEAR}))?(?!\d)",
    re.IGNORECASE,
)
_WINTER_OF = re.compile(
    rf"\b(?:(?:in|during|over|for|of) )?(?:the )?winter(?: of|,)? (?P<year>{_YEAR})(?!\s?[/\u2013-]\s?\d)\b",
    re.IGNORECASE,
)
_CHRISTMAS = re.compile(
    rf"\b(?:over|at|during|around) (?:(?P<which>last) )?(?:the )?christmas(?: (?:time|days|holidays?|break|period))?"
    rf"(?:,? (?:of |in )?(?P<year>{_YEAR}))?(?!\d)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since|from) the (?:start|beginning) of (?:the|this) (?P<unit>year|quarter|month|week)(?: (?:on|"
    r"onwards?))?\b",
    re.IGNORECASE,
)
_ONE_YEAR = re.compile(
    rf"\b(?P<months>{_MONTH}(?:(?:,? (?:and|or) |, ){_MONTH})+),? (?:of )?(?P<which>this|last) year\b", re.IGNORECASE
)
_NTH = {"first": 0, "second": 1, "third": 2, "fourth": 3}


def stretches_asked(text: str, today: date) -> list[str]:
    """The question once for each stretch of days that a part of it may be: the first week of March begins on the 1st,
    or on its first Monday. As it is where nothing may be two stretches.
    """
    text = _ONE_YEAR.sub(lambda found: _each_with_year(found, today), text)
    text = _SINCE.sub(lambda found: f"since {_begun(found['unit'].lower(), today).isoformat()}", text)
    for pattern, two in ((_PART, _part), (_WINTER_OF, _winter), (_CHRISTMAS, _christmas)):
        found = pattern.search(text)
        if found is not None:
            return [
                f"{text[: found.start()]}from {start.isoformat()} to {last.isoformat()}{text[found.end() :]}"
                for start, last in dict.fromkeys(two(found, today))
            ]
    return [text]


def _each_with_year(found: re.Match[str], today: date) -> str:
    """As in "July or August this year", which is said of both."""
    year = today.year - (found["which"].lower() == "last")
    return re.sub(rf"\b({_MONTH})\b", rf"\1 {year}", found["months"], flags=re.IGNORECASE)


def _part(found: re.Match[str], today: date) -> list[tuple[date, date]]:
    year, month = _month_of(found["month"].lower(), found["year"], today)
    first, last = date(year, month, 1), _after(year, month) - timedelta(days=1)
    nth = (found["nth"] or "").lower()
    if nth == "last":
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        return [(last - timedelta(days=6), last), (sunday - timedelta(days=6), sunday)]
    if nth:
        monday = first + timedelta(days=(7 - first.weekday()) % 7)
        week = timedelta(days=7 * _NTH[nth])
        return [(start + week, start + week + timedelta(days=6)) for start in (first, monday)]
    part = found["part"].lower()
    ends = {"early": ((1, 10), (1, 15)), "mid": ((11, 20), (8, 22)), "late": ((21, last.day), (16, last.day))}[part]
    return [(first.replace(day=begin), first.replace(day=end)) for begin, end in ends]


def _winter(found: re.Match[str], _today: date) -> list[tuple[date, date]]:
    year = int(found["year"])
    return [(date(one, 12, 1), date(one + 1, 3, 1) - timedelta(days=1)) for one in (year, year - 1)]


def _christmas(found: re.Match[str], today: date) -> list[tuple[date, date]]:
    year = int(found["year"]) if found["year"] else _month_of("december", None, today)[0]
    return [(date(year, 12, 24), date(year, 12, 26)), (date(year, 12, 24), date(year + 1, 1, 1))]


def _year_of(season: str, which: str, today: date) -> int:
    begun = date(today.year, _SEASONS[season], 1) <= today
    over = date(today.year, _SEASONS[season] + 3, 1) <= today
    if which == "this":
        return today.year
    return today.year if over and begun else today.year - 1


def _month_of(month: str, year: str | None, today: date) -> tuple[int, int]:
    """A month without a year is the latest one that has begun."""
    number = MONTHS[month]
    return int(year) if year else today.year - (number > today.month), number


def _after(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1]) + timedelta(days=1)


def _opened(word: str | None, start: date, end: date) -> tuple[date | None, date | None]:
    if word == "since":
        return start, None
    if word == "before":
        return None, start
    if word == "after":
        return end, None
    return (start, end) if word is None else (None, end)


def _begun(unit: str, today: date) -> date:
    if unit == "week":
        return today - timedelta(days=today.weekday())
    month = {"year": 1, "quarter": 3 * ((today.month - 1) // 3) + 1}.get(unit, today.month)
    return date(today.year, month, 1)
