"""The open question of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.contract import Question
from agents.exchange import open_want

if TYPE_CHECKING:
    from memory.store import SavedThread


def is_open(saved: SavedThread) -> bool:
    """Whether a question about a plan waits for its answer."""
    return saved.question is not None and open_want(saved) == "pipeline"


def options_of(saved: SavedThread) -> list[tuple[str, str]] | None:
    """Value and label of the answers to the open question; None when none is open."""
    if saved.question is None:
        return None
    return [(option.value, option.label) for option in question_of(saved).options]


def question_of(saved: SavedThread) -> Question:
    """The open question, which there is."""
    assert saved.question is not None
    return Question.model_validate({key: value for key, value in saved.question.items() if key != "asked"})
