"""Promises in words become checks, and only the ones that are understood."""

from __future__ import annotations

import pytest

from agents.builtin.pipelines.promises import read_promise
from spec.base import JsonValue
from spec.catalog import Column, Table

TABLE = Table(
    name="orders",
    columns=tuple(
        Column(name=name, type=kind)
        for name, kind in (
            ("order_id", "BIGINT"),
            ("status", "VARCHAR"),
            ("total_price", "DECIMAL(18,2)"),
            ("quantity", "INTEGER"),
            ("weight", "DOUBLE"),
        )
    ),
)


@pytest.mark.parametrize(
    ("said", "check", "params"),
    [
        ("order_id is never empty", "not_null", {"columns": ["order_id"]}),
        ("no order id is missing", "not_null", {"columns": ["order_id"]}),
        ("every order has a status", "not_null", {"columns": ["status"]}),
        ("order id and status are not empty", "not_null", {"columns": ["order_id", "status"]}),
        ("the order id is unique", "unique", {"columns": ["order_id"]}),
        ("there are no duplicates in order_id", "unique", {"columns": ["order_id"]}),
        ("quantity is between 1 and 100", "range", {"column": "quantity", "min": "1", "max": "100"}),
        ("no total price is negative", "range", {"column": "total_price", "min": 0}),
        ("total_price is positive", "range", {"column": "total_price", "min": "0.01"}),
        ("quantity is always positive", "range", {"column": "quantity", "min": "1"}),
        ("quantity is at most 12", "range", {"column": "quantity", "max": "12"}),
        ("status is one of paid, open or void", "accepted_values",
         {"column": "status", "values": ["paid", "open", "void"]}),
        ("there are at least 10 rows", "row_count", {"min": 10}),
        ("the table is not empty", "row_count", {"min": 1}),
    ],
)  # fmt: skip
def test_a_promise_in_words_becomes_its_check(said: str, check: str, params: dict[str, JsonValue]) -> None:
    assert read_promise(said, TABLE) == (check, params)


@pytest.mark.parametrize(
    "said", ["the moon is full", "price is unique and the moon is full", "colour is never empty", "weight is positive"]
)
def test_what_is_not_understood_is_left_open(said: str) -> None:
    assert read_promise(said, TABLE) is None
