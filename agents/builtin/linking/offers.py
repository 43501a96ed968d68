"""A word that fits nothing, though it speaks of money or of a state: which amount or state it may mean is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.money import speaks_of_money
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import adds_up_over, is_money
from agents.builtin.schema.graph import Col
from agents.builtin.schema.index import Index

NONE = "none"
MOST = 6
# A column that says in which state rows are has few values, and says so.
_STATE_WORDS = frozenset(stem(word) for word in "status state stage phase condition outcome result progress".split())
_FEW = 12
_ADJECTIVES = ("ed", "en", "ive", "able", "ing", "id", "ent", "ant", "late", "lost", "due", "open", "done")
_BEFORE = frozenset("is are was were be been still not yet got get gets already currently".split())


def possible(word: str, tags: Sequence[Tag], index: Index) -> list[Link]:
    """What the word may mean: amounts for a word of money, states for one that says in which state rows are."""
    if speaks_of_money(word):
        return [Link("column", column.table, column.name, how="answered") for column in _amounts(index)]
    if not _says_a_state(word, tags):
        return []
    return [
        Link("value", column.table, column.name, value=value, how="answered")
        for column in _states(tags, index)
        for value in sorted(index.values.by_column.get(column.ref, ()))
    ]


def _amounts(index: Index) -> list[Col]:
    schema = index.schema
    money = [c for c in schema.columns.values() if is_money(c) and c.table not in schema.roles]
    return sorted(money, key=lambda c: (not adds_up_over(schema, c), "total" not in c.words, c.table, c.name))


def _says_a_state(word: str, tags: Sequence[Tag]) -> bool:
    """As in "unpaid visits" and "which are pending"."""
    place = next((at for at, tag in enumerate(tags) if tag.text == word), None)
    if place is None or word.lower().startswith("un"):
        return place is not None
    if not word.lower().endswith(_ADJECTIVES):
        return False
    after = tags[place + 1] if place + 1 < len(tags) else None
    noun = after is not None and bool(after.links) and after.links[0].kind == "table"
    return noun or tags[place].before in _BEFORE


def _states(tags: Sequence[Tag], index: Index) -> Iterator[Col]:
    spoken = {tag.links[0].table for tag in tags if tag.links}
    for column in index.schema.columns.values():
        values = index.values.by_column.get(column.ref, ())
        told = column.kind == "text" and bool(_STATE_WORDS & {stem(one) for one in column.words})
        if told and column.table in spoken and 1 < len(values) <= _FEW:
            yield column


def label_of(link: Link) -> str:
    """A meaning as a person reads it on a button."""
    if link.kind == "value":
        return f"{link.table} whose {link.column} is {link.value}"
    return f"{link.column} of {link.table}"
