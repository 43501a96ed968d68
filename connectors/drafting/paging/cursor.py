"""A mark in the answer that a parameter takes: ``next_cursor`` and ``cursor``."""

from __future__ import annotations

import re

from connectors.drafting.api import Parameter
from connectors.drafting.paging.next_link import is_link
from connectors.drafting.questions import UnknownError
from connectors.drafting.seen import HEADER, Leaf, Seen, Way, next_of
from connectors.drafting.words import words
from spec.base import JsonValue

_TAKES = (
    {"cursor"},
    {"page", "token"},
    {"next", "token"},
    {"continuation", "token"},
    {"next", "page", "token"},
    {"token"},
    {"page", "cursor"},
    {"next", "cursor"},
    {"start", "cursor"},
    {"starting", "token"},
    {"marker"},
    {"bookmark"},
    {"page", "after"},
    {"after", "cursor"},
    {"scroll", "id"},
    {"continuation"},
    {"next", "page", "id"},
    {"next", "page"},
    {"pagination", "token"},
    {"after"},
    {"next"},
    {"offset"},
    {"page"},
    {"start", "token"},
    {"start", "key"},
    {"position"},
    {"cursor", "next"},
    {"starting", "after"},
    {"page", "number"},
    {"start"},
    {"page", "start"},
    {"page", "next"},
)
_ALWAYS = {"cursor", "token", "marker", "bookmark", "scroll", "continuation"}
_BACK = {"previous", "prev", "before", "first", "self", "last", "has", "back", "ending"}
_MARK = re.compile(r"\b(?:token|cursor|bookmark|returned\s+by)\b", re.IGNORECASE)
_PLACES_OF = {"next", "cursors", "cursor", "paging", "pagination", "page", "meta", "links"}


def found(seen: Seen) -> Way | None:
    """The parameter and the mark that belongs to it; UnknownError where a parameter takes a mark and none is told."""
    pairs = sorted(
        (
            (score, -number, parameter, leaf)
            for number, parameter in enumerate(_takers(seen))
            for leaf in (*seen.leaves, *seen.headers)
            if (score := _score(parameter, leaf))
        ),
        key=lambda one: one[:2],
        reverse=True,
    )
    if not pairs:
        return _untold(seen)
    best = [one for one in pairs if one[0] == pairs[0][0] and one[2].name == pairs[0][2].name]
    parameter, mark = best[0][2], best[0][3]
    if len(best) > 1:
        options = [(one[3].place, _told(one[3].place)) for one in best[:5]]
        place = seen.asking.needed(
            f"{seen.stream}.next",
            f"Which value of {seen.stream}'s answer does {parameter.name!r} take?",
            options,
            stream=seen.stream,
        )
        mark = next(one[3] for one in best if one[3].place == place)
    return _way(seen, parameter, mark.place)


def _way(seen: Seen, parameter: Parameter, place: str, *, sure: bool = True) -> Way:
    sized, said = seen.sized()
    params: dict[str, JsonValue] = {**next_of(place), "param": parameter.name, **sized}
    if seen.more is not None:
        params["more"] = seen.more.place
    where = f"the answer's {place}" if place.startswith(HEADER) else f"{place} in the answer"
    evidence = "; ".join((f"{where} and the parameter {parameter.name!r} that takes it", *said))
    return Way("cursor", params, evidence, 1, sure)


def _told(place: str) -> str:
    return f"the {place}" if place.startswith(HEADER) else f"the value at {place}"


def _takers(seen: Seen) -> list[Parameter]:
    found = []
    for one in _TAKES:
        found += [parameter for parameter in seen.query if set(words(parameter.name)) == one]
    return found


def _score(parameter: Parameter, leaf: Leaf) -> int:
    """How well a value of the answer fits a parameter as its next mark; 0 where it does not."""
    asked, told = set(words(parameter.name)), set(leaf.words)
    if told & _BACK or leaf.is_flag or is_link(leaf):
        return 0
    if leaf.in_header and "next" in told and asked & {"page", "offset", "start"} & told:
        # X-Next-Page has a number as well as a mark.
        return 4
    if leaf.is_whole:
        # The number of the next page is a mark as well; a number that counts or repeats what was asked is none.
        if "next" in told:
            return 4 if asked & {"page", "offset", "start", "cursor"} and asked & told else 0
        # A number that is called a cursor on both sides is one.
        return 2 if set(leaf.last) == asked and asked & _ALWAYS else 0
    if not leaf.is_text:
        return 0
    leads = bool(told & {"next", "continuation", "end"}) or "cursors" in told
    same = asked & set(leaf.last)
    if parameter.shape.is_only("integer") and not (leads and same):
        return 0
    own = bool(told & _ALWAYS)
    if leads:
        return 3 + 3 * bool(same) + bool(own) if same or own or asked & _ALWAYS or _is_bare(leaf, asked) else 0
    # "cursor" beside the list, without a word that it is the next one: only where nothing better is told.
    return 2 if same and own and set(leaf.last) == asked else 0


def _is_bare(leaf: Leaf, asked: set[str]) -> bool:
    """{"next": "b64"} beside a parameter such as ``after``."""
    return set(leaf.last) <= _PLACES_OF and bool(asked & {"after", "next", "start", "page"})


def _untold(seen: Seen) -> Way | None:
    parameter = next((one for one in _takers(seen) if set(words(one.name)) & _ALWAYS or _is_mark(one)), None)
    if parameter is None or parameter.shape.is_only("integer") or any(is_link(leaf) for leaf in seen.leaves):
        return None
    if any(set(leaf.last) & {"next"} for leaf in (*seen.leaves, *seen.headers)):
        return None
    options = [(place, f"the value at {place}") for place in _usual(seen)]
    place = seen.asking.needed(
        "paging.next",
        f"Lists take a mark in {parameter.name!r}; where does the answer tell the next one? Nothing says it.",
        options,
        stream=seen.stream,
    )
    if not place:
        raise UnknownError("where the answer tells the next page's mark")
    return _way(seen, parameter, place, sure=False)


def _is_mark(parameter: Parameter) -> bool:
    """Whether a parameter that could be a number is said to take a mark that an answer gave."""
    is_text = parameter.shape.is_only("string") and not str(parameter.example or "0").isdigit()
    return is_text or (parameter.shape.is_only("string") and _MARK.search(parameter.text) is not None)


def _usual(seen: Seen) -> list[str]:
    base = seen.records.rpartition("/")[0]
    return [
        f"{base}/next_cursor",
        f"{base}/response_metadata/next_cursor",
        f"{base}/meta/next_cursor",
        f"{base}/next_page_token",
        f"{base}/paging/next/after",
    ]
