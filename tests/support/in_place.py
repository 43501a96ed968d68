"""A shop whose data is in PostgreSQL and whose results go there: specs, rows, and what a reader finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import duckdb
import psycopg
from running import Plain
from sqlglot import exp

from connectors.postgres.destination import attach
from pipelines.digest import TableDigest, table_digest
from pipelines.job import Field
from spec.base import JsonValue

ORDERS = """
DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS customers;
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, region text, amount numeric(18,2), status varchar(20),
  placed timestamp, day date);
INSERT INTO orders SELECT n, n % 7, (ARRAY['North','south','Süd',NULL])[1 + n % 4], (n * 37 % 1000) / 8.0,
  CASE WHEN n % 5 = 0 THEN 'void' ELSE 'paid' END, timestamp '2026-01-01' + n * interval '7 hours',
  date '2026-01-01' + n % 90 FROM generate_series(1, 400) n;
CREATE TABLE customers (customer_id integer PRIMARY KEY, name text, code char(6));
INSERT INTO customers SELECT n, 'Customer ' || n, 'c' || n FROM generate_series(0, 6) n;
"""
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "id": "INTEGER",
        "customer_id": "INTEGER",
        "region": "VARCHAR",
        "amount": "DECIMAL(18,2)",
        "status": "VARCHAR",
        "placed": "TIMESTAMP",
        "day": "DATE",
    },
    "customers": {"customer_id": "INTEGER", "name": "VARCHAR", "code": "VARCHAR"},
}


def source(stream: str, key: str) -> Plain:
    """A source of the shop's database."""
    columns = cast("Plain", dict(COLUMNS[stream]))
    return {
        "connector": "postgres",
        "connection": "shop",
        "stream": f"public.{stream}",
        "columns": columns,
        "primary_key": [key],
    }


def in_place_spec(**more: object) -> Plain:
    """Paid orders with their customers, by region and month: a step of each of the plain kinds, and checks."""
    steps: list[JsonValue] = [
        {"id": "paid", "use": "filter", "from": "orders", "where": "status = 'paid' and amount > 0"},
        {"id": "named", "use": "join", "from": ["paid", "customers"], "on": ["customer_id"], "how": "left"},
        {
            "id": "net",
            "use": "derive",
            "from": "named",
            "columns": {
                "net": "amount * 0.8",
                "month": "cast(date_trunc('month', day) as date)",
                "who": "upper(name) || ' ' || code",
            },
        },
        {
            "id": "totals",
            "use": "aggregate",
            "from": "net",
            "group_by": ["region", "month"],
            "measures": {"net": "sum(net)", "orders": "count(*)", "mean": "round(avg(amount), 2)", "first": "min(who)"},
        },
    ]
    plain: Plain = {
        "name": "in_place",
        "sources": {"orders": source("orders", "id"), "customers": source("customers", "customer_id")},
        "steps": steps,
        "checks": [
            {"check": "row_count", "on": "paid", "min": 1},
            {"check": "not_null", "on": "totals", "columns": ["month"]},
            {"check": "unique", "on": "paid", "columns": ["id"]},
            {"check": "conserve", "on": "totals", "measure": "sum(net)", "from": "net"},
        ],
        "loads": [load("totals", "totals")],
        "allow": {"tables": ["shop/totals"]},
    }
    return plain | cast("Plain", more)


def load(from_: str, table: str, write: str = "replace", key: tuple[str, ...] = ()) -> Plain:
    """A table of the same database."""
    return {
        "from": from_,
        "connector": "postgres",
        "connection": "shop",
        "table": table,
        "write": write,
        "primary_key": list(key),
    }


def execute(url: str, statements: str) -> None:
    """Run statements in the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def digest_in(url: str, table: str, fields: tuple[Field, ...], schema: str = "public") -> TableDigest:
    """The digest of a table as DuckDB reads it."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as engine, psycopg.connect(url) as connection:
        engine.execute("SET TimeZone = 'UTC'")
        attach(engine, "there", connection.info)
        where = exp.table_(table, db=schema, catalog="there", quoted=True)
        rows = engine.execute(f"DESCRIBE {where.sql(dialect='duckdb')}").fetchall()
        return table_digest(engine, where, fields, [str(row[1]) for row in rows])
