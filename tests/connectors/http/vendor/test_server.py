"""The same vendor behind a real socket."""

from __future__ import annotations

import httpx
import pytest
from known_vendors import Opened
from made_vendor import described, parameter, vendor_of

from connectors.http.vendor import faults
from connectors.http.vendor.server import serving

PAGED = {"use": "link_header", "param": "page", "size": {"param": "n", "default": 4, "most": 50}}


def test_a_socket_gives_what_the_process_gives(opened: Opened) -> None:
    vendor, client = opened("stripe", count=15)
    inside = client.get("/v1/charges", params={"limit": 5})
    with serving(vendor) as url:
        outside = httpx.get(f"{url}/v1/charges", params={"limit": 5}, headers={"Authorization": "Bearer sentinel-x"})
    assert outside.content == inside.content
    assert outside.headers["content-type"] == inside.headers["content-type"]


def test_a_walk_over_links_stays_at_the_socket() -> None:
    vendor = vendor_of(described([parameter("page", "integer"), parameter("n", "integer")]), PAGED, count=10)
    got = []
    with serving(vendor) as url, httpx.Client() as client:
        link: str | None = f"{url}/orders"
        while link:
            response = client.get(link)
            got += [one["id"] for one in response.json()["orders"]]
            link = response.links.get("next", {}).get("url")
            assert link is None or link.startswith(url)
    assert got == vendor.tables["orders"].keys
    assert vendor.violations == []


def test_a_stalled_socket_runs_into_the_clients_timeout_and_ends_with_the_server() -> None:
    vendor = vendor_of(described([]), {"use": "whole"}, faults=[faults.Stalling(1)])
    with serving(vendor) as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{url}/orders", timeout=0.2)
        assert httpx.get(f"{url}/orders").status_code == 200


def test_a_broken_body_is_a_closed_socket() -> None:
    vendor = vendor_of(described([]), {"use": "whole"}, faults=[faults.Broken(1)])
    with serving(vendor) as url:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{url}/orders")
        assert httpx.get(f"{url}/orders").status_code == 200


def test_an_empty_answer_and_a_huge_one_keep_the_socket() -> None:
    wrong = [faults.Empty(1), faults.Huge(2, count=5000)]
    vendor = vendor_of(described([]), {"use": "whole"}, faults=wrong, count=2)
    with serving(vendor) as url, httpx.Client() as client:
        assert client.get(f"{url}/orders").status_code == 204
        assert len(client.get(f"{url}/orders").json()["orders"]) == 5002
        assert len(client.get(f"{url}/orders").json()["orders"]) == 2


def test_a_body_that_is_posted_arrives() -> None:
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["limit"]}}}}}
    vendor = vendor_of(described([], method="post", **body), {"use": "whole"}, count=2)
    with serving(vendor) as url:
        assert httpx.post(f"{url}/orders", json={"limit": 1}).status_code == 200
        assert httpx.post(f"{url}/orders", json={}).status_code == 400
    assert [one.kind for one in vendor.violations] == ["wrong_body"]
