"""Who plays which role in what customers owe, proven on the rows.

- *Documents* are a list of invoices, with credits and payments among them or not: a customer, an amount, a date, and
  what says how much of each is still open.
- *Payments* are a table of their own that names the invoices they pay.
- The *control account* is the books' own total of what customers owe.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.builtin.templates.receivables.words import Kind, State


@dataclass(frozen=True)
class Documents:
    """One table of documents. ``open`` is what is left of each; without it ``paid`` is taken off ``total``."""

    table: str
    party: str
    total: str
    open: str | None
    paid: str | None
    number: str | None
    issued: str | None
    due: str | None
    currency: str | None
    currencies: tuple[str, ...]
    kind: str | None
    kinds: dict[str, Kind | None]
    state: str | None
    states: dict[str, State | None]
    reference: str | None
    """A column in which credits and payments name the invoice they belong to."""
    by_line: bool
    """Each document stands once for each of its lines, its head repeated."""
    proofs: tuple[str, ...]

    def kinds_of(self, kind: Kind) -> list[str]:
        """The values that mean this sort of document, sorted."""
        return sorted(value for value, found in self.kinds.items() if found == kind)

    def states_of(self, state: State) -> list[str]:
        """The values that mean this state, sorted."""
        return sorted(value for value, found in self.states.items() if found == state)

    @property
    def is_settled_by_itself(self) -> bool:
        """Whether the table alone says what is still open of each invoice."""
        return bool(self.open or self.paid or self.states_of("settled"))


@dataclass(frozen=True)
class Payments:
    """Payments that name invoices of ``of``; ``party`` is who paid, where the table says it."""

    table: str
    of: str
    reference: str
    amount: str
    party: str | None
    currency: str | None
    taken_off: bool | None
    """Whether the invoices' open amounts have these payments taken off already; None where the rows do not tell."""


@dataclass(frozen=True)
class Control:
    """The books' total in one currency: ``value`` over the rows of ``table`` where ``account`` is ``name``."""

    table: str
    account: str
    name: str
    value: str
    currency: str


@dataclass(frozen=True)
class Books:
    """All that was found."""

    documents: tuple[Documents, ...]
    payments: tuple[Payments, ...] = ()
    controls: tuple[Control, ...] = ()
    others: tuple[str, ...] = ()
    """Tables of what the business owes to others, left out."""
    twice: tuple[tuple[str, str, int], ...] = ()
    """(newer table, older table, how many documents of the newer one stand in the older one too)."""
