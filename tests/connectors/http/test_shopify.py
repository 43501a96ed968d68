"""A Shopify shop is read whole: every query stands in Shopify's own introspection, and every answer is made from it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import httpx
import pytest
from vendor_trials import Trial, values, vendor_of

from connectors.contract import DECLARED
from connectors.http.definition import read_definition
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.faults import Forbidden, Limited
from connectors.http.vendor.transport import VendorTransport
from connectors.http.vendor.wire import Call
from spec.errors import AccessError

LISTS = [name for name, one in read_definition(DECLARED.path("shopify")).streams.items() if one.parent is None]


def trial(vendor: Vendor, folder: Path) -> Trial:
    return Trial("shopify", vendor, folder, {"shop": "zoe", "auth": "bearer"}, {"token": "shpat_1"})


@pytest.mark.parametrize("stream", LISTS)
def test_every_record_arrives_once(
    stream: str, vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={stream: 330, "order_lines": 0})
    mine = trial(vendor, tmp_path)
    found = mine.discover(stream)
    reading = mine.read(found, staging)[0]
    assert (reading.rows, reading.quarantined) == (330, ())
    assert values(staging, stream, "id") == sorted(one["id"] for one in vendor.records(stream))
    assert mine.violations() == []
    assert (found[0].source.primary_key, found[0].source.cursor) == (("id",), "updated_at")
    assert found[0].source.columns["updated_at"] == "TIMESTAMP WITH TIME ZONE"
    assert len(found[0].source.columns) <= 40


def test_money_has_columns_with_names_and_every_cent(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={"orders": 60, "order_lines": 0})
    mine = trial(vendor, tmp_path)
    found = mine.discover("orders")
    assert {one.name for one in found} >= {"orders", "orders_refunds", "orders_fulfillments"}
    columns = found[0].source.columns
    money = {"subtotal_price", "total_tax", "total_price", "total_refunded", "current_total"}
    assert {columns[name] for name in money} == {"DECIMAL(18,2)"}
    assert "currency" in columns
    refunds = next(one for one in found if one.name == "orders_refunds").source.columns
    assert (refunds["total_refunded"], refunds["currency"]) == ("DECIMAL(18,2)", "VARCHAR")
    mine.read(found, staging)
    total = staging.execute("SELECT sum(total_price) FROM orders").fetchone()
    assert total == (sum(Decimal(one["totalPriceSet"]["shopMoney"]["amount"]) for one in vendor.records("orders")),)


def test_the_lines_of_each_order_arrive_with_their_order(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={"orders": 6, "order_lines": 130})
    mine = trial(vendor, tmp_path)
    found = mine.discover("order_lines")
    assert mine.read(found, staging)[0].rows == 6 * 130
    orders = sorted(one["id"] for one in vendor.records("orders"))
    assert sorted(set(values(staging, "order_lines", "order_id"))) == orders
    assert found[0].source.columns["unit_price"] == "DECIMAL(18,2)"
    assert mine.violations() == []


def test_the_next_read_asks_for_the_lines_of_orders_that_have_changed(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={"orders": 40, "order_lines": 3})
    mine = trial(vendor, tmp_path)
    found = mine.discover("order_lines")
    assert found[0].source.cursor == "order_updated_at"
    cursor = mine.read(found, staging)[0].cursor
    changed = vendor.tables["orders"].keys[5]
    vendor.touch("orders", changed)
    assert mine.read(found, staging, since=str(cursor), pages="second")[0].rows < 12
    assert f"gid://shopify/Order/{changed}" in values(staging, "order_lines", "order_id")


def test_an_app_asks_in_its_own_name_with_a_token_of_a_day(vendor_specs_folder: Path, tmp_path: Path) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, accepts={"day-token"})
    asked: list[dict[str, str]] = []

    class Shop(VendorTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path != "/admin/oauth/access_token":
                return super().handle_request(request)
            asked.append({"host": request.url.host, **dict(parse_qsl(request.read().decode()))})
            return httpx.Response(200, json={"access_token": "day-token", "expires_in": 86399}, request=request)

    secrets = {"client_id": "i", "client_secret": "s"}
    mine = Trial("shopify", Shop(vendor), tmp_path, {"shop": "zoe"}, secrets)
    assert mine.discover("products")
    wanted = {"host": "zoe.myshopify.com", "grant_type": "client_credentials", "client_id": "i", "client_secret": "s"}
    assert asked[0] == wanted
    assert vendor.violations == []


@pytest.mark.parametrize("stream", LISTS)
def test_the_next_read_asks_for_what_has_changed(
    stream: str, vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={stream: 120, "order_lines": 0})
    mine = trial(vendor, tmp_path)
    found = mine.discover(stream)
    cursor = mine.read(found[:1], staging)[0].cursor
    table = vendor.tables[stream]
    vendor.touch(stream, table.keys[3])
    added = vendor.add(stream)
    reading = mine.read(found[:1], staging, since=str(cursor), pages="second")[0]
    assert 2 <= reading.rows < 5
    got = values(staging, stream, "id")
    assert {one.rpartition("/")[2] for one in got} >= {str(table.keys[3]), str(added)}
    assert mine.violations() == []


def test_a_read_that_was_killed_goes_on_where_it_was(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={"orders": 230, "order_lines": 0})
    mine = trial(vendor, tmp_path)
    found = mine.discover("orders")[:1]
    vendor.faults.append(Forbidden(nth=len(vendor.calls) + 3, stream="orders"))
    with pytest.raises(AccessError):
        mine.read(found, staging)
    before = len(vendor.calls)
    assert mine.read(found, staging)[0].rows == 230
    assert len(vendor.calls) - before == 3


def test_a_query_that_costs_too_much_waits_until_the_allowance_is_back(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, count={"products": 30})
    mine = trial(vendor, tmp_path)
    found = mine.discover("products")
    vendor.faults.append(Limited(nth=len(vendor.calls) + 1, stream="products", told="nothing"))
    before = sum(mine.waits)
    assert mine.read(found, staging)[0].rows == 30
    # 752 points are wanted, 652 are there, 50 come back a second.
    assert sum(mine.waits) - before == pytest.approx(2.0)


def test_a_scope_that_is_missing_is_told_with_what_to_click(vendor_specs_folder: Path, tmp_path: Path) -> None:
    vendor = vendor_of("shopify", vendor_specs_folder, faults=[Forbidden(stream="customers", times=None)])
    with pytest.raises(AccessError) as refused:
        trial(vendor, tmp_path).discover("customers")
    assert "read_orders" in refused.value.message
    assert "Dev Dashboard" in refused.value.hint


def test_the_account_is_the_shops_name(vendor_specs_folder: Path, tmp_path: Path) -> None:
    mine = trial(vendor_of("shopify", vendor_specs_folder, texts=("Zoe's",)), tmp_path)
    assert mine.unit.account(mine.place()) == "Zoe's"
    assert mine.violations() == []


def asked(vendor: Vendor, query: str, **variables: Any) -> tuple[Any, list[str]]:
    headers = {"x-shopify-access-token": "k", "content-type": "application/json"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    reply = vendor.answer(Call("POST", "https://a.test/admin/api/2026-10/graphql.json", headers, body))
    return json.loads(reply.body), [one.message for one in vendor.violations]


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ("{ orders(first: 1) { nodes { idd } } }", {}, "'idd'"),
        ("{ orders { nodes { id } ", {}, "Syntax Error"),
        ("{ orders(firsts: 1) { nodes { id } } }", {}, "'firsts'"),
        ("query($n: Int) { orders(first: $n) { nodes { id } } }", {"n": "many"}, "of another type"),
        ("query($n: Int) { orders(first: $n) { nodes { id } } }", {"m": 1}, "$m is no variable"),
        ('mutation { orderDelete(orderId: "1") { deletedId } }', {}, "is not one query"),
    ],
)
def test_the_vendor_refuses_what_its_introspection_does_not_have(
    query: str, variables: dict[str, Any], message: str, vendor_specs_folder: Path
) -> None:
    _, found = asked(vendor_of("shopify", vendor_specs_folder, count=2), query, **variables)
    assert any(message in one for one in found), found


def test_the_vendor_answers_with_what_is_asked_for_and_nothing_else(vendor_specs_folder: Path) -> None:
    query = (
        "{ orders(first: 2) { nodes { key: legacyResourceId customer { ...who } } } } fragment who on Customer { id }"
    )
    answer, found = asked(vendor_of("shopify", vendor_specs_folder, count={"orders": 3, "order_lines": 0}), query)
    assert found == []
    assert answer["data"]["orders"].keys() == {"nodes"}
    assert all(one.keys() == {"key", "customer"} for one in answer["data"]["orders"]["nodes"])
