"""Passes: a link that lets one person connect one account, where they cannot log in at the page, such as from Slack."""

from __future__ import annotations

from datetime import datetime, timedelta

from memory.workspace import Workspace
from spec.records import record
from tools import connections
from tools.context import Context
from tools.tickets import Tickets, new_secret

LIFE = timedelta(minutes=30)


@record(frozen=True)
class Pass:
    """Whom a pass stands for, and what alone it lets them do."""

    by: str
    system: str
    name: str
    thread: str


def give(context: Context, system: str, name: str, thread: str, *, now: datetime) -> str:
    """A pass for this principal, to be shown to them alone; it ends when it was used, or after half an hour."""
    context.need("connect")
    secret = new_secret()
    content = {"by": context.principal, "system": system, "name": name, "thread": thread}
    _passes(context.workspace).give(secret, content, now=now, life=LIFE)
    return secret


def look(workspace: Workspace, secret: str, *, now: datetime) -> Pass | None:
    """What a pass is good for, as long as it is."""
    found = _passes(workspace).look(secret, now=now) if secret else None
    return Pass(**found) if found is not None else None


def use_up(workspace: Workspace, secret: str) -> None:
    """End a pass."""
    _passes(workspace).take(secret)


def _passes(workspace: Workspace) -> Tickets:
    return Tickets(connections.vault(), workspace.store.workspace, "pass")
