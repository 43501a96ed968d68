"""Who owes money and how late: open invoices of all exports together, aged, per customer and currency."""

from __future__ import annotations

from agents.builtin.templates.receivables.intent import asks_who_owes
from agents.contract import DataView, Draft, Question, Refusal, Request


def is_wanted(text: str, data: DataView | None) -> bool:
    """Whether the words ask who owes money or since when, and a table is proven to hold invoices that may be open."""
    return asks_who_owes(text) and (data is None or _has_invoices(data))


def draft(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan, or what has to be asked first."""
    from agents.builtin.templates.receivables.planner import draft_receivables

    return draft_receivables(request, data)


def _has_invoices(data: DataView) -> bool:
    from agents.builtin.templates.receivables.find import books_in

    return bool(books_in(data)[0].documents)
