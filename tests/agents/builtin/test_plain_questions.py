"""Plain questions of owners about their rows, over a framing workshop and a guest house; never silently wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft, Question
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_WORKSHOP = {
    "clients": (
        "client_id,full_name,town,account_rep\n1,Ada Moor,London,Lena\n2,Bob Finch,Leeds,Lena\n3,Cleo "
        "Hart,London,Otto\n"
        "4,Dan Reed,Hull,\n5,Eve Stone,Leeds,Otto\n6,Fay Lund,Hull,Otto\n"
    ),
    "framings": (
        "framing_id,client_id,framer,received_at,due_on,sent_on,state,kind,source,fee,wood_cost\n"
        "F1,1,Max,2024-01-03 09:10:00,2024-01-10,2024-01-08,sent,new,online,100.00,40.00\n"
        "F2,1,Max,2024-02-05 09:30:00,2024-02-12,2024-02-15,sent,new,online,80.00,30.00\n"
        "F3,2,Ivy,2024-02-20 14:00:00,2024-02-27,2024-02-27,sent,redo,counter,300.00,120.00\n"
        "F4,3,Ivy,2024-03-01 09:45:00,2024-03-08,,cancelled,new,counter,400.00,10.00\n"
        "F5,3,Max,2024-04-02 16:00:00,2024-04-09,2024-04-12,sent,new,online,90.00,20.00\n"
        "F6,1,Ivy,2024-05-06 09:00:00,2024-05-13,2024-05-20,sent,redo,online,150.00,50.00\n"
        "F7,2,Max,2024-05-20 11:00:00,2024-05-27,,on hold,new,counter,20.00,15.00\n"
        "F8,5,Ivy,2024-06-10 14:20:00,2024-06-17,,begun,new,online,70.00,25.00\n"
        "F9,4,Max,2024-06-12 10:00:00,2024-06-19,,begun,new,online,10.00,5.00\n"
    ),
    "invoices": (
        "invoice_id,framing_id,invoice_date,due_date,paid_date,total\n"
        "I1,F1,2024-01-09,2024-02-08,2024-01-19,100.00\nI2,F2,2024-02-16,2024-03-17,2024-03-27,80.00\n"
        "I3,F3,2024-02-28,2024-03-29,,300.00\nI4,F5,2024-04-13,2024-05-13,2024-06-12,90.00\n"
        "I5,F6,2024-05-21,2024-06-20,,150.00\n"
    ),
}
_HOUSE = {
    "guests": "guest_id,full_name,town\n1,Ana,Bonn\n2,Ben,Bonn\n3,Cis,Ulm\n",
    "stays": (
        "stay_id,guest_id,booked_on,arrival,departure,state,lodging_fee\n"
        "1,1,2024-01-10,2024-03-01,2024-03-04,completed,90.00\n2,1,2024-03-20,2024-04-10,2024-04-12,cancelled,60.00\n"
        "3,2,2024-04-01,2024-04-20,2024-04-27,completed,210.00\n4,3,2024-05-05,2024-07-01,2024-07-11,planned,300.00\n"
        "5,2,2024-06-01,2024-08-03,2024-08-05,planned,60.00\n"
    ),
    "extras": (
        "extra_id,stay_id,given_on,service,quantity,price_each\n1,1,2024-03-02,Breakfast,2,8.00\n"
        "2,3,2024-04-21,Breakfast,3,8.00\n3,3,2024-04-22,Bike,1,15.00\n4,1,2023-12-30,Bike,1,15.00\n"
    ),
    "payments": (
        "payment_id,stay_id,paid_on,method,amount\n1,1,2024-03-01,cash,50.00\n2,1,2024-03-04,card,40.00\n"
        "3,3,2024-04-27,cash,100.00\n"
    ),
    "boilers": "boiler_no,label,last_inspection\n1,Attic,2023-01-10\n2,Cellar,2024-05-01\n3,Kitchen,\n",
}


@pytest.fixture
def workshop(folder: Folder) -> FolderView:
    return folder(_WORKSHOP)


@pytest.fixture
def house(folder: Folder) -> FolderView:
    return folder(_HOUSE)


def _rows(view: FolderView, drafted: object) -> list[tuple[object, ...]]:
    assert isinstance(drafted, Draft), drafted
    return sorted((tuple(row) for row in rows_of(view, drafted)), key=str)


_LEFT_OUT = (
    "total fee per framer, cancelled ones aside",
    "total fee per framer, cancelled ones left out",
    "total fee per framer, cancelled ones are left out here",
    "total fee per framer, canceled ones excluded?",
    "total fee per framer, cancelled ones don't count",
    "total fee per framer, cancelled ones not included",
    "total fee per framer, cancelled ones should not be counted",
    "total fee per framer, cancelled framings out",
    "total fee per framer, leave the cancelled ones out please",
    "total fee per framer, without the cancelled ones",
    "total fee per framer, no cancelled framings",
    "total fee per framer, but not the cancelled ones",
    "total fee per framer (cancelled ones skipped)",
    "total fee per framer - never mind the cancelled ones",
    "total fee per framer. Please ignore the cancelled ones.",
    "total fee per framer? Please don't count anything that was cancelled.",
    "total fee per framer, i.e. without the cancelled ones",
    "total fee per framer cancelled ones ignored",
    "Cancelled ones aside, what is the total fee per framer?",
    "Not counting cancelled framings, what is the total fee per framer?",
)


@pytest.mark.parametrize("question", _LEFT_OUT)
def test_what_does_not_count_is_left_out_however_it_is_said(ask: Ask, workshop: FolderView, question: str) -> None:
    drafted = ask(question, workshop)
    assert _rows(workshop, drafted) == [("Ivy", 520.0), ("Max", 300.0)]
    assert isinstance(drafted, Draft)
    assert not any("remark" in said for said in drafted.assumptions)


@pytest.mark.parametrize(
    "question",
    [
        "total fee per framer, cancelled ones counted too",
        "total fee per framer, cancelled ones included",
        "total fee per framer, cancelled ones count as well",
        "total fee per framer, with the cancelled ones",
        "total fee per framer, also the cancelled ones",
        "total fee per framer, any status",
        "total fee per framer, whatever the state",
        "total fee per framer, whatever became of them",
        "total fee per framer. Any status is fine.",
        "total fee per framer, in every state",
    ],
)
def test_what_counts_too_leaves_nothing_out(ask: Ask, workshop: FolderView, question: str) -> None:
    assert _rows(workshop, ask(question, workshop)) == [("Ivy", 920.0), ("Max", 300.0)]


@pytest.mark.parametrize(
    "question",
    [
        "total fee of sent framings per framer, cancelled ones counted too",
        "total fee of sent framings per framer, any status",
    ],
)
def test_what_is_to_count_too_and_would_not_is_asked(ask: Ask, workshop: FolderView, question: str) -> None:
    asked = ask(question, workshop)
    assert isinstance(asked, Question), asked
    assert "more rows count" in asked.text


@pytest.mark.parametrize(
    "question",
    [
        "total fee per framer, frames included",
        "total fee per framer, e.g. without the cancelled ones",
        "total fee per framer, i.e. only those that were sent",
        "total fee per framer, regardless of the source except online",
        "total fee per framer, cancelled ones never included",
    ],
)
def test_a_restriction_is_never_taken_as_a_remark(ask: Ask, workshop: FolderView, question: str) -> None:
    drafted = ask(question, workshop)
    if isinstance(drafted, Draft):
        assert _rows(workshop, drafted) != [("Ivy", 920.0), ("Max", 300.0)]
        assert not any("remark" in said for said in drafted.assumptions)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("biggest client by fees", [("Cleo Hart",)]),
        ("biggest client by fees, cancelled ones excluded", [("Ada Moor",)]),
        ("which client has the highest fees", [("Cleo Hart",)]),
        ("smallest framer by fees", [("Max",)]),
        (
            "when did each account rep last get a framing in?",
            [("Lena", "2024-05-20T11:00:00"), ("Otto", "2024-06-10T14:20:00")],
        ),
        ("percent redos among framings received in 2024, without the cancelled ones", [(25.0,)]),
        ("percentage of framings that were redos, only the sent ones", [(40.0,)]),
        ("Of the sent framings, what percentage left after the due date?", [(60.0,)]),
        (
            "Of the sent framings, what percentage left after the due date, online versus counter?",
            [("counter", 0.0), ("online", 75.0)],
        ),
        ("what percentage of sent framings went out late?", [(60.0,)]),
        ("average days from arrival to sending", [(9.2,)]),
        ("Which client takes the longest on average between invoice date and payment?", [("Cleo Hart",)]),
        (
            (
                "Which client takes the longest on average between invoice date and payment, only those with at least "
                "two invoices?"
            ),
            [("Ada Moor",)],
        ),
        ("how much is unpaid and past due right now?", [(300.0,)]),
        ("total fees minus wood cost of sent framings", [(460.0,)]),
        ("framings sent in May 2024: total fees minus wood cost", [(100.0,)]),
        ("difference between total fees and total wood cost of sent framings", [(460.0,)]),
        ("what hour of the day do most framings come in?", [(9,)]),
        ("which clients never sent us a single framing?", [("Fay Lund",)]),
        ("Which clients have more than two framings, and how many?", [("Ada Moor", 3)]),
        ("Londoners with more than two framings", [("Ada Moor",)]),
        ("average fee for online framings and for counter ones", [("counter", 240.0), ("online", 500 / 6)]),
    ],
)
def test_questions_about_the_workshop_are_answered(
    ask: Ask, workshop: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert _near(_rows(workshop, ask(question, workshop)), rows)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("avg nights for stays starting april 2024, cancelled ones left out", [(7.0,)]),
        ("How many nights are there in total for stays arriving in July or August this year?", [(12,)]),
        ("how many stays of seven nights or more", [(2,)]),
        ("how many stays have more than 7 nights", [(1,)]),
        ("How many days before arrival do guests book on average?", [(42.2,)]),
        ("longest gap in days between booking and arrival, any state", [(63,)]),
        ("guests with at least two bookings", [("Ana",), ("Ben",)]),
        ("which guest had the most bookings in May 2024", [("Cis",)]),
        ("income from each kind of extra so far this year", [("Bike", 15.0), ("Breakfast", 40.0)]),
        ("how much cash did we take in April 2024?", [(100.0,)]),
        (
            "for all stays that were completed, total of the lodging fee minus what's been paid on them so far",
            [(110.0,)],
        ),
        ("boilers whose last inspection is over a year ago or missing", [("Attic",), ("Kitchen",)]),
        (
            "Which boilers have no inspection on file or had their last one before 1 May 2024?",
            [("Attic",), ("Kitchen",)],
        ),
        ("boilers whose last inspection is more than a month ago", [("Attic",), ("Cellar",)]),
        ("which guest cancelled the most stays, all their stays together?", [("Ana",)]),
        ("how much did each town bring in on lodging fees, cancelled ones aside", [("Bonn", 360.0), ("Ulm", 300.0)]),
    ],
)
def test_questions_about_the_house_are_answered(
    ask: Ask, house: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert _near(_rows(house, ask(question, house)), rows)


@pytest.mark.parametrize(
    "question",
    [
        "revenue in 2024",
        "what does a night cost",
        "price per night",
        "lodging fee minus what has been paid in 2024",
    ],
)
def test_what_the_house_cannot_tell_is_not_answered(ask: Ask, house: FolderView, question: str) -> None:
    assert not isinstance(ask(question, house), Draft)


def test_going_out_late_is_not_coming_back_late(ask: Ask, folder: Folder) -> None:
    lent = folder(
        {
            "tools": "tool_id,label\n1,Saw\n2,Drill\n",
            "loans": (
                "loan_id,tool_id,asked_on,out_at,due_back,back_at\n1,1,2024-01-01,2024-01-02,2024-01-05,2024-01-07\n"
                "2,2,2024-02-01,2024-02-03,2024-02-06,2024-02-06\n3,1,2024-02-05,2024-02-08,2024-02-10,2024-02-12\n"
            ),
        }
    )
    assert _rows(lent, ask("how many loans that went out in February 2024 came back late?", lent)) == [(1,)]
    assert not isinstance(ask("how many loans went out late", lent), Draft)


def _near(found: list[tuple[object, ...]], rows: list[tuple[object, ...]]) -> bool:
    def same(one: object, other: object) -> bool:
        if isinstance(one, int | float) and isinstance(other, int | float):
            return abs(one - other) < 1e-6
        return one == other

    return len(found) == len(rows) and all(
        len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
        for a, b in zip(found, rows, strict=True)
    )
