"""Connecting an account on a page of ours: masked fields, a consent and the way back, and no way in from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import bakehouse
import pytest
from bakehouse import KEY, Bakery
from consent_server import CLIENT, SECRET, opened
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agents.service import Service
from integrations.http.app import make_app
from integrations.http.connecting import COOKIE
from integrations.http.who import Who
from memory.workspace import Workspace
from tools import connections, passes, people, runs
from tools.context import Context

NOW = datetime.now(UTC)
ADDRESS = "http://localhost:8000"
REDIRECT = f"{ADDRESS}/connections/consent"


class Clock:
    now = NOW


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    bakehouse.join_here(tmp_path, monkeypatch)
    Clock.now = NOW
    return Service(
        Workspace(tmp_path / ".dreflow", NOW),
        start=lambda context, spec, *, now, out, told: runs.run(context, spec, now=now, out=out, told=told),
        clock=lambda: Clock.now,
        address=ADDRESS,
    )


@pytest.fixture
def app(service: Service) -> FastAPI:
    return make_app(service, Who(service, local="anna"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=ADDRESS, follow_redirects=False) as one:
        yield one


@pytest.fixture
def bakery() -> Iterator[Bakery]:
    with bakehouse.serving(redirect=REDIRECT) as running:
        yield running


def fields(page: Any) -> dict[str, str]:
    """What a browser would send of the page's form, before anybody types."""
    inputs = re.findall(r"<input ([^>]*)>", page.text)
    found = {}
    for one in inputs:
        name, value = re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)
        if name:
            found[unescape(name[1])] = unescape(value[1]) if value else ""
    return found


def send(client: TestClient, page: Any, path: str, **typed: str) -> Any:
    body = {**fields(page), **typed}
    return client.post(
        path, content=urlencode(body), headers={"content-type": "application/x-www-form-urlencoded", "origin": ADDRESS}
    )


def consent_of(client: TestClient, bakery: Bakery, thread: str = "") -> str:
    """The address with which the bakery sends somebody back who allowed it."""
    page = client.get(f"/connections/new/bakehouse?name=shop&thread={thread}")
    typed = {"set.address": bakery.base, "key.client_id": CLIENT, "key.client_secret": SECRET}
    answer = send(client, page, "/connections/new/bakehouse", **typed)
    assert answer.status_code == 303, answer.text
    status, headers, content = opened(answer.headers["location"])
    assert status == 302, content
    return headers["location"]


def at(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def test_a_consent_begins_on_our_page_and_ends_with_what_the_account_sees(client: TestClient, bakery: Bakery) -> None:
    page = client.get("/connections/new/bakehouse?name=shop")
    assert REDIRECT in page.text
    assert 'type="password"' in page.text
    back = consent_of(client, bakery)
    done = client.get(at(back))
    assert done.status_code == 200
    assert "Bakehouse is connected as Zoe&#x27;s Bakery, s1" in done.text
    assert "orders" in done.text
    assert done.text.count("<tr>") == 1 + 2 + 1 + 10
    assert "tried on the vendor&#x27;s own description" in done.text
    # The code stays in no address of the browser's list.
    assert 'data-here="/connections/seen/shop?thread="' in done.text
    assert client.get("/connections/seen/shop").status_code == 200
    again = client.get(at(back))
    assert (again.status_code, "no longer open" in again.text) == (403, True)


def test_no_page_is_kept_framed_or_asks_for_anything_outside(client: TestClient, bakery: Bakery) -> None:
    pages = [
        client.get("/connections/new"),
        client.get("/connections/new/bakehouse"),
        client.get("/connections/new/nothing"),
        client.get("/connections/consent?state=x&code=y"),
        client.get(at(consent_of(client, bakery))),
        client.get("/connections/seen/nothing"),
    ]
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "same-origin"
        outside = re.findall(r"(?:src|href|action)=[\"'](?!/(?!/))([^\"']*)", page.text)
        assert outside == []


def test_what_is_typed_is_tried_and_goes_to_the_vault_alone(
    client: TestClient, bakery: Bakery, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page = client.get("/connections/new/bakehouse?name=till&way=bearer")
    typed = {"set.address": bakery.base, "set.shop": "s1"}
    wrong = send(client, page, "/connections/new/bakehouse", **typed, **{"key.token": "sentinel-mistyped"})
    assert wrong.status_code == 400
    assert "does not let us in" in wrong.text
    assert "sentinel-mistyped" not in wrong.text
    assert f'value="{bakery.base}"' in wrong.text
    done = send(client, wrong, "/connections/new/bakehouse", **typed, **{"key.token": KEY})
    assert done.status_code == 200, done.text
    assert KEY not in done.text
    assert KEY not in caplog.text
    left = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert left == []
    assert connections.vault().names()


def test_a_form_from_elsewhere_is_not_taken(client: TestClient, bakery: Bakery) -> None:
    page = client.get("/connections/new/bakehouse?name=till&way=bearer")
    typed = {"set.address": bakery.base, "set.shop": "s1", "key.token": KEY}
    body = urlencode({**fields(page), **typed})
    form = {"content-type": "application/x-www-form-urlencoded"}
    held = client.cookies.get(COOKIE)
    tries: list[tuple[str, dict[str, str]]] = [
        (body, {**form, "origin": "https://evil.example"}),
        (body, {**form, "origin": "null"}),
        (body.replace(str(held), "another"), {**form, "origin": ADDRESS}),
        (body.replace(f"form={held}", "form="), {**form, "origin": ADDRESS}),
        ("x" * (1 << 19), {**form, "origin": ADDRESS}),
        ("form=%ff", {**form, "origin": ADDRESS}),
    ]
    for content, headers in tries:
        answer = client.post("/connections/new/bakehouse", content=content, headers=headers)
        assert answer.status_code in {400, 403}, answer.text
    client.cookies.clear()
    assert client.post("/connections/new/bakehouse", content=body, headers=form).status_code == 403
    assert bakery.asked == []
    assert client.get("/api/v1/connections").json() == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"error": "access_denied"}, "not allowed"),
        ({"error": "server_error"}, "gave no consent"),
        ({}, "gave no consent"),
        ({"error": "<script>alert(1)</script>"}, "no reason"),
    ],
)
def test_who_comes_back_without_a_consent_reads_what_to_do(
    client: TestClient, bakery: Bakery, query: dict[str, str], told: str
) -> None:
    state = parse_qs(urlsplit(consent_of(client, bakery)).query)["state"][0]
    page = client.get(f"/connections/consent?{urlencode({**query, 'state': state})}")
    assert page.status_code == 403
    assert told in page.text
    assert "<script>alert" not in page.text
    assert "Start again" in page.text
    assert "/connections/new/bakehouse?name=shop" in page.text
    assert client.get("/api/v1/connections").json() == []


