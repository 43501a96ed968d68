"""Whether cash runs out: all bank statements together, each movement once, what is there now and the weeks ahead."""

from __future__ import annotations

from agents.builtin.templates.cash.intent import asks_whether_cash_lasts, speaks_of_cash
from agents.contract import DataView, Draft, Question, Refusal, Request


def is_wanted(text: str, data: DataView | None) -> bool:
    """Whether the words ask if the money lasts, or speak of cash where a table is proven to be a bank statement.

    Who asks whether the money lasts is told on any data what is missing for it.
    """
    if asks_whether_cash_lasts(text):
        return True
    return speaks_of_cash(text) and (data is None or _has_statements(data))


def draft(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan, what has to be asked first, or the statement that is missing."""
    from agents.builtin.templates.cash.planner import draft_cash

    return draft_cash(request, data)


def _has_statements(data: DataView) -> bool:
    from agents.builtin.templates.cash.find import statements_in

    return bool(statements_in(data)[0])
