"""What happened more than once in one day, week or month: "who paid twice on the same day"."""

from __future__ import annotations

import re

from agents.builtin.everyday.comings import END, TIMES, WHOM, WORD, events_of, number_of, whom
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import spoken
from agents.builtin.meaning import Ref
from agents.builtin.parsing.alike import at_least_in_each
from agents.builtin.schema.choose import date_columns, ends_rows
from agents.builtin.schema.graph import Schema

_ONE = (
    r"(?:on|in|within|during) (?:the |a |any |one )*(?:same|single|one) "
    rf"(?P<unit>day|date|week|month|quarter|year){END}"
)
_TWICE = re.compile(
    rf"{WHOM} (?P<deed>[a-z]+(?: {WORD}){{0,4}}?) "
    rf"(?:(?:at least )?(?P<times>{TIMES})(?: or more)?|more than once|several times|multiple times) {_ONE}",
    re.IGNORECASE,
)
_TWO = re.compile(
    rf"{WHOM} (?P<deed>[a-z]+) (?:at least )?(?P<times>two|three|four|five|[2-9]|several|multiple|more than one)"
    rf"(?: or more)? (?P<what>[\w-]+) {_ONE}",
    re.IGNORECASE,
)


def on_one_day(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question as so many rows of what happens, of each of them and each day, once for each day that may count."""
    found = next((match for pattern in (_TWICE, _TWO) if (match := pattern.match(text))), None)
    if found is None or found["lead"].lower().startswith("how many"):
        return []
    least = max(2, number_of(found["times"] or "twice"))
    unit = "day" if found["unit"].lower() == "date" else found["unit"].lower()
    deed = " ".join(part for part in (found["deed"], found.groupdict().get("what")) if part)
    return [
        at_least_in_each(f"number of {rows} by {who if ' ' in who else spoken(schema, table)}", least, unit, day)
        for who, table in whom(found, schema, linker)
        for event, rows in events_of(deed, table, schema, linker)
        for day in _days(found["deed"], event, schema)
    ]


def _days(deed: str, event: str, schema: Schema) -> list[Ref]:
    """The day of which the deed speaks, else those on which it may have happened."""
    days = date_columns(schema, event)
    told = [day for day in days if stem(deed.split(maxsplit=1)[0].lower()) in {stem(word) for word in day.words}]
    return [day.ref for day in told or [day for day in days if not ends_rows(day)] or days]
