"""A list that comes in one answer, as far as the description shows it."""

from __future__ import annotations

import re

from connectors.drafting.api import Parameter
from connectors.drafting.seen import Seen, Way
from connectors.drafting.words import words

_SPEAKS = re.compile(
    r"\bpaginat\w*|\bpages?\b|\bnext\s+(?:set|batch)|\bcursor\b|\bat\s+most\s+\d|\bup\s+to\s+\d+|"
    r"\bfirst\s+\d+|\blast\s+\d+\b|\btruncated\b|\bmaximum\s+of\s+\d+",
    re.IGNORECASE,
)
_ASKS = {
    "page",
    "offset",
    "skip",
    "cursor",
    "after",
    "marker",
    "next",
    "token",
    "start",
    "index",
    "starting",
    "number",
    "no",
    "position",
    "bookmark",
    "continuation",
    "last",
    "since",
    "p",
}
_TELLS = {"next", "cursor", "more", "pages", "page", "offset", "total", "truncated", "limit", "token", "continuation"}


def shows_nothing(seen: Seen) -> bool:
    """Whether neither the address, nor the answer, nor a word of it is about pages."""
    if seen.size_parameter is not None or _SPEAKS.search(seen.endpoint.text) or any(_leads(one) for one in seen.query):
        return False
    return not any(set(leaf.words) & _TELLS for leaf in seen.leaves)


def _leads(parameter: Parameter) -> bool:
    """Whether a parameter may say which page is meant."""
    said = set(words(parameter.name))
    return bool(said) and said <= _ASKS and not parameter.shape.text("format").startswith("date")


def found(seen: Seen) -> Way | None:
    """Nothing that one list shows is enough: ``pages`` decides with what the other lists of the API show."""
    del seen
    return None
