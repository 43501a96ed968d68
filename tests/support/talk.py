"""One conversation over a small file of orders, held in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from agents import replies
from agents.session import Message, Session
from spec.run import RunEvent, RunResult
from tools import runs
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
ORDERS = """id,region,channel,amount,day
1,North,web,10.50,2026-09-01
2,South,web,20.00,2026-09-02
3,North,wholesale,100.00,2026-09-03
4,South,web,1.25,2026-09-04
"""
T = TypeVar("T")


def start(context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]) -> RunResult:
    return runs.run(context, spec, now=now, out=out, told=told)


class Talk:
    """One conversation; says something and gives the replies."""

    def __init__(self, context: Context, *data: Path) -> None:
        self.context, self.data = context, tuple(str(one) for one in data)
        with Session(context, clock=NOW) as session:
            self.thread = session.begin("orders", surface="page")

    def say(self, text: str = "", **more: object) -> list[replies.Reply]:
        with Session(self.context, clock=NOW) as session:
            message = Message(text=text, thread=self.thread, timezone="UTC", **more)  # type: ignore[arg-type]
            found = list(session.talk(message, start=start, data=self.data))
        # The word that something is being looked at comes first, and is not kept.
        return [reply for reply in found if not isinstance(reply, replies.Progress) or reply.run_id]


def one(found: list[replies.Reply], kind: type[T]) -> T:
    (match,) = [reply for reply in found if isinstance(reply, kind)]
    return match


def texts(found: list[replies.Reply]) -> str:
    return "\n".join(reply.text for reply in found if isinstance(reply, replies.Text))


def planned(talk: Talk) -> replies.PlanCard:
    """The card of a first plan: totals by region, into a file."""
    return one(talk.say("total amount by region, save it as totals.csv"), replies.PlanCard)
