"""Anomalies and outliers: what is unusual is told, what is usual is not, and nothing depends on the order of rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sin

import pytest
from compiling import Bench, Tables, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.anomalies import find_anomalies
from spec.base import JsonValue
from spec.errors import SpecError

HOURS = [datetime(2026, 1, 5) + timedelta(hours=n) for n in range(24 * 35)]  # noqa: DTZ001 - a wall clock's
BOUND = 2.4


def visits(seed: int = 1) -> list[float]:
    """35 days of visits an hour: more by day, half at weekends, a little noise."""
    drawn = random.Random(seed)
    shape = [max(0.0, 100 * sin((hour.hour - 6) / 24 * 6.28)) * (0.5 if hour.weekday() > 4 else 1) for hour in HOURS]
    return [20 + value + drawn.gauss(0, 3) for value in shape]


def told(values: Sequence[float], times: Sequence[datetime] = HOURS) -> set[tuple[int, str]]:
    """Place and kind of each reading above the bound."""
    seconds = [(time - times[0]).total_seconds() for time in times]
    # The first hour is a Monday's midnight; 1 January 1970 was a Thursday.
    found = find_anomalies([second + 4 * 86400 for second in seconds], values, bound=BOUND)
    return {(place, kind) for place, kind in enumerate(found.kind) if kind and found.score[place] >= 1}


def test_a_month_as_usual_has_no_anomaly() -> None:
    assert told(visits()) == set()


def test_a_spike_and_a_drop_are_told_with_their_side() -> None:
    values = visits()
    values[300] += 80
    values[500] -= 70
    assert {(300, "high"), (500, "low")} <= told(values)
    assert {place for place, _ in told(values)} <= {*range(300, 303), *range(500, 503)}


def test_a_busy_hour_at_night_is_unusual_although_it_would_be_usual_by_day() -> None:
    values = visits()
    night = next(place for place, hour in enumerate(HOURS) if hour.day == 20 and hour.hour == 3)
    values[night] = 110
    assert (night, "high") in told(values)


def test_a_level_that_moved_is_told_where_no_single_reading_is_far_off() -> None:
    values = [value + (9 if 400 <= place < 430 else 0) for place, value in enumerate(visits())]
    found = told(values)
    assert any(400 <= place < 440 and kind == "high" for place, kind in found)


def test_a_value_that_stands_still_is_told() -> None:
    values = visits()
    values[600:640] = [values[600]] * 40
    assert any(600 <= place <= 640 and kind in ("still", "low", "high") for place, kind in told(values))


def test_a_steady_rise_is_a_trend_and_no_anomaly() -> None:
    assert told([value + place / 5 for place, value in enumerate(visits())]) == set()


def test_a_day_of_daily_sales_is_held_against_its_weekday() -> None:
    days = [datetime(2026, 1, 5) + timedelta(days=n) for n in range(7 * 20)]  # noqa: DTZ001 - a wall clock's
    drawn = random.Random(3)
    values = [(500.0 if day.weekday() < 5 else 40.0) + drawn.gauss(0, 10) for day in days]
    values[75] = 480.0  # a Saturday
    assert days[75].weekday() == 5
    assert told(values, days) == {(75, "high")}


@pytest.mark.parametrize("values", [[], [1.0], [5.0] * 40, [1.0, 2.0] * 5])
def test_too_few_readings_or_none_that_differ_have_no_anomaly(values: list[float]) -> None:
    assert told(values, HOURS[: len(values)] or HOURS[:1]) == set()


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(-50, 50), min_size=12, max_size=90),
    shift=st.integers(-1000, 1000),
    factor=st.sampled_from([0.5, 2.0, 64.0]),
)
def test_another_unit_or_zero_point_changes_no_verdict(values: list[int], shift: int, factor: float) -> None:
    times = [float(3600 * place) for place in range(len(values))]
    plain = find_anomalies(times, [float(value) for value in values], bound=BOUND)
    moved = find_anomalies(times, [value * factor for value in values], bound=BOUND)
    assert moved.kind == plain.kind
    other = find_anomalies(times, [float(value + shift) for value in values], bound=BOUND)
    assert len(other.kind) == len(plain.kind)
    assert other.event == plain.event


def readings(values: Sequence[float], shop: str = "A") -> list[list[JsonValue]]:
    return [[shop, hour.isoformat(" "), round(value, 2)] for hour, value in zip(HOURS, values, strict=True)]


def table(rows: list[list[JsonValue]]) -> Tables:
    return {"visits": {"columns": {"shop": "VARCHAR", "at": "TIMESTAMP", "n": "DOUBLE"}, "rows": rows}}


STEP: dict[str, JsonValue] = {
    "id": "done",
    "use": "anomaly",
    "from": "visits",
    "time": "at",
    "value": "n",
    "per": "shop",
}


def made(rows: list[list[JsonValue]], **more: JsonValue) -> Bench:
    given_ = table(rows)
    outputs: list[JsonValue] = [{"file": f"{part}.csv", "from": f"done.{part}"} for part in ("events", "missing")]
    return Bench(compile_steps(given_, [{**STEP, **more}], outputs=outputs), given_)


def test_each_series_is_judged_by_itself_and_its_events_are_listed() -> None:
    loud, quiet = visits(1), [value / 10 for value in visits(2)]
    quiet[300] += 30
    bench = made([*readings(loud, "loud"), *readings(quiet, "quiet")])
    (event,) = bench.rows("done.events")
    assert event[:4] == ["quiet", 1, HOURS[300].isoformat(), HOURS[300].isoformat()]
    assert event[4] == 1
    assert event[6] == "high"


def test_the_order_of_rows_changes_no_verdict() -> None:
    values = visits()
    values[300] += 80
    rows = readings(values)
    shuffled = list(rows)
    random.Random(5).shuffle(shuffled)
    first, second = (made(each) for each in (rows, shuffled))
    assert sorted(first.rows("done"), key=repr) == sorted(second.rows("done"), key=repr)
    assert first.rows("done.events") == second.rows("done.events") != []


def test_readings_without_a_value_stay_and_are_not_judged() -> None:
    rows = readings(visits())
    rows[10][2] = None
    rows[11][1] = None
    found = made(rows).rows("done")
    assert len(found) == len(rows)
    assert sum(row[3] is None for row in found) == 2


def test_gaps_are_listed_with_how_many_readings_are_missing() -> None:
    rows = readings(visits())
    del rows[100:110]
    assert made(rows).rows("done.missing") == [["A", HOURS[99].isoformat(), HOURS[110].isoformat(), 10]]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"time": "shop", "per": ()}, "not a date"),
        ({"value": "shop", "per": ()}, "not a number"),
        ({"per": "n"}, "once"),
    ],
)
def test_an_anomaly_step_over_other_columns_is_refused(more: dict[str, JsonValue], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        compile_steps(table([]), [{**STEP, **more}])


def outliers(numbers: Sequence[JsonValue], **more: JsonValue) -> list[JsonValue]:
    rows: list[list[JsonValue]] = [[place, "a", number] for place, number in enumerate(numbers)]
    given_: Tables = {"t": {"columns": {"id": "INTEGER", "g": "VARCHAR", "x": "DOUBLE"}, "rows": rows}}
    step: dict[str, JsonValue] = {"id": "done", "use": "outlier", "from": "t", "column": "x", **more}
    outputs: list[JsonValue] = [{"file": "o.csv", "from": "done.outliers"}, {"file": "u.csv", "from": "done.usual"}]
    bench = Bench(compile_steps(given_, [step], outputs=outputs), given_)
    told_ = bench.rows("done.outliers")
    assert len(told_) + len(bench.rows("done.usual")) == len(bench.rows("done")) == len(rows)
    return [row[2] for row in told_]


NUMBERS: list[JsonValue] = [float(n % 10) for n in range(50)]


@pytest.mark.parametrize("method", ["mad", "iqr"])
def test_a_number_far_outside_is_an_outlier_by_either_method(method: str) -> None:
    assert outliers([*NUMBERS, 500.0, -500.0], method=method) == [500.0, -500.0]
    assert outliers(NUMBERS, method=method) == []


def test_a_wider_bound_tells_less_and_empty_numbers_are_never_outliers() -> None:
    assert outliers([*NUMBERS, 30.0, None], bound=3) == [30.0]
    assert outliers([*NUMBERS, 30.0, None], bound=9) == []


def test_numbers_most_of_which_are_equal_are_measured_by_their_quartiles() -> None:
    assert outliers([*[0.0] * 30, *[1.0] * 12, 50.0]) == [50.0]
    assert outliers([*[0.0] * 50, 50.0]) == []


def test_on_a_log_scale_ten_times_as_much_is_as_far_as_a_tenth() -> None:
    amounts: list[JsonValue] = [float(2 ** (n % 8)) for n in range(64)]
    assert outliers([*amounts, 1e6, 1e-5, 0.0, -3.0], scale="log") == [1e6, 1e-5]


def test_a_small_group_is_not_judged() -> None:
    assert outliers([1.0, 1.1, 1.2, 1.0, 99.0]) == []
    assert outliers([1.0, 1.1, 1.2, 1.0, 99.0], least=4) == [99.0]


def test_each_group_has_its_own_usual() -> None:
    rows: list[list[JsonValue]] = [
        [n, "big" if n > 19 else "small", n % 5 + (1000 if n > 19 else 0)] for n in range(40)
    ]
    rows.append([40, "small", 1002])
    given_: Tables = {"t": {"columns": {"id": "INTEGER", "g": "VARCHAR", "x": "INTEGER"}, "rows": rows}}
    step: dict[str, JsonValue] = {"id": "done", "use": "outlier", "from": "t", "column": "x", "per": "g"}
    bench = Bench(compile_steps(given_, [step]), given_)
    assert [row[0] for row in bench.rows("done") if row[-1]] == [40]
