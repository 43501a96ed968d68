"""Spaces before or after a value, in a column where almost none has them."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.quality.examined import MOSTLY, Examined, Suspect

SURE = 0.8


def find(data: Examined) -> Iterable[Suspect]:
    """Cells with spaces around; proposed is the value without."""
    for column, counted in enumerate(data.counts):
        odd = {text for text in counted if text and text != text.strip()}
        if not odd or sum(counted[text] for text in odd) > (1 - MOSTLY) * data.size:
            continue
        for row, text in enumerate(data.cells(column)):
            if text in odd:
                yield Suspect(row, column, "spaces stand around the value", SURE, text.strip())
