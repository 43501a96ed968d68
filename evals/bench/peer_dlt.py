"""dlt's ``rest_api`` source with its defaults on the same pages: run by a Python that has ``dlt[duckdb]``.

Prints a JSON line as ``evals.bench.child`` does. The pages are answered in this process, so that no server's CPU is
counted.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


def main(pages: str, folder: str) -> None:
    """Load orders and their lines into a DuckDB file under the folder, from nothing."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": folder}
    import dlt  # type: ignore[import-not-found]
    import requests
    from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]
    from requests.adapters import BaseAdapter

    class Folder(BaseAdapter):
        def send(self, request, **_: object):  # type: ignore[no-untyped-def,override]
            asked = parse_qs(urlsplit(request.url).query).get("cursor", ["0"])[0]
            reply = requests.Response()
            reply.status_code, reply.request, reply.url = 200, request, request.url
            reply.headers["content-type"] = "application/json"
            reply.raw = io.BytesIO((Path(pages) / f"{asked}.json").read_bytes())
            return reply

        def close(self) -> None:
            pass

    session = requests.Session()
    session.mount("https://", Folder())
    source = rest_api_source(
        {
            "client": {
                "base_url": "https://api.test",
                "session": session,
                "paginator": {"type": "cursor", "cursor_path": "next", "cursor_param": "cursor"},
            },
            "resources": [
                {
                    "name": "orders",
                    "primary_key": "id",
                    "endpoint": {"path": "orders", "data_selector": "data", "params": {"limit": 100}},
                }
            ],
        }
    )
    database = Path(folder) / "dlt.duckdb"
    pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(database)), dataset_name="api")
    pipeline.run(source)
    with pipeline.sql_client() as client:
        orders = client.execute_sql("SELECT count(*), sum(total::DECIMAL(18,2))::VARCHAR FROM orders")
        lines = client.execute_sql("SELECT count(*), sum(price::DECIMAL(18,2))::VARCHAR FROM orders__line_items")
    spent = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    there = [list(row) for row in (*(orders or ()), *(lines or ()))]
    facts = {"cpu_s": spent, "peak_mib": peak, "there": there, "version": dlt.__version__}
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
