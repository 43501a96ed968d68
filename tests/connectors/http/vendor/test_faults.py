"""Each fault is what it says, at its call and at no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from known_vendors import RESTFUL, Opened, client_of
from made_vendor import described, parameter, vendor_of

from connectors.http.vendor import faults
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.making import NUL

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
KEYSET = {"use": "keyset", "after": "after", "more_at": "/more", "size": {"param": "n", "default": 4, "most": 50}}


def made(*wrong: faults.Fault, **options: Any) -> tuple[Vendor, httpx.Client]:
    plain = described([parameter("after"), parameter("n", "integer")])
    vendor = vendor_of(plain, KEYSET, faults=wrong, clock=lambda: NOW, **{"count": 12, **options})
    return vendor, client_of(vendor)


def keys_of(response: httpx.Response) -> list[str]:
    return [one["id"] for one in response.json()["orders"]]


def next_of(client: httpx.Client, before: httpx.Response) -> httpx.Response:
    return client.get("/orders", params={"after": keys_of(before)[-1]})


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.Unauthorized(2), 401),
        (faults.Forbidden(2), 403),
        (faults.Limited(2), 429),
        (faults.Failing(2), 503),
        (faults.Failing(2, status=500), 500),
        (faults.Empty(2), 204),
        (faults.Empty(2, status=200), 200),
        (faults.WrongType(2), 200),
    ],
)
def test_an_answer_that_is_none_comes_at_its_call_alone(fault: faults.Fault, status: int) -> None:
    vendor, client = made(fault)
    replies = [client.get("/orders") for _ in range(3)]
    assert [one.status_code for one in replies] == [200, status, 200]
    assert replies[0].content == replies[2].content != replies[1].content
    assert vendor.violations == []


def test_a_fault_may_last_and_be_one_streams_alone() -> None:
    lasting, _ = made(faults.Failing(2, times=2))
    client = client_of(lasting)
    assert [client.get("/orders").status_code for _ in range(4)] == [200, 503, 503, 200]
    vendor, other = made(faults.Failing(1, times=None, stream="orders"))
    assert other.get("/orders/or_1").status_code == 200
    assert [other.get("/orders").status_code for _ in range(2)] == [503, 503]
    assert len(vendor.calls) == 3


@pytest.mark.parametrize("told", ["seconds", "date", "nothing"])
def test_the_time_to_wait_is_told_in_each_way(told: Any) -> None:
    _, client = made(faults.Limited(wait=90, told=told))
    header = client.get("/orders").headers.get("Retry-After")
    if told == "date":
        assert header is not None
        assert parsedate_to_datetime(header) == NOW + timedelta(seconds=90)
    else:
        assert header == {"seconds": "90", "nothing": None}[told]


def test_a_stall_is_a_timeout() -> None:
    _, client = made(faults.Stalling(1))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/orders")
    assert client.get("/orders").status_code == 200


def test_a_broken_body_ends_in_its_middle() -> None:
    _, client = made(faults.Broken(1))
    with client.stream("GET", "/orders") as response:
        assert response.status_code == 200
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(response.iter_raw())
        assert 0 < sum(map(len, got)) < int(response.headers["content-length"])


def test_cut_json_comes_whole_and_is_none() -> None:
    _, client = made(faults.CutJson(1))
    response = client.get("/orders")
    assert len(response.content) == int(response.headers["content-length"])
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_the_same_page_comes_again_and_again() -> None:
    _, client = made(faults.SamePage(3))
    first = client.get("/orders")
    second = next_of(client, first)
    pages = [next_of(client, second) for _ in range(3)]
    assert keys_of(first) != keys_of(second)
    assert all(page.content == second.content for page in pages)


def test_a_row_comes_twice_across_two_pages() -> None:
    _, client = made(faults.DuplicateRow(2))
    first = client.get("/orders")
    second = next_of(client, first)
    assert keys_of(second)[0] == keys_of(first)[-1]
    assert len(keys_of(second)) == 5


def test_fields_come_go_and_change_from_a_call_on() -> None:
    wrong = [
        faults.FieldAdded(2, place="/extra", value={"deep": 1}),
        faults.FieldRemoved(2, place="/name"),
        faults.FieldRetyped(2, place="/changed", value=17),
    ]
    vendor, client = made(*wrong)
    first = client.get("/orders")
    second = next_of(client, first)
    assert all({"name", "changed"} <= one.keys() and "extra" not in one for one in first.json()["orders"])
    for one in second.json()["orders"]:
        assert (one["extra"], one["changed"], "name" in one) == ({"deep": 1}, 17, False)
    assert next_of(client, second).json()["orders"][0]["changed"] == 17
    assert vendor.violations == []


def test_a_late_row_has_a_moment_that_has_passed() -> None:
    vendor, client = made(faults.LateRow(2))
    before = [one["changed"] for one in client.get("/orders", params={"n": 50}).json()["orders"]]
    after = client.get("/orders", params={"n": 50}).json()["orders"]
    [late] = [one for one in after if one["id"] == vendor.tables["orders"].keys[-1]]
    assert len(after) == len(before) + 1
    assert late["changed"] < max(before)


def test_a_row_goes_before_a_call() -> None:
    vendor, client = made(faults.RowDeleted(2))
    before = keys_of(client.get("/orders"))
    assert keys_of(client.get("/orders", params={"n": 50})) == [
        key for key in vendor.tables["orders"].keys if key != before[0]
    ]


def test_a_page_of_a_thousand_million_rows_is_made_piece_by_piece() -> None:
    _, client = made(faults.Huge(1, count=1_000_000_000))
    got = 0
    with client.stream("GET", "/orders") as response:
        for chunk in response.iter_raw():
            got += len(chunk)
            if got > 100_000:
                break
    assert got < 110_000


def test_a_huge_page_is_right_json_with_a_key_for_each_row() -> None:
    _, client = made(faults.Huge(1, count=500))
    keys = keys_of(client.get("/orders"))
    assert len(keys) == len(set(keys)) == 504


def test_a_wrong_request_is_noted_even_where_a_fault_answers() -> None:
    vendor, client = made(faults.Failing(1))
    assert client.get("/orders", params={"page": 1}).status_code == 503
    assert [one.kind for one in vendor.violations] == ["unknown_parameter"]


def test_an_answer_that_breaks_the_description_is_noted() -> None:
    plain = described([])
    reply = plain["paths"]["/orders"]["get"]["responses"]["200"]["content"]["application/json"]
    reply["schema"] = {"type": "object", "properties": {"orders": {"type": "array", "maxItems": 3}}}
    vendor = vendor_of(plain, {"use": "whole"}, count=4)
    client_of(vendor).get("/orders")
    [violation] = vendor.violations
    assert (violation.side, violation.kind, violation.where) == ("reply", "wrong_reply", "/orders")


def test_texts_with_a_nul_can_be_asked_for() -> None:
    _, client = made(texts=[NUL])
    names = {one["name"] for one in client.get("/orders", params={"n": 50}).json()["orders"]}
    assert names == {NUL, None}


@pytest.mark.parametrize("name", RESTFUL)
def test_an_empty_list_and_an_exactly_full_page_are_as_described(name: str, opened: Opened) -> None:
    for count in (0, 2, 4):
        vendor, client = opened(name, count=count)
        for stream in vendor.profile.streams.values():
            if stream.belongs is None:
                sizes = {"stripe": "limit", "asana": "limit", "slack": "limit", "sap": "$top"}.get(name, "")
                has_size = sizes and stream.paging.use not in {"page", "whole"}
                assert client.get(stream.path, params={sizes: 2} if has_size else {}).status_code == 200
        assert vendor.violations == []


class Few(dict[str, int]):
    """A hundred records in each stream, but three of those that others belong to."""

    def get(self, key: str, default: Any = None) -> Any:
        return 3 if key in {"channels", "messages", "projects", "workspaces"} else 100


@pytest.mark.parametrize("name", RESTFUL)
def test_every_answer_of_every_stream_is_as_described(name: str, opened: Opened) -> None:
    vendor, client = opened(name, count=Few())
    for stream in vendor.profile.streams.values():
        parents = vendor.tables[stream.belongs.stream].keys if stream.belongs else [""]
        for parent in parents:
            said = {stream.belongs.param: str(parent)} if stream.belongs else {}
            path = stream.path.format_map(said)
            response = client.get(path, params=said if path == stream.path else {})
            assert response.status_code == 200, response.text
            assert response.json()
    assert vendor.violations == []
