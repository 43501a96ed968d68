"""The last record's key as the next page's beginning: ``starting_after``."""

from __future__ import annotations

import re

from connectors.drafting.questions import UnknownError
from connectors.drafting.seen import Seen, Way
from connectors.drafting.words import words
from spec.base import JsonValue

_TAKES = (
    {"starting", "after"},
    {"after", "id"},
    {"since", "id"},
    {"last", "id"},
    {"start", "after"},
    {"from", "id"},
    {"start", "after", "id"},
    {"last", "key"},
    {"starting", "after", "id"},
    {"last", "seen", "id"},
    {"after"},
)
_OF_RECORD = re.compile(
    r"\b(?:object|record|item|resource|entity|last)\b.{0,60}\bids?\b|\bids?\b.{0,60}\b(?:object|record|item|last|after)\b",
    re.IGNORECASE | re.DOTALL,
)


def found(seen: Seen) -> Way | None:
    """A parameter that is called or said to take the last record's key."""
    parameter = seen.taking(*_TAKES)
    if parameter is None:
        return None
    named = set(words(parameter.name))
    if named == {"after"} and not _OF_RECORD.search(parameter.text):
        return None
    if any("next" in leaf.words and leaf.is_text for leaf in seen.leaves):
        return None
    if not seen.key:
        raise UnknownError(f"pages go on after the last record's key ({parameter.name}), and the list has no key")
    sized, said = seen.sized()
    if not sized:
        sized = {"size_param": ""}
    more = seen.more
    if more is None and "size" not in sized:
        raise UnknownError("how many records a page has, without which its end cannot be told")
    params: dict[str, JsonValue] = {"after": parameter.name, "key": f"/{seen.key}", **sized}
    if more is not None:
        params["more"] = more.place
    told = f"{more.place} in the answer" if more is not None else "a short page is the last"
    evidence = "; ".join((f"the parameter {parameter.name!r} takes the last record's {seen.key}", told, *said))
    return Way("keyset", params, evidence, 3)
