"""Between a question and its reading nothing is left over: what is left over is put to the person in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.contract import Draft, Question

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_STUDIO = {
    "potters": (
        "id,full_name,town,joined_on,mentor_id\n1,Ana Reyes,Rome,2023-01-05,\n2,Bo Lund,Oslo,2023-06-01,1\n"
        "3,Cy Marsh,Oslo,2024-02-01,1\n4,Di Okoro,Rome,2024-03-01,2\n5,Ed Pryce,Bern,2024-04-01,\n"
    ),
    "workshops": (
        "id,title,level,fee,places,retired_on\n1,Raku,beginner,90,8,\n2,Glazing,advanced,120,6,2024-03-01\n"
        "3,Throwing,beginner,80,10,\n4,Slipcasting,advanced,150,4,\n"
    ),
    "seats": (
        "id,potter_id,workshop_id,booked_on,starts_on,attended,paid_on,due_on,amount,method\n"
        "1,1,1,2024-01-02,2024-02-01,Y,2024-01-09,2024-01-20,90,card\n"
        "2,1,2,2024-01-05,2024-03-01,N,,2024-02-20,120,cash\n"
        "3,2,1,2024-02-01,2024-02-01,Y,2024-03-01,2024-02-20,90,card\n"
        "4,2,3,2024-03-01,2024-05-01,N,2024-03-05,2024-03-20,80,cash\n"
        "5,3,3,2024-03-02,2024-05-01,Y,,2024-07-20,80,card\n"
        "6,3,1,2024-05-02,2024-06-01,Y,2024-05-05,2024-05-20,90,card\n"
    ),
    "kiln_orders": (
        "order_no,potter_id,ordered_on,quantity,total\n1,1,2024-01-02,3,30.5\n2,1,2024-02-02,1,12.0\n"
        "3,2,2024-02-05,7,77.0\n4,4,2024-05-05,2,20.0\n"
    ),
    "clays": "id,clay_name,kind,price_per_kg\n1,Red,earthenware,2.5\n2,White,stoneware,4.0\n3,Bone,porcelain,9.5\n",
    "batches": "id,clay_id,potter_id,kg,mixed_on\n1,1,1,5.5,2024-01-02\n2,1,2,7.5,2024-02-02\n3,2,2,3.25,2024-02-03\n",
}


@pytest.fixture
def studio(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_STUDIO)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        # What is said and not held.
        ("What is the median total fee of beginner workshops?", "median"),
        ("How many seats were attended and paid by card, retired workshops excluded or not?", ""),
        ("Which potters have never attended a workshop?", "attended"),
        ("Number of potters with and without kiln orders", "with and without"),
        ("Number of potters by number of kiln orders", "number of"),
        ("Which potters actually ordered?", "actually"),
        ("Which workshops were booked by every potter?", "every"),
        # What is held and not said.
        ("Which potters paid by card and by cash?", ""),
        ("How many kilns did we order in 2024?", ""),
        ("Potters whose first kiln order was in January 2024", "first of all"),
        ("Kiln order total per workshop", ""),
        ("Which clay is the dearest per kg?", ""),
        ("Which towns have potters but no Cy Marsh among them?", ""),
        ("Who booked the most seats on Mondays per workshop?", ""),
        ("Number of kiln orders per potter in 2024, including potters without any", "without any"),
        # A choice among equals.
        ("How many seats in March 2024?", "day"),
        ("How many potters in 2024?", "joined_on"),
        ("Who are our newest potters?", "how many"),
        # A reading that finds nothing.
        ("Which potters from Rome have a seat paid by cash in May 2024?", ""),
    ],
)
def test_what_is_left_over_is_never_answered_silently(ask: Ask, studio: FolderView, question: str, names: str) -> None:
    drafted = ask(question, studio)
    assert not isinstance(drafted, Draft), drafted.reading
    told = drafted.text if isinstance(drafted, Question) else drafted.message
    assert names.lower() in told.lower()


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many seats were booked in March 2024?", [[2]]),
        ("How many seats start in May 2024?", [[2]]),
        ("How many potters joined in 2024?", [[3]]),
        ("How many new potters in 2024?", [[3]]),
        ("Which potters have never ordered?", [["Cy Marsh"], ["Ed Pryce"]]),
        ("Median fee of beginner workshops", [[85.0]]),
        ("How many seats are overdue?", [[1]]),
        ("Total amount of overdue seats", [[120]]),
        ("How many more kiln orders were placed in February 2024 than in January?", [[1]]),
        ("Average days from booking to payment", [[10.75]]),
        ("Average fee of beginner workshops versus the rest", [[85.0, 135.0]]),
        ("Different levels of workshops, retired ones included", [["advanced"], ["beginner"]]),
        ("How many potters joined in H1 2024?", [[3]]),
        ("How many potters joined in the 2020s?", [[5]]),
    ],
)
def test_what_is_accounted_for_is_answered(
    ask: Ask, studio: FolderView, question: str, rows: list[list[object]] | None
) -> None:
    drafted = ask(question, studio)
    assert isinstance(drafted, Draft), drafted
    found = rows_of(studio, drafted)
    assert found if rows is None else sorted(map(list, found), key=str) == sorted(rows, key=str)


def test_a_doubted_reading_is_answered_once_it_is_confirmed(ask: Ask, studio: FolderView) -> None:
    asked = ask("Number of potters with and without kiln orders", studio)
    assert isinstance(asked, Question)
    assert asked.key == "reading"
    assert isinstance(ask("Number of potters with and without kiln orders", studio, answers={"reading": "yes"}), Draft)


def test_a_day_that_was_chosen_dates_the_answer(ask: Ask, studio: FolderView) -> None:
    asked = ask("How many seats in March 2024?", studio)
    assert isinstance(asked, Question)
    chosen = next(option.value for option in asked.options if "starts_on" in option.value)
    drafted = ask("How many seats in March 2024?", studio, answers={asked.key: chosen})
    assert isinstance(drafted, Draft)
    assert rows_of(studio, drafted) == [[1]]


def test_that_none_was_never_sold_is_an_answer(ask: Ask, folder: Callable[..., FolderView]) -> None:
    view = folder(
        {"teas": "id,tea_name\n1,Assam\n2,Sencha\n", "sales": "id,tea_id,sold_on\n1,1,2024-01-01\n2,2,2024-01-02\n"}
    )
    assert isinstance(ask("Which teas were never sold?", view), Draft)
