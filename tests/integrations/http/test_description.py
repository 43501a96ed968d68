"""The OpenAPI description is true: valid, and every route in it refuses with the same document."""

from __future__ import annotations

import asyncio
import contextlib
import json
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from agents.service import Service
from integrations.http.app import make_app
from integrations.http.who import Who
from memory.workspace import Workspace
from spec.errors import BusyError
from tools import people, runs, uploads
from tools.context import Context, Right

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
REFUSAL = {"message", "hint", "error", "who"}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    service = Service(
        Workspace(tmp_path / ".dreflow", NOW),
        start=lambda context, spec, *, now, out, told: runs.run(context, spec, now=now, out=out, told=told),
        clock=lambda: NOW,
    )
    return make_app(service, Who(service, local="anna"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened


def described(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return found


def routes(client: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, told) for path, methods in described(client)["paths"].items() for method, told in methods.items()
    ]


def test_the_description_is_valid(client: TestClient) -> None:
    told = described(client)
    assert told["openapi"].startswith("3.1")
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = [one["operationId"] for _, _, one in routes(client)]
    assert len(names) == len(set(names))
    known = set(told["components"]["schemas"])
    assert {ref.rpartition("/")[2] for ref in _refs(told)} <= known


def _refs(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from _refs(one)
    elif isinstance(value, list):
        for one in value:
            yield from _refs(one)


def filled(path: str) -> str:
    names = {"{thread}": "t1", "{run_id}": "r1", "{name}": "totals.csv", "{answer}": "t1-1"}
    for name, value in names.items():
        path = path.replace(name, value)
    return path


def test_every_route_refuses_a_stranger_with_our_document(client: TestClient) -> None:
    for path, method, told in routes(client):
        answer = client.request(method, filled(path), headers={"Origin": "https://evil.example"}, **_anything(told))
        assert answer.status_code == 403, (method, path, answer.text)
        assert set(answer.json()) == REFUSAL


class Place:
    """A workspace with a conversation, an answer in rows, an approved plan, its run and its file; all of anna's."""

    def __init__(self, app: FastAPI, client: TestClient, folder: Path) -> None:
        self.service: Service = app.state.service
        self.workspace = self.service.workspace
        lines = "".join(f"{number},{number / 4:.2f}\n" for number in range(900))
        (folder / "orders.csv").write_text(f"id,amount\n{lines}", encoding="utf-8")
        self.thread = client.post("/api/v1/threads", json={"text": "orders"}).json()["id"]
        self.client = client
        self.say(text="list all id and amount of orders", data=[str(folder / "orders.csv")])
        self.plan("total amount, save it as totals.csv")
        self.decide()
        self.plan("number of orders, save it as counts.csv")
        assert client.get("/api/v1/runs/r1/files/totals.csv").status_code == 200
        assert client.get("/api/v1/answers/t1-1").status_code == 200
        people.grant(Context(self.workspace, "anna"), "anna", ["all"], now=NOW)
        app.state.who.accept(lambda request: request.headers.get("x-test-name"))

    def say(self, name: str = "", **said: Any) -> list[dict[str, Any]]:
        headers = {"x-test-name": name} if name else {}
        answer = self.client.post(f"/api/v1/threads/{self.thread}/messages", json=said, headers=headers)
        assert answer.status_code == 200, answer.text
        return [one for one in map(json.loads, answer.text.splitlines()) if one["kind"] != "progress"]

    def plan(self, text: str) -> None:
        (card,) = [one for one in self.say(text=text) if one["kind"] == "plan"]
        self.digest = card["spec_digest"]

    def decide(self, name: str = "", decision: str = "approve") -> list[dict[str, Any]]:
        return self.say(name, decision=decision, digest=self.digest)

    def grant(self, name: str, *rights: Right) -> None:
        people.grant(Context(self.workspace, "anna"), name, rights, now=NOW)

    def kept(self) -> dict[str, Any]:
        """All rows of the store, and all files with their sizes."""
        database = self.workspace.store.database
        names = [str(row["name"]) for row in database.read("SELECT name FROM sqlite_master WHERE type = 'table'", {})]
        rows = {name: database.read(f"SELECT * FROM {name}", {}) for name in names}
        files = {
            str(file.relative_to(self.workspace.folder)): file.stat().st_size
            for file in self.workspace.folder.rglob("*")
            if file.is_file() and not file.name.startswith("dreflow.db")
        }
        return {**rows, "files": files}


@pytest.fixture
def place(app: FastAPI, client: TestClient, tmp_path: Path) -> Place:
    return Place(app, client, tmp_path)


@pytest.mark.parametrize("who", [None, "eve", "stranger"])
def test_every_route_refuses_who_may_not_and_nothing_changes(place: Place, client: TestClient, who: str | None) -> None:
    """Without a login, with one that has no right left, and with one that was never given any."""
    place.grant("eve", "ask")
    people.revoke(Context(place.workspace, "anna"), "eve", [], now=NOW)
    before = place.kept()
    for path, method, told in routes(client):
        headers = {"x-test-name": who} if who else {}
        answer = client.request(method, filled(path), headers=headers, **_anything(told))
        assert answer.status_code == 403, (method, path, answer.status_code, answer.text)
        assert set(answer.json()) == REFUSAL
        assert answer.json()["error"] == "access"
    assert place.kept() == before


def test_every_route_about_a_conversation_refuses_who_may_ask_and_does_not_take_part(
    place: Place, client: TestClient
) -> None:
    place.grant("ben", "ask", "plan", "approve", "run", "connect")
    before = place.kept()
    about = [one for one in routes(client) if "{thread}" in one[0] or "{answer}" in one[0]]
    assert len(about) >= 5
    for path, method, told in about:
        answer = client.request(method, filled(path), headers={"x-test-name": "ben"}, **_anything(told))
        assert answer.status_code == 403, (method, path, answer.status_code, answer.text)
    assert place.kept() == before


def test_a_run_its_result_and_its_files_are_for_who_may_see_the_conversation_of_its_plan(
    place: Place, client: TestClient
) -> None:
    about = ["/api/v1/runs/r1", "/api/v1/runs/r1/files/totals.csv"]
    place.grant("ben", "ask", "plan", "approve", "run", "connect")
    place.grant("boss", "ask", "admin")
    for path in about:
        told = client.get(path, headers={"x-test-name": "ben"})
        assert (told.status_code, told.json()["error"]) == (403, "access")
        assert "totals" not in told.text
        assert client.get(path, headers={"x-test-name": "anna"}).status_code == 200
        assert client.get(path, headers={"x-test-name": "boss"}).status_code == 200
    for name, listed in (("ben", []), ("anna", ["r1"]), ("boss", ["r1"])):
        assert [one["run_id"] for one in client.get("/api/v1/runs", headers={"x-test-name": name}).json()] == listed
        pipelines = client.get("/api/v1/pipelines", headers={"x-test-name": name}).json()
        assert [one["last_status"] for one in pipelines] == ["succeeded"] * len(listed)


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (("ask", "admin"), {"text": "total amount, save it as other.csv"}),
        (("ask", "admin", "plan", "run"), {"decision": "approve"}),
        (("ask", "admin", "approve", "run"), {"decision": "reject"}),
        (("ask", "admin", "plan", "approve"), {"text": "run it"}),
        (("ask", "admin", "plan"), {"text": "total wage of wages", "data": ["wages.csv"]}),
    ],
)
def test_what_a_right_is_missing_for_is_a_failure_in_the_conversation_and_changes_nothing_else(
    place: Place, rights: tuple[Right, ...], said: dict[str, Any]
) -> None:
    place.grant("ben", *rights)
    before = place.kept()
    more = {"digest": place.digest} if "decision" in said else {}
    failure = place.say("ben", **said, **more)[-1]
    assert (failure["kind"], failure["error"]) == ("failure", "access")
    after = place.kept()
    assert {name for name in before if before[name] != after[name]} <= {"messages", "turns", "ids", "threads"}


def test_a_decision_names_its_plan(place: Place, client: TestClient) -> None:
    before = place.kept()
    for decision in ("approve", "reject"):
        answer = client.post(
            f"/api/v1/threads/{place.thread}/messages", json={"decision": decision}, headers={"x-test-name": "anna"}
        )
        assert (answer.status_code, set(answer.json())) == (422, REFUSAL)
        assert "digest" in answer.text
    assert place.kept() == before


def test_a_plan_that_is_approved_twice_at_once_runs_once(place: Place) -> None:
    before = len(runs.recent(Context(place.workspace, "anna"), limit=9))
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda _: place.decide("anna"), range(3)))
    assert sorted(len(turn) > 1 for turn in told) == [False, False, True]
    assert [turn for turn in told if turn[0].get("text") == "No plan is waiting for a decision."]
    assert len(runs.recent(Context(place.workspace, "anna"), limit=9)) == before + 1


