"""What models take is written down, and the month's budget is a hard stop."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from model_desk import BY_REGION, NOW, Desk, ask
from model_server import READ, WRITTEN, Fail, Give, Seen
from pydantic_ai.usage import RequestUsage

from agents import prices
from agents.contract import Draft
from agents.gate import BYTES_PER_TOKEN, LONGEST_OUTPUT
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
    assert prices.cost("mistral", "who-knows", RequestUsage(input_tokens=1, output_tokens=1), at=NOW) is None


@pytest.mark.parametrize(
    ("read", "dollars"),
    # The vendor's list: above 200,000 tokens in, both directions cost more for the whole request.
    [(100_000, Decimal("1.25") / 10 + Decimal("0.01")), (300_000, Decimal("2.5") * 3 / 10 + Decimal("0.015"))],
)
def test_a_long_request_costs_what_the_vendor_takes_for_a_long_one(read: int, dollars: Decimal) -> None:
    taken = RequestUsage(input_tokens=read, output_tokens=1_000)
    assert prices.cost("google", "gemini-2.5-pro", taken, at=NOW) == dollars


def test_what_is_cached_costs_what_cached_costs_and_nonsense_about_it_counts_as_not_cached() -> None:
    whole = RequestUsage(input_tokens=1_000, output_tokens=0)
    cached = RequestUsage(input_tokens=1_000, output_tokens=0, cache_read_tokens=1_000)
    nonsense = RequestUsage(input_tokens=1_000, output_tokens=0, cache_read_tokens=5_000)
    full, half, odd = (prices.cost("openai", "gpt-4o", one, at=NOW) for one in (whole, cached, nonsense))
    assert full == odd == Decimal("0.0025")
    assert half == Decimal("0.00125")


def test_a_model_that_costs_nothing_is_asked_when_the_money_is_used_up(desk: Desk) -> None:
    usage.set_budget(desk.context, usage.Budget(money=Decimal(0)), now=NOW)
    desk.server.play(Give("draft", BY_REGION))
    planner = desk.planner("ollama:llama3")
    planner.draft(ask(), desk.data)
    assert planner.by == "ollama:llama3"
    usage.set_budget(desk.context, usage.Budget(money=Decimal(5), tokens=100), now=NOW)
    assert "tokens are left" in notes(desk, "ollama:llama3"), "tokens bound what is free too"


def _most(seen: Seen) -> int:
    """How long an answer may be, as the vendor is told."""
    found = re.search(r'"max_?(?:output_?|completion_?)?tokens": (\d+)', json.dumps(seen.body), re.IGNORECASE)
    assert found is not None, seen.body
    return int(found[1])


def test_an_answer_may_be_no_longer_than_what_is_left(desk: Desk, model: str) -> None:
    desk.server.play(Give("draft", BY_REGION))
    desk.planner(model).draft(ask(), desk.data)
    assert _most(desk.server.seen[0]) == LONGEST_OUTPUT
    size = len(json.dumps(desk.server.seen[0].body)) // BYTES_PER_TOKEN
    for left in (size + 5_000, size + 6_000):
        taken = usage.spent(desk.context, NOW).tokens
        usage.set_budget(desk.context, usage.Budget(tokens=taken + left), now=NOW)
        desk.server.play(Give("draft", BY_REGION))
        desk.planner(model).draft(ask(), desk.data)
        assert 0 < _most(desk.server.seen[0]) <= left


def test_an_answer_may_cost_no_more_than_what_is_left(desk: Desk) -> None:
    usage.set_budget(desk.context, usage.Budget(money=Decimal("0.12")), now=NOW)
    desk.server.play(Give("draft", BY_REGION))
    desk.planner(PRICED).draft(ask(), desk.data)
    most = _most(desk.server.seen[0])
    # Ten dollars for a million tokens out, two and a half for as many in.
    sent = len(json.dumps(desk.server.seen[0].body)) / 4
    assert 100 <= most < LONGEST_OUTPUT
    assert Decimal(most) * 10 / 1_000_000 + Decimal(sent) * Decimal("2.5") / 1_000_000 <= Decimal("0.12")


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
