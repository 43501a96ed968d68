"""Follow-ups mean what the question before means, with one thing changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.contract import Draft, Question, Refusal

Ask = Callable[..., Draft | Question | Refusal]


@pytest.mark.parametrize(
    ("before", "then", "whole"),
    [
        ("How many orders are paid?", "and by channel?", "How many paid orders by channel?"),
        ("How many customers are in Italy?", "What about France?", "How many customers are in France?"),
        ("How many orders did we get last month?", "and this month?", "How many orders did we get this month?"),
        ("Total sales by channel", "only in March", "Total sales by channel in March"),
    ],
)
def test_a_fragment_is_completed_from_the_question_before(ask: Ask, before: str, then: str, whole: str) -> None:
    follow, alone = ask(then, history=[{"request": before}]), ask(whole)
    assert isinstance(follow, Draft), follow
    assert isinstance(alone, Draft), alone
    assert follow.spec.steps[-1].params == alone.spec.steps[-1].params


def test_a_whole_question_does_not_lean_on_the_one_before(ask: Ask) -> None:
    fresh = ask("How many customers do we have?", history=[{"request": "Total sales by channel in March"}])
    alone = ask("How many customers do we have?")
    assert isinstance(fresh, Draft)
    assert isinstance(alone, Draft)
    assert fresh.spec.steps == alone.spec.steps


def test_a_fragment_follows_the_last_whole_question_over_another_fragment(ask: Ask) -> None:
    turns = [{"request": "How many customers are in Italy?"}, {"request": "and in France?"}]
    answer = ask("What about Germany?", history=turns)
    assert isinstance(answer, Draft)
    assert "Germany" in str(answer.spec.steps[-1].params["query"])


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        (["How many orders are there?", "only in March", "and by channel?"], "How many orders in March by channel?"),
        (["Total sales by channel", "only in March", "only in April"], "Total sales by channel in April"),
        (["How many orders by channel?", "in March", "by status instead"], "How many orders in March by status?"),
        (
            ["How many customers by city?", "leave out Italy", "only Italy"],
            "How many customers by city in Italy?",
        ),
    ],
)
def test_what_earlier_follow_ups_changed_stays(ask: Ask, said: list[str], whole: str) -> None:
    *before, then = said
    follow, alone = ask(then, history=[{"request": one} for one in before]), ask(whole)
    assert isinstance(follow, Draft), follow
    assert isinstance(alone, Draft), alone
    assert follow.reading == alone.reading or follow.spec.steps[-1].params == alone.spec.steps[-1].params
