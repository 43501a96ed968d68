"""Definitions in words, what does not count, and phrases that say which rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.builtin.language.wording import arithmetic, counts_nothing_too, excluded, is_condition, only
from agents.contract import Question, Refusal

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask


@pytest.fixture
def rentals(folder: Callable[..., FolderView]) -> FolderView:
    return folder(
        {
            "lodger": "lodger_id,lodger_name\n1,Ann\n2,Ben\n3,Cat\n",
            "rental": (
                "rental_id,lodger_id,taken_on,returned_on,state,helpers,rent\n"
                "1,1,2024-01-01,2024-01-04,done,0,30\n2,1,2024-02-01,2024-02-06,done,2,50\n"
                "3,2,2024-02-10,2024-02-12,dropped,1,20\n4,2,2024-03-01,,open,0,80\n"
            ),
            "item": "item_id,rental_id,sort\n1,1,boat\n2,1,tent\n3,2,boat\n4,3,tent\n5,4,boat\n",
        }
    )


def test_arithmetic_in_words_becomes_signs() -> None:
    assert arithmetic("done visits divided by all visits") == "done visits / all visits"
    assert arithmetic("days from taking (taken_on) to returned_on, divided by 7") == "(returned_on - taken_on) / 7"


def test_sentences_say_what_counts() -> None:
    assert excluded("Dropped rentals do not count") == "Dropped rentals"
    assert only("Only done rentals count") == "done rentals"
    assert counts_nothing_too("Lodgers without a rental are listed with 0")
    assert is_condition("returned_on is empty")
    assert not is_condition("sum of rent")


def test_a_definition_with_minus_counts_days(ask: Ask, rentals: FolderView) -> None:
    drafted = ask(
        "average stay per lodger", rentals, context="Stay = returned_on minus taken_on. Dropped rentals do not count."
    )
    assert rows_of(rentals, drafted) == [["Ann", 4.0], ["Ben", None]]


def test_a_rate_defined_in_words_is_a_ratio_for_each_group(ask: Ask, rentals: FolderView) -> None:
    drafted = ask("dropout rate by lodger", rentals, context="Dropout rate = dropped rentals divided by all rentals.")
    assert {str(a): b for a, b in rows_of(rentals, drafted)} == {"Ann": 0.0, "Ben": 0.5}


def test_those_without_any_are_listed_where_it_is_said(ask: Ask, rentals: FolderView) -> None:
    drafted = ask("number of rentals of each lodger", rentals, context="Lodgers without a rental are listed with 0.")
    assert ["Cat", 0] in rows_of(rentals, drafted)


def test_a_word_that_is_a_filler_elsewhere_says_which_rows_when_it_is_stored(ask: Ask, rentals: FolderView) -> None:
    assert rows_of(rentals, ask("how many done rentals are there", rentals)) == [[2]]


def test_with_some_of_what_is_counted_in_a_column_is_more_than_none(ask: Ask, rentals: FolderView) -> None:
    assert rows_of(rentals, ask("how many rentals with helpers are done", rentals)) == [[1]]


def test_what_a_share_is_of_is_not_lost_behind_a_verb(ask: Ask, rentals: FolderView) -> None:
    drafted = ask("what percentage of done rentals got a boat", rentals)
    assert isinstance(drafted, Question | Refusal) or rows_of(rentals, drafted) == [[100.0]]


def test_two_things_with_an_article_each_are_both_meant(ask: Ask, rentals: FolderView) -> None:
    assert rows_of(rentals, ask("lodgers with a boat and a tent", rentals)) == [["Ann"], ["Ben"]]


def test_best_first_orders_by_what_was_measured(ask: Ask, rentals: FolderView) -> None:
    rows = rows_of(rentals, ask("total rent by lodger, lowest first", rentals))
    assert rows == [["Ann", 80], ["Ben", 100]]


def test_more_than_so_many_adds_up_over_the_rows_of_what_is_asked_for(
    ask: Ask, folder: Callable[..., FolderView]
) -> None:
    view = folder(
        {
            "plant": "plant_id,bed,label\n1,east,a\n2,east,b\n3,west,c\n",
            "harvest": "harvest_id,plant_id,units\n1,1,6\n2,1,5\n3,2,4\n4,3,9\n",
        }
    )
    assert rows_of(view, ask("beds with more than 10 units", view)) == [["east"]]


def test_the_day_that_counts_may_be_said_at_the_end(ask: Ask, rentals: FolderView) -> None:
    rows = rows_of(rentals, ask("number of rentals by month in 2024, by returned date", rentals))
    assert rows == [["2024-01-01", 1], ["2024-02-01", 2]]


def test_the_end_of_a_month_lies_behind_it(ask: Ask, rentals: FolderView) -> None:
    assert rows_of(rentals, ask("how many rentals taken on since the end of January 2024", rentals)) == [[3]]
