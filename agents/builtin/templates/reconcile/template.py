"""The money followed from the shop through the payment processor to the bank, down to a residual of zero."""

from __future__ import annotations

import re
from typing import get_args

from agents.builtin.pipelines.reconcile.intent import Side, asks_to_reconcile, speaks_of_money
from agents.builtin.pipelines.reconcile.words import own_words
from agents.contract import DataView, Draft, Question, Refusal, Request

_WHETHER = re.compile(
    r"^\s*(?:and\s+|but\s+|so\s+)?(?:is|are|was|were|do|does|did|has|have|had)\b.*\?\s*$", re.IGNORECASE
)


def is_wanted(text: str, data: DataView | None) -> bool:
    """Whether the words say that the money of two sides does not agree, or ask where it goes.

    A wish is one on any data, as a refusal that names the missing export helps. What asks for a yes or no may be about
    any two amounts, and is one only where a payment processor's ledger is there.
    """
    names = own_words((table.name for table in data.catalog.tables), data.sources) if data else set()
    sides: tuple[Side, ...] = get_args(Side)
    if not asks_to_reconcile(text, dict.fromkeys(sides, names)):
        return False
    return data is None or not _WHETHER.search(text) or _has_a_ledger(data)


def draft(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan, a question, or the export that is missing; None where that would refuse what speaks of no money.

    Who was asked something here is answered here, whatever they spoke of.
    """
    from agents.builtin.pipelines.reconcile.planner import draft_reconciliation, names_held

    reply = draft_reconciliation(request, data)
    if not isinstance(reply, Refusal) or request.answers:
        return reply
    names = own_words((table.name for table in data.catalog.tables), data.sources)
    return reply if speaks_of_money(request.text, names, names_held(request.text, data, names)) else None


def _has_a_ledger(data: DataView) -> bool:
    from agents.builtin.pipelines.reconcile.find import roles_in

    return roles_in(data)[0] is not None
