"""Numbers far outside all others of their column: a price of 99999 among prices of 5 to 50.

Measured as robust z (the distance from the median over 1.4826 times the median absolute deviation; Iglewicz and
Hoaglin, 1993) on the numbers and, where all are positive, on their logarithms, so that a skewed column is not full of
them. Both have to exceed the bound, the numbers have to be few, and nothing may stand between them and the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from statistics import median
from typing import Final

from pipelines.quality.examined import NUMBER, Examined, Suspect, is_marker

BOUND, FEWEST, FEW = 8.0, 30, 0.01
GAP = 2.0
"""How far beyond the last usual number, in units of the usual spread, the next one stands at least."""
SURE: Final = 0.6
FILLER = 99
"""From here on a number of nines alone is what people type for a number that they do not have."""
CONSISTENT = 1.4826
"""Makes the median absolute deviation an estimate of a normal distribution's standard deviation."""


def find(data: Examined) -> Iterable[Suspect]:
    """Cells with such a number; nothing is proposed."""
    for column, kind in enumerate(data.kinds):
        if kind != "number":
            continue
        numbers = {
            text: float(text.strip().replace(",", ""))
            for text in data.counts[column]
            if text and not is_marker(text) and NUMBER.fullmatch(text.strip())
        }
        values = sorted(number for text, number in numbers.items() for _ in range(data.counts[column][text]))
        # Numbers that name things, each another one, have no size.
        if len(values) < FEWEST or len(numbers) > 0.9 * len(values):
            continue
        bounds = _usual(values)
        if bounds is None:
            continue
        low, high = bounds
        out = sum(not low <= value <= high for value in values)
        if not out or out > max(2, FEW * len(values)):
            continue
        said = f"{_short(low)} to {_short(high)} are all other numbers of the column"
        for row, text in enumerate(data.cells(column)):
            if text in numbers and not low <= numbers[text] <= high:
                yield Suspect(row, column, said, SURE)


def _usual(values: Sequence[float]) -> tuple[float, float] | None:
    """The lowest and highest number that is not far outside."""
    odd = _far(values)
    if values[0] > 0:
        filler = {place for place in odd if set(_short(values[place])) == {"9"} and values[place] >= FILLER}
        odd &= _far([log(value) for value in values]) | filler
    inside = [value for place, value in enumerate(values) if place not in odd]
    if not odd or len(inside) < FEWEST:
        return None
    low, high = inside[0], inside[-1]
    middle = median(inside)
    spread = CONSISTENT * median([abs(value - middle) for value in inside]) or (high - low) or 1.0
    outside = [values[place] for place in odd]
    near = min(low - value if value < low else value - high for value in outside)
    return (low, high) if near >= GAP * spread else None


def _far(values: Sequence[float]) -> set[int]:
    centre = median(values)
    spread = CONSISTENT * median(sorted(abs(value - centre) for value in values))
    if not spread:
        return set()
    return {place for place, value in enumerate(values) if abs(value - centre) > BOUND * spread}


def _short(value: float) -> str:
    return f"{value:.10g}"
