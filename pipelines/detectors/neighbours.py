"""A value that took in its neighbour's: ``Portland OR`` where the city is ``Portland`` and the state is empty.

A column is suspected where the cells of another one are empty, the text ends (or begins) with a value that the other
column has elsewhere, and this is rare where the other one is filled. Both cells are then put right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from pipelines.quality.examined import Examined, Suspect

FEWEST, SHARE, ELSEWHERE = 3, 0.3, 0.05
SURE: Final = 0.9
MOST_VALUES = 5_000


def find(data: Examined) -> Iterable[Suspect]:
    """Pairs of cells, one with too much and one with nothing."""
    size = len(data.names)
    for other in range(size):
        empty = data.counts[other][""]
        known = Counter({text: n for text, n in data.counts[other].items() if text and not text.isdigit()})
        if empty < FEWEST or empty > data.size / 2 or not known or len(known) > MOST_VALUES:
            continue
        for column in range(size):
            if column != other and data.kinds[column] == "text":
                yield from _taken(data, column, other, known)


def _taken(data: Examined, column: int, other: int, known: Counter[str]) -> Iterable[Suspect]:
    found: list[tuple[int, str, str]] = []
    empties, filled_like = 0, 0
    for row, (text, beside) in enumerate(zip(data.cells(column), data.cells(other), strict=True)):
        parts = _parted(text, known)
        if beside:
            filled_like += parts is not None
            continue
        empties += 1
        if parts is not None:
            found.append((row, *parts))
    filled = max(1, data.size - empties)
    if len(found) < max(FEWEST, SHARE * empties) or filled_like > ELSEWHERE * filled:
        return
    name, beside_name = data.names[column], data.names[other]
    for row, rest, taken in found:
        yield Suspect(row, column, f"holds {taken!r}, which belongs in {beside_name}", SURE, rest)
        yield Suspect(row, other, f"its value stands in {name}", SURE, taken)


def _parted(text: str, known: Counter[str]) -> tuple[str, str] | None:
    """What remains and what was taken in; None where the text neither ends nor begins with a known value."""
    words = text.split()
    for length in range(1, min(3, len(words) - 1) + 1):
        for rest, taken in ((words[:-length], words[-length:]), (words[length:], words[:length])):
            said = " ".join(taken).strip(",;()")
            if said in known and rest:
                return " ".join(rest).rstrip(",;"), said
    return None
