"""Lists of stored values: "cancelled or returned" names two states, however little one of the words says by itself."""

from __future__ import annotations

from agents.builtin.language.words import Token
from agents.builtin.linking.links import Link, Linker

_LISTING = frozenset("or and nor , / & neither either".split())


def is_listed_with(tokens: list[Token], index: int, hits: list[Link], linker: Linker) -> bool:
    """As in "cancelled or returned": a word that says little by itself, beside another value of the same column."""
    for step in (-1, 1):
        other = index + step
        while 0 <= other < len(tokens) and tokens[other].low in _LISTING:
            other += step
        if abs(other - index) < 2 or not 0 <= other < len(tokens):
            continue
        beside = linker.values(tokens[other].low, quoted=False, capital=False)
        if {hit.ref for hit in hits if hit.how == "exact"} & {hit.ref for hit in beside}:
            return True
    return False
