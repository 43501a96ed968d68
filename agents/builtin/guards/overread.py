"""Words of value and rank that a reading answers with something smaller: a count for a worth, a day for the best."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from agents.builtin.language.lexicon import SUPERLATIVES, synonyms
from agents.builtin.language.words import singular, stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, During, Meaning, Nested
from agents.builtin.schema.choose import is_money
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.values import ValueIndex
from agents.builtin.walk import conditions_of, outs_of, scopes_of, with_parts

_WORTH = frozenset({"value", "worth", "valued"})
_SUMMED = frozenset({"total", "whole", "overall", "much", "combined", "entire", "current"})
_RATES = frozenset(stem(word) for word in "percent percentage pct rate ratio share discount score rating".split())
_BEST = frozenset({"best", "worst"})
_LEAST = 3
_SORTS = 12
_RIVAL = 0.7
_LINES = frozenset(map(stem, "line item detail position row entry".split()))
_COSTS = frozenset({"cost", "costs", "costing"})


def overread(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """Sentences, each about a word that asks for more than the reading gives."""
    yield from _worth(tags, meaning)
    yield from _most_of_a_rate(tags, meaning, schema)
    yield from _most_of_a_day(tags, meaning, schema)
    yield from _best(tags, meaning, schema)
    yield from _cost_of(tags, meaning, schema)
    yield from _more_than_itself(meaning, schema)
    yield from _siblings(tags, meaning, schema)
    yield from _either_rows(tags, schema)
    yield from _either_table(tags, meaning, schema)
    yield from _unspoken_counts(tags, meaning, schema)
    yield from _uncounted(tags, meaning, schema)
    yield from _first_names(tags, meaning)


def _first_names(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "first name of each author", of whom only a whole name is kept: the first of a name is no earliest row."""
    for tag, after in itertools.pairwise(tags):
        named = tag.kind == "sup" and tag.text.lower() in {"first", "last"} and after.text.lower() in {"name", "names"}
        if named and (meaning.order or meaning.limit):
            yield f"'{tag.text} {after.text}' would be the one of the earliest or latest"


