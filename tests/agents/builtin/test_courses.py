"""Changes, running totals, ranks and comparisons of periods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.builtin.parsing.windows import Course, course_of
from agents.contract import Draft

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_DUES = (
    "due_id,club,paid_on,fee\n1,chess,2023-12-05,10\n2,chess,2024-01-09,20\n3,rowing,2024-01-20,5\n"
    "4,chess,2024-02-02,40\n5,rowing,2024-03-03,15\n6,chess,2024-05-10,7\n7,rowing,2024-06-01,9\n"
)


@pytest.fixture
def dues(folder: Callable[..., FolderView]) -> FolderView:
    return folder({"dues": _DUES})


@pytest.mark.parametrize(
    ("text", "plain", "course"),
    [
        ("total fee by month and the change from the previous month", "total fee by month", Course("change")),
        ("month over month growth in fees", "fees by month", Course("percent")),
        ("running total of fees by month", " total  fees by month", Course("running")),
        ("rank members by fee within each club", "fee by club and members", Course("rank", within=True)),
        ("total fee by month", "total fee by month", None),
    ],
)
def test_words_for_a_course_are_taken_out(text: str, plain: str, course: Course | None) -> None:
    found, told = course_of(text)
    assert " ".join(found.split()) == " ".join(plain.split())
    assert told == course


def test_the_first_change_of_a_period_knows_what_came_before(ask: Ask, dues: FolderView) -> None:
    rows = rows_of(dues, ask("total fee per month in 2024 and the change from the month before", dues))
    assert rows[0] == ["2024-01-01", 25, 15]
    assert [row[0] for row in rows] == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01", "2024-06-01"]


def test_a_running_total_adds_up(ask: Ask, dues: FolderView) -> None:
    rows = rows_of(dues, ask("running total of fee by month", dues))
    assert [row[2] for row in rows] == [10, 35, 75, 90, 97, 106]


def test_two_periods_stand_side_by_side(ask: Ask, dues: FolderView) -> None:
    assert rows_of(dues, ask("total fee this quarter vs last quarter", dues)) == [[16, 80]]


def test_a_course_over_time_is_drawn_as_a_line_and_one_figure_not_at_all(ask: Ask, dues: FolderView) -> None:
    over_time = ask("total fee by month", dues)
    alone = ask("total fee in 2024", dues)
    by_club = ask("total fee by club", dues)
    assert isinstance(over_time, Draft)
    assert isinstance(alone, Draft)
    assert isinstance(by_club, Draft)
    assert over_time.chart is not None
    assert by_club.chart is not None
    assert (over_time.chart.kind, over_time.chart.x, by_club.chart.kind) == ("line", "month", "bar")
    assert alone.chart is None
