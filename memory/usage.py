"""What models took in this workspace, and what they may take in a month. Without SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from memory.run_store import instant, when
from memory.store import Store

ADD = """
INSERT INTO usage (workspace, seq, at, principal, thread, task, provider, model, input_tokens, output_tokens, cost)
VALUES (:workspace, :seq, :at, :principal, :thread, :task, :provider, :model, :input_tokens, :output_tokens, :cost)
"""
SINCE = """
SELECT at, principal, thread, task, provider, model, input_tokens, output_tokens, cost FROM usage
WHERE workspace = :workspace AND at >= :since ORDER BY seq
"""
SET_BUDGET = """
INSERT INTO budgets (workspace, tokens, money, set_by, set_at) VALUES (:workspace, :tokens, :money, :by, :at)
ON CONFLICT (workspace) DO UPDATE
SET tokens = excluded.tokens, money = excluded.money, set_by = excluded.set_by, set_at = excluded.set_at
"""
BUDGET = "SELECT tokens, money FROM budgets WHERE workspace = :workspace"


@dataclass(frozen=True)
class Call:
    """One call of a model. ``cost`` is in US dollars, None where no price is known."""

    at: datetime
    principal: str
    task: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    thread: str | None = None


@dataclass(frozen=True)
class Budget:
    """The most that models may take in a calendar month (UTC); None is no bound. ``money`` is in US dollars."""

    tokens: int | None = None
    money: Decimal | None = None


def record(store: Store, call: Call) -> None:
    """Keep what a call took."""
    with store.database.transaction():
        store.database.write(
            ADD,
            {
                "workspace": store.workspace,
                "seq": store.next_id("usage"),
                "at": instant(call.at),
                "principal": call.principal,
                "thread": call.thread,
                "task": call.task,
                "provider": call.provider,
                "model": call.model,
                "input_tokens": call.input_tokens,
                "output_tokens": call.output_tokens,
                "cost": None if call.cost is None else f"{call.cost:f}",
            },
        )


def calls_of_month(store: Store, now: datetime) -> Sequence[Call]:
    """All calls of the calendar month (UTC) of ``now``."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = store.database.read(SINCE, {"workspace": store.workspace, "since": instant(first)})
    return [
        Call(
            at=when(row["at"]),
            principal=str(row["principal"]),
            task=str(row["task"]),
            provider=str(row["provider"]),
            model=str(row["model"]),
            input_tokens=int(row["input_tokens"] or 0),
            output_tokens=int(row["output_tokens"] or 0),
            cost=None if row["cost"] is None else Decimal(str(row["cost"])),
            thread=None if row["thread"] is None else str(row["thread"]),
        )
        for row in rows
    ]


def budget(store: Store) -> Budget:
    """The workspace's budget; without one, nothing is bounded."""
    rows = store.database.read(BUDGET, {"workspace": store.workspace})
    if not rows:
        return Budget()
    tokens, money = rows[0]["tokens"], rows[0]["money"]
    return Budget(None if tokens is None else int(tokens), None if money is None else Decimal(str(money)))


def set_budget(store: Store, wanted: Budget, *, by: str, now: datetime) -> None:
    """Put a budget in place of the one before."""
    money = None if wanted.money is None else f"{wanted.money:f}"
    with store.database.transaction():
        store.database.write(
            SET_BUDGET,
            {"workspace": store.workspace, "tokens": wanted.tokens, "money": money, "by": by, "at": instant(now)},
        )
        store.record(by, "set model budget", "models", {"tokens": wanted.tokens, "money": money}, now)
