"""Sayings that ask for one of two things: "in 2025 and in 2026" for a figure each, ", no extras" for less."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Meaning, Nested
from agents.builtin.walk import outs_of, scopes_of

_TOGETHER = frozenset("together combined altogether either".split())


def twofold(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """Sentences, each about a saying that the reading takes in one of its two senses."""
    yield from _each_period(tags, meaning)
    yield from _without_amounts(tags, meaning)


def _each_period(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "how much in May and in June": with the preposition said twice, one figure over both is half an answer."""
    figures = [out for out in meaning.outs if out.kind in {"count", "agg"}]
    if len(figures) != 1 or meaning.groups or len(meaning.outs) != 1:
        return
    if _TOGETHER & {word for tag in tags for word in tag.text.lower().split()}:
        return
    periods = [place for place, tag in enumerate(tags) if tag.kind == "period"]
    for first, second in pairwise(periods):
        between = [tag.text.lower() for tag in tags[first + 1 : second]]
        again = {*tags[second].text.lower().split()[:1], *between[-1:]} & {"in", "for", "during"}
        if again and "and" in between and len(between) <= 3:
            yield f"'{tags[first].text}' and '{tags[second].text}' may ask for a figure each"


def _without_amounts(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "most fees altogether, no extras": the fees without extras, or of those who had none."""
    if not any(out.kind == "agg" for out in outs_of(meaning)):
        return
    none = {one.scope.table for _, one in scopes_of(meaning.scope) if isinstance(one, Nested) and one.kind == "none"}
    for before, tag, noun in zip(tags, tags[1:], tags[2:], strict=False):
        named = {link.table for link in noun.links[:1] if link.kind == "table"}
        if before.text == "," and tag.text.lower() == "no" and named & none:
            yield f"', no {noun.text}' may leave out rows, or what they come to"
