"""The reading says in one plain sentence what was computed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.contract import Draft, Question, Refusal

Ask = Callable[..., Draft | Question | Refusal]


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        (
            "Total of paid orders between 1 Feb and 31 May 2024 by channel",
            "Sum of orders.total, status is paid, 1 Feb to 31 May 2024, by channel.",
        ),
        ("How many customers are in Italy or France?", "Number of customers, country is Italy or France."),
        ("Which customers have never placed an order?", "Customers, without orders."),
        ("Which customers have more than 5 orders?", "Customers, number of orders over 5."),
        ("What percentage of orders were refunded?", "Percentage of orders where status is refunded."),
        (
            "Which country has the most customers?",
            "Country, only the one with the highest number of customers, all that tie.",
        ),
    ],
)
def test_the_reading_tells_measure_conditions_period_and_grouping(ask: Ask, question: str, reading: str) -> None:
    answer = ask(question)
    assert isinstance(answer, Draft), answer
    assert answer.reading == reading
