"""A table in several files, each with its part: "split orders.csv in two: the paid ones to paid.csv and ..."."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.words import table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(r"(?:split|divide|separate)\s+(?:up\s+)?", re.IGNORECASE)
_HOW = re.compile(
    r"\s*(?:(?:up\s+)?(?:in|into)\s+(?:two|three|four|several|different|separate|\d)(?:\s+(?:files|"
    r"parts|tables))?)?\s*[:,]?",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """The table whose parts follow."""
    verb = _VERB.match(text, at)
    table = table_at(text, verb.end(), work.data.catalog) if verb else None
    if table is None:
        return None
    how = _HOW.match(text, table[0])
    rows = work.rows_of(table[1])
    return Told(how.end() if how else table[0], lambda: _start(work, rows))


def _start(work: Work, rows: Rows) -> Problem:
    work.current = work.base = rows
    return None
