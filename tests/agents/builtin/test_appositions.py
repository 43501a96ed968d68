"""Brackets say once more what stands before them; slips of the pen are put right and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from agents.builtin.language.spelling import corrected
from agents.builtin.parsing.formulas import in_brackets
from agents.contract import Draft

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_LAUNDRY = {
    "customer": "customer_id,name,sort\n1,Alpha,H\n2,Beta,P\n3,Gamma,H\n",
    "wash": (
        "wash_id,customer_id,state,picked_up,delivered,amount\n"
        "1,1,DONE,2023-01-02,2023-02-01,10\n2,1,REFD,2023-01-03,2024-01-05,20\n3,2,DONE,2024-01-04,2024-01-09,40\n"
    ),
    "piece": "wash_id,article,quantity,price\n1,sheet,2,3\n1,towel,4,1\n2,sheet,5,3\n3,towel,1,1\n",
}


@pytest.fixture
def laundry(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_LAUNDRY)


def sql(answer: object) -> str:
    assert isinstance(answer, Draft), answer
    return " ".join(str(answer.spec.steps[-1].params["query"]).split())


@pytest.mark.parametrize("question", ["washes that were spoilt (REFD)", "number of spoilt washes (state REFD)"])
def test_a_stored_value_in_brackets_says_what_the_word_before_means(
    ask: Ask, laundry: FolderView, question: str
) -> None:
    assert "\"state\" = 'REFD'" in sql(ask(question, laundry))


def test_a_word_that_nothing_explains_is_still_refused(ask: Ask, laundry: FolderView) -> None:
    assert not isinstance(ask("washes that were spoilt", laundry), Draft)


def test_a_day_in_brackets_says_which_day_counts(ask: Ask, laundry: FolderView) -> None:
    query = sql(ask("number of washes in 2024 (delivered)", laundry))
    assert '"delivered"' in query
    assert '"picked_up"' not in query


def test_a_column_in_brackets_says_which_amount_is_meant(ask: Ask, laundry: FolderView) -> None:
    assert 'SUM("wash"."amount")' in sql(ask("turnover (amount) per customer", laundry))


def test_arithmetic_in_brackets_says_how_it_is_computed(ask: Ask, laundry: FolderView) -> None:
    answer = ask("total value of sheets (quantity times price)", laundry)
    assert '"quantity"' in sql(answer)
    assert "*" in sql(answer)
    assert isinstance(answer, Draft)
    assert "computed as quantity times price" in answer.assumptions


def test_brackets_without_arithmetic_are_left() -> None:
    assert in_brackets("rents (paid) in May") == ("rents (paid) in May", "")
    assert in_brackets("rents (nights times rate, by start) in May") == ("rents (by start) in May", "nights times rate")


def test_a_slip_of_the_pen_is_put_right_and_said(ask: Ask, laundry: FolderView) -> None:
    answer = ask("avergae amount of washes", laundry)
    assert 'AVG("wash"."amount")' in sql(answer)
    assert isinstance(answer, Draft)
    assert "'avergae' is read as 'average'" in answer.assumptions


@pytest.mark.parametrize("word", ["supplier", "averages", "Average", "wash"])
def test_words_and_their_endings_are_no_slips(word: str) -> None:
    known = {"supplier", "wash"}
    assert corrected(f"the {word} of it", lambda one: one in known, {"supplies", "average"})[0] == f"the {word} of it"


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("customers without a wash - how many?", "how many customers without a wash"),
        ("washes above 15, how many are there?", "how many washes above 15"),
        ("washes in 2023: number", "how many washes in 2023"),
        ("name, sort, number", "name, sort, number"),
    ],
)
def test_how_many_may_stand_at_the_end(question: str, plain: str) -> None:
    from agents.builtin.language.normalise import normalise

    assert normalise(question) == plain
