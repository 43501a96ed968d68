"""Steps about dates: what a calendar says of a day, and the working days between two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from compiling import Bench, Tables, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.transforms.calendar import MONTHS, PARTS
from spec.errors import SpecError

DAYS = st.dates(date(1999, 1, 1), date(2031, 12, 31))
HOLIDAYS = {"columns": {"off": "DATE"}, "rows": [["2026-01-01"], ["2026-04-03"], ["2026-04-04"]]}


def said(days: Sequence[date | None], add: dict[str, str], **params: object) -> list[list[object]]:
    """For each day what the parts are, in the order of the days."""
    rows = [[number, day.isoformat() if day else None] for number, day in enumerate(days)]
    tables: Tables = {"t": {"columns": {"id": "INTEGER", "d": "DATE"}, "rows": rows}, "off": HOLIDAYS}
    step = {"id": "c", "use": "calendar", "from": ["t", "off"], "holiday": "off", "column": "d", "add": add, **params}
    found = Bench(compile_steps(tables, [step]), tables).rows("c")
    return [list(row[2:]) for row in sorted(found, key=lambda row: row[0])]  # type: ignore[arg-type, return-value]


@given(st.lists(DAYS, min_size=1, max_size=6))
@settings(max_examples=20, deadline=None)
def test_iso_weeks_are_those_of_the_standard(days: list[date]) -> None:
    found = said(days, {"y": "week_year", "w": "week", "of_week": "weekday"})
    assert found == [list(day.isocalendar()) for day in days]


@given(st.lists(DAYS, min_size=1, max_size=6), st.sampled_from(["Monday", "Sunday", "Saturday"]))
@settings(max_examples=20, deadline=None)
def test_weeks_from_the_first_day_go_on_at_each_start_of_a_week(days: list[date], starts: str) -> None:
    number = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].index(starts)

    def counted(day: date) -> tuple[int, int]:
        begun = [date(day.year, 1, 1) + timedelta(n) for n in range((day - date(day.year, 1, 1)).days + 1)]
        starts_of_weeks = [one for one in begun if one.weekday() == number]
        from_first_day = len({date(day.year, 1, 1), *starts_of_weeks})
        return from_first_day, len(starts_of_weeks)

    first = said(days, {"w": "week"}, week_starts=starts, weeks="from_first_day")
    full = said(days, {"w": "week"}, week_starts=starts, weeks="full")
    assert [(a, b) for (a,), (b,) in zip(first, full, strict=True)] == [counted(day) for day in days]


@given(st.lists(DAYS, min_size=1, max_size=6), st.integers(0, 11))
@settings(max_examples=20, deadline=None)
def test_a_fiscal_year_has_twelve_months_from_its_first(days: list[date], shift: int) -> None:
    months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
              "November", "December"]  # fmt: skip
    parts = {name: name for name in ("fiscal_year", "fiscal_quarter", "fiscal_month", "fiscal_year_start")}
    for day, (year, quarter, month, start) in zip(days, said(days, parts, fiscal_starts=months[shift]), strict=True):
        begun = date(day.year - (day.month <= shift), shift + 1, 1)
        assert start == begun.isoformat()
        assert year == begun.year + (shift > 0)
        assert month == (day.month - shift - 1) % 12 + 1
        assert quarter == (int(str(month)) + 2) // 3
    named = said(days, {"y": "fiscal_year"}, fiscal_starts=months[shift], fiscal_name="start")
    assert [year for (year,) in named] == [day.year - (day.month <= shift) for day in days]


@given(
    st.lists(DAYS, min_size=1, max_size=6),
    st.integers(0, 11),
    st.sampled_from([("Monday", 0), ("Sunday", 6)]),
    st.sampled_from(["iso", "from_first_day", "full"]),
)
@settings(max_examples=25, deadline=None)
def test_weeks_of_a_fiscal_year_are_counted_as_those_of_a_calendar_year(
    days: list[date], shift: int, starts: tuple[str, int], weeks: str
) -> None:
    def counted(day: date) -> tuple[int, int]:
        if weeks == "iso":
            day += timedelta(3 - (day.weekday() - starts[1]) % 7)
        first = date(day.year - (day.month <= shift), shift + 1, 1)
        since = [first + timedelta(n) for n in range((day - first).days + 1)]
        if weeks == "iso":
            number = (day - first).days // 7 + 1
        else:
            begun = {one for one in since if one.weekday() == starts[1]}
            number = len(begun | ({first} if weeks == "from_first_day" else set()))
        return first.year + (shift > 0), number

    said_as = {"week_starts": starts[0], "weeks": weeks, "fiscal_starts": MONTHS[shift]}
    found = said(days, {"y": "fiscal_week_year", "w": "fiscal_week"}, **said_as)
    assert [tuple(row) for row in found] == [counted(day) for day in days]
    plain = said(days, {"y": "week_year", "w": "week"}, **{**said_as, "fiscal_starts": "January"})
    assert plain == said(days, {"y": "fiscal_week_year", "w": "fiscal_week"}, **{**said_as, "fiscal_starts": "January"})


@given(st.lists(DAYS, min_size=1, max_size=6), st.sampled_from([("Monday", 0), ("Saturday", 5)]))
@settings(max_examples=20, deadline=None)
def test_a_week_of_the_month_is_its_line_on_a_wall_calendar(days: list[date], starts: tuple[str, int]) -> None:
    found = said(days, {"w": "week_of_month", "n": "weekday_of_month"}, week_starts=starts[0])
    for day, (week, nth) in zip(days, found, strict=True):
        before = [day.replace(day=number) for number in range(2, day.day + 1)]
        assert week == 1 + sum(one.weekday() == starts[1] for one in before)
        assert nth == sum(day.replace(day=number).weekday() == day.weekday() for number in range(1, day.day + 1))


@given(st.lists(DAYS, min_size=1, max_size=6), st.integers(0, 11))
@settings(max_examples=20, deadline=None)
def test_a_half_year_has_six_months(days: list[date], shift: int) -> None:
    parts = {name: name for name in ("half", "half_start", "half_end", "fiscal_half")}
    for day, row in zip(days, said(days, parts, fiscal_starts=MONTHS[shift]), strict=True):
        half = 1 if day.month < 7 else 2
        end = date(day.year, 6, 30) if half == 1 else date(day.year, 12, 31)
        begun = date(day.year, 1 if half == 1 else 7, 1)
        assert row == [half, begun.isoformat(), end.isoformat(), 1 + (day.month - shift - 1) % 12 // 6]


def test_all_parts_of_a_calendar_are_of_the_types_that_are_known_before_a_run_and_empty_without_a_date() -> None:
    table = {"columns": {"d": "DATE"}, "rows": [[None]]}
    for more in ({}, {"weeks": "full"}, {"fiscal_starts": "May", "week_starts": "Sunday"}):
        step = {
            "id": "c",
            "use": "calendar",
            "from": ["t", "off"],
            "holiday": "off",
            "column": "d",
            "add": list(PARTS),
            **more,
        }
        tables: Tables = {"t": table, "off": HOLIDAYS}
        bench = Bench(compile_steps(tables, [step]), tables)
        assert bench.rows("c") == [[None] * (len(PARTS) + 1)]
        assert [field.type for field in bench.job.relations["c"].fields] == bench.types("c")


def test_starts_and_ends_hold_the_day_between_them() -> None:
    days = [date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1)]
    parts = ["week_start", "week_end", "month_start", "month_end", "quarter_start", "quarter_end", "year_end"]
    assert said(days, {name: name for name in parts}) == [
        ["2024-02-26", "2024-03-03", "2024-02-01", "2024-02-29", "2024-01-01", "2024-03-31", "2024-12-31"],
        ["2025-12-29", "2026-01-04", "2025-12-01", "2025-12-31", "2025-10-01", "2025-12-31", "2025-12-31"],
        ["2025-12-29", "2026-01-04", "2026-01-01", "2026-01-31", "2026-01-01", "2026-03-31", "2026-12-31"],
    ]


def test_a_workday_is_neither_a_weekend_nor_a_holiday_and_a_missing_date_is_neither() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3), None]
    parts = {name: name for name in ("is_holiday", "is_weekend", "is_workday", "weekday_short")}
    assert said(days, parts) == [
        [True, False, False, "Thu"], [False, False, True, "Fri"], [False, True, False, "Sat"], [None] * 4
    ]  # fmt: skip


def test_what_a_calendar_does_not_know_is_refused_with_what_it_knows() -> None:
    with pytest.raises(SpecError) as refused:
        said([date(2026, 1, 1)], {"x": "fiscal_weak"})
    assert "Did you mean 'fiscal_week'? It has: day" in refused.value.hint


OFF = {date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 4)}
YEAR = st.dates(date(2025, 12, 1), date(2026, 5, 1))


def moved(rows: list[tuple[date, date | int]], **params: object) -> list[object]:
    kind = "INTEGER" if rows and isinstance(rows[0][1], int) else "DATE"
    plain = [[number, a.isoformat(), b if isinstance(b, int) else b.isoformat()] for number, (a, b) in enumerate(rows)]
    tables: Tables = {"t": {"columns": {"id": "INTEGER", "a": "DATE", "b": kind}, "rows": plain}, "off": HOLIDAYS}
    step = {"id": "w", "use": "workdays", "from": ["t", "off"], "holiday": "off", "start": "a", **params}
    found = Bench(compile_steps(tables, [step]), tables).rows("w")
    return [row[3] for row in sorted(found, key=lambda row: row[0])]  # type: ignore[arg-type, return-value]


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in OFF


@given(st.lists(st.tuples(YEAR, YEAR), min_size=1, max_size=5), st.sampled_from(["both", "start", "end"]))
@settings(max_examples=25, deadline=None)
def test_working_days_are_those_that_one_by_one_counting_finds(rows: list[tuple[date, date]], include: str) -> None:
    def counted(a: date, b: date) -> int:
        days = [min(a, b) + timedelta(n) for n in range(abs((b - a).days) + 1)]
        left_out = {"both": set(), "start": {b}, "end": {a}}[include]
        number = sum(works(day) for day in days if day not in left_out)
        return number if b >= a else -number

    assert moved(list(rows), end="b", include=include) == [counted(a, b) for a, b in rows]


def test_working_days_far_from_every_holiday_leave_out_none_or_all() -> None:
    rows: list[tuple[date, date | int]] = [
        (date(2025, 6, 2), date(2025, 6, 6)), (date(2027, 6, 7), date(2027, 6, 11)), (date(1, 1, 1), date(1, 1, 7)),
        (date(2025, 12, 1), date(2026, 5, 1)), (date(2027, 1, 1), date(2025, 1, 1)),
    ]  # fmt: skip
    assert moved(rows, end="b") == [5, 5, 5, 108, -521]


@given(st.lists(st.tuples(YEAR, st.integers(-12, 12)), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_a_date_moved_by_working_days_passes_that_many(rows: list[tuple[date, int]]) -> None:
    def reached(day: date, by: int) -> str:
        step = timedelta(1 if by > 0 else -1)
        while by:
            day += step
            by -= (1 if by > 0 else -1) if works(day) else 0
        return day.isoformat()

    assert moved(list(rows), add="b", name="due") == [reached(a, b) for a, b in rows]


def test_a_week_without_working_days_and_both_ways_at_once_are_refused() -> None:
    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    for params in ({"end": "b", "weekend": week}, {"end": "b", "add": "1"}, {"end": "'x'"}):
        with pytest.raises(SpecError):
            moved([(date(2026, 1, 1), date(2026, 1, 2))], **params)


COUNTRIES: Tables = {
    "t": {"columns": {"id": "INTEGER", "land": "VARCHAR", "d": "DATE"},
          "rows": [[1, "uk", "2026-04-01"], [2, "de", "2026-04-01"], [3, None, "2026-04-01"]]},
    "off": {"columns": {"country": "VARCHAR", "off": "DATE"},
            "rows": [["uk", "2026-04-02"], ["uk", "2026-04-03"], ["de", "2026-04-03"], [None, "2026-04-02"]]},
}  # fmt: skip


def by_country(**params: object) -> list[object]:
    step = {"id": "w", "from": ["t", "off"], "holiday": "off", "on": {"land": "country"}, **params}
    found = Bench(compile_steps(COUNTRIES, [step]), COUNTRIES).rows("w")
    return [row[3] for row in sorted(found, key=lambda row: row[0])]  # type: ignore[arg-type, return-value]


def test_a_holiday_counts_for_the_rows_of_its_country_alone() -> None:
    assert by_country(use="workdays", start="d", end="d + interval 2 day") == [1, 2, 3]
    assert by_country(use="workdays", start="d", add="1") == ["2026-04-06", "2026-04-02", "2026-04-02"]
    assert by_country(use="workdays", start="d + interval 3 day", add="-1") == [
        "2026-04-01",
        "2026-04-02",
        "2026-04-03",
    ]
    assert by_country(use="calendar", column="d", add={"x": "is_workday"}) == [True, True, True]
    next_day = {"id": "n", "use": "derive", "from": "t", "columns": {"d": "d + interval 1 day"}}
    step = {"id": "w", "use": "calendar", "from": ["n", "off"], "holiday": "off", "on": {"land": "country"},
            "column": "d", "add": {"x": "is_holiday"}}  # fmt: skip
    found = Bench(compile_steps(COUNTRIES, [next_day, step]), COUNTRIES).rows("w")
    assert {row[0]: row[3] for row in found} == {1: True, 2: False, 3: False}


def test_columns_of_holidays_without_a_table_of_them_are_refused() -> None:
    step = {"id": "w", "use": "calendar", "from": "t", "on": "land", "column": "d", "add": "is_workday"}
    with pytest.raises(SpecError, match="no table of holidays"):
        compile_steps(COUNTRIES, [step])
