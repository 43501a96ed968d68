"""What an answer says of records that are not in it: that there are more, where the next are, or how many there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from spec.base import JsonValue

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_DEPTH = 4
_LONGEST_NUMBER = 18
_MORE = (
    {"more"},
    {"has", "more"},
    {"has", "more", "items"},
    {"has", "more", "results"},
    {"has", "more", "records"},
    {"more", "records"},
    {"more", "results"},
    {"has", "next"},
    {"has", "next", "page"},
    {"is", "truncated"},
    {"truncated"},
)
_LAST = ({"last"}, {"is", "last"}, {"last", "page"}, {"is", "last", "page"})
_LEADS = frozenset(
    {
        "next",
        "odata",
        "page",
        "link",
        "url",
        "uri",
        "href",
        "cursor",
        "token",
        "offset",
        "marker",
        "key",
        "path",
        "records",
    }
)
_MARKS = ({"continuation"}, {"continuation", "token"})
_PAGES = ({"total", "pages"}, {"page", "count"}, {"num", "pages"}, {"pages", "total"})
_TOTALS = tuple(
    {"total", one} for one in ("count", "results", "items", "records", "elements", "size", "rows", "hits", "entries")
)
_BARE = ({"total"}, {"count"})
_OF_PAGES = (
    {"limit"},
    {"offset"},
    {"page"},
    {"per", "page"},
    {"page", "size"},
    {"skip"},
    {"size"},
    {"start", "at"},
    {"max", "results"},
)
_NEXT = re.compile(r"rel\s*=\s*\"?next\b", re.IGNORECASE)


def said_of_more(document: JsonValue, headers: Mapping[str, str], count: int) -> str:
    """In words, what says that an answer of so many records is not the whole list; empty where nothing does.

    Lists are not looked into, but for one of links: what stands in a record says nothing of the list.
    """
    if _NEXT.search(headers.get("link", "")):
        return "its header Link has a next page"
    told = _told_by_headers(headers, count)
    if told:
        return told
    for place, beside, value in _values(document, "", _DEPTH):
        told = _told(place, beside, value, count)
        if told:
            return told
    return ""


def _told_by_headers(headers: Mapping[str, str], count: int) -> str:
    """The same of headers of a vendor's own, such as X-Next-Page and X-Total-Pages."""
    plain = {name.removeprefix("x-"): text.strip() for name, text in headers.items()}
    for name, text in plain.items():
        value: JsonValue = int(text) if text.isdigit() and len(text) < _LONGEST_NUMBER else text
        told = _told(f"/{name}", frozenset(plain), value, count)
        if told:
            return f"its header {name} {told.partition(' ')[2]}"
    return ""


def would_say(places: Collection[str]) -> bool:
    """Whether a list's answer with plain values at these places says of itself when there is more."""
    beside = frozenset(place.rpartition("/")[2] for place in places)
    tried: tuple[JsonValue, ...] = (True, False, "x", 1 << 40)
    return any(_told(place, beside, value, 0) for place in places for value in tried)


def _values(value: JsonValue, place: str, depth: int) -> Iterator[tuple[str, frozenset[str], JsonValue]]:
    """Each plain value outside of lists: its place, the names beside it, and itself."""
    if not isinstance(value, dict) or not depth:
        return
    names = frozenset(value)
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _values(item, f"{place}/{name}", depth - 1)
        elif not isinstance(item, list):
            yield f"{place}/{name}", names, item
        elif _words(name) in ({"links"}, {"link"}):
            # [{"rel": "next", "href": "..."}], and the same with its other names.
            for one in item:
                if isinstance(one, dict) and str(one.get("rel") or one.get("relation")).lower() == "next":
                    yield f"{place}/{name}/next", names, one.get("href") or one.get("url") or one.get("uri")


def _told(place: str, beside: frozenset[str], value: JsonValue, count: int) -> str:
    above, _, name = place.rpartition("/")
    named = _words(name)
    if named in _MORE and value in (True, "true"):
        return f"{place} is true"
    if named in _LAST and (value is False or value == "false"):
        return f"{place} is false"
    leads = "next" in named and named <= _LEADS
    leads = (
        leads or named in _MARKS or ("next" in _words(above.rpartition("/")[2]) and named <= {*_LEADS, "after", "id"})
    )
    if leads and value not in (None, "", False, 0, "0", "null") and not isinstance(value, bool | float):
        return f"{place} leads to a next page"
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if number is None:
        return ""
    if named in _PAGES and number > 1:
        return f"{place} tells of {number} pages"
    is_total = named in _TOTALS or (named in _BARE and any(_words(one) in _OF_PAGES for one in beside))
    return f"{place} tells of {number} records, and {count} came" if is_total and number > count else ""


def _words(name: str) -> set[str]:
    return {match[0].lower() for match in _WORD.finditer(name)}
