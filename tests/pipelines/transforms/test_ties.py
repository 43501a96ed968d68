"""With orders proven a stated one is held against the rows: where some tie and it matters, nothing is published."""

from __future__ import annotations

import itertools

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 2))), max_size=7
)
COLUMNS = {"g": "VARCHAR", "day": "INTEGER", "v": "INTEGER"}


def run(rows: list[tuple[object, ...]], step: dict[str, object], **more: object) -> Bench:
    tables = {"t": {"columns": COLUMNS, "rows": [list(row) for row in rows]}}
    return Bench(compile_steps(tables, [{"id": "s", "from": "t", **step}], orders="proven", **more), tables)


def is_certain(bench: Bench) -> bool:
    return bool(bench.checks()["order", "s"][0])


STEPS: dict[str, dict[str, object]] = {
    "streaks": {"use": "streaks", "per": "g", "order": "day", "same": "v"},
    "rank": {"use": "rank", "per": "g", "by": "day desc", "ties": "none"},
    "fill": {"use": "fill", "per": "g", "by": "day", "columns": "v", "direction": "down"},
    "allocate": {"use": "allocate", "per": "g", "amount": "100", "order": "day"},
    "carry": {"use": "carry", "per": "g", "order": "day", "add": "v"},
    "pack": {"use": "pack", "per": "g", "order": "day", "capacity": 5},
    "window": {"use": "window", "partition_by": "g", "order_by": "day", "columns": {"before": "lag(v)"}},
}


@pytest.mark.parametrize("step", STEPS)
@given(ROWS)
@settings(max_examples=15, deadline=None)
def test_a_step_by_the_order_of_rows_is_held_back_exactly_where_different_rows_tie(
    step: str, rows: list[tuple[str, int, int | None]]
) -> None:
    different = set(rows)
    ties = any(a[:2] == b[:2] for a, b in itertools.combinations(different, 2))
    assert is_certain(run([*rows], STEPS[step])) is not ties


@given(ROWS, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_a_tie_matters_to_the_first_rows_only_where_they_end(
    rows: list[tuple[str, int, int | None]], most: int
) -> None:
    different = sorted(set(rows), key=repr)
    found = run([*different], {"use": "limit", "rows": most, "by": "day desc", "per": "g"})
    matters = False
    for group in "ab":
        days = sorted((row[1] for row in different if row[0] == group), reverse=True)
        matters = matters or (len(days) > most and days[most - 1] == days[most])
    assert is_certain(found) is not matters


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_a_tie_matters_to_a_deduplication_only_among_the_best(rows: list[tuple[str, int, int | None]]) -> None:
    found = run([*rows], {"use": "dedupe", "by": "g", "keep": "day desc"})
    matters = False
    for group in "ab":
        own = {row for row in rows if row[0] == group}
        matters = matters or sum(row[1] == max(item[1] for item in own) for row in own) > 1
    assert is_certain(found) is not matters


MEASURES = ["arg_max(v, day)", "first(v order by day)", "string_agg(v, ',' order by day)", "last(v + 1 order by day)"]


@pytest.mark.parametrize("measure", MEASURES)
@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_a_measure_with_an_order_is_held_back_exactly_where_the_order_of_tied_rows_would_change_it(
    measure: str, rows: list[tuple[str, int, int | None]]
) -> None:
    text = measure.replace("string_agg(v", "string_agg(cast(v as varchar)")
    found = run([*rows], {"use": "aggregate", "group_by": "g", "measures": {"x": text}})
    assert is_certain(found) is _is_same_in_any_order(measure, rows)


def _is_same_in_any_order(measure: str, rows: list[tuple[str, int, int | None]]) -> bool:
    for group in "ab":
        own = [row for row in rows if row[0] == group]
        days = sorted({row[1] for row in own})
        tied = {day: {row[2] for row in own if row[1] == day} for day in days}
        if measure.startswith("arg_max"):
            # It takes no row whose value is empty.
            there = [day for day in days if tied[day] - {None}]
            if there and len(tied[there[-1]] - {None}) > 1:
                return False
        elif measure.startswith("string_agg"):
            if any(len(values - {None}) > 1 for values in tied.values()):
                return False
        elif days and len(tied[days[0] if measure.startswith("first") else days[-1]]) > 1:
            return False
    return True


def test_an_order_inside_the_call_that_names_what_it_takes_leaves_nothing_open() -> None:
    rows: list[tuple[object, ...]] = [("a", 1, 1), ("a", 1, 2)]
    found = run(rows, {"use": "aggregate", "group_by": "g", "measures": {"x": "arg_max(v, day order by v)"}})
    assert ("order", "s") not in found.checks()
    assert found.rows("s") == [["a", 1]]


def test_what_is_proven_says_which_column_helps_and_shows_the_rows() -> None:
    rows: list[tuple[object, ...]] = [("a", 1, 1), ("a", 1, 2), ("a", 2, 1)]
    passed, expected, found, _ = run(rows, STEPS["streaks"]).checks()["order", "s"]
    assert not passed
    assert expected == "no two rows of t come at once by g, day"
    assert found == "2 rows are equal in g, day, so that none of them is first; add to 'order' what tells them apart"


def test_columns_known_to_identify_a_row_are_asked_for_before_anything_is_read() -> None:
    tables = {"t": {"columns": COLUMNS, "rows": [], "primary_key": ["g", "v"]}}
    for step in STEPS.values():
        with pytest.raises(SpecError, match="Add v to the"):
            compile_steps(tables, [{"id": "s", "from": "t", **step}])


def test_an_order_of_instants_cut_to_days_of_a_zone_is_proven_as_well() -> None:
    tables = {"t": {"columns": {"at": "TIMESTAMP WITH TIME ZONE", "v": "INTEGER"}, "rows": []}}
    step = {"id": "s", "use": "aggregate", "from": "t", "measures": {"x": "arg_max(cast(at as date), v)"}}
    job = compile_steps(tables, [step], timezone="Europe/Berlin", orders="proven")
    assert "order" in {check.check for check in job.checks}
