"""Columns named without a file: "with bill_no, client, amount and days_late", "keep only id and name"."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.items import items_at, project
from agents.builtin.pipelines.recipe.work import Told, Work

_LEAD = re.compile(
    r"(?:(?:keep|show|take|use|select|include|want|output|list|give)\s+(?:only\s+|just\s+)?|with\s+"
    r"(?:only\s+)?|only\s+|just\s+|:\s*)(?:the\s+)?(?:columns?\s+|fields?\s+)?",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """The columns that stay, in the order named."""
    rows = work.subject()
    lead = _LEAD.match(text, at)
    if rows is None or lead is None:
        return None
    listed = items_at(text, lead.end(), rows)
    if listed is None or (len(listed[1]) < 2 and "column" not in lead[0]):
        return None
    end = listed[0]
    where = re.compile(r"\s+(?:of|from|in)\s+(?:the\s+)?(\w+)", re.IGNORECASE).match(text, end)
    if where and any(where[1].casefold() in table.casefold() for table in rows.tables):
        end = where.end()
    return Told(end, lambda: project(work, rows, listed[1]))