def test_another_browser_and_a_late_one_are_not_taken_up(client: TestClient, bakery: Bakery) -> None:
    back = at(consent_of(client, bakery))
    cookies = dict(client.cookies)
    client.cookies.clear()
    page = client.get(back)
    assert (page.status_code, "another browser" in page.text) == (403, True)
    client.cookies.update(cookies)
    Clock.now = NOW + timedelta(minutes=16)
    page = client.get(back)
    assert (page.status_code, "waited too long" in page.text) == (403, True)
    Clock.now = NOW
    assert client.get(back).status_code == 200


def test_which_of_several_is_chosen_on_a_page(client: TestClient) -> None:
    shops = [{"id": "s1", "name": "High <b>Street"}, {"id": "s2", "name": "Harbour"}]
    with bakehouse.serving(redirect=REDIRECT, shops=shops) as bakery:
        page = client.get(at(consent_of(client, bakery)))
        assert "High &lt;b&gt;Street" in page.text
        done = send(client, page, "/connections/decide", value="s2")
        assert "Zoe&#x27;s Bakery, s2" in done.text


def test_the_conversation_says_what_was_found_and_goes_on_with_it(client: TestClient, bakery: Bakery) -> None:
    thread = client.post("/api/v1/threads", json={"text": "bakery"}).json()["id"]
    (card,) = replies(client, thread, "connect my Bakehouse account")
    assert card["kind"] == "connect"
    assert card["page"] == f"/connections/new/bakehouse?name=bakehouse&thread={thread}"
    page = client.get(card["page"])
    typed = {"set.address": bakery.base, "key.client_id": CLIENT, "key.client_secret": SECRET}
    answer = send(client, page, "/connections/new/bakehouse", **typed)
    client.get(at(opened(answer.headers["location"])[1]["location"]))
    said = replies(client, thread, "how many orders are there?")
    assert [one["kind"] for one in said[:4]] == ["text", "table", "table", "text"]
    assert said[0]["text"].startswith(
        "Bakehouse is connected as Zoe's Bakery, s1, under the name bakehouse. I see 2 tables."
    )
    assert said[1]["rows"][0] == ["orders", "3", "What was sold."]
    assert len(said[2]["rows"]) == 10
    assert "25" in str(said[4:])
    kept = client.get(f"/api/v1/threads/{thread}/messages").text
    assert SECRET not in kept
    assert CLIENT not in kept


def replies(client: TestClient, thread: str, text: str) -> list[dict[str, Any]]:
    import json

    answer = client.post(f"/api/v1/threads/{thread}/messages", json={"text": text})
    found = [json.loads(line) for line in answer.text.splitlines()]
    return [one for one in found if one["kind"] != "progress"]


