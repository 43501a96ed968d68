"""Waits: how long before, after or between, "how far ahead do people book", "days between order and delivery"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.builtin.everyday.daywords import Pair, days_said, pairs_said, rows_said
from agents.builtin.language.words import stem
from agents.builtin.linking.days import ASKED_FOR, TAKES_PLACE
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import spoken
from agents.builtin.schema.graph import Schema

_AGG = r"(?P<agg>average|mean|typical|usual|median|longest|shortest|maximum|minimum|highest|lowest)"
_TOLD = {
    "mean": "average",
    "typical": "average",
    "usual": "average",
    "longest": "highest",
    "shortest": "lowest",
    "maximum": "highest",
    "minimum": "lowest",
}
_TIME = (
    r"(?:wait(?:ing time)?|time|gap|delay|lag|lead time|number of days|days|interval|turnaround)(?: in days| of days)?"
)
_ASKS = rf"(?:on average,? )?(?:how (?:long|many days)|(?:what(?:'s| is| was) )?(?:the |our )?{_AGG} {_TIME})"
_BETWEEN = re.compile(
    rf"^{_ASKS}(?P<mid>[^?]*?) (?:from|between) (?P<first>[^?]+?) (?:and|to|until|till) (?P<tail>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_TAKES_LONGEST = re.compile(
    r"^(?P<lead>(?:which|what)(?: of (?:our|the))? (?P<who>[^?,]+?)) (?:takes?|took|needs?|needed|has|have|had|"
    r"waits?|waited)"
    r"(?: us)? (?:the )?(?P<side>longest|shortest|most time|least time)(?: time| gap| wait)?(?: to get)? "
    r"(?:from|between) "
    r"(?P<first>[^?]+?) (?:and|to|until|till) (?P<tail>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_DAYS_BEFORE = re.compile(
    r"^(?:on average,? )?how many days (?P<side>before|after|ahead of) (?:the |their |an? )?(?P<day>[^?]+?) "
    r"(?:do|does|did|is|are|was|were) (?P<tail>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^(?:on average,? )?how (?:long|soon|many days) after (?P<first>[^?]+?) (?:do|does|did|is|are|was|were) "
    r"(?P<tail>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"^(?:on average,? )?how (?:far|long|early|many days|much) (?:ahead|in advance|beforehand|before)(?: of time)? "
    r"(?:do|does|did|is|are|was|were) (?P<tail>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_LEAD_TIME = re.compile(
    rf"^(?:what(?:'s| is| was) )?(?:the |our )?{_AGG} (?:booking )?lead[- ]time(?P<rest>\b[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
# Words around the two days that only ask.
_ASKING = frozenset(
    "does do did is are was were it there have has had pass passed passes elapse elapsed go goes by take takes took "
    "taken need needs wait waits waited waiting usually normally typically generally lie lies on average in days to "
    "the our".split()
)
_USUALLY = re.compile(r" ?\b(?:on average|usually|normally|typically|generally)\b", re.IGNORECASE)
_LONGEST_DAY = 5
"""Words of the phrase that speaks of a day."""
_FOLLOWS = re.compile(r"^(?:,|by|for|in|per|of|with|since|last|this|during|between|each|from|on|at|where|$)")


def waits(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question for the days between two, once for each two that may be meant; empty where it asks for none."""
    plain = _USUALLY.sub("", text)
    found = _BETWEEN.match(plain)
    if found is not None:
        first, who = found["first"], [word for word in found["mid"].split() if word.lower() not in _ASKING]
        told = [(" ".join(who), pairs_said(schema, first, last), rest) for last, rest in _split(found["tail"])]
        return _asked(told, _agg(found["agg"]), schema, linker)
    found = _AFTER.match(plain)
    if found is not None:
        first = found["first"]
        cuts = list(_who_did(found["tail"]))
        told = [(who, pairs_said(schema, first, last), rest) for who, last, rest in cuts]
        # "How soon after joining do members book" asks for the first of what each of them may do many times.
        told += [(who, pairs_said(schema, first, f"first {last}"), rest) for who, last, rest in cuts]
        return _asked(told, "average", schema, linker)
    found = _TAKES_LONGEST.match(plain)
    if found is not None:
        side = "lowest" if found["side"].lower() in {"shortest", "least time"} else "highest"
        for last, rest in _split(found["tail"]):
            pairs = [pair for pair in pairs_said(schema, found["first"], last) if not pair.pick]
            if pairs:
                return [f"{found['lead']} has the {side} average {pair.name}{rest}" for pair in pairs]
        return []
    found = _DAYS_BEFORE.match(plain)
    if found is not None:
        for whose, deed, rest in _who_did(found["tail"]):
            days = (found["day"], deed) if found["side"].lower() == "after" else (deed, found["day"])
            asked = _asked([(whose, pairs_said(schema, *days), rest)], "average", schema, linker)
            if asked:
                return asked
        return []
    found = _AHEAD.match(plain)
    if found is not None:
        told = [(who, _ahead(schema, deed), rest) for who, deed, rest in _who_did(found["tail"])]
        return _asked(told, "average", schema, linker)
    found = _LEAD_TIME.match(plain)
    if found is not None and not linker.phrase(("lead", "time")):
        named = {table for word in found["rest"].split() if (table := linker.table_of(word.lower()))}
        pairs = [pair for table in schema.tables if table not in schema.roles for pair in _planned_ahead(schema, table)]
        pairs = [pair for pair in pairs if pair.table in named] or pairs
        return [
            f"{_agg(found['agg'])} {pair.name}"
            + (found["rest"] if pair.table in named else f" of {spoken(schema, pair.table)}{found['rest']}")
            for pair in pairs
        ]
    return []


