"""Joins by a condition find the pairs that two loops find, and promise no more than they prove."""

from __future__ import annotations

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

NUMBERS = st.one_of(st.none(), st.integers(0, 5))
LEFT = st.lists(st.tuples(st.sampled_from(["x", "y"]), NUMBERS), max_size=5)
RIGHT = st.lists(st.tuples(st.sampled_from(["x", "y"]), NUMBERS, NUMBERS), max_size=5)
STEP = {"id": "j", "use": "join", "from": ["l", "r"], "where": "n between low and high", "expect": "many_to_many"}


def tables(left: list[tuple[str, int | None]], right: list[tuple[str, int | None, int | None]]) -> dict[str, object]:
    return {
        "l": {
            "columns": {"id": "INTEGER", "k": "VARCHAR", "n": "INTEGER"},
            "primary_key": ["id"],
            "rows": [[number, *row] for number, row in enumerate(left)],
        },
        "r": {
            "columns": {"rid": "INTEGER", "k": "VARCHAR", "low": "INTEGER", "high": "INTEGER"},
            "primary_key": ["rid"],
            "rows": [[number, *row] for number, row in enumerate(right)],
        },
    }


def bench(given_tables: dict[str, object], step: dict[str, object]) -> Bench:
    return Bench(compile_steps(given_tables, [step]), given_tables)  # type: ignore[arg-type]


def looped(left: list[tuple[str, int | None]], right: list[tuple[str, int | None, int | None]]) -> set[tuple[int, int]]:
    return {
        (i, j)
        for i, (k, n) in enumerate(left)
        for j, (other, low, high) in enumerate(right)
        if k == other and n is not None and low is not None and high is not None and low <= n <= high
    }


@given(LEFT, RIGHT, st.sampled_from(["inner", "left", "semi", "anti"]))
@settings(max_examples=12, deadline=None)
def test_a_join_by_keys_and_a_condition_finds_what_two_loops_find(
    left: list[tuple[str, int | None]], right: list[tuple[str, int | None, int | None]], how: str
) -> None:
    made = tables(left, right)
    found = bench(made, {**STEP, "on": "k", "how": how}).rows("j")
    pairs = looped(left, right)
    met = {i for i, _ in pairs}
    if how in ("semi", "anti"):
        assert {row[0] for row in found} == (met if how == "semi" else set(range(len(left))) - met)
        return
    # The left side's three columns, then the right side's without the key that both have.
    assert sorted((row[0], row[3]) for row in found if row[3] is not None) == sorted(pairs)
    alone = {row[0] for row in found if row[3] is None}
    assert alone == (set(range(len(left))) - met if how == "left" else set())


@given(LEFT, RIGHT)
@settings(max_examples=12, deadline=None)
def test_a_left_row_that_meets_two_right_ones_is_found_before_it_counts_twice(
    left: list[tuple[str, int | None]], right: list[tuple[str, int | None, int | None]]
) -> None:
    made = tables(left, right)
    step = {key: value for key, value in STEP.items() if key != "expect"}
    checked = bench(made, {**step, "on": "k"})
    pairs = [i for i, _ in looped(left, right)]
    passed, *_ = checked.checks()["join_fan_out", "j"]
    assert passed == (len(pairs) == len(set(pairs)))


@given(LEFT, RIGHT)
@settings(max_examples=8, deadline=None)
def test_a_cross_join_has_each_pair_once(
    left: list[tuple[str, int | None]], right: list[tuple[str, int | None, int | None]]
) -> None:
    found = bench(tables(left, right), {"id": "j", "use": "join", "from": ["l", "r"], "how": "cross"}).rows("j")
    assert sorted((row[0], row[3]) for row in found) == [(i, j) for i in range(len(left)) for j in range(len(right))]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"where": "sum(n) > 1"}, "one pair of rows"),
        ({"where": "n + low"}, "must be true or false"),
        ({"where": "k = n"}, "one of them is text"),
        ({"where": "n > lo"}, "Did you mean 'low'?"),
        ({"where": None}, "say by which columns rows match"),
        ({"where": None, "how": "cross", "on": "k"}, "a cross join has no keys"),
    ],
)
def test_a_condition_that_is_none_is_refused(step: dict[str, object], said: str) -> None:
    plain = {key: value for key, value in {**STEP, **step}.items() if value is not None}
    with pytest.raises(SpecError) as refused:
        compile_steps(tables([], []), [plain])  # type: ignore[arg-type]
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_columns_that_clash_are_told_apart_in_the_condition_by_the_names_of_the_result() -> None:
    made = tables([("x", 1), ("y", 2)], [("x", 0, 9), ("y", 0, 9)])
    found = bench(made, {**STEP, "where": "k <> k_r"}).rows("j")
    assert sorted((row[1], row[4]) for row in found) == [("x", "y"), ("y", "x")]
