"""Conversations, with the rights of who asks: listed, read back, and their turns taken one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from memory.conversations import AboutThread, Conversations, StoredMessage, StoredPlan
from memory.owners import this_owner
from spec.base import JsonValue
from spec.errors import AccessError, BusyError, UsageError
from tools.context import Context

WAIT_SECONDS = 120.0
LONGEST_TITLE = 80
SHARED = ("slack",)
"""Surfaces whose threads belong to everyone who can be there, as principals named after it; it lets nobody else in."""


def of(context: Context) -> Conversations:
    """The workspace's conversations, without asking for rights; for tools."""
    store = context.workspace.store
    return Conversations(store.database, store.workspace)


def visible(context: Context, thread: str) -> AboutThread:
    """The conversation, when this principal may see it: their own, a shared one, or all for an administrator."""
    context.need("ask")
    about = of(context).about(thread)
    if about is None:
        raise UsageError(
            f"There is no conversation {thread!r} in this workspace.", hint="The list of conversations shows all."
        )
    if not _sees(context, about):
        raise AccessError(
            "This conversation belongs to somebody else.",
            hint="They, or an administrator, can show it to you.",
            data={"principal": context.principal},
        )
    return about


def recent(context: Context, *, limit: int = 100) -> Sequence[AboutThread]:
    """The conversations this principal may see, the one last spoken in first."""
    context.need("ask")
    return [about for about in of(context).recent(limit) if _sees(context, about)]


def titled(text: str) -> str:
    """What a conversation is called that is named by this text: one line, none when there is nothing to call it by."""
    return " ".join(text.split())[:LONGEST_TITLE]


def rename(context: Context, thread: str, title: str) -> None:
    """Call a conversation something else in lists. UsageError for an empty title."""
    visible(context, thread)
    if not titled(title):
        raise UsageError("A conversation needs a name.", hint="Type a few words that tell it from the others.")
    of(context).rename_thread(thread, titled(title))


def sees_plan(context: Context, digest: str) -> bool:
    """Whether this principal may see a conversation that a plan came of."""
    found = of(context)
    made = (found.about(thread) for thread in found.threads_of(digest))
    return any(_sees(context, about) for about in made if about is not None)


def _sees(context: Context, about: AboutThread) -> bool:
    if about.created_by == context.principal or "admin" in context.rights:
        return True
    return about.surface in SHARED and context.principal.startswith(f"{about.surface}:")


def messages(context: Context, thread: str, *, after: int = 0) -> Sequence[StoredMessage]:
    """What was said after message ``after``, in order."""
    visible(context, thread)
    return of(context).messages(thread, after=after)


def said(
    context: Context, thread: str, *, turn: int, author: str, body: Mapping[str, JsonValue], now: datetime
) -> StoredMessage:
    """Append to what was said."""
    return of(context).add_message(thread, turn=turn, author=author, body=dict(body), now=now)


def plans(context: Context, thread: str) -> Sequence[StoredPlan]:
    """The plans that a conversation made, in order."""
    visible(context, thread)
    return of(context).plans(thread)


@contextmanager
def turn(
    context: Context,
    thread: str,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    wait: float = WAIT_SECONDS,
) -> Iterator[int]:
    """Hold the conversation: turns are taken in the order they came, over all processes.

    Raises BusyError when the turns before take longer than ``wait`` seconds. A turn that is left by an exception is
    recorded as failed, one that was cancelled meanwhile stays so.
    """
    conversations = of(context)
    number = conversations.queue_turn(thread, by=context.principal, owner=this_owner(), now=clock())
    try:
        if not conversations.wait_turn(thread, number, seconds=wait, now=clock, sleep=sleep):
            raise BusyError(
                "Somebody is still being answered in this conversation.", hint="Try again in a moment, or stop it."
            )
        yield number
    except BaseException:
        conversations.end_turn(thread, number, "failed", now=clock())
        raise
    conversations.end_turn(thread, number, "done", now=clock())


def cancel_running(context: Context, thread: str, *, now: datetime) -> bool:
    """Stop the turn that the conversation is at; whoever works at it hears of it before its next step."""
    visible(context, thread)
    return of(context).cancel_running(thread, now=now)
