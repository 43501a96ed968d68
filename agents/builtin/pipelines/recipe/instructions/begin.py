"""Which rows are spoken of: "take people.csv", "in items.csv", "unpaid bills that are past due", "all orders"."""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.pipelines.recipe.conditions import LEAD, condition_at
from agents.builtin.pipelines.recipe.phrases import part_of_rows
from agents.builtin.pipelines.recipe.words import table_at
from agents.builtin.pipelines.recipe.work import Problem, Told, Work

_VERB = re.compile(
    r"(?:(?:clean(?:\s+up)?|tidy(?:\s+up)?|take|read|use|open|load|go\s+through|in|from|of|for|with)\s+)", re.IGNORECASE
)
_KEEP = re.compile(
    r"(?:(?:keep|take|include|show|list|get|find|select|filter|use|want|leave|extract|pick|choose|"
    r"save|write|export|only|just)\s+)"
    r"(?:only\s+|just\s+)?(?:for\s+)?",
    re.IGNORECASE,
)
# A noun alone names rows when nothing else is said of it: "the order count" names no orders.
_ENDS = re.compile(
    r"\s*(?:[,;:.]|$|(?:as|to|into|in|with|and|then|sort(?:ed)?|order(?:ed)?|save[d]?|without|but)\b)", re.IGNORECASE
)


def read(text: str, at: int, work: Work) -> Told | None:
    """A table to start from, or a part of its rows that is to stay."""
    verb = _VERB.match(text, at)
    named = table_at(text, verb.end(), work.data.catalog) if verb else None
    if named and not LEAD.match(text, named[0]) and work.current is None:
        return Told(named[0], lambda: _start(work, named[1].name), plain=True)
    keep = _KEEP.match(text, at)
    part = part_of_rows(text, keep.end() if keep else at, work)
    if part is not None and (part.condition is not None or _ENDS.match(text, part.end)):
        return Told(part.end, lambda: part.keep(work), plain=True)
    lead = re.compile(r"(?:only\s+|just\s+|but\s+only\s+)?(?:where|with|whose|that\s+are|if)\s+", re.IGNORECASE).match(
        text, at
    )
    rows = work.subject()
    if lead and rows is not None:
        found = condition_at(text, lead.end(), rows, work)
        if found:
            return Told(found[0], lambda: _keep(work, found[1], text[at : found[0]]), plain=True)
    return None


def _start(work: Work, table: str) -> Problem:
    work.current = work.raw(work.table(table))
    work.base = work.current
    return None


def _keep(work: Work, condition: exp.Expr, said: str) -> Problem:
    rows = work.subject()
    assert rows is not None
    work.step(f"{rows.tables[0]}_kept", "filter", rows, rows.columns, where=condition, said=f"keep rows {said.strip()}")
    work.now(chosen=True)
    return None
