"""Who plays which role in whether cash lasts, proven on the rows.

- A *statement* is one export of a bank: days, amounts with a sign, words, with the balance after each movement or not.
- An *account* is what several statements may be of: their periods overlap with the same movements, or meet at the same
  balance, or they name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Statement:
    """One table. ``amount`` alone has a sign, or ``direction`` gives it; else money comes in two columns."""

    table: str
    day: str
    amount: str | None
    into: str | None
    out: str | None
    direction: str | None
    outgoing: tuple[str, ...]
    """Values of ``direction`` that mean money out."""
    directions: tuple[str, ...]
    balance: str | None
    fee: str | None
    """A column of what the bank takes beside the amount, by which the balances follow."""
    texts: tuple[str, ...]
    account: str | None
    accounts: tuple[str, ...]
    currency: str | None
    currencies: tuple[str, ...]
    state: str | None
    states: tuple[str, ...]
    open_states: tuple[str, ...]
    shape: tuple[str, ...]
    """The columns' names: exports of one bank have the same."""


@dataclass(frozen=True)
class Entry:
    """A row of a statement as evidence."""

    account: str
    day: date
    amount: Decimal
    balance: Decimal | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    """An account and the statements that hold its movements; ``named`` where the statements name it themselves."""

    label: str
    tables: tuple[str, ...]
    named: bool
    first: date
    last: date
    opening: Decimal | None
    """None where no balance is stated."""
    movements: int
    balance: Decimal | None = None
    """What is on it at the end of ``last``."""
