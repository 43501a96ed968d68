"""Messages that tell more than they ask: the question is answered, and what was only told is said to be so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_STABLE = {
    "rider": (
        "rider_id,full_name,town,joined_on\n1,Ida Moss,Leeds,2022-01-05\n2,Jon Park,York,2022-03-01\n"
        "3,Kay Reed,Leeds,2023-02-01\n4,Lou Shaw,Selby,2023-05-01\n"
    ),
    "horse": "horse_id,horse_name,breed\n1,Bramble,Cob\n2,Comet,Arab\n3,Dusty,Cob\n",
    "lesson": (
        "lesson_id,rider_id,horse_id,lesson_date,fee,state\n1,1,1,2024-03-02,40.00,done\n2,1,1,2024-03-09,40.00,done\n"
        "3,1,2,2024-04-06,45.00,cancelled\n4,2,2,2024-04-13,45.00,done\n5,2,1,2024-05-04,40.00,done\n"
        "6,3,1,2024-05-11,40.00,cancelled\n7,3,2,2024-05-18,45.00,done\n8,1,1,2023-05-18,35.00,done\n"
    ),
}


@pytest.fixture
def stable(folder: Folder) -> FolderView:
    return folder(_STABLE)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (
            "How many lessons were done in April 2024?",
            "My wife does the books and keeps nagging me about it. How many lessons were done in April 2024?",
        ),
        (
            "How many lessons were done in April 2024?",
            (
                "Good morning! I need to write the rota and can't decide. How many lessons were done in "
                "April 2024? Thanks a lot!"
            ),
        ),
        (
            "total fee by horse",
            "what is the total fee by horse? I'd like to sell one of them, but my daughter would never forgive me",
        ),
        (
            "which rider had the most lessons?",
            "want to give somebody a little rosette at the fair - which rider had the most lessons?",
        ),
        (
            "How many lessons were there per breed?",
            "Sue claims nobody likes the big ones. I don't believe it, so: how many lessons were there per breed?",
        ),
        (
            "How many riders live in Leeds?",
            "How many riders live in Leeds, because I want to run a minibus from there?",
        ),
        (
            "total fee in May 2024",
            "It felt quieter this spring, though the weather might fool me. Total fee in May 2024? No hurry.",
        ),
        (
            "list the riders without lessons",
            "I'm afraid the new yard takes people away. Can you list the riders without lessons? I should ring them.",
        ),
    ],
)
def test_what_is_only_told_changes_no_figure(ask: Ask, stable: FolderView, plain: str, message: str) -> None:
    asked = ask(plain, stable)
    told = ask(message, stable)
    assert isinstance(asked, Draft)
    assert isinstance(told, Draft)
    assert rows_of(stable, told) == rows_of(stable, asked)
    assert any("is taken as a remark" in said for said in told.assumptions)
    assert told.spec.request == message
    assert told.spec.assumptions == told.assumptions


@pytest.mark.parametrize(
    ("message", "rows"),
    [
        ("How many lessons did we have in 2024? Please ignore the cancelled ones, those were rained off.", [(5,)]),
        ("I was just wondering: how many lessons did we have in 2024? Leave the cancelled ones out.", [(5,)]),
        ("We had a hard winter. How many lessons were there in 2024? Only done lessons please.", [(5,)]),
        ("how many lessons in 2024, cancelled ones counted too since they also make work", [(7,)]),
        ("Hello, how many lessons in May 2024? Any status is fine. My accountant wants it by Friday.", [(3,)]),
        (
            "drivers blame each other again, so how many lessons were there in 2024? cancelled ones can stay away",
            [(5,)],
        ),
        (
            "How many lessons in 2024? Cancelled lessons can be skipped. Whole time we have on file, please.",
            [(5,)],
        ),
        (
            "Which riders had more than one lesson in 2024, and how many? I would like to thank them in person.",
            [("Ida Moss", 3), ("Jon Park", 2), ("Kay Reed", 2)],
        ),
    ],
)
def test_what_is_said_of_the_rows_that_count_holds(
    ask: Ask, stable: FolderView, message: str, rows: list[tuple[object, ...]]
) -> None:
    told = ask(message, stable)
    assert isinstance(told, Draft), told
    assert sorted(map(tuple, rows_of(stable, told))) == rows


@pytest.mark.parametrize(
    "message",
    [
        # What is told speaks of the rows that the question points at.
        "The riders from Leeds complain a lot. How many of them had lessons in 2024?",
        # Two questions at once.
        "How many lessons were done? Which rider had the most lessons?",
        # Nobody can tell whether this is a condition.
        "Without saddle. How many lessons were there in 2024?",
        "How many lessons were there in 2024? Not the long ones.",
        "How many lessons were there in 2024? Double the fee for Sundays.",
        # Some are to count that the question leaves out.
        "How many done lessons were there in 2024, also the cancelled ones?",
    ],
)
def test_what_may_say_which_rows_are_meant_is_never_left_aside(ask: Ask, stable: FolderView, message: str) -> None:
    assert not isinstance(ask(message, stable), Draft)


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("The Leeds riders worry me. How many lessons did we have in 2024?", "how many lessons did we have in 2024"),
        ("We sold Comet to a school. How much did the lessons bring in?", "total fee"),
        ("Last May was awful. How many lessons did we have?", "how many lessons did we have"),
    ],
)
def test_a_value_or_a_time_that_was_told_is_asked_about(ask: Ask, stable: FolderView, message: str, plain: str) -> None:
    asked = ask(message, stable)
    assert isinstance(asked, Question)
    assert asked.key == "aside"
    answered = ask(message, stable, answers={"aside": "yes"})
    expected = ask(plain, stable)
    assert isinstance(answered, Draft)
    assert isinstance(expected, Draft)
    assert rows_of(stable, answered) == rows_of(stable, expected)


@pytest.mark.parametrize(
    "message",
    [
        "Delete the cancelled lessons. How many lessons are left?",
        "My vet costs a fortune. What is our profit per horse?",
        "The hay is getting expensive. How much hay did we buy in May?",
    ],
)
def test_a_message_whose_question_the_data_cannot_answer_is_refused(ask: Ask, stable: FolderView, message: str) -> None:
    assert isinstance(ask(message, stable), Refusal)
