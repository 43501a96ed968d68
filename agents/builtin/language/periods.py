"""Periods: "last month", "Q3 2026", "between 1 and 15 March", resolved with the clock of the request."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from agents.builtin.language.lexicon import MONTHS
from agents.builtin.language.seasons import stretches

_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_ORD = r"(?:st|nd|rd|th)?"
_ISO = r"\d{4}-\d{1,2}-\d{1,2}"
_SLASH = r"\d{1,2}/\d{1,2}/\d{4}"
_DAY = (
    rf"(?:{_ISO}|{_SLASH}|{_MONTH}\s+\d{{1,2}}\b{_ORD}(?:\s*,?\s*(?:19|20)\d{{2}})?|\d{{1,2}}{_ORD}\s+(?:of\s+)?{_MONTH}("
    rf"?:\s*,?\s*(?:19|20)\d{{2}})?)"
)
_NTH = r"(?:first|second|third|fourth|1st|2nd|3rd|4th|last)"
_QUARTER = (
    rf"(?:q[1-4](?:\s*(?:of\s+|,\s*)?(?:19|20)\d{{2}})?|(?:19|20)\d{{2}}\s*-?q[1-4]|{_NTH}\s+(?:quarter|"
    rf"half)\s+(?:of\s+)?(?:the\s+year\s+)?(?:(?:19|20)\d{{2}}|(?:this|last|the\s+current)\s+year)|"
    rf"(?:q[1-4]|h[12])\s*(?:of\s+|,\s*)?(?:this|last)\s+year|h[12]\s*(?:of\s+|,\s*)?(?:19|20)\d{{2}}|"
    rf"(?:19|20)\d0s)"
)
_MONTHS = rf"(?:{_MONTH}\s*(?:of\s+|,\s*)?(?:the\s+year\s+)?(?:(?:19|20)\d{{2}}|(?:this|last)\s+year)|{_MONTH})"
_YEAR_SAID = re.compile(r"(?:(?:19|20)\d{2}|(?:this|last) year)$")
_YEAR = r"(?:(?:the\s+)?(?:calendar\s+)?years?\s+)?(?:19|20)\d{2}(?!\d|[.,/-]\d)"
_REL = (
    r"(?:new year(?:'s(?: day)?)?(?!\w)|(?:day|week|month|quarter|year) before last|"
    r"(?:the\s+)?same\s+(?:day|week|month|quarter)\s+(?:of\s+)?last\s+year|"
    r"today|yesterday|tomorrow|now|year to date|month to date|quarter to date|week to date|ytd|mtd|qtd|"
    r"(?:this|current|last|previous|past|prior|preceding|next)\s+(?:calendar\s+|iso\s+)?(?:day|week|"
    r"month|quarter|year)(?!\w))"
)
_POINT = rf"(?:{_DAY}|{_QUARTER}|{_MONTHS}|{_YEAR}|{_REL})"
_UNIT = r"(day|week|month|quarter|year)s?"
SPOKEN_NUMBERS = {
    word: number
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
_N = rf"(\d+|{'|'.join(SPOKEN_NUMBERS)}|couple of|few)"

_RANGE = re.compile(
    (
        rf"\b(?:between|from|for the period)\s+(?:the\s+)?({_POINT})\s*(?:and|to|until|till|through|"
        rf"thru|up to|-|–)\s*(?:the\s+)?(?:end of\s+)?({_POINT})"
    ),
    re.IGNORECASE,
)
_BARE_RANGE = re.compile(rf"\b({_POINT})\s*(?:-|–|to|through|until)\s*({_POINT})", re.IGNORECASE)
_SHORT_RANGE = re.compile(
    rf"\b(?:between|from)\s+({_MONTH})\s+(?:and|to|through|until)\s+({_MONTH})\s*,?\s*(?:of\s+)?((?:19|20)\d{{2}})",
    re.IGNORECASE,
)
_DAY_RANGE = re.compile(
    (
        rf"\b(?:between|from)\s+(\d{{1,2}}){_ORD}\s+(?:and|to|through|until)\s+(\d{{1,2}}){_ORD}\s+(?:of\s+)?({_MONTH})(?:\s*"
        rf",?\s*((?:19|20)\d{{2}}))?"
    ),
    re.IGNORECASE,
)
_ROLLING = re.compile(
    (
        rf"\b(?:(?:in|over|within|during|for|from)\s+)?(?:each of\s+)?(?:the\s+)?(?:last|past|previous|"
        rf"prior|preceding|latest|most recent)\s+{_N}\s+(?:full\s+|whole\s+|complete\s+)?(?:calendar\s+|"
        rf"iso\s+|business\s+)?{_UNIT}(?!\w)"
    ),
    re.IGNORECASE,
)
_COMING = re.compile(
    rf"\b(?:(?:in|over|within|during|for)\s+)?(?:the\s+)?(?:next|coming|following|upcoming)\s+{_N}\s+{_UNIT}(?!\w)",
    re.IGNORECASE,
)
_WITHIN = re.compile(rf"\bwithin\s+{_N}\s+{_UNIT}\s+(?:from|of)\s+(?:now|today)\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\bin the future\b|\b(?:still )?(?:to come|lies? ahead|coming up|upcoming)\b(?!\s+(?:to|with))", re.IGNORECASE
)
_WHOLE_LAST = re.compile(r"(?:in|within|over|during) the (?:last|past) (week|month|quarter|year)", re.IGNORECASE)
_AGO = re.compile(rf"\b{_N}\s+{_UNIT}\s+ago\b", re.IGNORECASE)
_OPEN = re.compile(
    (
        rf"\b(since|on or after|on or before|after|before|until|till|up to|prior to|earlier than|later "
        rf"than|no later than|as of|starting(?:\s+(?:from|in|on))?|from|through|by)\s+(?:the\s+)?(?:start "
        rf"of\s+|end of\s+)?({_POINT})(\s+(?:onwards?|on)\b)?"
    ),
    re.IGNORECASE,
)
_AT = re.compile(
    (
        rf"\b(?:(?:in|during|on|for|of|from|within|over|as of|throughout)\s+)?(?:the\s+)?(?:month\s+of\s+(?={_MONTH})|"
        rf"whole\s+(?:of\s+)?)?(?:the\s+)?({_POINT})"
    ),
    re.IGNORECASE,
)
_WHOLE = re.compile(
    (
        r"\s*\(?,?\s*(?:excluding|not including|exclusive of|not counting|without|does not include)"
        r"\s+(?:the\s+)?(?:current|"
        r"this|present)\s+(?:day|week|month|quarter|year)\)?"
    ),
    re.IGNORECASE,
)
_TODAY_IN = re.compile(
    (
        r"\s*\(?,?\s*(?:inclusive of|including|includes?|inclusive)\s+(?:of\s+)?(?:today(?:'s|’s)?(?:\s+date)?|"
        r"\d+\s+\w+\s+ago|(?:the\s+)?start and end dates?|both(?: dates)?)\)?|"
        r"\s*\(?,?\s*\(?(?:both\s+)?(?:dates?\s+)?inclus"
        r"ive\)?(?:\s+of\s+(?:start and end dates|both dates))?"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """Days from ``start`` up to, not including, ``end``; None is open. ``span`` are characters of the question.

    ``year`` and ``month`` are set when the words named exactly one, for tables that keep them in columns of their own.
    ``other`` is a second reading that is worth comparing, ``note`` what the words are taken to mean.
    """

    start: date | None
    end: date | None
    span: tuple[int, int]
    year: int | None = None
    month: int | None = None
    bare_year: bool = False
    inclusive_of: str = ""
    grain: str = ""
    other: Period | None = field(default=None, compare=False)
    note: str = field(default="", compare=False)


def find_periods(text: str, today: date) -> list[Period]:  # noqa: C901 - one short branch a kind of phrase
    """All periods that the text speaks of, left to right, none overlapping."""
    found: list[Period] = []
    taken: list[tuple[int, int]] = []
    low = text.lower()

    def free(start: int, end: int) -> bool:
        return all(end <= a or start >= b for a, b in taken)

    def keep(period: Period | None, match: re.Match[str]) -> None:
        if period is not None and free(*match.span()):
            rolled = _WHOLE_LAST.fullmatch(match[0].strip())
            if rolled is not None and period.other is None:
                # "In the last year" is as well the twelve months up to today.
                period = replace(period, other=_rolling("1", rolled[1], today))
            period = _with_tail(replace(period, span=match.span()), low, today)
            found.append(period)
            taken.append(period.span)

    for match, start, end, note in stretches(low, today):
        keep(Period(start, end, (0, 0), note=note), match)
    for match in _DAY_RANGE.finditer(low):
        month = MONTHS[match[3].strip(". ")]
        year = int(match[4]) if match[4] else _latest_year(month, today)
        keep(_days(_safe(year, month, int(match[1])), _safe(year, month, int(match[2]))), match)
    for match in _SHORT_RANGE.finditer(low):
        year = int(match[3])
        first, last = MONTHS[match[1].strip(". ")], MONTHS[match[2].strip(". ")]
        keep(Period(date(year, first, 1), _add(date(year, last, 1), "month", 1), (0, 0), year=year), match)
    for pattern in (_RANGE, _BARE_RANGE):
        for match in pattern.finditer(low):
            if free(*match.span()):
                said = _YEAR_SAID.search(match[2].strip())
                bare = match[1].strip(". ") in MONTHS and said is not None
                # "January to May last year": both months are of that year.
                begins = f"{match[1].strip('. ')} {said[0]}" if bare and said is not None else match[1]
                left, right = _point(begins, today), _point(match[2], today)
                if left and right and left.start and right.end and left.start < right.end:
                    keep(Period(left.start, right.end, (0, 0)), match)
    for match in _ROLLING.finditer(low):
        if free(*match.span()):
            whole = re.search(r"\b(?:full|whole|complete)\b", match[0]) is not None
            keep(_rolling(match[1], match[2], today, whole=whole), match)
    for pattern in (_COMING, _WITHIN):
        for match in pattern.finditer(low):
            if free(*match.span()):
                end = _add(today, match[2], _count(match[1])) + timedelta(days=1)
                keep(Period(today, end, (0, 0), grain=match[2]), match)
    for match in _AGO.finditer(low):
        if free(*match.span()):
            day = _add(today, match[2], -_count(match[1]))
            keep(Period(day, day + timedelta(days=1), (0, 0)), match)
    for match in _OPEN.finditer(low):
        if free(*match.span()) and not _whole_unit(match):
            ends = "end of" in match.group()[len(match[1]) : match.start(2) - match.start()]
            keep(_open(match[1], match[2], match[3], today, ends=ends), match)
    for match in _AT.finditer(low):
        if free(*match.span()) and not _plain_word(match, low):
            keep(_point(match[1], today), match)
    ahead = _AHEAD.search(low)
    if ahead is not None and not found:
        keep(Period(today, None, (0, 0)), ahead)
    return sorted(found, key=lambda period: period.span)


def _whole_unit(match: re.Match[str]) -> bool:
    """As in "invoices from last month": those of it, and not all since then."""
    return match[1] == "from" and match[3] is None and match[2].split()[0] in {"last", "this", "previous", "yesterday"}


def _plain_word(match: re.Match[str], low: str) -> bool:
    """'may', 'march' and 'now' are words too; a year needs to stand alone, not as an amount."""
    word = match[1].strip(". ")
    listed = re.search(rf"{_MONTH}\s*(?:,|and|or|&|vs\.?|versus|to)\s*$", low[: match.start()])
    if listed and word in MONTHS:
        return False
    if word in {"may", "march", "mar", "sat", "sun", "sep", "dec", "now"}:
        return word == "now" or not re.match(r"\s*(?:in|during|of|for|since)\b", match.group())
    if re.fullmatch(r"(?:19|20)\d{2}", word):
        before = low[: match.start(1)].rstrip()
        return bool(
            re.search(r"(?:than|least|most|over|above|under|below|id|top|first|number|exceeds?|[$€£=<>#])$", before)
        )
    return False


def _with_tail(period: Period, low: str, today: date) -> Period:
    """'excluding the current week' and 'inclusive of today' belong to the period they follow."""
    start, end = period.span
    whole = _WHOLE.match(low, end)
    if whole and period.grain:
        unit = period.grain
        this = _trunc(today, unit)
        if period.end == this:
            return replace(period, span=(start, whole.end()))
        count = _unit_count(period, unit, today)
        return replace(period, start=_add(this, unit, -count), end=this, span=(start, whole.end()), other=None)
    inside = _TODAY_IN.match(low, end)
    if inside:
        other = None
        if "today" in inside.group() and period.grain == "day" and period.start:
            other = replace(period, start=period.start + timedelta(days=1))
        return replace(period, span=(start, inside.end()), other=other, inclusive_of=inside.group().strip(" ,()"))
    return period


def _unit_count(period: Period, unit: str, today: date) -> int:
    if period.start is None:
        return 1
    for count in range(1, 400):
        if _add(today, unit, -count) <= period.start:
            return count
    return 1


def _rolling(count: str, unit: str, today: date, *, whole: bool = False) -> Period:
    """So many units up to today, or so many whole ones before that which is not over yet."""
    number = _count(count)
    if whole and unit != "day":
        end = _trunc(today, unit)
        return Period(_add(end, unit, -number), end, (0, 0), grain=unit)
    return Period(_add(today, unit, -number), today + timedelta(days=1), (0, 0), grain=unit)


def _open(word: str, point: str, onward: str | None, today: date, *, ends: bool = False) -> Period | None:
    at = _point(point, today)
    if at is None or at.start is None or at.end is None:
        return None
    word = word.split(maxsplit=1)[0] if word.startswith("starting") else word
    if ends and word in {"since", "after", "starting", "from", "later than"}:
        return Period(at.end, None, (0, 0))  # "since the end of March"
    if word == "from" and not onward and at.end - at.start > timedelta(days=1):
        # "Orders from 2024": those of that year, or all since it began.
        return Period(at.start, None, (0, 0), other=replace(at, other=None))
    if word in {"since", "on or after", "starting", "from"} or (onward and word != "before"):
        return Period(at.start, None, (0, 0))
    if word in {"after", "later than"}:
        return Period(at.end, None, (0, 0))
    if word in {"before", "prior to", "earlier than"}:
        return Period(None, at.start, (0, 0))
    if word == "by" and not re.search(r"\d", point):
        return None
    return Period(None, at.end, (0, 0))


def _point(text: str, today: date) -> Period | None:
    text = re.sub(r"^(?:the\s+)?(?:calendar\s+)?years?\s+(?=\d)", "", " ".join(text.lower().split())).strip(" ,.")
    if re.match(rf"{_NTH} |[qh][1-4]|{_MONTH}", text):
        # "The second half of last year".
        text = re.sub(r"\b(?:this|the current) year$", str(today.year), text)
        text = re.sub(r"\blast year$", str(today.year - 1), text)
    if re.fullmatch(_ISO, text):
        year, month, day = map(int, text.split("-"))
        return _days(_safe(year, month, day))
    if re.fullmatch(_SLASH, text):
        first, second, year = map(int, text.split("/"))
        found = _days(_safe(year, first, second) or _safe(year, second, first))
        turned = _days(_safe(year, second, first))
        return replace(found, other=turned) if found and turned and first != second else found
    if re.fullmatch(r"(?:19|20)\d0s", text):
        return Period(date(int(text[:4]), 1, 1), date(int(text[:4]) + 10, 1, 1), (0, 0))
    half = re.match(r"h([12]).*((?:19|20)\d{2})", text)
    if half:
        start = date(int(half[2]), 6 * int(half[1]) - 5, 1)
        return Period(start, _add(start, "month", 6), (0, 0))
    if re.fullmatch(r"(?:19|20)\d{2}", text):
        year = int(text)
        return Period(date(year, 1, 1), date(year + 1, 1, 1), (0, 0), year=year, bare_year=True, grain="")
    quarter = re.search(r"q([1-4])", text)
    years = re.search(r"(?:19|20)\d{2}", text)
    if quarter:
        number = int(quarter[1])
        year = (
            int(years[0]) if years else (today.year if date(today.year, 3 * number - 2, 1) <= today else today.year - 1)
        )
        start = date(year, 3 * number - 2, 1)
        return Period(start, _add(start, "month", 3), (0, 0))
    part = re.match(rf"({_NTH})\s+(quarter|half)", text)
    if part and years:
        size = 3 if part[2] == "quarter" else 6
        number = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}.get(
            part[1], 12 // size
        )
        if number * size > 12:
            return None
        start = date(int(years[0]), size * (number - 1) + 1, 1)
        return Period(start, _add(start, "month", size), (0, 0))
    return _relative(text, today) or _month_or_day(text, today)


def _month_or_day(text: str, today: date) -> Period | None:
    month_word = re.search(_MONTH, text)
    if not month_word:
        return None
    month = MONTHS[month_word[0].strip(". ")]
    rest = text.replace(month_word[0], " ")
    years = re.search(r"(?:19|20)\d{2}", rest)
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", re.sub(r"(?:19|20)\d{2}", "", rest))
    year = int(years[0]) if years else _latest_year(month, today)
    if day:
        return _days(_safe(year, month, int(day[1])))
    start = date(year, month, 1)
    return Period(start, _add(start, "month", 1), (0, 0), year=year if years else None, month=month)


def _relative(text: str, today: date) -> Period | None:
    tomorrow = today + timedelta(days=1)
    if text in {"today", "now"}:
        return Period(today, tomorrow, (0, 0))
    if text.startswith("new year"):
        start = date(today.year, 1, 1)
        return Period(start, start + timedelta(days=1), (0, 0))
    if text == "tomorrow":
        return Period(tomorrow, tomorrow + timedelta(days=1), (0, 0))
    if text == "yesterday":
        return Period(today - timedelta(days=1), today, (0, 0))
    before = re.fullmatch(r"(day|week|month|quarter|year) before last", text)
    if before:
        end = _add(_trunc(today, before[1]), before[1], -1)
        return Period(_add(end, before[1], -1), end, (0, 0), grain=before[1])
    alike = re.fullmatch(r"(?:the )?same (day|week|month|quarter) (?:of )?last year", text)
    if alike:
        start = _add(_trunc(today, alike[1]), "year", -1)
        return Period(start, _add(start, alike[1], 1), (0, 0))
    to_date = {
        "year to date": "year",
        "ytd": "year",
        "quarter to date": "quarter",
        "qtd": "quarter",
        "month to date": "month",
        "mtd": "month",
        "week to date": "week",
    }
    if text in to_date:
        return Period(_trunc(today, to_date[text]), tomorrow, (0, 0))
    match = re.fullmatch(
        r"(this|current|last|previous|past|prior|preceding|next)\s+(?:calendar\s+|iso\s+)?(day|week|month|quarter|year)",
        text,
    )
    if not match:
        return None
    word, unit = match.groups()
    if word in {"this", "current"}:
        start = _trunc(today, unit)
        return Period(start, _add(start, unit, 1), (0, 0))
    if word == "next":
        start = _add(_trunc(today, unit), unit, 1)
        return Period(start, _add(start, unit, 1), (0, 0))
    if word == "past":
        return Period(_add(today, unit, -1), tomorrow, (0, 0), grain=unit)
    end = _trunc(today, unit)
    return Period(_add(end, unit, -1), end, (0, 0), grain=unit)


def _days(first: date | None, last: date | None = None) -> Period | None:
    last = last or first
    if first is None or last is None or last < first:
        return None
    return Period(first, last + timedelta(days=1), (0, 0))


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _count(text: str) -> int:
    if text.isdigit():
        return int(text)
    return {"couple of": 2, "few": 3}.get(text) or SPOKEN_NUMBERS[text]


def _latest_year(month: int, today: date) -> int:
    """A month without a year is the latest one that has begun."""
    return today.year if month <= today.month else today.year - 1


def _trunc(day: date, unit: str) -> date:
    """First day of the unit that holds the day; weeks start on Monday (ISO 8601)."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return date(day.year, 1, 1) if unit == "year" else day


def _add(day: date, unit: str, count: int) -> date:
    """The day that many units later; the last day of the month where the month is shorter."""
    if unit in {"day", "week"}:
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
