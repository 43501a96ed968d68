"""How the plan of a conversation stands: whether it is approved, when it comes, what it writes, what changed last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from agents import replies
from tools import conversations, schedules
from tools.context import Context
from tools.wording import spoken_rhythm

if TYPE_CHECKING:
    from memory.schedule_store import Scheduled


def told(context: Context, thread: str) -> Iterator[replies.Reply]:
    """How the newest plan stands, from its own spec and from what is kept of it."""
    made = [plan for plan in conversations.plans(context, thread) if plan.status in {"proposed", "approved"}]
    spec = context.workspace.store.spec(made[-1].spec_digest) if made else None
    if spec is None:
        yield replies.Text(text="There is no plan in this conversation.", tone="note")
        return
    name = spec.name.replace("_", " ")
    kept = schedules.store_of(context).schedule(spec.name)
    if made[-1].status == "approved":
        sentences = [f"The plan {name} is approved."]
    else:
        sentences = [f"The plan {name} waits for your approval; until then nothing of it runs."]
    if spec.schedule is None:
        sentences.append("It runs when you ask for it, not by itself.")
    elif made[-1].status == "approved" and kept is not None and kept.paused:
        sentences.append(_paused(kept.paused_for))
    else:
        when = spoken_rhythm(spec.schedule.rhythm)
        sentences.append(f"It runs by itself {when} ({spec.schedule.timezone} time){_once(made[-1].status)}.")
    written = [output.file for output in spec.outputs]
    written += [f"the table {load.table} of {load.connection or load.location}" for load in spec.loads]
    written += [f"records to {send.stream} of {send.connection or send.connector}" for send in spec.sends]
    if written:
        sentences.append(f"It writes {', '.join(written)}.")
    sent = ", ".join(spec.allow.recipients)
    sentences.append(f"It is sent to {sent}." if sent else "It is sent to nobody.")
    yield replies.Text(text=" ".join(sentences))


def _paused(connection: str | None) -> str:
    if connection is None:
        return "It is paused and does not run by itself."
    return f"It is paused, because the connection {connection} is not let in any more; say “connect {connection}”."


def _once(status: str) -> str:
    return "" if status == "approved" else " once it is approved"


def changed(context: Context, thread: str) -> Iterator[replies.Reply]:
    """The last change again, as it was shown."""
    for message in reversed(conversations.messages(context, thread)):
        body = message.body.get("reply")
        if isinstance(body, dict) and body.get("kind") == "diff":
            yield replies.REPLY.validate_python(body)
            return
    yield replies.Text(text="No plan was changed in this conversation.", tone="note")


def left(context: Context, thread: str) -> Iterator[replies.Reply]:
    """That nothing was changed; a plan that comes by itself goes on doing so."""
    kept = _schedule(context, thread)
    if kept is None or kept.paused:
        yield replies.Text(text="Nothing was changed, and nothing runs before you approve it.")
        return
    name, when = kept.pipeline.replace("_", " "), _when(context, kept)
    yield replies.Text(text=f"Nothing was changed. {name} still runs by itself {when}; say “pause it” to end that.")


def paused(context: Context, thread: str, *, now: datetime) -> Iterator[replies.Reply]:
    """Let the approved plan not come by itself until it is resumed."""
    kept = _schedule(context, thread)
    if kept is None or kept.paused:
        yield replies.Text(text="Nothing of this conversation runs by itself.", tone="note")
        return
    schedules.pause(context, kept.pipeline, now=now)
    yield replies.Text(
        text=f"{kept.pipeline.replace('_', ' ')} does not run by itself any more. “Resume it” lets it come again.",
        tone="done",
    )


def resumed(context: Context, thread: str, *, now: datetime) -> Iterator[replies.Reply]:
    """Let the approved plan come by itself again."""
    kept = _schedule(context, thread)
    if kept is None:
        yield replies.Text(text="No plan of this conversation was paused.", tone="note")
        return
    name = kept.pipeline.replace("_", " ")
    if not kept.paused:
        yield replies.Text(text=f"{name} runs by itself already, {_when(context, kept)}.", tone="note")
        return
    if kept.paused_for is not None:
        yield replies.Text(text=_paused(kept.paused_for), tone="note")
        return
    outlook = schedules.resume(context, kept.pipeline, now=now)
    first = f", next on {outlook.next_at:%A %-d %B %Y at %H:%M}" if outlook.next_at is not None else ""
    yield replies.Text(text=f"{name} runs by itself again, {_when(context, kept)}{first}.", tone="done")


def _when(context: Context, kept: Scheduled) -> str:
    schedule = schedules.spec_of(context, kept).schedule
    return f"{spoken_rhythm(schedule.rhythm)} ({schedule.timezone} time)" if schedule is not None else ""


def _schedule(context: Context, thread: str) -> Scheduled | None:
    """When the conversation's approved plan comes; None when it never did."""
    made = [plan for plan in conversations.plans(context, thread) if plan.status == "approved"]
    return schedules.store_of(context).schedule(made[-1].pipeline) if made else None
