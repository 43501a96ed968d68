"""A list of any length, dealt out in each way of paging, and a process of its own that reads it and tells its memory.

``python large_lists.py PAGINATOR RECORDS`` prints how many rows arrived, how many are different, the requests, and the
most memory that the process held, in MiB.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SIZE = 1000
BASE = "https://long.test/v1"
SIZED = {"size_param": "limit", "size": SIZE}
WAYS: dict[str, dict[str, Any]] = {
    "cursor": {"next": "/next", "param": "cursor", **SIZED},
    "filter_keyset": {"filter": "q", "condition": "id:>{key}", "key": "/id", "more": "/more", **SIZED},
    "graphql": {"info": "/page", "size": SIZE},
    "keyset": {"after": "after", "more": "/more", **SIZED},
    "link_header": SIZED,
    "next_link": {"next": "/link", **SIZED},
    "odata": {"next": ["/link"], "size": SIZE},
    "offset": {"total": "/total", "size": SIZE},
    "page": {"number": "page", "pages": "/pages", **SIZED},
    "startposition": {"size": SIZE},
    "sync_token": {"next": "/next", "param": "cursor", "sync": "/sync", **SIZED},
}
"""Each way of paging with its parameters; of one answer, or of a sheet's ranges, no list gets long."""


def asked(way: str, url: str, body: bytes) -> int:
    """The place of the first record of the page that a request is for."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    if way == "graphql":
        return int(json.loads(body)["variables"].get("after") or 0)
    if way == "startposition":
        found = re.search(r"STARTPOSITION (\d+)", query["query"])
        return int(found[1]) - 1 if found else 0
    if way == "filter_keyset":
        found = re.search(r"id:>(\d+)", query.get("q", ""))
        return int(found[1]) if found else 0
    if way == "page":
        return (int(query.get("page", "1")) - 1) * SIZE
    at = {"keyset": "after", "offset": "offset", "odata": "$skiptoken"}.get(way, "cursor")
    return int(query.get(at, "0"))


def page(way: str, start: int, total: int) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The answer's document and headers."""
    rows = [
        {"id": number, "name": f"order {number}", "total": f"{number}.50", "lines": [{"sku": f"s{number}"}]}
        for number in range(start + 1, min(start + SIZE, total) + 1)
    ]
    end = start + len(rows)
    more = end < total
    mark = "$skiptoken" if way == "odata" else "cursor"
    link = f"{BASE}/orders?{mark}={end}"
    told: dict[str, Any] = {"rows": rows, "more": more, "total": total, "pages": -(-total // SIZE)}
    told["page"] = {"hasNextPage": more, "endCursor": str(end)}
    if more:
        told |= {"next": str(end), "link": link}
    else:
        told["sync"] = "s1"
    return told, {"link": f'<{link}>; rel="next"'} if way == "link_header" and more else {}


def read(way: str, total: int, folder: Path) -> dict[str, float]:
    """Read it all; rows, different rows, requests."""
    import duckdb
    import httpx
    from sqlglot import exp

    from connectors.contract import Place
    from connectors.http.definition import Definition
    from connectors.http.engine import Declared

    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        document, headers = page(way, asked(way, str(request.url), request.content), total)
        return httpx.Response(200, json=document, headers=dict(headers))

    stream: dict[str, Any] = {"path": "/orders", "primary_key": "id", "records": "/rows"}
    if way == "graphql":
        stream |= {"method": "POST", "query": "query($first: Int!, $after: String) { rows }"}
    if way == "startposition":
        stream["params"] = {"query": "select * from orders"}
    definition = Definition.model_validate(
        {
            "title": "Long",
            "proof": {"grade": "E", "tried_on": "nothing"},
            "base_url": BASE,
            "limits": {"calls": 100_000, "seconds": 1, "concurrency": 2},
            "paginate": {"use": way, **WAYS[way]},
            "streams": {"orders": stream},
        }
    )
    unit = Declared(definition, "long", transport=httpx.MockTransport(answer))
    place = Place("long", folder, connection="long", pages=folder)
    found = list(unit.discover(place))
    before = calls
    with duckdb.connect(str(folder / "rows.duckdb"), config={"memory_limit": "128MB", "threads": 2}) as into:
        wanted = [(one.source, exp.table_(one.name)) for one in found]
        unit.read_together(wanted, place, into)
        rows = into.execute("SELECT count(*), count(DISTINCT id) FROM orders").fetchone()
    assert rows is not None
    return {"rows": rows[0], "different": rows[1], "requests": calls - before}


def peak() -> float:
    """The most memory that this process held, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        done = read(sys.argv[1], int(sys.argv[2]), Path(own))
    sys.stdout.write(json.dumps({**done, "mib": round(peak(), 1)}))
