"""A small made-up system with an HTTP API, as one function, and ways to make it misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from connectors.contract import Place
from connectors.http.definition import Definition
from connectors.http.engine import Declared
from connectors.http.signing import Secrets

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
TOKEN = "tok-5e17inel"  # not a secret
Fault = Callable[[int, httpx.Request], httpx.Response | None]


class Held:
    """Secrets that stay in memory; ``renewals`` counts exchanges."""

    def __init__(self, **secrets: str) -> None:
        self.secrets: Secrets = secrets
        self.renewals = 0

    def get(self) -> Secrets:
        """As they are."""
        return self.secrets

    def renew(self, change: Callable[[Secrets], Secrets]) -> Secrets:
        """Exchange them."""
        self.renewals += 1
        self.secrets = change(self.secrets)
        return self.secrets


@dataclass
class Shop:
    """Orders, newest change last, in pages by the last order's id. ``fault`` may answer a request in its place."""

    orders: list[dict[str, Any]]
    fault: Fault | None = None
    requests: list[httpx.Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    clock: float = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.requests.append(request)
        if self.fault is not None:
            answer = self.fault(len(self.requests), request)
            if answer is not None:
                return answer
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401, json={"error": {"message": f"no such token {request.headers['authorization']}"}})
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}
        orders = [one for one in self.orders if one["changed"] >= int(asked.get("changed[gte]", "0"))]
        start = 0
        if "starting_after" in asked:
            start = [str(one["id"]) for one in orders].index(asked["starting_after"]) + 1
        page = orders[start : start + int(asked["limit"])]
        return httpx.Response(200, content=body({"data": page, "has_more": start + len(page) < len(orders)}))

    def asked(self) -> list[dict[str, str]]:
        """The parameters of each request."""
        return [
            {name: values[-1] for name, values in parse_qs(urlsplit(str(one.url)).query).items()}
            for one in self.requests
        ]

    def sleep(self, seconds: float) -> None:
        """Wait, on a clock of its own."""
        self.waits.append(seconds)
        self.clock += seconds


def body(document: object) -> bytes:
    """JSON as a system may write it: over several lines, letters as they are."""
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def order(number: int, **changed: Any) -> dict[str, Any]:
    """One order with two lines."""
    plain: dict[str, Any] = {
        "id": f"o{number:06d}",
        "total": f"{number}.10",
        "changed": 1_760_000_000 + number,
        "customer": {"id": number % 7, "email": f"a{number}@example.com"},
        "note": "Zoë 😀",
        "lines": [{"sku": f"s{line}", "quantity": line} for line in (1, 2)],
    }
    return plain | changed


def definition(**changed: Any) -> Definition:
    """The system's description; ``changed`` replaces parts of its only stream."""
    stream: dict[str, Any] = {
        "path": "/orders",
        "params": {"changed[gte]": "{cursor:epoch}"},
        "primary_key": "id",
        "cursor": {"field": "/changed"},
        "times": {"/changed": "epoch"},
    }
    return Definition.model_validate(
        {
            "title": "Shop",
            "proof": {"grade": "E", "tried_on": "nothing"},
            "base_url": "https://shop.test/v1",
            "auth": [{"use": "bearer"}],
            "limits": {"calls": 1000, "seconds": 1, "concurrency": 2, "attempts": 4},
            "records": "/data",
            "paginate": {"use": "keyset", "more": "/has_more"},
            "streams": {"orders": stream | changed},
        }
    )


def connected(shop: Shop, described: Definition | None = None) -> Declared:
    """The connector, with the shop in the network's place and the shop's clock."""
    return Declared(
        described or definition(),
        "shop",
        transport=httpx.MockTransport(shop),
        clock=lambda: NOW,
        sleep=shop.sleep,
        tick=lambda: shop.clock,
    )


def place(folder: Path, **secrets: str) -> Place:
    """The connection."""
    return Place("shop", folder, connection="shop", credentials=Held(**(secrets or {"token": TOKEN})), pages=folder)


def orders(number: int) -> list[dict[str, Any]]:
    """So many orders."""
    return [order(one) for one in range(1, number + 1)]


def on_nth(numbers: Sequence[int], answer: Callable[[], httpx.Response]) -> Fault:
    """The n-th requests, counted from 1, get another answer."""
    return lambda nth, _request: answer() if nth in numbers else None
