"""Who plays which role in the money's way, proven on the data and not guessed from names.

- The *ledger* is the payment processor's list of movements: amount, fee and net, where amount - fee = net in each row.
- *Payouts* are what the ledger's rows add up to: a reference in the ledger whose nets sum to a payout's amount.
- *Sales* are the shop's orders: the ledger's movements name them, and amounts agree.
- *Payments* are the parts in which orders were paid, by method, where a shop lists them; *returns* what was given back.
- *Bank* is a statement: a date, a signed amount and a text, in which payouts turn up a few days later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.builtin.pipelines.reconcile.words import Movement


@dataclass(frozen=True)
class Ledger:
    """Movements of a payment processor; ``kinds`` maps each value of ``kind`` to what it means."""

    table: str
    key: str
    amount: str
    fee: str
    net: str
    kind: str
    kinds: dict[str, Movement]
    created: str | None
    payout_ref: str
    available: str | None

    def values(self, *movements: Movement) -> list[str]:
        """The values of ``kind`` that mean one of these movements, sorted."""
        return sorted(value for value, movement in self.kinds.items() if movement in movements)


@dataclass(frozen=True)
class Payouts:
    """What the processor paid out, one row each."""

    table: str
    key: str
    amount: str
    created: str | None
    arrival: str
    matched_share: float


@dataclass(frozen=True)
class Bank:
    """A statement in which payouts are found; ``token`` is a word that their texts share and others lack."""

    table: str
    key: tuple[str, ...]
    date: str
    amount: str
    text: str
    token: str
    found_share: float


@dataclass(frozen=True)
class Sales:
    """The shop's orders. ``pattern`` takes the order's reference out of the ledger's ``reference`` text, if needed."""

    table: str
    key: str
    id: str
    total: str
    created: str | None
    reference: str
    pattern: str | None
    test_flag: str | None
    state: str | None
    unpaid_states: tuple[str, ...]
    linked_share: float
    marks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Further columns with the values that mark rows as not counting, such as ``voided``: ``yes``."""
    refunded_states: tuple[str, ...] = ()
    """States of orders that the shop knows as given back in full."""
    partly_states: tuple[str, ...] = ()
    refunded: str | None = None
    """A column of the orders with the amount given back."""
    stored_part: str | None = None
    """A column of the orders with the part that was paid from a balance sold earlier, such as gift cards."""


@dataclass(frozen=True)
class Parts:
    """Parts of orders by payment method (or parts given back): a child table of the sales."""

    table: str
    order_ref: str
    amount: str
    key: str | None = None
    processor_ref: str | None = None
    method: str | None = None
    processor_methods: tuple[str, ...] = ()
    other_methods: tuple[str, ...] = ()
    kind: str | None = None
    sale_kinds: tuple[str, ...] = ()
    state: str | None = None
    failed_states: tuple[str, ...] = ()
    date: str | None = None


@dataclass(frozen=True)
class StoredValue:
    """Lines of orders that sell gift cards or the like, by a flag on the line."""

    table: str
    order_ref: str
    flag: str
    price: str
    quantity: str | None


@dataclass(frozen=True)
class Roles:
    """All that was found; what is None was looked for in vain."""

    ledger: Ledger
    payouts: Payouts
    sales: Sales | None
    payments: Parts | None
    returns: Parts | None
    bank: Bank | None
    stored: StoredValue | None = None
    proofs: tuple[str, ...] = field(default=())
