"""Nights: the days from when rows began to when they ended, as people who put up guests count them."""

from __future__ import annotations

import re

from agents.builtin.everyday.durations import length_of
from agents.builtin.everyday.lapses import lapse_name
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import spoken
from agents.builtin.schema.graph import Schema

_NIGHT = re.compile(r"\bnights?\b", re.IGNORECASE)
_EACH_NIGHT = re.compile(r"\b(?:per|each|every|a|by|last|one) night\b|\bnight (?:shift|rate|price)", re.IGNORECASE)
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split()
_MANY = {word: n for n, word in enumerate(_NUMBERS, 1)}
_OVER = r"more than|longer than|over|at least|less than|fewer than|shorter than|under|at most|up to|exactly"
_SO_MANY = re.compile(
    r"\b(?:(?:of|for|lasting|with|that (?:lasted|were|are|had|have)|which (?:lasted|were|are)) )?"
    rf"(?:(?P<over>{_OVER}) )?(?P<many>\d+|{'|'.join(_NUMBERS)})[ -]nights?(?: long)?"
    r"(?P<more> (?:or|and) (?:more|longer|over|above|less|fewer|shorter|under))?\b",
    re.IGNORECASE,
)
_LED = re.compile(
    r"^(?:(?:on average,? )?how many|(?:what (?:is|was|are|were) )?(?:the |our )?(?:total )?number of) nights"
    r"(?: (?:are|were|is|was|did|do|does|have|has|had))?(?: (?:we|they|people|guests|customers|clients))?"
    r"(?: (?:been|got))?(?: (?:there|booked|stayed|spent|sold|taken|reserved|stay|have|had))?"
    r"(?P<how> (?:in total|altogether|in all|on average))?(?: (?:booked|stayed|spent|sold))?(?P<rest>[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?P<agg>\b(?:average|avg|mean|median|total|sum of|highest|lowest|most|fewest) )?(?:number of )?\bnights\b",
    re.IGNORECASE,
)


def nights(text: str, schema: Schema, linker: Linker) -> str:
    """The question with its nights said as the days that rows lasted; as it is where nothing or more than one lasts."""
    if not _NIGHT.search(text) or _EACH_NIGHT.search(text) or linker.phrase(("nights",)) or linker.phrase(("night",)):
        return text
    lasting = {table: name for table in schema.tables if (name := _days_of(schema, table))}
    named = [table for word in re.findall(r"[\w-]+", text.lower()) if (table := linker.table_of(word)) in lasting]
    tables = list(dict.fromkeys(named)) or list(lasting)
    if len(tables) != 1:
        return text
    table, name = tables[0], lasting[tables[0]]
    plain = _SO_MANY.sub(lambda found: _bound(found, name), text)
    found = _LED.match(plain)
    if found is not None:
        agg = "average" if "on average" in plain.lower() else "total"
        rest = re.sub(r"\bon average\b", "", found["rest"], flags=re.IGNORECASE)
        again = re.match(r" (?:for|of|in|on|by) (?:the |all |our )?(?P<noun>[\w-]+)\b(?P<more>.*)$", rest)
        if again is not None and linker.table_of(again["noun"].lower()) == table:
            return f"{agg} {name} of {again['noun']}{again['more']}"
        return f"{agg} {name} of {spoken(schema, table)}{rest}"
    return _BARE.sub(lambda found: f"{found['agg'] or 'total '}{name}", plain)


def _bound(found: re.Match[str], name: str) -> str:
    """So many nights as a comparison."""
    many = _MANY.get(found["many"].lower()) or int(found["many"])
    more = (found["more"] or "").lower()
    over = (
        (found["over"] or "").lower().replace("longer", "more").replace("shorter", "less").replace("up to", "at most")
    )
    if more:
        over = "at least" if re.search(r"more|longer|over|above", more) else "at most"
    return " ".join(f"with {name} {over.replace('exactly', '')} {many}".split())


def _days_of(schema: Schema, table: str) -> str:
    """What the days that a table's rows lasted are called; empty where nothing tells of them."""
    length = length_of(schema, table) if table not in schema.roles else None
    if length is None or length.span is None:
        return ""
    return length.name if length.words[-1] == "days" else lapse_name(*length.span)
