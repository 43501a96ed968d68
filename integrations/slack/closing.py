"""Takes the buttons away from cards and questions that are decided, and says by whom."""

from __future__ import annotations

from typing import Any, cast

from integrations.slack import blocks
from integrations.slack.blocks import Block
from integrations.slack.events import Heard
from memory.conversations import StoredPlan
from memory.slack_store import Outgoing, SlackStore
from spec.base import JsonValue
from tools import conversations
from tools.context import Context


def close_cards(store: SlackStore, context: Context, heard: Heard, thread: str) -> None:
    """Queue the change of every message whose buttons have nothing to decide any more."""
    waiting = store.waiting(thread)
    plans = {plan.spec_digest: plan for plan in conversations.of(context).plans(thread)}
    saved = context.workspace.store.thread(thread)
    question = str(saved.question.get("key")) if saved is not None and saved.question is not None else None
    newest = {row.waits: row.key for row in waiting}
    for row in waiting:
        kind, _, about = (row.waits or "").partition(" ")
        again = newest[row.waits] != row.key
        if kind == "plan":
            outcome = _of_plan(plans.get(about), again=again)
        else:
            outcome = None if about == question and not again else _of_question(heard, about)
        if outcome is not None:
            _close(store, row, outcome)


def _close(store: SlackStore, row: Outgoing, outcome: list[Block]) -> None:
    kept = [block for block in cast("list[dict[str, Any]]", row.body["blocks"]) if block["type"] != "actions"]
    body: dict[str, JsonValue] = {
        "text": row.body["text"],
        "blocks": cast("JsonValue", [*kept, *outcome]),
    }
    store.queue(f"{row.key}:closed", row.thread, "update", body, now=row.at, target=row.key)
    store.no_longer_waits(row.key)


def _of_plan(plan: StoredPlan | None, *, again: bool) -> list[Block] | None:
    if plan is None or plan.status == "replaced" or (again and plan.status == "proposed"):
        return [blocks.spoken("Replaced by a newer plan below.")]
    if plan.status == "proposed":
        return None
    mark, word = ("✅", "Approved") if plan.status == "approved" else ("✖️", "Rejected")
    kind, _, person = plan.by.partition(":")
    by = f"<@{person}>" if kind == "slack" else blocks.escaped(plan.by)
    return [blocks.spoken(f"{mark} {word} by {by}.")]


def _of_question(heard: Heard, key: str) -> list[Block]:
    if heard.kind == "answer" and heard.given.get("question") == key:
        return [blocks.spoken(f"<@{heard.user}> answered:"), *blocks.small(heard.given.get("label", ""))]
    return [blocks.spoken("Answered.")]
