"""Figures as owners ask for them, over the tables of a climbing hall; what is not certain is asked or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_HALL = {
    "climbers": (
        "climber_no,full_nm,town,plan,age\n1,Ada,Graz,gold,61\n2,Bo,Graz,basic,34\n3,Cy,Linz,basic,52\n4,Di,Wels,gold,19\n"
    ),
    "coaches": "coach_no,coach_nm\nC1,Otto\nC2,Petra\n",
    "visits": (
        "visit_no,climber_no,coach_no,came_on,note\n"
        "1,1,C1,2024-05-06,chalk allergy\n2,1,C2,2024-05-06,\n3,2,C1,2024-05-07,left early - chalk\n"
        "4,3,C2,2024-06-03,\n5,2,C2,2024-06-10,new shoes\n"
    ),
    "payments": (
        "pay_no,climber_no,paid_on,method,amount,result\n"
        "1,1,2024-05-06,card,40,ok\n2,1,2024-06-01,cash,20,ok\n3,2,2024-05-07,card,30,failed\n"
        "4,3,2024-06-03,card,50,ok\n5,3,2024-06-03,cash,10,ok\n"
    ),
}


@pytest.fixture
def hall(folder: Folder) -> FolderView:
    return folder(_HALL)


def _rows(view: FolderView, drafted: object) -> list[tuple[object, ...]]:
    assert isinstance(drafted, Draft), drafted
    return [tuple(row) for row in rows_of(view, drafted)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("how much did we take in May", [(70,)]),
        ("how much more did we take in June than in May", [(10,)]),
        ("by how much is card ahead of cash", [(90,)]),
        ("what's the difference in takings between Ada and Bo", [(30,)]),
        ("how many more climbers are in Graz than in Linz", [(1,)]),
        ("how many fewer gold climbers than basic climbers do we have", [(0,)]),
        ("are card payments bigger on average than cash ones", [("card", 40.0), ("cash", 15.0)]),
        ("what do we take on a typical day", [(37.5,)]),
        ("how much do we take per day on average", [(37.5,)]),
        ("average daily takings in June", [(40.0,)]),
        ("average monthly income by method", [("card", 60.0), ("cash", 30.0)]),
        ("on average how many visits do we get a month", [(2.5,)]),
        ("average number of visits per day", [(1.25,)]),
        ("average spend per climber", [(50.0,)]),
        ("how much does a gold climber bring in on average", [(60.0,)]),
        ("our highest spending climber", [("Ada",), ("Cy",)]),
        ("top 2 spenders", [("Ada", 60), ("Cy", 60)]),
        ("which month did we take the most", [("2024-06-01",)]),
        ("which months did we take less than 75", [("2024-05-01",)]),
        ("which months have more than 2 visits", [("2024-05-01",)]),
        ("which towns have more than 1 climber", [("Graz",)]),
        ("what has Cy paid us", [(60,)]),
        ("climbers over 50", [("Ada",), ("Cy",)]),
        ("number of payments and total by method", [("card", 3, 120), ("cash", 2, 30)]),
        ("how many of the payments failed and what % is that", [(1, 20.0)]),
        ("number and percentage of failed payments per method", [("card", 1, 100 / 3), ("cash", 0, 0.0)]),
        (
            "number of visits and total paid per climber",
            [("Ada", 2, 60), ("Bo", 2, 30), ("Cy", 1, 60), ("Di", 0, 0)],
        ),
        ("visits and payments per climber", [("Ada", 2, 2), ("Bo", 2, 1), ("Cy", 1, 2), ("Di", 0, 0)]),
        ("the last 2 visits with climber and coach name", [(5, "Bo", "Petra"), (4, "Cy", "Petra")]),
        ("visits in June with the climber's name", [(4, "Cy"), (5, "Bo")]),
        ("how many visits mention chalk in the note", [(2,)]),
        ("hey can you tell me how many visits we had pls", [(5,)]),
        ("payments by method - the method names not the ids", [("card", 3), ("cash", 2)]),
    ],
)
def test_an_owners_figures_are_computed(
    question: str, rows: list[tuple[object, ...]], hall: FolderView, ask: Ask
) -> None:
    assert sorted(_rows(hall, ask(question, hall)), key=str) == sorted(
        (tuple(pytest.approx(value) if isinstance(value, float) else value for value in row) for row in rows), key=str
    )


@pytest.mark.parametrize(
    ("question", "never"),
    [
        ("average spend per visit", [(50.0,)]),
        ("climbers over 50 euros", [("Ada",), ("Cy",)]),
        ("number and percentage of payments", [(5, 100.0)]),
        ("revenue per month of the coach", [("2024-05-01", 70), ("2024-06-01", 80)]),
        ("climbers with a coach", [("Ada", "Otto"), ("Ada", "Petra")]),
        ("what's the difference in takings between Ada and 3 visits", [(55,)]),
    ],
)
def test_a_turn_that_only_looks_alike_is_not_read_so(
    question: str, never: list[tuple[object, ...]], hall: FolderView, ask: Ask
) -> None:
    drafted = ask(question, hall)
    if isinstance(drafted, Draft):
        assert _rows(hall, drafted) != never
    else:
        assert isinstance(drafted, Question | Refusal)


def test_rows_that_came_to_nothing_are_said_to_be_in_a_figure(hall: FolderView, ask: Ask) -> None:
    drafted = ask("how much did we take in May", hall)
    assert isinstance(drafted, Draft)
    assert "payments that are failed are counted too" in drafted.assumptions
    spoken_of = ask("how much did we take in May, failed ones dont count", hall)
    assert isinstance(spoken_of, Draft)
    assert _rows(hall, spoken_of) == [(40,)]
    assert not any("counted too" in said for said in spoken_of.assumptions)


def test_what_has_several_of_what_is_to_stand_beside_is_not_shown_with_one_of_them(hall: FolderView, ask: Ask) -> None:
    """A climber has several coaches, a visit has one."""
    assert not isinstance(ask("list the climbers with their coach name", hall), Draft)
    assert isinstance(ask("list the visits with their coach name", hall), Draft)


def test_whoever_takes_a_course_is_not_the_one_who_gives_it(ask: Ask, folder: Folder) -> None:
    view = folder(
        {
            "tutors": "tutor_id,tutor_name\n1,Otto\n2,Petra\n",
            "courses": "course_id,title,tutor_id\n1,Knots,1\n2,Ropes,2\n",
            "pupils": "pupil_id,pupil_name\n1,Ada\n2,Bo\n3,Cy\n",
            "marks": "mark_id,pupil_id,course_id,mark\n1,1,1,4\n2,2,1,5\n3,3,2,3\n",
        }
    )
    assert _rows(view, ask("who took Knots", view)) == [("Ada",), ("Bo",)]


def test_a_first_name_that_is_not_kept_is_not_the_name_of_the_first(ask: Ask, folder: Folder) -> None:
    view = folder({"writers": "writer_id,pen_name,born_on\n1,Ada Abel,1960-01-02\n2,Bo Hale,1950-03-04\n"})
    assert not isinstance(ask("first name of each writer", view), Draft)
