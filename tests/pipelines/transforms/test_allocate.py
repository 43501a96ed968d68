"""Amounts split over rows: the parts add up exactly, in proportion or in order."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.errors import SpecError

COLUMNS = {"id": "INTEGER", "per": "VARCHAR", "amount": "DECIMAL(18,2)", "weight": "DECIMAL(18,3)"}
AMOUNTS = {"x": st.decimals(-500, 500, places=2), "y": st.decimals(0, 9999999, places=2)}
ROWS = st.tuples(
    AMOUNTS["x"],
    AMOUNTS["y"],
    st.lists(st.tuples(st.sampled_from(["x", "y"]), st.decimals(0, 900, places=3)), min_size=1, max_size=7),
)


def split(rows: list[list[object]], **params: object) -> tuple[list[list[object]], dict[str, bool]]:
    table = {"columns": COLUMNS, "primary_key": ["id"], "rows": rows}
    step = {"id": "a", "use": "allocate", "from": "t", "amount": "amount", "per": "per", "order": "id", **params}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    passed = {check: found[0] for (check, _), found in bench.checks().items()}
    return sorted(bench.rows("a"), key=lambda row: row[0]), passed  # type: ignore[arg-type, return-value]


def made(drawn: tuple[Decimal, Decimal, list[tuple[str, Decimal]]]) -> list[list[object]]:
    amounts = {"x": str(drawn[0]), "y": str(drawn[1])}
    return [[number, per, amounts[per], str(weight)] for number, (per, weight) in enumerate(drawn[2])]


@given(ROWS, st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_parts_add_up_and_are_within_one_unit_of_what_is_due(
    drawn: tuple[Decimal, Decimal, list[tuple[str, Decimal]]], decimals: int
) -> None:
    rows = made(drawn)
    found, passed = split(rows, by="weight", decimals=decimals)
    weights: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _, per, _, weight in rows:
        weights[str(per)] += Decimal(str(weight))
    if any(not weights[str(row[1])] and Decimal(str(row[2])) for row in rows):
        assert not passed["allocate_groups"]
        return
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in found:
        part, amount, weight = (Decimal(str(row[place])) for place in (4, 2, 3))
        if weights[str(row[1])]:
            assert abs(part - amount * weight / weights[str(row[1])]) < Decimal(1).scaleb(-decimals)
            sums[str(row[1])] += part
            assert sums.keys()
    assert all(sums[str(row[1])] == Decimal(str(row[2])) for row in found if weights[str(row[1])])
    assert passed["allocate_adds_up"] or any(not weights[str(row[1])] for row in rows)


@given(ROWS)
@settings(max_examples=20, deadline=None)
def test_rows_are_filled_one_after_the_other_until_nothing_is_left(
    drawn: tuple[Decimal, Decimal, list[tuple[str, Decimal]]],
) -> None:
    rows = [row for row in made(drawn) if Decimal(str(row[2])) >= 0]
    found, passed = split(rows, up_to="cast(weight as decimal(18,2))")
    left = {str(row[1]): Decimal(str(row[2])) for row in rows}
    for row in found:
        limit = Decimal(str(row[3])).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
        given_part = min(limit, left[str(row[1])])
        assert Decimal(str(row[4])) == given_part
        left[str(row[1])] -= given_part
    assert passed["allocate_adds_up"] == (not any(left.values()))


def test_equal_remainders_go_by_the_order_that_is_said() -> None:
    rows: list[list[object]] = [[1, "x", "1.00", "1"], [2, "x", "1.00", "1"], [3, "x", "1.00", "1"]]
    assert [row[4] for row in split(rows, by="weight", order="id desc")[0]] == ["0.33", "0.33", "0.34"]
    assert [row[4] for row in split(rows, decimals=0)[0]] == [1, 0, 0]


def test_a_group_with_two_amounts_or_a_weight_below_zero_stops_the_run() -> None:
    assert not split([[1, "x", "1.00", "1"], [2, "x", "2.00", "1"]])[1]["allocate_groups"]
    assert not split([[1, "x", "1.00", "1"], [2, "x", None, "1"]])[1]["allocate_groups"]
    assert not split([[1, "x", "1.00", "-1"], [2, "x", "1.00", "3"]], by="weight")[1]["allocate_groups"]


def test_floating_point_amounts_and_an_order_that_leaves_ties_are_refused() -> None:
    with pytest.raises(SpecError, match="does not add up exactly"):
        split([], by="weight / 3")
    with pytest.raises(SpecError, match="order of rows"):
        split([], order="weight")


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        ("BIGINT", ["9223372036854775807", "9223372036854775807", "1"]),
        ("DECIMAL(18,2)", ["9999999999999999.99", "9999999999999999.99", "0.01"]),
        ("DECIMAL(18,9)", ["999999999.999999999", "999999999.999999999", "0.000000001"]),
        ("DECIMAL(30,12)", ["999999999999999999.999999999999", "999999999999999999.999999999999", "0"]),
        ("UBIGINT", ["18446744073709551615", "18446744073709551615", "0"]),
    ],
)
def test_weights_as_large_as_their_type_holds_are_weighed_exactly(kind: str, weights: list[str]) -> None:
    table = {"columns": {"id": "INTEGER", "w": kind}, "primary_key": ["id"], "rows": list(enumerate(weights))}
    step = {"id": "a", "use": "allocate", "from": "t", "amount": "100.01", "by": "w", "order": "id"}
    bench = Bench(compile_steps({"t": table}, [step]), {"t": table})
    assert [row[2] for row in sorted(bench.rows("a"))] == ["50.01", "50.00", "0.00"]
    assert all(found[0] for found in bench.checks().values())
