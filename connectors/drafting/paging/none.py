"""A list that comes in one answer, as far as the description shows it."""

from __future__ import annotations

import re

from connectors.drafting.api import Parameter
from connectors.drafting.seen import Seen, Way
from connectors.drafting.words import clean, words

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
_IN_HEADERS = {"next", "cursor", "page", "pages", "pagination", "continuation", "offset"}
_TELLS = {"next", "cursor", "more", "pages", "page", "offset", "total", "truncated", "limit", "token", "continuation"}


def shows_nothing(seen: Seen) -> bool:
    """Whether neither the address, nor the answer, nor a word of it is about pages."""
    return not signs_of_pages(seen)


def signs_of_pages(seen: Seen) -> list[str]:
    """What of the address, the answer or the words about them may be about pages, as parts of a sentence."""
    found: list[str] = []
    size = seen.size_parameter
    if size is not None:
        found.append(f"its address takes a size ({size.name})")
    found += [f"its address takes {one.name!r}" for one in seen.query if _leads(one) and one is not size][:2]
    spoken = _SPEAKS.search(seen.endpoint.text)
    if spoken is not None:
        found.append(f"the description says '{clean(spoken[0])}'")
    found += [f"its answer has {leaf.place}" for leaf in seen.leaves if set(leaf.words) & _TELLS][:2]
    sent = [one.name for one in seen.endpoint.takes("header")]
    marks = [name for name in (*sent, *seen.endpoint.headers) if set(words(name)) & _IN_HEADERS]
    found += [f"there is a header {clean(name)}" for name in {one.lower(): one for one in reversed(marks)}.values()][:2]
    return found


def _leads(parameter: Parameter) -> bool:
    """Whether a parameter may say which page is meant."""
    said = set(words(parameter.name))
    return bool(said) and said <= _ASKS and not parameter.shape.text("format").startswith("date")


def found(seen: Seen) -> Way | None:
    """Nothing that one list shows is enough: ``pages`` decides with what the other lists of the API show."""
    del seen
    return None
