"""None, written as a number: "customers with 0 orders" are those without."""

from __future__ import annotations

from itertools import takewhile

from agents.builtin.linking.tags import Tag

_BEFORE = frozenset({"rel", "verb", "skip", "unknown", "prep"})


def take_zero(tags: list[Tag]) -> None:
    """Read 0 before a sort of rows as none of them; of a column, as "with 0 points", it is a number."""
    for place, tag in enumerate(tags):
        if tag.kind != "num" or tag.number != 0 or not place or tags[place - 1].kind not in _BEFORE:
            continue
        said = list(takewhile(lambda one: one.kind == "link" and bool(one.links), tags[place + 1 :]))
        if said and said[-1].links[0].kind == "table" and all(one.links[0].kind == "value" for one in said[:-1]):
            tag.kind, tag.number = "neg", None
