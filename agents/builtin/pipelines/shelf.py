"""Hand-built plans for what owners ask most, each a folder of ``agents/builtin/templates``; the folder is the registry.

A template is wanted where the words ask for it and the data can carry it: its roles are proven on the rows, whatever
tables and columns are called. Words that fit a template on data that does not are an ordinary request.
"""

from __future__ import annotations

from typing import Protocol, cast

from agents.contract import DataView, Draft, Question, Refusal, Request
from spec.registry import Shelf

TEMPLATES = Shelf("agents.builtin.templates", "template", "template")


class Template(Protocol):
    """A module ``agents/builtin/templates/<name>/template.py``. Loading it is cheap: every message is told by it."""

    def is_wanted(self, text: str, data: DataView | None) -> bool:
        """Whether the words ask for this plan and the data, where there is some, has what the plan is about."""

    def draft(self, request: Request, data: DataView) -> Draft | Question | Refusal | None:
        """The plan, a question or a refusal; None where the request is not for it after all."""


def wanted(text: str, data: DataView | None) -> tuple[Template, ...]:
    """The templates that are wanted, in the order of their names."""
    units = (cast("Template", TEMPLATES.load(name)) for name in TEMPLATES.names())
    return tuple(unit for unit in units if unit.is_wanted(text, data))


def draft_from_shelf(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """What the first template says that is wanted; None where none is."""
    for unit in wanted(request.text, data):
        reply = unit.draft(request, data)
        if reply is not None:
            return reply
    return None
