"""What an amount is for: "spent on rent", where a bank calls it "Harlow Estates Rent"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from agents.builtin.language.lexicon import RELATING
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link, Linker, is_filler
from agents.builtin.schema.values import normal

if TYPE_CHECKING:
    from agents.builtin.language.words import Token
    from agents.builtin.linking.tags import Tag

_FOR = frozenset("for on at".split())
_THEN = frozenset("per by each every in during since this last for from and or , . ? !".split())
_ENDS = frozenset("end group prep conj period grain order".split())
_MOST_SORTS = 200
_SHORTEST = 3


def told_within(tokens: Sequence[Token], index: int, linker: Linker) -> list[Link]:
    """The one stored value that has the word in it, where the word says what something is for.

    Not where several have it: then none of them alone is meant.
    """
    low = tokens[index].low
    after = tokens[index + 1].low if index + 1 < len(tokens) else "."
    if not index or tokens[index - 1].low not in _FOR or after not in _THEN:
        return []
    if len(low) < _SHORTEST or is_filler(low) or linker.phrase((low,)):
        return []
    one = normal(low)
    found = [
        Link("value", *ref, value, 0.78, "part")
        for ref, held in linker.index.values.by_column.items()
        if 1 < len(held) <= _MOST_SORTS and ref[0] not in linker.schema.roles and ref not in linker.index.values.partial
        for value in sorted(held)
        if one in normal(value).split()
    ]
    return found if len(found) == 1 else []


def without_what(tags: Sequence[Tag]) -> Iterator[str]:
    """As in "total cost for delivery", where nothing is called so: what was said of the amount is not held."""
    for before, tag, after in zip_longest([None, *tags], tags, tags[1:]):
        if before is None or tag is None or before.kind != "prep" or before.text.lower() not in _FOR:
            continue
        if tag.kind == "unknown" and stem(tag.text.lower()) in RELATING and (after is None or after.kind in _ENDS):
            yield f"'{tag.text}' plays no part in what I read"
