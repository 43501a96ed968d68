"""The first of an order: "best three", "top 5 products", "the 2 highest by price per city"."""

from __future__ import annotations

import re

from agents.builtin.language.periods import SPOKEN_NUMBERS
from agents.builtin.pipelines.recipe.words import column_at, noun_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_N = rf"(?P<n>\d+|{'|'.join(SPOKEN_NUMBERS)})"
_TOP = re.compile(
    rf"(?:(?:keep|show|take|save|list|give|only)\s+)?(?:only\s+)?(?:the\s+)?(?:(?P<word>best|top|"
    rf"highest|largest|biggest|first|worst|lowest|smallest|bottom)\s+{_N}|{_N.replace('<n>', '<m>')}\s+"
    rf"(?P<last>best|highest|largest|biggest|worst|lowest|smallest|most\s+expensive|cheapest))\b",
    re.IGNORECASE,
)
_BY = re.compile(r"\s+(?:by|with\s+the\s+(?:highest|most|largest))\s+", re.IGNORECASE)
_PER = re.compile(r"\s+(?:per|for\s+(?:each|every)|in\s+each|of\s+each)\s+", re.IGNORECASE)
_LOW = {"worst", "lowest", "smallest", "bottom", "cheapest"}


def read(text: str, at: int, work: Work) -> Told | None:
    """So many of the rows, by the figure computed last or one that is named."""
    found = _TOP.match(text, at)
    rows = work.subject()
    if found is None or rows is None:
        return None
    end = found.end()
    space = re.compile(r"\s+").match(text, end)
    noun = noun_at(text, space.end(), work.data.catalog, rows) if space else None
    named = column_at(text, space.end(), rows) if space else None
    if named and not rows.measures and (noun is None or noun[1] is None):
        # "The top 3 customers" of a table of orders are a question of sums, and no rows of it.
        return None
    end = max(end, noun[0] if noun else 0, named[0] if named and named[1] not in rows.measures else 0)
    by = per = None
    for _ in range(2):
        glue = _BY.match(text, end)
        column = column_at(text, glue.end(), rows) if glue else None
        if glue and column and by is None:
            end, by = column
        group = _PER.match(text, end)
        column = column_at(text, group.end(), rows) if group else None
        if group and column and per is None:
            end, per = column
    by = by or (rows.measures[-1] if rows.measures else None)
    if by is None:
        return None
    said = (found["n"] or found["m"]).casefold()
    number = SPOKEN_NUMBERS.get(said) or int(said)
    low = (found["word"] or found["last"] or "").casefold() in _LOW
    chosen, group_by = by, per
    return Told(end, lambda: _top(work, rows, number, chosen, group_by, low=low), plain=not (noun or named))


def _top(work: Work, rows: Rows, number: int, by: str, per: str | None, *, low: bool) -> Problem:
    order = by if low else f"{by} desc"
    within = {"per": [per]} if per else {}
    each = f" for each {per}" if per else ""
    said = f"the {number} with the {'lowest' if low else 'highest'} {by}{each}"
    measures = rows.measures
    table = rows.tables[0]
    work.step(f"{table}_top", "limit", rows, rows.columns, said=said, more=within, rows=number, by=[order], ties=True)
    work.now(measures=measures, order=((per, order) if per else (order,)))
    work.assumptions.append("rows that tie with the last one stay too")
    return None
