"""Which role a question means: said by its word ("home team") or by the way it is put ("from Hamburg" is the origin).

Where the question speaks of a table that has several roles and says none, it is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from agents.builtin.language.lexicon import FILLER, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link, is_filler
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.index import Index

_FROM = frozenset(
    stem(w) for w in "origin source from departure sender start pickup seller previous old leaving".split()
)
_TO = frozenset(
    stem(w) for w in "destination to arrival receiver recipient end target delivery dropoff buyer next new".split()
)


_SPOKEN = 0.7


@dataclass(frozen=True)
class Unsaid:
    """A span that speaks of a table in one of several roles without saying which."""

    tag: Tag
    roles: tuple[str, ...]


def assign(tags: list[Tag], schema: Schema, answers: Mapping[str, str]) -> Unsaid | None:
    """Turn links into the role that is said; the first span whose role is left open."""
    if not schema.roles:
        return None
    spoken = {link.table for tag in tags for link in tag.links[:1] if link.score >= _SPOKEN}
    named = {tag.links[0].table for tag in tags if tag.links and tag.links[0].kind == "table"}
    _same(tags, schema)
    _also(tags, schema)
    left: list[tuple[Tag, str, list[str]]] = []
    chosen_for: dict[str, set[str]] = {}
    for place, tag in enumerate(tags):
        for parent in dict.fromkeys(link.table for link in tag.links):
            roles = [name for name, role in schema.roles.items() if role.table == parent and not role.own]
            if not roles:
                continue
            chosen = answers.get(f"role of {tag.text.lower()}") or _said(tags, place, roles, schema)
            if chosen in roles:
                _choose(tag, parent, chosen, schema, spoken)
                chosen_for.setdefault(parent, set()).add(chosen)
            else:
                left.append((tag, parent, roles))
    open_: Unsaid | None = None
    for tag, parent, roles in left:
        before = chosen_for.get(parent, set())
        if len(before) == 1:
            # "trips per home harbour, with the harbour's name": the same one.
            _choose(tag, parent, min(before), schema, spoken)
        elif open_ is None and _means(tag, parent) and not _at_hand(parent, named, schema):
            asked = tuple(sorted(name for name in roles if schema.roles[name].child in spoken))
            open_ = Unsaid(tag, asked) if asked else None
    said = {stem(word) for names in chosen_for.values() for name in names for word in schema.roles[name].words}
    for tag in tags:
        if tag.kind == "unknown" and stem(tag.text.lower()) in said:
            tag.kind = "skip"
    return open_


def _means(tag: Tag, parent: str) -> bool:
    """Whether a span speaks of the table, and of no other as well: "start" of a hire is no day of its helper."""
    top = tag.links[0]
    return top.table == parent and not any(
        link.table != parent and link.kind == top.kind and link.score >= top.score - 0.05 for link in tag.links[1:]
    )


def _same(tags: list[Tag], schema: Schema) -> None:
    """As in "opened and closed by the same clerk": two roles are compared, and no role is asked for."""
    place = next((p for p, tag in enumerate(tags) if tag.kind == "unknown" and tag.text.lower() == "same"), None)
    noun = tags[place + 1] if place is not None and place + 1 < len(tags) else None
    if place is None or noun is None or not noun.links:
        return
    for parent in dict.fromkeys(link.table for link in noun.links if link.kind == "table"):
        roles = [name for name, role in schema.roles.items() if role.table == parent and not role.own]
        text = {stem(word) for tag in tags for word in tag.text.lower().split()}
        said = [name for name in roles if all(_is_said(stem(w), text) for w in _telling(name, roles, schema))]
        if len(said) != 2 or schema.roles[said[0]].child != schema.roles[said[1]].child:
            continue
        words = {stem(word) for name in said for word in schema.roles[name].words}
        ends = [j for j in schema.joins if j.parent in said]
        for tag in tags:
            if tag is not noun and words & {stem(word) for word in tag.text.lower().split()}:
                _without_verb(tag, schema)
        noun.kind, noun.links = "skip", []
        tags[place].kind = "alike"
        tags[place].links = [Link("column", join.table, join.columns[0]) for join in ends]
        return


def _also(tags: list[Tag], schema: Schema) -> None:
    """As in "the author was also the editor": two roles of one row that lead to the same."""
    roles = [place for place, tag in enumerate(tags) if tag.links and tag.links[0].table in schema.roles]
    for first, second in pairwise(roles):
        between = tags[first + 1 : second]
        one, other = (schema.roles[tags[place].links[0].table] for place in (first, second))
        said = {word for tag in between for word in tag.text.lower().split()}
        if (one.table, one.child) != (other.table, other.child) or one.words == other.words:
            continue
        if not said & {"is", "was", "are", "were"} or not said & {"also", "same"}:
            continue
        names = [tags[place].links[0].table for place in (first, second)]
        ends = [join for name in names for join in schema.joins if join.parent == name]
        for tag in (tags[first], *between):
            tag.kind, tag.links = "skip", []
        tags[second].kind = "alike"
        tags[second].links = [Link("column", join.table, join.columns[0]) for join in ends]
        return


def _without_verb(tag: Tag, schema: Schema) -> None:
    """As in "trips opened" the trips, where the verb has been taken into account."""
    said = {stem(word) for word in tag.text.lower().split()}
    table = next((link.table for link in tag.links if {stem(w) for w in schema.tables[link.table]} <= said), None)
    if table is None:
        tag.kind, tag.links = "skip", []
    else:
        tag.links = [Link("table", table)]


def _choose(tag: Tag, parent: str, chosen: str, schema: Schema, spoken: set[str]) -> None:
    tag.links = [
        replace(link, table=chosen, score=min(1.0, link.score + 0.02)) if link.table == parent else link
        for link in tag.links
    ]
    if _names_role(tag, chosen, schema) and schema.roles[chosen].child in spoken:
        # "per coach" speaks of whoever has that part, not of a stored word.
        tag.links = [Link("table", chosen), *(link for link in tag.links if link.kind != "value")]


def _at_hand(parent: str, named: set[str], schema: Schema) -> bool:
    """Whether rows that the question names belong to the table itself, in no role."""
    return any(join.parent == parent and join.table in named for join in schema.joins)


def _names_role(tag: Tag, name: str, schema: Schema) -> bool:
    """Whether a span is nothing but the role's word."""
    role = {stem(word) for word in schema.roles[name].words}
    said = {stem(word) for word in tag.text.lower().split()}
    return role <= said and said <= role | {stem(word) for word in schema.tables[name]}


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
    led = _led_by(tags, place, roles, schema)
    if led:
        return led
    words = [word for tag in tags for word in tag.text.lower().replace("_", " ").split()]
    text = {stem(word) for word in words}
    text |= {a[:1] + b[:1] for a, b in pairwise(words) if not is_filler(a) and not is_filler(b)} - FILLER
    named = [name for name in roles if all(_is_said(stem(w), text) for w in _telling(name, roles, schema))]
    return named[0] if len(named) == 1 else ""


