"""A file that somebody sends again and again: its sheets become one clean table, and its form is held to."""

from __future__ import annotations

from agents.builtin.templates.recurring_file.intent import asks_for_one_table
from agents.contract import DataView, Draft, Question, Refusal, Request


def is_wanted(text: str, data: DataView | None) -> bool:
    """Whether the words speak of such a file, and all the data is files."""
    return asks_for_one_table(text) and (data is None or _is_files(data))


def draft(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan, or what has to be asked first."""
    from agents.builtin.templates.recurring_file.planner import draft_one_table

    return draft_one_table(request, data)


def _is_files(data: DataView) -> bool:
    return bool(data.sources) and all(source.connector == "files" for source in data.sources.values())
