"""One conversation, word for word, in the session and over HTTP: the same replies, and doors that stay shut."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import page as chat
import pytest
from talks import lines, through_http, through_session

PEOPLE = "id,email,region,amount\n1,ann@x.com,North,10.50\n2,ANN@x.com,North,20.00\n3,bob@x.com,South,1.25\n"
CONVERSATION: tuple[Mapping[str, str], ...] = (
    {"text": "remove duplicates by email and save it as clean.csv"},
    {"answer": "yes"},
    {"text": "is it approved?"},
    {"decision": "approve"},
    {"text": "run it every Monday at 7"},
    {"decision": "approve"},
    {"text": "run it every day at 6"},
    {"text": "what changed?"},
    {"decision": "reject"},
    {"text": "put it back like before"},
    {"decision": "approve"},
    {"text": "why?"},
    {"text": "total amount by region"},
    {"text": "only North"},
    {"text": "show my pipelines"},
    {"text": "thanks"},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("given") / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("served")
    with (
        chat.serving(folder / "workspace", "--data", str(data), "--no-worker", log=folder / "chat.log") as address,
        httpx.Client(base_url=f"{address}/api/v1", timeout=chat.PATIENCE / 1000) as opened,
    ):
        yield opened


def begun(client: httpx.Client) -> str:
    return str(client.post("/threads", json={"text": "people"}).json()["id"])


def test_the_same_conversation_has_the_same_replies_in_the_session_and_over_http(
    client: httpx.Client, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = through_session(CONVERSATION, tmp_path_factory.mktemp("alone") / "workspace", data)
    served = through_http(CONVERSATION, client)
    for step, one, other in zip(CONVERSATION, alone, served, strict=True):
        assert one == other, step
    kinds = [{reply["kind"] for reply in turn} for turn in served]
    assert [sorted(one & {"table", "question", "plan", "diff", "file"}) for one in kinds] == [
        ["question"], ["plan"], [], ["file", "table"], ["diff", "plan"], ["file", "table"],
        ["diff", "plan"], ["diff"], [], ["diff", "plan"], ["file", "table"], ["table"], ["table"], ["table"],
        ["table"], [],
    ]  # fmt: skip
    assert not [reply for turn in served for reply in turn if reply["kind"] == "failure"]


def test_a_page_of_another_site_and_another_name_of_this_machine_are_refused(client: httpx.Client) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        for answer in (client.get("/threads", headers=headers), client.post("/threads", json={}, headers=headers)):
            assert answer.status_code == 403
            assert answer.json()["error"] == "access"


def test_a_file_of_a_wrong_kind_is_refused_with_what_is_read(client: httpx.Client) -> None:
    answer = client.post(f"/threads/{begun(client)}/files", files={"file": ("tool.exe", b"MZ")})
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported"
    assert "csv" in answer.json()["hint"]


def test_an_upload_that_says_it_is_too_large_is_refused_before_it_is_sent(client: httpx.Client) -> None:
    with closing(http.client.HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=60)) as wire:
        wire.putrequest("POST", f"/api/v1/threads/{begun(client)}/files")
        wire.putheader("Content-Type", "multipart/form-data; boundary=x")
        wire.putheader("Content-Length", str(5 << 30))
        wire.endheaders()
        answer = wire.getresponse()
        told = json.loads(answer.read())
    assert answer.status == 413
    assert told["error"] == "limit"
    assert "2 GB" in told["message"]


def test_who_leaves_in_the_middle_stops_the_turn_and_nothing_is_published(client: httpx.Client) -> None:
    thread = begun(client)
    card = next(
        one
        for one in lines(client, thread, {"text": "total amount by region, save it as left.csv"})
        if one["kind"] == "plan"
    )
    leaving = lines(client, thread, {"decision": "approve", "digest": card["spec_digest"]})
    first = next(leaving)
    assert first["text"].endswith("approved this plan.")
    leaving.close()  # type: ignore[attr-defined]
    said: list[dict[str, Any]] = []
    for _ in range(600):
        said = client.get(f"/threads/{thread}/messages").json()
        if any("Stopped" in str((one.get("reply") or {}).get("text", "")) for one in said):
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"the turn went on: {said[-3:]}")
    assert not [one for one in said if (one.get("reply") or {}).get("kind") == "file"]
    assert [one["kind"] for one in lines(client, thread, {"text": "total amount"})][-1] != "failure"
