"""Customers, some of whom are in the list twice; every name and address is a function of the customer's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.demo.statements import run_file, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection


def write_customers(connection: DuckDBPyConnection, path: Path, pairs: Path) -> tuple[int, int]:
    """Write the customer list to `path` and its known doubles to `pairs`; return how many records and doubles.

    A double is made some weeks after the first record; its `kind` is `case`, `dots`, `typo` or `second_mail`.
    """
    run_file(connection, "customers")
    write_csv(connection, "customer_export", path)
    write_csv(connection, "pair_export", pairs)
    return len(connection.table("people")), len(connection.table("pair_export"))
