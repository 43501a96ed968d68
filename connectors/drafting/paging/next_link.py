"""A whole link to the next page in the answer: ``{"links": {"next": "https://..."}}``."""

from __future__ import annotations

import re

from connectors.drafting.seen import Leaf, Seen, Way, next_of
from connectors.drafting.words import words
from spec.base import JsonValue

_LINKS = {"link", "links", "url", "uri", "href", "urls"}
_CALLED = re.compile(
    r"(?:(?:an?|the|this\s+is|contains|full|complete|absolute|relative)\s+){0,4}(?:url|uri|link|hyperlink)\b",
    re.IGNORECASE,
)
_BACK = {"previous", "prev", "first", "self", "last", "has"}


def found(seen: Seen) -> Way | None:
    """The link, where the answer has one that leads on."""
    links = [leaf for leaf in (*seen.leaves, *seen.headers) if is_link(leaf) or _is_lone(seen, leaf)]
    if not links:
        return None
    # A whole address before a part of one: both lead to the same page.
    best = min(links, key=lambda leaf: (not _is_whole(leaf), "path" in leaf.last, len(leaf.place)))
    sized, said = seen.sized()
    params: dict[str, JsonValue] = {**next_of(best.place), **sized}
    return Way("next_link", params, "; ".join((f"{best.place} in the answer is the next page's link", *said)), 2)


def is_link(leaf: Leaf) -> bool:
    """Whether a value is the next page's address."""
    told = set(leaf.words)
    if "next" not in told or told & _BACK or not leaf.is_text:
        return False
    return _is_whole(leaf) or bool(told & _LINKS) or "path" in leaf.last or _is_called_one(leaf)


def _is_called_one(leaf: Leaf) -> bool:
    """Whether it is said in words to be an address: 'a URL that calls the next page'."""
    return _CALLED.match(leaf.text.strip()) is not None


def _is_whole(leaf: Leaf) -> bool:
    example = leaf.shape.example
    is_shown = isinstance(example, str) and (example.startswith(("http://", "https://", "/")) or "?" in example)
    return leaf.shape.text("format") in {"uri", "url", "uri-reference", "iri"} or is_shown


def _is_lone(seen: Seen, leaf: Leaf) -> bool:
    """``next`` beside the list, of which nothing says what it is, where no parameter would take a mark."""
    if leaf.in_header:
        return False
    if isinstance(leaf.shape.example, str) and leaf.shape.example and not _is_whole(leaf):
        # What is shown leads nowhere: it is a mark.
        return False
    if set(leaf.last) not in ({"next"}, {"next", "page"}) or not leaf.is_text or set(leaf.words) & _BACK:
        return False
    marks = {"cursor", "token", "after", "next", "marker", "bookmark", "continuation"}
    return bool(leaf.shape.kinds) and not any(set(words(one.name)) & marks for one in seen.query)
