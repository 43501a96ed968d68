"""Plain questions of an owner over tables that nobody prepared: money, who did it, how often, and what comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from agents.contract import Draft

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_LAST_BOUGHT = [["Ida", "2024-05-02"], ["Jon", "2024-04-02"], ["Kay", "2024-06-01"], ["Moe", "2024-06-02"]]
RowsOf = Callable[[str], list[list[object]]]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("ticket revenue per channel", [["web", 182.25], ["desk", 40.5], ["phone", 40.5]]),
        ("Which clients have spent more than 50?", [["Ida"], ["Kay"]]),
        ("How much did clients from Cork spend?", [[182.25]]),
        ("How much did each client spend?", [["Ida", 121.5], ["Kay", 60.75], ["Moe", 40.5], ["Jon", 20.25]]),
        ("who spent the most?", [["Ida"]]),
        ("What did sales with the coupon code SPRING bring in?", [[60.75]]),
        ("How much money came in from web sales?", [[182.25]]),
        ("In which month of 2024 did we take the most money?", [["2024-05-01"], ["2024-06-01"]]),
        ("Which clients bought for more than 50?", [["Ida"], ["Kay"]]),
    ],
)
def test_a_word_for_money_means_the_one_amount_in_reach(
    rows_of: RowsOf, question: str, rows: list[list[object]]
) -> None:
    assert sorted(map(str, rows_of(question))) == sorted(map(str, rows))


def test_of_several_amounts_in_reach_none_is_guessed(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {
            "guest": "guest_id,full_name\n1,Ann\n2,Bo\n3,Cy\n",
            "stay": "stay_id,guest_id,since,total_price\n1,1,2024-01-02,200\n2,2,2024-01-05,90.5\n3,2,2024-02-05,70\n",
            "meal_bill": "bill_id,guest_id,day,total_price\n1,1,2024-01-03,20\n2,3,2024-01-06,9.5\n3,3,2024-02-06,7\n",
        }
    )
    assert not isinstance(ask("How much money came from each guest?", view), Draft)
    assert not isinstance(ask("Which guests have spent more than 50?", view), Draft)


def test_a_word_for_money_never_counts_rows(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder({"ticket_sale": "sale_id,sold_on,channel\n1,2024-01-01,web\n2,2024-01-02,desk\n3,2024-01-03,web\n"})
    assert not isinstance(ask("ticket revenue per channel", view), Draft)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Who captained crossing 2?", [["Bo"]]),
        ("Who has captained more than one crossing?", [["Ann"], ["Cy"]]),
        ("Who cleaned the most crossings?", [["Bo"], ["Cy"]]),
        ("Which crossings had a captain who was also the cleaner?", [[2], [6]]),
        ("Counting only crossings with state sailed, how many has each captain?", [["Ann", 1], ["Bo", 1], ["Cy", 1]]),
    ],
)
def test_who_is_answered_by_a_name_through_the_part_that_was_played(
    rows_of: RowsOf, question: str, rows: list[list[object]]
) -> None:
    assert sorted(rows_of(question)) == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many tickets did we sell in April 2024?", [[3]]),
        ("How many ticket sales were there in April 2024?", [[2]]),
        ("On average, how many tickets are in one sale?", [[13 / 6]]),
        ("What is total ticket revenue divided by tickets sold per route?", [["North", 20.25], ["South", 20.25]]),
        ("Which clients bought more than 3 tickets?", [["Ida"]]),
        ("top 2 meals by portions served", [["soup", 12], ["bread", 9]]),
        ("Which meal had the most portions served?", [["soup"]]),
        ("how many portions did we serve on North crossings?", [[23]]),
        ("At unit prices, what is our stock of meals worth?", [[128.0]]),
    ],
)
def test_what_a_row_says_so_many_of_is_added_up(rows_of: RowsOf, question: str, rows: list[list[object]]) -> None:
    assert rows_of(question) == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which crossings depart in the next two weeks?", [[4]]),
        ("How many crossings depart within the next 30 days?", [[2]]),
        (
            "Which planned crossings depart in the next 2 months? Give route and date.",
            [["South", "2024-06-20"], ["North", "2024-07-10"]],
        ),
        ("For every client, when was their last ticket sold?", _LAST_BOUGHT),
        ("When did each client last buy a ticket?", _LAST_BOUGHT),
        ("Which crossing took the longest from departure to arrival?", [[2]]),
        ("How many crossings planned for 2024 got cancelled?", [[1]]),
    ],
)
def test_days_to_come_and_days_of_each_are_read(rows_of: RowsOf, question: str, rows: list[list[object]]) -> None:
    assert sorted(rows_of(question)) == sorted(rows)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How often was each coupon code used?", [["SPRING", 2], ["FRIEND", 1]]),
        ("How often did each client buy?", [["Ida", 2], ["Jon", 1], ["Kay", 1], ["Moe", 1]]),
        ("How many sales used a coupon code?", [[3]]),
        ("What percentage of sales used a coupon code?", [[50.0]]),
        ("How many clients joined the newsletter but have no email on file?", [[1]]),
        ("Sales without a client: how many are there and how much were they worth in total?", [[1, 20.25]]),
        ("list the meals with price and stock", [["bread", 1.5, 30], ["fish pie", 9.5, 4], ["soup", 4.5, 10]]),
        ("List the crossings to the South with their route", [[3, "South"], [4, "South"], [6, "South"]]),
        ("List the crossings to the South with their state", [[3, "cancelled"], [4, "planned"], [6, "sailed"]]),
    ],
)
def test_what_is_written_in_a_column_is_a_fact_and_can_be_listed(
    rows_of: RowsOf, question: str, rows: list[list[object]]
) -> None:
    assert rows_of(question) == rows


@pytest.mark.parametrize(
    "question",
    [
        "how many units of soup did we sell?",
        "How often did each client cancel?",
        "which portions are the most popular?",
        "When did each client last complain?",
        "Which stock units are the most popular?",
    ],
)
def test_a_deed_or_a_thing_that_nothing_tells_is_not_answered(ask: Ask, ferry: FolderView, question: str) -> None:
    assert not isinstance(ask(question, ferry), Draft)


def test_a_condition_is_not_shown_beside_what_is_asked_for(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {
            "tour": "tour_id,title,starts_on,price_per_child\n1,Caves,2024-01-02,12.50\n2,Cliffs,2024-01-03,22.50\n"
            "3,Cliffs,2024-01-05,25.50\n4,Caves,2024-02-05,13.50\n"
        }
    )
    answer = ask("Which different tour titles were offered at more than 20 per child?", view)
    assert isinstance(answer, Draft), answer
    assert str(answer.spec.steps[-1].params["query"]).count("price_per_child") == 1  # in the condition alone


def test_rows_that_tie_two_tables_go_by_the_names_of_what_they_tie(ask: Ask, folder: Callable[..., FolderView]) -> None:
    players = "player_id,full_name\n1,Ann\n2,Bo\n3,Cy\n4,Di\n"
    concerts = "concert_id,title\n1,Dawn\n2,Dusk\n3,Noon\n"
    lineup = (
        "concert_id,player_id,part_name,is_guest\n1,1,violin,true\n1,2,viola,false\n1,3,violin,false\n2,4,viola,true\n"
        "3,2,violin,false\n"
    )
    view = folder({"player": players, "concert": concerts, "lineup": lineup})
    answer = ask("List the lineup of Dawn with their parts, leaving out guests.", view)
    assert isinstance(answer, Draft), answer
    query = " ".join(str(answer.spec.steps[-1].params["query"]).split())
    assert '"player"."full_name"' in query
    assert '"lineup"."part_name"' in query
    assert '"is_guest" = FALSE' in query
    counted = ask("How many guests are there?", view)
    assert isinstance(counted, Draft)
    assert "COUNT(*)" in str(counted.spec.steps[-1].params["query"])


def test_a_key_that_is_said_by_its_name_is_what_is_told_apart(ask: Ask) -> None:
    for question in ("Orders per customer_id", "Orders per customer id"):
        answer = ask(question)
        assert isinstance(answer, Draft), answer
        assert 'GROUP BY "orders"."customer_id"' in " ".join(str(answer.spec.steps[-1].params["query"]).split())


def test_a_place_of_many_rows_with_a_name_that_repeats_has_no_things_to_count_twice(
    ask: Ask, folder: Callable[..., FolderView]
) -> None:
    """A table without a key, whose rows are called by a text that repeats, and one that nothing is called by."""
    view = folder(
        {
            "river": "name,crosses,length_km\nLee,Cork,90\nLee,Macroom,90\nBandon,Innishannon,72\nBandon,Kinsale,72\n",
            "reading": "level,depth\n1,2\n1,2\n3,4\n3,4\n",
        }
    )
    counted = ask("How many rivers are there?", view)
    assert isinstance(counted, Draft)
    assert 'COUNT(DISTINCT "river"."name")' in str(counted.spec.steps[-1].params["query"])
    plain = ask("How many readings have a level over 1?", view)
    assert isinstance(plain, Draft)
    assert "COUNT(*)" in str(plain.spec.steps[-1].params["query"])
