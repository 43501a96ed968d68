"""Conversations: the sample is as it must be, and what is not as a case says is found."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from wordings import WORDINGS

from evals.casefiles import CASES, Unlike, find_cases
from evals.places import Places
from evals.suites.conversation import Conversation, read, run
from spec.errors import SpecError

HOME = CASES / "conversation"
ALL = [case for case in find_cases("conversation") if isinstance(case, Conversation)]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Places for the cases of this module; a world is written once."""
    with Places(tmp_path_factory.mktemp("places")) as made:
        yield made


@pytest.mark.parametrize("case", [case for case in ALL if case.sample], ids=lambda case: str(case.id))
def test_a_conversation_of_the_sample_is_as_it_must_be(places: Places, case: Conversation) -> None:
    assert not case.open, "a case that is open proves nothing of a change"
    run(case, places.new(case.id))


def test_the_twenty_wordings_of_conversation_1_are_all_measured() -> None:
    (held,) = {case.held.title: case.held for case in ALL if case.id.startswith("deposits/twenty_wordings")}.values()
    assert held.turns[0].say == WORDINGS


def test_conversation_1_is_measured_in_at_least_fifteen_further_wordings() -> None:
    further = {case.held.turns[0].text(case.number) for case in ALL if case.topic == "deposits"} - set(WORDINGS)
    assert len(further) >= 15


def test_what_is_known_not_to_do_yet_is_a_case_that_is_there() -> None:
    for file in {case.id.rpartition("/")[0] if case.id.count("/") > 1 else case.id for case in ALL}:
        held = [case for case in ALL if case.id == file or case.id.startswith(f"{file}/")]
        assert set(held[0].held.open) <= {case.number + 1 for case in held}, file


PLANS = "plans: {files: [totals.csv], schedule: none, effects: []}"
SMALL = """
title: a small one
data:
  orders.csv: "id,region,total\\n1,North,10.50\\n2,North,1.50\\n3,South,7.25\\n"
turns:
- say: total per region, save it as totals.csv
  plans: {files: [totals.csv], schedule: none, effects: []}
run:
  files: {totals.csv: "region,total\\nSouth,7.25\\nNorth,12.00\\n"}
"""


def small(folder: Path, text: str = SMALL, old: str = "", new: str = "") -> Conversation:
    """The small case, with a piece of its text changed."""
    assert old in text
    file = folder / "small.yaml"
    file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    (case,) = read(file, "own/small")
    return case


def test_a_case_that_is_as_it_says_passes(places: Places, tmp_path: Path) -> None:
    run(small(tmp_path), places.new("as it says"))


@pytest.mark.parametrize(
    ("old", "new", "outcome", "said"),
    [
        ("North,12.00", "North,12.01", "wrong", "totals.csv"),
        ("region,total\\nSouth", "region,sum\\nSouth", "wrong", "columns"),
        ("files: [totals.csv]", "files: [sums.csv]", "wrong", "files"),
        ("schedule: none", "schedule: 0 8 * * 1", "wrong", "schedule"),
        ("effects: []", "effects: [write shop.duckdb/totals]", "wrong", "effects"),
        ("files: [totals.csv],", "files: [totals.csv], reads: [customers],", "wrong", "reads"),
        ("files: [totals.csv],", "files: [totals.csv], checks: [unique orders],", "wrong", "checks"),
        ("files: [totals.csv],", "files: [totals.csv], assumes: the moon is full,", "wrong", "the moon is full"),
        ("files: [totals.csv],", "files: [totals.csv], proven: false,", "wrong", "proven"),
        (PLANS, "asks: table", "wrong", "planned, not question"),
        (PLANS, "declines: true", "wrong", "planned, not declined"),
        ("total per region, save", "profit per region, save", "declined", "declined, not planned"),
        ('run:\n', 'run:\n  made: report.xlsx\n', "wrong", "report.xlsx"),
        ('run:\n', 'run:\n  failed_checks: unique orders\n', "wrong", "Checks that failed"),
        ('run:\n', 'run:\n  status: blocked\n', "failed", "succeeded, not blocked"),
        ('run:\n', 'run:\n  tables: {shop.duckdb/totals: "region\\n"}\n', "wrong", "shop.duckdb"),
    ],
)  # fmt: skip
def test_what_is_not_as_a_case_says_is_found(
    places: Places, tmp_path: Path, old: str, new: str, outcome: str, said: str
) -> None:
    with pytest.raises(Unlike) as found:
        run(small(tmp_path, SMALL, old, new), places.new(tmp_path.name))
    assert found.value.outcome == outcome
    assert said in str(found.value)


def test_a_word_that_no_case_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not valid"):
        small(tmp_path, SMALL, "effects: []", "efects: []")


def test_a_turn_states_one_thing_that_must_come_of_it(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="exactly one of"):
        small(tmp_path, SMALL, "  plans:", "  declines: true\n  plans:")


def test_several_wordings_and_answers_make_several_conversations(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    turns = "- say: [how many, how much]\n  asks: table\n- answer: [a, b, c]\n  declines: true\n"
    file.write_text(f"title: many\ndata: {{a.csv: id}}\nturns:\n{turns}", encoding="utf-8")
    cases = read(file, "own/many")
    assert [case.id for case in cases] == ["own/many/1", "own/many/2", "own/many/3"]
    said = [[turn.text(case.number) for turn in case.held.turns] for case in cases]
    assert said == [["how many", "a"], ["how much", "b"], ["how many", "c"]]


def test_a_measured_case_is_kept_compared_and_told(tmp_path: Path) -> None:
    pytest.importorskip("pydantic_evals", reason="the extra 'evals' is not installed")
    from evals.harness import run_eval

    out = io.StringIO()
    path = str(HOME / "goes_on" / "a_new_question.yaml")
    assert run_eval(path, results=tmp_path, out=out) == 0
    assert "1 of 1 as they must be" in out.getvalue()
    (kept,) = [json.loads(line) for line in (tmp_path / "conversation.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (kept["id"], kept["outcome"]) == ("goes_on/a_new_question", "right")


def test_a_case_that_got_worse_is_named_and_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pydantic_evals", reason="the extra 'evals' is not installed")
    from evals.harness import run_eval

    home = tmp_path / "cases" / "conversation" / "own"
    home.mkdir(parents=True)
    monkeypatch.setattr("evals.casefiles.CASES", tmp_path / "cases")
    small(home)
    assert run_eval("conversation", results=tmp_path / "results", out=io.StringIO()) == 0
    small(home, SMALL, "North,12.00", "North,12.01")
    out = io.StringIO()
    assert run_eval("conversation", results=tmp_path / "results", out=out) == 1
    assert "worse: own/small: right -> wrong" in out.getvalue()
    small(home, SMALL + "open: {1: not yet}\n", "North,12.00", "North,12.01")
    out = io.StringIO()
    assert run_eval("conversation", results=tmp_path / "results", out=out) == 0
    assert "open: own/small: wrong" in out.getvalue()