def test_what_goes_wrong_after_the_first_word_is_a_failure_among_the_replies(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise BusyError("Somebody is still being answered.", hint="Try again.")

    monkeypatch.setattr("agents.session.Session.talk", busy)
    (failure,) = place.say("anna", text="total amount")
    assert (failure["kind"], failure["error"], failure["hint"]) == ("failure", "busy", "Try again.")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret place")

    monkeypatch.setattr("agents.session.Session.talk", broken)
    (failure,) = place.say("anna", text="total amount")
    assert failure["kind"] == "failure"
    assert "secret" not in str(failure)


def test_the_store_is_never_used_on_the_event_loop(
    place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: set[str] = set()
    database = place.workspace.store.database
    for name in ("read", "write", "transaction"):
        whole = getattr(database, name)

        def watched(*given: object, whole: Any = whole) -> object:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop()
                used.add("".join(traceback.format_stack(limit=8)))
            return whole(*given)

        monkeypatch.setattr(database, name, watched)
    for path, method, told in routes(client):
        client.request(method, filled(path), headers={"x-test-name": "anna"}, **_anything(told))
    assert used == set(), "\n".join(used)


def _anything(told: dict[str, Any]) -> dict[str, Any]:
    content = told.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("a.csv", b"id\n1\n")}}
    return {"json": {}} if content else {}


