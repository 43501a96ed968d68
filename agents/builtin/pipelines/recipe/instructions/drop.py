"""Rows that go: "leave out cancelled ones", "remove the rows where the client is test"; columns that go."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.phrases import part_of_rows
from agents.builtin.pipelines.recipe.words import columns_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(
    r"(?:remove|drop|delete|exclude|excluding|leave\s+out|leaving\s+out|skip|ignore|ignoring|discard|"
    r"throw\s+(?:away|out)|"
    r"filter\s+out|get\s+rid\s+of|take\s+out|without|except(?:\s+for)?|but\s+(?:no|not)|no)\s+",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """Rows or columns to leave out."""
    verb = _VERB.match(text, at)
    rows = work.subject()
    if verb is None:
        return None
    if rows is not None:
        named = re.compile(r"(?:the\s+)?(?:columns?|fields?)\s+", re.IGNORECASE).match(text, verb.end())
        found = columns_at(text, named.end() if named else verb.end(), rows)
        if found and (named or re.search(r"(?:column|field)s?$", text[verb.end() : found[0]], re.IGNORECASE)):
            return Told(found[0], lambda: _columns(work, rows, found[1]))
    part = part_of_rows(text, verb.end(), work, bare=True)
    if part is not None and part.condition is not None:
        return Told(part.end, lambda: part.drop(work))
    return None


def _columns(work: Work, rows: Rows, names: list[str]) -> Problem:
    kept = {name: type_ for name, type_ in rows.columns.items() if name not in names}
    work.step(f"{rows.tables[0]}_columns", "select", rows, kept, drop=list(names), said=f"without {', '.join(names)}")
    return None
