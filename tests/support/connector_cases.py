"""One case for each connector of the shelf: a place that holds the same four orders, and ways to change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
import pymysql
import pytest
from sqlglot import exp

from connectors.contract import Connector, Discovered, Place, Reading, connector

ORDERS = [
    (1, "19.99", "2026-07-01", "first, of many", "2026-07-01 09:00:00"),
    (2, "0.10", "2026-07-02", None, "2026-07-02 09:00:00"),
    (3, "1204.50", "2026-07-03", 'said "yes"', "2026-07-03 09:00:00"),
    (4, "-12.05", "2026-07-03", "Söhne", "2026-07-03 09:00:00"),
]
DDL = """CREATE TABLE orders (
    id INTEGER PRIMARY KEY, amount DECIMAL(12,2), paid_on DATE, note VARCHAR(40), changed_at TIMESTAMP
)"""
INSERT = "INSERT INTO orders VALUES ({0}, {0}, {0}, {0}, {0})"


@dataclass(frozen=True)
class Case:
    """A place that holds the orders, and ways to change it."""

    connector: str
    place: Place
    add_column: Callable[[], None]
    remove: Callable[[], None]

    @property
    def unit(self) -> Connector:
        return connector(self.connector)

    def found(self) -> Discovered:
        return next(item for item in self.unit.discover(self.place) if item.name == "orders")


def files_case(folder: Path, _: pytest.FixtureRequest) -> Case:
    path = folder / "orders.csv"
    rows = ["id,amount,paid_on,note,changed_at"]
    rows += [",".join(_csv(value) for value in row) for row in ORDERS]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")

    def add() -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([f"{lines[0]},extra", *(f"{line},1" for line in lines[1:])]) + "\n", encoding="utf-8")

    return Case("files", Place("files", folder, location="orders.csv"), add, path.unlink)


def _csv(value: object) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if '"' in text or "," in text else text


def sqlite_case(folder: Path, _: pytest.FixtureRequest) -> Case:
    path = folder / "shop.sqlite"

    def run(*statements: str) -> None:
        with sqlite3.connect(path) as database:
            for statement in statements:
                database.execute(statement)
        database.close()

    run(DDL)
    with sqlite3.connect(path) as database:
        database.executemany(INSERT.format("?"), ORDERS)
    database.close()
    place = Place("sqlite", folder, location="shop.sqlite")
    return Case("sqlite", place, lambda: run("ALTER TABLE orders ADD extra int"), lambda: run("DROP TABLE orders"))


def duckdb_case(folder: Path, _: pytest.FixtureRequest) -> Case:
    path = folder / "shop.duckdb"

    def run(*statements: str) -> None:
        with duckdb.connect(path) as database:
            for statement in statements:
                database.execute(statement)

    run(DDL)
    with duckdb.connect(path) as database:
        database.executemany(INSERT.format("?"), ORDERS)
    place = Place("duckdb", folder, location="shop.duckdb")
    return Case("duckdb", place, lambda: run("ALTER TABLE orders ADD extra int"), lambda: run("DROP TABLE orders"))


def postgres_case(folder: Path, request: pytest.FixtureRequest) -> Case:
    url = str(request.getfixturevalue("fresh_postgres_url"))

    def run(statement: str) -> None:
        with psycopg.connect(url) as database:
            database.execute(statement.encode())

    run(DDL)
    with psycopg.connect(url) as database, database.cursor() as cursor:
        cursor.executemany(INSERT.format("%s").encode(), ORDERS)
    place = Place("postgres", folder, connection="shop", url=url)
    return Case("postgres", place, lambda: run("ALTER TABLE orders ADD extra int"), lambda: run("DROP TABLE orders"))


def mysql_case(folder: Path, request: pytest.FixtureRequest) -> Case:
    url = str(request.getfixturevalue("fresh_mariadb_url"))

    def run(statement: str) -> None:
        with mysql_login(url) as database, database.cursor() as cursor:
            cursor.execute(statement)

    run(DDL.replace("changed_at TIMESTAMP", "changed_at DATETIME"))
    with mysql_login(url) as database, database.cursor() as cursor:
        cursor.executemany(INSERT.format("%s"), ORDERS)
    place = Place("mysql", folder, connection="shop", url=url)
    return Case("mysql", place, lambda: run("ALTER TABLE orders ADD extra int"), lambda: run("DROP TABLE orders"))


def mysql_login(url: str) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
    """Log in with a URL of the test server."""
    login, _, place = url.partition("://")[2].partition("@")
    user, _, password = login.partition(":")
    host, _, rest = place.partition(":")
    port, _, database = rest.partition("/")
    return pymysql.connect(host=host, port=int(port), user=user, password=password, database=database, autocommit=True)


CASES: dict[str, Callable[[Path, pytest.FixtureRequest], Case]] = {
    "files": files_case,
    "sqlite": sqlite_case,
    "duckdb": duckdb_case,
    "postgres": postgres_case,
    "mysql": mysql_case,
}


TABLE = exp.to_table("loaded")


@dataclass(frozen=True)
class Read:
    """What a read returned and what stands in the tables, values as text."""

    reading: Reading
    rows: list[tuple[str | None, ...]]
    quarantined: list[tuple[str, int, str, str]]