def _worth(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "total value of our stock": how much it is worth, and not how many rows there are."""
    words = [word for tag in tags for word in tag.text.lower().split()]
    at = next((place for place, word in enumerate(words) if word in _WORTH), None)
    outs = list(with_parts(outs_of(meaning)))
    counted = bool(outs) and all(out.kind in {"count", "entity"} for out in outs)
    if at is not None and counted and _SUMMED & set(words[:at]):
        yield f"'{words[at]}' asks what it comes to, and rows would be counted"
    elif at is not None and words[at + 1 : at + 2] in (["per"], ["by"]) and not any(out.is_measure for out in outs):
        yield f"'{words[at]}' asks what it comes to, and rows would be listed"


def _most_of_a_rate(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "who gives the most discount": the highest of one row is neither the average nor all of it."""
    if not any(tag.kind == "sup" and tag.text.lower() in {"most", "least"} for tag in tags):
        return
    shown = {table for out in meaning.outs for table in out.tables()}
    for out, _ in meaning.order:
        column = schema.columns[out.column] if out.kind == "column" and out.column else None
        if column is not None and column.table not in shown and _RATES & {stem(word) for word in column.words}:
            yield f"'most' of {column.name} may be the highest single one or the average"


def _most_of_a_day(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "which boat had the most bookings", of which only a day is kept: so many of them, and not the latest."""
    most = next((tag for tag in tags if tag.kind == "sup" and tag.text.lower() in {"most", "least", "fewest"}), None)
    for out, _ in meaning.order if most is not None and meaning.limit else []:
        if out.kind == "column" and out.column is not None and schema.columns[out.column].kind == "date":
            yield f"'{most.text if most else ''}' asks how many, and {out.column[1]} is a day"


def _best(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "our best clients", of whom only the day is kept on which they came: that says nothing of good or bad."""
    said = next((tag for tag in tags if tag.kind == "sup" and tag.text.lower().split()[0] in _BEST), None)
    if said is None or not meaning.limit:
        return
    wanted = {stem(word) for word in SUPERLATIVES[said.text.lower().split()[0]][1]}
    for out, _ in meaning.order:
        column = schema.columns[out.column] if out.column else None
        if column is not None and column.kind == "date" and not wanted & {stem(word) for word in column.words}:
            yield f"{column.name} does not say which is {said.text.lower()}"


def _cost_of(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "what did Bella cost us": prices of other things that lie on the way are not what it came to."""
    if not any(_COSTS & set(tag.text.lower().split()) for tag in tags):
        return
    told = {condition.column[0] for condition in conditions_of(meaning) if isinstance(condition, Compare)}
    for out in meaning.outs:
        column = schema.columns[out.column] if out.kind == "column" and out.column else None
        if column is not None and told and column.table not in told and is_money(column):
            yield f"{column.name} of {column.table} would be listed, which is no sum of what was paid"


def _more_than_itself(meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "customers with more than one customer": rows that are told apart by their key are one each."""
    for out, _, _ in meaning.having:
        own = [group for group in meaning.groups if group.kind == "entity" and group.table == out.table]
        if out.kind == "count" and out.column is None and own and schema.keys.get(out.table):
            yield f"each of {out.table} would be counted by itself"


def _siblings(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "money of the menu lines", of which there is none: what was paid for the event is another matter."""
    loose = {tag.links[0].ref for tag in tags if tag.links and tag.links[0].how in {"synonym", "money"}}
    measured = {out.column for out in outs_of(meaning) if out.kind == "agg" and out.column is not None}
    for ref in sorted(measured & loose):
        for condition in conditions_of(meaning):
            other = condition.scope.table if isinstance(condition, Nested) and condition.kind == "exists" else ""
            if other and not schema.owns(ref[0], other) and not schema.owns(other, ref[0]):
                yield f"{ref[1]} of {ref[0]} is not of {other}"


def _either_rows(tags: list[Tag], schema: Schema) -> Iterator[str]:
    """As in "more than 8 repairs": receipts of that sort, or the jobs themselves."""
    for before, tag in itertools.pairwise(tags):
        counted = before.kind in {"howmany", "num"} or (
            before.kind == "sup" and before.text.lower() in {"most", "fewest"}
        )
        if (
            not counted
            or not tag.links
            or tag.links[0].kind != "value"
            or singular(tag.text.lower()) == tag.text.lower()
        ):
            continue
        first = tag.links[0]
        rival = next((one for one in tag.links[1:] if one.kind == "table" and one.table != first.table), None)
        if rival is not None and rival.score >= _RIVAL and rival.table not in schema.roles:
            yield f"'{tag.text}' may be {rival.table}, or {first.table} of which {first.column} is {first.value}"


def _either_table(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "orders", where there are order_lines and purchase_orders: either may be meant."""
    used = {table for out in outs_of(meaning) for table in out.tables()} | {
        s.table for s, _ in scopes_of(meaning.scope)
    }
    said = {stem(word) for tag in tags for word in tag.text.lower().split()}
    for tag in tags:
        tables = [link for link in tag.links if link.kind == "table" and link.table not in schema.roles]
        if len(tables) < 2 or tag.links[0] is not tables[0] or tables[0].how != "part" or tables[0].table not in used:
            continue
        if schema.owns(tables[1].table, tables[0].table) and _LINES & set(map(stem, schema.tables[tables[1].table])):
            continue  # an order is its head, and not one of its lines
        others = {stem(word) for word in schema.tables[tables[0].table]} - {stem(tag.text.lower())}
        if tables[1].how == "part" and tables[1].table not in used and not others & said:
            yield f"'{tag.text}' may be {tables[0].table} or {tables[1].table}"


def _unspoken_counts(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "which names do we have more than twice", where nothing says of what there are so many."""
    spoken = {link.table for tag in tags for link in tag.links[:3] if link.kind == "table" or link is tag.links[0]}
    verbs = {stem(word) for tag in tags for word in tag.text.lower().split()}
    nested = [c.out for c in conditions_of(meaning) if isinstance(c, Nested) and c.out is not None]
    for out in [*(out for out, _, _ in meaning.having), *nested]:
        table = out.table if out.kind == "count" else ""
        words = {stem(word) for word in schema.tables.get(table, ())}
        near = {other for word in words for other in synonyms(word)} | words
        if table and table not in spoken and not near & verbs:
            yield f"nothing says that {table} are to be counted"


def _uncounted(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "how many return requests": a list of days is no number of them."""
    asked = next((tag for tag in tags if tag.kind == "howmany" and tag.data != "often"), None)
    shown = [*meaning.outs, *meaning.groups, *(out for out, _ in meaning.order), *(out for out, _, _ in meaning.having)]
    numbers = any(o.is_measure or (o.column and schema.columns[o.column].kind == "number") for o in shown)
    nested = any(isinstance(c, Nested) and c.out is not None for c in conditions_of(meaning))
    if asked is not None and shown and not numbers and not nested:
        yield f"'{asked.text}' asks for a number, and none would be shown"
    cut = any(tag.kind in {"group", "grain", "versus"} for tag in tags)
    for group in meaning.groups:
        day = group.kind == "column" and group.column is not None and schema.columns[group.column].kind == "date"
        if asked is not None and day and not cut:
            name = group.column[1] if group.column else group.grain
            yield f"'{asked.text}' asks for one number, and there would be one for each {name}"


def passed_over(tags: list[Tag], meaning: Meaning, values: ValueIndex, schema: Schema) -> Iterator[str]:
    """As in "..., both done", where done is a status of what is asked about: such a word is no mere filler."""
    used = {scope.table for scope, _ in scopes_of(meaning.scope)}
    used |= {condition.column[0] for condition in conditions_of(meaning) if isinstance(condition, Compare)}
    told = {condition.column for condition in conditions_of(meaning) if isinstance(condition, Compare)}
    days = [schema.columns[one.column] for one in conditions_of(meaning) if isinstance(one, During)]
    dated = {stem(word) for column in days for word in column.words}
    for tag, after in itertools.zip_longest(tags, tags[1:]):
        word = tag.text.lower()
        if after is not None and after.kind == "period" and stem(word) in dated:
            continue  # "received in May" says when
        if after is not None and after.text.lower() in {"us", "me"}:
            continue  # "who sent us any" did so
        if tag.kind not in {"skip", "rel"} or not word.isalpha() or len(word) < _LEAST:
            continue
        for hit in values.find(word):
            ref = hit.table, hit.column
            few = len(values.by_column.get(ref, ())) <= _SORTS
            if hit.how == "exact" and hit.table in used and few and ref not in told:
                yield f"'{tag.text}' is a value of {hit.column} and plays no part in what I read"
                break
