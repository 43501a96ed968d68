"""Columns in another order: "put last_name before first_name"."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.words import column_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(r"(?:put|move|place)\s+(?:the\s+)?(?:column\s+)?", re.IGNORECASE)
_BESIDE = re.compile(r"\s+(?:right\s+)?(before|after|in\s+front\s+of|behind)\s+", re.IGNORECASE)
_EDGE = re.compile(r"\s+(first|last|to\s+the\s+(?:front|end|start|beginning))\b", re.IGNORECASE)


def read(text: str, at: int, work: Work) -> Told | None:
    """A column moved before or after another, or to an end."""
    rows = work.subject()
    verb = _VERB.match(text, at)
    column = column_at(text, verb.end(), rows) if verb and rows else None
    if rows is None or column is None:
        return None
    moved = column[1]
    others = [name for name in rows.names if name != moved]
    beside = _BESIDE.match(text, column[0])
    if beside:
        other = column_at(text, beside.end(), rows)
        if other is None or other[1] == moved:
            return None
        place = others.index(other[1]) + (beside[1].casefold() in ("after", "behind"))
        return Told(other[0], lambda: _order(work, rows, [*others[:place], moved, *others[place:]]))
    edge = _EDGE.match(text, column[0])
    if edge:
        last = edge[1].casefold().endswith(("last", "end"))
        return Told(edge.end(), lambda: _order(work, rows, [*others, moved] if last else [moved, *others]))
    return None


def _order(work: Work, rows: Rows, names: list[str]) -> Problem:
    columns = {name: rows.columns[name] for name in names}
    work.step(
        f"{rows.tables[0]}_ordered", "select", rows, columns, columns=list(names), said=f"columns {', '.join(names)}"
    )
    return None
