"""A connector is made in a conversation: dropped, asked about, shown, and saved by a yes to exactly what was shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents import drafting, replies
from agents.session import Message, Session
from connectors import own
from memory.workspace import Workspace
from spec.run import RunResult
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
FILES = Path(__file__).parents[1] / "connectors" / "drafting" / "files"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(own, "_FOLDERS", {})
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()


def start(*_: Any, **__: Any) -> RunResult:
    raise AssertionError("nothing is run here")


class Talk:
    """One conversation with files dropped into it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        with Session(context, clock=NOW) as session:
            self.thread = session.begin("a connector", surface="page")

    def say(self, text: str = "", *files: Path, answer: str | None = None) -> list[replies.Reply]:
        with Session(self.context, clock=NOW) as session:
            data = tuple(str(one) for one in files)
            message = Message(text=text, thread=self.thread, data=data, answer=answer, timezone="UTC")
            found = list(session.talk(message, start=start))
        return [reply for reply in found if not isinstance(reply, replies.Progress)]


def dropped(context: Context, talk: Talk, name: str, under: str) -> Path:
    folder = context.workspace.folder / "uploads" / talk.thread
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(FILES / name, folder / under))


def question(found: list[replies.Reply]) -> replies.Question:
    (one,) = [reply for reply in found if isinstance(reply, replies.Question)]
    return one


def texts(found: list[replies.Reply]) -> str:
    return "\n".join(reply.text for reply in found if isinstance(reply, replies.Text))


def test_a_dropped_description_becomes_a_connector_by_an_answer_and_a_yes(context: Context) -> None:
    talk = Talk(context)
    file = dropped(context, talk, "bakery.yaml", "api.yaml")
    found = talk.say("Make a connector for this API called bakery", file)
    first = question(found)
    assert "stock" in first.text or "lines" in first.text
    assert drafting.SKIP in [one.value for one in first.options]
    found = talk.say(answer=drafting.SKIP)
    (table,) = [reply for reply in found if isinstance(reply, replies.Table)]
    assert [row[0] for row in table.rows] == ["shops", "orders"]
    assert "/stock" in texts(found)
    assert "nothing independent" in texts(found)
    assert "gnore all previous" not in str(found)
    asked = question(found)
    assert [one.value for one in asked.options] == ["approve", "reject"]
    assert not context.workspace.connectors.exists()
    said = talk.say("approve")
    assert "anna approved the connector 'bakery'" in texts(said)
    saved = (context.workspace.connectors / "bakery" / "connector.yaml").read_bytes()
    assert own.digest(saved) == context.workspace.store.approved_connector("bakery")
    assert own.digest(saved)[:12] in asked.text


def test_each_question_is_asked_in_turn(context: Context) -> None:
    talk = Talk(context)
    file = dropped(context, talk, "bakery.yaml", "api.yaml")
    keys = []
    found = talk.say("make a connector for this api called bakery", file)
    for answer in ("number", "whole"):
        keys.append(question(found).key.rpartition(" ")[2])
        found = talk.say(answer=answer)
    assert keys == ["lines.key", "stock.paging"]
    (table,) = [reply for reply in found if isinstance(reply, replies.Table)]
    assert {row[0] for row in table.rows} == {"orders", "shops", "stock", "lines"}


def test_a_no_writes_nothing(context: Context) -> None:
    talk = Talk(context)
    found = talk.say("make a connector from this", dropped(context, talk, "fleet.json", "fleet.json"))
    assert question(found).key.startswith("connector draft fleet approve")
    assert "nothing was written" in texts(talk.say(answer="reject"))
    assert not context.workspace.connectors.exists()
    assert "settled already" in texts(talk.say(answer="approve"))


def test_a_file_that_changed_since_it_was_shown_is_not_approved(context: Context) -> None:
    talk = Talk(context)
    file = dropped(context, talk, "fleet.json", "fleet.json")
    talk.say("make a connector from this", file)
    file.write_text(file.read_text(encoding="utf-8").replace('"/api"', '"/other"'), encoding="utf-8")
    (failure,) = [reply for reply in talk.say("yes, approve") if isinstance(reply, replies.Failure)]
    assert failure.error == "approval"
    assert not context.workspace.connectors.exists()


def test_a_wish_without_a_file_says_what_to_drop(context: Context) -> None:
    assert "Drop the system's description" in texts(Talk(context).say("make a connector for our till"))


def test_whoever_may_not_connect_makes_no_connector(context: Context) -> None:
    talk = Talk(Context(context.workspace, "anna", frozenset({"ask", "plan"})))
    found = talk.say("make a connector from this", dropped(context, talk, "fleet.json", "fleet.json"))
    (failure,) = [reply for reply in found if isinstance(reply, replies.Failure)]
    assert failure.error == "access"


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("make a connector for this API", True),
        ("Please draft a connector from these files", True),
        ("which connectors are there?", False),
        ("how do I write a connector.yaml", False),
        ("total amount by region", False),
    ],
)
def test_a_wish_for_a_connector_is_told_from_a_question(text: str, wished: bool) -> None:
    assert drafting.is_wish(text) is wished
