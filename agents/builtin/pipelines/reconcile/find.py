"""All roles at once, with what was proven, in sentences."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from agents.builtin.pipelines.reconcile.bank import find_bank
from agents.builtin.pipelines.reconcile.evidence import Evidence
from agents.builtin.pipelines.reconcile.ledger import find_ledger
from agents.builtin.pipelines.reconcile.roles import Bank, Ledger, Parts, Payouts, Roles, Sales
from agents.builtin.pipelines.reconcile.shop import find_payments, find_returns, find_sales, find_stored_value
from agents.contract import DataView

_FOUND: WeakKeyDictionary[DataView, Roles | None] = WeakKeyDictionary()


def roles_in(data: DataView) -> Roles | None:
    """The roles in these tables, or None when no table is a processor's ledger with payouts.

    Looked for once a view: a conversation asks again with each answer, and the data stays the same.
    """
    if data not in _FOUND:
        _FOUND[data] = _find(Evidence(data))
    return _FOUND[data]


def _find(evidence: Evidence) -> Roles | None:
    found = find_ledger(evidence)
    if found is None:
        return None
    ledger, payouts = found
    taken = {ledger.table, payouts.table}
    sales = find_sales(evidence, ledger, taken)
    payments = returns = stored = None
    if sales:
        stored = find_stored_value(evidence, sales)
        payments = find_payments(evidence, ledger, sales, taken)
        returns = find_returns(evidence, ledger, sales, taken | ({payments.table} if payments else set()))
    bank = find_bank(evidence, ledger, payouts, taken | ({sales.table} if sales else set()))
    return Roles(
        ledger, payouts, sales, payments, returns, bank, stored, _proofs(ledger, payouts, sales, payments, bank)
    )


def _proofs(
    ledger: Ledger, payouts: Payouts, sales: Sales | None, payments: Parts | None, bank: Bank | None
) -> tuple[str, ...]:
    """What was proven, in sentences."""
    said = [
        f"in {ledger.table}, {ledger.amount} less {ledger.fee} is {ledger.net}",
        (
            f"the {ledger.net} of {ledger.table} by {ledger.payout_ref} adds up to {payouts.table}.{payouts.amount} "
            f"for {payouts.matched_share:.0%} of payouts"
        ),
    ]
    if sales:
        said.append(f"{sales.linked_share:.0%} of sales in {ledger.table} name an order of {sales.table}")
    if payments:
        said.append(f"the parts in {payments.table} add up to the orders' {sales.total if sales else 'total'}")
    if bank:
        said.append(f"{bank.found_share:.0%} of payouts are found in {bank.table} with the exact amount")
    return tuple(said)
