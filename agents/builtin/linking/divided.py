"""One figure divided by another: "revenue divided by tickets sold" is a ratio, "revenue divided by region" groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.builtin.language.words import fold

if TYPE_CHECKING:
    from agents.builtin.linking.links import Linker

_DIVIDED = re.compile(
    r"^(?P<lead>(?:what|how much) (?:is|was|are|were) )?(?:the )?(?P<a>[^?,]+?),? divided by (?:the |our )?"
    r"(?P<b>[^?,]+?)(?P<rest>,? (?:per|by|for|in|of each|during|since|between|last|this)\b[^?]*)?\s*[?.]*$",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"^(?:total|sum|number|count|average|how many|overall)\b", re.IGNORECASE)


def divided(text: str, linker: Linker) -> str:
    """The question as one for a ratio, where a figure is said behind "divided by"; a heading there stays a grouping."""
    found = _DIVIDED.match(text)
    if found is None:
        return text
    below = found["b"].strip()
    if not _FIGURE.match(below) and not _counts(below, linker):
        return text
    return f"ratio of {found['a'].strip()} to {below}{found['rest'] or ''}"


def _counts(words: str, linker: Linker) -> bool:
    """Whether the words begin with a table's or a number's name."""
    said = tuple(fold(word) for word in re.findall(r"[\w'-]+", words))
    for size in range(min(3, len(said)), 0, -1):
        links = linker.phrase(said[:size])
        if links:
            best = links[0]
            return best.kind == "table" or linker.schema.columns[best.ref].kind == "number"
    return False
