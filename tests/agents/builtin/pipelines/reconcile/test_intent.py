"""Twenty ways to say that the money does not agree, and requests that say something else."""

from __future__ import annotations

import pytest

from agents.builtin.pipelines.reconcile.intent import asks_to_reconcile, unknown_names

WORDINGS = (
    "Stripe deposits don't match Shopify, show me where the money goes",
    "My Stripe deposits never match Shopify. Show me where the money goes, every Monday.",
    "Why do my Stripe payouts not add up to my Shopify sales?",
    "Reconcile Stripe with Shopify and the bank",
    "The bank gets less than Shopify says we sold. Where does the money go?",
    "Can you compare Shopify orders with Stripe payouts and the bank statement?",
    "I sold more than what landed in the bank, where did the rest go?",
    "Explain the difference between Shopify sales and bank deposits",
    "Tie out Stripe payouts to bank deposits each week",
    "What we get from Stripe is lower than our Shopify sales",
    "Check the Stripe deposits against Shopify orders",
    "Stripe and Shopify don't agree",
    "There's a gap between shop sales and bank deposits",
    "Money is missing between Shopify and the bank",
    "Our payouts do not line up with orders; find the discrepancies",
    "find out why deposits are short of sales",
    "I never understand my Stripe deposits. They are never the same as the Shopify totals.",
    "Match Stripe payouts to orders and to the bank statement every Monday at 8",
    "How come the deposits on the statement don't equal what the shop took?",
    "Where is our money going between Shopify, Stripe and the bank?",
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
)


@pytest.mark.parametrize("text", WORDINGS)
def test_money_that_does_not_agree_is_heard(text: str) -> None:
    assert asks_to_reconcile(text, {"sales": ["shopify"], "processor": ["stripe"]})


@pytest.mark.parametrize("text", OTHERS)
def test_other_requests_are_left_to_others(text: str) -> None:
    assert not asks_to_reconcile(text, {"sales": ["shopify"], "processor": ["stripe"]})


def test_a_system_that_the_data_does_not_know_is_noticed() -> None:
    assert unknown_names("My Stripe deposits never match Amazon, every Monday", {"stripe"}) == ["Amazon"]
    assert unknown_names("Stripe does not match Shopify", {"stripe", "shopify"}) == []
