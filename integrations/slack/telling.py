"""Tells in Slack what pipelines that run by themselves have to say, in the thread that made them."""

from __future__ import annotations

from typing import cast

from agents.service import Service
from integrations.slack import blocks
from memory.slack_store import SlackStore
from spec.base import JsonValue
from tools import notices
from tools.context import Context


def tell_notices(store: SlackStore, service: Service) -> None:
    """Queue what was not told yet in conversations that are held here; each under its own key, so once."""
    context = Context(service.workspace, "slack", frozenset({"ask"}))
    for thread in store.to_tell():
        for notice in notices.undelivered(context, thread):
            mark = "✅" if notice.kind == "recovered" else "⚠️"
            again = f" ({notice.times} times)" if notice.times > 1 else ""
            made = [*blocks.words(f"{notice.text}{again}", mark), *blocks.small(notice.hint)]
            for at, note in enumerate(blocks.notes(notice.text, made)):
                body: dict[str, JsonValue] = {"text": note.text, "blocks": cast("JsonValue", list(note.blocks))}
                store.queue(f"notice {notice.id}:{at}", thread, "post", body, now=service.clock())
            notices.deliver(context, notice.id, now=service.clock())
