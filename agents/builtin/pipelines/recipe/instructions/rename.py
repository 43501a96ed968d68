"""Columns under other names: "rename Nr to id, Vorname to first_name"."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.words import COMMA, column_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(r"(?:rename|call)\s+(?:the\s+)?(?:columns?\s+)?", re.IGNORECASE)
_TO = re.compile(r"\s*(?:\b(?:to|into|as|=>|->)\b|->|=>|→)?\s*", re.IGNORECASE)
_NAME = re.compile(r"""["'“‘]?([A-Za-z_]\w*)["'”’]?""")


def read(text: str, at: int, work: Work) -> Told | None:
    """One or several columns with their new names."""
    rows = work.subject()
    verb = _VERB.match(text, at)
    if rows is None or verb is None:
        return None
    found: dict[str, str] = {}
    end = place = verb.end()
    while (column := column_at(text, place, rows)) is not None:
        glue = _TO.match(text, column[0])
        named = glue is not None and (glue[0].strip() or verb[0].casefold().startswith("call"))
        new = _NAME.match(text, glue.end()) if glue and named else None
        if new is None:
            break
        found[column[1]] = new[1]
        end = new.end()
        comma = COMMA.match(text, end)
        if comma is None:
            break
        place = comma.end()
    return Told(end, lambda: _rename(work, rows, found)) if found else None


def _rename(work: Work, rows: Rows, new: dict[str, str]) -> Problem:
    columns = {new.get(name, name): type_ for name, type_ in rows.columns.items()}
    said = "rename " + ", ".join(f"{old} to {name}" for old, name in new.items())
    work.step(f"{rows.tables[0]}_renamed", "rename", rows, columns, columns=dict(new), said=said)
    return None
