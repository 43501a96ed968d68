"""A turn that somebody stops: its run is asked to stop at once, and what is said afterwards is what happened."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agents import cards, replies
from spec.errors import AccessError, UsageError
from tools import conversations, runs, schedules
from tools.context import Context
from tools.wording import joined

if TYPE_CHECKING:
    from spec.run import StoredRun

MOST_RUNS = 20


@dataclass(frozen=True)
class Before:
    """What stood in a conversation before a turn: its approved plans, by digest, and the runs that there were."""

    approved: frozenset[str]
    runs: frozenset[str]


def before(context: Context, thread: str) -> Before:
    """What stands now."""
    return Before(_approved(context, thread), frozenset(one.run_id for one in _runs(context, thread)))


def stop_runs(context: Context, thread: str, *, now: datetime) -> None:
    """Ask the runs of a conversation's plans that are at work to stop; whoever may not stop them leaves them."""
    for run in _runs(context, thread):
        if run.status == "running":
            # It may have ended in the meantime.
            with suppress(UsageError, AccessError):
                runs.cancel(context, run.run_id, now=now)


def told(context: Context, thread: str, was: Before) -> replies.Text:
    """What is left of a turn that was stopped."""
    ran = [run for run in _runs(context, thread) if run.run_id not in was.runs]
    ended = next((run for run in ran if run.status == "succeeded"), None)
    if ended is not None and ended.result is not None:
        files = joined([output.file for output in ended.result.outputs if output.file])
        left = f" It wrote {files}." if files else ""
        text = f"The run was done before it could be stopped.{left} {cards.run_sentence(ended.result)}"
        return replies.Text(text=text, tone="warning")
    new = _approved(context, thread) - was.approved
    if not ran and not new:
        return replies.Text(text="Stopped. Nothing was changed.", tone="note")
    stopped = "Stopped; the run published nothing." if ran else "Stopped before it ran."
    return replies.Text(text=f"{stopped}{_stays(context, new)}", tone="note")


def _stays(context: Context, new: Iterable[str]) -> str:
    """That a plan stays approved, and comes by itself."""
    names = [spec.name for digest in new if (spec := context.workspace.store.spec(digest)) is not None]
    if not names:
        return ""
    kept = schedules.store_of(context)
    comes = any((found := kept.schedule(name)) is not None and not found.paused for name in names)
    return " The plan stays approved" + (
        " and comes by itself at its times; say “pause it” to end that." if comes else "; say “run it” to run it."
    )


def _approved(context: Context, thread: str) -> frozenset[str]:
    return frozenset(plan.spec_digest for plan in conversations.of(context).plans(thread) if plan.status == "approved")


def _runs(context: Context, thread: str) -> list[StoredRun]:
    """The newest runs of the conversation's plans."""
    names = {plan.pipeline for plan in conversations.of(context).plans(thread)}
    if not names or "ask" not in context.rights:
        return []
    return [run for run in runs.recent(context, limit=MOST_RUNS) if run.pipeline in names]
