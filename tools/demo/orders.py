"""Orders: a compact table in whole cents, built by DuckDB, and its export in the shape of Shopify's Admin API.

Every row is a function of the seed and the order's index, in index order, so neither the number of threads nor the
memory limit changes a byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.demo.catalogue import PRODUCTS, VAT_PERCENT
from tools.demo.statements import append_ndjson, run_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from tools.demo.calendar import ShopDay

# No refund falls later than this before the period ends, so that both systems date it inside the period.
_QUIET_SECONDS = 21_600
# DuckDB keeps the text of what it copies in order in memory, outside its own limit: so one of its row groups at a time.
_SLICE = 122_880


def build_orders(
    connection: DuckDBPyConnection, days: Sequence[ShopDay], plants: Mapping[int, str], *, end_second: int
) -> None:
    """Make the tables `trading_day` and `orders`, one row an order in index order.

    `plants` gives the part an order plays in a planted exception, by index; `end_second` is the end of the period.
    """
    connection.execute(
        "CREATE TABLE trading_day"
        " (day DATE, starts BIGINT, seconds BIGINT, first BIGINT, orders BIGINT, month VARCHAR, opens BOOLEAN)"
    )
    connection.executemany(
        "INSERT INTO trading_day VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(d.day, d.starts, d.seconds, d.first, d.orders, f"{d.day:%Y-%m}", d.day.day == 1) for d in days],
    )
    connection.execute("CREATE TABLE plant (i BIGINT, part VARCHAR)")
    connection.executemany("INSERT INTO plant VALUES (?, ?)", sorted(plants.items()))
    run_file(
        connection,
        "orders",
        product_count=len(PRODUCTS),
        vat=VAT_PERCENT,
        end_second=end_second,
        last_refund=end_second - _QUIET_SECONDS,
    )


def write_shopify_orders(connection: DuckDBPyConnection, path: Path, scratch: Path) -> None:
    """Write the orders as one JSON object a line, oldest first; `scratch` is a path for a part of them."""
    count = len(connection.table("orders"))
    run_file(connection, "shopify", slice_from=0, slice_to=0)
    with path.open("wb") as file:
        for start in range(0, count, _SLICE):
            connection.execute("SET VARIABLE slice_from = ?", [start])
            connection.execute("SET VARIABLE slice_to = ?", [start + _SLICE])
            append_ndjson(connection, "shopify_export", file, scratch)
