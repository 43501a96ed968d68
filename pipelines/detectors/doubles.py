"""Rows that are the same thing twice and disagree: one customer number, two e-mail addresses.

A column names things where at least nine in ten of its values stand once. Two rows with the same value of it that
agree in most other columns are the same thing; where they differ, one of the cells is wrong. Only an empty cell has a
proposal: what the other row says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from pipelines.quality.examined import MOSTLY, Examined, Suspect, is_marker

ALIKE, FEWEST = 0.6, 20
SURE, EMPTY = 0.5, 0.7


def find(data: Examined) -> Iterable[Suspect]:
    """Cells in which such rows differ."""
    width = len(data.names)
    for column, counted in enumerate(data.counts):
        if data.size < FEWEST or not _names_things(data, column):
            continue
        real = {text: n for text, n in counted.items() if text and not is_marker(text)}
        twice: dict[str, list[int]] = defaultdict(list)
        for row, text in enumerate(data.cells(column)):
            if real.get(text, 0) > 1:
                twice[text].append(row)
        for text, rows in twice.items():
            for left, right in pairwise(rows):
                yield from _differing(data, column, text, (left, right), width)


def _differing(data: Examined, column: int, text: str, pair: tuple[int, int], width: int) -> Iterable[Suspect]:
    left, right = (data.rows[row] for row in pair)
    others = [place for place in range(width) if place != column and data.names[place] not in data.key]
    unlike = [place for place in others if left[place] != right[place]]
    if not others or len(unlike) > (1 - ALIKE) * len(others):
        return
    # Where something else that names things differs, these are two of them.
    if any(_names_things(data, place) for place in unlike):
        return
    for place in unlike:
        for row, other in (pair, pair[::-1]):
            mine, theirs = data.rows[row][place], data.rows[other][place]
            reason = f"another row with {data.names[column]} {text!r} has {theirs!r}"
            if not mine:
                yield Suspect(row, place, reason, EMPTY, theirs)
            elif theirs:
                yield Suspect(row, place, reason, SURE)


def _names_things(data: Examined, column: int) -> bool:
    return sum(n for text, n in data.counts[column].items() if n == 1 and text) >= MOSTLY * data.size
