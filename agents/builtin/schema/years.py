"""Columns of whole numbers that are years in which something was done, as "built" of a van."""

from __future__ import annotations

from agents.builtin.schema.graph import Col

_FIRST, _LAST = 1500, 2200
_DONE = frozenset("built build made make begun bought year vintage".split())


def dates_rows(column: Col) -> bool:
    """Whether a period can be said of the column: it holds days, or years in which something was done."""
    return column.kind == "date" or holds_years(column)


def holds_years(column: Col) -> bool:
    """Whether whole numbers are years by their size and by their name: "built", "founded", "first registered"."""
    low, high = column.stats.low, column.stats.high
    if column.kind != "number" or column.is_id or not isinstance(low, int) or not isinstance(high, int):
        return False
    last = column.words[-1] if column.words else ""
    return _FIRST <= low <= high <= _LAST and (last in _DONE or last.endswith("ed") or "year" in column.words)