def test_who_may_not_connect_gets_no_form_and_no_card(app: FastAPI, client: TestClient, service: Service) -> None:
    people.grant(Context(service.workspace, "anna"), "ben", ["ask", "plan"], now=NOW)
    assert client.get("/connections/new/bakehouse").status_code == 403
    app.state.who.accept(lambda request: request.headers.get("x-test-name"))
    client.headers["x-test-name"] = "ben"
    page = client.get("/connections/new/bakehouse")
    assert (page.status_code, "may not add or change connections" in page.text) == (403, True)
    thread = client.post("/api/v1/threads", json={"text": "x"}).json()["id"]
    (said,) = replies(client, thread, "connect bakehouse")
    assert (said["kind"], said["error"]) == ("failure", "access")
    assert client.post("/api/v1/connections", json={"system": "bakehouse"}).status_code == 403


def test_a_program_gets_the_page_for_its_person_and_sees_what_is_seen(client: TestClient, bakery: Bakery) -> None:
    listed = {one["name"]: one["tried"] for one in client.get("/api/v1/systems").json()}
    assert listed["bakehouse"] == "tried on the vendor's own description"
    begun = client.post("/api/v1/connections", json={"system": "bakehouse", "name": "shop"})
    assert begun.status_code == 201
    assert begun.json()["url"] == f"{ADDRESS}/connections/new/bakehouse?name=shop&thread="
    client.get(at(consent_of(client, bakery)))
    seen = client.get("/api/v1/connections/shop/seen").json()
    assert seen["account"] == "Zoe's Bakery, s1"
    assert len(seen["rows"]) == 10
    assert client.post("/api/v1/connections", json={"system": "bakehose"}).status_code == 400


def test_a_connection_is_deleted_over_http_with_its_secret_by_who_may_connect(
    app: FastAPI, client: TestClient, service: Service, bakery: Bakery
) -> None:
    client.get(at(consent_of(client, bakery)))
    context = service.context("anna")
    people.grant(context, "anna", ["all"], now=NOW)
    people.grant(context, "ben", ["ask", "plan", "approve", "run"], now=NOW)
    app.state.who.accept(lambda request: request.headers.get("x-test-name"))
    refused = client.delete("/api/v1/connections/shop", headers={"x-test-name": "ben"})
    assert (refused.status_code, refused.json()["error"]) == (403, "access")
    assert [one.name for one in connections.saved(context)] == ["shop"]
    done = client.delete("/api/v1/connections/shop", headers={"x-test-name": "anna"})
    assert done.status_code == 200, done.text
    assert done.json() == {"name": "shop", "paused": [], "told": "Bakehouse was told to end its consent."}
    assert connections.saved(context) == []
    assert [name for name in connections.vault().names() if name.startswith("connection/")] == []
    assert not any(consent.alive for consent in bakery.refresh.values())
    [*_, last] = context.workspace.store.audit_trail()
    assert (last.principal, last.action, last.subject) == ("anna", "forget connection", "shop")
    again = client.delete("/api/v1/connections/shop", headers={"x-test-name": "anna"})
    assert (again.status_code, "no saved connection" in again.json()["message"]) == (400, True)


def test_a_pass_connects_one_account_once_without_a_login(client: TestClient, service: Service, bakery: Bakery) -> None:
    people.grant(Context(service.workspace, "anna"), "slack:U1", ["ask", "connect"], now=NOW)
    maria = service.context("slack:U1")
    secret = passes.give(maria, "bakehouse", "shop", "", now=NOW)
    assert client.get("/connections/new/bakehouse?name=shop").status_code == 403
    page = client.get(f"/connections/new/bakehouse?name=shop&pass={secret}")
    assert page.status_code == 200
    assert client.get(f"/connections/new/xero?pass={secret}").status_code == 403
    typed = {"set.address": bakery.base, "key.client_id": CLIENT, "key.client_secret": SECRET}
    answer = send(client, page, "/connections/new/bakehouse", **typed)
    assert answer.status_code == 303, answer.text
    back = at(opened(answer.headers["location"])[1]["location"])
    cookies = dict(client.cookies)
    client.cookies.clear()
    # The state alone is no proof of who comes.
    assert client.get(back).status_code == 403
    client.cookies.update(cookies)
    assert "Bakehouse is connected" in client.get(back).text
    used = client.get(f"/connections/new/bakehouse?name=shop&pass={secret}")
    assert (used.status_code, "used already" in used.text) == (403, True)


def test_on_this_machine_the_page_is_opened_under_the_name_that_people_are_sent_back_to(app: FastAPI) -> None:
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as other:
        answer = other.get("/connections/new/bakehouse?name=shop")
        assert (answer.status_code, answer.headers["location"]) == (
            307,
            f"{ADDRESS}/connections/new/bakehouse?name=shop",
        )
