"""Prices for one of something: "more than 40 per person" is said of the column that holds a price per person."""

from __future__ import annotations

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.graph import Schema

_EACH = frozenset({"per", "a", "each", "an"})


def take_per_unit(tags: list[Tag], schema: Schema) -> None:
    """Let a number with "per" and a noun be compared with the one column that is called so; nothing is grouped then."""
    for place, tag in enumerate(tags[:-2]):
        joint, noun = tags[place + 1], tags[place + 2]
        if tag.kind != "num" or joint.text.lower() not in _EACH or joint.kind not in {"group", "skip"}:
            continue
        word = stem(noun.text.lower())
        found = [
            column.ref
            for column in schema.columns.values()
            if column.kind == "number" and "per" in column.words[:-1] and stem(column.words[-1]) == word
        ]
        if len(found) != 1:
            continue
        joint.kind, joint.data = "skip", ""
        noun.kind, noun.links = "link", [Link("column", *found[0])]
