"""Days of a plan move with its runs exactly as the words would be read on the day of the run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from agents.builtin.language.periods import find_periods
from agents.builtin.planner import draft
from agents.builtin.saying.moving import days_said, moving
from agents.contract import Draft, Refusal, Request, Turn
from evals.dataview import FolderView

_VISITS = "visit_no,climber,came_on\n" + "".join(
    f"{n},{'Ada' if n % 3 else 'Bo'},{date(2024, 1, 1) + timedelta(11 * n)}\n" for n in range(40)
)
_BILLS = "bill_no,visit_no,amount_eur,due_on,paid_on\n" + "".join(
    f"{n},{n},{20 + n},{date(2024, 2, 1) + timedelta(9 * n)},{date(2024, 2, 9) if n % 2 else ''}\n" for n in range(40)
)
WORDS = (
    "last month",
    "this month",
    "in the last 30 days",
    "in the last 3 months",
    "the last 2 full quarters",
    "last week",
    "this year",
    "last year",
    "previous quarter",
    "yesterday",
    "today",
    "since last month",
    "in the next 14 days",
    "before today",
)


def _query(words: str, today: date) -> exp.Query | None:
    """Visits of the period that the words say on that day."""
    found = find_periods(f"visits {words}", today)
    if len(found) != 1:
        return None
    query = exp.select(exp.Star()).from_("visits")
    for day, test in ((found[0].start, exp.GTE), (found[0].end, exp.LT)):
        if day is not None:
            literal = exp.cast(exp.Literal.string(day.isoformat()), "DATE")
            query = query.where(test(this=exp.column("came_on"), expression=literal))
    return query


def _bounds(query: exp.Query, today: date) -> list[date]:
    """The days that the query compares with, as a run of that day computes them."""
    with duckdb.connect() as connection:
        found = []
        for test in query.find_all(exp.GTE, exp.LT):
            text = test.expression.sql(dialect="duckdb")
            given_day = {"today": today} if "$today" in text else None
            row = connection.execute(f"SELECT CAST({text} AS DATE)", given_day).fetchone()
            assert row is not None
            found.append(row[0])
        return sorted(found)


@given(
    words=st.sampled_from(WORDS),
    planned=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    run=st.dates(date(2020, 1, 1), date(2032, 12, 31)),
)
@settings(max_examples=120, deadline=None)
def test_a_run_on_any_day_has_the_days_that_the_words_say_then(words: str, planned: date, run: date) -> None:
    query, then = _query(words, planned), _query(words, run)
    assert query is not None
    assert then is not None
    moved = moving(query, planned, lambda day: _query(words, day))
    assert moved is not None
    assert _bounds(moved.query, run) == _bounds(then, run)
    assert not moved.fixed


@pytest.mark.parametrize("words", ["in 2023", "from 1 to 15 March 2024", "on 5 May 2024"])
def test_a_day_that_was_named_stays(words: str) -> None:
    planned = date(2024, 6, 5)
    query = _query(words, planned)
    assert query is not None
    assert moving(query, planned, lambda day: _query(words, day)) is None


def test_days_said_are_those_that_move_and_no_others() -> None:
    today = date(2026, 11, 2)
    assert days_said("what was paid last month, and in 2025", today) == {
        date(2026, 10, 1): "last month",
        date(2026, 11, 1): "last month",
    }
    assert days_said("orders of 5 May 2026 by region", today) == {}


@pytest.fixture
def view(tmp_path: Path) -> FolderView:
    (tmp_path / "visits.csv").write_text(_VISITS, encoding="utf-8")
    (tmp_path / "bills.csv").write_text(_BILLS, encoding="utf-8")
    return FolderView(tmp_path)


def _planned(view: FolderView, text: str, **more: object) -> Draft | Refusal:
    now = datetime(2024, 6, 5, 9, tzinfo=UTC)
    found = draft(Request.model_validate({"text": text, "now": now, "want": "pipeline", **more}), view)
    assert isinstance(found, Draft | Refusal), found
    return found


def _sql(found: Draft | Refusal) -> str:
    assert isinstance(found, Draft), found
    return " ".join(str(found.spec.steps[-1].params["query"]).split())


def test_a_plan_for_last_month_is_for_the_month_before_each_run(view: FolderView) -> None:
    found = _planned(view, "each month save how many visits there were last month as visits.csv")
    assert "DATE_TRUNC('MONTH', $today) - INTERVAL '1' MONTH" in _sql(found)
    assert "2024-05-01" not in _sql(found)
    assert isinstance(found, Draft)
    assert "moves with each run" in found.reading
    assert "'last month' is counted from the day of each run; today it is 1 May to 31 May 2024" in found.assumptions


@pytest.mark.parametrize("words", ["since the start of the year", "since the start of the month", "last weekend"])
def test_a_stretch_that_is_put_in_plainer_words_first_moves_too(view: FolderView, words: str) -> None:
    found = _planned(view, f"save the visits {words} as visits.csv")
    assert "$today" in _sql(found)
    assert "2024-" not in _sql(found)


def test_a_month_that_was_named_without_its_year_is_said_to_stay(view: FolderView) -> None:
    found = _planned(view, "save the visits in March as visits.csv")
    assert "2024-03-01" in _sql(found)
    assert isinstance(found, Draft)
    assert "'in March' is 1 Mar to 31 Mar 2024 in every run" in found.assumptions


def test_what_is_overdue_is_so_on_the_day_of_the_run(view: FolderView) -> None:
    found = _planned(view, "save the overdue bills as late.csv every morning")
    assert isinstance(found, Draft)
    assert "$today" in str([step.params for step in found.spec.steps])


def test_a_period_in_which_nothing_has_come_yet_is_no_reason_to_refuse_a_plan_that_goes_on(view: FolderView) -> None:
    later = datetime(2026, 1, 7, 9, tzinfo=UTC)
    assert isinstance(_planned(view, "every Monday save last week's visits as visits.csv", now=later), Draft)
    assert isinstance(_planned(view, "save the visits in 2031 as visits.csv", now=later), Refusal)


def test_what_lies_ahead_of_each_run_and_is_in_no_data_is_no_plan(view: FolderView) -> None:
    later = datetime(2026, 1, 7, 9, tzinfo=UTC)
    assert isinstance(_planned(view, "save how many visits there will be next month as visits.csv", now=later), Refusal)


def test_an_answer_that_becomes_a_plan_moves_too(view: FolderView) -> None:
    now = datetime(2024, 6, 5, 9, tzinfo=UTC)
    answer = draft(Request(text="how many visits were there last month", now=now), view)
    assert isinstance(answer, Draft)
    assert "2024-05-01" in _sql(answer)
    turn = Turn(request="how many visits were there last month", spec=answer.spec, reading=answer.reading)
    assert "$today" in _sql(_planned(view, "save that as visits.csv every Monday", history=(turn,)))
