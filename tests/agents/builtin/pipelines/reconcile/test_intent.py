"""Twenty ways to say that the money does not agree, and requests that say something else."""

from __future__ import annotations

import pytest
from wordings import WORDINGS

from agents.builtin.pipelines.reconcile.intent import asks_to_reconcile, unknown_names

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
