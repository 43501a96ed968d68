"""Walks through lists with plain requests, once around: every record comes, and comes once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import ceil
from typing import Any

import httpx
import pytest
from known_vendors import Opened, client_of
from made_vendor import described, parameter, vendor_of

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.wire import Violation

COUNTS = [0, 1, 6, 7, 20, 21, 22]
"""None, one, around one page of seven, and around three."""
Walk = Callable[[httpx.Client], Iterator[dict[str, Any]]]


def body(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def stripe(client: httpx.Client) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {"limit": 7}
    while True:
        page = body(client.get("/v1/charges", params=params))
        yield from page["data"]
        if not page["has_more"]:
            return
        params["starting_after"] = page["data"][-1]["id"]


def xero(client: httpx.Client) -> Iterator[dict[str, Any]]:
    number, pages = 1, 1
    while number <= pages:
        page = body(client.get("/Invoices", params={"page": number, "pageSize": 7}))
        pages = page["pagination"]["pageCount"]
        yield from page["Invoices"]
        number += 1


def asana(client: httpx.Client) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {"limit": 7}
    while True:
        page = body(client.get("/users", params=params))
        yield from page["data"]
        if page["next_page"] is None:
            return
        params["offset"] = page["next_page"]["offset"]


def slack(client: httpx.Client) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {"limit": 7}
    while True:
        page = body(client.get("/users.list", params=params))
        yield from page["members"]
        params["cursor"] = page["response_metadata"]["next_cursor"]
        if not params["cursor"]:
            return


def sap(client: httpx.Client) -> Iterator[dict[str, Any]]:
    skip = 0
    while page := body(client.get("/A_BusinessPartner", params={"$top": 7, "$skip": skip}))["d"]["results"]:
        yield from page
        skip += 7


def sap_by_links(client: httpx.Client) -> Iterator[dict[str, Any]]:
    link: str | None = "/A_Customer"
    while link:
        page = body(client.get(link))["d"]
        yield from page["results"]
        link = page.get("__next")


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(
    ("name", "stream", "walk"),
    [
        ("sap", "business_partners", sap),
        ("sap", "customers", sap_by_links),
        ("stripe", "charges", stripe),
        ("xero", "invoices", xero),
        ("asana", "users", asana),
        ("slack", "users", slack),
    ],
)
def test_a_walk_through_a_known_vendors_list_gives_each_record_once(
    name: str, stream: str, walk: Walk, count: int, opened: Opened
) -> None:
    vendor, client = opened(name, count=count)
    key = vendor.profile.streams[stream].key[1:]
    got = [record[key] for record in walk(client)]
    assert sorted(got) == sorted(map(str, vendor.tables[stream].keys))
    assert len(got) == count
    assert vendor.violations == []
    if walk not in {sap, slack}:
        assert len(vendor.calls) == max(1, ceil(count / (10 if walk is sap_by_links else 7))), "the last page says so"


def numbered(client: httpx.Client) -> Iterator[dict[str, Any]]:
    number = 0
    while page := body(client.get("/orders", params={"p": number, "n": 7}))["orders"]:
        yield from page
        number += 1


def passed_over(client: httpx.Client) -> Iterator[dict[str, Any]]:
    offset, total = 0, 1
    while offset < total:
        page = body(client.get("/orders", params={"skip": offset, "n": 7}))
        total = page["total"]
        yield from page["orders"]
        offset += 7


def linked(client: httpx.Client) -> Iterator[dict[str, Any]]:
    link: str | None = "https://vendor.test/v1/orders?n=7"
    while link:
        page = body(client.get(link))
        yield from page["orders"]
        link = page.get("links", {}).get("next")


def link_headed(client: httpx.Client) -> Iterator[dict[str, Any]]:
    link: str | None = "https://vendor.test/v1/orders?n=7"
    while link:
        response = client.get(link)
        yield from body(response)["orders"]
        link = response.links.get("next", {}).get("url")


def graphql(client: httpx.Client) -> Iterator[dict[str, Any]]:
    variables: dict[str, Any] = {"first": 7}
    while True:
        sent = {
            "query": "query($first: Int, $after: String) { orders(first: $first, after: $after) }",
            "variables": variables,
        }
        found = body(client.post("/orders", json=sent))["data"]["orders"]
        yield from (edge["node"] for edge in found["edges"])
        if not found["pageInfo"]["hasNextPage"]:
            return
        variables["after"] = found["pageInfo"]["endCursor"]


def odata_by_server(client: httpx.Client) -> Iterator[dict[str, Any]]:
    link: str | None = "https://vendor.test/v1/orders"
    while link:
        page = body(client.get(link))
        yield from page["orders"]
        link = page.get("@odata.nextLink")


def odata_by_client(client: httpx.Client) -> Iterator[dict[str, Any]]:
    skip = 0
    while page := body(client.get("/orders", params={"$skip": skip, "$top": 7}))["d"]["results"]:
        yield from page
        skip += len(page)


def positions(client: httpx.Client) -> Iterator[dict[str, Any]]:
    start = 1
    while True:
        query = f"select * from Order STARTPOSITION {start} MAXRESULTS 7"
        page = body(client.get("/orders", params={"query": query}))["orders"]
        yield from page
        if len(page) < 7:
            return
        start += 7


def synced(client: httpx.Client) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {"maxResults": 7}
    while True:
        page = body(client.get("/orders", params=params))
        yield from page["orders"]
        if "nextPageToken" not in page:
            assert page["nextSyncToken"]
            return
        params["pageToken"] = page["nextPageToken"]


def posted(client: httpx.Client) -> Iterator[dict[str, Any]]:
    sent: dict[str, Any] = {"limit": 7}
    while True:
        page = body(client.post("/orders", json=sent))
        yield from page["orders"]
        if "paging" not in page:
            return
        sent["after"] = page["paging"]["next"]["after"]


N = {"param": "n", "default": 5, "most": 7}
WHOLE = [parameter(name, "integer") for name in ("p", "skip", "n", "maxResults", "$skip", "$top")]
MARKS = [parameter(name) for name in ("page_token", "$skiptoken", "query", "pageToken", "syncToken")]
JSON_BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
WAYS: dict[str, tuple[Walk, dict[str, Any]]] = {
    "page": (numbered, {"use": "page", "number": "p", "first": 0, "size": N}),
    "offset": (passed_over, {"use": "offset", "offset": "skip", "size": N, "total_at": "/total"}),
    "next_link": (linked, {"use": "next_link", "next_at": "/links/next", "size": N}),
    "link_header": (link_headed, {"use": "link_header", "param": "p", "size": N}),
    "graphql": (graphql, {"use": "graphql", "connection": "/data/orders", "most": 7}),
    "odata": (odata_by_server, {"use": "odata", "most": 7}),
    "odata 2": (odata_by_client, {"use": "odata", "version": 2}),
    "startposition": (positions, {"use": "startposition"}),
    "sync_token": (synced, {"use": "sync_token"}),
    "cursor in the body": (
        posted,
        {
            "use": "cursor",
            "param": "/after",
            "next_at": "/paging/next/after",
            "last": "absent",
            "size": {"param": "/limit"},
        },
    ),
}
PLACES = {"graphql": "/data/orders/edges/*/node", "odata 2": "/d/results"}


def made(name: str, count: int = 22, **options: Any) -> Vendor:
    post: dict[str, Any] = {"method": "post", **JSON_BODY} if name in {"graphql", "cursor in the body"} else {}
    plain = described([*WHOLE, *MARKS], **post)
    return vendor_of(plain, WAYS[name][1], records=PLACES.get(name, "/orders"), count=count, **options)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", WAYS)
def test_a_walk_in_any_way_gives_each_record_once(name: str, count: int) -> None:
    vendor = made(name, count)
    got = [record["id"] for record in WAYS[name][0](client_of(vendor))]
    assert got == [row.key for row in vendor.tables["orders"].rows()]
    assert len(got) == len(set(got)) == count
    assert vendor.violations == []
    until_short = {"page": ceil(count / 7) + 1, "odata 2": ceil(count / 7) + 1, "startposition": count // 7 + 1}
    assert len(vendor.calls) == until_short.get(name, max(1, ceil(count / 7))), "the last page says so"


def only(vendor: Vendor) -> Violation:
    [violation] = vendor.violations
    return violation


@pytest.mark.parametrize(
    ("name", "params", "kind"),
    [
        ("page", {"p": -1}, "out_of_bounds"),
        ("page", {"n": 8}, "out_of_bounds"),
        ("page", {"n": 0}, "out_of_bounds"),
        ("offset", {"skip": -1}, "out_of_bounds"),
        ("next_link", {"page_token": "abc"}, "wrong_page"),
        ("link_header", {"p": 0}, "out_of_bounds"),
        ("odata", {"$skiptoken": "made up"}, "wrong_page"),
        ("odata", {"$top": -1}, "out_of_bounds"),
        ("startposition", {"query": "select * from Order STARTPOSITION 0"}, "out_of_bounds"),
        ("startposition", {"query": "select * from Order MAXRESULTS 1001"}, "out_of_bounds"),
        ("sync_token", {"syncToken": "made up"}, "wrong_page"),
    ],
)
def test_a_page_that_cannot_be_is_refused(name: str, params: dict[str, Any], kind: str) -> None:
    vendor = made(name)
    response = client_of(vendor).get("/orders", params=params)
    assert response.status_code == 400
    assert only(vendor).kind == kind


def test_a_mark_is_good_for_the_request_it_was_given_for_alone(opened: Opened) -> None:
    vendor, client = opened("asana", count=9)
    project = vendor.tables["projects"].keys[0]
    params = {"project": project, "limit": 4, "modified_since": "2020-01-01T00:00:00Z"}
    mark = client.get("/tasks", params=params).json()["next_page"]["offset"]
    assert client.get("/tasks", params={**params, "offset": mark}).status_code == 200
    del params["modified_since"]
    assert client.get("/tasks", params={**params, "offset": mark}).status_code == 400
    assert only(vendor).kind == "changed_request"


@pytest.mark.parametrize("name", ["next_link", "odata"])
def test_a_mark_of_another_vendor_is_refused(name: str) -> None:
    mine, other = made(name), made(name, seed="other")
    page = client_of(other).get("/orders").json()
    link = page["links"]["next"] if name == "next_link" else page["@odata.nextLink"]
    assert client_of(other).get(link).status_code == 200
    assert client_of(mine).get(link).status_code == 400
    assert only(mine).kind == "wrong_page"


def test_a_list_that_grows_at_its_front_shifts_numbered_pages_and_not_keyed_ones(opened: Opened) -> None:
    vendor, client = opened("stripe", count=10)
    first = client.get("/v1/charges", params={"limit": 5}).json()["data"]
    vendor.add("charges")
    params = {"limit": 5, "starting_after": first[-1]["id"]}
    second = client.get("/v1/charges", params=params).json()["data"]
    assert len({one["id"] for one in [*first, *second]}) == 10
    paged = made("page", 14, stream={"order": "newest_first"})
    orders = client_of(paged)
    before = orders.get("/orders", params={"p": 0, "n": 7}).json()["orders"]
    paged.add("orders")
    assert orders.get("/orders", params={"p": 1, "n": 7}).json()["orders"][0] == before[-1]


def test_the_walk_backwards_ends_where_the_list_begins(opened: Opened) -> None:
    vendor, client = opened("stripe", count=10)
    keys = [row.key for row in vendor.tables["charges"].rows()]
    page = client.get("/v1/charges", params={"limit": 4, "ending_before": keys[6]}).json()
    assert [one["id"] for one in page["data"]] == keys[2:6]
    assert page["has_more"] is True


def test_a_record_that_went_between_pages_refuses_the_next_one(opened: Opened) -> None:
    vendor, client = opened("stripe", count=10)
    last = client.get("/v1/charges", params={"limit": 5}).json()["data"][-1]["id"]
    vendor.delete("charges", last)
    assert client.get("/v1/charges", params={"limit": 5, "starting_after": last}).status_code == 400


def test_a_sync_token_gives_what_has_changed_since_deleted_rows_included() -> None:
    vendor = made("sync_token", 9, stream={"deleted": {"/status": "gone"}})
    client = client_of(vendor)
    params: dict[str, Any] = {}
    keys = [record["id"] for record in client.get("/orders", params=params).json()["orders"]]
    token = client.get("/orders").json()["nextSyncToken"]
    assert client.get("/orders", params={"syncToken": token}).json()["orders"] == []
    vendor.touch("orders", keys[2])
    vendor.delete("orders", keys[4])
    new = vendor.add("orders")
    page = client.get("/orders", params={"syncToken": token}).json()
    assert {one["id"]: one.get("status") == "gone" for one in page["orders"]} == {
        keys[2]: False,
        keys[4]: True,
        new: False,
    }
    assert client.get("/orders", params={"syncToken": page["nextSyncToken"]}).json()["orders"] == []


def test_slacks_first_page_is_shorter_than_asked_for_and_not_the_last(opened: Opened) -> None:
    _, client = opened("slack", count=9)
    page = client.get("/users.list", params={"limit": 5}).json()
    assert len(page["members"]) == 4
    assert page["response_metadata"]["next_cursor"]


def test_the_link_header_names_first_previous_and_next() -> None:
    response = client_of(made("link_header")).get("/orders", params={"p": 2, "n": 7})
    assert re.findall(r'rel="(\w+)"', response.headers["link"]) == ["first", "prev", "next"]
