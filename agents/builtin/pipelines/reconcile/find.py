"""All roles at once, with what was proven, in sentences."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from agents.builtin.pipelines.reconcile.bank import find_bank
from agents.builtin.pipelines.reconcile.evidence import Evidence
from agents.builtin.pipelines.reconcile.forms import in_and_out, of_one_currency, whole_numbers
from agents.builtin.pipelines.reconcile.ledger import find_ledger
from agents.builtin.pipelines.reconcile.prepare import Prepared, Reading
from agents.builtin.pipelines.reconcile.roles import Bank, Ledger, Parts, Payouts, Roles, Sales
from agents.builtin.pipelines.reconcile.shop import find_payments, find_returns, find_sales, find_stored_value
from agents.builtin.pipelines.reconcile.steps import STEPS
from agents.builtin.pipelines.reconcile.ties import with_sales_named
from agents.contract import DataView

ALL_ROLES = 3
_FOUND: WeakKeyDictionary[DataView, dict[str, tuple[Roles | None, Prepared]]] = WeakKeyDictionary()


def roles_in(data: DataView, currency: str = "") -> tuple[Roles | None, Prepared]:
    """The roles in these tables and how the tables are read; None when no table is a processor's ledger with payouts.

    With a ``currency`` only rows in that one count. Looked for once a view: a conversation asks again with each answer,
    and the data stays the same.
    """
    known = _FOUND.setdefault(data, {})
    if currency not in known:
        known[currency] = _best(data, currency)
    return known[currency]


def _best(data: DataView, currency: str) -> tuple[Roles | None, Prepared]:
    """The first way to read whole amounts in which all is found; they may be cents or units, or no amounts at all."""
    first: tuple[Roles | None, Prepared] | None = None
    for cents in (None, True, False):
        evidence = Evidence(Prepared(data, _aliases(data)))
        for reading in of_one_currency(evidence, currency) if currency else ():
            evidence.read(reading)
        for reading in in_and_out(evidence):
            evidence.read(reading)
        if cents is not None:
            whole = whole_numbers(evidence, cents=cents)
            if not whole:
                break
            for reading in whole:
                evidence.read(reading)
        found = (_find(evidence), evidence.view)
        if first is None or _count(found[0]) > _count(first[0]):
            first = found
        if _count(found[0]) == ALL_ROLES:
            break
    assert first is not None
    return first


def _aliases(data: DataView) -> list[Reading]:
    """Other names for tables that are called as steps of the plan are."""
    taken = {table.name.casefold() for table in data.catalog.tables} | STEPS
    found = []
    for table in data.catalog.tables:
        if table.name.casefold() in STEPS:
            new = next(n for n in (f"{table.name}_data", f"{table.name}_data_as_given") if n.casefold() not in taken)
            found.append(Reading(table.name, new, {}, alias=True))
    return found


def _count(roles: Roles | None) -> int:
    return 0 if roles is None else 1 + (roles.sales is not None) + (roles.bank is not None)


def _find(evidence: Evidence) -> Roles | None:
    found = find_ledger(evidence)
    if found is None:
        return None
    ledger, payouts = found
    taken = {ledger.table, payouts.table}
    sales = find_sales(evidence, ledger, taken)
    payments = returns = stored = None
    if sales:
        ledger, sales = with_sales_named(evidence, ledger, sales)
        taken.add(ledger.table)
        stored = find_stored_value(evidence, sales)
        payments = find_payments(evidence, ledger, sales, taken)
        used = taken | ({payments.table} - {sales.table} if payments else set())
        returns = find_returns(evidence, ledger, sales, used)
    bank = find_bank(evidence, ledger, payouts, taken | ({sales.table} if sales else set()))
    proofs = _proofs(evidence.view, ledger, payouts, sales, payments, bank)
    return Roles(ledger, payouts, sales, payments, returns, bank, stored, proofs)


def _proofs(
    view: Prepared, ledger: Ledger, payouts: Payouts, sales: Sales | None, payments: Parts | None, bank: Bank | None
) -> tuple[str, ...]:
    """What was proven, in sentences."""
    moved = view.origin(ledger.table)
    said = [f"in {moved}, {ledger.amount} less {ledger.fee} is {ledger.net}"]
    if ledger.payout_ref:
        said.append(
            f"the {ledger.net} of {moved} by {ledger.payout_ref} adds up to {view.origin(payouts.table)}."
            f"{payouts.amount} for {payouts.matched_share:.0%} of payouts"
        )
    if sales:
        said.append(f"{sales.linked_share:.0%} of sales in {moved} name an order of {view.origin(sales.table)}")
    if payments and sales and payments.table != sales.table:
        said.append(f"the parts in {view.origin(payments.table)} add up to the orders' {sales.total}")
    if bank:
        said.append(f"{bank.found_share:.0%} of payouts are found in {view.origin(bank.table)} with the exact amount")
    return tuple(said)
