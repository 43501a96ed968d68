"""The page's list of conversations: what is deleted there is forgotten, also while it is at work."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.exchange import Message
from agents.service import Service
from memory.workspace import Workspace
from tools import conversations

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    def start(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is run here")

    return Service(Workspace(tmp_path / ".dreflow", NOW), start=start, clock=lambda: NOW)


# Chainlit's own libraries warn when they are imported, and it writes its settings where it is told to live.
@pytest.mark.filterwarnings("ignore")
def test_a_conversation_that_is_at_work_is_stopped_and_then_forgotten(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINLIT_APP_ROOT", str(tmp_path))
    from chat_ui.layer import ThreadLayer

    thread = service.begin("ada", "how many orders?", surface="page")
    context = service.context("ada")
    held = threading.Event()

    def at_work() -> None:
        with conversations.turn(context, thread, clock=lambda: NOW) as number:
            held.set()
            while not conversations.of(context).cancelled(thread, number):
                threading.Event().wait(0.02)

    worker = threading.Thread(target=at_work)
    worker.start()
    assert held.wait(30)
    asyncio.run(ThreadLayer(service).delete_thread(thread))
    worker.join(30)
    assert not worker.is_alive()
    assert conversations.of(context).about(thread) is None


@pytest.mark.filterwarnings("ignore")
def test_a_conversation_is_in_the_list_as_soon_as_it_has_begun_and_can_be_called_something_else(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINLIT_APP_ROOT", str(tmp_path))
    from chat_ui.layer import ThreadLayer

    layer, thread = ThreadLayer(service), service.reserve()
    asyncio.run(layer.update_thread(thread, name="how many orders?", user_id="ada"))
    assert service.begin("ada", "how many orders?", surface="page", thread=thread) == thread
    listed = conversations.recent(service.context("ada"))
    assert [(one.id, one.title, one.surface) for one in listed] == [(thread, "how many orders?", "page")]
    asyncio.run(layer.update_thread(thread, name="  Orders of\nthis year "))
    assert [one.title for one in conversations.recent(service.context("ada"))] == ["Orders of this year"]


@pytest.mark.filterwarnings("ignore")
def test_an_id_that_was_never_reserved_begins_nothing(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINLIT_APP_ROOT", str(tmp_path))
    from chat_ui.layer import ThreadLayer

    asyncio.run(ThreadLayer(service).update_thread("6d2f0f0e-aaaa", name="hello", user_id="ada"))
    assert conversations.recent(service.context("ada")) == []


@pytest.mark.filterwarnings("ignore")
def test_a_conversation_that_is_opened_again_names_the_files_that_came_with_each_message(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINLIT_APP_ROOT", str(tmp_path))
    from chat_ui.layer import ThreadLayer

    (tmp_path / "my_orders.csv").write_text("id,total\n1,5\n2,7\n", encoding="utf-8")
    thread = service.begin("ada", "", surface="page")

    async def talk() -> Any:
        for text, data in (("total", (str(tmp_path / "my_orders.csv"),)), ("how many orders?", ())):
            async for _ in service.talk("ada", Message(text=text, thread=thread, data=data)):
                pass
        return await ThreadLayer(service).get_thread(thread)

    opened = asyncio.run(talk())
    assert opened is not None
    said = [step["output"] for step in opened["steps"] if step["type"] == "user_message"]
    assert said == ["total\nWith my_orders.csv", "how many orders?"]
