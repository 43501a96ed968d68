"""A choice among equals is a question: which of several amounts, which of several names, what of a table is counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from agents.builtin.language.lexicon import RELATING, synonyms
from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Beyond, Compare, Meaning, Nested, Ref
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import date_columns, says_when
from agents.builtin.schema.graph import Schema
from agents.builtin.walk import conditions_of, outs_of

# An amount that fits a word no more than this much better than another is but one of several.
_ALIKE = 0.1


def equals(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """Sentences, each about a choice that the question leaves open and the reading makes."""
    found = [
        *_amounts(tags, meaning, schema),
        *_names(tags, meaning),
        *_parts_of_names(tags, meaning, schema),
        *_how_many_best(tags, meaning),
    ]
    return list(dict.fromkeys(found))


def _amounts(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "rent" where a flat has an asking rent and a lease a monthly rent, and neither word nor table was said."""
    measured = {
        out.column for out in outs_of(meaning) if out.column is not None and (out.func or _ranks(out.column, meaning))
    }
    measured |= {c.column for c in conditions_of(meaning) if isinstance(c, Compare | Beyond)}
    said = {tag.links[0].table for tag in tags if tag.links and tag.links[0].kind in {"table", "value"}}
    for tag in tags:
        top = tag.links[0] if tag.links else None
        if top is None or top.kind != "column" or top.ref not in measured or top.how == "answered":
            continue
        column = schema.columns[top.ref]
        if column.kind != "number" or column.is_id or _whole(column.core, tag) or top.table in said:
            continue
        for link in tag.links[1:]:
            other = schema.columns.get(link.ref) if link.kind == "column" else None
            if other is None or other.kind != "number" or other.is_id or link.score < top.score - _ALIKE:
                continue
            if schema.real(link.table) == schema.real(top.table) and other.name == column.name:
                continue
            yield f"'{tag.text}' may be {column.name} of {column.table} or {other.name} of {other.table}"
            break


def _ranks(ref: Ref, meaning: Meaning) -> bool:
    return any(out.column == ref for out, _ in meaning.order)


def _whole(core: tuple[str, ...], tag: Tag) -> bool:
    """Whether all words of a column's name were said."""
    said = {stem(word) for word in tag.text.lower().split()}
    return {stem(word) for word in core} <= said


