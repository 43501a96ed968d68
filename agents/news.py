"""What pipelines that run by themselves have to say in a conversation: told once it was shown, and kept in it then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from agents import renaming, replies
from tools import conversations, lapses, notices
from tools.context import Context

if TYPE_CHECKING:
    from memory.notice_store import Notice


def news(context: Context, thread: str, *, clock: Callable[[], datetime]) -> Iterator[replies.Reply]:
    """What a conversation has to say since somebody looked. Whoever asks for the next one has shown the one before.

    One that was not shown, because its caller or its process ended, is given to the next caller.
    """
    conversations.visible(context, thread)
    for notice in notices.undelivered(context, thread):
        if notices.offer(context, notice, now=clock()):
            said = replies_of(context, thread, notice, now=clock())
            yield from said
            told(context, thread, notice, said, now=clock())


def replies_of(context: Context, thread: str, notice: Notice, *, now: datetime) -> list[replies.Reply]:
    """A notice as replies: what it says, and the question that its run stopped with if it did."""
    if notice.replies:
        return [replies.REPLY.validate_python(one) for one in notice.replies]
    run = context.workspace.store.get(notice.run_id) if notice.run_id is not None else None
    question = renaming.opened(context, thread, run.result, now=now) if run is not None and run.result else None
    return [reply_of(notice), *([question] if question is not None else []), *_to_connect(context, thread, notice)]


def _to_connect(context: Context, thread: str, notice: Notice) -> list[replies.Reply]:
    """What to click where a refused connection paused something, for who may connect it again."""
    name = lapses.of_notice(notice)
    if name is None or "connect" not in context.rights or context.workspace.store.connection(name) is None:
        return []
    from agents.connecting import card

    return [card(context, name, thread)]


def reply_of(notice: Notice) -> replies.Text:
    """A notice as a reply."""
    times = f" (it happened {notice.times} times)" if notice.times > 1 else ""
    tone: Literal["done", "warning"] = "done" if notice.kind == "recovered" else "warning"
    return replies.Text(text=f"{notice.pipeline}: {notice.text}{times} {notice.hint}".strip(), tone=tone)


def told(context: Context, thread: str, notice: Notice, said: Sequence[replies.Reply], *, now: datetime) -> None:
    """Mark a notice as told and keep it in its conversation, both or neither; nothing where that was done already."""
    with context.workspace.store.database.transaction():
        if notices.told(context, notice.id, now=now):
            for reply in said:
                body = {"reply": replies.REPLY.dump_python(reply, mode="json")}
                conversations.said(context, thread, turn=0, author="dreflow", body=body, now=now)
