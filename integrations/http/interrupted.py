"""What is known of a message that a process had begun to answer which is gone now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents import replies
from tools import conversations
from tools.context import Context

FAILURE = replies.Failure(
    message="I was interrupted while I worked at this, and did not begin it a second time.",
    hint="See in the conversation and among the runs what was done; to have it done again, send it under a new key.",
)


@dataclass(frozen=True)
class Left:
    """The replies that were given, and whether they were all."""

    replies: Sequence[replies.Reply]
    ended: bool


def left_by(context: Context, thread: str, text: str | None, *, after: int) -> Left | None:
    """What became of a principal's message after message ``after``; None when nothing had been begun.

    ``text`` is None for what is no words, such as a decision.
    """
    said = conversations.messages(context, thread, after=after)
    own = [one for one in said if one.author == context.principal and text in {None, one.body.get("text")}]
    if not own:
        return None
    turn = own[0].turn
    given = [one.body["reply"] for one in said if one.turn == turn and "reply" in one.body]
    status = conversations.of(context).turn_status(thread, turn)
    return Left([replies.REPLY.validate_python(one) for one in given], status in {"done", "cancelled"})
