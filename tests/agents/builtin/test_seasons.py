"""Seasons, parts of months and the feast days: what is one stretch of days is read, what may be two is asked."""

from __future__ import annotations

from datetime import date

import pytest
from drafted import by_hand, figures, view_of

from agents.builtin.language.periods import find_periods
from agents.contract import Draft, Question, Refusal
from tests.agents.builtin.conftest import Ask

_TODAY = date(2024, 6, 15)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("in summer 2023", date(2023, 6, 1), date(2023, 9, 1)),
        ("in the autumn of 2022", date(2022, 9, 1), date(2022, 12, 1)),
        ("last summer", date(2023, 6, 1), date(2023, 9, 1)),
        ("last spring", date(2024, 3, 1), date(2024, 6, 1)),
        ("this summer", date(2024, 6, 1), date(2024, 9, 1)),
        ("since spring 2023", date(2023, 3, 1), None),
        ("before summer 2023", None, date(2023, 6, 1)),
        ("after summer 2023", date(2023, 9, 1), None),
        ("in winter 2023/24", date(2023, 12, 1), date(2024, 3, 1)),
        ("in the first half of May", date(2024, 5, 1), date(2024, 5, 16)),
        ("in the second half of February 2024", date(2024, 2, 16), date(2024, 3, 1)),
        ("last weekend", date(2024, 6, 8), date(2024, 6, 10)),
        ("this weekend", date(2024, 6, 15), date(2024, 6, 17)),
    ],
)
def test_a_season_or_half_a_month_is_a_stretch_of_days(said: str, start: date | None, end: date | None) -> None:
    (period,) = find_periods(f"orders {said}", _TODAY)
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize("said", ["in summer", "between spring and autumn 2023", "the last week of the summer 2023"])
def test_a_season_that_is_not_said_wholly_is_no_stretch_of_days(said: str) -> None:
    assert all(not period.note for period in find_periods(f"orders {said}", _TODAY))


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        (
            "marina",
            "how many hires started in summer 2023",
            "SELECT COUNT(*) FROM hires WHERE starts_on BETWEEN '2023-06-01' AND '2023-08-31'",
        ),
        (
            "marina",
            "how many hires started since the start of the year",
            "SELECT COUNT(*) FROM hires WHERE starts_on >= '2024-01-01'",
        ),
        (
            "clinic",
            "how many appointments were there in spring 2024",
            "SELECT COUNT(*) FROM appointments WHERE starts_at >= '2024-03-01' AND starts_at < '2024-06-01'",
        ),
        (
            "clinic",
            "appointments in the first half of April 2024",
            "SELECT id FROM appointments WHERE starts_at >= '2024-04-01' AND starts_at < '2024-04-16'",
        ),
    ],
)
def test_questions_of_a_season_are_answered(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    assert figures(view, ask(question, view)) == by_hand(view, sql)


def test_what_a_season_is_taken_to_be_is_said(ask: Ask) -> None:
    drafted = ask("how many hires started in summer 2023", view_of("marina"))
    assert isinstance(drafted, Draft)
    assert "summer 2023 is taken as June to August 2023" in drafted.assumptions


@pytest.mark.parametrize(
    ("question", "stretches"),
    [
        ("hires booked in the first week of March 2024", ["1 Mar to 7 Mar 2024", "4 Mar to 10 Mar 2024"]),
        ("hires booked in early March", ["1 Mar to 10 Mar 2024", "1 Mar to 15 Mar 2024"]),
        ("how many hires started over Christmas", ["24 Dec to 26 Dec 2023", "24 Dec 2023 to 1 Jan 2024"]),
        ("hires booked in winter 2023", ["1 Dec 2023 to 29 Feb 2024", "1 Dec 2022 to 28 Feb 2023"]),
    ],
)
def test_which_of_two_stretches_is_meant_is_asked(ask: Ask, question: str, stretches: list[str]) -> None:
    asked = ask(question, view_of("marina"))
    assert isinstance(asked, Question)
    assert [option.label.rstrip(".").partition(", ")[2] for option in asked.options] == stretches


def test_the_stretch_that_is_chosen_is_answered(ask: Ask) -> None:
    view = view_of("marina")
    question = "how many hires started over Christmas"
    asked = ask(question, view)
    assert isinstance(asked, Question)
    answer = ask(question, view, answers={asked.key: asked.options[1].value})
    sql = "SELECT COUNT(*) FROM hires WHERE starts_on BETWEEN '2023-12-24' AND '2024-01-01'"
    assert figures(view, answer) == view.connection.execute(sql).fetchall()


@pytest.mark.parametrize("question", ["hires starting over Easter", "how many hires started in summer"])
def test_days_that_no_calendar_here_tells_are_refused(ask: Ask, question: str) -> None:
    assert isinstance(ask(question, view_of("marina")), Refusal)
