"""How often a database is asked: each scan and each statement of a load is paid by everybody who loads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest
from connector_cases import TABLE, Read

from connectors.contract import Place, connector
from connectors.destination import TableLoad
from connectors.duckdb.destination import open_session
from spec.errors import DreflowError

Reads = Callable[..., Read]
COLUMNS = (("id", "BIGINT"), ("amount", "DECIMAL(18,2)"))


def told(connection: duckdb.DuckDBPyConnection, work: Callable[[], object]) -> list[str]:
    """The statements that DuckDB itself logs while the work is done."""
    connection.execute("CALL enable_logging('QueryLog')")
    connection.execute("CALL truncate_duckdb_logs()")
    try:
        work()
    finally:
        connection.execute("CALL disable_logging()")
    found = connection.execute("SELECT message FROM duckdb_logs WHERE type = 'QueryLog' ORDER BY timestamp").fetchall()
    return [str(message) for (message,) in found if "logs" not in message and "logging" not in message]


def verbs(statements: list[str]) -> list[str]:
    return [
        " ".join(statement.split()[: 2 if statement.startswith(("DROP", "CREATE")) else 1]) for statement in statements
    ]


def merge(engine: duckdb.DuckDBPyConnection, folder: Path, run: str, rows: str) -> list[str]:
    """What one merge into shop.duckdb sends between its first statement and its commit."""
    load = TableLoad("shop", "orders", run, "", "orders", "merge", ("id",), COLUMNS, "{}", "now", None)
    session = open_session(Place("duckdb", folder, location="shop.duckdb"), engine)
    try:
        session.hold(load.pipeline)
        session.states(load.pipeline, load.schema)
        session.holds_table(load.schema, load.name)
        table = session.inside(load)
        engine.execute(f"CREATE TABLE {table.sql(dialect='duckdb')} AS {rows}")
        session.stage(load, table)
        return told(engine, lambda: session.commit([load]))
    finally:
        session.close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1::BIGINT AS id, 2.50::DECIMAL(18,2) AS amount")
    return tmp_path


def test_a_merge_and_its_state_are_one_statement_each_and_no_look_through_the_catalog(shop: Path) -> None:
    with duckdb.connect() as engine:
        first = merge(engine, shop, "r1", "SELECT 1::BIGINT AS id, 3.00::DECIMAL(18,2) AS amount")
        again = merge(engine, shop, "r2", "SELECT 2::BIGINT AS id, 4.00::DECIMAL(18,2) AS amount")
    assert verbs(first) == ["BEGIN", "DESCRIBE", "MERGE", "DROP TABLE", "CREATE TABLE", "INSERT", "COMMIT"]
    assert verbs(again) == ["BEGIN", "DESCRIBE", "MERGE", "DROP TABLE", "UPDATE", "COMMIT"]
    with duckdb.connect(str(shop / "shop.duckdb")) as connection:
        assert connection.execute("SELECT id, CAST(amount AS VARCHAR) FROM orders ORDER BY id").fetchall() == [
            (1, "3.00"),
            (2, "4.00"),
        ]
        assert connection.execute("SELECT pipeline, load, run_id FROM _dreflow_state").fetchall() == [
            ("shop", "orders", "r2")
        ]


def test_a_merge_that_fails_leaves_table_and_state_and_what_the_session_knows_of_them(shop: Path) -> None:
    with duckdb.connect() as engine:
        session = open_session(Place("duckdb", shop, location="shop.duckdb"), engine)
        good = TableLoad("shop", "new", "r1", "", "new", "replace", (), COLUMNS, "{}", "now", None)
        bad = TableLoad(
            "shop", "orders", "r1", "", "orders", "merge", ("id",), (("other", "BIGINT"),), "{}", "now", None
        )
        for load, rows in (
            (good, "SELECT 1::BIGINT AS id, 1::DECIMAL(18,2) AS amount"),
            (bad, "SELECT 1::BIGINT AS other"),
        ):
            table = session.inside(load)
            engine.execute(f"CREATE TABLE {table.sql(dialect='duckdb')} AS {rows}")
            session.stage(load, table)
        with pytest.raises(DreflowError):
            session.commit([good, bad])
        assert not session.holds_table(None, "new")
        assert session.holds_table(None, "ORDERS")
        assert session.states("shop", None) == {}
        session.close()


def test_a_postgres_table_is_scanned_once_to_copy_it_and_once_to_compare(
    fresh_postgres_url: str, staging: duckdb.DuckDBPyConnection, reads: Reads
) -> None:
    with psycopg.connect(fresh_postgres_url, autocommit=True) as database:
        database.execute("CREATE TABLE paid (id bigint, amount numeric(18,2))")
        database.execute("INSERT INTO paid SELECT i, i * 1.01 FROM generate_series(1, 1000) i")
    place = Place("postgres", Path(), connection="shop", url=fresh_postgres_url)
    found = connector("postgres").discover(place)[0]
    statements = told(staging, lambda: reads(found, Path(), place=place))
    scans = [statement for statement in statements if '"paid"' in statement]
    assert [statement.split()[0] for statement in scans] == ["CREATE", "SELECT"]
    assert "COUNT(*)" in scans[1]
    assert "SUM(" in scans[1]
    # Here: the sums, the count, and nothing else but what the test looks at itself.
    own = [item for item in statements if TABLE.sql(dialect="duckdb") in item and item not in scans]
    assert sorted(item for item in own if not item.startswith(("DROP", "SELECT CAST(COLUMNS"))) == [
        "SELECT COUNT(*) FROM loaded",
        'SELECT SUM("amount") FROM loaded',
    ]


def test_reading_a_database_puts_the_order_of_rows_back_as_it_was(
    fresh_postgres_url: str, staging: duckdb.DuckDBPyConnection, reads: Reads
) -> None:
    with psycopg.connect(fresh_postgres_url, autocommit=True) as database:
        database.execute("CREATE TABLE paid (id bigint)")
    place = Place("postgres", Path(), connection="shop", url=fresh_postgres_url)
    found = connector("postgres").discover(place)[0]
    setting = "SELECT current_setting('preserve_insertion_order')"
    seen = told(staging, lambda: reads(found, Path(), place=place))
    assert [item for item in seen if item.startswith("SET preserve")] == [
        "SET preserve_insertion_order = false",
        "SET preserve_insertion_order = true",
    ]
    assert staging.execute(setting).fetchone() == (True,)
    with psycopg.connect(fresh_postgres_url, autocommit=True) as database:
        database.execute("ALTER TABLE paid ADD amount numeric")
        database.execute("INSERT INTO paid VALUES (1, 'NaN')")
    changed = found.source.model_copy(update={"columns": {"id": "BIGINT", "amount": "DECIMAL(18,2)"}})
    with pytest.raises((DreflowError, duckdb.Error)) as failure:
        connector("postgres").read(changed, place, staging, TABLE)
    assert "transaction is aborted" not in str(failure.value)
    assert staging.execute(setting).fetchone() == (True,)
