"""Length, age, weight: nouns of size that no column is called by, of the things that are spoken of."""

from __future__ import annotations

from agents.builtin.everyday.plainly import NOUN_OF
from agents.builtin.language.lexicon import HOW_ADJECTIVES
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import hinted_column
from agents.builtin.schema.graph import Schema

_HINTS = {noun: HOW_ADJECTIVES[adjective] for adjective, noun in NOUN_OF.items() if adjective in HOW_ADJECTIVES}
_HINTS |= {"duration": HOW_ADJECTIVES["long"]}


_UNITS = frozenset("hour hours day days minute minutes mins".split())


def take_dimensions(tags: list[Tag], schema: Schema) -> None:
    """As in "average length of a surgery": minutes, where of what is spoken of nothing else says how long it is."""
    spoken = {tag.links[0].table for tag in tags if tag.links and tag.text.lower() not in _UNITS}
    for place, tag in enumerate(tags):
        hints = _HINTS.get(tag.text.lower()) if tag.kind == "unknown" else None
        found = {ref for table in spoken if hints and (ref := hinted_column(schema, table, hints)) is not None}
        if len(found) == 1:
            tag.kind, tag.links = "link", [Link("column", *found.pop(), score=0.86, how="hint")]
        if tag.kind == "link" and tag.links and tag.links[0].kind == "column":
            _take_unit(tags[place + 1 :], {stem(word) for word in schema.columns[tag.links[0].ref].words})


def _take_unit(behind: list[Tag], held: set[str]) -> None:
    """As in "average length in hours": that is how the column is kept."""
    said = next((at for at, tag in enumerate(behind[:-1]) if tag.kind == "prep" and tag.text.lower() == "in"), None)
    if said is not None and behind[said + 1].text.lower() in _UNITS and stem(behind[said + 1].text.lower()) in held:
        behind[said].kind = behind[said + 1].kind = "skip"
