"""One conversation held through any door, its replies told in one form, so that doors can be compared."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from agents.replies import REPLY, Reply
from agents.service import Service
from agents.session import Message, Session
from integrations.cli.workspace import principal
from memory.workspace import Workspace
from spec.run import RunEvent, RunResult
from tools import runs
from tools.context import Context

Step = Mapping[str, str]
"""``text``, ``answer`` or ``decision``; a decision is about the newest card."""
Said = Callable[[Step], list[dict[str, Any]]]
Told = list[list[dict[str, Any]]]
VARYING = frozenset({"run_id", "id", "path"})
_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")


def alike(value: Any) -> Any:
    """Without ids, places and times."""
    if isinstance(value, dict):
        return {key: alike(one) for key, one in value.items() if key not in VARYING}
    if isinstance(value, list | tuple):
        return [alike(one) for one in value]
    return _TIME.sub("<time>", value) if isinstance(value, str) else value


def held(conversation: Sequence[Step], say: Said) -> Told:
    """The replies of every turn, in order; progress aside, which comes as it comes."""
    told: Told = []
    for step in conversation:
        cards = [one for turn in told for one in turn if one["kind"] == "plan"]
        more = {"digest": cards[-1]["spec_digest"]} if "decision" in step else {}
        told.append([alike(one) for one in say({**step, **more}) if one["kind"] != "progress"])
    return told


def start(context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]) -> RunResult:
    """Run an approved spec here and now."""
    return runs.run(context, spec, now=now, out=out, told=told)


def replies_of(session: Session, thread: str, step: Step, **more: Any) -> list[dict[str, Any]]:
    """What a session answers to one step."""
    return _plain(session.talk(_message(thread, step), **more))


def through_session(conversation: Sequence[Step], folder: Path, data: Path) -> Told:
    """Held by the session alone."""
    workspace = Workspace(folder, datetime.now(UTC))
    with Session(Context(workspace, principal()), clock=lambda: datetime.now(UTC)) as session:
        thread = session.begin("talk", surface="http")
        told = held(
            conversation,
            lambda step: _plain(session.talk(_message(thread, step), start=start, data=(str(data),))),
        )
    workspace.store.close()
    return told


def through_service(conversation: Sequence[Step], folder: Path, data: Path, *, who: str, surface: str) -> Told:
    """Held by a server's conversations, as the chat page and Slack are."""
    now = datetime.now(UTC)
    workspace = Workspace(folder, now)
    workspace.store.save_principal(who, frozenset({"ask", "plan", "approve", "run"}), by="owner", now=now)
    service = Service(workspace, start=start, clock=lambda: datetime.now(UTC), data=(str(data),))
    thread = service.begin(who, "talk", surface=surface)

    async def talked(step: Step) -> list[Reply]:
        return [reply async for reply in service.talk(who, _message(thread, step))]

    told = held(conversation, lambda step: _plain(asyncio.run(talked(step))))
    service.close()
    workspace.store.close()
    return told


def through_http(conversation: Sequence[Step], client: httpx.Client) -> Told:
    """Held over the HTTP API."""
    thread = str(client.post("/threads", json={"text": "talk"}).json()["id"])
    return held(conversation, lambda step: list(lines(client, thread, step)))


def lines(client: httpx.Client, thread: str, said: Step) -> Iterator[dict[str, Any]]:
    """The replies to one message as they come over HTTP."""
    with client.stream("POST", f"/threads/{thread}/messages", json={**said, "timezone": "UTC"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/x-ndjson"
        for line in answer.iter_lines():
            yield json.loads(line)


def _message(thread: str, step: Step) -> Message:
    return Message(thread=thread, timezone="UTC", **step)  # type: ignore[arg-type]  # a decision is one of two words


def _plain(told: Iterator[Reply] | list[Reply]) -> list[dict[str, Any]]:
    return [REPLY.dump_python(one, mode="json") for one in told]
