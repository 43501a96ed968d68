"""What an owner types resolves to one option, or to none."""

from __future__ import annotations

import pytest

from agents.builtin.pipelines.answers import resolve_answer
from agents.contract import Option, Question

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
        ("yes", "payout"),
        ("no", "date"),
        ("date and amount", "date"),
        ("by the amounts", "date"),
        ("By date and amount: grouped by day", "date"),
    ],
)
def test_an_answer_in_the_owners_words_finds_its_option(answer: str, value: str) -> None:
    assert resolve_answer(QUESTION, answer) == value


@pytest.mark.parametrize(
    "answer", ["", "   ", "maybe", "3", "what do you mean?", "payout id or date", "the third one", "not by date"]
)
def test_an_answer_that_fits_none_or_both_stays_open(answer: str) -> None:
    assert resolve_answer(QUESTION, answer) is None


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
