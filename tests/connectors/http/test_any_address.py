"""A list of any system is read by settings alone: vendors that are known well stand for systems that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from vendor_trials import Trial, values, vendor_of

from connectors.contract import DECLARED, Place
from connectors.http.chosen import Chosen, chosen
from connectors.http.engine import Declared
from spec.errors import DataError, SpecError

STRIPE = {
    "url": "https://api.stripe.test/v1", "lists": "charges by id, customers?email=a@b.example by id",
    "records": "/data", "paging": "after",
    "position": "starting_after", "next": "/id", "more": "/has_more", "size_param": "limit",
    "changed": "/created", "changed_form": "epoch", "since": "created[gte]", "since_form": "epoch",
}  # fmt: skip
ASANA = {
    "url": "https://app.asana.test/api/1.0", "lists": "workspaces by gid", "records": "/data", "paging": "cursor",
    "position": "offset", "next": "/next_page/offset", "size_param": "limit",
}  # fmt: skip
SAP = {
    "url": "https://sap.test/sap/opu/odata/sap/API_BUSINESS_PARTNER", "version": "2", "size": "50",
    "sets": "A_BusinessPartner by BusinessPartner, A_Customer by Customer", "changed": "LastChangeDate",
    "changed_type": "DateTime",
}  # fmt: skip


def test_a_list_by_the_last_records_key_with_a_filter_for_changes(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("stripe", vendor_specs_folder, count=230)
    mine = Trial("http_json", vendor, tmp_path, STRIPE, {"token": "k"})
    found = mine.discover("charges")
    assert found[0].name == "charges"
    assert (found[0].source.primary_key, found[0].source.cursor) == (("id",), "created")
    assert found[0].source.columns["created"] == "TIMESTAMP WITH TIME ZONE"
    first = mine.read(found[:1], staging)[0]
    assert values(staging, "charges", "id") == sorted(one["id"] for one in vendor.records("charges"))
    added = vendor.add("charges")
    assert mine.read(found[:1], staging, since=str(first.cursor), pages="second")[0].rows < 5
    assert added in values(staging, "charges", "id")
    assert mine.violations() == []


def test_a_list_may_have_parameters_of_its_own(vendor_specs_folder: Path, tmp_path: Path) -> None:
    vendor = vendor_of("stripe", vendor_specs_folder)
    mine = Trial("http_json", vendor, tmp_path, STRIPE, {"token": "k"})
    mine.discover("customers")
    assert vendor.calls[-1].path == "/v1/customers"
    assert dict(vendor.calls[-1].query) == {"email": "a@b.example", "limit": "100"}
    assert mine.violations() == []


def test_a_list_by_a_mark(vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    vendor = vendor_of("asana", vendor_specs_folder, count=130)
    mine = Trial("http_json", vendor, tmp_path, ASANA, {"token": "k"})
    mine.read(mine.discover("workspaces")[:1], staging)
    assert values(staging, "workspaces", "gid") == sorted(one["gid"] for one in vendor.records("workspaces"))
    assert mine.violations() == []


ROWS = [{"id": one} for one in range(70)]


def paged(request: httpx.Request) -> httpx.Response:
    """Pages of at most 30, whatever is asked for, by number, offset, link and link in a header."""
    asked = dict(request.url.params)
    start = int(asked.get("skip", "0")) if "skip" in asked else 30 * (int(asked.get("p", "1")) - 1)
    on = f"https://a.test/rows?skip={start + 30}" if start + 30 < 70 else None
    headers = {"Link": f'<{on}>; rel="next"'} if on else {}
    return httpx.Response(200, json={"rows": ROWS[start : start + 30], "on": on}, headers=headers)


@pytest.mark.parametrize(
    "settings",
    [
        {"paging": "page", "position": "p", "size_param": "size"},
        {"paging": "offset", "position": "skip", "size_param": "take"},
        {"paging": "next_link", "next": "/on"},
        {"paging": "link_header"},
    ],
    ids=lambda settings: settings["paging"],
)
def test_a_list_is_read_to_its_end_by_a_server_that_gives_fewer_than_it_is_asked_for(
    settings: dict[str, str], tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    plain = {"url": "https://a.test", "lists": "rows by id", "records": "/rows", **settings}
    mine = Trial("http_json", httpx.MockTransport(paged), tmp_path, plain, {"token": "k"})
    assert mine.read(mine.discover(), staging)[0].rows == 70


def test_a_way_of_paging_that_the_system_does_not_know_is_refused(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    whole = httpx.MockTransport(lambda _: httpx.Response(200, json=[{"id": one} for one in range(30)]))
    settings = {"url": "https://a.test", "lists": "rows by id", "records": "", "paging": "page"}
    mine = Trial("http_json", whole, tmp_path, settings, {"token": "k"})
    with pytest.raises(DataError, match="same records on the next page"):
        mine.discover()
    good = Trial("http_json", whole, tmp_path, {**settings, "paging": "whole"}, {"token": "k"})
    assert good.read(good.discover(), staging)[0].rows == 30


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [({}, "authorization", "Bearer k-1"), ({"header": "X-API-Key"}, "x-api-key", "k-1")],
)
def test_the_key_travels_where_the_system_wants_it(
    settings: dict[str, str], header: str, value: str, tmp_path: Path
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[{"id": 1}])

    plain = {"url": "https://a.test/v1", "lists": "rows", "records": "", "paging": "whole", **settings}
    Trial("http_json", httpx.MockTransport(answer), tmp_path, plain, {"token": "k-1"}).discover()
    assert asked[0].headers[header] == value
    assert str(asked[0].url) == "https://a.test/v1/rows"


def test_a_system_that_anybody_may_ask_needs_no_key(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    whole = httpx.MockTransport(
        lambda request: httpx.Response(200, json=[{"sent": "authorization" in request.headers}])
    )
    settings = {"url": "https://a.test", "lists": "rows", "records": "", "paging": "whole", "auth": "none"}
    mine = Trial("http_json", whole, tmp_path, settings, {})
    mine.read(mine.discover(), staging)
    assert values(staging, "rows", "sent") == ["false"]


def test_entity_sets_of_an_odata_service_by_their_names(
    vendor_specs_folder: Path, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("sap", vendor_specs_folder, count=120)
    mine = Trial("odata", vendor, tmp_path, SAP, {"user": "u", "password": "p"})
    with pytest.raises(SpecError):
        mine.discover("a_supplier")
    found = mine.discover("a_businesspartner")
    cursor = mine.read(found, staging)[0].cursor
    got = values(staging, "a_businesspartner", "BusinessPartner")
    assert got == sorted(one["BusinessPartner"] for one in vendor.records("business_partners"))
    vendor.add("business_partners")
    assert mine.read(found, staging, since=str(cursor), pages="second")[0].rows < 5
    assert dict(vendor.calls[-1].query)["$orderby"] == "BusinessPartner"
    assert mine.violations() == []


def test_an_odata_4_service_is_read_through_its_own_links(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("$skiptoken", "0"))
        body: dict[str, Any] = {"@odata.count": 70, "value": [{"id": one} for one in range(start, min(start + 30, 70))]}
        if start + 30 < 70:
            body["@odata.nextLink"] = f"https://o.test/s/Orders?$skiptoken={start + 30}"
        return httpx.Response(200, json=body)

    settings = {"url": "https://o.test/s", "sets": "Orders by id", "version": "4", "size": "0"}
    mine = Trial("odata", httpx.MockTransport(answer), tmp_path, settings, {"user": "u", "password": "p"})
    assert mine.read(mine.discover(), staging)[0].rows == 70


def test_an_odata_service_that_cuts_its_list_off_is_refused(tmp_path: Path) -> None:
    cut = httpx.MockTransport(lambda _: httpx.Response(200, json={"@odata.count": 70, "value": [{"id": 1}]}))
    settings = {"url": "https://o.test/s", "sets": "Orders by id", "version": "4", "size": "0"}
    mine = Trial("odata", cut, tmp_path, settings, {"user": "u", "password": "p"})
    with pytest.raises(DataError, match="tells of 70"):
        mine.discover()


def test_a_query_of_ones_own_is_a_table(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        import json

        asked.append(json.loads(request.content))
        start = int(asked[-1]["variables"].get("after", "0"))
        rows = [{"id": one, "at": f"2026-01-01T00:00:{one:02}Z"} for one in range(start, min(start + 20, 50))]
        info = {"hasNextPage": start + 20 < 50, "endCursor": str(start + 20)}
        return httpx.Response(200, json={"data": {"rows": {"nodes": rows, "pageInfo": info}}})

    query = "query($first: Int, $after: String, $from: String) { rows(first: $first) { nodes { id at } } }"
    settings = {
        "url": "https://g.test/graphql", "table": "Rows", "query": query, "records": "/data/rows/nodes",
        "info": "/data/rows/pageInfo", "size": "20", "changed": "/at", "since": "from",
    }  # fmt: skip
    mine = Trial("graphql", httpx.MockTransport(answer), tmp_path, settings, {"token": "k"})
    found = mine.discover()
    assert (found[0].name, found[0].source.primary_key, found[0].source.cursor) == ("rows", ("id",), "at")
    assert mine.read(found, staging)[0].rows == 50
    assert asked[-1] == {"query": query, "variables": {"first": 20, "after": "40"}}
    mine.read(found, staging, since="2026-01-01 00:00:40+00", pages="second")
    assert asked[-1]["variables"]["from"] == "2026-01-01T00:00:40Z"


def test_settings_that_cannot_be_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    unit = Declared.of(DECLARED.path("http_json"))
    assert isinstance(unit, Chosen)
    plain = {"url": "https://a.test", "lists": "rows", "records": "/data"}
    with pytest.raises(SpecError, match="'pages'") as refused:
        unit.base(Place("http_json", tmp_path, settings={**plain, "paging": "pages"}))
    assert "'page'" in refused.value.hint
    with pytest.raises(SpecError, match="paging"):
        unit.base(Place("http_json", tmp_path, settings=plain))
    with pytest.raises(SpecError, match="records"):
        unit.base(Place("http_json", tmp_path, settings={**plain, "paging": "whole", "records": "data"}))


def test_what_one_stream_gets_is_not_the_others() -> None:
    unit = Declared.of(DECLARED.path("odata"))
    given = {"url": "https://o.test", "sets": "A by k, B by k+l, C", "version": "2"}
    said = {name: given.get(name, one.default) or None for name, one in unit.definition.settings.items()}
    found = chosen(unit.definition, said)
    assert [one.params.get("$orderby") for one in found.streams.values()] == ["k", "k,l", None]
    assert [one.primary_key for one in found.streams.values()] == [("k",), ("k", "l"), ()]
