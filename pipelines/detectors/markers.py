"""Texts that stand for a missing value: ``N/A``, ``-``, ``xxxx``.

In a column of numbers or dates they are wrong as a rule. Elsewhere they are where the table also leaves cells empty,
so that nothing is written in two ways. A table that never leaves a cell empty and writes the same word in several
columns has a convention: none of those cells is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pipelines.quality.examined import Examined, Suspect, is_marker

TYPED, MIXED = 0.95, 0.6


def find(data: Examined) -> Iterable[Suspect]:
    """Cells with a marker; proposed is nothing."""
    agreed = conventions(data)
    for column, counted in enumerate(data.counts):
        words = {text for text in counted if text and is_marker(text) and text.casefold() not in agreed}
        if not words:
            continue
        typed = data.kinds[column] in ("number", "date")
        if not typed and not counted[""]:
            continue
        for row, text in enumerate(data.cells(column)):
            if text in words:
                said = f"a column of {data.kinds[column]}s" if typed else "a column that also has empty cells"
                yield Suspect(row, column, f"{text!r} stands for nothing in {said}", TYPED if typed else MIXED, "")


def conventions(data: Examined) -> frozenset[str]:
    """Words by which this table writes nothing throughout."""
    if any(counted[""] for counted in data.counts):
        return frozenset()
    used = Counter(word for counted in data.counts for word in {t.casefold() for t in counted if is_marker(t)})
    return frozenset(word for word, columns in used.items() if columns > 1)
