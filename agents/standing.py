"""How the plan of a conversation stands: whether it is approved, when it comes, what it writes, what changed last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from agents import replies
from tools import conversations, schedules
from tools.context import Context
from tools.wording import spoken_rhythm


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


def paused(context: Context, thread: str, *, now: datetime) -> Iterator[replies.Reply]:
    """Let the approved plan not come by itself until it is resumed."""
    made = [plan for plan in conversations.plans(context, thread) if plan.status == "approved"]
    kept = schedules.store_of(context).schedule(made[-1].pipeline) if made else None
    if kept is None or kept.paused:
        yield replies.Text(text="Nothing of this conversation runs by itself.", tone="note")
        return
    schedules.pause(context, kept.pipeline, now=now)
    yield replies.Text(
        text=f"{kept.pipeline.replace('_', ' ')} does not run by itself any more. "
        f"'dreflow schedule resume {kept.pipeline}' lets it come again.",
        tone="done",
    )
