"""What a request does wrong is found, each by its kind, told to the client and noted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from known_vendors import Opened, client_of
from made_vendor import described, parameter, vendor_of

from connectors.http.vendor.wire import Call, Violation

PARAMETERS = [
    parameter("limit", "integer", minimum=1, maximum=100),
    parameter("active", "boolean"),
    parameter("since", format="date-time"),
    parameter("status", enum=["open", "done"]),
    parameter("Tenant", place="header", required=True),
    parameter("shop", required=True),
    parameter("ids", "array"),
]
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"limit": {"type": "integer"}},
                    "additionalProperties": False,
                }
            }
        },
    }
}


def sent(url: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b"") -> list[Violation]:
    """The violations of one call; the vendor takes GET without a body, or POST with one."""
    post: dict[str, Any] = {"method": "post", **BODY} if body or method == "POST" else {}
    vendor = vendor_of(described(PARAMETERS, **post), {"use": "whole"})
    vendor.answer(Call(method, url, {"tenant": "t"} if headers is None else headers, body))
    return vendor.violations


GOOD = "https://x/v1/orders?shop=a"


@pytest.mark.parametrize(
    "url",
    [
        GOOD, f"{GOOD}&limit=100&active=true&status=open&since=2026-01-01T00:00:00Z", f"{GOOD}&ids=1&ids=2",
        f"{GOOD}&limit=1",
        f"{GOOD}&ids[]=1&ids[]=2", "https://x/v1/orders/?shop=a",
    ],
)  # fmt: skip
def test_a_right_request_is_not_held_against_anybody(url: str) -> None:
    assert sent(url) == []


@pytest.mark.parametrize(
    ("url", "kind", "where"),
    [
        ("https://x/v1/nothing", "unknown_path", ""),
        ("https://x/orders?shop=a", "unknown_path", ""),
        (f"{GOOD}&pgae=2", "unknown_parameter", "pgae"),
        (f"{GOOD}&limit[gte]=2", "wrong_type", "limit"),
        (f"{GOOD}&limit=abc", "wrong_type", "limit"),
        (f"{GOOD}&limit=1.5", "wrong_type", "limit"),
        (f"{GOOD}&limit=", "wrong_type", "limit"),
        (f"{GOOD}&limit=101", "out_of_bounds", "limit"),
        (f"{GOOD}&limit=0", "out_of_bounds", "limit"),
        (f"{GOOD}&limit=1&limit=2", "wrong_type", "limit"),
        (f"{GOOD}&active=yes", "wrong_type", "active"),
        (f"{GOOD}&status=closed", "out_of_bounds", "status"),
        (f"{GOOD}&since=yesterday", "wrong_type", "since"),
        (f"{GOOD}&since=1700000000", "wrong_type", "since"),
        ("https://x/v1/orders", "missing_parameter", "shop"),
    ],
)
def test_what_is_wrong_with_an_address_is_named(url: str, kind: str, where: str) -> None:
    [violation] = sent(url)
    assert (violation.side, violation.kind, violation.where, violation.call) == ("request", kind, where, 1)


def test_a_header_that_is_required_is_missed() -> None:
    [violation] = sent(GOOD, headers={})
    assert (violation.kind, violation.where) == ("missing_header", "Tenant")


def test_another_method_is_refused() -> None:
    [violation] = sent(GOOD, method="DELETE")
    assert violation.kind == "unknown_method"


JSON = {"tenant": "t", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", JSON),
        (b'{"limit": "x"}', JSON),
        (b'{"other": 1}', JSON),
        (b"[1]", JSON),
        (b"{", JSON),
        (b"\xff", JSON),
        (b"{}", {"tenant": "t"}),
        (b"limit=1", {**JSON, "content-type": "application/x-www-form-urlencoded"}),
    ],
)
def test_a_wrong_body_is_found(body: bytes, headers: dict[str, str]) -> None:
    [violation] = sent(GOOD, method="POST", headers=headers, body=body)
    assert violation.kind == "wrong_body"


def test_a_right_body_is_taken() -> None:
    assert sent(GOOD, method="POST", headers=JSON, body=b'{"limit": 5}') == []


def test_a_body_where_none_is_described_is_found(opened: Opened) -> None:
    vendor, client = opened("xero")
    client.request("GET", "/Invoices", json={"page": 1})
    assert [one.kind for one in vendor.violations] == ["wrong_body"]


def test_no_value_of_a_request_is_told() -> None:
    violations = sent("https://x/v1/orders?shop=a&limit=sentinel-secret&token=sentinel-secret")
    assert {one.kind for one in violations} == {"wrong_type", "unknown_parameter"}
    assert "sentinel" not in repr(violations)


def test_the_reason_is_told_to_the_client() -> None:
    vendor = vendor_of(described(PARAMETERS), {"use": "whole"})
    response = client_of(vendor).get("/orders", params={"shop": "a", "limit": 500}, headers={"Tenant": "t"})
    assert response.status_code == 400
    assert "limit" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "path", "params", "kinds"),
    [
        ("stripe", "/v1/charges", {"limit": 101}, ["out_of_bounds"]),
        ("stripe", "/v1/charges", {"created[since]": 1}, ["unknown_parameter"]),
        ("stripe", "/v1/charges", {"created[gte]": "2026-01-01"}, ["wrong_type"]),
        ("stripe", "/v1/charges", {"page": 2}, ["unknown_parameter"]),
        ("stripe", "/v1/charge", {}, ["unknown_path"]),
        ("xero", "/Invoices", {"page": "abc"}, ["wrong_type"]),
        ("xero", "/Invoices", {"pageSize": 1001}, ["out_of_bounds"]),
        ("xero", "/Invoices", {"IDs": "not-a-uuid"}, ["wrong_type"]),
        ("xero", "/Invoices", {"per_page": 5}, ["unknown_parameter"]),
        ("asana", "/tasks", {}, ["missing_parameter"]),
        ("asana", "/users", {"limit": 101}, ["out_of_bounds"]),
        ("asana", "/users", {"offset": "10"}, ["wrong_page"]),
        ("asana", "/users", {"opt_fields": "name,shoe_size"}, ["out_of_bounds"]),
        ("slack", "/users.list", {"limit": "many"}, ["wrong_type"]),
        ("slack", "/users.list", {"limit": 1001}, ["out_of_bounds"]),
        ("slack", "/users.list", {"after": "x"}, ["unknown_parameter"]),
        ("slack", "/conversations.history", {}, ["missing_parameter"]),
    ],
)
def test_what_is_wrong_with_a_call_of_a_known_vendor_is_found(
    name: str, path: str, params: dict[str, Any], kinds: list[str], opened: Opened
) -> None:
    vendor, client = opened(name)
    client.get(path, params=params)
    assert [one.kind for one in vendor.violations] == kinds


def test_a_header_that_xero_requires_is_missed(opened: Opened) -> None:
    vendor, client = opened("xero")
    del client.headers["xero-tenant-id"]
    assert client.get("/Invoices").status_code == 400
    assert [one.where for one in vendor.violations] == ["xero-tenant-id"]


def test_xeros_description_wants_no_http_date_in_the_header_that_elsewhere_has_one(opened: Opened) -> None:
    vendor, client = opened("xero")
    client.get("/Invoices", headers={"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})
    assert [(one.kind, one.where) for one in vendor.violations] == [("wrong_type", "If-Modified-Since")]


@pytest.mark.parametrize("name", ["stripe", "xero", "asana"])
def test_who_does_not_say_who_asks_is_refused(name: str, opened: Opened) -> None:
    vendor, client = opened(name)
    del client.headers["Authorization"]
    stream = next(iter(vendor.profile.streams.values()))
    assert client.get(stream.path).status_code == 401
    assert [one.kind for one in vendor.violations] == ["missing_proof"]


def test_slack_says_no_with_status_200(opened: Opened) -> None:
    _, client = opened("slack", accepts={"sentinel-other"})
    response = client.get("/users.list")
    assert (response.status_code, response.json()) == (200, {"ok": False, "error": "invalid_auth"})


def test_a_secret_that_is_accepted_no_more_is_refused_and_no_breach(opened: Opened) -> None:
    vendor, client = opened("asana", accepts={"sentinel-token"})
    assert client.get("/users").status_code == 200
    vendor.accepts = {"sentinel-new"}
    assert client.get("/users").status_code == 401
    client.headers["Authorization"] = "Bearer sentinel-new"
    assert client.get("/users").status_code == 200
    assert vendor.violations == []


def test_a_key_as_user_of_basic_is_accepted_where_the_vendor_takes_it(opened: Opened) -> None:
    vendor, client = opened("stripe", accepts={"sentinel-key"})
    assert client.get("/v1/charges", auth=httpx.BasicAuth("sentinel-key", "")).status_code == 200
    assert client.get("/v1/charges", auth=httpx.BasicAuth("sentinel-no", "")).status_code == 401
    assert vendor.violations == []


def test_a_path_that_is_no_list_is_answered_as_described(opened: Opened) -> None:
    vendor, client = opened("stripe")
    assert client.get("/v1/account").json()["object"] == "account"
    assert vendor.violations == []


def test_a_list_of_a_parent_that_is_not_there_is_refused(opened: Opened) -> None:
    _, client = opened("asana")
    assert client.get("/tasks", params={"project": "1"}).status_code == 404
