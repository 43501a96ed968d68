"""Steps that go from row to row do what their rule says, held against the rule written out plainly."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.forecasts import ORDER, Method, forecast
from spec.base import JsonValue
from spec.errors import SpecError

LAW = settings(deadline=None, max_examples=25)
moves = st.lists(st.one_of(st.none(), st.integers(-50, 50)), max_size=20)


def first(row: list[JsonValue]) -> int:
    return int(str(row[0]))


def run(use: str, columns: dict[str, str], rows: list[list[JsonValue]], **params: object) -> Bench:
    tables = {"t": {"columns": columns, "rows": rows, "primary_key": ["n"]}}
    outputs = [{"file": "a.csv", "from": "s"}]
    outputs += [{"file": "b.csv", "from": "s.too_large"}] if use == "pack" else []
    return Bench(compile_steps(tables, [{"id": "s", "use": use, "from": "t", **params}], outputs=outputs), tables)


@given(moves, st.integers(-5, 5), st.integers(0, 30))
@LAW
def test_a_carried_value_stays_within_its_bounds_and_loses_only_what_they_cut(
    found: list[int | None], start: int, high: int
) -> None:
    rows: list[list[JsonValue]] = [[n, move] for n, move in enumerate(found)]
    bench = run("carry", {"n": "INTEGER", "move": "INTEGER"}, rows, order="n", add="move", start=start, at_least=-3,
                at_most=high, cut="cut")  # fmt: skip
    value, expected = start, []
    for n, move in enumerate(found):
        free = value + (move or 0)
        value = min(max(free, -3), high)
        expected.append([n, move, value, free - value])
    assert sorted(bench.rows("s"), key=first) == expected
    assert bench.types("s")[-2:] == ["BIGINT", "BIGINT"]


maybe = st.one_of(st.none(), st.integers(-20, 20))
bounded = st.lists(st.tuples(st.sampled_from("ab"), maybe, maybe, maybe, st.booleans()), max_size=20)


@given(
    bounded, st.sampled_from([(), ("at_least",), ("at_most",), ("at_least", "at_most")]), st.sampled_from(["x", "4"])
)
@LAW
def test_one_bound_none_or_both_and_those_of_each_row_follow_the_same_rule(
    found: list[tuple[str, int | None, int | None, int | None, bool]], bounds: tuple[str, ...], start: str
) -> None:
    columns = {"n": "INTEGER", "g": "VARCHAR", "x": "INTEGER", "move": "INTEGER", "bound": "INTEGER", "new": "BOOLEAN"}
    rows: list[list[JsonValue]] = [[n, *row] for n, row in enumerate(found)]
    limits = {"at_least": "bound - 5", "at_most": "bound"}
    bench = run("carry", columns, rows, order="n", per="g", add="move", start=start, restart="new", cut="cut",
                **{bound: limits[bound] for bound in bounds})  # fmt: skip
    assert any(stage.apply is not None for stage in bench.job.stages) == (len(bounds) == 2)
    values: dict[str, int] = {}
    expected: list[list[JsonValue]] = []
    for n, (group, first_, move, bound, new) in enumerate(found):
        if new or group not in values:
            values[group] = 4 if start == "4" else first_ or 0
        value = free = values[group] + (move or 0)
        if "at_least" in bounds and bound is not None:
            value = max(value, bound - 5)
        if "at_most" in bounds and bound is not None:
            value = min(value, bound)
        values[group] = value
        expected.append([*rows[n], value, free - value])
    assert sorted(bench.rows("s"), key=first) == expected
    assert bench.types("s")[-2:] == ["BIGINT", "BIGINT"]


def test_what_is_added_with_more_decimals_than_are_kept_is_rounded_in_each_row() -> None:
    rows: list[list[JsonValue]] = [[n, "0.4"] for n in range(4)]
    columns = {"n": "INTEGER", "x": "DECIMAL(18,1)"}
    bench = run("carry", columns, rows, order="n", add="x", decimals=0, at_least=0)
    assert [row[2] for row in sorted(bench.rows("s"), key=first)] == [0, 0, 0, 0]
    bench = run("carry", columns, rows, order="n", add="x", decimals=2, at_least="0.555")
    assert [row[2] for row in sorted(bench.rows("s"), key=first)] == ["0.56", "0.96", "1.36", "1.76"]


def test_interest_is_rounded_in_each_period() -> None:
    columns = {"n": "INTEGER", "rate": "DECIMAL(6,4)", "paid": "DECIMAL(18,2)"}
    rows: list[list[JsonValue]] = [[n, "0.0125", "250.00"] for n in range(4)]
    bench = run("carry", columns, rows, order="n", start="1000.00", times="1 + rate", add="-paid", at_least=0)
    owed, expected = Decimal("1000.00"), []
    for _ in range(4):
        owed = max((owed * Decimal("1.0125") - 250).quantize(Decimal("0.01"), ROUND_HALF_UP), Decimal(0))
        expected.append(str(owed))
    assert [row[3] for row in sorted(bench.rows("s"), key=first)] == expected


def test_a_value_begins_again_where_it_says_and_in_each_group() -> None:
    rows: list[list[JsonValue]] = [[0, "a", 1], [1, "b", 10], [2, "a", 2], [3, "a", 0], [4, "a", 5]]
    columns = {"n": "INTEGER", "g": "VARCHAR", "x": "INTEGER"}
    bench = run("carry", columns, rows, order="n", per="g", add="x", restart="x = 0")
    assert sorted(int(str(row[3])) for row in bench.rows("s") if row[1] == "a") == [0, 1, 3, 5]


@given(bounded, st.integers(-10, 10))
@LAW
def test_a_value_that_gets_where_it_turns_becomes_what_is_said_and_goes_on_from_there(
    found: list[tuple[str, int | None, int | None, int | None, bool]], start: int
) -> None:
    columns = {"n": "INTEGER", "g": "VARCHAR", "x": "INTEGER", "move": "INTEGER", "low": "INTEGER", "new": "BOOLEAN"}
    rows: list[list[JsonValue]] = [[n, *row] for n, row in enumerate(found)]
    bench = run("carry", columns, rows, order="n", per="g", add="move", start=start, falls_to="low", rises_to=30,
                becomes="low + 12", at_least=-15, cut="cut")  # fmt: skip
    values: dict[str, int] = {}
    expected: list[list[JsonValue]] = []
    for n, (group, _, move, low, _) in enumerate(found):
        free = values.get(group, start) + (move or 0)
        value = max(free, -15)
        if low is not None and (value <= low or value >= 30):
            value = low + 12
        values[group] = value
        expected.append([*rows[n], value, free - value])
    assert sorted(bench.rows("s"), key=first) == expected


def test_a_turn_says_where_it_is_and_what_the_value_becomes() -> None:
    for turn in ({"falls_to": 0}, {"becomes": 5}):
        with pytest.raises(SpecError, match="becomes goes together with"):
            run("carry", {"n": "INTEGER", "x": "INTEGER"}, [], order="n", add="x", **turn)


def test_a_carry_whose_order_leaves_ties_is_refused() -> None:
    with pytest.raises(SpecError, match="Which row comes before"):
        run("carry", {"n": "INTEGER", "x": "INTEGER"}, [], order="x", add="x")


@given(st.lists(st.integers(0, 12), max_size=40), st.sampled_from(["first", "next", "best"]))
@LAW
def test_no_box_holds_more_than_it_can_and_each_row_is_where_the_rule_puts_it(sizes: list[int], rule: str) -> None:
    rows: list[list[JsonValue]] = [[n, size] for n, size in enumerate(sizes)]
    columns = {"n": "INTEGER", "size": "INTEGER"}
    bench = run("pack", columns, rows, order="n", size="size", capacity=10, rule=rule, filled="full")
    left: list[int] = []
    expected: list[list[JsonValue]] = []
    for n, size in enumerate(sizes):
        if size > 10:
            expected.append([n, size, None, None])
            continue
        fitting = [at for at, room in enumerate(left) if room >= size]
        if rule == "next":
            fitting = [at for at in fitting if at == len(left) - 1]
        if rule == "best":
            fitting.sort(key=lambda at: (left[at], at))
        if not fitting:
            left.append(10)
        at = fitting[0] if fitting else len(left) - 1
        left[at] -= size
        expected.append([n, size, at + 1, 10 - left[at]])
    assert sorted(bench.rows("s"), key=first) == expected
    assert sorted(bench.rows("s.too_large"), key=first) == [row for row in expected if row[2] is None]


stays = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6), st.integers(1, 3)), max_size=15)


@given(stays, st.integers(0, 2), st.booleans(), st.integers(0, 2))
@LAW
def test_no_place_is_booked_twice_and_nobody_waits_while_one_is_free(
    asked: list[tuple[int, int, int]], pause: int, by_time: bool, least: int
) -> None:
    rooms: list[tuple[str, int, int]] = [("big", 3, 2), ("small", 1, 1), ("mid", 2, 3), ("twin", 2, 1)]
    asked = [(a, max(long, least), people) for a, long, people in (sorted(asked) if by_time else asked)]
    tables = {
        "t": {"columns": {"n": "INTEGER", "a": "INTEGER", "z": "INTEGER", "people": "INTEGER"},
              "rows": [[n, a, a + long, people] for n, (a, long, people) in enumerate(asked)], "primary_key": ["n"]},
        "r": {"columns": {"room": "VARCHAR", "beds": "INTEGER", "rank": "INTEGER"}, "primary_key": ["room"],
              "rows": [list(room) for room in rooms]},
    }  # fmt: skip
    step = {"id": "s", "use": "book", "from": ["t", "r"], "order": "n", "start": "a", "end": "z", "place": "room",
            "prefer": ["beds", "rank"], "where": "beds >= people", "pause": pause}  # fmt: skip
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s"}]), tables)
    booked: dict[object, list[tuple[int, int]]] = {}
    for row, (a, length, people) in zip(sorted(bench.rows("s"), key=first), asked, strict=True):
        until = a + length + pause
        free = [room for room, beds, _ in sorted(rooms, key=lambda one: one[1:]) if beds >= people
                and all(end <= a or start >= until for start, end in booked.get(room, []))]  # fmt: skip
        assert row[4] == (free[0] if free else None)
        if free:
            booked.setdefault(free[0], []).append((a, until))


@given(st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=10),
       st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=8))  # fmt: skip
@LAW
def test_each_place_is_given_once_to_the_first_that_it_is_good_for(
    people: list[int | None], beds: list[int | None]
) -> None:
    tables = {
        "t": {"columns": {"n": "INTEGER", "people": "INTEGER"}, "primary_key": ["n"],
              "rows": [[n, count] for n, count in enumerate(people)]},
        "r": {"columns": {"room": "INTEGER", "beds": "INTEGER"}, "primary_key": ["room"],
              "rows": [[room, count] for room, count in enumerate(beds)]},
    }  # fmt: skip
    step = {"id": "s", "use": "book", "from": ["t", "r"], "order": "n desc", "place": "room", "prefer": ["beds"],
            "where": "beds >= people"}  # fmt: skip
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s"}]), tables)
    free = sorted((count, room) for room, count in enumerate(beds) if count is not None)
    expected: list[list[JsonValue]] = []
    for n, count in reversed(list(enumerate(people))):
        fitting = [one for one in free if count is not None and one[0] >= count]
        expected.append([n, count, fitting[0][1] if fitting else None])
        free = [one for one in free if one not in fitting[:1]]
    assert sorted(bench.rows("s"), key=first) == expected[::-1]


@pytest.mark.parametrize("times", [{}, {"start": "n", "end": "n + 5000"}])
def test_many_requests_and_places_of_few_kinds_are_booked_though_their_pairs_are_too_many(
    times: dict[str, JsonValue],
) -> None:
    tables = {
        "t": {"columns": {"n": "INTEGER", "people": "INTEGER"}, "primary_key": ["n"],
              "select": "SELECT i::INTEGER AS n, (i % 3 + 1)::INTEGER AS people FROM range(5000) AS r(i)"},
        "r": {"columns": {"room": "INTEGER", "beds": "INTEGER"}, "primary_key": ["room"],
              "select": "SELECT i::INTEGER AS room, (i % 4 + 1)::INTEGER AS beds FROM range(10000) AS r(i)"},
    }  # fmt: skip
    step: dict[str, JsonValue] = {"id": "s", "use": "book", "from": ["t", "r"], "order": "n", "place": "room",
                                  "prefer": ["beds"], "where": "beds >= people", **times}  # fmt: skip
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s"}]), tables)
    found = [tuple(row) for row in bench.rows("s")]
    assert len({room for _, _, room in found}) == len(found) == 5000
    assert all(int(str(room)) % 4 + 1 == people for _, people, room in found)


def test_without_times_each_place_is_given_once_by_rank() -> None:
    tables = {
        "t": {"columns": {"n": "INTEGER", "school": "VARCHAR"}, "rows": [[1, "x"], [2, "y"], [3, "x"]],
              "primary_key": ["n"]},
        "r": {"columns": {"seat": "INTEGER", "school": "VARCHAR"}, "rows": [[7, "x"], [8, "y"]],
              "primary_key": ["seat"]},
    }  # fmt: skip
    step = {"id": "s", "use": "book", "from": ["t", "r"], "order": "n", "place": "seat", "on": "school"}
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s"}]), tables)
    assert sorted(bench.rows("s"), key=first) == [[1, "x", 7], [2, "y", 8], [3, "x", None]]
    assert bench.checks()["book_complete", "s"][0] is False


kinds = st.one_of(st.none(), st.integers(0, 2))


@given(st.lists(st.tuples(kinds, st.integers(0, 3)), max_size=12), st.lists(kinds, max_size=8), st.booleans())
@LAW
def test_places_by_rank_are_those_that_each_would_find_in_turn(
    asked: list[tuple[int | None, int]], seats: list[int | None], grouped: bool
) -> None:
    tables = {
        "t": {"columns": {"n": "INTEGER", "kind": "INTEGER", "rank": "INTEGER"}, "primary_key": ["n"],
              "rows": [[n, kind, rank] for n, (kind, rank) in enumerate(asked)]},
        "r": {"columns": {"seat": "INTEGER", "kind": "BIGINT"}, "primary_key": ["seat"],
              "rows": [[seat, kind] for seat, kind in enumerate(seats)]},
    }  # fmt: skip
    step = {"id": "s", "use": "book", "from": ["t", "r"], "order": ["rank desc", "n"], "place": "seat"}
    if grouped:
        step["on"] = "kind"
    outputs = [{"file": "a.csv", "from": "s"}, {"file": "b.csv", "from": "s.waiting"}]
    bench = Bench(compile_steps(tables, [step], outputs=outputs), tables)
    assert all(stage.apply is None for stage in bench.job.stages)
    free, expected = list(enumerate(seats)), dict.fromkeys(range(len(asked)))
    for n, (kind, _) in sorted(enumerate(asked), key=lambda one: (-one[1][1], one[0])):
        fitting = [seat for seat in free if not grouped or (kind is not None and seat[1] == kind)]
        if fitting:
            expected[n] = fitting[0][0]
            free.remove(fitting[0])
    assert {first(row): row[3] for row in bench.rows("s")} == expected
    without = {n for n, seat in expected.items() if seat is None}
    assert {first(row) for row in bench.rows("s.waiting")} == without
    passed, _, said, _ = bench.checks()["book_complete", "s"]
    assert (passed, int(said.split()[0])) == (not without, len(without))


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(2, 30), st.integers(1, 9))
@LAW
def test_a_straight_line_goes_on_straight(start: int, rise: int, long: int, ahead: int) -> None:
    series = [(at, float(start + rise * at)) for at in range(5, 5 + long)]
    for method in ("linear", "trend_season"):
        found, _ = forecast(series, ahead, method, season=0 if method == "linear" else 1, window=3)
        assert found == pytest.approx([start + rise * (5 + long + step) for step in range(ahead)], abs=1e-6)


def test_a_season_goes_on_as_a_season_and_auto_finds_it() -> None:
    shape = [0, 3, 9, 1]
    series = [(at, float(10 + 2 * at + shape[at % 4])) for at in range(24)]
    found, method = forecast(series, 4, "auto", season=4, window=3)
    assert method == "trend_season"
    assert found == pytest.approx([10 + 2 * at + shape[at % 4] for at in range(24, 28)])


@pytest.mark.parametrize("method", ORDER)
def test_one_value_and_none_are_forecast_too(method: Method) -> None:
    assert forecast([(3, 7.0)], 2, method, season=12, window=3)[0] == pytest.approx([7.0, 7.0])
    assert forecast([], 2, method, season=12, window=3)[0] == []


def test_months_end_where_months_end_and_a_series_without_values_gets_empty_ones() -> None:
    tables = {"t": {"columns": {"shop": "VARCHAR", "month": "DATE", "sold": "INTEGER"},
                    "primary_key": ["shop", "month"],
                    "rows": [["A", "2026-01-31", 1], ["A", "2026-02-28", None],
                             ["B", "2026-02-28", None]]}}  # fmt: skip
    step = {"id": "s", "use": "forecast", "from": "t", "time": "month", "value": "sold", "per": "shop", "periods": 2,
            "method": "last"}  # fmt: skip
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s.future"}]), tables)
    assert sorted(bench.rows("s.future"), key=str) == [
        ["A", "2026-03-31", None, 1.0, True], ["A", "2026-04-30", None, 1.0, True],
        ["B", "2026-03-31", None, None, True], ["B", "2026-04-30", None, None, True],
    ]  # fmt: skip


sold = st.one_of(st.none(), st.integers(-9, 9).map(str), st.sampled_from(["nan", "inf", "-inf"]))


@given(st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(1990, 2010)), sold, max_size=12),
       st.sampled_from([None, 0.0, 2.5]))  # fmt: skip
@LAW
def test_the_last_value_in_sql_is_the_one_that_the_rule_tells(
    found: dict[tuple[str, int], str | None], least: float | None
) -> None:
    columns = {"shop": "VARCHAR", "year": "INTEGER", "sold": "DOUBLE"}
    rows = [[*key, value] for key, value in found.items()]
    tables = {"t": {"columns": columns, "primary_key": ["shop", "year"], "rows": rows}}
    step: dict[str, JsonValue] = {"id": "s", "use": "forecast", "from": "t", "time": "year", "value": "sold",
                                  "per": "shop", "periods": 2, "method": "last", "at_least": least}  # fmt: skip
    outputs = [{"file": "a.csv", "from": "s.future"}, {"file": "b.csv", "from": "s.methods"}]
    bench = Bench(compile_steps(tables, [step], outputs=outputs), tables)
    assert all(stage.apply is None for stage in bench.job.stages)
    future: list[list[JsonValue]] = []
    methods: list[list[JsonValue]] = []
    for shop in sorted({shop for shop, _ in found}):
        years = sorted(year for name, year in found if name == shop)
        series = [(year, float(value)) for year in years
                  if (value := found[shop, year]) is not None and value not in ("nan", "inf", "-inf")]  # fmt: skip
        reckoned, way = forecast(series, 2, "last", season=0, window=3)
        shown: list[float | None] = [one if least is None else max(one, least) for one in reckoned]
        shown = shown or [None, None]
        future += [[shop, years[-1] + ahead, None, one, True] for ahead, one in enumerate(shown, 1)]
        methods.append([shop, years[-1], len(series), way if series else None])
    assert sorted(bench.rows("s.future"), key=str) == future
    assert sorted(bench.rows("s.methods"), key=str) == methods


def test_two_rows_of_a_period_stop_a_forecast() -> None:
    tables = {"t": {"columns": {"n": "INTEGER", "month": "DATE", "sold": "INTEGER"}, "primary_key": ["n"],
                    "rows": [[1, "2026-01-02", 1], [2, "2026-01-20", 2]]}}  # fmt: skip
    step = {"id": "s", "use": "forecast", "from": "t", "time": "month", "value": "sold", "periods": 1}
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s"}]), tables)
    assert bench.checks()["forecast_one_row", "s"][0] is False


@pytest.mark.parametrize("times", [{}, {"start": "a", "end": "a + 1"}])
def test_a_place_that_stands_in_two_rows_holds_the_run_back_and_is_not_booked_twice(times: dict[str, str]) -> None:
    tables = {
        "t": {"columns": {"n": "INTEGER", "a": "INTEGER"}, "rows": [[1, 5], [2, 5]], "primary_key": ["n"]},
        "r": {"columns": {"gate": "VARCHAR", "way": "INTEGER"}, "rows": [["G", 1], ["G", 2]], "primary_key": ["way"]},
    }
    step = {"id": "s", "use": "book", "from": ["t", "r"], "order": "n", "place": "gate", "prefer": "way", **times}
    bench = Bench(compile_steps(tables, [step], outputs=[{"file": "a.csv", "from": "s"}]), tables)
    assert bench.checks()["book_place", "s"][0] is False


asked = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6), st.one_of(st.none(), st.integers(1, 3)), st.booleans()),
    max_size=12,
)
PLACES: list[list[JsonValue]] = [["a", 2, True], ["b", 3, False], ["c", None, False]]


def booked(found: Sequence[tuple[int, int, int | None, bool]], **params: object) -> list[list[JsonValue]]:
    rows: list[list[JsonValue]] = [[n, *row] for n, row in enumerate(found)]
    tables = {
        "t": {"columns": {"n": "INTEGER", "at": "INTEGER", "for": "INTEGER", "size": "INTEGER", "own": "BOOLEAN"},
              "rows": rows, "primary_key": ["n"]},
        "places": {"columns": {"place": "VARCHAR", "size": "INTEGER", "own": "BOOLEAN"}, "rows": PLACES,
                   "primary_key": ["place"]},
    }  # fmt: skip
    step = {"id": "s", "use": "book", "from": ["t", "places"], "order": "n", "place": "place", **params}
    bench = Bench(compile_steps(tables, [step]), tables)
    return [row[5:] for row in sorted(bench.rows("s"), key=first)]


def stands(taken: list[tuple[int, int, int]], at: int) -> int:
    return sum(size for begin, end, size in taken if begin <= at < end)


@given(asked, st.booleans())
@LAW
def test_a_place_with_a_capacity_never_holds_more_at_one_time_and_the_first_with_room_is_taken(
    found: list[tuple[int, int, int | None, bool]], waits: bool
) -> None:
    last = {"lasts": '"for"'} if waits else {"end": 'at + "for"'}
    taken: dict[str, list[tuple[int, int, int]]] = {"a": [], "b": []}
    expected: list[list[JsonValue]] = []
    for since, lasts, size, own in found:
        best: tuple[int, str] | None = None
        for place, room, only in (("a", 2, True), ("b", 3, False)):
            if size is None or size > room or (own and not only):
                continue
            for begin in range(since, 200 if waits else since + 1):
                if all(stands(taken[place], at) + size <= room for at in range(begin, begin + lasts)):
                    best = min(best or (begin, place), (begin, place))
                    break
        if best is None or size is None:
            expected.append([None] * (4 if waits else 2))
            continue
        begin, place = best
        taken[place].append((begin, begin + lasts, size))
        full = stands(taken[place], begin)
        expected.append([place, begin, begin + lasts, full] if waits else [place, full])
    made = booked(found, start="at", capacity="size", size="size", filled="full", where="own_places or not own", **last)
    assert made == expected


@given(asked, st.integers(0, 2))
@LAW
def test_a_request_that_waits_begins_at_the_first_place_that_is_free(
    found: list[tuple[int, int, int | None, bool]], pause: int
) -> None:
    taken: dict[str, list[tuple[int, int, int]]] = {"a": [], "b": [], "c": []}
    expected: list[list[JsonValue]] = []
    for since, lasts, _, _ in found:
        begin, place = min(
            (begin, place)
            for place, held in taken.items()
            for begin in range(since, 200)
            if not any(stands(held, at) for at in range(begin, begin + lasts + pause))
        )
        taken[place].append((begin, begin + lasts + pause, 1))
        expected.append([place, begin, begin + lasts])
    assert booked(found, start="at", lasts='"for"', pause=pause) == expected


def test_places_that_hold_several_need_no_times() -> None:
    found = [(0, 1, 2, False), (0, 1, 2, False), (0, 1, 1, False), (0, 1, 2, False)]
    made = booked(found, capacity="size", size="size", filled="full")
    assert made == [["a", 2], ["b", 2], ["b", 3], [None, None]]


def test_days_and_instants_that_wait_stay_what_they_are() -> None:
    for kind, since, lasts, begins in (
        ("DATE", "2026-03-01", "to_days(2)", ["2026-03-01", "2026-03-03"]),
        ("TIMESTAMP", "2026-03-01T08:00:00", "to_minutes(45)", ["2026-03-01T08:00:00", "2026-03-01T08:45:00"]),
        ("DECIMAL(9,2)", "1.50", "0.25", ["1.500000", "1.750000"]),
    ):
        tables = {"t": {"columns": {"n": "INTEGER", "at": kind}, "rows": [[1, since], [2, since]],
                        "primary_key": ["n"]},
                  "p": {"columns": {"place": "VARCHAR"}, "rows": [["a"]], "primary_key": ["place"]}}  # fmt: skip
        step = {"id": "s", "use": "book", "from": ["t", "p"], "order": "n", "place": "place", "start": "at",
                "lasts": lasts}  # fmt: skip
        bench = Bench(compile_steps(tables, [step]), tables)  # type: ignore[arg-type]
        assert [str(row[3]) for row in sorted(bench.rows("s"), key=first)] == begins


def test_a_booking_says_until_when_or_how_long_and_a_size_needs_a_capacity() -> None:
    for params in ({"start": "at", "end": "at", "lasts": "1"}, {"start": "at"}, {"lasts": "1"}, {"size": "size"}):
        with pytest.raises(SpecError):
            booked([], **params)
