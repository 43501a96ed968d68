"""What the steps and the report of whether cash lasts are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agents.builtin.templates.cash.links import names_of
from agents.builtin.templates.cash.roles import Account, Statement

HORIZON = 13
"""Weeks ahead."""
HISTORY = 26
"""Weeks that must lie before the day of a forecast."""
TESTS = 20
"""Further weeks before now that the forecast is tested on, at least."""


@dataclass(frozen=True)
class Plan:
    """Everything the steps are made from."""

    statements: tuple[Statement, ...]
    accounts: tuple[Account, ...]
    texts: Mapping[str, tuple[str, ...]]
    origins: Mapping[str, str]
    currency: str | None
    said: Mapping[str, Decimal]
    """Account to its balance at the end of its last day, where no statement states one."""
    once: frozenset[str]
    """Accounts in whose exports equal movements of a day are one."""
    not_own: frozenset[str]
    """Accounts in the same files that are somebody else's."""
    one_sided: bool
    """Whether equal amounts of which one side alone speaks of a transfer are transfers."""
    said_beside: tuple[str, ...]

    def label(self, statement: Statement) -> str:
        """The account of a statement that names none."""
        return next(one.label for one in self.accounts if not one.named and statement.table in one.tables)

    @property
    def names(self) -> dict[str, tuple[str, frozenset[str]]]:
        """How movements name each account."""
        return names_of(self.accounts)

    @property
    def proven(self) -> tuple[Account, ...]:
        """Accounts whose statements state balances."""
        return tuple(one for one in self.accounts if one.opening is not None)

    @property
    def last(self) -> date:
        """The day of the last movement of all."""
        return max(one.last for one in self.accounts)

    @property
    def weeks(self) -> int:
        """Whole weeks for which every account has movements, but for those that were opened later."""
        begun = [one.first for one in self.accounts if one.opening != 0] or [one.first for one in self.accounts]
        return (self.last - max(begun)).days // 7

    @property
    def looks_ahead(self) -> bool:
        """Whether there is enough to make a forecast and to test it."""
        return self.weeks >= HISTORY + TESTS
