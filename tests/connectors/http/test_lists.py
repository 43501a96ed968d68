"""A list is read to its end however the system cuts it, and one that may not be whole is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from http_systems import Shop, connected, definition, orders, place
from sqlglot import exp

from connectors.http.definition import Definition
from spec.errors import AccessError, DataError, LimitError
from spec.pipeline import Source

ORDERS = exp.table_("orders")
ODATA: Any = {
    "paginate": {"use": "odata", "size": 100, "total": "/d/__count"}, "records": "/d/results",
    "params": {"$inlinecount": "allpages"}, "cursor": None,
}  # fmt: skip


def odata(
    numbers: range, *, most: int, linked: bool, told: int | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    """A server that sends ``most`` rows at once of those asked for, with a link to the rest of these or without one."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        start, top = int(asked.get("$skip", "0")), int(asked["$top"])
        window = list(numbers)[start : start + top]
        passed = int(asked.get("$skiptoken", "0"))
        page = window[passed : passed + most]
        inner: dict[str, Any] = {"results": [{"id": one} for one in page], "__count": str(told or len(numbers))}
        if linked and passed + most < len(window):
            inner["__next"] = str(request.url.copy_merge_params({"$skiptoken": str(passed + most)}))
        return httpx.Response(200, json={"d": inner})

    return answer


