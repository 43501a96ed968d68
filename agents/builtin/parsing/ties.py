"""Ties of a ranking: "top 5 clients by orders, ties included" keeps all that are level with the last of the five."""

from __future__ import annotations

import re

from agents.builtin.meaning import DOUBT, Meaning

_KEPT = r"(?:included|count(?:ed)?|shown|kept|allowed|as well|too)"
_KEEP = r"(?:and |also )?(?:including|includes?|incl\.?|with|keep(?:ing)?|count(?:ing)?|show(?:ing)?|allow(?:ing)?)"
_TIES = re.compile(
    rf"\s*[,;(]?\s*\b(?:{_KEEP} (?:any |all |the |possible )?ties(?: (?:{_KEPT}|at the (?:end|bottom|last place)))*"
    rf"|(?:any |all )?ties (?:are |to be )?{_KEPT})\b\s*[)]?",
    re.IGNORECASE,
)


def ties_too(text: str) -> tuple[str, bool]:
    """The text without "ties included", and whether it was there."""
    found = _TIES.search(text)
    if found is None:
        return text, False
    return f"{text[: found.start()]} {text[found.end() :]}".strip(), True


def keep_ties(meaning: Meaning) -> None:
    """Let a ranking keep all that tie; where nothing is ranked by one quantity, it is a doubt."""
    if meaning.limit and len(meaning.order) == 1:
        meaning.ties = True
    else:
        meaning.problems.append(f"{DOUBT}'ties' have no part in what I read")
