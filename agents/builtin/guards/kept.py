"""What a question says is kept: the number of a ranking, groupings, months of each year, and "no A or B"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Condition, Either, Meaning, Nested, Out
from agents.builtin.schema.graph import Schema

_UNITS = "day|week|month|quarter|year"
_EACH = re.compile(rf"\b(?:per|by|each|every)\s+({_UNITS})\b", re.IGNORECASE)
_NEITHER = re.compile(r"\b(?:no|never|not|without|neither|none)\b", re.IGNORECASE)


def keep_number(tags: list[Tag], meaning: Meaning) -> None:
    """As in "which sell most? top 3": the number said later is how many are shown."""
    numbers = {int(tag.number) for tag in tags if tag.kind == "sup" and tag.number}
    if len(numbers) == 1 and meaning.limit == 1 and meaning.ties and meaning.order and not meaning.within:
        meaning.limit, meaning.ties = numbers.pop(), False


def keep_neither(tags: list[Tag], meaning: Meaning) -> None:
    """As in "with no orders or returns": neither of them, and not no orders that have returns."""
    tables = _neither_tables(tags)
    for nested in [c for c in meaning.scope.conditions if isinstance(c, Nested) and c.kind == "none"]:
        inner = [
            c
            for c in nested.scope.conditions
            if isinstance(c, Nested) and c.kind == "exists" and c.scope.table in tables
        ]
        if nested.scope.table not in tables:
            continue
        for one in inner:
            nested.scope.conditions.remove(one)
            one.kind, one.scope.parent = "none", meaning.scope
            meaning.scope.conditions.append(one)


def _neither_tables(tags: list[Tag]) -> set[str]:
    """Tables on both sides of an "or" behind a negation."""
    found: set[str] = set()
    for place, tag in enumerate(tags):
        if tag.text.lower() not in {"or", "nor"} or place == 0 or place + 1 >= len(tags):
            continue
        sides = [tags[place - 1], tags[place + 1]]
        if any(one.kind == "neg" for one in tags[:place]) and all(
            one.links and one.links[0].kind == "table" for one in sides
        ):
            found |= {one.links[0].table for one in sides}
    return found


def lost_words(tags: list[Tag], text: str, meaning: Meaning, schema: Schema) -> list[str]:
    """Problems: a grouping, a number of a ranking, a month of each year or an "or" that the meaning does not hold."""
    return [
        *_lost_groupings(text, meaning, schema),
        *_lost_numbers(tags, meaning),
        *_lost_months(tags, text, meaning),
        *_lost_neither(tags, text, meaning),
    ]


def _lost_groupings(text: str, meaning: Meaning, schema: Schema) -> Iterator[str]:
    outs = list(_every(meaning))
    grains = {out.grain for out in outs if out.grain}
    named = {word for out in outs if out.column in schema.columns for word in _words(out, schema)}
    for said in _EACH.finditer(text):
        unit = said[1].lower()
        if unit not in grains and unit not in named:
            yield f"lost:'{said[0]}'"


def _words(out: Out, schema: Schema) -> set[str]:
    assert out.column is not None
    return {word.lower() for word in schema.columns[out.column].words}


def _lost_numbers(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    limits = {meaning.limit} | {n.scope.limit for n in _nested(meaning.scope.conditions)}
    for tag in tags:
        if tag.kind == "sup" and tag.number and int(tag.number) not in limits:
            yield f"lost:'{tag.text}'"
    figures = bool(meaning.outs) and all(out.is_measure for out in meaning.outs)
    if figures and any(tag.kind == "sup" and tag.number for tag in tags) and meaning.limit and not meaning.groups:
        yield "lost:how many are to be shown"  # a single row of figures has no first two


def _lost_months(tags: list[Tag], text: str, meaning: Meaning) -> Iterator[str]:
    """As in "in December by year": each year's December, which one stretch of days is not."""
    by_year = any(said[1].lower() == "year" for said in _EACH.finditer(text))
    by_year = by_year or any(out.grain == "year" for out in _every(meaning))
    for tag in tags:
        period = tag.period
        if by_year and period is not None and period.month is not None and period.year is None:
            yield f"lost:'{tag.text}' of each year"


def _lost_neither(tags: list[Tag], text: str, meaning: Meaning) -> Iterator[str]:
    """As in "never sold or returned", of which one half was taken for rows that must be there."""
    if not any(tag.text.lower() in {"or", "nor"} for tag in tags) or _NEITHER.search(text) is None:
        return
    for nested in _nested(meaning.scope.conditions):
        if nested.kind != "none":
            continue
        inside = any(isinstance(c, Nested) and c.kind == "exists" for c in nested.scope.conditions)
        beside = any(isinstance(c, Either) and nested in c.options for c in meaning.scope.conditions)
        if inside or beside:
            yield "lost:'or' behind a negation"
            return


def _nested(conditions: list[Condition]) -> Iterator[Nested]:
    for condition in conditions:
        if isinstance(condition, Either):
            yield from _nested(condition.options)
        elif isinstance(condition, Nested):
            yield condition
            yield from _nested(condition.scope.conditions)


def _every(meaning: Meaning) -> Iterator[Out]:
    ordered = [out for out, _ in meaning.order]
    asked = [out for out, _, _ in meaning.having]
    for out in [*meaning.outs, *meaning.groups, *meaning.within, *ordered, *asked]:
        yield from _with_parts(out)
    for nested in _nested(meaning.scope.conditions):
        for out in [*([nested.out] if nested.out else []), *(one for one, _ in nested.scope.order)]:
            yield from _with_parts(out)


def _with_parts(out: Out) -> Iterator[Out]:
    yield out
    for part in out.parts:
        yield from _with_parts(part)
