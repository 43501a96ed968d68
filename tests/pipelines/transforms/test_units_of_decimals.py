"""Decimals are taken apart into whole numbers for loops, and put together again, without losing a digit."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.inorder import decimals_of, units_of

MOST = 10**38 - 1


@given(st.lists(st.none() | st.integers(-MOST, MOST)), st.integers(0, 12), st.integers(0, 5))
def test_whole_numbers_make_the_decimals_they_are_taken_from(units: list[int | None], scale: int, cut: int) -> None:
    made = decimals_of(units, scale)
    assert made.type == pa.decimal128(38, scale)
    made.validate(full=True)
    assert units_of(pa.chunked_array([made[:cut], made[cut:]], made.type)) == units


@pytest.mark.parametrize(
    ("value", "unit"), [("1.50", 150), ("-0.01", -1), ("0.00", 0), ("92233720368547758.08", 2**63), ("-1.50", -150)]
)
def test_a_decimal_is_told_in_its_last_digit(value: str, unit: int) -> None:
    given = pa.chunked_array([pa.array([None, Decimal(value)], pa.decimal128(38, 2))])
    assert units_of(given) == [None, unit]
    assert decimals_of([unit], 2).to_pylist() == [Decimal(value)]
