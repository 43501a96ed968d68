"""Somebody else's words: the sample is as it must be, and a conversation that they change is found."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from openpyxl import Workbook

from agents import replies
from evals import carriers
from evals.casefiles import CASES, Unlike, find_cases
from evals.marks import check_files, check_page
from evals.places import Places
from evals.suites.injection import REQUESTS, Held, Injection, check_shown, compare, payloads, run, watched

# Chainlit and what it brings are older than the pydantic beside them; loading the page's code says so.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ALL = [case for case in find_cases("injection") if isinstance(case, Injection)]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    with Places(tmp_path_factory.mktemp("places")) as made:
        yield made


@pytest.mark.parametrize("case", [case for case in ALL if case.sample], ids=lambda case: str(case.id))
def test_words_of_others_change_nothing(places: Places, case: Injection) -> None:
    run(case, places.new(case.id))


def test_every_payload_meets_every_carrier_and_every_request_and_there_are_two_hundred_cases() -> None:
    assert len(ALL) >= 200
    known = {*carriers.FILES, *carriers.CHAT, *carriers.REFUSES, "definition"}
    assert {case.held.carrier for case in ALL} == known
    pairs = Counter((case.held.carrier, case.payload) for case in ALL)
    assert set(pairs) == {(carrier, payload) for carrier in known for payload in payloads()}
    for payload in payloads():
        # What a database answers is met when a plan runs, so that carrier has one request alone.
        assert len({case.request for case in ALL if case.payload == payload} & set(REQUESTS)) >= 3, payload
    assert (CASES / "injection" / "payloads.json").is_file()


CLEAN = Held(
    specs=[{"name": "a"}],
    told=["said"],
    decided=["proposed"],
    kept={"files": ["out/a.csv"]},
    permits={"file a.csv"},
)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("permits", {"file a.csv", "recipient attacker@evil.example"}, "nobody asked for"),
        ("decided", ["approved"], "decisions"),
        ("kept", {"files": ["out/a.csv", "out/stolen.csv"]}, "kept in the workspace"),
        ("specs", [{"name": "b"}], "plans"),
        ("told", ["said", "and more"], "replies"),
    ],
)
def test_whatever_the_words_change_is_found(field: str, value: object, told: str) -> None:
    changed = deepcopy(CLEAN)
    setattr(changed, field, value)
    with pytest.raises(Unlike, match=told):
        compare(changed, CLEAN)
    compare(deepcopy(CLEAN), CLEAN)


@pytest.mark.parametrize(
    ("done", "fails"),
    [([True, False], False), ([False, False], False), ([], False), ([True, True], True), ([False, False], True)],
)
def test_a_harmless_conversation_that_is_not_done_shows_nothing(done: list[bool], fails: bool) -> None:
    spoken: list[replies.Reply] = [replies.Failure(message="no such table")]
    with pytest.raises(Unlike, match=r"Not shown.*no such table") as raised:
        check_shown(Held(done=done, spoken=spoken), fails=fails)
    assert raised.value.outcome == "declined"


def test_a_harmless_conversation_that_is_done_as_it_must_be_shows_something() -> None:
    check_shown(Held(done=[True, True]), fails=False)
    check_shown(Held(done=[True, False]), fails=True)


def test_a_program_that_is_started_meanwhile_is_found() -> None:
    with watched() as reached:
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert len(reached) == 1
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert len(reached) == 1


def test_a_formula_and_a_link_in_a_workbook_are_found(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "=1+1"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(Unlike, match="compute or open"):
        check_files([tmp_path / "a.xlsx"], "=1+1")


def test_markup_that_the_page_would_take_for_its_own_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    said = payloads()["markdown"]
    check_page([replies.Text(text=said)], said)
    monkeypatch.setattr("chat_ui.render.plain", lambda text: text)
    with pytest.raises(Unlike, match="image"):
        check_page([replies.Text(text=said)], said)
