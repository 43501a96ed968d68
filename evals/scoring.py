"""Comparing an answer's rows with gold rows, strictly and leniently."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from spec.base import JsonValue

Row = Sequence[JsonValue]
_DATE = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:\+00(?::00)?|Z)?$")
_NUMBER = re.compile(r"^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$")


def canonical(value: JsonValue) -> str:
    """One spelling for a value: numbers to 5 significant digits, midnight instants as dates, text trimmed."""
    if value is None:
        return "\0null"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return _digits(float(value))
    text = str(value).strip()
    if _NUMBER.match(text):
        return _digits(float(text))
    stamp = _DATE.match(text)
    if stamp:
        return stamp[1] if stamp[2] == "00:00:00" else f"{stamp[1]}T{stamp[2]}"
    if text in {"true", "True", "false", "False"}:
        return "1" if text.lower() == "true" else "0"
    return text


def _digits(number: float) -> str:
    if not math.isfinite(number):
        return "\0null"
    return f"{number:.5g}" if number else "0"


def same_strictly(found: Sequence[Row], gold: Sequence[Row], *, ordered: bool) -> bool:
    """Same number of columns, same rows under one permutation of the columns; in order where the gold has one."""
    if len(found) != len(gold):
        return False
    if not gold:
        return True
    if len(found[0]) != len(gold[0]):
        return False
    left, right = _table(found), _table(gold)
    return any(_rows_equal(left, right, order, ordered) for order in _matches(left, right, len(gold[0])))


def same_leniently(found: Sequence[Row], gold: Sequence[Row]) -> bool:
    """The gold's columns are among the answer's, with the same rows in any order."""
    if not gold:
        return not found
    if len(found) != len(gold) or len(found[0]) < len(gold[0]):
        return False
    left, right = _table(found), _table(gold)
    return any(_rows_equal(left, right, order, False) for order in _matches(left, right, len(gold[0])))


def _table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    return [tuple(canonical(value) for value in row) for row in rows]


def _matches(left: list[tuple[str, ...]], right: list[tuple[str, ...]], width: int) -> list[tuple[int, ...]]:
    """Choices of the answer's columns for the gold's, where each column alone already has the same values."""
    have = [Counter(row[i] for row in left) for i in range(len(left[0]))]
    want = [Counter(row[i] for row in right) for i in range(width)]
    fits = [[i for i, values in enumerate(have) if values == wanted] for wanted in want]
    if not all(fits):
        return []
    if math.prod(len(fit) for fit in fits) > 5000:
        return [tuple(fit[0] for fit in fits)]
    found: list[tuple[int, ...]] = []

    def grow(chosen: tuple[int, ...]) -> None:
        if len(chosen) == width:
            found.append(chosen)
            return
        for place in fits[len(chosen)]:
            if place not in chosen:
                grow((*chosen, place))

    grow(())
    return found


def _rows_equal(
    left: list[tuple[str, ...]], right: list[tuple[str, ...]], order: tuple[int, ...], ordered: bool
) -> bool:
    chosen = [tuple(row[i] for i in order) for row in left]
    return chosen == right if ordered else Counter(chosen) == Counter(right)
