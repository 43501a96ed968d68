"""Which role a question means: said by its word ("home team") or by the way it is put ("from Hamburg" is the origin).

Where the question speaks of a table that has several roles and says none, it is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agents.builtin.schema import Schema
from agents.builtin.tags import Tag
from agents.builtin.words import stem

_FROM = frozenset(
    stem(w) for w in "origin source from departure sender start pickup seller previous old leaving".split()
)
_TO = frozenset(
    stem(w) for w in "destination to arrival receiver recipient end target delivery dropoff buyer next new".split()
)


@dataclass(frozen=True)
class Unsaid:
    """A span that speaks of a table in one of several roles without saying which."""

    tag: Tag
    roles: tuple[str, ...]


def assign(tags: list[Tag], schema: Schema, answers: Mapping[str, str]) -> Unsaid | None:
    """Turn links into the role that is said; the first span whose role is left open."""
    if not schema.roles:
        return None
    spoken = {link.table for tag in tags for link in tag.links[:1]}
    open_: Unsaid | None = None
    used: set[str] = set()
    for place, tag in enumerate(tags):
        for parent in dict.fromkeys(link.table for link in tag.links):
            roles = [name for name, role in schema.roles.items() if role.table == parent and not role.own]
            if not roles:
                continue
            children = {schema.roles[name].child for name in roles}
            chosen = answers.get(f"role of {tag.text.lower()}") or _said(tags, place, roles, schema)
            if chosen in roles:
                tag.links = [
                    replace(link, table=chosen, score=min(1.0, link.score + 0.02)) if link.table == parent else link
                    for link in tag.links
                ]
                used.update(schema.roles[chosen].words)
            elif open_ is None and tag.links[0].table == parent and children & spoken:
                open_ = Unsaid(tag, tuple(sorted(name for name in roles if schema.roles[name].child in spoken)))
    said = {stem(word) for word in used}
    for tag in tags:
        if tag.kind == "unknown" and stem(tag.text.lower()) in said:
            tag.kind = "skip"
    return open_


def _said(tags: list[Tag], place: int, roles: list[str], schema: Schema) -> str:
    """The role that a preposition before the span tells, else the one whose word the question has alone."""
    at = place - 1
    while at >= 0 and (tags[at].kind == "skip" or (tags[at].links and at >= place - 2)):
        at -= 1
    way = tags[at].text.lower() if at >= 0 else ""
    for word, kinds in (("from", _FROM), ("to", _TO), ("into", _TO)):
        fits = [name for name in roles if {stem(w) for w in schema.roles[name].words} & kinds]
        if way == word and len(fits) == 1:
            return fits[0]
    text = {stem(word) for tag in tags for word in tag.text.lower().replace("_", " ").split()}
    named = [name for name in roles if {stem(w) for w in schema.roles[name].words} <= text]
    return named[0] if len(named) == 1 else ""
