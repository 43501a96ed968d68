"""JSON and NDJSON: nested, exact, and broken."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from connector_cases import TABLE, Read

from connectors.contract import Discovered, Place
from connectors.files import connector as files
from spec.catalog import ForeignKey
from spec.errors import DataError, DriftError
from spec.pipeline import Source

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]
ORDERS = [
    {
        "id": 1,
        "total_price": "19.80",
        "created_at": "2026-07-01T10:00:00+02:00",
        "customer": {"id": 7, "email": "a@example.org"},
        "test": False,
        "line_items": [
            {"id": 11, "sku": "001", "price": "9.90", "taxes": [{"rate": 0.22}]},
            {"id": 12, "sku": "002", "price": "9.90", "taxes": []},
        ],
    },
    {
        "id": 2,
        "total_price": "5.00",
        "created_at": "2026-07-02T10:00:00+02:00",
        "customer": None,
        "test": True,
        "line_items": [],
    },
]


@pytest.fixture
def orders(tmp_path: Path) -> dict[str, Discovered]:
    (tmp_path / "orders.ndjson").write_text("".join(json.dumps(order) + "\n" for order in ORDERS))
    return {item.name: item for item in files.discover(Place("files", tmp_path, location="orders.ndjson"))}


def test_nested_objects_become_columns_and_lists_become_tables(orders: dict[str, Discovered]) -> None:
    assert list(orders) == ["orders", "orders_line_items", "orders_line_items_taxes"]
    assert orders["orders"].source.columns == {
        "id": "BIGINT",
        "total_price": "DECIMAL(18,2)",
        "created_at": "TIMESTAMP WITH TIME ZONE",
        "customer_id": "BIGINT",
        "customer_email": "VARCHAR",
        "test": "BOOLEAN",
    }
    assert orders["orders_line_items"].source.columns == {
        "order_id": "BIGINT",
        "id": "BIGINT",
        "sku": "VARCHAR",
        "price": "DECIMAL(18,2)",
    }
    assert orders["orders_line_items"].source.foreign_keys == (
        ForeignKey(columns=("order_id",), table="orders", references=("id",), declared=False),
    )
    assert orders["orders"].source.primary_key == ("id",)


def test_records_and_their_entries_are_read(orders: dict[str, Discovered], reads: Reads, tmp_path: Path) -> None:
    main = reads(orders["orders"], tmp_path)
    assert main.rows == [
        ("1", "19.80", "2026-07-01 08:00:00+00", "7", "a@example.org", "false"),
        ("2", "5.00", "2026-07-02 08:00:00+00", None, None, "true"),
    ]
    assert main.reading.expected_rows == 2
    items = reads(orders["orders_line_items"], tmp_path)
    assert items.rows == [("1", "11", "001", "9.90"), ("1", "12", "002", "9.90")]
    assert items.reading.expected_rows == 2
    taxes = reads(orders["orders_line_items_taxes"], tmp_path)
    assert taxes.rows == [("11", "1", "0.22")]


def test_a_document_s_list_of_records_is_found(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.json", json.dumps({"count": 2, "data": [{"id": 1, "v": {"w": "x"}}, {"id": 2}]}, indent=1))
    assert found.source.options["records"] == "/data"
    assert reads(found, tmp_path).rows == [("1", "x"), ("2", None)]


def test_an_array_of_records_is_read(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.json", json.dumps([{"id": 1, "a": 1.5}, {"id": 2, "a": 2}]))
    assert found.source.columns == {"id": "BIGINT", "a": "DECIMAL(18,2)"}
    read = reads(found, tmp_path)
    assert read.rows == [("1", "1.50"), ("2", "2.00")]
    assert read.reading.expected_rows == 2


def test_money_of_17_digits_is_read_exactly_when_declared_so(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.ndjson", '{"id":1,"amount":123456789012345.67}\n{"id":2,"amount":0.10}\n')
    assert found.source.columns["amount"] == "DECIMAL(38,2)"
    assert reads(found, tmp_path).rows == [("1", "123456789012345.67"), ("2", "0.10")]
    as_text = {"id": "BIGINT", "amount": "VARCHAR"}
    assert reads(found, tmp_path, columns=as_text).rows == [("1", "123456789012345.67"), ("2", "0.1")]


def test_money_of_17_digits_is_refused_where_floating_point_would_change_it(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.ndjson", '{"id":1,"amount":0.5}\n{"id":2,"amount":12345678901234567.25}\n')
    with pytest.raises(DataError) as caught:
        reads(found, tmp_path, columns={"id": "BIGINT", "amount": "DOUBLE"})
    assert caught.value.where == {"file": "a.ndjson", "line": 2, "field": "amount"}
    assert "DECIMAL or VARCHAR" in caught.value.hint
    assert caught.value.data["number"] == "12345678901234567.25"


def test_long_digits_inside_a_text_are_no_number(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.ndjson", r'{"id":1,"note":"ref: 12345678901234567.25 \" , 99999999999999999.5"}' + "\n")
    assert reads(found, tmp_path).rows == [("1", 'ref: 12345678901234567.25 " , 99999999999999999.5')]


def test_broken_records_are_set_aside_with_line_and_reason(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    text = '{"id":1,"c":{"d":1}}\n{"id":2,\n[3]\n\n{"id":4,"id":5}\n{"id":6,"c":"text"}\n{"id":7,"c":{"d":2}}\n'
    found = discovered("a.ndjson", '{"id":1,"c":{"d":1}}\n')
    (tmp_path / "a.ndjson").write_text(text)
    read = reads(found, tmp_path, drift="evolve")
    assert read.rows == [("1", "1"), ("7", "2")]
    assert [(line, reason) for _, line, reason, _ in read.quarantined] == [
        (2, "not valid JSON at column 9"),
        (3, "a list where a record is expected"),
        (5, "the field 'id' stands twice"),
        (6, "text where an object is expected: c"),
    ]
    assert read.reading.expected_rows == 6


def test_an_unreadable_value_of_a_record_sets_it_aside(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.ndjson", '{"id":1,"amount":"2.50"}\n')
    (tmp_path / "a.ndjson").write_text('{"id":1,"amount":"2.50"}\n{"id":2,"amount":"two"}\n')
    read = reads(found, tmp_path)
    assert read.rows == [("1", "2.50")]
    assert [(row[1], row[2]) for row in read.quarantined] == [(2, "not a number with at most 2 decimals: amount")]


def test_a_new_field_is_drift_and_one_that_stands_nowhere_too(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.ndjson", '{"id":1,"amount":"2.50"}\n')
    (tmp_path / "a.ndjson").write_text('{"id":1,"total":"2.50"}\n')
    with pytest.raises(DriftError) as caught:
        reads(found, tmp_path)
    assert caught.value.data["added"] == ["total"]
    assert caught.value.data["missing"] == ["amount"]


def test_a_field_that_only_some_records_have_is_no_drift(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    lines = '{"id":1}\n' * 1500 + '{"id":2,"note":"rare"}\n'
    found = discovered("a.ndjson", lines)
    assert reads(found, tmp_path).reading.rows == 1501


def test_ids_that_come_as_texts_stay_texts(discovered: Discover) -> None:
    found = discovered("a.ndjson", '{"id":"4501","paid":"2.50"}\n{"id":"4502","paid":"3.00"}\n')
    assert found.source.columns == {"id": "VARCHAR", "paid": "DECIMAL(18,2)"}


def test_a_cut_off_document_is_an_error_with_its_place(discovered: Discover) -> None:
    with pytest.raises(DataError) as caught:
        discovered("a.json", '[{"id": 1},\n {"id": ')
    assert caught.value.where["line"] == 2
    assert "cut off" in caught.value.hint


def test_a_byte_order_mark_and_utf_16_are_understood(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        found = discovered("a.ndjson", '{"id":1,"name":"Müller"}\n'.encode(encoding))
        assert reads(found, tmp_path).rows == [("1", "Müller")]


def test_a_column_is_found_by_the_name_that_discovery_gives_it(
    tmp_path: Path, orders: dict[str, Discovered], reads: Reads
) -> None:
    for found in (orders["orders"], orders["orders_line_items"]):
        options = {name: value for name, value in found.source.options.items() if name != "fields"}
        columns = {name: type_ for name, type_ in found.source.columns.items() if name not in {"order_id", "id"}}
        spelled = found.source.model_copy(update={"columns": columns, "left_out": ("id", "order_id")})
        bare = spelled.model_copy(update={"options": options})
        assert bare.options != spelled.options
        assert reads(replace(found, source=bare), tmp_path).rows == reads(replace(found, source=spelled), tmp_path).rows


def test_a_key_of_the_record_comes_before_a_name_that_is_made_of_several(
    tmp_path: Path, discovered: Discover, reads: Reads
) -> None:
    found = discovered("a.json", json.dumps([{"a": {"b": "inner"}, "a_b": "own"}]))
    source = found.source.model_copy(
        update={"columns": {"a_b": "VARCHAR"}, "options": {"format": "json"}, "drift": "evolve"}
    )
    assert reads(replace(found, source=source), tmp_path).rows == [("own",)]


def test_lists_within_objects_that_hold_nothing_else_are_tables(reads: Reads, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text(json.dumps({"data": {"orders": ORDERS}}))
    found = {item.name: item for item in files.discover(Place("files", tmp_path, location="answer.json"))}
    assert min(found) == "answer_data_orders"
    assert [row[:2] for row in reads(found["answer_data_orders"], tmp_path).rows] == [("1", "19.80"), ("2", "5.00")]
    assert reads(found["answer_data_orders_line_items"], tmp_path).rows == [
        ("1", "11", "001", "9.90"),
        ("1", "12", "002", "9.90"),
    ]


def test_a_field_within_an_object_is_new_only_where_the_column_s_type_does_not_hold_it(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.ndjson", '{"id":1,"customer":{"name":"Ann"}}\n')
    columns = {"id": "BIGINT", "customer": "STRUCT(name VARCHAR)"}
    source = found.source.model_copy(update={"columns": columns, "options": {}})
    whole = replace(found, source=source)
    assert len(reads(whole, tmp_path).rows) == 1
    (tmp_path / "a.ndjson").write_text('{"id":1,"customer":{"name":"Ann","age":7}}\n')
    with pytest.raises(DriftError) as caught:
        reads(whole, tmp_path)
    assert caught.value.data["added"] == ["customer_age"]


def test_an_object_whose_keys_are_data_is_a_column_of_json_and_the_document_itself_can_be_the_record(
    staging: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    document = {"survey": "pulse", "questions": {"q1": {"text": "Pay"}, "q2": {"text": "Boss"}}, "answers": [{"n": 1}]}
    (tmp_path / "a.json").write_text(json.dumps(document))
    source = Source(
        location="a.json",
        columns={"survey": "VARCHAR", "questions": "JSON"},
        left_out=("answers",),
        options={"records": "/"},
    )
    files.read(source, Place("files", tmp_path, location="a.json"), staging, TABLE)
    found = staging.execute("SELECT survey, json_keys(questions), questions ->> '$.q2.text' FROM loaded").fetchall()
    assert found == [("pulse", ["q1", "q2"], "Boss")]
