"""What an owner types resolves to one option, or to none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.builtin.pipelines.answers import asked_again, resolve_answer
from agents.contract import Draft, Option, Question, Refusal, Request
from agents.providers import builtin
from evals.dataview import FolderView

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

QUESTION = Question(
    key="k",
    text="By payout id, or by date?",
    options=(
        Option(label="By payout id: each deposit is broken down", value="payout"),
        Option(label="By date and amount: grouped by day", value="date"),
    ),
)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("payout", "payout"),
        ("payout id", "payout"),
        ("By payout id, please", "payout"),
        ("use the payout", "payout"),
        ("1", "payout"),
        ("option 2", "date"),
        ("the first one", "payout"),
        ("First.", "payout"),
        ("the second one please", "date"),
        ("I take the latter", "date"),
        ("use the last option", "date"),
        ("date and amount", "date"),
        ("by the amounts", "date"),
        ("By date and amount: grouped by day", "date"),
    ],
)
def test_an_answer_in_the_owners_words_finds_its_option(answer: str, value: str) -> None:
    assert resolve_answer(QUESTION, answer) == value


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        "maybe",
        "3",
        "what do you mean?",
        "payout id or date",
        "the third one",
        "not by date",
        "yes",
        "no",
        "ok",
    ],
)
def test_an_answer_that_fits_none_or_both_stays_open(answer: str) -> None:
    assert resolve_answer(QUESTION, answer) is None


def of(*options: tuple[str, str]) -> Question:
    return Question(key="k", text="Which?", options=tuple(Option(label=label, value=value) for label, value in options))


@pytest.mark.parametrize(
    "options",
    [
        (("Yes, they are the same", "yes"), ("No, keep them apart", "no")),
        (("No, keep them apart", "no"), ("Yes, they are the same", "yes")),
        (("They are cents", "yes"), ("They are whole", "no")),
        (("Yes, orders.total", "yes"), ("No, none of these", "no"), ("I do not know", "unknown")),
        (("Approve", "yes"), ("Reject", "no")),
    ],
)
@pytest.mark.parametrize(("answer", "value"), [("yes", "yes"), ("Ja!", "yes"), ("ok, sure", "yes"), ("nope", "no")])
def test_yes_and_no_are_the_options_that_say_so_wherever_they_stand(options: Any, answer: str, value: str) -> None:
    assert resolve_answer(of(*options), answer) == value


@pytest.mark.parametrize("answer", ["yes", "no", "sure", "right"])
@pytest.mark.parametrize(
    "options",
    [
        (("They stay", "keep"), ("Leave them out", "leave_out")),
        (("Right side", "right side"), ("Left side", "left side")),
        (("Yes, by day", "day"), ("Yes, by month", "month"), ("No, by year", "year"), ("No, in all", "all")),
    ],
)
def test_yes_to_one_of_two_ways_is_no_answer(options: Any, answer: str) -> None:
    assert resolve_answer(of(*options), answer) is None


def test_what_was_no_answer_is_asked_again_with_the_options_in_words() -> None:
    stay = of(("They stay", "keep"), ("Leave them out", "leave_out"))
    again = asked_again(stay, {"k": "yes"})
    assert again.text == "By “yes” I cannot tell which one you mean: “They stay” or “Leave them out”. Which?"
    assert again.options == stay.options
    for answers in ({}, {"k": "keep"}, {"k": " "}, {"other": "yes"}):
        assert asked_again(stay, answers) == stay


GIFT = Question(
    key="g",
    text="Liability or revenue?",
    options=(
        Option(label="Liability: becomes revenue when spent", value="liability"),
        Option(label="Revenue when sold: not counted again", value="revenue"),
    ),
)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("as revenue", "revenue"),
        ("revenue when sold", "revenue"),
        ("the liability one", "liability"),
        ("they are a liability", "liability"),
        ("liability or revenue", None),
        ("when spent", "liability"),
    ],
)
def test_an_options_own_value_decides_where_labels_share_words(answer: str, value: str | None) -> None:
    assert resolve_answer(GIFT, answer) == value


def test_the_planner_asks_again_with_the_options_by_name(folder: Callable[[dict[str, str]], FolderView]) -> None:
    orders = "id,customer_id,amount\n1,1,2.50\n2,9,3.00\n"
    view = folder({"orders": orders, "customers": "customer_id,name\n1,Ann\n2,Bob\n"})
    text = "Join orders with customers on customer_id and save as both.csv"

    def asked(**answers: str) -> Draft | Question | Refusal:
        return builtin.draft(Request(text=text, now=NOW, want="pipeline", answers=answers), view)

    question, again = asked(), asked(unmatched="yes")
    assert isinstance(question, Question)
    assert isinstance(again, Question)
    assert again.text == f"By “yes” I cannot tell which one you mean: “They stay” or “Leave them out”. {question.text}"
    assert isinstance(asked(unmatched="keep"), Draft)
