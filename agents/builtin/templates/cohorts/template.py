"""Whether customers come back: who bought first in which month, and how many of them bought again in each later one."""

from __future__ import annotations

from agents.builtin.templates.cohorts.intent import asks_who_returns
from agents.contract import DataView, Draft, Question, Refusal, Request


def is_wanted(text: str, data: DataView | None) -> bool:
    """Whether the words ask if customers buy again, and a table is proven to hold orders."""
    return asks_who_returns(text) and (data is None or _has_orders(data))


def draft(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan, or what has to be asked first."""
    from agents.builtin.templates.cohorts.planner import draft_cohorts

    return draft_cohorts(request, data)


def _has_orders(data: DataView) -> bool:
    from agents.builtin.templates.cohorts.find import orders_in

    return orders_in(data)[0] is not None
