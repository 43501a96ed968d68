"""The first and the last time that something was done; what may be one of several days is asked."""

from __future__ import annotations

import pytest
from drafted import by_hand, figures, view_of

from agents.contract import Question, Refusal
from tests.agents.builtin.conftest import Ask

_ANA = "FROM bookings JOIN gym_members USING (member_id) WHERE full_name = 'Ana'"
_LAST_BOOKED = (
    "SELECT full_name FROM gym_members JOIN bookings USING (member_id) "
    "WHERE booked_at = (SELECT MAX(booked_at) FROM bookings)"
)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("gym", "when was the last time Ana booked", f"SELECT MAX(booked_at) {_ANA}"),
        ("gym", "when did Ana first book", f"SELECT MIN(booked_at) {_ANA}"),
        (
            "gym",
            "who joined most recently",
            "SELECT full_name FROM gym_members WHERE joined_on = (SELECT MAX(joined_on) FROM gym_members)",
        ),
        (
            "school",
            "which student enrolled most recently",
            "SELECT scStuName FROM scStudent WHERE scStuEnrolDate = (SELECT MAX(scStuEnrolDate) FROM scStudent)",
        ),
        ("gym", "which member booked last", _LAST_BOOKED),
        (
            "marina",
            "which boat was built first",
            "SELECT name FROM boats WHERE built_year = (SELECT MIN(built_year) FROM boats)",
        ),
        ("gym", "which member booked most recently", _LAST_BOOKED),
        (
            "gym",
            "first booking of each member",
            "SELECT full_name, MIN(booked_at) FROM gym_members JOIN bookings USING (member_id) GROUP BY 1",
        ),
        (
            "clinic",
            "when did Paul Adams last have an appointment",
            (
                "SELECT MAX(starts_at) FROM appointments a JOIN patients p ON p.id = a.patient_id "
                "WHERE last_name = 'Adams' AND starts_at < '2024-06-16'"
            ),
        ),
        (
            "press",
            "when was the first time we sold at a fair",
            "SELECT MIN(SoldOn) FROM CopySale WHERE Channel = 'fair'",
        ),
        (
            "press",
            "which book was published first",
            "SELECT Title FROM Book WHERE PublishedOn = (SELECT MIN(PublishedOn) FROM Book)",
        ),
        (
            "depot",
            "which part was shipped last",
            (
                "SELECT DISTINCT part_name FROM parts JOIN shipments USING (part_no) "
                "WHERE shipped_date = (SELECT MAX(shipped_date) FROM shipments)"
            ),
        ),
    ],
)
def test_the_first_and_the_last_time_are_read(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    assert figures(view, ask(question, view)) == by_hand(view, sql)


@pytest.mark.parametrize(
    ("world", "question"), [("marina", "which client joined last"), ("depot", "which supplier joined us most recently")]
)
def test_a_day_that_is_not_called_after_the_deed_is_asked_about(ask: Ask, world: str, question: str) -> None:
    asked = ask(question, view_of(world))
    assert isinstance(asked, Question)
    assert asked.text.startswith("'joined' may not be what")


def test_whether_a_booking_is_a_visit_is_asked(ask: Ask) -> None:
    view = view_of("gym")
    asked = ask("when was the last time Ana came", view)
    assert isinstance(asked, Question)
    answer = ask("when was the last time Ana came", view, answers={asked.key: asked.options[1].value})
    assert figures(view, answer) == view.connection.execute(f"SELECT MAX(booked_at) {_ANA} AND attended").fetchall()


def test_which_state_of_an_appointment_is_a_visit_is_asked(ask: Ask) -> None:
    asked = ask("when did Paul Adams last come", view_of("clinic"))
    assert isinstance(asked, Question)
    assert any("completed" in option.label for option in asked.options)


def test_what_is_booked_for_a_day_to_come_is_not_the_last_time(ask: Ask) -> None:
    view = view_of("marina")
    asked = ask("when did Ben Carr last hire a boat", view)
    assert isinstance(asked, Question)
    answer = ask("when did Ben Carr last hire a boat", view, answers={asked.key: asked.options[1].value})
    sql = (
        "SELECT MAX(starts_on) FROM hires JOIN clients USING (client_id) "
        "WHERE first_name = 'Ben' AND last_name = 'Carr' AND starts_on <= '2024-06-15'"
    )
    assert figures(view, answer) == view.connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("marina", "when did the Heron last sink"),
        ("marina", "when was the last time Ben Carr complained"),
        ("marina", "which client complained most recently"),
        ("marina", "when was the last time we cleaned the Heron"),
        ("clinic", "when did Maria Lopez last see Paul Adams"),
    ],
)
def test_a_deed_that_no_day_is_kept_of_has_no_last_time(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Refusal)
