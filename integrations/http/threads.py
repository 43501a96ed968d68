"""Conversations over HTTP: begun, spoken in, read back, stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import Field

from agents import replies
from agents.session import Message
from integrations.http.body import Body
from integrations.http.who import Principal, TheService
from tools import conversations

router = APIRouter(tags=["conversations"])


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


@router.post("/threads", status_code=201)
def begin(said: Begin, principal: Principal, service: TheService) -> dict[str, str]:
    """Open a conversation."""
    return {"id": service.begin(principal, said.text, surface="http")}


@router.get("/threads")
def recent(principal: Principal, service: TheService, limit: int = 100) -> list[Thread]:
    """Conversations, the one last spoken in first."""
    found = conversations.recent(service.context(principal), limit=min(limit, 500))
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
def messages(thread: str, principal: Principal, service: TheService, after: int = 0) -> list[replies.Said]:
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
async def say(thread: str, said: Say, principal: Principal, service: TheService) -> StreamingResponse:
    """Say something; the replies stream as JSON, one a line."""
    conversations.visible(service.context(principal), thread)
    message = Message(
        text=said.text,
        thread=thread,
        answer=said.answer,
        decision=said.decision,
        digest=said.digest,
        data=said.data,
        timezone=said.timezone,
    )

    async def lines() -> AsyncIterator[bytes]:
        async for reply in service.talk(principal, message):
            yield replies.REPLY.dump_json(reply, exclude={"path"}) + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.post("/threads/{thread}/stop", status_code=202)
def stop(thread: str, principal: Principal, service: TheService) -> dict[str, str]:
    """Stop what the conversation is at."""
    service.stop(principal, thread)
    return {"status": "stopping"}