def _names(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "at Grand events", where several venues begin with it."""
    held = {(c.column, str(value)) for c in conditions_of(meaning) if isinstance(c, Compare) for value in c.values}
    for tag in tags:
        top = tag.links[0] if tag.links else None
        if top is None or top.kind != "value" or top.how not in {"part", "typo"}:
            continue
        rivals = [link for link in tag.links[1:] if _rival(link, top) and (link.ref, str(link.value)) not in held]
        if rivals:
            yield f"'{tag.text}' may be {top.value} or {rivals[0].value}"


def _rival(link: Link, top: Link) -> bool:
    return link.kind == "value" and link.ref == top.ref and link.value != top.value and link.score >= top.score - 0.02


def _parts_of_names(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "how many tickets", where only ticket orders are kept: an order may be of several tickets."""
    for out in outs_of(meaning):
        if out.kind != "count" or out.column is not None or out.table not in schema.tables:
            continue
        owner = [stem(word) for word in schema.tables[out.table]]
        links = [
            (tag, link)
            for tag in _counted(tags)
            for link in tag.links[:1]
            if (link.kind, link.table) == ("table", out.table)
        ]
        if len(owner) < 2 or not links:
            continue
        said = {stem(singular(word)) for tag, _ in links for word in tag.text.lower().split()}
        said |= {other for word in said for other in synonyms(word)}
        amounts = [c.name for c in schema.of(out.table) if c.kind == "number" and c.core[-1:] in _AMOUNTS]
        if all(link.how == "part" for _, link in links) and owner[-1] not in said and amounts:
            yield f"rows of {out.table} would be counted for '{links[0][0].text}', and not their {amounts[0]}"


def _counted(tags: list[Tag]) -> Iterator[Tag]:
    """The nouns of which a number is asked for."""
    for place, tag in enumerate(tags):
        if tag.kind == "howmany" or tag.data == "count":
            yield from [one for one in tags[place + 1 : place + 4] if one.links][:1]


_AMOUNTS = {("quantity",), ("unit",), ("count",), ("piece",), ("number",)}


def _how_many_best(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "our biggest customers": how many of them was not said, and the first one alone is not meant."""
    if meaning.limit != 1 or meaning.within:
        return
    for tag, noun in itertools.pairwise(tags):
        if tag.kind != "sup" or tag.number or noun.start != tag.end or not noun.links or noun.links[0].kind != "table":
            continue
        word = noun.text.lower().split()[-1]
        if (
            singular(word) != word
            and tag.hints != ("#",)
            and not tag.text.lower().startswith(("most", "fewest", "least"))
        ):
            yield f"how many of the {tag.text.lower()} {noun.text} are meant was not said"


# Deeds that rows of their own tell of: of one table's rows alone they say something that no column holds.
_DEEDS = frozenset(
    stem(word)
    for word in (
        "sell sold ship deliver return rent lend borrow pay buy order cancel complete close refund end earn collect "
        "charge bill invoice issue publish send treat prescribe apply change lose win break repair pass fail attend"
    ).split()
)


def bare_deeds(tags: list[Tag], meaning: Meaning, schema: Schema, tables: set[str]) -> list[str]:
    """As in "which events are sold out": what was done with rows of the one table that is read, where nothing tells it.

    ``tables``: all that the query reads.
    """
    real = {schema.real(table) for table in tables if table}
    if len(real) != 1 or any(isinstance(c, Nested) for c in conditions_of(meaning)):
        return []
    table = next(iter(real))
    known = {stem(word) for word in schema.tables.get(table, ())}
    known |= {stem(word) for column in schema.of(table) for word in column.words}
    known |= {other for word in known for other in synonyms(word)}
    found = []
    said = [tag for tag in tags if tag.kind != "skip" or tag.text.lower() in _PARTICLES]
    for before, tag, after in zip(said, said[1:], [*said[2:], None], strict=False):
        word = stem(tag.text.lower())
        done = tag.kind == "unknown" and is_participle(tag.text.lower()) and word in _DEEDS
        ends = after is None or after.kind == "end" or after.text.lower() in _PARTICLES
        if done and ends and before.text.lower() in _BE and word not in known and not synonyms(word) & known:
            found.append(f"nothing in {table} says what was '{tag.text}'")
    return found


def deeds_of_stock(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "how many bottles did we open", where rows only say how many there are: what is there was not opened."""
    summed = [out.column for out in outs_of(meaning) if out.kind == "agg" and out.column is not None]
    tables = {ref[0] for ref in summed if ref[0] in schema.tables}
    if len(tables) != 1 or any(isinstance(c, Nested) for c in conditions_of(meaning)):
        return
    (table,) = tables
    if any(says_when(schema, day) for day in date_columns(schema, table)) or any(
        join.table == table for join in schema.joins
    ):
        return
    known = {stem(word) for word in schema.tables[table]} | {stem(w) for c in schema.of(table) for w in c.words}
    known |= {other for word in known for other in synonyms(word)}
    for place, tag in enumerate(tags):
        word = tag.text.lower()
        asked = any(
            one.text.lower() in {"did", "we", "they", "been", "was", "were"} for one in tags[max(0, place - 3) : place]
        )
        elsewhere = tag.kind == "link" and all(link.table != table for link in tag.links[:3])
        deed = (tag.kind == "unknown" or elsewhere) and (stem(word) in RELATING or is_participle(word))
        if asked and deed and stem(word) not in known | _HAVING:
            yield f"nothing in {table} says what was '{tag.text}'"


_DOES = frozenset("did we they been was were".split())
_HAVING = frozenset(stem(word) for word in "keep hold own store have offer carry".split())
_BE = frozenset("is are was were be been".split())
_PARTICLES = frozenset("out off up down away".split())
