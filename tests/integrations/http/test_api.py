"""The HTTP API: the same conversation, with the rights of whoever asks, and no way in from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agents.service import Service
from integrations.http.app import make_app
from integrations.http.who import Who
from memory.workspace import Workspace
from tools import people, runs, uploads
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    orders = tmp_path / "orders.csv"
    orders.write_text("id,region,amount\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    return Service(
        Workspace(tmp_path / ".dreflow", NOW),
        start=lambda context, spec, *, now, out, told: runs.run(context, spec, now=now, out=out, told=told),
        clock=lambda: NOW,
        data=(str(orders),),
    )


@pytest.fixture
def app(service: Service) -> FastAPI:
    return make_app(service, Who(service, local="anna"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as opened:
        yield opened


def say(client: TestClient, thread: str, **said: object) -> list[dict[str, object]]:
    answer = client.post(f"/api/v1/threads/{thread}/messages", json=said)
    assert answer.status_code == 200, answer.text
    replies = [json.loads(line) for line in answer.text.splitlines()]
    return [reply for reply in replies if reply["kind"] != "progress"]


def begin(client: TestClient) -> str:
    return str(client.post("/api/v1/threads", json={"text": "orders"}).json()["id"])


def test_a_conversation_goes_from_a_question_to_a_file(client: TestClient) -> None:
    thread = begin(client)
    (table,) = [one for one in say(client, thread, text="total amount by region") if one["kind"] == "table"]
    assert table["rows"] == [["North", "2.50"], ["South", "1.00"]]
    (card,) = [one for one in say(client, thread, text="save that as totals.csv") if one["kind"] == "plan"]
    done = say(client, thread, decision="approve", digest=card["spec_digest"])
    (file,) = [one for one in done if one["kind"] == "file"]
    assert "path" not in file
    assert str(client.get(f"/api/v1/threads/{thread}/messages").text).count('"path"') == 0
    run_id, name = str(file["id"]).split("/")
    downloaded = client.get(f"/api/v1/runs/{run_id}/files/{name}")
    assert downloaded.text.splitlines()[1:] == ["North,2.50", "South,1.00"]
    assert [one["name"] for one in client.get("/api/v1/pipelines").json()] == [card["name"]]
    assert client.get("/api/v1/runs").json()[0]["status"] == "succeeded"


def test_what_was_said_can_be_read_back(client: TestClient) -> None:
    thread = begin(client)
    said = say(client, thread, text="how many orders")
    kept = client.get(f"/api/v1/threads/{thread}/messages").json()
    assert kept[0]["text"] == "how many orders"
    assert [one["reply"] for one in kept[1:]] == said
    assert client.get("/api/v1/threads").json()[0]["id"] == thread


def test_a_file_is_taken_and_an_unread_kind_or_too_large_a_one_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = begin(client)
    taken = client.post(f"/api/v1/threads/{thread}/files", files={"file": ("../more.csv", b"id\n1\n2\n3\n")})
    assert taken.status_code == 201
    assert taken.json()["name"] == "more.csv"
    (table,) = [
        one
        for one in say(client, thread, text="how many rows in more", data=[taken.json()["data"]])
        if one["kind"] == "table"
    ]
    assert table["rows"] == [[3]]
    odd = client.post(f"/api/v1/threads/{thread}/files", files={"file": ("run.exe", b"MZ")})
    assert (odd.status_code, odd.json()["error"]) == (400, "unsupported")
    monkeypatch.setattr(uploads, "LARGEST", 4)
    large = client.post(f"/api/v1/threads/{thread}/files", files={"file": ("large.csv", b"id\n1\n2\n")})
    assert (large.status_code, large.json()["error"]) == (413, "limit")


def test_once_somebody_has_rights_a_request_must_say_who_it_is_from(client: TestClient, service: Service) -> None:
    thread = begin(client)
    people.grant(Context(service.workspace, "anna"), "ben", ["ask"], now=NOW)
    answer = client.get(f"/api/v1/threads/{thread}/messages")
    assert (answer.status_code, answer.json()["error"]) == (403, "access")


def test_somebody_else_sees_neither_the_conversation_nor_its_rows(
    app: FastAPI, client: TestClient, service: Service
) -> None:
    thread = begin(client)
    people.grant(Context(service.workspace, "anna"), "ben", ["ask"], now=NOW)
    app.state.who.accept(lambda request: request.headers.get("x-test-name"))
    ben = {"x-test-name": "ben"}
    assert client.get("/api/v1/threads", headers=ben).json() == []
    assert client.get(f"/api/v1/threads/{thread}/messages", headers=ben).status_code == 403
    assert client.post(f"/api/v1/threads/{thread}/messages", headers=ben, json={"text": "hi"}).status_code == 403
    assert client.get(f"/api/v1/answers/{thread}-1", headers=ben).status_code in {403, 422}


def test_who_may_only_ask_names_no_file_of_this_machine(
    app: FastAPI, client: TestClient, service: Service, tmp_path: Path
) -> None:
    (tmp_path / "wages.csv").write_text("name,wage\nAnn,1\n", encoding="utf-8")
    people.grant(Context(service.workspace, "anna"), "ben", ["ask"], now=NOW)
    app.state.who.accept(lambda request: request.headers.get("x-test-name"))
    client.headers["x-test-name"] = "ben"
    thread = begin(client)
    for item in (str(tmp_path / "wages.csv"), f"{service.workspace.folder}/uploads/{thread}/../../../wages.csv"):
        (failure,) = [
            one for one in say(client, thread, text="list all name of wages", data=[item]) if one["kind"] == "failure"
        ]
        assert failure["error"] == "access"
    taken = client.post(f"/api/v1/threads/{thread}/files", files={"file": ("own.csv", b"id\n1\n2\n")}).json()
    (table,) = [
        one for one in say(client, thread, text="how many rows in own", data=[taken["data"]]) if one["kind"] == "table"
    ]
    assert table["rows"] == [[2]]


@pytest.mark.parametrize(
    ("host", "origin"), [("evil.example", None), ("127.0.0.1", "http://evil.example"), ("localhost", "null")]
)
def test_a_page_of_another_site_gets_nothing(client: TestClient, host: str, origin: str | None) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert client.get("/api/v1/threads", headers=headers).status_code == 403


def test_the_description_names_every_path_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/threads/{thread}/messages", "/api/v1/answers/{answer}/page"} <= set(document["paths"])
    assert client.get("/docs").status_code == 404


def test_an_expected_error_is_a_document_and_no_trace(client: TestClient) -> None:
    answer = client.get("/api/v1/threads/t999/messages")
    assert answer.status_code == 422
    assert set(answer.json()) == {"message", "hint", "error", "who"}


def test_the_quality_of_a_conversations_data_is_told(client: TestClient) -> None:
    thread = begin(client)
    say(client, thread, text="total amount by region")
    told = client.get(f"/api/v1/threads/{thread}/quality")
    assert told.status_code == 200, told.text
    (table,) = told.json()["tables"]
    assert (table["profile"]["name"], table["profile"]["rows"], table["key"]) == ("orders", 2, ["id"])
    assert client.get(f"/api/v1/threads/{thread}/quality?table=ordrs").status_code == 400
