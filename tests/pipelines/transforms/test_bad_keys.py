"""Bad input is told or refused: padded keys, keys of other types, patterns that would hang, pivots too wide."""

from __future__ import annotations

import time

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

KEYS = st.lists(st.sampled_from(["7", "007", "A1", "a1 ", " A1", "b", "0", "00"]), max_size=5)


def joined(left: list[str], right: list[str], how: str = "left") -> Bench:
    tables = {
        "l": {"columns": {"id": "INTEGER", "k": "VARCHAR"}, "rows": [[n, k] for n, k in enumerate(left)]},
        "r": {
            "columns": {"k": "VARCHAR", "v": "INTEGER"},
            "rows": [[k, n] for n, k in enumerate(dict.fromkeys(right))],
        },
    }
    return Bench(compile_steps(tables, [{"id": "j", "use": "join", "from": ["l", "r"], "how": how, "on": "k"}]), tables)


@given(KEYS, KEYS, st.sampled_from(["left", "inner", "anti"]))
@settings(max_examples=25, deadline=None)
def test_keys_that_differ_in_padding_or_case_alone_are_told(left: list[str], right: list[str], how: str) -> None:
    def bare(key: str) -> str:
        return "".join(key.lower().split()).lstrip("0")

    due = {one for one in left if one not in right and bare(one) in {bare(other) for other in right}}
    passed, _, found, _ = joined(left, right, how).checks()["join_nearly", "j"]
    assert passed == (not due)
    assert found.startswith(f"{len(due)} value")


def test_the_warning_says_how_to_mend_it_and_numbers_need_none() -> None:
    assert "'text' step" in joined(["007"], ["7"]).checks()["join_nearly", "j"][2]
    tables = {name: {"columns": {"k": "INTEGER", name: "INTEGER"}, "rows": []} for name in "lr"}
    job = compile_steps(tables, [{"id": "j", "use": "join", "from": ["l", "r"], "on": "k"}])
    assert "join_nearly" not in {check.check for check in job.checks}


@pytest.mark.parametrize("other", ["INTEGER", "DATE", "BOOLEAN"])
def test_keys_of_different_types_are_refused_with_the_step_that_helps(other: str) -> None:
    tables = {"l": {"columns": {"k": "VARCHAR"}, "rows": []}, "r": {"columns": {"k": other}, "rows": []}}
    with pytest.raises(SpecError, match="differ in type") as refused:
        compile_steps(tables, [{"id": "j", "use": "join", "from": ["l", "r"], "on": "k"}])
    assert "'cast' step" in refused.value.hint


@pytest.mark.parametrize(
    "step",
    [
        {"use": "text", "columns": "w", "extract": "^(a+)+$"},
        {"use": "text", "columns": "w", "replace_pattern": {"(a|aa)+$": "x"}},
        {"use": "extract", "column": "w", "pattern": "^((a*)*)*b", "into": ["x", "y"], "on_error": "null"},
        {"use": "derive", "columns": {"x": "regexp_matches(w, '^(a|a)*$')"}},
        {"use": "filter", "where": "regexp_full_match(w, '(a+)+b')"},
    ],
    ids=["extract", "replace", "groups", "expression", "condition"],
)
def test_a_pattern_that_hangs_other_engines_takes_no_time_here(step: dict[str, object]) -> None:
    # With backtracking each of these would look at 2 to the power of 50,000 ways through the text.
    table = {"columns": {"w": "VARCHAR"}, "rows": [["a" * 50_000 + "!"]]}
    started = time.perf_counter()
    Bench(compile_steps({"t": table}, [{"id": "s", "from": "t", **step}]), {"t": table})
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("pattern", [r"(a)\1", "a(?=b)", "(?<=a)b"])
def test_what_only_backtracking_can_do_is_refused_when_the_plan_is_made(pattern: str) -> None:
    table = {"columns": {"w": "VARCHAR"}, "rows": []}
    with pytest.raises(SpecError, match="cannot be read") as refused:
        compile_steps({"t": table}, [{"id": "s", "from": "t", "use": "text", "columns": "w", "extract": pattern}])
    assert "RE2" in refused.value.hint


def test_a_pivot_of_ten_thousand_columns_is_refused_with_advice() -> None:
    table = {"columns": {"k": "INTEGER", "v": "INTEGER"}, "rows": []}
    step = {"id": "s", "from": "t", "use": "pivot", "column": "k", "values": list(range(10_000)), "measure": "sum(v)"}
    with pytest.raises(SpecError, match="10,000 columns") as refused:
        compile_steps({"t": table}, [step])
    assert "'aggregate' step" in refused.value.hint


@pytest.mark.parametrize(
    ("step", "helps"),
    [
        ({"use": "vlookup", "on": "k"}, "join"),
        ({"use": "running_total", "columns": {}}, "window"),
        ({"use": "melt", "columns": ["v"]}, "unpivot"),
        ({"use": "group_by", "columns": ["v"]}, "aggregate"),
        ({"use": "moving_average", "columns": {}}, "window"),
    ],
)
def test_a_step_that_does_not_exist_names_the_one_that_does_it(step: dict[str, object], helps: str) -> None:
    table = {"columns": {"k": "INTEGER", "v": "INTEGER"}, "rows": []}
    with pytest.raises(SpecError) as refused:
        compile_steps({"t": table}, [{"id": "s", "from": "t", **step}])
    assert helps in refused.value.hint


def test_a_parameter_of_another_step_names_that_step() -> None:
    table = {"columns": {"k": "INTEGER", "v": "INTEGER"}, "rows": []}
    step = {"id": "s", "from": "t", "use": "derive", "columns": {"x": "v"}, "partition_by": "k"}
    with pytest.raises(SpecError) as refused:
        compile_steps({"t": table}, [step])
    assert "'window'" in refused.value.hint
