"""A made-up bakery with an HTTP API, as a system of the shelf: a page for consent, a key, organisations, orders.

What is let in is decided by the strict consent server; the page asks a person, who has to click.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import consent_server
import pytest
import shelved
from consent_server import ConsentServer
from oauthlib import oauth2  # type: ignore[import-untyped]

from memory.workspace import Workspace
from tools.context import Context

KEY = "bk_live_sentinel-9d41"  # not a secret
CONNECTOR = """\
title: Bakehouse
description: Orders and customers of a bakery.
docs: https://bakehouse.example/api
proof: {grade: C, tried_on: its own description}
base_url: "{address}/v1"
settings:
  address:
    title: Address of the bakery
    help: In the back office under Settings, API.
    example: https://api.bakehouse.example
    pattern: "https?://[^\\\\s?#]+"
  shop: {title: Shop, help: Which of the bakery's shops is read.}
auth:
  - use: oauth2_code
    authorize_url: "{address}/authorize"
    token_url: "{address}/token"
    revoke_url: "{address}/revoke"
    scopes: [orders.read, offline]
    write_scopes: [orders.write]
    tells: {shop: {url: "{address}/shops", value: /id, title: /name}}
    help: In the back office make an app with the redirect address shown here.
  - {use: bearer, title: API key, help: In the back office under Settings, starts_with: [bk_live_]}
headers: {x-shop: "{shop}"}
limits: {calls: 1000, seconds: 1, concurrency: 2, attempts: 1}
records: /data
check: {path: /account, account: /name}
streams:
  orders:
    description: What was sold.
    path: /orders
    primary_key: id
    types: {/total: "DECIMAL(18,2)"}
  customers:
    path: /customers
    primary_key: id
writes:
  orders:
    note: {description: Puts a note on orders., path: "/orders/{key}", key: id, fields: [id, note], again: nature}
"""


@dataclass
class Bakery(ConsentServer):
    """The consent server with what the bakery sells. ``asks`` puts a page before the consent."""

    shops: list[dict[str, str]] = field(default_factory=lambda: [{"id": "s1", "name": "High Street"}])
    orders: int = 25
    asks: bool = False
    key: str = KEY

    def withdraw(self) -> None:
        """All consents end, as if their people had taken them back."""
        for consent in (*self.refresh.values(), *(one for one, _ in self.access.values())):
            consent.alive = False


class Handler(consent_server.Handler):
    """One request."""

    office: Bakery

    def _answer(
        self, path: str, body: str, form: Mapping[str, str], headers: dict[str, str]
    ) -> tuple[Mapping[str, str], str, int]:
        office = self.office
        query = dict(parse_qsl(urlsplit(self.path).query))
        if path == "/authorize" and office.asks and "answer" not in query:
            return {"Content-Type": "text/html; charset=utf-8"}, _page(query), 200
        if path == "/authorize" and query.get("answer") == "no":
            back = urlencode({"error": "access_denied", "state": query["state"]})
            return {"Location": f"{query['redirect_uri']}?{back}"}, "", 302
        if path not in {"/v1/account", "/v1/orders", "/v1/customers", "/shops"}:
            return super()._answer(path, body, form, headers)
        if not self._lets_in(headers):
            return {}, json.dumps({"error": f"no such token {headers.get('Authorization')}"}), 401
        shop = headers.get("X-Shop") or headers.get("x-shop")
        if path == "/shops":
            return {}, json.dumps(office.shops), 200
        if shop not in {one["id"] for one in office.shops}:
            return {}, json.dumps({"error": "no such shop"}), 403
        if path == "/v1/account":
            return {}, json.dumps({"name": f"Zoe's Bakery, {shop}"}), 200
        rows: list[dict[str, Any]] = [
            {"id": n, "total": f"{n}.50", "by": f"c{n % 3}"} for n in range(1, office.orders + 1)
        ]
        if path == "/v1/customers":
            rows = [{"id": f"c{n}", "name": f"Customer {n}"} for n in range(3)]
        return {}, json.dumps({"data": rows}), 200

    def _lets_in(self, headers: dict[str, str]) -> bool:
        if headers.get("Authorization") == f"Bearer {self.office.key}":
            return True
        server = oauth2.Server(consent_server.Rules(self.office))
        valid, _ = server.verify_request(f"https://{self.headers['Host']}{self.path}", "GET", None, headers, None)
        return bool(valid)


def _page(query: Mapping[str, str]) -> str:
    yes, no = ("?" + urlencode({**query, "answer": said}) for said in ("yes", "no"))
    return (
        "<!doctype html><meta name=viewport content='width=device-width'><title>Bakehouse</title>"
        f"<h1>Bakehouse</h1><p>Let DReflowPro read: {escape(query.get('scope', ''))}?</p>"
        f"<a href='{escape(yes)}'>Allow</a> <a href='{escape(no)}'>Deny</a>"
    )


@contextmanager
def serving(**told: Any) -> Iterator[Bakery]:
    """The bakery, as long as the block runs."""
    office = Bakery(**told)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHandler", (Handler,), {"office": office}))
    server.daemon_threads = True
    office.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def on_the_shelf(folder: Path) -> Path:
    """Write the connector, and what lets a Python that starts with the folder on its path find it; that folder."""
    unit = folder / "shelf" / "bakehouse"
    unit.mkdir(parents=True)
    (unit / "connector.yaml").write_text(CONNECTOR, encoding="utf-8")
    (unit / "README.md").write_text("# Bakehouse\n\nReads orders and customers.\n", encoding="utf-8")
    return shelved.site_of(folder / "shelf", folder / "site")


def join_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same for this process too, as long as the test runs."""
    site = on_the_shelf(folder)
    shelved.join_here(folder / "shelf", monkeypatch)
    return site


@contextmanager
def workplace(folder: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Context]:
    """Anna's workspace and vault below ``folder``, with the bakery on the shelf."""
    monkeypatch.setenv("DREFLOW_HOME", str(folder / "home"))
    join_here(folder, monkeypatch)
    workspace = Workspace(folder / ".dreflow", now)
    yield Context(workspace, "anna")
    workspace.store.close()
