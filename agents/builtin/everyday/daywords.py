"""Day words: which day of which rows is spoken of by what was done on it, as "booked", "the start", "delivery"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.everyday.lapses import lapse_name, only_way
from agents.builtin.language.lexicon import synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Col, Schema

_SAYS_NOTHING = frozenset(
    "the a an their its his her they it he she we you our was were is are being be been got getting get having has had "
    "have did do does date day time on at of then that when".split()
)
_DAY_WORDS = frozenset(stem(word) for word in "date day time on at datetime timestamp dt".split())
_EVERYBODY = frozenset("people they we you it one customers clients folk guests everyone".split())
# Nouns and verbs for what is done to rows when they come and when they go, which columns are not called by themselves.
_LIKE = tuple(
    frozenset(stem(word) for word in line.split())
    for line in (
        "receive received receipt arrival arrive arriving intake",
        "ship shipped shipping shipment dispatch send sent sending out leave leaving left departure delivery deliver",
        "out leave leaving left departure start",
        "back return returned returning",
        "invoice invoiced invoicing bill billed billing issue issued",
        "pay paid payment paying settle settled settlement",
        "book booked booking reserve reserved reservation order ordered request requested",
    )
)
_GOING = (
    (re.compile(r"\b(?:go|goes|going|gone|went) out\b", re.IGNORECASE), "out"),
    (re.compile(r"\b(?:come|comes|coming|came|get|gets|getting|got) in\b", re.IGNORECASE), "received"),
    (
        re.compile(r"\b(?:come|comes|coming|came|get|gets|getting|got|bring|bringing|brought) back\b", re.IGNORECASE),
        "back",
    ),
)
_FIRST = {"first": "first", "last": "last", "latest": "last", "earliest": "first", "final": "last"}


@dataclass(frozen=True)
class Pair:
    """Two days that are spoken of, and under what name the days between them are computed."""

    table: str
    first: Col
    last: Col
    pick: str = ""

    @property
    def name(self) -> str:
        return lapse_name(self.first.name, self.last.name, self.pick)


def days_said(schema: Schema, said: str) -> list[tuple[Col, int]]:
    """The days that words speak of, each with how many words of its name were not said.

    Words of the same coming or going count where nothing is called by what was said: the "arrival" of rows that were
    received.
    """
    for pattern, word in _GOING:
        said = pattern.sub(word, said)
    plain = [word for word in re.findall(r"[a-z]+", said.lower()) if word not in _SAYS_NOTHING]
    words = [roots(word) for word in plain]
    whole = {f"{''.join(stem(word) for word in plain)}"} if len(plain) > 1 else set()
    found = _days(schema, words, whole)
    if found or not words:
        return found
    return _days(schema, [word.union(*(like for like in _LIKE if like & word)) for word in words], set())


def _days(schema: Schema, words: list[set[str]], whole: set[str]) -> list[tuple[Col, int]]:
    found = []
    for column in schema.columns.values():
        if column.kind != "date" or column.table in schema.roles or not words:
            continue
        owner = {stem(word) for word in schema.tables[column.table]}
        own = {stem(word) for word in column.words} - _DAY_WORDS - owner
        beside = [one for one in words if not one & owner]
        left = [whole] if whole & own else beside if own and beside else words  # "signing up" of signup_date
        target = own or owner
        met = {one for one in target if any(one in word or synonyms(one) & word for word in left)}
        if met and all(word & target or any(synonyms(one) & target for one in word) for word in left):
            found.append((column, len(own - met)))
    return found


def roots(word: str) -> set[str]:
    """The stem of a word, and of a verb that without what its ending may have doubled: "shipping" is of "ship"."""
    doubled = re.fullmatch(r"(\w+?)([bdglmnprt])\2(?:ing|ed)", word)
    return {stem(word), stem(doubled[1] + doubled[2])} if doubled is not None else {stem(word)}


def pairs_said(schema: Schema, first: str, last: str) -> list[Pair]:
    """The pairs of days that two phrases speak of: of one row, else of a row and the first or last that belongs to it.

    Of several those whose names were said most fully; empty where the words name none.
    """
    pick = next((_FIRST[word] for word in last.lower().split() if word in _FIRST), "")
    bare = " ".join(word for word in last.split() if word.lower() not in _FIRST)
    found = []
    for one, less in days_said(schema, first):
        for other, lesser in days_said(schema, bare):
            if one.table == other.table and one != other and not pick:
                found.append((less + lesser, Pair(one.table, one, other)))
            elif pick and one.table != other.table and only_way(schema, one.table, other.table) is not None:
                found.append((less + lesser, Pair(one.table, one, other, pick)))
    least = min((left for left, _ in found), default=0)
    return [pair for left, pair in found if left == least]


def rows_said(who: str, table: str, schema: Schema, linker: Linker, spoken: str) -> str | None:
    """The rows of a table that are spoken of as those of somebody; None where they are not of these.

    Whose they are says nothing where each row belongs to one of them.
    """
    words = [word for word in who.lower().split() if word not in _SAYS_NOTHING]
    if not words:
        return spoken
    named = linker.table_of(words[-1])
    if named == table:
        return who
    owner = next((join for join in schema.joins if (join.table, join.parent) == (table, named)), None)
    if owner is not None and len(words) == 1:
        stats = [schema.columns[table, name].stats for name in owner.columns]
        return spoken if all(one.filled == one.rows for one in stats) else f"{spoken} of {who}"
    if owner is not None:
        return f"{spoken} of {who}"
    return spoken if len(words) == 1 and words[0] in _EVERYBODY else None
