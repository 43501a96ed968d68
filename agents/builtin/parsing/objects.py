"""A deed and its object that are together what one table is called: "hired a boat" of boat hires."""

from __future__ import annotations

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.graph import Schema

_APART = 3


def take_objects(tags: list[Tag], schema: Schema) -> None:
    """Let both words mean the table, so that neither is taken for a part of another."""
    names = {
        frozenset(stem(word) for word in words): table
        for table, words in schema.tables.items()
        if table not in schema.roles and len(words) == 2
    }
    said = [tag for tag in tags if tag.kind != "skip"]
    for place, tag in enumerate(said):
        if not is_participle(tag.text.lower()) or " " in tag.text:
            continue
        for noun in said[place + 1 : place + 2]:
            table = names.get(frozenset({stem(tag.text.lower()), stem(noun.text.lower())}))
            if table is not None and noun.start - tag.end < _APART and noun.links:
                tag.kind = noun.kind = "link"
                tag.links = noun.links = [Link("table", table, score=0.95, how="lemma")]
