"""Values of another kind than their column: letters among numbers, a number among dates.

A column is one of numbers or dates where at least nine in ten of its values are. Letters that look like digits, and
signs around a number, are put right; anything else has no proposal here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pipelines.quality.examined import DATE, NUMBER, Examined, Suspect, is_marker

SURE = 0.9
_ALIKE: Final = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "B": "8"})
_AROUND = re.compile(r"^[\s$€£¥]*([+-]?[\d.,]*\d)[\s$€£¥%]*$")


def find(data: Examined) -> Iterable[Suspect]:
    """Cells that do not read as what their column holds."""
    for column, kind in enumerate(data.kinds):
        if kind not in ("number", "date"):
            continue
        pattern = NUMBER if kind == "number" else DATE
        reason = f"not a {kind}, as {_share(data, column)} of the column are"
        for row, text in enumerate(data.cells(column)):
            if not text or is_marker(text) or pattern.fullmatch(text.strip()):
                continue
            yield Suspect(row, column, reason, SURE, _mended(text) if kind == "number" else None)


def _share(data: Examined, column: int) -> str:
    pattern = NUMBER if data.kinds[column] == "number" else DATE
    total = data.filled(column)
    good = sum(count for text, count in data.counts[column].items() if text and pattern.fullmatch(text.strip()))
    return f"{good:,} of {total:,}"


def _mended(text: str) -> str | None:
    around = _AROUND.match(text)
    if around and NUMBER.fullmatch(around[1]):
        return around[1]
    swapped = text.strip().translate(_ALIKE)
    return swapped if swapped != text and NUMBER.fullmatch(swapped) else None
