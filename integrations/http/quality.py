"""How clean a conversation's data is."""

from __future__ import annotations

from fastapi import APIRouter

from integrations.http.who import Principal, TheService
from spec.base import JsonValue
from tools import conversations, threads

router = APIRouter(tags=["data"])


@router.get("/threads/{thread}/quality")
def quality(thread: str, principal: Principal, service: TheService, table: str | None = None) -> dict[str, JsonValue]:
    """Profile, wrong cells, rules and score of each table, or of one, as ``dreflow profile --json`` prints them."""
    from tools.quality import quality as looked

    context = service.context(principal)
    conversations.visible(context, thread)
    data = threads.opened(context, thread).data
    return {"tables": [one.to_json() for one in looked(context, data, table=table)]}
