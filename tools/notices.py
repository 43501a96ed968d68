"""Notices: what pipelines that run by themselves have to say, told in the conversation that made them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from memory.notice_store import Notice, NoticeKind, NoticeStore
from tools.context import Context

QUIET = timedelta(hours=24)
"""The same trouble of the same pipeline is told once in this time and counted after that."""

SHOWING = timedelta(minutes=1)
"""For how long a notice is left to whoever is showing it."""


def add(
    context: Context,
    *,
    pipeline: str,
    kind: NoticeKind,
    text: str,
    hint: str,
    cause: str,
    run_id: str | None,
    thread: str | None,
    now: datetime,
) -> Notice | None:
    """Keep something to tell; None when the same was told within a day, and is counted there."""
    context.need("run")
    notice = Notice(0, thread, pipeline, run_id, kind, text, hint, cause, 1, now)
    return NoticeStore(context.workspace.store).add(notice, quiet=QUIET)


def undelivered(context: Context, thread: str | None) -> Sequence[Notice]:
    """What was not told yet in a conversation, the oldest first; without one, what belongs to no conversation."""
    context.need("ask")
    return NoticeStore(context.workspace.store).undelivered(thread)


def offer(context: Context, notice: Notice, *, now: datetime) -> bool:
    """Whether this caller is to show a notice now, and nobody else does. Shown, it is marked as ``told``.

    Until then it is told to nobody: a caller that ends before leaves it to the next.
    """
    context.need("ask")
    return NoticeStore(context.workspace.store).offer(notice.id, now=now, showing=SHOWING)


def told(context: Context, number: int, *, now: datetime) -> bool:
    """Mark a notice as told, once it was shown. False where somebody was earlier."""
    context.need("ask")
    return NoticeStore(context.workspace.store).deliver(number, by=context.principal, now=now)


def last(context: Context, pipeline: str) -> Notice | None:
    """The newest notice about a pipeline."""
    context.need("ask")
    return NoticeStore(context.workspace.store).last(pipeline)
