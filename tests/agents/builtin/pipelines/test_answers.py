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
        ("yes", "payout"),
        ("no", "date"),
        ("date and amount", "date"),
        ("by the amounts", "date"),
        ("By date and amount: grouped by day", "date"),
    ],
)
def test_an_answer_in_the_owners_words_finds_its_option(answer: str, value: str) -> None:
    assert resolve_answer(QUESTION, answer) == value


@pytest.mark.parametrize("answer", ["", "   ", "maybe", "3", "what do you mean?", "payout id or date"])
def test_an_answer_that_fits_none_or_both_stays_open(answer: str) -> None:
    assert resolve_answer(QUESTION, answer) is None
