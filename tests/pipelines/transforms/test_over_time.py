"""Steps that look at rows over time: streaks and sessions, earlier periods, as-of look-ups, histories."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 10))


def run(tables: dict[str, dict[str, object]], step: dict[str, object]) -> Bench:
    inputs = list(tables) if len(tables) > 1 else next(iter(tables))
    return Bench(compile_steps(tables, [{"id": "s", "from": inputs, **step}]), tables)


def table(columns: dict[str, str], rows: list[list[object]], key: list[str]) -> dict[str, object]:
    return {"columns": columns, "rows": rows, "primary_key": key}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.one_of(st.none(), st.integers(0, 2))), max_size=9))
@settings(max_examples=20, deadline=None)
def test_a_streak_goes_on_while_the_value_is_the_same_and_ends_where_it_changes(
    rows: list[tuple[str, int | None]],
) -> None:
    columns = {"id": "INTEGER", "per": "VARCHAR", "v": "INTEGER"}
    tables = {"t": table(columns, [[number, *row] for number, row in enumerate(rows)], ["id"])}
    step: dict[str, object] = {
        "use": "streaks",
        "order": "id",
        "per": "per",
        "same": "v",
        "position": "p",
        "length": "n",
    }
    for per in "ab":
        found = sorted([row for row in run(tables, step).rows("s") if row[1] == per], key=lambda row: row[0])  # type: ignore[arg-type, return-value]
        for before, row in pairwise(found):
            same = before[2] == row[2]
            assert row[3] == before[3] + (not same)  # type: ignore[operator]
            assert row[4] == (before[4] + 1 if same else 1)  # type: ignore[operator]
        assert [row[5] for row in found] == [sum(other[3] == row[3] for other in found) for row in found]
        assert not found or found[0][3:5] == [1, 1]


def test_a_session_ends_with_a_pause_longer_than_the_gap_in_either_order() -> None:
    start = datetime(2026, 5, 1, 9, 0)  # noqa: DTZ001 - a time of the clock on the wall
    times = [start + timedelta(minutes=minute) for minute in (0, 30, 61, 61, 200)]
    rows: list[list[object]] = [[number, one.isoformat()] for number, one in enumerate(times)]
    tables = {"t": table({"id": "INTEGER", "at": "TIMESTAMP"}, rows, ["id"])}
    step: dict[str, object] = {"use": "streaks", "gap": "30 minutes", "name": "session"}
    ahead = run(tables, {**step, "order": ["at", "id"]}).rows("s")
    back = run(tables, {**step, "order": ["at desc", "id"]}).rows("s")
    assert [row[2] for row in sorted(ahead, key=repr)] == [1, 1, 2, 2, 3]
    assert [row[2] for row in sorted(back, key=repr)] == [3, 3, 2, 2, 1]


def test_a_gap_that_does_not_fit_the_order_and_an_order_with_ties_are_refused() -> None:
    tables = {"t": table({"id": "INTEGER", "at": "TIMESTAMP"}, [], ["id"])}
    with pytest.raises(SpecError, match="is no pause"):
        run(tables, {"use": "streaks", "order": ["at", "id"], "gap": "30 moments"})
    with pytest.raises(SpecError, match="order of rows"):
        run(tables, {"use": "streaks", "order": "at", "gap": "30 minutes"})
    with pytest.raises(SpecError, match="where a new stretch begins"):
        run(tables, {"use": "streaks", "order": "id"})


MONTHS = st.sets(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=9)


@given(MONTHS, st.sampled_from([(1, "1"), (12, "1 year"), (3, "1 quarter"), (2, "2 months")]))
@settings(max_examples=20, deadline=None)
def test_a_row_is_compared_with_the_period_that_lies_back_and_with_no_other(
    drawn: set[tuple[str, int]], back: tuple[int, str]
) -> None:
    values = {one: number * 10 for number, one in enumerate(sorted(drawn))}
    rows: list[list[object]] = [
        [per, date(2024 + month // 12, month % 12 + 1, 1 + month % 20).isoformat(), value]
        for (per, month), value in values.items()
    ]
    tables = {"t": table({"per": "VARCHAR", "d": "DATE", "v": "INTEGER"}, rows, ["per", "d"])}
    bench = run(tables, {"use": "compare", "column": "d", "values": "v", "per": "per", "back": back[1]})
    assert bench.checks()["compare_one_row", "s"][0]
    for per, day, value, before, change, growth in bench.rows("s"):
        one = date.fromisoformat(str(day))
        due = values.get((str(per), (one.year - 2024) * 12 + one.month - 1 - back[0]))
        assert before == due
        assert change == (None if due is None else value - due)  # type: ignore[operator]
        assert growth == (None if not due else pytest.approx((value - due) / due))  # type: ignore[operator]


def test_two_rows_of_a_period_stop_the_comparison_and_what_is_no_period_is_refused() -> None:
    columns = {"d": "DATE", "v": "INTEGER"}
    tables = {"t": table(columns, [["2026-01-01", 1], ["2026-01-09", 2]], ["d"])}
    passed, _, found, _ = run(tables, {"use": "compare", "column": "d", "values": "v"}).checks()["compare_one_row", "s"]
    assert not passed
    assert "'aggregate' step" in found
    with pytest.raises(SpecError, match="not the start of one"):
        run(tables, {"use": "compare", "column": "d", "values": "v", "every": "month", "back": "1 week"})


@given(
    st.lists(st.tuples(st.sampled_from("ab"), DAYS), max_size=6),
    st.sets(st.tuples(st.sampled_from("ab"), DAYS), max_size=8),
    st.sampled_from(["before", "after", "nearest"]),
    st.sampled_from([None, 3]),
)
@settings(max_examples=40, deadline=None)
def test_the_partner_of_a_time_is_the_one_that_two_loops_find(
    left: list[tuple[str, date]], right: set[tuple[str, date]], direction: str, within: int | None
) -> None:
    tables = {
        "l": table({"id": "INTEGER", "k": "VARCHAR", "d": "DATE"},
                   [[number, k, d.isoformat()] for number, (k, d) in enumerate(left)], ["id"]),
        "r": table({"k": "VARCHAR", "d": "DATE", "v": "INTEGER"},
                   [[k, d.isoformat(), number] for number, (k, d) in enumerate(sorted(right))], ["k", "d"]),
    }  # fmt: skip
    step: dict[str, object] = {"use": "asof", "at": "d", "on": "k", "direction": direction, "take": "v"}
    if within is not None:
        step["within"] = f"{within} days"
    numbers = {one: number for number, one in enumerate(sorted(right))}

    def partner(k: str, d: date) -> int | None:
        signs = {"before": (1,), "after": (-1,), "nearest": (1, -1)}[direction]
        away = [
            (abs((d - other).days), other, numbers[key, other])
            for key, other in right
            if key == k and any((d - other).days * sign >= 0 for sign in signs)
        ]
        best = min(away, default=None)
        return None if best is None or (within is not None and best[0] > within) else best[2]

    due = [[number, k, d.isoformat(), partner(k, d)] for number, (k, d) in enumerate(left)]
    bench = run(tables, step)
    assert sorted(bench.rows("s"), key=repr) == sorted(due, key=repr)
    assert bench.checks()["asof_partners", "s"][0] == all(row[3] is not None for row in due)
    inner = run(tables, {**step, "how": "inner"})
    assert sorted(inner.rows("s"), key=repr) == sorted((row for row in due if row[3] is not None), key=repr)


def test_two_rows_at_one_time_stop_the_run() -> None:
    tables: dict[str, dict[str, object]] = {
        "l": table({"id": "INTEGER", "d": "DATE"}, [], ["id"]),
        "r": {"columns": {"d": "DATE", "v": "INTEGER"}, "rows": [["2026-01-01", 1], ["2026-01-01", 2]]},
    }
    assert not run(tables, {"use": "asof", "at": "d"}).checks()["asof_one_row", "s"][0]


@given(st.sets(st.tuples(st.sampled_from("ab"), DAYS, st.integers(0, 1)), max_size=9))
@settings(max_examples=20, deadline=None)
def test_a_history_says_of_each_time_what_was_true_then(drawn: set[tuple[str, date, int]]) -> None:
    seen = {(k, d): v for k, d, v in drawn}
    rows: list[list[object]] = [[k, d.isoformat(), v] for (k, d), v in seen.items()]
    tables = {"t": table({"k": "VARCHAR", "d": "DATE", "v": "INTEGER"}, rows, ["k", "d"])}
    found = run(tables, {"use": "history", "key": "k", "at": "d"}).rows("s")
    for (k, d), v in seen.items():
        held = [
            row[1]
            for row in found
            if row[0] == k and str(row[2]) <= d.isoformat() and (row[3] is None or d.isoformat() < str(row[3]))
        ]
        assert held == [v]
    for k in {one for one, _ in seen}:
        own = sorted((row for row in found if row[0] == k), key=lambda row: str(row[2]))
        assert [row[4] for row in own] == [False] * (len(own) - 1) + [True]
        assert all(a[3] == b[2] and a[1] != b[1] for a, b in pairwise(own))


@given(st.lists(st.tuples(DAYS, st.integers(0, 9)), max_size=9), st.integers(1, 9))
@settings(max_examples=15, deadline=None)
def test_a_window_over_days_holds_all_rows_of_as_many_days_that_end_with_the_row(
    rows: list[tuple[date, int]], days: int
) -> None:
    columns = {"id": "INTEGER", "day": "DATE", "n": "INTEGER"}
    tables = {"t": table(columns, [[number, day.isoformat(), n] for number, (day, n) in enumerate(rows)], ["id"])}
    step: dict[str, object] = {"use": "window", "order_by": "day", "last": f"{days} days", "columns": {"s": "sum(n)"}}
    for number, day, _, summed in run(tables, step).rows("s"):
        own = rows[int(str(number))][0]
        assert day == own.isoformat()
        assert summed == sum(n for other, n in rows if own - timedelta(days=days) < other <= own)


def test_a_window_looks_at_rows_behind_and_may_be_empty_where_it_is_not_full() -> None:
    tables = {"t": table({"id": "INTEGER", "n": "INTEGER"}, [[1, 3], [2, 6], [3, 0], [4, 9]], ["id"])}
    step: dict[str, object] = {"use": "window", "order_by": "id", "last": 2, "next": 1, "columns": {"s": "sum(n)"}}
    assert [row[2] for row in sorted(run(tables, step).rows("s"), key=str)] == [9, 9, 15, 9]
    assert [row[2] for row in sorted(run(tables, {**step, "full": True}).rows("s"), key=str)] == [None, 9, 15, None]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"last": "2 days"}, "no stretch of values of INTEGER"),
        ({"last": 0}, "1 or more"),
        ({"last": 2, "order_by": []}, "Which rows are the last ones"),
        ({"full": True}, "full is for last"),
        ({"last": "2 days", "next": 1}, "count rows"),
        ({"columns": {"s": "sum(n) over (order by id)"}}, "OVER is written by the step"),
    ],
)
def test_a_window_whose_rows_are_not_said_is_refused(wrong: dict[str, object], told: str) -> None:
    tables = {"t": table({"id": "INTEGER", "n": "INTEGER"}, [], ["id"])}
    with pytest.raises(SpecError, match=told):
        run(tables, {"use": "window", "order_by": "id", "columns": {"s": "sum(n)"}, **wrong})
