"""Twenty ways to say that the money does not agree, and requests that say something else."""

from __future__ import annotations

import pytest
from wordings import WORDINGS

from agents.builtin.pipelines.reconcile.intent import asks_to_reconcile, unknown_names

MORE = (
    "recon stripe shopify bank",
    "Shopify vs Stripe vs bank, what's missing?",
    "my stripe depostis never mach shopify, were does the money go",
    "Why is what arrives in my bank account not what I sold on Shopify?",
    "sales 76k but bank deposits only 70k, whats eating the rest?",
    "Track every euro from Shopify order to bank deposit",
    "Which Shopify orders are not covered by a Stripe payout, and which payouts did not reach the bank?",
    "our payouts are always off vs the shop, find the culprit",
    "shopify says one thing, the bank says less",
)
OTHERS = (
    "how many orders last month",
    "total sales by country",
    "top 5 customers by revenue less than 100",
    "which orders have a total lower than 20",
    "clean customers.csv and save it as clean.csv",
    "what is the difference between average order value in July and August",
    "how many payments were refunded in August?",
    "check that order_id is unique",
    "which payments did not arrive before July",
    "orders that are not what the customer wanted",
    "track the euros per month",
    "number of orders with less than 3 items but only in Rome",
)


@pytest.mark.parametrize("text", [*WORDINGS, *MORE])
def test_money_that_does_not_agree_is_heard(text: str) -> None:
    assert asks_to_reconcile(text, {"sales": ["shopify"], "processor": ["stripe"]})


@pytest.mark.parametrize("text", OTHERS)
def test_other_requests_are_left_to_others(text: str) -> None:
    assert not asks_to_reconcile(text, {"sales": ["shopify"], "processor": ["stripe"]})


def test_a_system_that_the_data_does_not_know_is_noticed() -> None:
    assert unknown_names("My Stripe deposits never match Amazon, every Monday", {"stripe"}) == ["Amazon"]
    assert unknown_names("Stripe does not match Shopify", {"stripe", "shopify"}) == []
    assert unknown_names("Stripe does not match Shopify, tell me on Mondays", {"stripe", "shopify"}) == []
