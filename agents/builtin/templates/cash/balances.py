"""What the balances of statements prove, whatever the order of their rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from agents.builtin.templates.cash.roles import Entry


@dataclass(frozen=True)
class Opening:
    """What was there before the first movement, and on how many of the days with balances it comes out right."""

    amount: Decimal
    right: int
    days: int
    broken: date | None
    """The first day whose balances do not follow from it."""
    apart: Decimal
    """By how much they do not, on that day."""


def best_opening(entries: Sequence[Entry]) -> Opening | None:
    """The amount from which the movements lead to a stated balance on most days; None without any balance.

    Rows of a day may stand in any order, so a day is right when the balance after all its movements is among those
    that are stated on it.
    """
    net: dict[date, Decimal] = defaultdict(Decimal)
    stated: dict[date, set[Decimal]] = defaultdict(set)
    for entry in entries:
        net[entry.day] += entry.amount
        if entry.balance is not None:
            stated[entry.day].add(entry.balance)
    if not stated:
        return None
    so_far, sums = Decimal(0), {}
    for day in sorted(net):
        so_far += net[day]
        sums[day] = so_far
    tried = Counter(balance - sums[day] for day, balances in stated.items() for balance in balances)
    amount = min(tried, key=lambda one: (-tried[one], one))
    wrong = [day for day in sorted(stated) if amount + sums[day] not in stated[day]]
    apart = min((balance - amount - sums[wrong[0]] for balance in stated[wrong[0]]), key=abs) if wrong else Decimal(0)
    return Opening(amount, tried[amount], len(stated), wrong[0] if wrong else None, apart)


def together(parts: Sequence[Sequence[Entry]]) -> list[Entry]:
    """The movements of several exports of one account, each once: as often as the export says that has most of it.

    They have no balance. Behind them stand the balances that are stated, each on a movement of nothing, without words.
    """
    counted: Counter[Entry] = Counter()
    for part in parts:
        counted |= Counter(replace(entry, balance=None) for entry in part)
    stated = {(entry.day, entry.balance) for part in parts for entry in part if entry.balance is not None}
    return [*counted.elements(), *(Entry("", day, Decimal(0), balance, ()) for day, balance in sorted(stated))]
