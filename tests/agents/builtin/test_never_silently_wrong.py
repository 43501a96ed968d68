"""Words that say which rows are meant are used, asked about or refused; they are never dropped without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.contract import Draft, Refusal

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_KENNEL = {
    "handlers": (
        "id,first_name,last_name,lead_id,hired,left_on,grade\n1,Ana,Reyes,,2015-01-01,,A\n2,Bo,Lund,1,2016-02-01,,A\n"
        "3,Cy,Marsh,1,2017-03-01,2020-01-01,B\n4,Di,Okoro,2,2018-04-01,,B\n"
    ),
    "vans": "id,name,built,out_of_use\n1,Alpha,1998,\n2,Beta,1999,2021-05-05\n3,Gamma,2010,\n",
    "codes": (
        "applies_to,code,label\nstay,B,Booked\nstay,R,Refused\nstay,E,Ended\n"
        "walk,B,Called off\nwalk,D,Done\nwalk,R,Rained off\n"
    ),
    "owners": "id,full_name,town,since\n1,Ida Falk,Rome,2019-01-01\n"
    "2,Jo Kern,Oslo,2020-02-02\n3,Kim Lo,Oslo,2020-05-05\n",
    "stays": (
        "id,owner_id,handler_id,arrival_on,departure_on,st,kids,dogs,price_ct,wkly_rate\n"
        "1,1,1,2024-01-02,2024-01-09,B,0,1,1000,70\n2,1,2,2024-02-02,2024-02-05,R,3,1,9000,80\n"
        "3,2,1,2024-02-10,2024-02-12,B,4,2,3000,60\n4,2,4,2024-03-01,2024-03-09,E,3,1,2000,90\n"
    ),
    "walks": "id,van_id,handler_id,walked_on,st,delay_min\n"
    "1,1,1,2024-01-03,D,5\n2,1,2,2024-02-03,B,30\n3,3,1,2024-02-04,D,12\n",
    "bills": (
        "bill_no,owner_id,billed_on,due_on,net,paid_on\n1,1,2024-01-05,2024-02-05,700,\n2,1,2024-02-05,2024-03-05,500,2024-03-01\n"
        "3,2,2024-05-05,2024-08-05,900,\n4,2,2024-03-05,2024-04-05,100,\n"
    ),
}


_AIRFIELD = {
    "guides": (
        "id,forename,surname,mentor_id,joined_on\n1,Ana,Reyes,,2015-01-01\n2,Bo,Lund,1,2016-02-01\n"
        "3,Cy,Marsh,1,2017-03-01\n4,Di,Okoro,2,2018-04-01\n"
    ),
    "balloons": "id,name,colour\n1,Alpha,red\n2,Beta,blue\n3,Gamma,red\n4,Delta,green\n",
    "flights": (
        "id,balloon_id,guide_id,flown_on,passengers\n1,1,1,2023-12-03,3\n2,1,2,2023-05-03,2\n3,2,1,2022-12-04,4\n"
        "4,2,1,2024-02-04,1\n5,1,4,2024-06-04,1\n"
    ),
    "plans": "id,balloon_id,planned_on\n1,3,2024-07-01\n2,1,2024-08-01\n",
    "ratings": (
        "id,flight_id,stars,rated_on\n1,1,5,2023-12-05\n2,1,4,2023-12-06\n3,2,3,2023-05-06\n4,3,1,2022-12-06\n"
        "5,1,5,2024-01-02\n6,5,2,2024-06-05\n"
    ),
    "faults": "id,code,title\n1,F1,Leak\n2,F2,Burner out\n3,F3,Torn seam\n4,F4,Bent frame\n",
    "notes": (
        "id,fault_id,balloon_id,noted_on\n1,1,1,2024-01-02\n2,1,2,2024-02-02\n3,1,1,2024-02-08\n"
        "4,2,2,2024-02-09\n5,2,2,2024-03-02\n6,3,1,2024-03-05\n"
    ),
    "refunds": (
        "id,flight_id,amount,asked_on,refunded_on\n1,1,50,2024-01-10,2024-01-20\n2,2,30,2023-01-02,2023-01-20\n"
        "3,3,20,2023-03-02,2023-04-01\n"
    ),
    "sales": "id,sold_on,channel\n1,2023-01-02,web\n2,2023-01-30,web\n3,2023-05-01,shop\n",
    "payouts": "id,sale_id,gross,paid_on\n1,1,100,2023-02-01\n2,2,200,2023-02-03\n3,3,300,2023-06-01\n",
}


@pytest.fixture
def airfield(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_AIRFIELD)


@pytest.fixture
def kennel(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_KENNEL)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("who reports to Ana Reyes?", [["Bo", "Lund"], ["Cy", "Marsh"]]),
        ("handlers working for Ana Reyes, current ones only", [["Bo", "Lund"]]),
        ("number of handlers per grade who are still here", [["A", 2], ["B", 1]]),
        ("average weekly rate by number of kids", [[3, 85], [0, 70], [4, 60]]),
        ("stays with three or more kids, how many", [[3]]),
        ("unpaid bills of more than 600 net due before may", [[1]]),
        ("vans built before 2000 that are still in use", [["Alpha"]]),
        ("how many refused stays", [[1]]),
        ("what percentage of stays in february were refused", [[50]]),
        ("top 2 owners by price, leave out refused stays", [["Jo Kern", 5000], ["Ida Falk", 1000]]),
        ("new owners per year since 2019", [[2019, 1], [2020, 2]]),
        ("how many stays in february", [[2]]),
        ("Which handler has the most walks?", [["Ana", "Reyes"]]),
        ("how many walks were rained off", [[0]]),
        ("share of refused stays in february", [[50]]),
        ("bills paid late", []),
        ("handlers led by Bo Lund", [["Di", "Okoro"]]),
        ("vans that are still in use", [["Alpha"], ["Gamma"]]),
        ("when did Ana Reyes start?", [["2015-01-01"]]),
        ("departures per month", [["2024-01-01", 1], ["2024-02-01", 2], ["2024-03-01", 1]]),
        ("stays with a price over 25", [[2], [3]]),
        ("stays with a price over 2500 cents", [[2], [3]]),
        ("which owners since 2020 live in Oslo", [["Jo Kern"], ["Kim Lo"]]),
    ],
)
def test_what_is_said_of_the_rows_is_kept(
    ask: Ask, kennel: FolderView, question: str, rows: list[list[object]]
) -> None:
    found = rows_of(kennel, ask(question, kennel))
    assert [[str(value).removesuffix(".0") for value in row] for row in found] == [[str(v) for v in r] for r in rows]


@pytest.mark.parametrize(
    "question",
    [
        "walks by month in 2024, only ones that really walked",
        "longest delay, which ship and when was that",
        "how many stays never got a walk although they are ended",
        "how many walks in february were completed",
        "owners with more than 600 due",
        "how many owners are still here",
        "how many vans are available",
        "broken vans",
        "which vans are out right now",
        "how many stays do we still have",
        "walks in the first week of february 2024",
        "which owners have not paid",
        "what did Jo Kern pay",
    ],
)
def test_what_nothing_here_says_is_asked_or_refused(ask: Ask, kennel: FolderView, question: str) -> None:
    assert not isinstance(ask(question, kennel), Draft)


def test_an_answer_says_what_its_codes_mean(ask: Ask, kennel: FolderView) -> None:
    drafted = ask("how many walks were done", kennel)
    assert rows_of(kennel, drafted) == [[2]]
    assert isinstance(drafted, Draft)
    assert drafted.assumptions == ("st D is 'Done'",)


def test_one_word_for_two_codes_is_that_of_the_rows_spoken_of(ask: Ask, kennel: FolderView) -> None:
    assert rows_of(kennel, ask("how many stays are booked", kennel)) == [[2]]
    assert rows_of(kennel, ask("how many walks were called off", kennel)) == [[1]]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("flights with at least 40 stars", "goes from 1 to 5"),
        ("flights with more than 90 passengers", "goes from 1 to 4"),
        ("guides with an average of stars below 1", "goes from 1 to 5"),
    ],
)
def test_a_bound_that_no_row_can_meet_is_refused_with_the_range(
    ask: Ask, airfield: FolderView, question: str, said: str
) -> None:
    refused = ask(question, airfield)
    assert isinstance(refused, Refusal)
    assert said in refused.message


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("balloons with more than 2 ratings", [["Alpha"]]),
        ("flights per month so far this year", [["2024-02-01", 1], ["2024-06-01", 1]]),
        ("number of ratings per month so far this year", [["2024-01-01", 1], ["2024-06-01", 1]]),
        ("Which faults get noted most? top 3 with their names", [["Leak"], ["Burner out"], ["Torn seam"]]),
        ("Which faults are noted most often? top 2", [["Leak"], ["Burner out"]]),
        ("number of refunds and refunded amount in 2023", [[2, 50]]),
        ("number of refunds and refunded value in 2023", [[2, 50]]),
        ("balloons with no flights or plans", [["Delta"]]),
        ("balloons not red or blue", [["Delta"]]),
        ("balloons excluding red and blue", [["Delta"]]),
        ("flights not by Ana Reyes", [[2], [5]]),
        ("guides mentored by Ana Reyes", [["Bo", "Lund"], ["Cy", "Marsh"]]),
        ("who is mentored by Bo Lund?", [["Di", "Okoro"]]),
        ("who mentors Bo Lund?", [["Ana", "Reyes"]]),
    ],
)
def test_each_grouping_number_figure_and_role_that_is_said_is_in_the_answer(
    ask: Ask, airfield: FolderView, question: str, rows: list[list[object]]
) -> None:
    found = rows_of(airfield, ask(question, airfield))
    assert [[str(value).removesuffix(".0") for value in row] for row in found] == [[str(v) for v in r] for r in rows]


@pytest.mark.parametrize(
    "question",
    [
        "number of flights in December per year",
        "flights in December by year",
        "passengers in December each year",
        "Which balloons have the most flights; the 2 best",
        "number of flights and passengers in 2023",
        "gross payout per month in 2023 by sale date",
        "balloons that were never flown or planned",
        "flights not by Ana Reyes or Bo Lund",
        "top 2 balloons per guide by number of flights",
    ],
)
def test_a_clause_that_no_reading_holds_is_asked_or_refused(ask: Ask, airfield: FolderView, question: str) -> None:
    assert not isinstance(ask(question, airfield), Draft)


def test_the_day_that_was_said_both_keeps_and_cuts(ask: Ask, airfield: FolderView) -> None:
    found = rows_of(airfield, ask("gross per month in 2023 by paid date", airfield))
    assert [[str(value) for value in row] for row in found] == [["2023-02-01", "300"], ["2023-06-01", "300"]]
