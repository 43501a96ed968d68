"""Sentences and clauses of a message, as a person writes it."""

from __future__ import annotations

import re

_MARK = re.compile(r"(?:\.{3}|[.?!\u2026]+[)\"']?)\s+(?=\S)|\s*\n+\s*")
# A full stop after these, or after a letter alone ("R. Miller"), ends no sentence.
_SHORT = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|e\.g|i\.e|St|Dr|Mr|Ms|Mrs|No|vs|pl|ca|etc|approx|incl|excl|max|min|avg)\.$"
)
_CLAUSE = re.compile(r"\s*[,;:]\s+|\s+[-\u2013\u2014]\s+|\s*[()]\s*")


def sentences(text: str) -> list[str]:
    """The sentences of a message, each with its closing mark."""
    found, start = [], 0
    for mark in _MARK.finditer(text):
        if not _SHORT.search(text[start : mark.end()].rstrip()):
            found.append(text[start : mark.end()].strip())
            start = mark.end()
    return [one for one in [*found, text[start:].strip()] if one]


def clauses(sentence: str) -> list[tuple[int, str]]:
    """What stands between commas, dashes, colons and brackets, each with its place in the sentence."""
    found, start = [], 0
    for mark in _CLAUSE.finditer(sentence):
        if sentence[start : mark.start()].strip():
            found.append((start, sentence[start : mark.start()]))
        start = mark.end()
    if sentence[start:].strip():
        found.append((start, sentence[start:]))
    return found
