"""Long ago: days that lie back further than so long, or are missing: "last service over a year ago or missing"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from agents.builtin.everyday.daywords import days_said
from agents.builtin.language.periods import SPOKEN_NUMBERS
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Col, Schema

_MISSING = (
    r"(?:missing|empty|blank|unknown|none|never|not (?:known|there|recorded|given|done|filled in|on file)|"
    r"never (?:done|given|recorded|happened|had))"
)
_AGO = (
    rf"(?:more than|over|longer than|older than) (?P<many>an?|\d+|{'|'.join(SPOKEN_NUMBERS)}) "
    r"(?P<unit>day|week|month|year)s? (?:ago|old|back|past)"
)
_LIES = re.compile(
    rf"^(?P<head>[^?]+?),? (?:whose|where the|where|with a|with the|with their) (?P<what>[\w' -]+?) "
    rf"(?:(?:is|was|are|were|lies|dates|happened) )?(?:back )?{_AGO}(?P<or>,? or (?:is |was |are "
    rf")?{_MISSING})?[ ?.!]*$",
    re.IGNORECASE,
)
_NONE_OR = re.compile(
    r"^(?P<head>[^?]+?) (?:(?:who|that|which) )?(?:has|have|had|with|having|without) (?:no|never had an?|any) "
    r"(?P<what>[\w' -]+?)"
    r"(?: (?:on|in) (?:file|record|the books)| recorded| noted| yet| at all)?,? or (?:(?:who|that|which) "
    r")?(?:has |have |had |with )*"
    r"(?:the |their |its |an? )?(?:last|latest)(?: one)? "
    rf"(?:(?:was|is|done|dated) )?(?:(?P<before>before [^?]+?)|{_AGO})[ ?.!]*$",
    re.IGNORECASE,
)


def long_ago(text: str, schema: Schema, linker: Linker, today: date) -> str:
    """The question with the day before which it lies; as it is where not one day of the rows is spoken of."""
    found = _LIES.match(text)
    if found is not None:
        day = _day(found["what"], found["head"], schema, linker)
        none = " or empty" if found["or"] else ""
        if day is not None:
            return f"{found['head']} whose {day.name} is before {_back(found, today).isoformat()}{none}"
    found = _NONE_OR.match(text)
    if found is not None:
        day = _day(f"last {found['what']}", found["head"], schema, linker)
        day = day or _day(found["what"], found["head"], schema, linker)
        when = found["before"] or f"before {_back(found, today).isoformat()}"
        if day is not None:
            return f"{found['head']} whose {day.name} is {when} or empty"
    return text


def _day(said: str, head: str, schema: Schema, linker: Linker) -> Col | None:
    """The one day of the rows spoken of that words name."""
    tables = {table for word in re.findall(r"[\w-]+", head.lower()) if (table := linker.table_of(word))}
    days = [(left, day) for day, left in days_said(schema, said) if day.table in tables]
    least = [day for left, day in days if left == min(one for one, _ in days)]
    return least[0] if len(least) == 1 else None


def _back(found: re.Match[str], today: date) -> date:
    """The day so long before today."""
    said, unit = found["many"].lower(), found["unit"].lower()
    many = 1 if said in {"a", "an"} else SPOKEN_NUMBERS.get(said) or int(said)
    if unit in {"day", "week"}:
        return today - timedelta(days=many * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 - many * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(today.day, last))
