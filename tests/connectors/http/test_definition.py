"""What a connector.yaml may say beyond a list in pages: fields by name, parents, refusals, bodies, days."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from http_systems import Shop, body, connected, definition, order, orders, place
from sqlglot import exp

from connectors.contract import Place, Reading
from connectors.http import placeholders
from connectors.http.asking import Ask
from connectors.http.definition import Definition
from connectors.http.engine import Declared
from spec.errors import AccessError, DriftError
from spec.pipeline import Source

ORDERS = exp.table_("orders")


def read(unit: Declared, folder: Path, into: duckdb.DuckDBPyConnection, source: Source) -> Reading:
    return unit.read(source, place(folder), into, ORDERS)


def test_fields_that_are_named_are_columns_also_where_the_first_records_lack_them_and_others_are_no_drift(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    named = definition(fields=["/id", "/total", "/customer/email", "/customer/vat", "/lines/*/sku"])
    shop = Shop(orders(130))
    found = connected(shop, named).discover(place(tmp_path / "look"))
    assert list(found[0].source.columns) == ["id", "total", "customer_email", "customer_vat"]
    assert list(found[1].source.columns) == ["order_id", "sku"]
    shop.orders[120] |= {"brand_new": 1, "customer": {"email": "b@example.com", "vat": "DE1"}}
    assert read(connected(shop, named), tmp_path, staging, found[0].source).rows == 130
    told = staging.execute("SELECT customer_email, customer_vat FROM orders WHERE customer_vat IS NOT NULL").fetchall()
    assert told == [("b@example.com", "DE1")]


@pytest.mark.parametrize("said", ["2015-01-31", date(2015, 1, 31)])
def test_the_first_day_of_a_history_may_be_written_as_yaml_reads_days(said: object) -> None:
    windows = definition(windows={"from": said, "every": "30 days"}).streams["orders"].windows
    assert windows is not None
    assert windows.from_ == "2015-01-31"


def test_a_field_that_is_named_and_gone_is_still_drift(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    named = definition(fields=["/id", "/total"])
    shop = Shop(orders(130))
    source = connected(shop, named).discover(place(tmp_path / "look"))[0].source
    for one in shop.orders:
        del one["total"]
    with pytest.raises(DriftError):
        read(connected(shop, named), tmp_path, staging, source)


def family(**parent: Any) -> Definition:
    """Baskets in boxes, a box of which has a count."""
    return Definition.model_validate(
        {
            "title": "Boxes",
            "proof": {"grade": "E", "tried_on": "nothing"},
            "base_url": "https://box.test",
            "streams": {
                "boxes": {"path": "/boxes", "primary_key": "id"},
                "baskets": {
                    "path": "/boxes/{parent.box}/baskets",
                    "primary_key": "id",
                    "parent": {"stream": "boxes", "ask": {"box": "/id"}, **parent},
                },
            },
        }
    )


def test_a_record_of_several_parents_is_there_once_and_parents_that_can_have_none_are_not_asked(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    asked: list[str] = []
    boxes = [{"id": 1, "count": 1}, {"id": 2, "count": 2}, {"id": 3, "count": 0}, {"id": 4}, {"id": 5, "count": []}]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=body(boxes if request.url.path == "/boxes" else [{"id": "same"}]))

    unit = Declared(family(only="/count"), "boxes", transport=httpx.MockTransport(answer))
    source = unit.discover(Place("boxes", tmp_path / "look"), options={"stream": "baskets"})[0].source
    assert list(source.columns) == ["id"]
    asked.clear()
    assert unit.read(source, Place("boxes", tmp_path, pages=tmp_path), staging, ORDERS).rows == 1
    assert sorted(asked) == ["/boxes", "/boxes/1/baskets", "/boxes/2/baskets"]


def test_a_refusal_with_status_200_leaves_the_stream_out_and_says_why(tmp_path: Path) -> None:
    plain = definition().model_dump(mode="json", exclude_unset=True)
    rule = {"status": 200, "at": "/error", "contains": "missing_scope", "do": "deny", "message": "Tick the box."}
    plain["streams"]["notes"] = {**plain["streams"]["orders"], "path": "/notes"}
    denying = Definition.model_validate({**plain, "errors": [rule]})
    shop = Shop(orders(3))

    def answer(_nth: int, request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json={"error": "missing_scope"}) if request.url.path.endswith("/notes") else None

    shop.fault = answer
    found = connected(shop, denying).discover(place(tmp_path))
    assert [one.name for one in found] == ["orders", "orders_lines"]
    assert any("notes is left out" in text for text in found[0].warnings)
    with pytest.raises(AccessError) as caught:
        connected(shop, denying).discover(place(tmp_path), options={"stream": "notes"})
    assert caught.value.hint == "Tick the box."


@pytest.mark.parametrize(
    ("form", "text"),
    [("second_before", "2026-01-02T03:04:04Z"), ("epoch", "1767323045"), ("epoch_ms", "1767323045678")],
)
def test_a_filter_is_never_given_a_later_moment_than_the_cursor(form: str, text: str) -> None:
    assert placeholders.filled(f"{{cursor:{form}}}", {"cursor": "2026-01-02 03:04:05.678+00"}) == text


def test_a_value_is_put_among_the_entries_of_a_body_and_a_list_is_made_of_commas() -> None:
    given = placeholders.filled_all({"names": "{own:list}", "filters": [{"value": "0"}]}, {"own": "a, b,,c"})
    ask = Ask("POST", "https://box.test", body=given).with_body("/filters/0/value", "7").with_body("/page/size", 5)
    assert ask.body == {"names": ["a", "b", "c"], "filters": [{"value": "7"}], "page": {"size": 5}}
    assert given == {"names": ["a", "b", "c"], "filters": [{"value": "0"}]}


@pytest.mark.parametrize(
    ("spelled", "day"),
    [("/Date(1518652800000+0000)/", "2018-02-15"), ("/Date(1419937200000+1300)/", "2014-12-31")],
)
def test_a_day_is_that_of_the_zone_it_names(
    spelled: str, day: str, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    named = definition(times={"/changed": "epoch", "/due": "dotnet"}, types={"/due": "DATE"})
    shop = Shop([order(one, due=spelled) for one in range(1, 30)])
    source = connected(shop, named).discover(place(tmp_path / "look"))[0].source
    assert read(connected(shop, named), tmp_path, staging, source).quarantined == ()
    assert staging.execute("SELECT DISTINCT due::VARCHAR FROM orders").fetchall() == [(day,)]
