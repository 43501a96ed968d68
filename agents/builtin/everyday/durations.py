"""How long rows lasted, in the words that questions are read in: "how long do hires last", "hires of over a week"."""

from __future__ import annotations

import re

from agents.builtin.everyday.daywords import days_said
from agents.builtin.language.lexicon import MONTHS
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Col, Schema

_LASTS = re.compile(
    r"^(?:on average,? )?how long (?:do|does|did) (?:an? |the |our )?(?P<what>[^?]+?)(?: usually| normally| "
    r"typically)? "
    r"(?:last|take|run|go on)(?: for)?(?: on average)?(?P<rest>(?:,| (?:on|in|for|by|per|during|since|at|"
    r"with)\b)[^?]*?)?"
    r"[ ?.!]*$",
    re.IGNORECASE,
)
_RAN = re.compile(
    r"^(?P<lead>which|what) (?P<what>[\w -]+?) (?:ran|lasted|took|went on)(?: for)? (?:the )?"
    r"(?P<sup>longest|shortest)"
    r"(?P<rest>(?:,| (?:on|in|of|for|by|per|during|since|at|with)\b)[^?]*?)?[ ?.!]*$",
    re.IGNORECASE,
)
_OF_LONGEST = re.compile(
    r"^how long (?:is|was|were) (?:the |our )?(?P<sup>longest|shortest) (?P<what>[^?]+?)[ ?.!]*$", re.IGNORECASE
)
_IN_UNIT = re.compile(
    r"^(?:what(?:'s| is| was) )?(?:the |our )?(?P<agg>average|mean|median) (?P<what>[\w -]+?) in (?P<unit>days|hours)"
    r"(?P<rest>\b[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_OVER = r"more than|longer than|over|at least|less than|shorter than|under|at most|up to|exactly"
_SO_LONG = re.compile(
    r"\b(?P<noun>[a-z]+) (?P<that>(?:of|lasting|for|taking|(?:that |which )?(?:lasted|lasts?|took|takes?|ran|were|are|"
    r"is|"
    rf"was))(?: for)? )?(?P<over>(?:{_OVER}) )?(?P<many>an?|one|two|three|four|five|six|\d+) "
    r"(?P<unit>weeks?|fortnights?|days?)(?: long)?\b(?! (?:ago|before|after|from|later|earlier|of|"
    r"late|early|old|ahead|apart|overdue|past|too|between|in advance))",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted((month for month in MONTHS if len(month) > 2), key=len, reverse=True))
_STARTING = re.compile(
    rf"\b(?P<noun>[a-z]+) (?:starting|beginning) (?:in )?(?P<when>(?:{_MONTH})(?:,? (?:of )?(?:19|20)\d\d)?)\b"
    r"(?! (?:on|onwards?|to|until|through|-))",
    re.IGNORECASE,
)
_MANY = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}


_LENGTH = frozenset("duration length day days hours".split())


def length_of(schema: Schema, table: str) -> Col | None:
    """How many days or hours a table's rows lasted: as a column holds it, else as it follows from beginning and end."""
    columns = schema.of(table) if table else []
    held = [c for c in columns if c.kind == "number" and c.span is None and c.words and set(c.words) <= _LENGTH]
    held = [c for c in held if c.words[-1] in {"day", "days", "hours"}]
    made = [column for column in columns if column.span is not None]
    return held[0] if len(held) == 1 else made[0] if made else None


def _in_hours(length: Col) -> bool:
    return length.words[-1] == "hours"


def _rows(what: str, linker: Linker) -> str:
    """The table of the noun that a phrase begins with, whatever is said of it behind."""
    return next((table for word in what.lower().split() if (table := linker.table_of(word))), "")


def durations(text: str, schema: Schema, linker: Linker) -> str:
    """The question with its lengths of time said as those of the rows that are spoken of; as it is without any."""
    text = _begun(text, schema, linker)
    found = _LASTS.match(text)
    if found is not None:
        what, rest = found["what"], found["rest"] or ""
        length = length_of(schema, _rows(what, linker))
        if length is not None:
            return f"average {length.name} of {what}{rest}"
        ends = [day for day, _ in days_said(schema, what)]
        spans = [c for day in ends for c in schema.of(day.table) if c.span is not None and c.span[1] == day.name]
        if len(spans) == 1 and not _rows(what, linker):
            return f"average {spans[0].name}{rest}"
    found = _RAN.match(text)
    if found is not None:
        return f"{found['lead']} is the {found['sup']} {found['what']}{found['rest'] or ''}"
    found = _OF_LONGEST.match(text)
    if found is not None:
        length = length_of(schema, _rows(found["what"], linker))
        if length is not None:
            return f"{'highest' if found['sup'].lower() == 'longest' else 'lowest'} {length.name} of {found['what']}"
    found = _IN_UNIT.match(text)
    if found is not None:
        length = length_of(schema, linker.table_of(found["what"].split()[-1].lower()))
        if length is not None and _in_hours(length) == (found["unit"].lower() == "hours"):
            return f"{found['agg']} {length.name} of {found['what']}{found['rest']}"
    return _so_long(text, schema, linker)


def _begun(text: str, schema: Schema, linker: Linker) -> str:
    """As in "stays starting August 2025" of rows that last: those that began then, and not all since then."""
    found = _STARTING.search(text)
    length = length_of(schema, linker.table_of(found["noun"].lower())) if found is not None else None
    if found is None or length is None or length.span is None:
        return text
    told = f"{found['noun']} whose {length.span[0]} is in {found['when']}"
    return f"{text[: found.start()]}{told}{text[found.end() :]}"


def _so_long(text: str, schema: Schema, linker: Linker) -> str:
    """As in "hires of more than a week": those whose days or hours come to so many."""
    found = _SO_LONG.search(text)
    if found is None or not (found["that"] or found["over"]):
        return text
    length = length_of(schema, linker.table_of(found["noun"].lower()))
    if length is None:
        return text
    said = _MANY.get(found["many"].lower()) or int(found["many"])
    many = said * _DAYS[found["unit"].lower().rstrip("s")] * (24 if _in_hours(length) else 1)
    over = (found["over"] or "").strip().lower().replace("up to", "at most").replace("exactly", "")
    over = over.replace("longer", "more").replace("shorter", "less")
    told = " ".join(part for part in (found["noun"], "with", length.name, over, str(many)) if part)
    return f"{text[: found.start()]}{told}{text[found.end() :]}"
