"""Dates that are written otherwise than those of their column, and days that no calendar has.

The proposal is the same day in the column's usual form, where the day and the month can be told apart: one of them is
above 12, or the form is the year's first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Final

from pipelines.quality.examined import MOSTLY, Examined, Suspect, is_marker

SURE, IMPOSSIBLE = 0.7, 0.9
_PARTS: Final = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)(.*)", re.DOTALL)
Form = tuple[str, str, bool, bool]
"""Which part stands first (``year`` or ``day``), the sign between, whether years and days have all digits."""


def find(data: Examined) -> Iterable[Suspect]:
    """Cells of another form than nine in ten of their column, or of no day."""
    for column, kind in enumerate(data.kinds):
        if kind != "date":
            continue
        forms = {text: _form(text) for text in data.counts[column] if text and not is_marker(text)}
        counted = Counter[Form]()
        for text, form in forms.items():
            if form is not None:
                counted[form] += data.counts[column][text]
        if not counted:
            continue
        usual, count = min(counted.items(), key=lambda item: (-item[1], item[0]))
        month_first = _month_first([text for text, form in forms.items() if form == usual])
        for row, text in enumerate(data.cells(column)):
            form = forms.get(text)
            if form is None:
                continue
            if _day(text, month_first) is None and _day(text, not month_first) is None:
                yield Suspect(row, column, "no day of the calendar", IMPOSSIBLE)
            elif form != usual and count >= MOSTLY * sum(counted.values()):
                yield Suspect(row, column, "a date in another form than its column", SURE,
                              _rewritten(text, usual, month_first))  # fmt: skip


def _form(text: str) -> Form | None:
    found = _PARTS.match(text.strip())
    if found is None:
        return None
    first, sign, second, third, _ = found.groups()
    if len(first) > 2:
        return "year", sign, len(first) == 4, len(second) == 2 and len(third) == 2
    return "day", sign, len(third) == 4, True


def _month_first(texts: Iterable[str]) -> bool | None:
    """Whether the month stands before the day; None where nothing tells."""
    firsts, seconds = 0, 0
    for text in texts:
        found = _PARTS.match(text.strip())
        if found is not None and len(found[1]) <= 2:
            firsts, seconds = max(firsts, int(found[1])), max(seconds, int(found[3]))
    if firsts > 12:
        return False
    return True if seconds > 12 else None


def _day(text: str, month_first: bool | None) -> date | None:
    found = _PARTS.match(text.strip())
    if found is None:
        return None
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) > 2:
        year, month, day = first, second, third
    else:
        year, month, day = third, *((first, second) if month_first else (second, first))
        year += 2000 if year < 70 else 1900 if year < 100 else 0
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _rewritten(text: str, usual: Form, month_first: bool | None) -> str | None:
    found = _PARTS.match(text.strip())
    if found is None:
        return None
    own = [reading for reading in (_day(text, True), _day(text, False)) if reading is not None]
    if len(set(own)) != 1 or (usual[0] == "day" and month_first is None) or not usual[2]:
        return None
    day = own[0]
    if usual[0] == "year":
        return day.strftime(f"%Y{usual[1]}%m{usual[1]}%d") + found[5]
    return day.strftime(f"%m{usual[1]}%d{usual[1]}%Y" if month_first else f"%d{usual[1]}%m{usual[1]}%Y") + found[5]
