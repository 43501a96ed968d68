"""Answers kept under a client's key: one caller does it, all get what came of it, and it is forgotten in time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.conversations import TURN, Conversations
from memory.http_store import KEPT, Asked, FirstAnswer, HttpStore
from memory.store import SavedThread
from memory.workspace import Workspace

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ASKED = Asked("ada", "k1", "digest", "t1")
ANSWER = FirstAnswer(200, "application/x-ndjson", '{"kind": "text"}\n')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def workspaces(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Workspace]]:
    """One workspace as six processes have it open."""
    url = request.getfixturevalue("fresh_postgres_url") if request.param == "postgres" else None
    made = [Workspace(tmp_path / ".dreflow", NOW, url) for _ in range(6)]
    made[0].store.save_thread(SavedThread("t1", "answer", {}, ()), by="ada", now=NOW)
    yield made
    for workspace in made:
        workspace.store.close()


def test_of_many_that_ask_at_once_one_does_it(workspaces: list[Workspace]) -> None:
    stores = [HttpStore(one.store) for one in workspaces]
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda store: store.claim(ASKED, now=NOW), stores))
    assert sorted(one.mine for one in claims) == [False] * 5 + [True]
    assert not any(one.again or one.answer for one in claims)


def test_who_asks_again_gets_the_first_answer(workspaces: list[Workspace]) -> None:
    first, second = HttpStore(workspaces[0].store), HttpStore(workspaces[1].store)
    assert first.claim(ASKED, now=NOW).mine
    first.answered(ASKED, ANSWER)
    again = second.claim(ASKED, now=NOW)
    assert (again.mine, again.answer) == (False, ANSWER)


def test_a_key_belongs_to_one_principal(workspaces: list[Workspace]) -> None:
    store = HttpStore(workspaces[0].store)
    assert store.claim(ASKED, now=NOW).mine
    assert store.claim(replace(ASKED, principal="ben"), now=NOW).mine


def test_what_was_released_or_is_too_old_can_be_asked_anew(workspaces: list[Workspace]) -> None:
    store = HttpStore(workspaces[0].store)
    assert store.claim(ASKED, now=NOW).mine
    store.release(ASKED)
    assert store.claim(ASKED, now=NOW).mine
    store.answered(ASKED, ANSWER)
    store.release(ASKED)
    assert store.claim(ASKED, now=NOW).answer == ANSWER
    assert store.claim(ASKED, now=NOW + KEPT).mine


def test_what_a_dead_process_left_is_taken_over_by_one_and_only_for_the_same_request(
    workspaces: list[Workspace],
) -> None:
    stores = [HttpStore(one.store) for one in workspaces]
    stores[0].claim(ASKED, now=NOW)
    conversations = Conversations(workspaces[0].store.database, workspaces[0].store.workspace)
    conversations.add_message("t1", turn=1, author="ada", body={"text": "run it"}, now=NOW)
    host = stores[0]._owner.partition("/")[0]
    workspaces[0].store.database.write("UPDATE http_answers SET owner = :owner", {"owner": f"{host}/999999/1"})
    assert not stores[0].claim(replace(ASKED, request="other"), now=NOW).mine
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda store: store.claim(ASKED, now=NOW), stores))
    (taken,) = [one for one in claims if one.mine]
    assert (taken.again, taken.after_seq) == (True, 0)


def test_what_another_machine_is_at_is_taken_over_after_a_turns_time(workspaces: list[Workspace]) -> None:
    store = HttpStore(workspaces[0].store)
    store.claim(ASKED, now=NOW)
    workspaces[0].store.database.write("UPDATE http_answers SET owner = 'elsewhere/7/1'", {})
    assert not store.claim(ASKED, now=NOW).mine
    assert store.claim(ASKED, now=NOW + TURN).again
