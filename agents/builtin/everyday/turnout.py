"""Who was expected and did not come: "members who booked a class but never turned up", "bookings that were no-shows".

Whether somebody came is a mark of the rows, such as attended, or one of their states, such as completed or no-show.
"""

from __future__ import annotations

import re

from agents.builtin.everyday.comings import END, WHOM, WORD, events_of, whom
from agents.builtin.linking.attendance import mark_of, said, states_of
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Schema

_CAME = (
    r"(?:turn(?:ed|ing)? up|show(?:ed|n|ing)? up|show(?:ed|n)?|c[oa]me|attend(?:ed)?|appear(?:ed)?|make it|made it|"
    r"be(?:en)? there|went|gone)(?: (?:to|for|at) (?:it|them|any|any of them|one))?(?: at all| in the end)?"
)
_NOT_COME = re.compile(
    rf"{WHOM} (?P<deed>[a-z]+(?: {WORD}){{0,5}}?),? (?:but|and|yet|and then|but then|and yet)"
    rf"(?: (?P<never>never|have never|has never)| (?:then )?(?:did not|didn't|have not|haven't|has not|hasn't)"
    rf"(?P<ever> ever)?) {_CAME}{END}",
    re.IGNORECASE,
)
_NO_SHOWS = re.compile(
    r"^(?P<lead>.*?)(?P<rows>[\w-]+) (?P<were>(?:that |which )?(?:were|was|are|is|ended (?:up )?as|became)) "
    rf"(?:a )?no[- ]?shows?(?P<rest>(?: (?:in|during|since|on|last|this|at|for|of) [^?!]+?)?){END}",
    re.IGNORECASE,
)


def turnout(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question by the mark or the state that says who came, once for each way in which it may be meant."""
    found = _NO_SHOWS.match(text)
    if found is not None:
        mark = mark_of(linker.table_of(found["rows"].lower()), schema)
        if mark is None or linker.index.values.find("no-show"):
            return []
        return [f"{found['lead']}{found['rows']}{found['rest']} {found['were']} not {said(mark)}"]
    found = _NOT_COME.match(text)
    if found is None:
        return []
    never = bool(found["never"] or found["ever"])
    return [
        f"{found['lead']}{who} {way}"
        for who, table in whom(found, schema, linker)
        for event, rows in events_of(found["deed"], table, schema, linker)
        for way in _ways(event, rows, schema, linker, never=never)
    ]


def _ways(event: str, rows: str, schema: Schema, linker: Linker, *, never: bool) -> list[str]:
    """Rows of which none was attended; without a "never" also those of which one was not."""
    mark = mark_of(event, schema)
    if mark is not None:
        word = said(mark)
        none = f"with {rows} but without {word} {rows}"
        return [none] if never else [f"with {rows} that were not {word}", none]
    there, away, _ = states_of(event, schema, linker)
    if len(there) != 1 or len(away) != 1:
        return []
    # Those who called it off, or whose day is still to come, did not come either: whether they are meant is open.
    some = f"with {away[0]} {rows}"
    return [f"{some} but without {there[0]} {rows}" if never else some, f"with {rows} but without {there[0]} {rows}"]