@pytest.mark.parametrize(
    ("most", "linked", "counted"),
    [
        (1000, False, True),
        (30, False, True),
        (30, True, True),
        (100, True, True),
        (1000, False, False),
        (30, True, False),
    ],
)
def test_an_odata_list_is_read_whole_however_the_server_cuts_it(
    most: int, linked: bool, counted: bool, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop([], fault=lambda _nth, request: odata(range(250), most=most, linked=linked)(request))
    paging = {name: item for name, item in ODATA["paginate"].items() if counted or name != "total"}
    unit = connected(shop, definition(**{**ODATA, "paginate": paging}))
    source = unit.discover(place(tmp_path / "look"))[0].source
    reading = unit.read(source, place(tmp_path), staging, ORDERS)
    assert reading.rows == 250
    assert staging.execute("SELECT count(DISTINCT id) FROM orders").fetchone() == (250,)


def test_an_odata_list_that_ends_before_its_own_count_is_refused(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop([], fault=lambda _nth, request: odata(range(250), most=1000, linked=False, told=400)(request))
    unit = connected(shop, definition(**ODATA))
    source = Source(connector="shop", stream="orders", columns={"id": "BIGINT"})
    with pytest.raises(DataError, match="tells of 400"):
        unit.read(source, place(tmp_path), staging, ORDERS)


def test_a_setting_without_a_value_leaves_out_what_holds_it(tmp_path: Path) -> None:
    plain = definition(params={"client": "{client}", "x": "{client}-1"}, cursor=None).model_dump(exclude_unset=True)
    described = Definition.model_validate({**plain, "settings": {"client": {"title": "Client", "default": ""}}})
    shop = Shop(orders(3))
    connected(shop, described).discover(place(tmp_path))
    assert "client" not in shop.asked()[0]
    assert "x" not in shop.asked()[0]


KEYSET: Any = {
    "paginate": {
        "use": "filter_keyset", "filter": "q", "condition": "id:>{key}", "key": "/id",
        "size_param": "limit", "size": 30, "more": "/has_more",
    },
    "params": {"q": "changed:>='{cursor:date}'"},
}  # fmt: skip


def searched(numbers: list[int]) -> Callable[[int, httpx.Request], httpx.Response]:
    """A list that a filter's text cuts, 30 at once."""

    def answer(_nth: int, request: httpx.Request) -> httpx.Response:
        text = request.url.params.get("q", "")
        behind = int(text.rpartition("id:>")[2]) if "id:>" in text else 0
        left = [one for one in numbers if one > behind]
        page = [{"id": one, "changed": 1_760_000_000} for one in left[:30]]
        return httpx.Response(200, json={"data": page, "has_more": len(left) > 30})

    return answer


def test_a_filter_with_the_last_key_pages_beside_the_filters_own_text(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop([], fault=searched(list(range(1, 71))))
    unit = connected(shop, definition(**KEYSET))
    source = unit.discover(place(tmp_path / "look"))[0].source
    shop.requests.clear()
    assert unit.read(source, place(tmp_path), staging, ORDERS).rows == 70
    assert [one.get("q") for one in shop.asked()] == [None, "id:>30", "id:>60"]
    shop.requests.clear()
    assert unit.read(source, place(tmp_path), staging, ORDERS, since="2025-10-09 00:00:00+00").rows == 70
    own = "changed:>='2025-10-09'"
    assert [one["q"] for one in shop.asked()] == [own, f"{own} AND id:>30", f"{own} AND id:>60"]


def test_a_list_that_is_not_sorted_by_the_key_it_is_paged_by_is_refused(tmp_path: Path) -> None:
    shop = Shop([], fault=searched([3, 1, 2, *range(4, 60)]))
    with pytest.raises(DataError, match="not sorted"):
        connected(shop, definition(**KEYSET)).discover(place(tmp_path))


def test_an_allowance_that_refills_is_waited_for(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    plain = definition(paginate={"use": "filter_keyset", **KEYSET["paginate"]}).model_dump(exclude_unset=True)
    plain["limits"]["budget"] = {"left": "/cost/left", "refill": "/cost/refill", "price": "/cost/price"}

    def answer(nth: int, request: httpx.Request) -> httpx.Response:
        found = searched(list(range(1, 71)))(nth, request).json()
        return httpx.Response(200, json={**found, "cost": {"left": 10, "refill": 5.0, "price": 40}})

    shop = Shop([], fault=answer)
    unit = connected(shop, Definition.model_validate(plain))
    source = Source(connector="shop", stream="orders", columns={"id": "BIGINT"}, options={"seen": ["changed"]})
    unit.read(source, place(tmp_path), staging, ORDERS)
    assert shop.waits == [pytest.approx(6.0), pytest.approx(6.0)]


def test_a_rule_may_say_that_an_answer_of_200_denies_access(tmp_path: Path) -> None:
    plain = definition().model_dump(exclude_unset=True)
    plain["errors"] = [{"at": "/error", "contains": "scope", "do": "deny", "message": "Give it the scope."}]
    shop = Shop([], fault=lambda *_: httpx.Response(200, json={"error": "missing scope"}))
    with pytest.raises(AccessError) as refused:
        connected(shop, Definition.model_validate(plain)).check(place(tmp_path))
    assert refused.value.hint == "Give it the scope."
    assert "needs" not in refused.value.data


def test_a_list_as_long_as_the_system_gives_any_is_not_taken_for_whole(tmp_path: Path) -> None:
    paging = {"use": "graphql", "info": "/info", "size": 3, "most": 3}
    shop = Shop([], fault=lambda *_: httpx.Response(200, json={"data": orders(3), "info": {"hasNextPage": False}}))
    with pytest.raises(LimitError, match="3 records of a list and no more"):
        connected(shop, definition(paginate=paging, params={})).discover(place(tmp_path))


def test_a_column_has_the_name_that_the_connector_gives_it(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    named = {"/customer/email": "email", "/total": "total_price", "/lines/*/sku": "article", "/id": "number"}
    described = definition(names=named, primary_key="number", types={"/total": "DECIMAL(18,4)"})
    found = connected(Shop(orders(30)), described).discover(place(tmp_path / "look"))
    assert {"email", "total_price", "number", "customer_id"} <= found[0].source.columns.keys()
    assert found[0].source.columns["total_price"] == "DECIMAL(18,4)"
    assert [one.name for one in found[0].table.columns] == list(found[0].source.columns)
    assert "article" in found[1].source.columns
    unit = connected(Shop(orders(30)), described)
    unit.read_together([(one.source, exp.table_(one.name)) for one in found], place(tmp_path), staging)
    row = staging.execute("SELECT email, total_price, changed IS NULL FROM orders ORDER BY total_price").fetchone()
    assert row is not None
    assert (row[0], str(row[1]), row[2]) == ("a1@example.com", "1.1000", False)
    assert staging.execute("SELECT DISTINCT article FROM orders_lines ORDER BY 1").fetchall() == [("s1",), ("s2",)]


def test_two_accounts_of_one_system_keep_their_pages_apart(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    ours, theirs = Shop(orders(30)), Shop(orders(50))
    source = connected(Shop(orders(30))).discover(place(tmp_path / "look"))[0].source
    kept = tmp_path / "pages"
    found = [
        connected(shop).read(source, replace(place(kept), connection=account), staging, exp.table_("orders")).rows
        for shop, account in ((ours, "till"), (theirs, "other_till"))
    ]
    assert found == [30, 50]


@pytest.mark.parametrize(("limit", "is_cut"), [(4, True), (5, False), (6, False)])
def test_a_preview_says_that_it_was_cut_only_when_it_was(limit: int, is_cut: bool, tmp_path: Path) -> None:
    unit = connected(Shop(orders(5)))
    source = unit.discover(place(tmp_path))[0].source
    shown = unit.preview(source, place(tmp_path), limit=limit)
    assert (len(shown.rows), shown.truncated) == (min(limit, 5), is_cut)


def test_a_count_of_pages_is_not_made_up_where_the_system_gives_shorter_ones(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    numbers = list(range(250))

    def answer(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params["page"]) - 1) * 100
        page = [{"id": one} for one in numbers[start : start + 100]]
        return httpx.Response(200, json={"data": page, "total": len(numbers)})

    paging = {"use": "page", "size_param": "per_page", "size": 200, "total": "/total"}
    shop = Shop([], fault=lambda _nth, request: answer(request))
    unit = connected(shop, definition(paginate=paging, cursor=None, times={}, params={}))
    with pytest.raises(DataError, match="hold 100 of 250"):
        unit.discover(place(tmp_path))
