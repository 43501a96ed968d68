"""The OpenAPI description is true: valid, and every route in it refuses with the same document."""

from __future__ import annotations

from collections.abc import Iterator
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
from tools import runs, uploads

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


def test_every_route_refuses_a_stranger_with_our_document(client: TestClient) -> None:
    for path, method, told in routes(client):
        filled = (
            path.replace("{thread}", "t1").replace("{run_id}", "r1").replace("{name}", "x").replace("{answer}", "a")
        )
        more = _anything(told)
        answer = client.request(method, filled, headers={"Origin": "https://evil.example"}, **more)
        assert answer.status_code == 403, (method, path, answer.text)
        assert set(answer.json()) == REFUSAL


def _anything(told: dict[str, Any]) -> dict[str, Any]:
    content = told.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("a.csv", b"id\n1\n")}}
    return {"json": {}} if content else {}


def test_every_route_answers_what_makes_no_sense_with_our_document(client: TestClient) -> None:
    for path, method, told in routes(client):
        filled = path.replace("{thread}", "t999").replace("{run_id}", "r999").replace("{answer}", "%27;--")
        body: dict[str, Any] = (
            {"content": b"[nonsense", "headers": {"content-type": "application/json"}} if "requestBody" in told else {}
        )
        answer = client.request(method, filled.replace("{name}", "..%2Fx"), **body)
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