def _led_by(tags: list[Tag], place: int, roles: list[str], schema: Schema) -> str:
    """As in "departure harbour", where the column is called from: the word before the noun tells the way."""
    lead = tags[place - 1] if place else None
    if lead is None or lead.end != tags[place].start or lead.kind not in {"link", "unknown", "skip"}:
        return ""
    for kinds in (_FROM, _TO):
        fits = [name for name in roles if {stem(w) for w in schema.roles[name].words} & kinds]
        if stem(lead.text.lower()) in kinds and len(fits) == 1:
            lead.kind, lead.links = "skip", []
            return fits[0]
    return ""


def _telling(name: str, roles: list[str], schema: Schema) -> list[str]:
    """The words by which a role differs from the others: of "source iso" and "target iso" the first."""
    shared = set.intersection(*(set(schema.roles[one].words) for one in roles))
    return [word for word in schema.roles[name].words if word not in shared] or list(schema.roles[name].words)


def _is_said(word: str, text: set[str]) -> bool:
    """Whether the question has the word, one that begins with it ("salesperson"), the verb ("directed"), initials."""
    if word in text or (len(word) >= 4 and any(said.startswith(word) for said in text)):
        return True
    return word.endswith(("er", "or")) and any(len(said) >= 3 and word in synonyms(said) for said in text)


def along(tags: list[Tag], index: Index) -> Index:
    """The data with only those references to a table that were said, where any was: "visits per family dentist"."""
    said = {one.links[0].via: one.links[0].table for one in tags if one.links and one.links[0].via is not None}
    if not said:
        return index
    joins = [
        join for join in index.schema.joins if join.parent not in said.values() or (join.table, join.columns[0]) in said
    ]
    return replace(index, schema=replace(index.schema, joins=joins))
