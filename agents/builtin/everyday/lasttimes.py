"""The first and the last time: "when was the last time Ana came", "who joined most recently", "first order of each"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from agents.builtin.everyday.daywords import days_said, roots
from agents.builtin.language.lexicon import synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker, is_flag
from agents.builtin.linking.parties import happenings, public, spoken
from agents.builtin.schema.choose import BIRTHS, date_columns, ends_rows, is_planned, label_columns, main_measure
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.index import Index
from agents.builtin.schema.years import holds_years

_SIDE = r"(?P<side>last|first|latest|earliest|most recent)"
_TIME = re.compile(rf"^when was the {_SIDE} time(?: that)? (?P<clause>[^?]+?)[ ?.!]*$", re.IGNORECASE)
_DID = re.compile(
    r"^when (?:did|has|had) (?P<who>(?!each\b|every\b|we\b|i\b)[^?]+?) (?P<side>last|first) (?P<clause>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_WAS = re.compile(
    r"^when was (?:the )?(?P<who>(?!each\b|every\b)[^?]+?) (?P<side>last|first) (?P<clause>[a-z]+[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_RECENTLY = re.compile(
    r"^(?P<ask>who|(?:which|what) (?P<noun>[\w-]+))(?: of (?:the|our) [\w-]+)?(?P<was> was| were| has| have)?(?: "
    r"been)? (?P<deed>[a-z]+)"
    r"(?: us| in)? (?P<side>most recently|last|first|the latest|the earliest)[ ?.!]*$",
    re.IGNORECASE,
)
_OF_EACH = re.compile(
    rf"^(?:show |list |give )?(?:me )?(?:the )?(?:(?:date|day) of (?:the )?)?{_SIDE} (?P<what>[\w-]+) (?:of|by|for|"
    rf"from) (?:each|every) "
    r"(?P<who>[\w -]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_HAD = re.compile(
    r"^(?:had|have|has|made|make|placed|place|got|get|took|take) (?:an?|any|his|her|their) (?P<noun>\w+)", re.IGNORECASE
)
_PRESENT = re.compile(
    r"^(?:came|come|was|were|been|visited|visit|turned up|turn up|showed up|show up|attended|attend|seen)"
    r"(?: (?:in|here|by|back|round|around|along|to us|to see us|with us|us))*",
    re.IGNORECASE,
)
_HIGHEST = {"latest": "highest", "earliest": "lowest"}
_LAST = {"latest": "last", "earliest": "first"}
_JOINED = frozenset("joined registered signed enrolled subscribed started".split())
_STATES = frozenset("status state result outcome condition".split())
_MOST_STATES = 5


def last_times(text: str, index: Index, linker: Linker, today: date) -> list[str]:
    """The question for the earliest or the latest day of some rows, once for each day that may be meant."""
    schema = index.schema
    found = _TIME.match(text)
    if found is not None:
        side, clause = _side(found["side"]), found["clause"]
        ours = re.match(r"(?:we|i) (?P<rest>.+)", clause, re.IGNORECASE)
        if ours is not None:
            return [f"when did we {_LAST[side]} {ours['rest']}"]
        words = clause.split()
        cuts = [(" ".join(words[:size]), " ".join(words[size:])) for size in range(1, len(words))]
        told = (list(_of_somebody(who, did, side, index, linker, today)) for who, did in cuts)
        return next((one for one in told if one), [])
    found = _DID.match(text) or _WAS.match(text)
    if found is not None and found["who"].lower() not in {"the", "our", "my", "a", "an"}:
        return list(_of_somebody(found["who"], found["clause"], _side(found["side"]), index, linker, today))
    found = _RECENTLY.match(text)
    if found is not None:
        return _most_recently(found, schema, linker)
    found = _OF_EACH.match(text)
    if found is not None:
        return _of_each(found, schema, linker)
    return []


def _side(said: str) -> str:
    return "earliest" if said.lower().removeprefix("the ") in {"first", "earliest"} else "latest"


def _of_somebody(who: str, did: str, side: str, index: Index, linker: Linker, today: date) -> Iterator[str]:
    """As in "Ana" and "booked a class": the days of the rows of that sort that belong to her."""
    schema = index.schema
    names = [who, *(word for word in who.split() if word[:1].isupper())]
    people = {link.table for name in names for link in linker.values(name, quoted=False, capital=True)}
    people.add(linker.table_of(who.rsplit(maxsplit=1)[-1].lower()))
    for table, day, rest, present in _done(did, schema, linker):
        if not any(one and one != table and one not in schema.roles and schema.owns(table, one) for one in people):
            continue
        # What is booked for a day to come has not been.
        past = " until today" if side == "latest" and str(day.stats.high)[:10] > today.isoformat() else ""
        behind = re.sub(r"^ (?=(?:an?|the) )", " with ", rest)
        asked = f"{side} {day.name}{past} of {spoken(schema, table)} of {who}{behind}"
        yield from (f"{asked}{kept}" for kept in (_kept(table, index) if present else [""]))


def _done(did: str, schema: Schema, linker: Linker) -> Iterator[tuple[str, Col, str, bool]]:
    """The rows that a deed makes, each with a day of it, what is said behind it, and whether it is but being there."""
    had, here = _HAD.match(did), _PRESENT.match(did)
    word = had["noun"] if had is not None else did.split(maxsplit=1)[0]
    rest = did[had.end() if had is not None else len(word) :]
    root, named = roots(word.lower()), linker.table_of(word.lower())
    like = root.union(*(synonyms(one) for one in root))
    tables = [
        t for t in schema.tables if t not in schema.roles and (t == named or like & {stem(w) for w in schema.tables[t]})
    ]
    said = [day for day, _ in days_said(schema, word)] if had is None else []
    exact = [day for day in said if root & {stem(part) for part in day.words}]
    if exact:
        yield from ((day.table, day, rest, False) for day in exact)
    elif tables or said:
        held = [(table, day) for table in tables for day in _own_days(schema, table)]
        yield from ((table, day, rest, False) for table, day in held or [(day.table, day) for day in said])
    elif here is not None:
        behind = did[here.end() :]
        yield from ((table, day, behind, True) for table in happenings(schema) for day in _own_days(schema, table)[:1])


def _own_days(schema: Schema, table: str) -> list[Col]:
    """The days on which rows may be said to have come about, without those that are planned or end them."""
    days = [c for c in date_columns(schema, table) if not is_planned(c) and not ends_rows(c)]
    return [c for c in days if not BIRTHS & set(c.words)]


def _kept(table: str, index: Index) -> list[str]:
    """To be there is more than to have a row: where rows say how it went, which of them count is for the person."""
    columns = index.schema.of(table)
    told = ["", *(f" where {column.name}" for column in columns if is_flag(column))]
    for column in columns:
        held = sorted(index.values.by_column.get(column.ref, ()))
        if column.words and column.words[-1] in _STATES and 1 < len(held) <= _MOST_STATES:
            told += [f" where {column.name} is '{value}'" for value in held]
    return told


def _most_recently(found: re.Match[str], schema: Schema, linker: Linker) -> list[str]:
    """As in "which book was published first", "which member booked last": the rows with the latest day of the deed."""
    side = _side(found["side"].lower().replace("most recently", "latest"))
    noun = (found["noun"] or "").lower()
    tables = [linker.table_of(noun)] if noun else public(schema)
    asked = []
    for table in [one for one in tables if one]:
        done = [(rows, day) for rows, day, _, present in _done(found["deed"], schema, linker) if not present]
        own = [day for rows, day in done if rows == table]
        days = own or [day for rows, day in done if schema.owns(rows, table)]
        root = roots(found["deed"].lower())
        years = [c for c in schema.of(table) if holds_years(c) and root & {stem(word) for word in c.words}]
        if len(years) == 1 and not days:
            asked.append(f"{noun or spoken(schema, table)} with the {_HIGHEST[side]} {years[0].name}")
        elif not days and found["deed"].lower() in _JOINED:
            asked.append(f"which {noun or spoken(schema, table)} {found['deed']} {_LAST[side]}")
        asked += [f"{noun or spoken(schema, table)} with the {side} {day.name}" for day in days]
    return asked


def _of_each(found: re.Match[str], schema: Schema, linker: Linker) -> list[str]:
    """As in "first booking of each member", where a booking has neither name nor amount: the day of it."""
    table, who = linker.table_of(found["what"].lower()), linker.table_of(found["who"].split()[-1].lower())
    if not table or not who or table == who or not schema.owns(table, who) or main_measure(schema, table) is not None:
        return []
    if {ref[1] for ref in label_columns(schema, table)} - set(schema.keys.get(table, ())):
        return []
    return [f"{_side(found['side'])} {day.name} per {found['who']}" for day in _own_days(schema, table)]
