"""Conversations in the store: names of what is about to be proposed are given once, whoever asks at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.owners import this_owner
from memory.store import SavedThread
from memory.workspace import Workspace

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def workspaces(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Workspace]]:
    """One workspace as six processes have it open."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    made = [Workspace(tmp_path / ".dreflow", NOW, url) for _ in range(6)]
    for workspace in made:
        assert workspace.store.workspace == made[0].store.workspace
    yield made
    for workspace in made:
        workspace.store.close()


def at_work(workspace: Workspace, thread: str) -> tuple[Conversations, int]:
    workspace.store.save_thread(SavedThread(thread, "pipeline", {}, ()), by="ada", now=NOW)
    store = Conversations(workspace.store.database, workspace.store.workspace)
    number = store.queue_turn(thread, by="ada", owner=this_owner(), now=NOW)
    assert store.wait_turn(thread, number, now=lambda: NOW, sleep=lambda _: None, seconds=0)
    return store, number


def test_conversations_that_name_a_pipeline_at_once_get_names_of_their_own(workspaces: list[Workspace]) -> None:
    held = [at_work(workspace, f"t{number}") for number, workspace in enumerate(workspaces)]
    with ThreadPoolExecutor(6) as pool:
        names = list(pool.map(lambda one: one[1][0].own_name(f"t{one[0]}", one[1][1], "totals"), enumerate(held)))
    assert sorted(names) == ["totals", *(f"totals_{number}" for number in range(2, 7))]


def test_a_name_that_was_not_proposed_is_free_when_its_turn_has_ended(workspaces: list[Workspace]) -> None:
    first, number = at_work(workspaces[0], "t0")
    second, other = at_work(workspaces[1], "t1")
    assert first.own_name("t0", number, "totals") == "totals"
    # Asked again in the same turn it stays the same.
    assert first.own_name("t0", number, "totals") == "totals"
    assert second.own_name("t1", other, "totals") == "totals_2"
    first.end_turn("t0", number, "done", now=NOW)
    assert second.own_name("t1", other, "totals") == "totals"
