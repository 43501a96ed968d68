"""Restrictions that must not get lost: "only those that really ran", "which van and when", "our current drivers"."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from itertools import pairwise

from agents.builtin.everyday.daywords import roots
from agents.builtin.language.lexicon import RELATING, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import DOUBT, Compare, Meaning
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import is_planned
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.walk import conditions_of, outs_of

_ENDS = frozenset(stem(word) for word in "end ended left leave terminated resigned retired withdrawn exit".split())
_THOSE = frozenset("ones one those the".split())
_SAYS = frozenset("num quoted cmp post neg period time weekday like empty sup".split())
_ASKING = frozenset("which what".split())


def take_current(tags: list[Tag], schema: Schema) -> None:
    """As in "current drivers", "current ones": nothing is called so, but a day on which they left is kept."""
    tables = {tag.links[0].table for tag in tags if tag.links and tag.links[0].kind == "table"}
    ended = [c for t in tables for c in schema.of(t) if c.kind == "date" and {stem(w) for w in c.words} & _ENDS]
    if len(ended) != 1 or ended[0].stats.filled >= ended[0].stats.rows:
        return
    for place, tag in enumerate(tags):
        after = tags[place + 1] if place + 1 < len(tags) else None
        if tag.kind != "unknown" or tag.text.lower() not in {"current", "present"}:
            continue
        noun = after is not None and (
            after.text.lower() in _THOSE
            or any(link.kind == "table" and link.table == ended[0].table for link in after.links[:1])
        )
        if noun or after is None:
            tag.kind, tag.text = "skip", "current"


_FORESEEN = frozenset(stem(word) for word in "planned scheduled due set arranged slated expected".split())


def take_foreseen(tags: list[Tag]) -> None:
    """As in "trips planned for 2024 that were cancelled": when they were to be, and not the state they are in."""
    for tag, after in pairwise(tags):
        if tag.kind != "link" or stem(tag.text.lower()) not in _FORESEEN or after.kind != "period":
            continue
        if tag.links[0].kind == "value" and any(
            one is not tag and one.links and one.links[0].kind == "value" and one.links[0].ref == tag.links[0].ref
            for one in tags
        ):
            tag.kind, tag.links = "skip", []


def take_timely(tags: list[Tag], schema: Schema) -> None:
    """As in "delivered late": how it was done, and no stored word of other rows, where a day is planned for it."""
    for before, tag in pairwise(tags):
        if tag.kind != "link" or tag.text.lower() not in {"late", "early"} or tag.links[0].kind != "value":
            continue
        days = [one for one in before.links if one.kind == "column" and schema.columns[one.ref].kind == "date"]
        if not days or tag.links[0].table == days[0].table:
            continue
        if any(is_planned(column) for column in schema.of(days[0].table)):
            before.links = days[:1]
            tag.kind, tag.links = "unknown", []


def lost_restrictions(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """Problems: a clause behind "only" that says nothing here, and things asked for that are not shown."""
    lost = [*_only_those(tags), *_asked_nouns(tags), *_asked_when(tags, meaning, schema), *_bare_states(tags)]
    lost += [
        *_first_unit(tags),
        *_between_two(tags),
        *_differing(tags, meaning),
        *_missing_and_compared(meaning),
        *_ranked_deeds(tags, meaning, schema),
        *_echoes(tags, meaning, schema),
        *_heads_elsewhere(meaning, schema),
    ]
    return list(dict.fromkeys(lost))


def _first_unit(tags: list[Tag]) -> Iterable[str]:
    """As in "the first week of June": a part of a period, not the first of the rows."""
    for tag, after in pairwise(tags):
        if tag.kind == "sup" and tag.text.lower() in {"first", "last"} and after.kind == "unit":
            yield f"unused:{tag.text} {after.text}"


def _between_two(tags: list[Tag]) -> Iterable[str]:
    """As in "how long between the one and the other": a length of time from one to the other, and no other length."""
    asked = any(tag.kind == "howadj" and tag.text.lower() == "how long" for tag in tags)
    for tag, after in pairwise(tags):
        if asked and tag.text.lower() == "between" and after.kind not in {"num", "period"}:
            yield "unused:between"


_DIFFER = frozenset("differ differs differed mismatch mismatches".split())


def _differing(tags: list[Tag], meaning: Meaning) -> Iterable[str]:
    """As in "where the one differs from the other": two things that are set against each other, and not groups."""
    unlike = any(isinstance(c, Compare) and (c.op == "!=" or c.negated) for c in conditions_of(meaning))
    if unlike or any(out.kind == "difference" for out in outs_of(meaning)):
        return
    where = any(tag.text.lower() == "where" for tag in tags)
    for tag, after in itertools.zip_longest(tags, tags[1:]):
        ends = after is None or after.kind == "end"
        if tag.text.lower() in _DIFFER and ((ends and where) or (after is not None and after.text.lower() == "from")):
            yield f"unused:{tag.text}"


def _missing_and_compared(meaning: Meaning) -> Iterable[str]:
    """As in "never delivered late", of which no row would be left: a day that is missing is neither late nor early."""
    held = [c for c in meaning.scope.conditions if isinstance(c, Compare)]
    missing = {c.column for c in held if c.op == "null" and not c.negated}
    if any(c.other is not None and missing & {c.column, c.other} for c in held):
        yield "unclear:never"


def _ranked_deeds(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterable[str]:
    """As in "which boat was built first", ranked by a day that is not that of building."""
    said = [tag for tag in tags if tag.kind not in {"skip", "end"}]
    if len(said) < 2 or said[-1].kind != "sup" or said[-1].text.lower() not in {"first", "last"} or not meaning.limit:
        return
    deed = said[-2].text.lower()
    for out, _ in meaning.order:
        column = schema.columns.get(out.column) if out.column is not None else None
        if column is None or column.kind != "date" or not (deed.endswith("ed") or is_participle(deed)):
            continue
        if not roots(deed).union(*(synonyms(one) for one in roots(deed))) & {stem(word) for word in column.words}:
            yield f"{DOUBT}'{deed}' may not be what {column.name} of {column.table} tells"


_HEADS = frozenset(
    stem(word) for word in "passenger guest visitor person people attendee participant adult child kid pax".split()
)


def _heads_elsewhere(meaning: Meaning, schema: Schema) -> Iterable[str]:
    """As in "how many guests had we": where heads are counted in two tables, the figures differ and one is to be said.

    A table's count and what was booked beforehand are such a pair.
    """
    for out in meaning.outs:
        if (
            out.kind != "agg"
            or out.column is None
            or out.func != "sum"
            or not _counts_heads(schema.columns[out.column])
        ):
            continue
        column = schema.columns[out.column]
        others = {c.table for c in schema.columns.values() if _counts_heads(c)} - {column.table, *schema.roles}
        if others:
            yield f"unclear:{column.name}"


def _counts_heads(column: Col) -> bool:
    words = {stem(word) for word in column.words}
    return column.kind == "number" and not column.is_id and bool(words & _HEADS) and not words & _NO_COUNT


_NO_COUNT = frozenset(stem(word) for word in "capacity price fee rate per max minimum age id number key".split())


def _echoes(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterable[str]:
    """As in "what did Ann order": Ann herself is no answer to it."""
    said = [tag for tag in tags if tag.kind != "skip"]
    if (
        len(said) < 2
        or said[0].text.lower() != "what"
        or said[1].text.lower() not in {"did", "do", "does", "has", "have"}
    ):
        return
    shown = {out.table for out in meaning.outs if out.kind == "entity"}
    named = [c for c in meaning.scope.conditions if isinstance(c, Compare) and c.op == "=" and c.column[0] in shown]
    if len(shown) == len(meaning.outs) == 1 and any(schema.columns[c.column].unique for c in named):
        yield "unclear:what"


_STATES = frozenset("available broken used unused taken done present hidden spare out away back".split())
_BE = frozenset("is are was were be been not".split())


def _bare_states(tags: list[Tag]) -> Iterable[str]:
    """As in "how many vans are available", "broken pumps": a state that nothing tells, though the word is light."""
    said = [tag for tag in tags if tag.kind != "skip" or tag.text.lower() in _STATES]
    for before, tag, after in zip([None, *said], said, [*said[1:], None], strict=False):
        if tag.kind != "skip":
            continue
        ends = after is None or after.kind in {"end", "conj"}
        noun = after is not None and after.start == tag.end and after.links[:1] != [] and after.links[0].kind == "table"
        if (ends and before is not None and before.text.lower() in _BE) or noun:
            yield f"idle:{tag.text}"


def _only_those(tags: list[Tag]) -> Iterable[str]:
    for place, tag in enumerate(tags):
        if tag.text.lower() != "only":
            continue
        at = place + 1
        while at < len(tags) and tags[at].text.lower() in _THOSE:
            at += 1
        if at == place + 1 or at >= len(tags) or tags[at].kind != "rel":
            continue
        clause = _until_end(tags, at + 1)
        if not any(_says_which(one) for one in clause):
            yield "unused:only " + " ".join(one.text for one in clause)


def _until_end(tags: list[Tag], at: int) -> list[Tag]:
    end = next((p for p in range(at, len(tags)) if tags[p].kind in {"end", "conj", "order", "group"}), len(tags))
    return tags[at:end]


def _says_which(tag: Tag) -> bool:
    if tag.kind in _SAYS:
        return True
    return tag.kind == "link" and bool(tag.links) and tag.links[0].kind in {"value", "column"}


def _asked_nouns(tags: list[Tag]) -> Iterable[str]:
    """As in "which van and when": a noun that happens to be a verb elsewhere, and that nothing here is called."""
    for tag, after in zip(tags, [*tags, None][1:], strict=True):
        noun = after
        if tag.kind != "rel" or tag.text.lower() not in _ASKING or noun is None or noun.kind != "unknown":
            continue
        word = noun.text.lower()
        if stem(word) in RELATING and not is_participle(word) and not word.endswith(("s", "ed", "ing")):
            yield f"unknown:{noun.text}"


def _asked_when(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterable[str]:
    """As in "... and when was that": besides what was asked for first, a day."""
    for before, tag in pairwise(tags):
        if tag.kind != "rel" or tag.text.lower() != "when" or before.kind != "conj":
            continue
        shown = [out.column for out in meaning.outs if out.column is not None]
        if not any(schema.columns[ref].kind == "date" for ref in shown):
            yield "unused:when"
