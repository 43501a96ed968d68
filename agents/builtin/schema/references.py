"""References that names alone do not tell: who did something (opened_by), in which part (tutor_id), under a short name.

Such a column points at the one table of people for whom the values speak: the word of the role is stored there, or the
values cover far more of it than of any other table of people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agents.builtin.language.lexicon import PEOPLE, synonyms
from agents.builtin.language.words import stem
from agents.builtin.schema.graph import Col, Join, Schema
from agents.builtin.schema.values import ValueIndex

_KEYS = frozenset({"id", "key", "no", "number", "nr", "code"})
_AGENTS = ("er", "or", "ist", "ian", "ant", "man", "ee", "ier")
_PERSONAL = frozenset(
    "email mail phone telephone mobile birth born dob salary wage pay rate hourly hire hired join joined started left "
    "leave resigned employed gender address city town role position first last".split()
)
# People to whom a business sells, and parts that are theirs: whoever is none of these is of the house.
_CLIENTS = frozenset(
    stem(word)
    for word in (
        "customer client patron guest buyer shopper visitor patient tenant passenger subscriber donor student pupil "
        "member user participant attendee applicant candidate citizen contact account lead prospect household"
    ).split()
)
_THEIRS = frozenset(
    stem(word)
    for word in (
        "payer payor owner sender receiver recipient referrer winner holder bidder renter borrower parent partner "
        "order number letter offer center counter register folder paper sensor floor door color colour vector "
        "error sector factor border quarter chapter cluster computer server printer trailer container charter tender"
    ).split()
)
_ROLE_COST = 1.2
_LEAST_COVERAGE = 0.2
_TIMES_THE_NEXT = 3.0
_MOST_ROLES = 60
_FEWEST_IN_ROLE = 3


def people_tables(schema: Schema) -> list[str]:
    """Tables whose rows are people: called so, or with names and what is kept of people beside them."""
    return [table for table in schema.tables if holds_people(schema, table)]


def holds_people(schema: Schema, table: str) -> bool:
    """Whether a table's rows are people."""
    if speaks_of_people(schema.tables[table]):
        return True
    said = {word for column in schema.of(table) for word in column.words}
    named = {"first", "last"} <= said or {"full", "name"} <= said
    acts = schema.tables[table][-1].endswith(_AGENTS) if schema.tables[table] else False
    return "name" in said and (named or acts) and bool(said & _PERSONAL)


def speaks_of_people(words: Iterable[str]) -> bool:
    """Whether the last word of a table's name is one for people."""
    last = stem([*words][-1]) if words else ""
    return last in PEOPLE


_CUSTOMERS = frozenset(
    stem(w) for w in "customer client guest member patient student tenant subscriber buyer shopper".split()
)


def speaks_of_customers(words: Iterable[str]) -> bool:
    """Whether a table's name says that its rows are those who pay."""
    last = stem([*words][-1]) if words else ""
    return last in _CUSTOMERS


def find_references(
    schema: Schema,
    values: ValueIndex,
    keys: dict[str, list[Col]],
    known: Iterable[tuple[str, str]],
    inclusion: Callable[[Col, Col], float],
) -> list[Join]:
    """Joins of columns that ``known`` does not hold, each proven on the values."""
    taken = set(known)
    people = [(table, key) for table in people_tables(schema) for key in keys.get(table, ())[:1]]
    found = []
    for child in schema.columns.values():
        if child.ref in taken or not _may_refer(child):
            continue
        fits = [key for _, key in people if key.ref != child.ref and key.kind == child.kind]
        fits = [key for key in fits if inclusion(child, key) >= 0.99]
        own = [key for key in fits if key.table == child.table]
        # Who invited a guest may be a guest or a waiter: where both fit, only the role's word tells.
        parent = _by_role(schema, values, child, fits) or (own[0] if own == fits and own else None)
        parent = parent or (None if own else _by_coverage(child, fits) or _by_side(schema, child, fits))
        if parent is not None:
            found.append(Join(child.table, (child.name,), parent.table, (parent.name,), _ROLE_COST))
    return found


def _may_refer(child: Col) -> bool:
    """As opened_by, tutor_id or teacher_no: a number that repeats, called like a reference."""
    words = child.words
    if child.kind != "number" or child.unique or child.stats.distinct < 2 or len(words) < 2:
        return False
    if child.type.upper().startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return False
    return words[-1] in _KEYS | {"by"}


def _by_role(schema: Schema, values: ValueIndex, child: Col, fits: list[Col]) -> Col | None:
    """The table that has the role's word among its stored values or in its name."""
    role = {stem(word) for word in child.words if word not in _KEYS | {"by"}}
    role |= {other for word in role for other in synonyms(word)}
    said = []
    for key in fits:
        stored = {
            stem(value.lower())
            for column in schema.of(key.table)
            if column.kind == "text" and column.stats.distinct <= _MOST_ROLES
            for value in values.by_column.get(column.ref, ())
        }
        if role & stored or role & {stem(word) for word in schema.tables[key.table]}:
            said.append(key)
    return said[0] if len(said) == 1 else None


def _by_side(schema: Schema, child: Col, fits: list[Col]) -> Col | None:
    """As director_id beside artists and patrons: whoever does a work is of the house, and none of its clients."""
    role = [word for word in child.words if word not in _KEYS | {"by"}]
    if not role or not (role[-1].endswith(_AGENTS) or stem(role[-1]) in PEOPLE):
        return None
    if stem(role[-1]) in _CLIENTS | _THEIRS or child.stats.distinct < _FEWEST_IN_ROLE:
        return None
    house = [key for key in fits if stem(schema.tables[key.table][-1]) not in _CLIENTS]
    return house[0] if len(house) == 1 and house[0].table != child.table else None


def _by_coverage(child: Col, fits: list[Col]) -> Col | None:
    """The table of whose rows the values name by far the largest part."""
    shares = sorted(((child.stats.distinct / max(key.stats.distinct, 1), key.table) for key in fits), reverse=True)
    if not shares or shares[0][0] < _LEAST_COVERAGE:
        return None
    if len(shares) > 1 and shares[0][0] < _TIMES_THE_NEXT * shares[1][0]:
        return None
    return next(key for key in fits if key.table == shares[0][1])


_NUMBERS = frozenset({"no", "nr", "number", "num", "id", "key", "code"})


def nouns_of_keys(schema: Schema) -> dict[str, str]:
    """What rows are by their own number: hires that are told apart by a job number are jobs, where no table is."""
    owners = {stem(word) for words in schema.tables.values() for word in words}
    found = {}
    for table in schema.tables:
        keys = schema.keys.get(table, ())
        column = schema.columns.get((table, keys[0])) if len(keys) == 1 and table not in schema.roles else None
        words = column.words if column is not None else ()
        if len(words) == 2 and words[1] in _NUMBERS and stem(words[0]) not in owners:
            found[table] = stem(words[0])
    return found
