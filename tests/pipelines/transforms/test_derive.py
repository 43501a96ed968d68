"""Derived columns may use each other, in whatever order they are written."""

from __future__ import annotations

import random

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

COLUMNS = {"id": "INTEGER", "gross": "DECIMAL(9,2)", "home/away": "VARCHAR"}
ROWS: list[list[object]] = [[1, "10.00", "x"], [2, None, "y"]]


def derived(columns: dict[str, str], **rest: object) -> Bench:
    table = {"columns": COLUMNS, "primary_key": ["id"], "rows": ROWS}
    step = {"id": "d", "use": "derive", "from": "t", "columns": columns}
    return Bench(compile_steps({"t": table}, [step], **rest), {"t": table})


@given(st.integers(2, 6), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_a_chain_of_columns_is_computed_whatever_the_order_it_is_written_in(length: int, order: random.Random) -> None:
    chain = {f"c{place}": "gross + 1" if place == 0 else f"c{place - 1} * 2 + id" for place in range(length)}
    written = list(chain.items())
    order.shuffle(written)
    bench = derived(dict(written))
    relation = bench.job.relations["d"]
    row = dict(zip(relation.names, min(bench.rows("d"), key=repr), strict=True))
    due = 11
    for place in range(length):
        due = due if place == 0 else due * 2 + 1
        assert float(str(row[f"c{place}"])) == due
    assert [field.type for field in relation.fields] == bench.types("d")
    assert frozenset({"id"}) in relation.keys
    assert list(relation.names) == [*COLUMNS, *dict(written)]


def test_a_name_of_the_input_means_the_inputs_column_also_where_it_is_replaced() -> None:
    bench = derived({"gross": "gross * 2", "half": "gross / 2", "more": "half + 1"})
    assert bench.rows("d")[0] == [1, "20.00", "x", 5.0, 6.0]
    assert "half reads gross as it comes in" in " ".join(bench.job.notes)
    assert not [note for note in derived({"gross": "gross * 2"}).job.notes if "as it comes in" in note]


def test_it_is_told_where_a_new_name_differs_from_a_column_by_case_alone_and_replaces_it() -> None:
    assert "GROSS replaces the column gross" in " ".join(derived({"GROSS": "gross * 2"}).job.notes)
    assert "replaces the column" not in " ".join(derived({"gross": "gross * 2", "net": "1"}).job.notes)


def test_a_column_of_the_input_is_taken_by_its_name_whatever_its_letters() -> None:
    bench = derived({"home": "home/away", "away": "home"})
    assert bench.rows("d")[0][3:] == ["x", "x"]


def test_a_replaced_column_may_use_new_ones() -> None:
    assert derived({"gross": "net + 1", "net": "gross - 1"}).rows("d")[0] == [1, "10.00", "x", "9.00"]


@pytest.mark.parametrize("columns", [{"x": "x + 1"}, {"x": "y", "y": "x"}, {"a": "b + 1", "b": "c", "c": "a"}])
def test_columns_that_are_computed_from_each_other_are_refused(columns: dict[str, str]) -> None:
    with pytest.raises(SpecError, match="computed from each other") as refused:
        derived(columns)
    assert "lag" in refused.value.hint


def test_lineage_goes_through_the_columns_between() -> None:
    (field,) = [item for item in derived({"a": "gross", "b": "a + 1"}).job.relations["d"].fields if item.name == "b"]
    assert {origin.column for origin in field.origins} == {"gross"}
