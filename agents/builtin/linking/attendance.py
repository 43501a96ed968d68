"""At which rows somebody came: a mark of the rows says so, such as attended, or a state, such as completed."""

from __future__ import annotations

from agents.builtin.language.words import fold, stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import comings, spoken
from agents.builtin.schema.graph import Col, Schema

_MARKS = frozenset(stem(word) for word in "attended attend attendance present showed arrived came".split())
_THERE = frozenset("attended completed complete done present arrived came seen fulfilled showed finished held".split())
_AWAY = frozenset(
    "no show|noshow|no shows|absent|missed|did not attend|not attended|did not show|did not come|dna".split("|")
)
# Called off, or still to come.
_NOT_YET = frozenset(
    "cancelled canceled called-off planned scheduled upcoming booked reserved requested pending open expected".split()
)
_STATES = frozenset(stem(word) for word in ("status", "state", "result", "outcome"))


def came_rows(event: str, schema: Schema, linker: Linker) -> list[str]:
    """The rows at which somebody came, in words; two ways where there are states of which that is not plain."""
    rows = spoken(schema, event)
    mark = mark_of(event, schema)
    if mark is not None:
        return [f"{said(mark)} {rows}"]
    there, away, rest = states_of(event, schema, linker)
    if len(there) != 1 or not (away or rest):
        return [rows]
    plain = all(fold(state) in _NOT_YET for state in rest)
    return [f"{there[0]} {rows}"] if plain else [f"{there[0]} {rows}", rows]


def times_come(who: str, schema: Schema, linker: Linker) -> list[tuple[str, str]]:
    """Tables of comings with the words for their rows."""
    return [(event, rows) for event in comings(schema, who) for rows in came_rows(event, schema, linker)]


def mark_of(table: str, schema: Schema) -> Col | None:
    """The one column of yes and no that says whether somebody came."""
    columns = schema.of(table) if table else []
    held = [c for c in columns if (c.kind == "bool" or c.signs is not None) and _MARKS & {stem(w) for w in c.core}]
    return held[0] if len(held) == 1 else None


def said(mark: Col) -> str:
    """The word of a mark's name that says that somebody came."""
    return next(word for word in mark.core if stem(word) in _MARKS)


def states_of(table: str, schema: Schema, linker: Linker) -> tuple[list[str], list[str], list[str]]:
    """The states of rows: those of somebody who came, of somebody who stayed away, and others."""
    held = linker.index.values.by_column
    states = sorted(v for c in schema.of(table) if _STATES & {stem(w) for w in c.core} for v in held.get(c.ref, ()))
    there = [state for state in states if fold(state) in _THERE]
    away = [state for state in states if fold(state).replace("-", " ").replace("_", " ") in _AWAY]
    return there, away, [state for state in states if state not in {*there, *away}]
