"""Overdue: the day on which something was due is over, and what was due has not been done."""

from __future__ import annotations

import re
from datetime import date

from agents.builtin.language.periods import Period
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import due_days
from agents.builtin.schema.graph import Schema

_PAST = re.compile(r"\bpast (?:due|(?:its|their|the) due dates?)\b", re.IGNORECASE)


def plain_overdue(text: str) -> str:
    """As in "past due" and "past their due date", which say the same."""
    return re.sub(r"\boverdue (?:as of )?(?:today|now)\b", "overdue", _PAST.sub("overdue", text), flags=re.IGNORECASE)


def take_overdue(tags: list[Tag], schema: Schema, today: date) -> None:
    """Let "overdue" be a day before today for which rows were due, and the one day that is missing then.

    The word is left alone where it is kept as a value, or where not one table alone has both such days.
    """
    place = next((p for p, tag in enumerate(tags) if tag.kind == "unknown" and tag.text.lower() == "overdue"), None)
    found = _due(tags, schema)
    if place is None or found is None:
        return
    due, done = found
    said = tags[place]
    at = said.start
    undone = Tag(
        "link", at, at + 1, said.text, links=[Link("value", *done, value="", how="missing")], before=said.before
    )
    when = Tag("period", at, at + 1, said.text, period=Period(None, today, (0, 0)))
    when.links = [Link("column", *due)]
    ends = next((p for p in range(place, len(tags)) if tags[p].kind in {"end", "group", "order", "conj"}), len(tags))
    tags[place] = undone
    tags.insert(max(ends, place + 1), when)
    for tag in list(tags):
        if tag is not undone and tag.links and tag.links[0].how == "missing" and tag.links[0].ref == done:
            tags.remove(tag)  # "unpaid invoices that are overdue" says it twice


def _due(tags: list[Tag], schema: Schema) -> tuple[tuple[str, str], tuple[str, str]] | None:
    spoken = {link.table for tag in tags for link in tag.links[:2] if link.kind == "table" or link.how == "missing"}
    pairs = []
    for table in schema.tables:
        days = due_days(schema, table) if table in spoken else None
        if days is not None and days[1].stats.filled < days[1].stats.rows:
            pairs.append((days[0].ref, days[1].ref))
    return pairs[0] if len(pairs) == 1 else None
