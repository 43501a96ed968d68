"""Forms in which owners ask, over the little tables of a library and of a restaurant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

_LIBRARY = {
    "employees": (
        "employee_id,first_name,last_name,department,salary,manager_id,is_active,left_on\n"
        "1,Ann,Ray,Ops,5000,,true,\n2,Bob,Lee,Ops,5600,1,true,\n3,Cat,Fox,Sales,3900,2,false,2024-02-01\n"
    ),
    "loans": (
        "loan_id,member_id,book_id,loaned_on,due_on,returned_on,fee\n"
        "1,1,1,2024-01-03,2024-01-24,2024-01-20,0.50\n2,1,2,2024-02-10,2024-03-02,,1.50\n"
        "3,2,1,2024-03-15,2024-04-05,2024-04-20,0.50\n4,3,3,2023-05-20,2023-06-10,2023-06-01,2.00\n"
    ),
    "members": (
        "member_id,first_name,last_name,country,joined_on,level,email,balance\n"
        "1,Ida,Holm,Germany,2022-05-01,gold,ida@x.example,12.5\n2,Jon,Park,France,2023-07-12,silver,,3.0\n"
        "3,Kai,Ross,Germany,2024-05-10,gold,kai@x.example,0\n4,Lea,Stone,Italy,2024-02-01,silver,lea@x.example,8.0\n"
    ),
    "books": (
        "book_id,title,genre,pages,price\n1,Salt,history,320,18.5\n2,Trains,travel,210,44.0\n3,Stone,history,450,22.0\n"
    ),
}
_RESTAURANT = {
    "guests": "guest_id,full_name,newsletter\n1,Ann Ray,true\n2,Bo Lund,false\n3,Cy Moss,true\n",
    "restaurants": "restaurant_id,name,city,closed_on\n1,Harbor,Kiel,\n2,Garden,Bonn,2024-03-31\n",
    "bookings": (
        "booking_id,guest_id,restaurant_id,booked_at,visit_date,party_size,status,bill_total\n"
        "1,1,1,2024-01-02,2024-03-05,2,booked,80.5\n2,1,2,2024-02-02,2024-03-05,6,seated,50.0\n"
        "3,2,1,2024-03-02,2024-04-09,2,cancelled,\n"
    ),
}


def _rows(view: FolderView, drafted: object) -> list[tuple[object, ...]]:
    return [tuple(row) for row in rows_of(view, drafted)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("employees who earn more than their manager", [("Bob", "Lee")]),
        ("which employees earn more than 4000", [("Ann", "Ray"), ("Bob", "Lee")]),
        ("highest paid employee", [("Bob", "Lee")]),
        ("how many employees are active", [(2,)]),
        ("employees still working", [("Ann", "Ray"), ("Bob", "Lee")]),
        ("how many new members per month in 2024", [("2024-02-01", 1), ("2024-05-01", 1)]),
        ("new members this year", [(2,)]),
        (
            "members who haven't borrowed anything since March 2024",
            [("Ida", "Holm"), ("Kai", "Ross"), ("Lea", "Stone")],
        ),
        ("members who borrowed in 2023 but not in 2024", [("Kai", "Ross")]),
        ("members without an email address", [("Jon", "Park")]),
        ("how many German members are there", [(2,)]),
        ("clients with a balance over 5", [("Ida", "Holm"), ("Lea", "Stone")]),
        ("books longer than the average book", [("Stone",)]),
        ("unreturned loans", [(2,)]),
        ("loans not returned", [(2,)]),
        ("the 2 employees with the highest salary", [("Bob", "Lee", 5600), ("Ann", "Ray", 5000)]),
        ("most popular genre", [("history",)]),
        ("which month had the most loans in 2023", [("2023-05-01",)]),
        ("average fee per loan by genre", [("travel", 1.5), ("history", 1.0)]),
        ("loans per member by country", [("France", 1.0), ("Germany", 1.5)]),
    ],
)
def test_owners_are_understood(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView], question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder(_LIBRARY)
    found = _rows(view, ask(question, view))
    assert sorted(map(str, found)) == sorted(map(str, rows))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("guests who never booked", [("Cy Moss",)]),
        ("guests who booked more than once", [("Ann Ray",)]),
        ("how many visits in March", [(2,)]),
        ("closed restaurants", [("Garden",)]),
        ("open restaurants", [("Harbor",)]),
        ("top 2 guests by bill total", [("Ann Ray", 130.5), ("Bo Lund", None)]),
    ],
)
def test_a_deed_is_no_state_and_a_visit_is_no_day(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView], question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder(_RESTAURANT)
    assert sorted(map(str, _rows(view, ask(question, view)))) == sorted(map(str, rows))


@pytest.mark.parametrize(
    "question", ["largest booking", "how many days do bookings take", "days from booking to visit"]
)
def test_what_may_be_meant_in_two_ways_is_not_answered(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView], question: str
) -> None:
    assert not isinstance(ask(question, folder(_RESTAURANT)), Draft)


def test_a_definition_that_the_question_words_otherwise_is_asked_about(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView]
) -> None:
    context = "Size of a party = party_size * 2."
    drafted = ask("party size of booking 1", folder(_RESTAURANT), context=context)
    assert not isinstance(drafted, Draft)


@pytest.mark.parametrize("question", ["how many rows", "how many rows are there?", "how many records do we have"])
def test_rows_of_the_only_table_are_counted(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView], question: str
) -> None:
    view = folder({"members": _LIBRARY["members"]})
    assert _rows(view, ask(question, view)) == [(4,)]


def test_rows_of_one_of_several_tables_are_not_guessed(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView]
) -> None:
    assert not isinstance(ask("how many rows", folder(_LIBRARY)), Draft)


@pytest.mark.parametrize("question", ["list all loans", "show me the loans"])
def test_rows_that_have_no_name_are_shown_whole(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView], question: str
) -> None:
    view = folder({"loans": _LIBRARY["loans"]})
    rows = rows_of(view, ask(question, view), whole=True)
    assert len(rows) == 4
    assert {len(row) for row in rows} == {7}


def test_rows_that_have_a_name_are_listed_by_it(ask: Ask, folder: Callable[[dict[str, str]], FolderView]) -> None:
    view = folder(_LIBRARY)
    assert [len(row) for row in _rows(view, ask("list all books", view))] == [1, 1, 1]
