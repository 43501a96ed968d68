"""A connector is drafted in the shell, approved, connected to a server that follows the description, and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = ROOT / "tests" / "connectors" / "drafting" / "files" / "bakery.yaml"
SECRET = "sentinel-bakery-key"
ORDERS: list[dict[str, object]] = [
    {
        "id": number, "customer": f"c{number % 7}", "status": "paid" if number % 3 else "open", "total": f"{number}.50",
        "placed_at": "2026-01-01T08:00:00Z", "updated_at": f"2026-01-{1 + number % 28:02}T08:00:00Z",
    }
    for number in range(1, 124)
]  # fmt: skip


class Bakery(BaseHTTPRequestHandler):
    """What the description's owner runs, written from the description alone and knowing nothing of the draft."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        at, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if self.headers.get("X-Api-Key") != SECRET:
            self.reply(401, {"error": "unknown key"})
        elif at == "/v1/me":
            self.reply(200, {"name": "Corner bakery"})
        elif at == "/v1/shops":
            self.reply(200, [{"id": 1, "name": "North"}, {"id": 2, "name": "South"}])
        elif at == "/v1/orders":
            since = query.get("updated_since", [""])[0]
            self.paged("orders", [one for one in ORDERS if str(one["updated_at"]) >= since], query)
        elif at.startswith("/v1/orders/") and at.endswith("/lines"):
            order = int(at.split("/")[3])
            rows: list[dict[str, object]] = [
                {"number": number, "product": "bread", "quantity": order % 3} for number in range(1, 1 + order % 4)
            ]
            self.paged("lines", rows, query)
        else:
            self.reply(404, {"error": "no such address"})

    def paged(self, name: str, rows: list[dict[str, object]], query: dict[str, list[str]]) -> None:
        size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
        if not 1 <= size <= 50 or page < 1:
            self.reply(400, {"error": "no such page"})
            return
        meta = {"page": page, "total_pages": -(-len(rows) // size)}
        self.reply(200, {name: rows[(page - 1) * size : page * size], "meta": meta})

    def reply(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the standard library calls it
        del format, args


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bakery)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def dreflow(folder: Path, *arguments: str, stdin: str = "", code: int = 0) -> dict[str, Any]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DREFLOW_HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "integrations.cli", *arguments, "--json"], cwd=folder, env=environment, input=stdin,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert SECRET not in done.stdout + done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return cast("dict[str, Any]", json.loads(done.stdout))


def test_a_drafted_connector_reads_the_rows_of_a_server_that_follows_its_description(
    address: str, tmp_path: Path
) -> None:
    asked = (
        "connectors", "draft", "bakery", "--description", str(DESCRIPTION), "--base-url", address,
        "--answer", "lines.key=number", "--answer", "stock.paging=leave out",
    )  # fmt: skip
    shown = dreflow(tmp_path, *asked)
    assert shown["questions"] == []
    assert not [one for one in shown["verdicts"] if one["result"] == "broken"]
    assert not (tmp_path / ".dreflow" / "connectors").exists()
    refused = dreflow(tmp_path, "connectors", "add", "mine", "bakery", "--password-stdin", stdin=f"{SECRET}\n", code=1)
    assert "bakery" in refused["error"]["message"]
    dreflow(tmp_path, *asked, "--approve", "0" * 16, "--by", "Ada", code=4)
    written = dreflow(tmp_path, *asked, "--approve", shown["digest"][:16], "--by", "Ada")
    assert (Path(written["folder"]) / "connector.yaml").read_text(encoding="utf-8") == shown["yaml"]
    assert "bakery" in [one["name"] for one in dreflow(tmp_path, "connectors", "list")["connectors"]]
    dreflow(tmp_path, "connectors", "add", "mine", "bakery", "--password-stdin", stdin=f"{SECRET}\n")
    assert dreflow(tmp_path, "connectors", "check", "mine")["account"] == "Corner bakery"
    answer = dreflow(tmp_path, "ask", "how many orders are there?", "--data", "mine")
    assert answer["rows"] == [[len(ORDERS)]]
    total = dreflow(tmp_path, "ask", "total of orders that are paid", "--data", "mine")
    paid = sum(float(str(one["total"])) for one in ORDERS if one["status"] == "paid")
    assert [float(one) for row in total["rows"] for one in row] == [paid]
    lines = dreflow(tmp_path, "ask", "how many lines are there?", "--data", "mine")
    assert lines["rows"] == [[sum(int(str(one["id"])) % 4 for one in ORDERS)]]
    shown_rows = dreflow(tmp_path, "connectors", "preview", "mine", "--table", "orders", "--limit", "10")
    assert len(shown_rows["tables"][0]["rows"]) == 10
    refused = dreflow(tmp_path, "connectors", "add", "mine", "bakery", "--password-stdin", stdin="another\n", code=1)
    assert refused["error"]["kind"] == "access"
    assert dreflow(tmp_path, "connectors", "check", "mine")["account"] == "Corner bakery"
