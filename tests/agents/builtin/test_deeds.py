"""What was done to rows is a condition or is asked about: it is never dropped without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from agents.contract import Draft, Question

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_GARAGE = {
    "owner": "owner_id,owner_name,since\n1,Ann,2020-01-01\n2,Bo,2021-05-05\n3,Cy,2022-06-06\n",
    "car": "car_id,owner_id,plate\n1,1,AA1\n2,1,AA2\n3,2,BB1\n",
    "visit": (
        "visit_id,car_id,date_in,date_out,due,fee\n1,1,2023-01-02,2023-01-05,2023-01-04,100.50\n"
        "2,1,2023-02-02,2023-02-03,2023-02-04,50.00\n3,3,2023-03-01,,2023-03-05,70.00\n4,2,2024-03-01,2024-03-02,2024-03-05,30.00\n"
    ),
    "helper": "helper_id,helper_name,left_on\n1,Di,\n2,Ed,2023-05-05\n",
}


@pytest.fixture
def garage(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_GARAGE)


def sql(answer: object) -> str:
    assert isinstance(answer, Draft), answer
    return " ".join(str(answer.spec.steps[-1].params["query"]).split())


def test_who_has_left_has_the_day_of_it(ask: Ask, garage: FolderView) -> None:
    assert 'NOT "helper"."left_on" IS NULL' in sql(ask("which helpers have left?", garage))


def test_late_compares_the_day_it_was_done_with_the_day_it_was_due(ask: Ask, garage: FolderView) -> None:
    assert '"visit"."date_out" > "visit"."due"' in sql(ask("how many visits were late?", garage))


def test_things_that_may_come_twice_are_asked_about(ask: Ask, garage: FolderView) -> None:
    assert not isinstance(ask("how many cars came in in May 2023?", garage), Draft)


def test_a_deed_that_nothing_holds_is_not_dropped(ask: Ask, garage: FolderView) -> None:
    assert not isinstance(ask("how many visits were reviewed?", garage), Draft)


def test_of_two_days_that_may_be_meant_one_is_chosen_by_the_person(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {"job": "job_id,checked,closed\n1,2023-01-02,2023-05-05\n2,2023-02-02,2024-01-01\n3,2024-02-02,2024-05-05\n"}
    )
    asked = ask("number of jobs in 2023", view)
    assert isinstance(asked, Question)
    assert {option.value for option in asked.options} == {"job.checked", "job.closed"}
    settled = ask("number of jobs in 2023", view, answers={asked.key: "job.closed"})
    assert '"job"."closed"' in sql(settled)


def test_who_paid_the_most_is_told_by_money(ask: Ask, garage: FolderView) -> None:
    assert 'SUM("visit"."fee")' in sql(ask("which owner paid the most?", garage))


def test_rows_under_one_owner_are_not_how_one_belongs_to_the_other(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {
            "store": "store_id,store_name\n1,North\n2,South\n",
            "clerk": "clerk_id,store_id,clerk_name\n1,1,Ann\n2,2,Bo\n3,2,Cy\n",
            "lease": "lease_id,store_id,rent\n1,1,10\n2,1,20\n3,2,30\n4,2,40\n",
        }
    )
    assert not isinstance(ask("clerks with more than 1 leases", view), Draft)


def test_so_many_of_one_named_thing_are_its_quantities(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {
            "article": "article_id,article_name\n1,towel\n2,sheet\n",
            "load": "load_id,article_id,quantity\n1,1,5\n2,1,6\n3,2,7\n",
        }
    )
    assert 'SUM("load"."quantity")' in sql(ask("how many towels are there?", view))


def test_two_ends_of_a_way_are_not_one_or_the_other(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder({"ride": "ride_id,town\n1,Oslo\n2,Bergen\n3,Oslo\n"})
    assert not isinstance(ask("rides from Oslo to Bergen", view), Draft)


def test_a_day_that_another_verb_speaks_of_is_asked_for(ask: Ask, garage: FolderView) -> None:
    assert not isinstance(ask("how many visits ended in 2023?", garage), Draft)


def test_what_people_paid_is_no_list_of_people(ask: Ask, garage: FolderView) -> None:
    assert not isinstance(ask("what did owners with the plate AA1 pay in 2023?", garage), Draft)


def test_the_most_of_an_amount_is_added_up_for_each(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {
            "walker": "walker_id,walker_name\n1,Ann\n2,Bo\n",
            "walk": "walk_id,walker_id,minutes\n1,1,20\n2,1,20\n3,2,30\n",
        }
    )
    assert 'SUM("walk"."minutes")' in sql(ask("which walker walked the most minutes?", view))


@pytest.mark.parametrize("question", ["visits with a fee over 20%", "cars with an id over €2"])
def test_a_sign_that_does_not_fit_the_column_is_asked_about(ask: Ask, garage: FolderView, question: str) -> None:
    assert not isinstance(ask(question, garage), Draft)


def test_months_are_those_of_what_the_period_is_about(ask: Ask, garage: FolderView) -> None:
    query = sql(ask("number of owners with visits per month in 2023", garage))
    assert 'DATE_TRUNC(\'MONTH\', "visit"."date_in")' in query
    assert 'COUNT(DISTINCT "owner"."owner_id")' in query


def test_an_adjective_that_nothing_holds_is_not_dropped(ask: Ask, garage: FolderView) -> None:
    assert not isinstance(ask("number of open visits per car", garage), Draft)
