"""Who sees a run: those who see the conversation of its plan, who approved or started it, and administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.store import SavedThread
from memory.workspace import Workspace
from spec.codec import load_spec
from spec.errors import AccessError
from tools import approvals, forget, pipelines, reports, runs, uploads
from tools.context import ALL_RIGHTS, Context, Right

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
STAFF: frozenset[Right] = ALL_RIGHTS - {"admin"}
SPEC = """
version: 1
name: wages
sources: {staff: {location: staff.csv, columns: {name: VARCHAR, wage: 'DECIMAL(18,2)'}}}
outputs: [{file: wages.csv, from: staff, order_by: name}]
"""


class Place:
    """A plan over wages and its run ``r1``, started by the owner of the machine; nobody's as it begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "staff.csv").write_text("name,wage\nAnn,1.00\n", encoding="utf-8")
        (folder / "other.csv").write_text("name,wage\nBob,2.00\n", encoding="utf-8")
        self.spec = folder / "wages.yaml"
        self.spec.write_text(SPEC, encoding="utf-8")
        self.workspace = Workspace(folder / ".dreflow", NOW)
        self.owner = Context(self.workspace, "owner")

    def of_conversation(self, surface: str, made_by: str) -> None:
        """The plan came of a conversation."""
        store = self.workspace.store
        store.save_thread(SavedThread("t1", "pipeline", {}, ()), by=made_by, now=NOW)
        Conversations(store.database, store.workspace).name_thread("t1", title="wages", surface=surface)
        store.save_spec(load_spec(self.spec), by=made_by, now=NOW, thread="t1")

    def run(self, who: Context | None = None, *data: str) -> str:
        result = runs.run(who or self.owner, self.spec, now=NOW, out=self.folder / "out", data=data)
        assert result.status == "succeeded", result.message
        return result.run_id

    def who(self, name: str, rights: frozenset[Right] = STAFF) -> Context:
        return Context(self.workspace, name, rights)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def sees(context: Context, run_id: str) -> bool:
    """Whether a principal gets at a run; all ways to it agree."""
    listed = run_id in [one.run_id for one in runs.recent(context, limit=5)]
    ways: list[Callable[[], object]] = [
        lambda: runs.known(context, run_id),
        lambda: runs.events(context, run_id),
        lambda: uploads.run_file(context, run_id, "wages.csv"),
        lambda: runs.replay(context, run_id),
        lambda: runs.resume(context, run_id),
    ]
    for way in ways:
        try:
            way()
        except AccessError as error:
            assert not listed, error  # noqa: PT017 - either answer is right, as long as all are the same
        else:
            assert listed
    return listed


def test_a_run_of_a_conversations_plan_is_seen_by_who_sees_the_conversation(place: Place) -> None:
    place.of_conversation("page", "anna")
    run = place.run()
    assert sees(place.who("anna"), run)
    assert not sees(place.who("ben"), run)
    assert sees(place.who("boss", ALL_RIGHTS), run)


def test_a_run_of_a_shared_conversation_is_seen_by_all_who_can_be_there(place: Place) -> None:
    place.of_conversation("slack", "slack:UANNA")
    run = place.run()
    assert sees(place.who("slack:UBEN"), run)
    assert not sees(place.who("ben"), run)


def test_a_run_of_a_plan_of_no_conversation_is_seen_by_who_approved_or_started_it(place: Place) -> None:
    approvals.approve(place.who("anna"), load_spec(place.spec), (), approved_by="Anna", now=NOW)
    run = place.run(place.who("ben"))
    assert sees(place.who("anna"), run)
    assert sees(place.who("ben"), run)
    assert not sees(place.who("eve"), run)


def test_a_run_on_other_data_is_seen_by_who_started_it(place: Place) -> None:
    place.of_conversation("page", "anna")
    run = place.run(None, f"staff={place.folder / 'other.csv'}")
    assert not sees(place.who("anna"), run)
    assert sees(place.who("owner"), run)


def test_a_forgotten_conversation_shows_its_runs_to_nobody_more(place: Place) -> None:
    place.of_conversation("page", "anna")
    run = place.run()
    forget.thread(place.who("anna"), "t1", now=NOW)
    assert not sees(place.who("ben"), run)
    assert sees(place.who("boss", ALL_RIGHTS), run)


def test_runs_of_others_take_no_place_in_a_list(place: Place) -> None:
    place.of_conversation("page", "anna")
    mine = place.run()
    stored = runs.known(place.owner, mine)
    for number in range(6):
        other = replace(stored, run_id=f"r{50 + number}", spec_digest="sha256:other", started=NOW)
        place.workspace.store.begin(other)
    assert [one.run_id for one in runs.recent(place.who("anna"), limit=2)] == [mine]
    assert len(runs.recent(place.owner, limit=2)) == 2


def test_a_report_of_somebody_elses_run_is_refused(place: Place) -> None:
    place.of_conversation("page", "anna")
    run = place.run()
    with pytest.raises(AccessError, match="somebody else"):
        reports.of_run(place.who("ben"), run, formats=["html"], out=place.folder / "look")
    assert pipelines.approved(place.who("ben")) == []
