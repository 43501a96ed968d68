"""Files that are dropped into a conversation and cannot be read: told by name, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents import replies
from agents.session import Message, Session
from memory.workspace import Workspace
from spec.run import RunResult
from tools import threads, uploads
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)


def start(*_: object, **__: object) -> RunResult:
    raise AssertionError("nothing is run here")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()


@pytest.fixture
def thread(context: Context) -> str:
    with Session(context, clock=NOW) as session:
        return session.begin("orders", surface="page")


def drop(context: Context, thread: str, folder: Path, name: str, content: bytes) -> str:
    file = folder / f"given-{name}"
    file.write_bytes(content)
    return str(uploads.take(context, thread, file, name, now=NOW))


def say(context: Context, thread: str, text: str, *data: str) -> list[replies.Reply]:
    with Session(context, clock=NOW) as session:
        found = list(session.talk(Message(text=text, thread=thread, timezone="UTC", data=data), start=start))
    return [reply for reply in found if not isinstance(reply, replies.Progress)]


def test_a_broken_file_is_told_by_its_name_and_questions_go_on_without_it(
    context: Context, thread: str, tmp_path: Path
) -> None:
    good = drop(context, thread, tmp_path, "orders.csv", b"id,amount\n1,2.50\n2,1.00\n")
    bad = drop(context, thread, tmp_path, "prices.xlsx", b"this is no workbook")
    found = say(context, thread, "how many orders", good, bad)
    (failure,) = [reply for reply in found if isinstance(reply, replies.Failure)]
    assert failure.message.startswith("prices.xlsx: ")
    assert any(isinstance(reply, replies.Text) and reply.text == "order count: 2" for reply in found)
    assert not [reply for reply in say(context, thread, "and by id?") if isinstance(reply, replies.Failure)]
    assert threads.opened(context, thread).data == (good,)


def test_a_broken_file_alone_is_not_said_to_be_readable(context: Context, thread: str, tmp_path: Path) -> None:
    bad = drop(context, thread, tmp_path, "orders.json", b'{"a": ')
    (failure,) = say(context, thread, "", bad)
    assert isinstance(failure, replies.Failure)
    (told,) = say(context, thread, "how many orders")
    assert isinstance(told, replies.Text)
    assert told.text.startswith("There is no data in this conversation yet.")


def test_files_dropped_without_a_word_are_answered_with_what_they_hold(
    context: Context, thread: str, tmp_path: Path
) -> None:
    good = drop(context, thread, tmp_path, "orders.csv", b"id,region\n1,North\n2,North\n3,South\n4,South\n")
    found = say(context, thread, "", good)
    (table,) = [reply for reply in found if isinstance(reply, replies.Table)]
    assert table.rows[0][:2] == ("orders", "4")
    assert any(isinstance(reply, replies.Text) and "How many orders by region?" in reply.text for reply in found)
