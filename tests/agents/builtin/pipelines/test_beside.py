"""What a plan cannot do is found in the words, quoted, and never taken for something it can do."""

from __future__ import annotations

import pytest
from wordings import WORDINGS

from agents.builtin.pipelines.beside import narrowed, rhythms, sends


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("reconcile Stripe with the bank, only for July", "only for July"),
        ("reconcile Stripe with the bank for Q2", "for Q2"),
        ("match deposits to sales of the last quarter, please", "of the last quarter"),
        ("match deposits to sales, leave out wholesale orders.", "leave out wholesale orders"),
        ("compare payouts with orders without test orders", "without test orders"),
        ("compare payouts with orders in US dollars", "in US dollars"),
        ("compare payouts with orders and save it as july.xlsx", "save it as july.xlsx"),
    ],
)
def test_what_narrows_a_request_is_quoted(text: str, quoted: str) -> None:
    assert narrowed(text) == [quoted]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("total per region and email it to anna@example.com", "email it to anna@example.com"),
        ("total per region, then call me", "call me"),
        ("text Ann and print the list", "print the list"),
        ("notify everyone, every Monday", "notify everyone"),
    ],
)
def test_what_would_be_sent_or_told_is_quoted(text: str, quoted: str) -> None:
    assert sends(text) == [quoted]


@pytest.mark.parametrize("text", ["every second Tuesday", "each other week", "fortnightly", "twice a week"])
def test_a_rhythm_that_a_schedule_cannot_say_is_found(text: str) -> None:
    assert rhythms(f"total per region {text}") == [text]


@pytest.mark.parametrize(
    "text",
    [
        *WORDINGS,
        "the money that stripe sends to our bank is less than our sales",
        "list every exception between deposits and orders",
        "I do the books every weekend: one number for the quarter, another in the bank",
        "number of calls per month",
        "emails of all customers",
    ],
)
def test_plain_words_are_left_alone(text: str) -> None:
    assert [*sends(text), *rhythms(text), *narrowed(text)] == []
