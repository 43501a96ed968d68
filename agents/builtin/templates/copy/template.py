"""Tables copied into a database file, each read from where it was left and merged by its key."""

from __future__ import annotations

from agents.builtin.templates.copy.intent import asks_for_a_copy
from agents.contract import DataView, Draft, Question, Refusal, Request


def is_wanted(text: str, data: DataView | None) -> bool:
    """Whether the words ask for a copy in a database file."""
    del data
    return asks_for_a_copy(text)


def draft(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan; None where the request holds more than the copy."""
    from agents.builtin.templates.copy.planner import draft_copy

    return draft_copy(request, data)
