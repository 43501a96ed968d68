"""The steps from bank statements to what is there, what came and went, and what lies ahead."""

from __future__ import annotations

from agents.builtin.pipelines.draftsteps import Draftsman
from agents.builtin.templates.cash.ahead import write_ahead, write_regular
from agents.builtin.templates.cash.movements import write_movements
from agents.builtin.templates.cash.plan import Plan
from agents.builtin.templates.cash.stand import write_stand
from agents.builtin.templates.cash.transfers import write_transfers
from agents.builtin.templates.cash.weeks import write_weeks
from spec.pipeline import InlineTable

SAID = "said_balances"


def write_steps(plan: Plan) -> Draftsman:
    """All steps and checks; ``accounts_proven``, ``weeks``, ``flows`` and, with a forecast, ``forecast`` result."""
    draft = Draftsman()
    write_movements(draft, plan)
    write_stand(draft, SAID if plan.said else None)
    write_transfers(draft, plan)
    write_weeks(draft)
    write_regular(draft, tested=plan.looks_ahead)
    if plan.looks_ahead:
        write_ahead(draft)
    return draft


def said_balances(plan: Plan) -> dict[str, InlineTable]:
    """The balances that the owner said, as a small table of the spec."""
    if not plan.said:
        return {}
    days = {one.label: one.last.isoformat() for one in plan.accounts}
    return {
        SAID: InlineTable(
            version="1",
            columns={"account": "VARCHAR", "day": "DATE", "balance": "DECIMAL(18,2)"},
            primary_key=("account",),
            rows=tuple((label, days[label], str(balance)) for label, balance in sorted(plan.said.items())),
        )
    }
