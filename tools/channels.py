"""Who may do what in a shared place such as a channel, where more people see an answer than asked for it.

A person is the principal ``slack:U123``, a channel ``slack:C123``; ``dreflow people grant`` gives both their rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from memory.workspace import Workspace
from spec.errors import AccessError
from tools.context import Context, Right, context_of

Audience = Literal["all", "person"]
ACTS: frozenset[Right] = frozenset({"plan", "approve", "run"})
"""What a person's own rights add in a channel; to see, all who are there see by the channel's right."""


@dataclass(frozen=True)
class Standing:
    """As whom somebody is answered, and whether everyone in the channel may see it or that person alone."""

    context: Context
    audience: Audience


def standing(workspace: Workspace, person: str, channel: str | None) -> Standing:
    """What a person may do in a channel, or in direct messages (None).

    In a channel with the right to ask, answers are computed with that and seen by all; the person's own rights decide
    what they may plan, approve and run. Elsewhere only the person's rights count, and only they see the answer.
    Raises AccessError where neither may ask, and wherever nobody is named in the workspace: unlike whoever sits at
    this machine, anyone in Slack could be there.
    """
    known = workspace.store.principals()
    given = context_of(workspace, person).rights if person in known else frozenset[Right]()
    shared = channel is not None and "ask" in known.get(channel, frozenset())
    if shared:
        rights = frozenset[Right]({"ask"}) | (given & ACTS)
        return Standing(Context(workspace, person, rights), "all")
    if "ask" not in given:
        where = "" if channel is None else f" To let everyone in this channel ask: dreflow people grant {channel} ask"
        raise AccessError(
            "You may not ask here yet." if known else "Nobody may use this workspace from Slack yet.",
            hint=f"Whoever runs DReflowPro can let you: dreflow people grant {person} ask plan.{where}",
            data={"principal": person, "needs": "ask"},
        )
    return Standing(Context(workspace, person, given), "person")
