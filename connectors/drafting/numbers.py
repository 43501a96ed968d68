"""Numbers that a description says in its schemas or in words: the largest page, the usual one, requests a minute."""

from __future__ import annotations

import re

from connectors.drafting.api import Parameter
from spec.records import record

LARGEST_PAGE = 1000
"""More records a page make no reading quicker, and an answer that is cut off loses more."""
_BOUND = (
    r"(?:max(?:imum)?(?:\s+(?:is|of|value|allowed|number|page\s+size|limit))*|at\s+most|up\s+to|"
    r"no\s+(?:larger|more|greater|higher)\s+than|cannot\s+exceed|must\s+not\s+exceed|under|limited\s+to)"
)
_MOST = (
    r"between\s+\d[\d,]*\s+and\s+(\d[\d,]*)",
    r"(?:rang(?:e|es|ing)\s+(?:is\s+|of\s+)?(?:between|from)?\s*)\d+\s*(?:and|to|-)\s*(\d[\d,]*)",
    _BOUND + r"\s*(?:is|of|:|=)?\s*`?(\d[\d,]*)",
    r"(\d[\d,]*)\s*(?:is\s+(?:the\s+)?max|max\b|at\s+most|or\s+less|or\s+fewer)",
)
_USUAL = (
    r"defaults?\s*(?:value\s*)?(?:is|to|of|:|=)*\s*`?(\d[\d,]*)",
    r"(\d[\d,]*)\s+(?:by\s+default|is\s+the\s+default)",
)
_RATE = re.compile(
    r"(\d[\d,]*)\s+(?:api\s+)?(?:requests?|calls?|queries)\s*(?:per|/|a|an|every|each)\s*(second|minute|hour|day|sec|min|hr)\b",
    re.IGNORECASE,
)
_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400}


@record(frozen=True)
class Size:
    """Records a page, and what says so."""

    records: int
    evidence: str


def size_of(parameter: Parameter) -> Size | None:
    """The largest page that is known to be given, at most ``LARGEST_PAGE``; else the usual one; None for neither."""
    said = parameter.shape.said
    most = said.get("maximum")
    if isinstance(most, int | float) and not isinstance(most, bool) and 1 <= most < 1_000_000_000:
        return Size(min(int(most), LARGEST_PAGE), f"{parameter.name} is {int(most)} at most")
    told = _found(_MOST, parameter.text)
    if told is not None:
        return Size(min(told, LARGEST_PAGE), f"{parameter.name}: 'at most {told}', in words")
    usual = said.get("default")
    if isinstance(usual, int | str) and not isinstance(usual, bool) and str(usual).isdigit() and int(usual) > 0:
        return Size(
            min(int(usual), LARGEST_PAGE), f"{parameter.name} is {usual} by default; a larger page is not described"
        )
    told = _found(_USUAL, parameter.text)
    if told is not None:
        return Size(min(told, LARGEST_PAGE), f"{parameter.name}: 'default {told}', in words")
    return None


def rate_of(text: str) -> tuple[int, int, str] | None:
    """Requests within how many seconds, and the words that say so; the strictest of several."""
    found = []
    for match in _RATE.finditer(text):
        calls = int(match[1].replace(",", ""))
        if 0 < calls < 1_000_000:
            found.append((calls, _SECONDS[match[2].lower()], match[0]))
    return min(found, key=lambda one: one[0] / one[1]) if found else None


def _found(patterns: tuple[str, ...], text: str) -> int | None:
    for pattern in patterns:
        match = re.search(pattern, text, re.IGNORECASE)
        if match is not None:
            number = int(match[1].replace(",", "")[:9])
            if number > 0:
                return number
    return None
