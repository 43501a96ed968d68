"""Conversations over HTTP: begun, spoken in, read back, stopped."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field, model_validator

from agents import replies, stages
from agents.session import Message
from integrations.http import interrupted
from integrations.http.body import Body, Limit
from integrations.http.once import BegunBefore, OnceRoute
from integrations.http.refusals import failed_inside
from integrations.http.who import Principal, TheService
from spec.errors import DreflowError
from tools import conversations

LOG = logging.getLogger("dreflow.http")
router = APIRouter(tags=["conversations"], route_class=OnceRoute)


After = Annotated[int, Query(ge=0, le=(1 << 53) - 1)]
"""The number of a message; one that JSON can say."""


class Begin(Body):
    """How a conversation begins; its first words become its title."""

    text: str = Field(default="", max_length=20_000)


class Thread(Body):
    """A conversation of the list."""

    id: str
    title: str
    surface: str
    created_by: str
    created_at: datetime
    updated_at: datetime


class Say(Body):
    """What is said: words, the answer to the open question, or a decision about exactly one plan."""

    text: str = Field(default="", max_length=1_000_000)
    answer: str | None = None
    decision: Literal["approve", "reject"] | None = None
    digest: str | None = Field(default=None, description="The plan that the decision is about.")
    data: tuple[str, ...] = Field(default=(), description="Files, folders, addresses or saved connections to look at.")
    timezone: str | None = None

    @model_validator(mode="after")
    def _of_one_plan(self) -> Say:
        if self.decision is not None and not self.digest:
            raise ValueError("a decision needs the digest of the plan it is about")
        return self


@router.post("/threads", status_code=201)
def begin(said: Begin, principal: Principal, service: TheService) -> dict[str, str]:
    """Open a conversation."""
    return {"id": service.begin(principal, said.text, surface="http")}


@router.get("/threads")
def recent(principal: Principal, service: TheService, limit: Limit = 100) -> list[Thread]:
    """Conversations, the one last spoken in first."""
    found = conversations.recent(service.context(principal), limit=limit)
    return [
        Thread(
            id=one.id,
            title=one.title,
            surface=one.surface,
            created_by=one.created_by,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )
        for one in found
    ]


@router.get("/threads/{thread}/messages", response_model_exclude={"__all__": {"reply": {"path"}}})
def messages(thread: str, principal: Principal, service: TheService, after: After = 0) -> list[replies.Said]:
    """What was said after message ``after``."""
    return [
        replies.Said.model_validate({"seq": one.seq, "turn": one.turn, "at": one.at, "author": one.author, **one.body})
        for one in conversations.messages(service.context(principal), thread, after=after)
    ]


@router.post(
    "/threads/{thread}/messages",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "A reply a line, as they come."}},
)
def say(thread: str, said: Say, principal: Principal, service: TheService, before: BegunBefore) -> StreamingResponse:
    """Say something; the replies stream as JSON, one a line."""
    context = service.context(principal)
    conversations.visible(context, thread)
    words = said.text or None if said.decision is None else None
    left = interrupted.left_by(context, thread, words, after=before.after_seq) if before is not None else None
    if left is not None and (left.ended or said.decision is None):
        return StreamingResponse(_again(left), media_type="application/x-ndjson")
    message = Message(
        text=said.text,
        thread=thread,
        answer=said.answer,
        decision=said.decision,
        digest=said.digest,
        data=said.data,
        timezone=said.timezone,
        again=left is not None,
    )

    async def lines() -> AsyncIterator[bytes]:
        try:
            async for reply in service.talk(principal, message):
                yield _line(reply)
        except DreflowError as error:
            yield _line(stages.failure(error))
        except Exception:
            # The answer has begun, so what went wrong can only be its last line.
            LOG.exception("a message to %s failed", thread)
            told = failed_inside()
            yield _line(replies.Failure(message=told.message, hint=told.hint))

    return StreamingResponse(lines(), media_type="application/x-ndjson")


async def _again(left: interrupted.Left) -> AsyncIterator[bytes]:
    """What a process said that is gone; whatever it was at is not begun a second time."""
    for reply in left.replies:
        yield _line(reply)
    if not left.ended:
        yield _line(interrupted.FAILURE)


def _line(reply: replies.Reply) -> bytes:
    return replies.REPLY.dump_json(reply, exclude={"path"}) + b"\n"


@router.post("/threads/{thread}/stop", status_code=202)
def stop(thread: str, principal: Principal, service: TheService) -> dict[str, str]:
    """Stop what the conversation is at."""
    service.stop(principal, thread)
    return {"status": "stopping"}
