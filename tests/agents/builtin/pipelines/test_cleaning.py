"""Wishes to clean a table: what is to be cleaned is said, or asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from evals.dataview import FolderView

Folder = Callable[[dict[str, str]], FolderView]
Plan = Callable[..., Draft | Question | Refusal]

_PEOPLE = {"customers": "id,name,email\n1, Ann ,ann@x.example\n1,Ann,ann@x.example\n2,Bob,\n"}


@pytest.fixture
def plan(folder: Folder) -> Plan:
    view = folder(_PEOPLE)

    def run(text: str, **answers: str) -> Draft | Question | Refusal:
        now = datetime(2026, 10, 6, 6, tzinfo=UTC)
        return draft(Request(text=text, now=now, want="pipeline", answers=answers), view)

    return run


@pytest.mark.parametrize(
    "wish",
    [
        "clean up the customers",
        "Please tidy up my customers",
        "tidy the customers table",
        "clean up the customer list every Monday and save it as tidy.csv",
    ],
)
def test_a_table_that_is_just_to_be_cleaned_is_asked_about(plan: Plan, wish: str) -> None:
    asked = plan(wish)
    assert isinstance(asked, Question)
    assert [option.value for option in asked.options] == ["both", "trim", "duplicates", "nothing"]


@pytest.mark.parametrize(
    ("answer", "steps"),
    [
        ("both", ["derive", "dedupe"]),
        ("Spaces around texts", ["derive"]),
        ("3", ["dedupe"]),
        ("nothing", []),
        ("leave out rows without an email", ["filter"]),
        ("remove duplicates by id", ["filter", "dedupe", "union"]),
    ],
)
def test_the_answer_is_what_is_cleaned(plan: Plan, answer: str, steps: list[str]) -> None:
    drafted = plan("clean up the customers", clean=answer)
    assert isinstance(drafted, Draft), drafted
    assert [step.use for step in drafted.spec.steps] == steps


def test_an_answer_that_says_nothing_to_clean_is_asked_again(plan: Plan) -> None:
    assert isinstance(plan("clean up the customers", clean="as you like"), Question)


@pytest.mark.parametrize("wish", ["tidy the names of customers and save as a.csv", "trim the customers, save as a.csv"])
def test_texts_are_tidied_and_no_row_is_lost(plan: Plan, wish: str) -> None:
    drafted = plan(wish)
    assert isinstance(drafted, Draft), drafted
    assert [step.use for step in drafted.spec.steps] == ["derive"]
