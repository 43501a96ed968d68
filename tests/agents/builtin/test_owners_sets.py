"""Owners' questions about sets of people and things: alike, how often, both, one of two, still there.

Each answer is compared with what SQL written by hand gives over the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from drafted import rows_of, view_of

from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask


def _answers(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    drafted = ask(question, view)
    assert isinstance(drafted, Draft), drafted
    expected = view.connection.execute(sql).fetchall()
    assert _written(rows_of(view, drafted, whole=True)) == _written(expected)


def _written(rows: Iterable[Iterable[object]]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(value) for value in row) for row in rows)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        (
            "marina",
            "clients with the same last name",
            (
                "SELECT c.last_name, c.first_name, c.last_name FROM clients c WHERE EXISTS (SELECT 1 FROM clients o "
                "WHERE o.last_name = c.last_name AND o.client_id <> c.client_id)"
            ),
        ),
        (
            "marina",
            "do any two clients have the same name?",
            (
                "SELECT c.* FROM clients c WHERE EXISTS (SELECT 1 FROM clients o WHERE o.last_name = c.last_name "
                "AND o.first_name = c.first_name AND o.client_id <> c.client_id)"
            ),
        ),
        ("marina", "which clients share an email", "SELECT 1 WHERE FALSE"),
        (
            "marina",
            "how many clients share a surname",
            (
                "SELECT COUNT(*) FROM clients c WHERE EXISTS (SELECT 1 FROM clients o WHERE o.last_name = c.last_name "
                "AND o.client_id <> c.client_id)"
            ),
        ),
        (
            "marina",
            "clients from Deal who share a last name",
            (
                "SELECT c.last_name, c.first_name, c.last_name FROM clients c WHERE town = 'Deal' AND EXISTS (SELECT 1 "
                "FROM clients o WHERE o.last_name = c.last_name AND o.client_id <> c.client_id AND o.town = 'Deal')"
            ),
        ),
        (
            "depot",
            "parts from the same supplier",
            (
                "SELECT s.company_name, p.part_name FROM parts p JOIN suppliers s USING (supplier_id) WHERE EXISTS "
                "(SELECT 1 FROM parts o WHERE o.supplier_id = p.supplier_id AND o.part_no <> p.part_no)"
            ),
        ),
        (
            "depot",
            "parts made of the same material",
            (
                "SELECT p.material, p.part_name FROM parts p WHERE EXISTS (SELECT 1 FROM parts o WHERE "
                "o.material = p.material AND o.part_no <> p.part_no)"
            ),
        ),
        (
            "press",
            "is any author listed twice",
            (
                'SELECT * FROM "Author" a WHERE EXISTS (SELECT 1 FROM "Author" o WHERE o."PenName" = a."PenName" '
                'AND o."AuthorID" <> a."AuthorID")'
            ),
        ),
        ("gym", "is anyone listed twice", "SELECT 1 WHERE FALSE"),
        ("press", "duplicate emails", "SELECT 1 WHERE FALSE"),
        (
            "clinic",
            "patients who came twice on the same day",
            (
                "SELECT p.first_name, p.last_name, CAST(starts_at AS DATE), COUNT(*) FROM appointments a "
                "JOIN patients p ON p.id = a.patient_id WHERE status = 'completed' "
                "GROUP BY p.id, 1, 2, 3 HAVING COUNT(*) >= 2"
            ),
        ),
        (
            "gym",
            "members who booked two classes on the same day",
            (
                "SELECT m.full_name, CAST(booked_at AS DATE), COUNT(*) FROM bookings b JOIN gym_members m "
                "USING (member_id) GROUP BY m.member_id, 1, 2 HAVING COUNT(*) >= 2"
            ),
        ),
        ("gym", "people who paid twice on the same day", "SELECT 1 WHERE FALSE"),
        (
            "depot",
            "parts shipped twice on the same day",
            (
                "SELECT p.part_name, s.shipped_date, COUNT(*) FROM shipments s JOIN parts p USING (part_no) "
                "GROUP BY p.part_no, 1, 2 HAVING COUNT(*) >= 2"
            ),
        ),
    ],
)
def test_what_several_rows_have_in_common_is_shown_with_who_they_are(
    ask: Ask, world: str, question: str, sql: str
) -> None:
    _answers(ask, world, question, sql)


def test_capitals_and_blanks_do_not_hide_a_duplicate_and_nothing_is_no_duplicate(
    ask: Ask, folder: Callable[[dict[str, str]], FolderView]
) -> None:
    view = folder(
        {
            "guests": "guest_id,full_name,phone\n1,Ann Lee,555 1\n2,ann lee ,\n3,Bo Ray,555 2\n4,Cy Fox,\n"
            "5,Di Orr,555 1\n",
        }
    )
    drafted = ask("guests with the same name", view)
    assert isinstance(drafted, Draft), drafted
    assert {row[0] for row in rows_of(view, drafted)} == {1, 2}
    drafted = ask("guests with the same phone", view)
    assert isinstance(drafted, Draft), drafted
    assert [tuple(row) for row in rows_of(view, drafted)] == [("555 1", "Ann Lee"), ("555 1", "Di Orr")]
    asked = ask("is anyone listed twice", view)
    assert isinstance(asked, Question), asked
    assert len(asked.options) == 2


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("marina", "clients who share a boat"),
        ("marina", "clients with the same boat"),
        ("school", "students in the same grade as Bo Chen"),
        ("marina", "clients who hired the same boat"),
        ("marina", "how many duplicate emails are there"),
    ],
)
def test_what_no_column_of_the_rows_tells_is_no_sharing(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Question | Refusal)


def test_a_share_of_the_whole_stays_a_percentage(ask: Ask, shop: FolderView) -> None:
    drafted = ask("what share of customers are in Milan", shop)
    assert isinstance(drafted, Draft), drafted
    assert drafted.reading == "Percentage of customers where city is Milan."


_ONCE = "(SELECT COUNT(*) FROM hires h WHERE h.client_id = c.client_id)"
_CAME = "(SELECT COUNT(*) FROM hires h WHERE h.client_id = c.client_id AND state = 'completed')"
_NAMES = "SELECT c.first_name, c.last_name FROM clients c WHERE "


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("marina", "how many clients only hired once", f"SELECT COUNT(*) FROM clients c WHERE {_ONCE} = 1"),
        ("marina", "clients who only hired a boat once", f"{_NAMES} {_ONCE} = 1"),
        ("marina", "who never came back", f"{_NAMES} {_CAME} = 1"),
        ("marina", "clients who came back", f"{_NAMES} {_CAME} > 1"),
        ("marina", "repeat clients from Deal", f"{_NAMES} town = 'Deal' AND {_ONCE} > 1"),
        ("marina", "clients who came back, i.e. at least three hires", f"{_NAMES} {_ONCE} >= 3"),
        ("marina", "how many repeat customers do we have", f"SELECT COUNT(*) FROM clients c WHERE {_ONCE} > 1"),
        ("marina", "people who hired a boat at least three times", f"{_NAMES} {_ONCE} >= 3"),
        (
            "shop",
            "customers who never came back",
            (
                "SELECT name FROM customers c WHERE (SELECT COUNT(*) FROM orders o WHERE "
                "o.customer_id = c.customer_id) = 1"
            ),
        ),
        (
            "clinic",
            "how many patients came only once",
            (
                "SELECT COUNT(*) FROM patients p WHERE (SELECT COUNT(*) FROM appointments a WHERE a.patient_id = p.id "
                "AND status = 'completed') = 1"
            ),
        ),
        (
            "marina",
            "clients who cancelled a hire more than once",
            f"{_NAMES} (SELECT COUNT(*) FROM hires h WHERE h.client_id = c.client_id AND state = 'cancelled') > 1",
        ),
        (
            "gym",
            "members who attended at least two times",
            (
                "SELECT full_name FROM gym_members m WHERE (SELECT COUNT(*) FROM bookings b WHERE "
                "b.member_id = m.member_id AND attended) >= 2"
            ),
        ),
        (
            "clinic",
            "patients who haven't been back since March",
            (
                "SELECT first_name, last_name FROM patients p WHERE NOT EXISTS (SELECT 1 FROM appointments a WHERE "
                "a.patient_id = p.id AND starts_at >= '2024-03-01')"
            ),
        ),
        ("depot", "which parts were shipped only once", "SELECT 1 WHERE FALSE"),
        (
            "gym",
            "members who came only once",
            (
                "SELECT full_name FROM gym_members m WHERE (SELECT COUNT(*) FROM bookings b WHERE "
                "b.member_id = m.member_id AND attended) = 1"
            ),
        ),
    ],
)
def test_how_often_somebody_came_is_how_many_rows_there_are(ask: Ask, world: str, question: str, sql: str) -> None:
    _answers(ask, world, question, sql)


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("gym", "people who paid twice"),
        ("shop", "customers who ordered twice"),
        ("marina", "clients who hired a dinghy twice"),
        ("marina", "clients who came back in 2024"),
        ("marina", "people who hired twice in the same month"),
    ],
)
def test_a_bare_twice_and_one_of_several_days_are_asked(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Question | Refusal)


_BEEN = (
    "EXISTS (SELECT 1 FROM bookings b JOIN classes c USING (class_id) WHERE b.member_id = m.member_id "
    "AND c.class_name = '{}')"
)
_SAW = (
    "EXISTS (SELECT 1 FROM appointments a JOIN doctors d ON d.id = a.doctor_id WHERE a.patient_id = p.id "
    "AND d.first_name = '{}' AND d.last_name = '{}')"
)
_YOGA, _SPIN = _BEEN.format("Morning Yoga"), _BEEN.format("Spin 45")
_GIVEN = (
    "EXISTS (SELECT 1 FROM prescriptions r JOIN appointments a ON a.id = r.appointment_id WHERE a.patient_id = p.id "
    "AND r.drug = '{}')"
)
_KIND = "EXISTS (SELECT 1 FROM hires h JOIN boats b USING (boat_id) WHERE h.client_id = c.client_id AND b.kind = '{}')"
_ORDERED = "EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id AND MONTH(order_date) = {})"
_LOPEZ, _BECKER = _SAW.format("Maria", "Lopez"), _SAW.format("Tom", "Becker")
_MEMBERS, _PATIENTS = "SELECT full_name FROM gym_members m WHERE", "SELECT first_name, last_name FROM patients p WHERE"


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("gym", "who has been to both Morning Yoga and Spin 45", f"{_MEMBERS} {_YOGA} AND {_SPIN}"),
        (
            "gym",
            "members who have been to either Morning Yoga or Spin 45 but not both",
            f"{_MEMBERS} ({_YOGA}) <> ({_SPIN})",
        ),
        ("gym", "members who booked Morning Yoga but never Spin 45", f"{_MEMBERS} {_YOGA} AND NOT {_SPIN}"),
        ("clinic", "patients who have seen both Maria Lopez and Tom Becker", f"{_PATIENTS} {_LOPEZ} AND {_BECKER}"),
        ("clinic", "patients who saw Maria Lopez but never Tom Becker", f"{_PATIENTS} {_LOPEZ} AND NOT {_BECKER}"),
        (
            "clinic",
            "patients who saw either Maria Lopez or Tom Becker but not both",
            f"{_PATIENTS} ({_LOPEZ}) <> ({_BECKER})",
        ),
        (
            "gym",
            "which members booked a class but never turned up",
            (
                f"{_MEMBERS} EXISTS (SELECT 1 FROM bookings b WHERE b.member_id = m.member_id) AND NOT EXISTS "
                "(SELECT 1 FROM bookings b WHERE b.member_id = m.member_id AND attended)"
            ),
        ),
        ("gym", "how many bookings were no shows", "SELECT COUNT(*) FROM bookings WHERE NOT attended"),
        ("clinic", "how many appointments were no shows", "SELECT COUNT(*) FROM appointments WHERE status = 'no-show'"),
    ],
)
def test_both_one_of_two_and_one_without_the_other_are_told_of_each_by_itself(
    ask: Ask, world: str, question: str, sql: str
) -> None:
    _answers(ask, world, question, sql)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        (
            "clinic",
            "patients who were prescribed Ibuprofen but not Cetirizine",
            f"{_PATIENTS} {_GIVEN.format('Ibuprofen')} AND NOT {_GIVEN.format('Cetirizine')}",
        ),
        (
            "clinic",
            "patients who were prescribed Ibuprofen or Cetirizine but not both",
            f"{_PATIENTS} ({_GIVEN.format('Ibuprofen')}) <> ({_GIVEN.format('Cetirizine')})",
        ),
        (
            "marina",
            "clients who hired a dinghy but not a houseboat",
            f"{_NAMES} {_KIND.format('dinghy')} AND NOT {_KIND.format('houseboat')}",
        ),
        (
            "shop",
            "customers who ordered both in January and in March",
            f"SELECT name FROM customers c WHERE {_ORDERED.format(1)} AND {_ORDERED.format(3)}",
        ),
        (
            "shop",
            "customers who ordered in January but not in February",
            f"SELECT name FROM customers c WHERE {_ORDERED.format(1)} AND NOT {_ORDERED.format(2)}",
        ),
        (
            "gym",
            "how many bookings were no shows in March",
            "SELECT COUNT(*) FROM bookings WHERE NOT attended AND MONTH(booked_at) = 3",
        ),
    ],
)
def test_what_no_single_row_has_both_of_is_told_of_rows_of_their_own(
    ask: Ask, world: str, question: str, sql: str
) -> None:
    _answers(ask, world, question, sql)


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("marina", "boats that came back"),
        ("depot", "parts that were returned"),
        ("gym", "repeat bookings"),
        ("gym", "one-off classes"),
        ("marina", "how many boats are left"),
        ("gym", "did everyone pay in March"),
        ("gym", "people who joined in 2023 but not in 2024"),
    ],
)
def test_only_people_come_back_and_what_is_left_is_no_departure(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Question | Refusal)


def test_the_year_of_a_hire_is_not_that_of_the_boat(ask: Ask) -> None:
    view = view_of("marina")
    asked = ask("who hired a boat in 2023 but not in 2024", view)
    assert isinstance(asked, Question), asked
    assert {option.value for option in asked.options} == {"hires.booked_on", "hires.starts_on", "hires.ends_on"}
    drafted = ask("who hired a boat in 2023 but not in 2024", view, answers={asked.key: "hires.starts_on"})
    assert isinstance(drafted, Draft), drafted
    in_year = "EXISTS (SELECT 1 FROM hires h WHERE h.client_id = c.client_id AND YEAR(starts_on) = {})"
    sql = f"{_NAMES} {in_year.format(2023)} AND NOT {in_year.format(2024)}"
    expected = sorted(view.connection.execute(sql).fetchall())
    assert sorted(tuple(row) for row in rows_of(view, drafted)) == expected


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("gym", "members who live in Oslo or Bergen but not both"),
        ("school", "who took either Algebra I or Geometry but not both"),
        ("clinic", "patients who booked an appointment but never turned up"),
        ("gym", "which members booked a class but didn't turn up"),
        ("marina", "clients who booked a hire but never showed up"),
    ],
)
def test_what_may_be_read_in_two_ways_is_asked(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Question | Refusal)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("gym", "how many people live in Oslo", "SELECT COUNT(*) FROM gym_members WHERE home_city = 'Oslo'"),
        ("marina", "how many people live in Brighton", "SELECT COUNT(*) FROM clients WHERE town = 'Brighton'"),
        ("gym", "anyone older than 50", "SELECT full_name FROM gym_members WHERE age > 50"),
        (
            "gym",
            "has anyone paid in cash",
            f"{_MEMBERS} EXISTS (SELECT 1 FROM gym_payments g WHERE g.member_id = m.member_id AND pay_method = 'cash')",
        ),
        (
            "shop",
            "everybody who ordered in March",
            (
                "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id "
                "AND order_date >= '2024-03-01' AND order_date < '2024-04-01')"
            ),
        ),
        (
            "clinic",
            "anyone born before 1960",
            "SELECT first_name, last_name FROM patients WHERE birth_date < '1960-01-01'",
        ),
    ],
)
def test_people_are_those_of_whom_the_question_can_be_told(ask: Ask, world: str, question: str, sql: str) -> None:
    _answers(ask, world, question, sql)


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("marina", "how many people do we have"),
        ("marina", "how many people can Heron take"),
        ("gym", "people who teach Morning Yoga"),
    ],
)
def test_people_of_whom_several_sorts_may_be_meant_are_asked_about(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Question | Refusal)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("press", "authors who are still active", 'SELECT "PenName" FROM "Author" WHERE NOT "Retired"'),
        ("press", "how many active authors do we have", 'SELECT COUNT(*) FROM "Author" WHERE NOT "Retired"'),
        ("marina", "how many boats are still active", "SELECT COUNT(*) FROM boats WHERE retired_on IS NULL"),
        ("press", "how many authors have we lost", 'SELECT COUNT(*) FROM "Author" WHERE "Retired"'),
        (
            "gym",
            "how many active members do we have",
            "SELECT COUNT(*) FROM gym_members WHERE member_status = 'active'",
        ),
    ],
)
def test_who_is_still_there_or_gone_is_told_by_a_mark_a_day_or_a_state(
    ask: Ask, world: str, question: str, sql: str
) -> None:
    _answers(ask, world, question, sql)


@pytest.mark.parametrize(
    ("question", "states"),
    [
        ("how many members have we lost", ("cancelled", "cancelled or frozen")),
        ("how many members joined since February and are still with us", ("active", "active or frozen")),
    ],
)
def test_a_state_that_is_neither_here_nor_gone_is_put_to_the_person(
    ask: Ask, question: str, states: tuple[str, str]
) -> None:
    asked = ask(question, view_of("gym"))
    assert isinstance(asked, Question), asked
    assert [option.label.rpartition("member_status is ")[2].rstrip(".") for option in asked.options] == list(states)
    sure = ask(question, view_of("gym"), answers={asked.key: asked.options[0].value})
    assert isinstance(sure, Draft), sure


@pytest.mark.parametrize(
    ("world", "question"),
    [
        ("marina", "how many clients have we lost"),
        ("marina", "how many active clients do we have"),
        ("gym", "active trainers"),
        ("shop", "how many active customers do we have"),
    ],
)
def test_nobody_is_lost_or_active_where_nothing_says_so_of_them(ask: Ask, world: str, question: str) -> None:
    assert isinstance(ask(question, view_of(world)), Question | Refusal)


def test_a_day_that_is_not_empty_is_read_as_filled(ask: Ask) -> None:
    drafted = ask("boats where retired_on is not empty", view_of("marina"))
    assert isinstance(drafted, Draft), drafted
    assert drafted.reading == "Boats, retired_on is filled."
