"""Time within a row: how long, how far ahead, within days, on the same day, how late; checked against SQL by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import by_hand, figures, view_of

from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

_JOINERY = {
    "customers": (
        "customer_id,full_name,town,joined_on\n1,Ida Roe,Cork,2023-12-20\n2,Jon Poe,Cork,2024-01-02\n"
        "3,Kay Moe,Bantry,2024-02-10\n4,Lea Doe,Youghal,2024-02-11\n"
    ),
    "orders": (
        "order_id,customer_id,ordered_on,promised_on,delivered_on\n1,1,2024-01-02,2024-01-10,2024-01-09\n"
        "2,1,2024-01-05,2024-01-12,2024-01-15\n3,2,2024-02-01,2024-02-08,2024-02-08\n"
        "4,2,2024-02-20,2024-02-27,2024-03-05\n5,3,2024-03-01,2024-03-06,\n6,3,2024-03-02,2024-03-09,2024-03-02\n"
    ),
}


@pytest.fixture
def joinery(folder: Callable[[dict[str, str]], FolderView]) -> FolderView:
    return folder(_JOINERY)


_LEAD = "AVG(DATE_DIFF('day', booked_on, starts_on))"
_LONG = "DATE_DIFF('day', starts_on, ends_on)"
_ROAD = "DATE_DIFF('day', shipped_date, delivered_date)"
_BOOK = "DATE_DIFF('day', ContractedOn, PublishedOn)"


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("marina", "longest hire ever", f"SELECT hire_id FROM hires WHERE {_LONG} = (SELECT MAX({_LONG}) FROM hires)"),
        ("marina", "how long do hires last", f"SELECT AVG({_LONG}) FROM hires"),
        (
            "marina",
            "average hire in days by kind of boat",
            f"SELECT kind, AVG({_LONG}) FROM hires JOIN boats USING (boat_id) GROUP BY kind",
        ),
        ("marina", "hires of more than a week", f"SELECT hire_id FROM hires WHERE {_LONG} > 7"),
        ("marina", "how long was the longest hire", f"SELECT MAX({_LONG}) FROM hires"),
        (
            "depot",
            "which shipment took longest",
            f"SELECT shipment_id FROM shipments WHERE {_ROAD} = (SELECT MAX({_ROAD}) FROM shipments)",
        ),
        ("depot", "shipments that took more than 3 days", f"SELECT shipment_id FROM shipments WHERE {_ROAD} > 3"),
        ("depot", "how long does delivery take", f"SELECT AVG({_ROAD}) FROM shipments"),
        ("clinic", "prescriptions of more than a week", "SELECT id FROM prescriptions WHERE days > 7"),
    ],
)
def test_how_long_rows_lasted_is_read(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    assert figures(view, ask(question, view)) == by_hand(view, sql)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("marina", "how far ahead do people book on average", f"SELECT {_LEAD} FROM hires"),
        (
            "marina",
            "average lead time for dinghies",
            f"SELECT {_LEAD} FROM hires JOIN boats USING (boat_id) WHERE kind = 'dinghy'",
        ),
        ("marina", "how long after booking do hires start", f"SELECT {_LEAD} FROM hires"),
        (
            "gym",
            "how long do members wait between joining and their first booking",
            (
                "SELECT AVG(DATE_DIFF('day', joined_on, f)) FROM gym_members JOIN "
                "(SELECT member_id, MIN(booked_at) f FROM bookings GROUP BY 1) USING (member_id)"
            ),
        ),
        (
            "gym",
            "average days between joining and first payment by plan type",
            (
                "SELECT plan_type, AVG(DATE_DIFF('day', joined_on, f)) FROM gym_members JOIN "
                "(SELECT member_id, MIN(paid_at) f FROM gym_payments GROUP BY 1) USING (member_id) GROUP BY 1"
            ),
        ),
        ("depot", "how many days between shipping and delivery", f"SELECT AVG({_ROAD}) FROM shipments"),
        ("depot", "what's the longest delay between shipping and delivery", f"SELECT MAX({_ROAD}) FROM shipments"),
        (
            "press",
            "how many days pass on average between contracting and publishing by genre",
            f"SELECT Genre, AVG({_BOOK}) FROM Book GROUP BY 1",
        ),
    ],
)
def test_the_days_between_two_days_are_counted(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    assert figures(view, ask(question, view)) == by_hand(view, sql)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        (
            "marina",
            "how many hires were booked and started on the same day",
            "SELECT COUNT(*) FROM hires WHERE booked_on = starts_on",
        ),
        (
            "marina",
            "hires that started within 7 days of booking",
            "SELECT hire_id FROM hires WHERE starts_on - booked_on BETWEEN 0 AND 7",
        ),
        (
            "marina",
            "hires booked less than a week before the start",
            "SELECT hire_id FROM hires WHERE starts_on - booked_on BETWEEN 0 AND 6",
        ),
        (
            "depot",
            "how many shipments were delivered the day after shipping",
            f"SELECT COUNT(*) FROM shipments WHERE {_ROAD} = 1",
        ),
        (
            "depot",
            "shipments delivered within 3 days",
            f"SELECT shipment_id FROM shipments WHERE {_ROAD} BETWEEN 0 AND 3",
        ),
        (
            "press",
            "books published within 500 days of the contract",
            f"SELECT Title FROM Book WHERE {_BOOK} BETWEEN 0 AND 500",
        ),
    ],
)
def test_two_days_of_a_row_are_set_against_each_other(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    found = by_hand(view, sql)
    answer = ask(question, view) if found else ask(question, view, answers={"reading": "yes"})
    assert figures(view, answer) == found


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("how many orders arrived late", [(2,)]),
        ("orders delivered more than 3 days late", [(4,)]),
        ("orders up to 3 days late", [(2,)]),
        ("how many orders came in after the promised date", [(2,)]),
        ("orders delivered more than 3 days after the promised date", [(4,)]),
        ("orders delivered the day they were ordered", [(6,)]),
        ("how soon after joining do customers order", [(21.0,)]),
        ("how long do Cork customers wait between ordering and delivery", [(9.5,)]),
    ],
)
def test_what_was_late_is_told_by_the_day_it_was_planned_for(
    ask: Ask, joinery: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert figures(joinery, ask(question, joinery)) == rows


def test_whether_those_in_time_lower_the_average_delay_is_asked(ask: Ask, joinery: FolderView) -> None:
    asked = ask("how late are orders on average", joinery)
    assert isinstance(asked, Question)
    found = [
        figures(joinery, ask("how late are orders on average", joinery, answers={asked.key: option.value}))
        for option in asked.options
    ]
    assert found == [[(5.0,)], [(pytest.approx(2 / 5),)]]  # 3 and 7 days late; with -1, 0 and -7


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("clinic", "which appointment ran longest"),
        ("clinic", "how long do appointments last"),
        ("marina", "hires lasting a month"),
        ("marina", "how long between cleaning and hiring"),
        ("marina", "how long do clients wait"),
        ("marina", "hires booked and cleaned on the same day"),
        ("marina", "hires that started within a month of booking"),
        ("depot", "how many shipments were delivered late"),
        ("depot", "shipments shipped in 2 days"),
        ("gym", "average days between joining and first payment by card"),
        ("gym", "average days between joining and first payment in 2024"),
    ],
)
def test_no_time_is_told_that_the_data_does_not_hold(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Refusal)


@pytest.mark.parametrize("question", ["orders not delivered within 5 days", "orders never delivered late"])
def test_what_was_not_done_at_all_is_not_taken_for_late_or_in_time(
    ask: Ask, joinery: FolderView, question: str
) -> None:
    assert not isinstance(ask(question, joinery), Draft)
