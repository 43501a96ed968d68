"""Whether a message asks for a copy of tables in a database file, and what each of its words means.

A request is read to its last word: what is left over means that it asks for more than a copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.pipelines.schedule import Timing, find_timing

_VERBS = (
    r"copy|sync|synchroni[sz]e|replicate|mirror|load|pull|import|ingest|back\s+up|extract|save|store|put|bring|"
    r"keep\s+(?:a\s+|an\s+up[- ]to[- ]date\s+)?copy\s+of"
)
_ASKS = re.compile(
    rf"^\s*(?:please\s+|can\s+you\s+|could\s+you\s+|i\s+want\s+(?:you\s+)?to\s+)*(?:{_VERBS})\b", re.IGNORECASE
)
_PLACE = re.compile(
    r"\b(?:in|into|to|inside)\s+(?:the\s+|a\s+|my\s+|our\s+)?(?:(?:database|duckdb|sqlite)\s+)?(?:file\s+)?"
    r"(?:called\s+|named\s+)?[\"“'‘]?(?P<place>[\w./-]+\.(?:duckdb|sqlite3?|db))[\"”'’]?",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\b(?:(?:only|just)\s+)?(?:what(?:ever)?(?:\s+is|'s)\s+(?:new|changed|new\s+(?:or|and)\s+changed)|"
    r"the\s+(?:news|changes)|new(?:\s+(?:and|or)\s+changed)?|changed|incremental(?:ly)?)\b(?:\s+(?:in|of|from)\b)?",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\b(?:in\s+full|completely|from\s+scratch|as\s+a\s+whole|anew|full\s+refresh)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:everything|all(?:\s+of)?(?:\s+(?:the|my|our))?(?:\s+(?:tables|data|lists))?)\b", re.IGNORECASE)
_FILLER = frozenset(
    "the my our your of from in at and data table tables list lists records rows up to date it keep them please".split()
)


@dataclass(frozen=True)
class Asked:
    """A copy as it was asked for. ``names`` are words for tables or systems; with ``all`` it is all of them."""

    names: tuple[str, ...]
    all: bool
    place: str
    whole: bool
    timing: Timing | None


def asks_for_a_copy(text: str) -> bool:
    """Whether the words could ask for it; cheap, as every message is told by it."""
    return bool(_PLACE.search(text)) and bool(_ASKS.search(_without_timing(text)[0]))


def read(text: str, timezone: str) -> Asked | None:
    """What was asked for; None where it is no such request, or more than one."""
    rest, timing = _without_timing(text, timezone)
    places = list(_PLACE.finditer(rest))
    if len(places) != 1 or not _ASKS.search(rest):
        return None
    place = places[0]["place"]
    rest = _ASKS.sub(" ", _PLACE.sub(" , ", rest))
    rest, whole = _WHOLE.subn(" ", rest)
    rest, new = _NEW.subn(" ", rest)
    if whole and new:
        return None
    rest, every = _ALL.subn(" ", rest)
    names = [" ".join(words) for part in re.split(r",|;|\band\b|&", rest) if (words := _meant(part))]
    if not names and not every:
        return None
    return Asked(tuple(dict.fromkeys(names)), bool(every) and not names, place, bool(whole), timing)


def _meant(part: str) -> list[str]:
    """The words of a part that carry meaning: a possessive and a full stop at the end do not."""
    words = [re.sub(r"['’]s?$", "", word) for word in part.strip(" .!?\t\n").split()]
    return [word for word in words if word and word.casefold() not in _FILLER]


def _without_timing(text: str, timezone: str = "UTC") -> tuple[str, Timing | None]:
    timing = find_timing(text, timezone)
    rest = text
    for words in timing.words if timing else ():
        rest = rest.replace(words, " ")
    return re.sub(r"^[\s,;:]+|(?<=,)\s*,", "", rest), timing
