"""An order for the rows: "sorted by price descending", "newest first"."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.words import COMMA, column_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(
    r"(?:sort(?:ed)?|order(?:ed)?|rank(?:ed)?|arrange(?:d)?)(?:\s+(?:it|them|the\s+rows|everything|"
    r"the\s+result))?\s+by\s+",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\s*,?\s*\(?(?:(?:in\s+)?descending(?:\s+order)?|desc|(?:from\s+)?(?:highest|largest|newest|"
    r"latest|biggest|most)(?:\s+(?:first|to\s+\w+))?|high\s+to\s+low)\b\)?",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\s*,?\s*\(?(?:(?:in\s+)?ascending(?:\s+order)?|asc|(?:from\s+)?(?:lowest|smallest|oldest|"
    r"earliest|least)(?:\s+(?:first|to\s+\w+))?|low\s+to\s+high|alphabetically)\b\)?",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """An order by one column or several."""
    rows = work.subject()
    verb = _VERB.match(text, at)
    if rows is None or verb is None:
        return None
    order: list[str] = []
    end = place = verb.end()
    while (column := column_at(text, place, rows)) is not None:
        down, up = _DOWN.match(text, column[0]), _UP.match(text, column[0])
        order.append(f"{column[1]} desc" if down else column[1])
        way = down or up
        end = way.end() if way else column[0]
        comma = COMMA.match(text, end) or re.compile(r"\s+then\s+by\s+").match(text, end)
        if comma is None:
            break
        place = comma.end()
    return Told(end, lambda: _sort(work, rows, order), plain=True) if order else None


def _sort(work: Work, rows: Rows, order: list[str]) -> Problem:
    measures = rows.measures
    work.step(
        f"{rows.tables[0]}_sorted", "sort", rows, rows.columns, by=list(order), said=f"sorted by {', '.join(order)}"
    )
    work.now(order=tuple(order), measures=measures)
    return None
