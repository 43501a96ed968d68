"""When the owner wants it to run: words to five cron fields, and the words that said so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spec.pipeline import Schedule

_DAYS = {"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 0}
_SHORT = {name[:3]: number for name, number in _DAYS.items()} | {"tues": 2, "thur": 4, "thurs": 4}
# The days of other languages, Monday first; only after their own word for "every".
_ELSEWHERE = {
    "ogni": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "jeden": "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "chaque": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "cada": "lunes martes miércoles jueves viernes sábado domingo",
}
_SPANS = {
    "day": "ogni giorno|jeden tag|täglich|chaque jour|cada día|quotidianamente",
    "week": "ogni settimana|jede woche|wöchentlich|chaque semaine|cada semana",
    "month": "ogni mese|jeden monat|monatlich|chaque mois|cada mes",
}
_DAY = "|".join([*_DAYS, *sorted(_SHORT, key=len, reverse=True)])
DEFAULT_HOUR = 8
# Months end on different days, which cron fields cannot say; the first of the next one is when a month is complete.
LAST = -1
_NUMBERS = {"first": 1, "second": 2, "third": 3, "last": LAST} | {f"{n}": n for n in range(1, 29)}


@dataclass(frozen=True)
class Timing:
    """A schedule found in a request: the fields, the words it was read from, and what was assumed."""

    schedule: Schedule
    words: tuple[str, ...]
    assumption: str | None
    reading: str


_TIME = re.compile(
    r"\b(?:at|by|around|before|alle|um|à|a\s+las)\s+(?:(?P<noon>noon|midday)|(?P<midnight>midnight)"
    r"|(?P<hour>[01]?\d|2[0-3])(?:[:.h](?P<minute>[0-5]\d))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?(?:\s*"
    r"o'?clock)?(?:\s+(?:in\s+the\s+(?P<of>morning|afternoon|evening)|at\s+(?P<ofnight>night))"
    r")?)(?![\w%])"
    r"|\b(?P<hour2>[01]?\d|2[0-3]):(?P<minute2>[0-5]\d)\b|\b(?P<hour3>1[0-2]|0?[1-9])\s*(?P<half3>am|pm)\b"
    r"|\b(?:in\s+the\s+)?(?P<part>morning|afternoon|evening|night)s?\b",
    re.IGNORECASE,
)
_BEFORE_PART = re.compile(rf"\b(?:every|each|at|day|weekday|days|weekdays|(?:{_DAY})s?)\s+$", re.IGNORECASE)
_INTERVAL = re.compile(
    r"\b(?:every|each)\s+(?P<number>[1-9]\d{0,2})\s+(?P<unit>minutes?|mins?|hours?)\b", re.IGNORECASE
)
_PART_HOURS = {"morning": 8, "afternoon": 14, "evening": 18, "night": 22}
_WEEKDAYS = re.compile(
    r"\b(?:every|each)\s+(?:weekday|working\s+day|business\s+day|workday)\b|\bon\s+(?:weekdays|"
    r"workdays|business\s+days)\b",
    re.IGNORECASE,
)
_PLURAL = "|".join(f"{name}s" for name in _DAYS)
# "orders on Monday" asks about a day; "on Mondays" and "every Monday" ask for a schedule.
_NAMED_DAYS = re.compile(
    rf"\b(?:every|each)\s+((?:{_DAY})s?(?:\s*(?:,|and|&)\s*(?:{_DAY})s?)*)\b"
    rf"|\b((?:{_PLURAL})(?:\s*(?:,|and|&)\s*(?:{_PLURAL}))*)\b",
    re.IGNORECASE,
)
_DAY_OF_MONTH = re.compile(
    rf"\b(?:on\s+)?(?:the\s+)?({'|'.join(_NUMBERS)})(?:st|nd|rd|th)?(?:\s+day)?\s+of\s+(?:the|each|every)\s+month\b"
    r"|\b(?:every|each)\s+month\s+on\s+the\s+(\d{1,2})(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
_PLAIN = (
    (re.compile(r"\b(?:every|each)\s+hour\b|\bhourly\b", re.IGNORECASE), "hour"),
    (re.compile(r"\b(?:every|each)\s+(?:day|morning|evening|night|afternoon)\b|\bdaily\b", re.IGNORECASE), "day"),
    (re.compile(r"\b(?:every|each|once\s+a)\s+week\b|\bweekly\b", re.IGNORECASE), "week"),
    (re.compile(r"\b(?:every|each|once\s+a)\s+month\b|\bmonthly\b|\bmonth\s+end\b", re.IGNORECASE), "month"),
    (re.compile(r"\b(?:every|each|once\s+a)\s+quarter\b|\bquarterly\b", re.IGNORECASE), "quarter"),
)
# "weekly sales" names a grain, not a schedule; only an adverb that ends a clause or follows a verb of doing is one.
_GRAIN_NOUN = re.compile(
    r"\s+(?:sales|revenue|orders?|totals?|numbers?|figures?|averages?|counts?|amounts?|growth|trend|cohorts?|retention)\b",
    re.IGNORECASE,
)


_CLOCK_OF = re.compile(
    r"\s*,?\s*\(?(?:in\s+)?(?:(?P<city>[A-Z][a-z]+(?:[ _][A-Z][a-z]+)*)\s+time\b|(?P<zone>[A-Z][a-z]+"
    r"/[A-Z][A-Za-z_]+)(?:\s+time)?\b|(?P<utc>UTC|GMT)\b)\)?"
)


def _zone_said(text: str) -> tuple[str, str] | None:
    """(IANA zone, the words) of "New York time", "Europe/Rome" or "UTC"; None for a place that names no zone."""
    from zoneinfo import available_timezones

    for found in _CLOCK_OF.finditer(text):
        if found["utc"]:
            return "UTC", found.group(0)
        known = available_timezones()
        if found["zone"] and found["zone"] in known:
            return found["zone"], found.group(0)
        city = (found["city"] or "").replace(" ", "_")
        zones = sorted(zone for zone in known if city and zone.rpartition("/")[2] == city and zone.count("/") == 1)
        if zones:
            return zones[0], found.group(0)
    return None


def find_timing(text: str, timezone: str) -> Timing | None:
    """The schedule a request asks for, or None. Without a time of day 08:00 is assumed, and said."""
    often = _INTERVAL.search(text)
    if often:
        unit = "minute" if often["unit"].lower().startswith("m") else "hour"
        every = f"{often['number']} {unit}{'s' if often['number'] != '1' else ''}"
        return Timing(Schedule(every=every, timezone=timezone), (often.group(0),), None, f"every {every}")
    found = _days(text)
    if found is None:
        return None
    day_fields, words, reading = found
    zone = _zone_said(text)
    if zone:
        timezone, words = zone[0], (*words, zone[1])
    clock, part = _clock(text)
    hour, minute = _hour_minute(clock, part) if clock else (DEFAULT_HOUR, 0)
    if day_fields == "* * *" and reading == "every hour":
        return Timing(Schedule(cron="0 * * * *", timezone=timezone), words, None, reading)
    assumption = None
    if clock:
        words = (*words, clock.group(0))
        words = (*words, part) if part and not any(part in one for one in words) else words
    else:
        assumption = f"runs at {hour:02}:{minute:02} {timezone} time, as no time was given"
    schedule = Schedule(cron=f"{minute} {hour} {day_fields}", timezone=timezone)
    in_zone = f" {timezone} time" if zone else ""
    return Timing(schedule, words, assumption, f"{reading} at {hour:02}:{minute:02}{in_zone}")


def _days(text: str) -> tuple[str, tuple[str, ...], str] | None:
    """(day-of-month month day-of-week fields, words, reading)."""
    weekdays = _WEEKDAYS.search(text)
    if weekdays:
        return "* * 1-5", (weekdays.group(0),), "every weekday"
    monthly = _DAY_OF_MONTH.search(text)
    if monthly:
        number = _NUMBERS.get((monthly.group(1) or monthly.group(2)).lower(), 1)
        if number == LAST:
            return "1 * *", (monthly.group(0),), "on day 1 of each month, for the month before"
        return f"{number} * *", (monthly.group(0),), f"on day {number} of each month"
    named = _NAMED_DAYS.search(text)
    if named:
        listed = next(group for group in named.groups() if group)
        days = re.findall(rf"(?:{_DAY})", listed, re.IGNORECASE)
        numbers = sorted({_day_number(word) for word in days}, key=lambda day: day or 7)
        names = [name.capitalize() for number in numbers for name, value in _DAYS.items() if value == number]
        return f"* * {','.join(map(str, numbers))}", (named.group(0),), "every " + " and ".join(names)
    return _plain(text) or _elsewhere(text)


def _elsewhere(text: str) -> tuple[str, tuple[str, ...], str] | None:
    """The same in Italian, German, French and Spanish."""
    names = list(_DAYS)
    for every, days in _ELSEWHERE.items():
        for number, day in enumerate(days.split(), 1):
            plain = day.replace("ì", "[ìi]").replace("é", "[ée]").replace("á", "[áa]")
            found = re.search(rf"\b{every}\s+{plain}(?!\w)", text, re.IGNORECASE)
            if found:
                return f"* * {number % 7}", (found.group(0),), f"every {names[number - 1].capitalize()}"
    fields = {
        "day": ("* * *", "every day"),
        "week": ("* * 1", "every Monday"),
        "month": ("1 * *", "on day 1 of each month"),
    }
    for unit, words in _SPANS.items():
        found = re.search(rf"\b(?:{words})(?!\w)", text, re.IGNORECASE)
        if found:
            return fields[unit][0], (found.group(0),), fields[unit][1]
    return None


def _plain(text: str) -> tuple[str, tuple[str, ...], str] | None:
    fields = {
        "hour": ("* * *", "every hour"),
        "day": ("* * *", "every day"),
        "week": ("* * 1", "every Monday"),
        "month": ("1 * *", "on day 1 of each month"),
        "quarter": ("1 1,4,7,10 *", "on day 1 of each quarter"),
    }
    for pattern, unit in _PLAIN:
        for found in pattern.finditer(text):
            if found.group(0).lower().endswith("ly") and _GRAIN_NOUN.match(text, found.end()):
                continue
            day_fields, reading = fields[unit]
            return day_fields, (found.group(0),), reading
    return None


def _day_number(word: str) -> int:
    folded = word.lower()
    return _DAYS[folded] if folded in _DAYS else _SHORT[folded]


def _clock(text: str) -> tuple[re.Match[str] | None, str]:
    """The time of day that is said, and the part of the day beside it: "at 2" and "night"; a part alone is a time."""
    times = [one for one in _TIME.finditer(text) if not one["part"] or _is_when(one, text)]
    exact = next((one for one in times if not one["part"]), None)
    part = next((one["part"] for one in times if one["part"]), "")
    return (exact, part) if exact else (times[0] if times else None, "")


def _is_when(part: re.Match[str], text: str) -> bool:
    """Whether "night" says when, as in "every night" or "Friday nights", and not what is counted, as in "nights"."""
    return part.group(0).lower().startswith("in ") or bool(_BEFORE_PART.search(text[: part.start()]))


def _hour_minute(clock: re.Match[str], part: str = "") -> tuple[int, int]:
    if clock["noon"]:
        return 12, 0
    if clock["midnight"]:
        return 0, 0
    if clock["part"]:
        return _PART_HOURS[clock["part"].lower()], 0
    hour = int(clock["hour"] or clock["hour2"] or clock["hour3"])
    minute = int(clock["minute"] or clock["minute2"] or 0)
    half = (clock["half"] or clock["half3"] or "").replace(".", "").lower()
    of = (clock["of"] or part).lower()
    if not half and hour < 12 and (of in ("afternoon", "evening") or (of == "night" and hour > 5)):
        half = "pm"
    if hour < 12 and ((clock["of"] or "").lower() in ("afternoon", "evening") or (clock["ofnight"] and hour > 5)):
        half = "pm"
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return hour, minute
