"""What pipelines have to say is told when it was shown: lost by no crash, and said once when nothing goes wrong."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents import replies
from agents.news import news
from agents.service import Service
from agents.session import Message
from memory.workspace import Workspace
from tools import connections, conversations, notices
from tools.context import Context

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Place:
    """A conversation of anna's with two notices, and a clock that can be set."""

    def __init__(self, folder: Path) -> None:
        def start(*_: Any, **__: Any) -> Any:
            raise AssertionError("nothing is run here")

        self.now = NOW
        self.service = Service(Workspace(folder / ".dreflow", NOW), start=start, clock=lambda: self.now)
        self.context = Context(self.service.workspace, "anna")
        self.thread = self.service.begin("anna", "orders", surface="page")
        for cause in ("orders.csv is gone.", "The disk is full."):
            notices.add(
                self.context,
                pipeline="totals",
                kind="failed",
                text=cause,
                hint="",
                cause=cause,
                run_id=None,
                thread=self.thread,
                now=NOW,
            )

    def kept(self) -> list[str]:
        said = conversations.messages(self.context, self.thread)
        return [str(reply["text"]) for one in said if isinstance(reply := one.body.get("reply"), dict)]

    def open(self) -> list[str]:
        return [one.text for one in notices.undelivered(self.context, self.thread)]

    def told(self) -> list[str]:
        return [words(one) for one in news(self.context, self.thread, clock=lambda: self.now)]


def words(reply: replies.Reply) -> str:
    assert isinstance(reply, replies.Text)
    return reply.text


FIRST, SECOND = "totals: orders.csv is gone.", "totals: The disk is full."


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_shown_is_told_once_and_kept_once(place: Place) -> None:
    assert place.told() == [FIRST, SECOND]
    assert place.told() == []
    assert place.kept() == [FIRST, SECOND]


def test_a_notice_is_not_told_before_its_caller_has_shown_it(place: Place) -> None:
    told = news(place.context, place.thread, clock=lambda: place.now)
    assert words(next(told)) == FIRST
    assert (len(place.open()), place.kept()) == (2, [])
    assert words(next(told)) == SECOND
    assert (place.open(), place.kept()) == (["The disk is full."], [FIRST])


def test_two_who_look_at_once_do_not_both_show_it(place: Place) -> None:
    one, other = (news(place.context, place.thread, clock=lambda: place.now) for _ in range(2))
    said = [words(next(one)), words(next(other))]
    assert said == [FIRST, SECOND]
    assert [*one, *other] == []
    assert sorted(place.kept()) == sorted(said)


def test_what_a_caller_took_and_did_not_show_is_told_by_the_next_after_a_while(place: Place) -> None:
    news(place.context, place.thread, clock=lambda: place.now).__next__()
    assert place.told() == [SECOND]
    place.now += notices.SHOWING - timedelta(seconds=1)
    assert place.told() == []
    place.now += timedelta(seconds=1)
    assert place.told() == [FIRST]
    assert place.kept() == [SECOND, FIRST]


def test_what_a_process_that_is_gone_was_showing_is_told_at_once(place: Place) -> None:
    next(news(place.context, place.thread, clock=lambda: place.now))
    database = place.service.workspace.store.database
    (row,) = database.read("SELECT shown_by FROM notices WHERE shown_by IS NOT NULL", {})
    host = str(row["shown_by"]).partition("/")[0]
    database.write("UPDATE notices SET shown_by = :owner WHERE shown_by IS NOT NULL", {"owner": f"{host}/999999/1"})
    assert place.told() == [FIRST, SECOND]


def test_the_service_counts_a_notice_as_told_when_the_next_one_is_asked_for(place: Place) -> None:
    async def looked() -> None:
        async with aclosing(place.service.news("anna", place.thread)) as told:
            async for _ in told:
                # The page is gone while it is being shown.
                break

    asyncio.run(looked())
    assert (len(place.open()), place.kept()) == (2, [])

    async def answered() -> list[replies.Reply]:
        message = Message(text="What can you do?", thread=place.thread)
        return [reply async for reply in place.service.talk("anna", message)]

    place.now += notices.SHOWING
    said = asyncio.run(answered())
    assert [words(one) for one in said[:2]] == [FIRST, SECOND]
    assert (place.open(), place.kept()[:2]) == ([], [FIRST, SECOND])
    assert sum(FIRST in str(one) for one in place.kept()) == 1


def test_what_a_refused_connection_paused_is_told_with_a_way_to_connect_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    place = Place(tmp_path)
    place.told()
    connections.connect(place.context, "till", "stripe", {}, {"token": "sentinel-key"}, now=NOW)
    asked = {"pipeline": "totals", "kind": "not_run", "text": "Paused.", "hint": "", "run_id": None, "now": NOW}
    notices.add(place.context, cause="refused: till", thread=place.thread, **asked)  # type: ignore[arg-type]
    told = list(news(place.context, place.thread, clock=lambda: place.now))
    assert [one.kind for one in told] == ["text", "connect"]
    card = told[1]
    assert isinstance(card, replies.Connect)
    assert (card.name, card.again) == ("till", True)
    assert card.page == f"/connections/new/stripe?name=till&thread={place.thread}"


def test_who_may_not_connect_is_told_without_a_button(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    place = Place(tmp_path)
    place.told()
    connections.connect(place.context, "till", "stripe", {}, {"token": "sentinel-key"}, now=NOW)
    asked = {"pipeline": "totals", "kind": "not_run", "text": "Paused.", "hint": "", "run_id": None, "now": NOW}
    notices.add(place.context, cause="refused: till", thread=place.thread, **asked)  # type: ignore[arg-type]
    other = Context(place.service.workspace, "anna", frozenset({"ask"}))
    assert [one.kind for one in news(other, place.thread, clock=lambda: place.now)] == ["text"]