def test_every_route_says_what_a_refusal_looks_like(client: TestClient) -> None:
    told = described(client)
    assert set(told["components"]["schemas"]["Refused"]["properties"]) == REFUSAL
    assert "HTTPValidationError" not in told["components"]["schemas"]
    for path, method, one in routes(client):
        for status in ("4XX", "5XX"):
            content = one["responses"][status]["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/Refused"), (method, path)
        assert "422" not in one["responses"]


@pytest.mark.parametrize("path", ["threads", "runs"])
@pytest.mark.parametrize("limit", ["0", "-1", "501", "x"])
def test_a_list_without_an_end_is_refused(client: TestClient, path: str, limit: str) -> None:
    answer = client.get(f"/api/v1/{path}?limit={limit}")
    assert (answer.status_code, set(answer.json())) == (422, REFUSAL)


@pytest.mark.parametrize("after", [-1, 2**63, 10**30])
def test_a_message_that_cannot_be_is_refused(place: Place, client: TestClient, after: int) -> None:
    path = f"/api/v1/threads/{place.thread}/messages?after={after}"
    answer = client.get(path, headers={"x-test-name": "anna"})
    assert (answer.status_code, set(answer.json())) == (422, REFUSAL)


@pytest.mark.parametrize("comparison", ["is", "contains", "at least"])
def test_a_value_that_no_text_holds_is_refused(place: Place, client: TestClient, comparison: str) -> None:
    wanted = {"filters": [{"column": "id", "comparison": comparison, "value": "1\x00"}]}
    answer = client.post("/api/v1/answers/t1-1/page", json=wanted, headers={"x-test-name": "anna"})
    assert (answer.status_code, set(answer.json())) == (422, REFUSAL)


def test_every_route_answers_what_makes_no_sense_with_our_document(client: TestClient) -> None:
    for path, method, told in routes(client):
        odd = path.replace("{thread}", "t999").replace("{run_id}", "r999").replace("{answer}", "%27;--")
        body: dict[str, Any] = (
            {"content": b"[nonsense", "headers": {"content-type": "application/json"}} if "requestBody" in told else {}
        )
        answer = client.request(method, odd.replace("{name}", "..%2Fx"), **body)
        if answer.status_code == 200:
            assert "{" not in path
            continue
        assert 400 <= answer.status_code < 500, (method, path, answer.text)
        assert set(answer.json()) == REFUSAL
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/runs", 405)]
)
def test_what_is_not_there_is_said_in_our_document(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == REFUSAL


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/runs", 405), ("GET", "/api", 200)],
)
def test_a_page_that_takes_every_path_takes_none_of_the_apis(app: FastAPI, method: str, path: str, status: int) -> None:
    service = app.state.service
    paged = make_app(service, Who(service, local="anna"), pages=("any_page",))
    with TestClient(paged, base_url="http://127.0.0.1") as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == (REFUSAL if status != 200 else {"page"})


def test_what_breaks_inside_is_a_sentence_and_not_a_traceback(
    client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError("secret place")

    monkeypatch.setattr(app.state.service, "context", broken)
    answer = client.get("/api/v1/threads")
    assert answer.status_code == 500
    assert set(answer.json()) == REFUSAL
    assert "secret" not in answer.text


def test_a_file_past_the_limit_is_refused_and_nothing_of_it_is_kept(
    client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 1000)
    thread = client.post("/api/v1/threads", json={"text": "x"}).json()["id"]
    answer = client.post(f"/api/v1/threads/{thread}/files", files={"file": ("big.csv", b"x" * 2000)})
    assert (answer.status_code, set(answer.json())) == (413, REFUSAL)
    kept = app.state.service.workspace.folder / "uploads" / thread
    assert list(kept.glob("*")) == []
