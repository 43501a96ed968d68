"""What models take is written down, and the month's budget is a hard stop."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from model_desk import BY_REGION, NOW, Desk, ask
from model_server import READ, WRITTEN, Fail, Give

from agents import prices
from agents.contract import Draft
from spec.errors import AccessError, UsageError
from tools import usage
from tools.context import Context

PRICED = "openai:gpt-4o"


def notes(desk: Desk, *models: str) -> str:
    """What a draft says of who did not give it."""
    reply = desk.planner(*models).draft(ask("How many orders are there?"), desk.data)
    assert isinstance(reply, Draft)
    return " ".join(reply.assumptions)


def test_every_call_is_written_down_with_its_price(desk: Desk) -> None:
    desk.server.play(Give("draft", {**BY_REGION, "tables": ["nowhere"]}), Give("draft", BY_REGION))
    desk.planner(PRICED).draft(ask(), desk.data)
    (line,) = usage.spent(desk.context, NOW).lines
    assert (line.task, line.provider, line.model, line.calls) == ("answer", "openai", "gpt-4o", 2)
    assert (line.input_tokens, line.output_tokens) == (2 * READ, 2 * WRITTEN)
    # Two dollars and a half for a million tokens in, ten for as many out.
    assert line.cost == Decimal("2.5") * 2 * READ / 1_000_000 + Decimal(10) * 2 * WRITTEN / 1_000_000


def test_an_unknown_price_is_said_and_a_local_model_costs_nothing(desk: Desk) -> None:
    desk.server.play(Give("draft", BY_REGION))
    desk.planner("compatible:who-knows", urls={"compatible": f"{desk.server.url}/v1"}).draft(ask(), desk.data)
    spent = usage.spent(desk.context, NOW)
    assert (spent.cost, spent.unpriced) == (Decimal(0), 0)
    desk.planner("mistral:who-knows").draft(ask(), desk.data)
    assert usage.spent(desk.context, NOW).unpriced == 1
    assert prices.cost("mistral", "who-knows", input_tokens=1, output_tokens=1) is None


def test_a_budget_in_tokens_stops_before_the_call(desk: Desk) -> None:
    usage.set_budget(desk.context, usage.Budget(tokens=100), now=NOW)
    desk.server.play(Give("draft", BY_REGION))
    assert "100 of 100 tokens are left" in notes(desk, PRICED)
    assert desk.server.seen == []


def test_a_budget_is_kept_within_one_answer_too(desk: Desk) -> None:
    usage.set_budget(desk.context, usage.Budget(tokens=60_000), now=NOW)
    usage.record(desk.context, usage.Call(NOW, "ada", "answer", "openai", "gpt-4o", 35_000, 0, Decimal(0)))
    desk.server.play(Give("draft", {**BY_REGION, "tables": ["nowhere"]}))
    said = notes(desk, PRICED)
    assert "budget" in said or "not usable" in said
    assert usage.spent(desk.context, NOW).tokens <= 60_000


def test_a_budget_in_money_stops_what_costs_and_not_what_is_free(desk: Desk) -> None:
    usage.set_budget(desk.context, usage.Budget(money=Decimal(0)), now=NOW)
    desk.server.play(Give("draft", BY_REGION))
    assert "budget for models is used up" in notes(desk, PRICED)
    assert desk.server.seen == []


def test_a_budget_in_money_covers_no_model_of_unknown_price(desk: Desk) -> None:
    usage.set_budget(desk.context, usage.Budget(money=Decimal(5)), now=NOW)
    assert "price is not known" in notes(desk, "mistral:who-knows")
    assert desk.server.seen == []


def test_a_new_month_begins_with_nothing_spent(desk: Desk) -> None:
    usage.record(desk.context, usage.Call(NOW, "ada", "answer", "openai", "gpt-4o", 10, 5, None))
    assert usage.spent(desk.context, NOW).tokens == 15
    assert usage.spent(desk.context, NOW + timedelta(days=31)).tokens == 0


def test_a_failed_call_takes_nothing(desk: Desk) -> None:
    desk.server.play(Fail(401))
    notes(desk, PRICED)
    assert usage.spent(desk.context, NOW).tokens == 0


def test_only_who_administers_sets_a_budget(desk: Desk) -> None:
    asker = Context(desk.context.workspace, "bo", frozenset({"ask"}))
    with pytest.raises(AccessError):
        usage.set_budget(asker, usage.Budget(tokens=1), now=NOW)
    with pytest.raises(UsageError):
        usage.set_budget(desk.context, usage.Budget(tokens=-1), now=NOW)
