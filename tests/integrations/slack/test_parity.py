"""One conversation, held as the page holds it and in Slack: the same replies, which differ only in how they look."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from slack_office import office, start
from slack_server import BOT, FakeSlack, words

from agents import replies
from agents.replies import REPLY
from agents.service import Service
from agents.session import Message
from integrations.slack.blocks import Note
from integrations.slack.render import shown
from memory.workspace import Workspace
from tools import conversations
from tools.demo.world import write_world

NOW = datetime.fromisoformat("2026-10-05T08:00:00+02:00")
ANNA = "slack:UANNA"
RIGHTS = "ask plan approve run"
CONVERSATION: tuple[Mapping[str, str], ...] = (
    {"text": "total spend by platform"},
    {"text": "and by month?"},
    {"text": "how many employees do we have"},
    {"text": "Stripe deposits don't match Shopify & I want to see where the money goes, every Monday"},
    {"answer": "payout"},
    {"text": "total clicks by platform?"},
    {"text": "treat them as a liability"},
    {"text": "is it approved?"},
    {"text": "only Shopify orders over 100 as an <invoice>"},
    {"decision": "approve"},
    {"text": "why?"},
    {"decision": "reject"},
)
KINDS = [
    {"text", "table", "chart"},
    {"text", "table", "chart"},
    {"text"},
    {"question"},
    {"question"},
    {"text", "table", "chart"},
    {"plan"},
    {"text"},
]
VARYING = frozenset({"run_id", "id", "path"})
"""Ids and places; what they stand for is compared by name, kind, size and digest."""
_ID = re.compile(r"\b[rt]\d+\b")
Said = Callable[[Mapping[str, str], list[replies.Reply]], list[replies.Reply]]


def alike(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: alike(one) for key, one in value.items() if key not in VARYING}
    if isinstance(value, list | tuple):
        return [alike(one) for one in value]
    return _ID.sub("<id>", value) if isinstance(value, str) else value


def held(say: Said) -> list[list[replies.Reply]]:
    """The replies of every turn; progress aside, which comes as it comes."""
    told: list[list[replies.Reply]] = []
    for step in CONVERSATION:
        before = [reply for turn in told for reply in turn]
        told.append([one for one in say(step, before) if not isinstance(one, replies.Progress)])
    return told


def last(kind: str, before: list[replies.Reply]) -> Any:
    return next(one for one in reversed(before) if one.kind == kind)


def through_the_service(folder: Path, data: Path) -> list[list[replies.Reply]]:
    workspace = Workspace(folder, NOW)
    workspace.store.save_principal(ANNA, frozenset(RIGHTS.split()), by="owner", now=NOW)
    service = Service(workspace, start=start, clock=lambda: NOW, data=(str(data),))
    thread = service.begin(ANNA, "x", surface="page")

    def say(step: Mapping[str, str], before: list[replies.Reply]) -> list[replies.Reply]:
        message = Message(thread=thread, text=step.get("text", ""))
        if "answer" in step:
            message = Message(thread=thread, answer=step["answer"], question=last("question", before).key)
        if "decision" in step:
            digest = last("plan", before).spec_digest
            message = Message(thread=thread, decision=step["decision"], digest=digest)  # type: ignore[arg-type]

        async def talked() -> list[replies.Reply]:
            return [reply async for reply in service.talk(ANNA, message)]

        return asyncio.run(talked())

    told = held(say)
    service.close()
    workspace.store.close()
    return told


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_world(folder / "shop", size="quarter")
    return folder


@pytest.fixture(scope="module")
def in_the_page(place: Path) -> list[list[replies.Reply]]:
    return through_the_service(place / "page" / ".dreflow", place / "shop" / "data")


def expected(reply: replies.Reply) -> Iterator[str]:
    """What Slack shows of a reply: the words of its messages without their buttons, and its files by name."""

    def rows(table: replies.Table) -> bytes | None:
        return b"all" if table.answer or table.row_count == len(table.rows) else None

    for one in shown(reply, "t1", people={ANNA: "<@UANNA>"}, rows=rows):
        if isinstance(one, Note):
            yield words({"blocks": [block for block in one.blocks if block["type"] != "actions"]})
        else:
            yield f"[file {one.name}]"


def test_the_same_conversation_has_the_same_replies_in_the_page_and_in_slack(
    slack: FakeSlack, place: Path, in_the_page: list[list[replies.Reply]]
) -> None:
    # As many folders up from its specs to the data as in the page, so that the specs can be the same.
    folder = place / "slack"
    folder.mkdir()
    grants = {"slack:C0GENERAL": "ask", ANNA: RIGHTS}
    root = ""
    with office(slack, folder, now=NOW, data=[str(place / "shop" / "data")], grants=grants) as ours:

        def thread() -> str:
            (row,) = ours.workspace.store.database.read("SELECT thread FROM slack_threads", {})
            return str(row["thread"])

        def said() -> list[replies.Reply]:
            kept = conversations.messages(ours.service.context(ANNA), thread())
            return [REPLY.validate_python(one.body["reply"]) for one in kept if "reply" in one.body]

        def say(step: Mapping[str, str], before: list[replies.Reply]) -> list[replies.Reply]:
            nonlocal root
            already = len(said()) if root else 0
            if "text" in step:
                typed = step["text"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                more = {"thread_ts": root} if root else {}
                posted = slack.say(typed if root else f"<@{BOT}> {typed}", **more)
                root = root or str(posted["ts"])
            elif "answer" in step:
                (option,) = [one for one in last("question", before).options if one.value == step["answer"]]
                slack.click(next(one for one in slack.buttons() if one[:40] == option.label[:40]))
            else:
                _decide(slack, step["decision"], thread(), last("plan", before).spec_digest)
            ours.idle(120)
            return said()[already:]

        in_slack = held(say)
    for step, one, other in zip(CONVERSATION, in_the_page, in_slack, strict=True):
        dumped = [[alike(REPLY.dump_python(reply, mode="json")) for reply in turn] for turn in (one, other)]
        assert dumped[0] == dumped[1], step
    seen = [one for one in slack.from_us() if not _of_a_run(one)]
    wanted = [text for turn in in_the_page for reply in turn for text in expected(reply)]
    assert len(seen) == len(wanted)
    for message, text in zip(seen, wanted, strict=True):
        assert _ID.sub("<id>", words(message)).startswith(_ID.sub("<id>", text))
    assert slack.refused == []
    assert slack.ephemerals == []


def test_the_conversation_has_what_it_is_to_have(in_the_page: list[list[replies.Reply]]) -> None:
    kinds = [{reply.kind for reply in turn} for turn in in_the_page]
    assert kinds[:8] == KINDS
    assert {"file", "table", "text"} <= kinds[9]
    assert not [reply for turn in in_the_page for reply in turn if reply.kind == "failure"]


def _decide(slack: FakeSlack, decision: str, thread: str, digest: str) -> None:
    """Click on the newest card, also when its buttons are gone: somebody may have been as fast."""
    value = json.dumps({"thread": thread, "digest": digest})
    button = {"type": "button", "action_id": f"decide:{decision}", "value": value}
    message = {
        "ts": slack.from_us()[0]["ts"],
        "blocks": [{"type": "actions", "elements": [{**button, "text": {"text": decision}}]}],
    }
    slack.click(decision, message=message)


def _of_a_run(message: Mapping[str, Any]) -> bool:
    """The one message of a run that says what it is at."""
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("key", "")).endswith(":progress")
