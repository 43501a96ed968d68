"""A run's question about renamed columns in its conversation: opened where the plan lives, answered like any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agents import replies
from agents.contract import Option, Question
from spec.run import RunResult
from tools import threads
from tools.context import Context
from tools.renames import asked_of

_KEY = "renamed in "


def opened(context: Context, thread: str, result: RunResult, *, now: datetime) -> replies.Question | None:
    """Open the question that a run stopped with in its conversation; None where it asks nothing."""
    asked = asked_of(result)
    if asked is None:
        return None
    options = tuple(Option(label=one.label, value=one.value) for one in asked.options)
    question = Question(key=f"{_KEY}{result.run_id}", text=asked.text, options=options)
    saved = threads.opened(context, thread)
    plain = {**question.model_dump(mode="json"), "asked": {**saved.request, "want": "pipeline"}}
    threads.kept(context, replace(saved, question=plain), now)
    return replies.Question(key=question.key, text=question.text, options=asked.options)


def run_of(key: str) -> str | None:
    """The run that a question of this key is about; None for any other question."""
    return key.removeprefix(_KEY) if key.startswith(_KEY) else None
