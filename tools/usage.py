"""What models took this month, what they may take, and the hard stop between the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from memory import usage
from memory.usage import Budget, Call
from spec.errors import LimitError, UsageError
from tools.context import Context

__all__ = ["Budget", "Call", "Spent", "check", "line", "record", "set_budget", "spent"]


@dataclass(frozen=True)
class Line:
    """What one model took for one task. ``cost`` leaves out the ``unpriced`` calls, whose price nobody knows."""

    task: str
    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    unpriced: int


@dataclass(frozen=True)
class Spent:
    """The month so far. ``cost`` is in US dollars and leaves out the ``unpriced`` calls."""

    tokens: int
    cost: Decimal
    unpriced: int
    budget: Budget
    lines: tuple[Line, ...] = ()

    @property
    def tokens_left(self) -> int | None:
        """Tokens that may still be taken; None without a bound."""
        return None if self.budget.tokens is None else max(0, self.budget.tokens - self.tokens)

    @property
    def money_left(self) -> Decimal | None:
        """US dollars that may still be spent; None without a bound."""
        return None if self.budget.money is None else max(Decimal(0), self.budget.money - self.cost)


def spent(context: Context, now: datetime) -> Spent:
    """The calendar month (UTC) of ``now`` so far, the dearest first."""
    context.need("ask")
    calls = usage.calls_of_month(context.workspace.store, now)
    groups: dict[tuple[str, str, str], list[Call]] = {}
    for call in calls:
        groups.setdefault((call.task, call.provider, call.model), []).append(call)
    lines = [line(calls) for calls in groups.values()]
    return Spent(
        tokens=sum(call.input_tokens + call.output_tokens for call in calls),
        cost=_cost(calls),
        unpriced=sum(call.cost is None for call in calls),
        budget=usage.budget(context.workspace.store),
        lines=tuple(sorted(lines, key=lambda one: (-one.cost, -one.input_tokens, one.provider, one.model))),
    )


def line(calls: Sequence[Call]) -> Line:
    """Calls of one model for one task, added up."""
    first = calls[0]
    return Line(
        first.task,
        first.provider,
        first.model,
        len(calls),
        sum(call.input_tokens for call in calls),
        sum(call.output_tokens for call in calls),
        _cost(calls),
        sum(call.cost is None for call in calls),
    )


def check(context: Context, now: datetime, *, tokens: int, cost: Decimal | None) -> Spent:
    """Refuse a call that the month's budget does not cover; what it covers is left as it was.

    ``tokens`` and ``cost`` are what the call will take at least. Money bounds what costs: a ``cost`` of 0 is free and
    bound by tokens alone, None is a price that nobody knows, which a budget in money cannot cover. Raises LimitError.
    """
    now_spent = spent(context, now)
    left = now_spent.tokens_left
    if left is not None and tokens > left:
        raise _over(f"{left:,} of {now_spent.budget.tokens:,} tokens are left", {"tokens_left": left})
    money = now_spent.money_left
    if money is None:
        return now_spent
    if cost is None and now_spent.budget.tokens is None:
        raise LimitError(
            "This model's price is not known, and the workspace's budget is in money.",
            hint="Give a budget in tokens too, or use another model: dreflow models budget --tokens N.",
            data={"budget": "money"},
        )
    if cost != 0 and (money <= 0 or (cost or Decimal(0)) > money):
        raise _over(f"{money:.2f} of {now_spent.budget.money:.2f} US dollars are left", {"money_left": f"{money:f}"})
    return now_spent


def _over(left: str, data: dict[str, object]) -> LimitError:
    return LimitError(
        f"This month's budget for models is used up: {left}.",
        hint="Questions go to the built-in planner until next month, or raise it: dreflow models budget.",
        data=data,
    )


def record(context: Context, call: Call) -> None:
    """Keep what a call took."""
    usage.record(context.workspace.store, call)


def set_budget(context: Context, wanted: Budget, *, now: datetime) -> None:
    """Bound what models may take in a month. Raises UsageError for a negative one."""
    context.need("admin")
    if (wanted.tokens or 0) < 0 or (wanted.money or 0) < 0:
        raise UsageError("A budget cannot be negative.", hint="Use 0 to stop models, or 'none' for no bound.")
    usage.set_budget(context.workspace.store, wanted, by=context.principal, now=now)


def _cost(calls: Sequence[Call]) -> Decimal:
    return sum((call.cost for call in calls if call.cost is not None), Decimal(0))