def _asked(told: list[tuple[str, list[Pair], str]], agg: str, schema: Schema, linker: Linker) -> list[str]:
    """The wordings by the first way of cutting the question that names days of rows that are spoken of."""
    for who, pairs, rest in told:
        rows = [(pair, rows_said(who, pair.table, schema, linker, spoken(schema, pair.table))) for pair in pairs]
        kept = [(pair, said) for pair, said in rows if said is not None and _holds(pair, rest, schema, linker)]
        found = [f"{agg} {pair.name} of {_rows(said, rest, linker)}" for pair, said in kept]
        if found:
            return list(dict.fromkeys(found))
    return []


def _rows(said: str, rest: str, linker: Linker) -> str:
    """The rows with what is said behind: "cases shipped in May", where the rest names them once more."""
    again = re.match(r" (?:for|of|in) (?:the |all |our )?(?P<noun>[\w-]+)(?P<more>\b.*)$", rest)
    known = linker.table_of(again["noun"].lower()) if again is not None else ""
    if again is None or not known or known != linker.table_of(said.rsplit(maxsplit=1)[-1].lower()):
        return f"{said}{rest}"
    return f"{again['noun']}{again['more']}"


def _holds(pair: Pair, rest: str, schema: Schema, linker: Linker) -> bool:
    """Whether what is said behind is about the row: of "the first payment by card" it is about what belongs to it."""
    if not pair.pick or not rest:
        return True
    group = re.fullmatch(r" (?:by|per|for each) (?:the )?(?P<noun>[\w -]+)", rest, re.IGNORECASE)
    links = linker.phrase(tuple(group["noun"].lower().split())) if group is not None else []
    return bool(links) and links[0].kind == "column" and schema.owns(pair.table, links[0].table)


def _agg(said: str | None) -> str:
    word = (said or "average").lower()
    return _TOLD.get(word, word)


def _split(tail: str) -> Iterator[tuple[str, str]]:
    """What may speak of a day, the longest first, and what is said behind it."""
    words = tail.split()
    for size in range(min(_LONGEST_DAY, len(words)), 0, -1):
        rest = " ".join(words[size:])
        if _FOLLOWS.match(rest.lower()):
            yield " ".join(words[:size]), f" {rest}" if rest else ""


def _who_did(tail: str) -> Iterator[tuple[str, str, str]]:
    """As in "members first book in 2023": who, what they did, and what is said behind it."""
    words = tail.split()
    for size in range(len(words)):
        for deed, rest in _split(" ".join(words[size:])):
            yield " ".join(words[:size]), deed, rest


def _ahead(schema: Schema, deed: str) -> list[Pair]:
    """From the day of asking for a thing to the day on which it takes place."""
    asked = [column for column, _ in days_said(schema, deed) if ASKED_FOR & {stem(word) for word in column.words}]
    return [pair for one in asked for pair in _planned_ahead(schema, one.table) if pair.first == one]


def _planned_ahead(schema: Schema, table: str) -> list[Pair]:
    """The days between asking for rows and their taking place, where the data holds both."""
    days = [column for column in schema.of(table) if column.kind == "date"]
    stems = {column.ref: {stem(word) for word in column.words} for column in days}
    asked = [column for column in days if stems[column.ref] & ASKED_FOR]
    held = [column for column in days if stems[column.ref] & TAKES_PLACE and column not in asked]
    return [Pair(table, one, other) for one in asked for other in held]
