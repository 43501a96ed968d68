"""Nested records in pages, as a system with an API gives them, kept in a folder; and both sides' reading of them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import httpx

PAGE = 100
ABREAST = 4
"""Requests at once that the connector is allowed."""
_ORDER = (
    "STRUCT(id BIGINT, created_at TIMESTAMPTZ, updated_at TIMESTAMPTZ, status VARCHAR, currency VARCHAR, "
    "total DECIMAL(18,2), customer STRUCT(id BIGINT, email VARCHAR, name VARCHAR), "
    "line_items STRUCT(id BIGINT, sku VARCHAR, quantity BIGINT, price DECIMAL(18,2))[])[]"
)


def write_pages(folder: Path, records: int) -> None:
    """So many orders with one to five lines each, a hundred a page; the same for the same number."""
    if (folder / f"{-(-records // PAGE) - 1}.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    draws = random.Random(1)  # noqa: S311 - the same records each time
    pages = -(-records // PAGE)
    for page in range(pages):
        orders = [_order(number, draws) for number in range(page * PAGE, min((page + 1) * PAGE, records))]
        document = {"data": orders, "next": str(page + 1) if page + 1 < pages else None, "pages": pages}
        (folder / f"{page}.json").write_bytes(json.dumps(document).encode())


def _order(number: int, draws: random.Random) -> dict[str, Any]:
    day = f"2026-0{1 + number % 9}-{1 + number % 27:02d}"
    return {
        "id": number,
        "created_at": f"{day}T{number % 24:02d}:{number % 60:02d}:00Z",
        "updated_at": f"{day}T23:59:00Z",
        "status": draws.choice(["paid", "open", "void"]),
        "currency": "EUR",
        "total": f"{draws.randint(100, 99999) / 100:.2f}",
        "customer": {"id": number % 5000, "email": f"user{number % 5000}@example.com", "name": "Zoë Müller"},
        "line_items": [
            {
                "id": number * 10 + line,
                "sku": f"SKU-{draws.randint(1, 500)}",
                "quantity": draws.randint(1, 5),
                "price": f"{draws.randint(100, 9999) / 100:.2f}",
            }
            for line in range(draws.randint(1, 5))
        ],
    }


def server(folder: Path, latency: float = 0.0) -> Callable[[httpx.Request], httpx.Response]:
    """Answers with the page that is asked for, in this process, so that no server's CPU is counted."""
    import time

    import httpx

    def answer(request: httpx.Request) -> httpx.Response:
        if latency:
            time.sleep(latency)
        asked = parse_qs(urlsplit(str(request.url)).query)
        number = int(asked["page"][0]) - 1 if "page" in asked else int(asked.get("cursor", ["0"])[0])
        content = (folder / f"{number}.json").read_bytes()
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    return answer


def by_hand(folder: Path, database: str) -> None:
    """What a careful person writes: pages kept as they came, DuckDB's ``read_json`` with declared types, ``unnest``."""
    import duckdb
    import httpx

    kept = Path(f"{database}.pages.ndjson")
    client = httpx.Client(transport=httpx.MockTransport(server(folder)))
    cursor: str | None = "0"
    with kept.open("wb") as file:
        while cursor is not None:
            page = client.get("https://api.test/orders", params={"cursor": cursor, "limit": str(PAGE)})
            file.write(page.content + b"\n")
            cursor = page.json()["next"]
    with duckdb.connect(database) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"CREATE TEMP TABLE raw AS SELECT unnest(data) AS r FROM read_json('{kept}', "  # noqa: S608 - constants
            f"format = 'newline_delimited', maximum_object_size = 33554432, columns = {{data: '{_ORDER}'}})"
        )
        connection.execute(
            "CREATE TABLE orders AS SELECT r.id, r.created_at, r.updated_at, r.status, r.currency, "
            "r.total, r.customer.id AS customer_id, r.customer.email AS customer_email, "
            "r.customer.name AS customer_name FROM raw"
        )
        connection.execute(
            "CREATE TABLE orders_line_items AS SELECT id AS order_id, i.id, i.sku, i.quantity, i.price "
            "FROM (SELECT r.id, unnest(r.line_items) AS i FROM raw)"
        )


def by_connector(folder: Path, database: str, latency: float = 0.0, *, numbered: bool = False) -> dict[str, Any]:
    """The same through a ``connector.yaml``: looked at, read, each record once, both tables.

    ``latency`` is seconds a page; the pages of a list that is ``numbered`` may be asked for beside each other.
    """
    import duckdb
    import httpx
    from sqlglot import exp

    from connectors.contract import Place
    from connectors.http.definition import Definition
    from connectors.http.engine import Declared

    described = Definition.model_validate(
        {
            "title": "Bench",
            "proof": {"grade": "E", "tried_on": "nothing"},
            "base_url": "https://api.test",
            "limits": {"calls": 1_000_000, "seconds": 1, "concurrency": ABREAST},
            "records": "/data",
            "paginate": {"use": "page", "number": "page", "size_param": "limit", "size": PAGE, "pages": "/pages"}
            if numbered
            else {"use": "cursor", "next": "/next", "size_param": "limit"},
            "streams": {"orders": {"path": "/orders", "primary_key": "id"}},
        }
    )
    unit = Declared(described, "bench", transport=httpx.MockTransport(server(folder, latency)))
    place = Place("bench", folder, connection="bench")
    with duckdb.connect(database) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        wanted = [(one.source, exp.table_(one.name)) for one in unit.discover(place)]
        read = unit.read_together(wanted, place, connection)
    return {"rows": [one.rows for one in read]}
