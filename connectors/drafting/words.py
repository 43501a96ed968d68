"""Names taken apart: ``UpdatedDateUTC``, ``updated[gte]`` and ``page-size`` as words, and what clean text is."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_JOINED = {
    "pagesize": ("page", "size"), "perpage": ("per", "page"), "pagenumber": ("page", "number"),
    "pageno": ("page", "number"), "pageindex": ("page", "index"), "pagetoken": ("page", "token"),
    "startindex": ("start", "index"), "nextcursor": ("next", "cursor"), "hasmore": ("has", "more"),
    "lastmodified": ("last", "modified"), "maxresults": ("max", "results"), "totalcount": ("total", "count"),
    "updatedat": ("updated", "at"), "createdat": ("created", "at"), "pagecount": ("page", "count"),
    "totalpages": ("total", "pages"), "nextpage": ("next", "page"), "nextlink": ("next", "link"),
}  # fmt: skip
_UNCLEAN = re.compile(r"[^\w .,&()'/:+-]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, small: ``nextPageToken`` is next, page, token."""
    found: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFC", name)[:200]):
        word = match[0].lower()
        found.extend(_JOINED.get(word, (word,)))
    return tuple(found)


def singular(word: str) -> str:
    """An English word for several things as that for one; any other as it is."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "statuses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def alike(one: str, other: str) -> bool:
    """Whether two names say the same things, one or several of them, however they are spelled."""
    return _stem(one) == _stem(other) != ""


def _stem(name: str) -> str:
    return "".join(singular(word) for word in words(name))


def identifier(name: str) -> str:
    """A name as a stream or a setting may have it; empty where nothing of it can stand there."""
    plain = re.sub(r"[^a-z0-9]+", "_", "_".join(words(name)))[:60].strip("_")
    return plain if re.match(r"[a-z]", plain) else f"n_{plain}" if plain else ""


def clean(text: str, most: int = 60) -> str:
    """A stranger's words as a title: one line, no markup, not long enough to tell anybody what to do."""
    flat = _UNCLEAN.sub(" ", unicodedata.normalize("NFC", text))
    return " ".join(flat.split())[:most].strip()
