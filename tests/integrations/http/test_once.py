"""A request that is sent again under its key is done once: at once, in parallel, and over a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from page import serving

from agents.service import Service
from integrations.http.app import make_app
from integrations.http.once import HEADER, REPLAYED
from integrations.http.who import Who
from memory.http_store import KEPT
from memory.workspace import Workspace
from tools import people, runs
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
READS = {"/api/v1/answers/{answer}/page"}
"""Routes that take a POST and change nothing."""


class Place:
    """A workspace with an approved plan, and a clock that can be set."""

    def __init__(self, folder: Path) -> None:
        self.now, self.folder = NOW, folder
        (folder / "orders.csv").write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
        self.service = Service(
            Workspace(folder / ".dreflow", NOW),
            start=lambda context, spec, *, now, out, told: runs.run(context, spec, now=now, out=out, told=told),
            clock=lambda: self.now,
            data=(str(folder / "orders.csv"),),
        )
        self.app: FastAPI = make_app(self.service, Who(self.service, local="anna"))

    @property
    def context(self) -> Context:
        return Context(self.service.workspace, "anna")

    def runs(self) -> int:
        return len(runs.recent(self.context, limit=50))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    with TestClient(place.app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened


def say(client: httpx.Client | TestClient, thread: str, key: str | None = None, **said: Any) -> Any:
    headers = {HEADER: key} if key is not None else {}
    return client.post(f"/api/v1/threads/{thread}/messages", json=said, headers=headers)


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def planned(client: httpx.Client | TestClient) -> tuple[str, str]:
    """A conversation, and the digest of the plan that waits in it."""
    thread = str(client.post("/api/v1/threads", json={"text": "orders"}).json()["id"])
    told = lines(say(client, thread, text="total amount by region, save it as totals.csv"))
    (card,) = [one for one in told if one["kind"] == "plan"]
    return thread, str(card["spec_digest"])


def approved(client: httpx.Client | TestClient) -> str:
    thread, digest = planned(client)
    lines(say(client, thread, decision="approve", digest=digest))
    return thread


def test_without_a_key_run_it_twice_runs_twice(place: Place, client: TestClient) -> None:
    thread = approved(client)
    for _ in range(2):
        lines(say(client, thread, text="run it"))
    assert place.runs() == 3


def test_run_it_twice_under_one_key_runs_once_and_is_answered_alike(place: Place, client: TestClient) -> None:
    thread = approved(client)
    first, second = (say(client, thread, "again", text="run it") for _ in range(2))
    assert place.runs() == 2
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"
    assert lines(say(client, thread, "another", text="run it"))
    assert place.runs() == 3


def test_an_approval_that_is_sent_again_gets_the_first_answer(place: Place, client: TestClient) -> None:
    thread, digest = planned(client)
    first, second = (say(client, thread, "yes", decision="approve", digest=digest) for _ in range(2))
    assert first.content == second.content
    assert [one["kind"] for one in lines(second)].count("file") == 1
    assert place.runs() == 1


def test_in_parallel_one_does_it_and_the_others_wait_their_turn_or_are_told(place: Place, client: TestClient) -> None:
    thread = approved(client)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: say(client, thread, "at once", text="run it"), range(6)))
    assert place.runs() == 2
    told = [one for one in answers if one.status_code == 200]
    assert told
    assert len({one.content for one in told}) == 1
    assert {one.json()["error"] for one in answers if one.status_code != 200} <= {"busy"}
    assert {one.status_code for one in answers} <= {200, 409}


def test_a_key_with_another_body_is_refused_and_nothing_is_done(place: Place, client: TestClient) -> None:
    thread = approved(client)
    lines(say(client, thread, "k", text="how many orders"))
    other = say(client, thread, "k", text="run it")
    assert (other.status_code, other.json()["error"]) == (422, "usage")
    assert place.runs() == 1
    second = client.post("/api/v1/threads", json={"text": "x"}, headers={HEADER: "k"})
    assert second.status_code == 422


def test_a_conversation_and_a_file_come_once(place: Place, client: TestClient) -> None:
    ids = {client.post("/api/v1/threads", json={"text": "x"}, headers={HEADER: "begin"}).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    (thread,) = ids
    # A client writes another boundary each time; what is in the form is the same.
    sent = [
        client.post(f"/api/v1/threads/{thread}/files", files={"file": ("a.csv", b"id\n1\n")}, headers={HEADER: "file"})
        for _ in range(2)
    ]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert not list((place.folder / ".dreflow" / "uploads").rglob("earlier"))
    other = client.post(
        f"/api/v1/threads/{thread}/files", files={"file": ("a.csv", b"id\n2\n")}, headers={HEADER: "file"}
    )
    assert other.status_code == 422


def test_what_was_refused_can_be_sent_again_under_its_key(client: TestClient) -> None:
    thread = str(client.post("/api/v1/threads", json={"text": "x"}).json()["id"])
    odd = client.post(f"/api/v1/threads/{thread}/messages", json={"text": 7}, headers={HEADER: "k"})
    assert odd.status_code == 422
    assert lines(say(client, thread, "k", text="how many orders"))[-1]["kind"] == "table"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_empty_or_too_long_is_refused(client: TestClient, key: str) -> None:
    assert client.post("/api/v1/threads", json={"text": "x"}, headers={HEADER: key}).status_code == 422
    assert client.get("/api/v1/threads").json() == []


def test_what_broke_inside_is_not_begun_again_under_its_key(
    place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def broken(*_: object, **__: object) -> str:
        called.append(1)
        raise ZeroDivisionError("secret place")

    monkeypatch.setattr(place.service, "begin", broken)
    for _ in range(2):
        answer = client.post("/api/v1/threads", json={"text": "x"}, headers={HEADER: "k"})
        assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert len(called) == 1


def test_a_key_is_forgotten_after_a_day(place: Place, client: TestClient) -> None:
    thread = approved(client)
    lines(say(client, thread, "k", text="run it"))
    place.now += KEPT - timedelta(seconds=1)
    lines(say(client, thread, "k", text="run it"))
    assert place.runs() == 2
    place.now += timedelta(seconds=1)
    lines(say(client, thread, "k", text="run it"))
    assert place.runs() == 3


def test_the_first_answer_is_for_who_asked_as_long_as_they_may_ask(place: Place, client: TestClient) -> None:
    place.app.state.who.accept(lambda request: request.headers.get("x-test-name"))
    people.grant(place.context, "anna", ["all"], now=NOW)
    client.headers["x-test-name"] = "anna"
    thread = str(client.post("/api/v1/threads", json={"text": "x"}).json()["id"])
    lines(say(client, thread, "k", text="how many orders"))
    people.grant(place.context, "ben", ["ask"], now=NOW)
    client.headers["x-test-name"] = "ben"
    # The same key of somebody else is another key, and the conversation is not theirs.
    assert say(client, thread, "k", text="how many orders").status_code == 403
    own = str(client.post("/api/v1/threads", json={"text": "x"}, headers={HEADER: "b"}).json()["id"])
    assert own != thread
    people.revoke(place.context, "ben", [], now=NOW)
    assert client.post("/api/v1/threads", json={"text": "x"}, headers={HEADER: "b"}).status_code == 403


def test_who_left_before_the_answer_finds_it_whole_later(place: Place, client: TestClient) -> None:
    thread = approved(client)
    begun, go_on = threading.Event(), threading.Event()
    start = place.service._start

    def slow(*given: Any, **named: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return start(*given, **named)

    place.service._start = slow
    path = f"/api/v1/threads/{thread}/messages"
    port_app = place.app

    async def leave() -> None:
        """A client that goes away as soon as its request has begun."""
        body = b'{"text":"run it"}'
        sent = False

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": body, "more_body": False}
            import asyncio

            while not begun.is_set():
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(_: Any) -> None:
            return None

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (HEADER.lower().encode(), b"k")]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        await port_app(scope, receive, send)

    assert client.portal is not None
    client.portal.call(leave)
    waiting = say(client, thread, "k", text="run it")
    assert (waiting.status_code, waiting.json()["error"]) == (409, "busy")
    go_on.set()
    answer = waiting
    while answer.status_code == 409:
        time.sleep(0.05)
        answer = say(client, thread, "k", text="run it")
    assert lines(answer)[-1]["kind"] == "file"
    assert place.runs() == 2


def test_the_description_names_the_key_on_every_route_that_does_something(client: TestClient) -> None:
    told = client.get("/api/v1/openapi.json").json()["paths"]
    named = {
        (path, method)
        for path, methods in told.items()
        for method, one in methods.items()
        if HEADER in {given["name"] for given in one.get("parameters", ()) if given["in"] == "header"}
    }
    # To delete a thing twice is to delete it once, whatever the request is called.
    wanted = {(path, method) for path, methods in told.items() for method in methods if method not in {"get", "delete"}}
    assert named == {one for one in wanted if one[0] not in READS}
    assert len(named) >= 4


def test_over_a_restart_the_first_answer_stands(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    workspace, log = tmp_path / ".dreflow", tmp_path / "log"
    more = ("--data", str(tmp_path / "orders.csv"), "--no-worker")
    with serving(workspace, *more, log=log) as address, httpx.Client(base_url=address, timeout=120) as client:
        thread = approved(client)
        first = say(client, thread, "k", text="run it")
    with serving(workspace, *more, log=log) as address, httpx.Client(base_url=address, timeout=120) as client:
        second = say(client, thread, "k", text="run it")
        assert (second.content, second.headers[REPLAYED]) == (first.content, "true")
        assert len(client.get("/api/v1/runs").json()) == 2


def test_what_was_at_work_when_the_server_was_killed_is_not_done_again(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    workspace, log = tmp_path / ".dreflow", tmp_path / "log"
    more = ("--data", str(tmp_path / "orders.csv"), "--no-worker")
    with serving(workspace, *more, log=log) as address:
        with httpx.Client(base_url=address, timeout=120) as client:
            thread = approved(client)

        def lost() -> None:
            with httpx.Client(base_url=address, timeout=120) as other, pytest.raises(httpx.HTTPError):
                say(other, thread, "k", text="run it").raise_for_status()

        asking = threading.Thread(target=lost)
        asking.start()
        store = sqlite3.connect(workspace / "dreflow.db", timeout=30)
        for _ in range(6000):
            if store.execute("SELECT count(*) FROM runs").fetchone()[0] == 2:
                break
            time.sleep(0.005)
        store.close()
    asking.join()
    with serving(workspace, *more, log=log) as address, httpx.Client(base_url=address, timeout=120) as client:
        told = [lines(say(client, thread, "k", text="run it")) for _ in range(2)]
        assert told[0] == told[1]
        assert told[0][-1]["kind"] == "failure"
        assert "did not begin it a second time" in told[0][-1]["message"]
        assert len(client.get("/api/v1/runs").json()) == 2
