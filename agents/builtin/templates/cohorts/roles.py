"""Who plays which role in whether customers come back, proven on the rows.

*Orders* are rows with a day and something that names the person who ordered, which comes back in other rows: an email,
or a number. A number that stands for many persons is that of guests and names nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Counts = Literal["paid", "unpaid", "refunded"]


@dataclass(frozen=True)
class Orders:
    """The table of orders."""

    table: str
    key: str | None
    day: str
    day_type: str
    email: str | None
    person: str | None
    """The customer's own number."""
    guests: tuple[str, ...]
    """Numbers that stand for nobody."""
    guest_rows: int
    """Orders without a customer's number."""
    mail_rows_missing: int
    """Orders without an email."""
    amount: str | None
    kind: str | None
    kinds: tuple[str, ...]
    refund_kinds: tuple[str, ...]
    state: str | None
    states: dict[str, Counts | None]
    proofs: tuple[str, ...]

    def states_of(self, counts: Counts) -> list[str]:
        """The values that mean this, sorted."""
        return sorted(value for value, found in self.states.items() if found == counts)
