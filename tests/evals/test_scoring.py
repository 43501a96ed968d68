"""Scoring: what counts as the same rows."""

from __future__ import annotations

from evals.scoring import same_leniently, same_strictly


def test_columns_may_come_in_any_order_but_as_many() -> None:
    assert same_strictly([["a", 1], ["b", 2]], [[1, "a"], [2, "b"]], ordered=True)
    assert not same_strictly([["a", 1, 9]], [["a", 1]], ordered=False)
    assert same_leniently([["a", 1, 9]], [["a", 1]])


def test_row_order_counts_only_where_the_gold_has_one() -> None:
    assert same_strictly([[1], [2]], [[2], [1]], ordered=False)
    assert not same_strictly([[1], [2]], [[2], [1]], ordered=True)


def test_numbers_agree_to_five_digits_and_midnight_is_a_date() -> None:
    assert same_strictly([["0.333333", "2024-01-01T00:00:00"]], [[0.33333, "2024-01-01"]], ordered=False)
    assert not same_strictly([[1.2345]], [[1.2344]], ordered=False)


def test_one_permutation_serves_all_rows() -> None:
    assert not same_strictly([[1, 2], [2, 1]], [[1, 2], [1, 2]], ordered=False)


def test_no_rows_equal_no_rows_only() -> None:
    assert same_strictly([], [], ordered=True)
    assert not same_leniently([[1]], [])
