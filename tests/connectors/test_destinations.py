"""Every destination that tables are loaded into, held to the same promises; a new one is tested by being there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pymysql
import pytest
from running import Plain, Shop
from sqlglot import exp

from connectors.contract import Place
from connectors.destination import (
    DESTINATIONS,
    TableLoad,
    destination,
    fits,
    identifier,
    qualified,
    spell,
    staging_prefix,
)
from connectors.sql import count
from spec.base import JsonValue
from spec.errors import AccessError, BusyError, DataError, DriftError, SpecError, TransientError

KINDS = [name for name in DESTINATIONS.names() if name != "files"]
ORDERS = "id,region,amount\n1,North,10.50\n2,South,2.25\n3,,1000.00\n"
COLUMNS: Plain = {"id": "BIGINT", "region": "VARCHAR", "amount": "DECIMAL(18,2)"}
Fetch = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    fixture = {"postgres": "fresh_postgres_url", "mysql": "fresh_mariadb_url"}.get(kind)
    urls = {kind: str(request.getfixturevalue(fixture))} if fixture else {}
    made = Shop(tmp_path, urls=urls)
    made.write("orders.csv", ORDERS)
    return made


def place_of(shop: Shop, kind: str) -> Place:
    return Place(kind, shop.folder, location=None if kind in shop.urls else f"shop.{kind}", url=shop.urls.get(kind))


def loading(kind: str, write: str = "replace", table: str = "orders", **source: object) -> Plain:
    where: Plain = {"connection": "shop"} if kind in {"postgres", "mysql"} else {"location": f"shop.{kind}"}
    load: Plain = {"from": "orders", "connector": kind, "table": table, "write": write, **where}
    if write == "merge":
        load["primary_key"] = ["id"]
    read: Plain = {"location": "orders.csv", "columns": COLUMNS}
    return {
        "name": "orders_in",
        "sources": {"orders": read | source},  # type: ignore[dict-item]
        "loads": [load],
        "allow": {"tables": [f"{next(iter(where.values()))}/{table}"]},
    }


def rows(shop: Shop, kind: str, query: str) -> list[tuple[object, ...]]:
    """Read with the database's own driver, as anybody would."""
    if kind == "duckdb":
        with duckdb.connect(str(shop.folder / "shop.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()
    if kind == "sqlite":
        import sqlite3

        return sqlite3.connect(shop.folder / "shop.sqlite").execute(query).fetchall()
    if kind == "postgres":
        with psycopg.connect(shop.urls[kind]) as connection:
            return connection.execute(query.encode()).fetchall()
    session = mysql(shop.urls[kind])
    with session, session.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def mysql(url: str) -> pymysql.Connection[pymysql.cursors.Cursor]:
    login, _, rest = url.partition("://")[2].partition("@")
    user, _, password = login.partition(":")
    host, _, port_and_name = rest.partition(":")
    port, _, name = port_and_name.partition("/")
    return pymysql.connect(host=host, port=int(port), user=user, password=password, database=name, autocommit=True)


def change(shop: Shop, kind: str, statement: str) -> None:
    """Change the destination with the database's own driver."""
    if kind == "duckdb":
        with duckdb.connect(str(shop.folder / "shop.duckdb")) as connection:
            connection.execute(statement)
    elif kind == "sqlite":
        import sqlite3

        with sqlite3.connect(shop.folder / "shop.sqlite") as session:
            session.execute(statement)
    elif kind == "postgres":
        with psycopg.connect(shop.urls[kind], autocommit=True) as connected:
            connected.execute(statement.encode())
    else:
        session_of = mysql(shop.urls[kind])
        with session_of, session_of.cursor() as cursor:
            cursor.execute(statement)


def test_there_are_destinations() -> None:
    assert {"duckdb", "mysql", "postgres", "sqlite"} <= set(KINDS)


def test_replace_append_and_merge_give_what_their_names_say(shop: Shop, kind: str) -> None:
    for write, expected in (("replace", 3), ("append", 6), ("merge", 3)):
        table = f"t_{write}"
        for _ in range(2):
            result = shop.run(loading(kind, write, table) | {"name": f"p_{write}"})
            assert result.status == "succeeded", result.message
            assert result.outputs[0].rows == 3
        assert rows(shop, kind, f"SELECT count(*) FROM {table}") == [(expected,)]


def test_money_arrives_exact(shop: Shop, kind: str) -> None:
    shop.write("orders.csv", "id,region,amount\n1,a,0.10\n2,b,9999999999999999.99\n3,c,-0.01\n")
    shop.run(loading(kind))
    found = rows(shop, kind, "SELECT amount FROM orders ORDER BY id")
    assert [Decimal(str(row[0])) for row in found] == [
        Decimal("0.10"), Decimal("9999999999999999.99"), Decimal("-0.01"),
    ]  # fmt: skip
    assert not any(isinstance(row[0], float) for row in found)


def test_an_empty_text_and_nothing_stay_two_things(shop: Shop, kind: str) -> None:
    table: Plain = {"version": "1", "columns": {"id": "BIGINT", "note": "VARCHAR"}, "rows": [[1, ""], [2, None]]}
    shop.run(loading(kind) | {"sources": {}, "tables": {"orders": table}})
    assert rows(shop, kind, "SELECT note FROM orders ORDER BY id") == [("",), (None,)]


def test_every_type_arrives_and_reads_back_as_it_was(shop: Shop, kind: str) -> None:
    columns: Plain = {
        "i1": "TINYINT", "i2": "SMALLINT", "i4": "INTEGER", "i8": "BIGINT", "u8": "UBIGINT", "h": "HUGEINT",
        "b": "BOOLEAN", "d": "DATE", "t": "TIMESTAMP", "z": "TIMESTAMP WITH TIME ZONE", "s": "VARCHAR", "f": "DOUBLE",
        "n": "DECIMAL(38,10)", "u": "UUID", "j": "JSON",
    }  # fmt: skip
    values: list[JsonValue] = [
        -128, -32768, -2147483648, "-9223372036854775808", "18446744073709551615", "12345678901234567890123456789",
        True, "1999-12-31", "2026-07-01 10:00:00.123456", "2026-07-01 10:00:00.5+02",
        "a'b\"c\\d`e%f\n\u00fc\U0001f600", 1.5,
        "1234567890123456789.0123456789", "98304e7f-1750-4fab-adb1-9b5e83e3d076", '{"a": [1, null]}',
    ]  # fmt: skip
    table: Plain = {"version": "1", "columns": columns, "rows": [values, [None] * len(values)]}
    result = shop.run(loading(kind) | {"sources": {}, "tables": {"orders": table}})
    assert result.status == "succeeded", result.message
    found = rows(shop, kind, "SELECT i8, u8, h, d, s, n FROM orders WHERE i1 IS NOT NULL")[0]
    assert [str(value) for value in found] == [
        "-9223372036854775808", "18446744073709551615", "12345678901234567890123456789", "1999-12-31",
        "a'b\"c\\d`e%f\n\u00fc\U0001f600", "1234567890123456789.0123456789",
    ]  # fmt: skip
    assert rows(shop, kind, "SELECT count(*), count(s), count(n) FROM orders") == [(2, 1, 1)]


def test_state_names_the_run_and_stands_beside_the_data(shop: Shop, kind: str) -> None:
    result = shop.run(loading(kind))
    state = rows(shop, kind, "SELECT pipeline, run_id, spec_digest, staged_rows FROM _dreflow_state")
    assert state == [("orders_in", result.run_id, result.spec_digest, "3")]


def test_an_incremental_append_takes_each_row_once(shop: Shop, kind: str) -> None:
    plain = loading(kind, "append", read="incremental", cursor="id")
    shop.run(plain)
    shop.write("orders.csv", ORDERS + "3,,1000.00\n3,West,7.00\n4,East,5.00\n")
    shop.run(plain)
    shop.run(plain)
    found = rows(shop, kind, "SELECT id, amount FROM orders")
    # The line that stands twice in the second file is one row more, not none and not two.
    assert sorted((row[0], str(row[1])) for row in found) == [
        (1, "10.50"), (2, "2.25"), (3, "1000.00"), (3, "1000.00"), (3, "7.00"), (4, "5.00"),
    ]  # fmt: skip


def test_an_incremental_merge_takes_late_and_changed_rows_within_the_lookback(shop: Shop, kind: str) -> None:
    plain = loading(kind, "merge", read="incremental", cursor="at", lookback="2 days")
    columns: Plain = {"id": "BIGINT", "amount": "DECIMAL(18,2)", "at": "DATE"}
    plain["sources"]["orders"]["columns"] = columns  # type: ignore[index,call-overload]
    shop.write("orders.csv", "id,amount,at\n1,1.00,2026-01-01\n2,2.00,2026-01-09\n3,3.00,2026-01-10\n")
    shop.run(plain)
    late = "4,4.00,2026-01-08\n3,3.30,2026-01-11\n"
    shop.write("orders.csv", "id,amount,at\n1,9.99,2026-01-01\n2,2.50,2026-01-09\n3,3.00,2026-01-10\n" + late)
    assert shop.run(plain).status == "succeeded"
    found = rows(shop, kind, "SELECT id, amount FROM orders ORDER BY id")
    # The change of order 1 lies before the lookback, and is not seen.
    assert [(row[0], str(row[1])) for row in found] == [(1, "1.00"), (2, "2.50"), (3, "3.30"), (4, "4.00")]


def test_rows_of_a_table_that_was_dropped_are_read_again(shop: Shop, kind: str) -> None:
    plain = loading(kind, "append", read="incremental", cursor="id")
    shop.run(plain)
    change(shop, kind, "DROP TABLE orders")
    shop.run(plain)
    assert rows(shop, kind, "SELECT count(*) FROM orders") == [(3,)]


def test_a_merge_of_doubled_or_missing_keys_is_refused_and_changes_nothing(shop: Shop, kind: str) -> None:
    plain = loading(kind, "merge")
    shop.run(plain)
    for bad in ("3,x,1.00\n", ",x,1.00\n"):
        shop.write("orders.csv", ORDERS + bad)
        assert shop.run(plain).status in {"failed", "blocked"}
    assert rows(shop, kind, "SELECT count(*), count(region) FROM orders") == [(3, 2)]


def test_a_column_that_the_table_lacks_is_drift_and_changes_nothing(shop: Shop, kind: str) -> None:
    shop.run(loading(kind, "append"))
    change(shop, kind, "ALTER TABLE orders DROP COLUMN region")
    result = shop.run(loading(kind, "append"))
    assert result.error is not None
    assert result.error["kind"] == "drift"
    assert "region" in str(result.message)
    assert rows(shop, kind, "SELECT count(*) FROM orders") == [(3,)]


def test_a_column_with_less_room_is_drift_and_nothing_is_rounded(shop: Shop, kind: str) -> None:
    narrow = {"sqlite": "DECIMAL_TEXT(10,0)"}.get(kind, "DECIMAL(10,0)")
    text = {"mysql": "longtext"}.get(kind, "TEXT")
    seed = f"CREATE TABLE orders (id BIGINT, region {text}, amount {narrow})"
    if kind in {"duckdb", "sqlite"}:
        shop.run(loading(kind, table="other") | {"name": "other"})
    change(shop, kind, seed)
    result = shop.run(loading(kind, "append"))
    assert result.error is not None
    assert result.error["kind"] == "drift"
    assert rows(shop, kind, "SELECT count(*) FROM orders") == [(0,)]


def test_columns_that_only_the_table_has_are_kept(shop: Shop, kind: str) -> None:
    shop.run(loading(kind, "merge"))
    change(shop, kind, "ALTER TABLE orders ADD COLUMN seen INTEGER")
    change(shop, kind, "UPDATE orders SET seen = 7")
    assert shop.run(loading(kind, "merge")).status == "succeeded"
    assert rows(shop, kind, "SELECT DISTINCT seen FROM orders") == [(7,)]


def test_names_that_need_quoting_work(shop: Shop, kind: str) -> None:
    plain = loading(kind, "merge", table='my "odd` order')
    assert shop.run(plain).status == "succeeded"
    assert shop.run(plain).status == "succeeded"


def test_what_a_dead_run_left_staged_is_dropped_by_the_next(shop: Shop, kind: str) -> None:
    shop.run(loading(kind))
    left = f"{staging_prefix('orders_in')}dead"
    other = f"{staging_prefix('another_pipeline')}dead"
    for table in (left, other):
        change(shop, kind, f"CREATE TABLE {table} (id INTEGER)")
    shop.run(loading(kind, "append"))
    assert rows(shop, kind, f"SELECT count(*) FROM {other}") == [(0,)]
    with pytest.raises(Exception, match=r"(?i)exist|no such table"):
        rows(shop, kind, f"SELECT count(*) FROM {left}")


def test_another_publisher_meanwhile_is_noticed(shop: Shop, kind: str) -> None:
    plain = loading(kind, "append", read="incremental", cursor="id")
    shop.run(plain)

    def publish_elsewhere(event: object) -> None:
        if getattr(event, "phase", "") == "extract":
            change(shop, kind, "UPDATE _dreflow_state SET run_id = 'r99'")

    shop.write("orders.csv", ORDERS + "4,East,5.00\n")
    shop.after = publish_elsewhere
    result = shop.run(plain)
    assert result.error is not None
    assert result.error["kind"] == "busy"
    assert rows(shop, kind, "SELECT count(*) FROM orders") == [(3,)]


def test_a_place_that_is_not_there_is_said_with_the_next_step(tmp_path: Path, kind: str) -> None:
    module = destination(kind)
    (tmp_path / "not-a-database").write_text("x" * 2000, encoding="utf-8")
    urls = {
        "postgres": "postgresql://x:secret-word@127.0.0.1:1/none",
        "mysql": "mysql://x:secret-word@127.0.0.1:1/none",
    }
    place = Place(kind, tmp_path, location="not-a-database", url=urls.get(kind))
    with duckdb.connect() as engine, pytest.raises((AccessError, TransientError)) as refused:
        module.open_session(place, engine)
    assert refused.value.hint
    assert "secret-word" not in str(refused.value.to_json())


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_wrong_password_is_an_access_error(shop: Shop, kind: str) -> None:
    good = shop.urls[kind]
    login = good.partition("://")[2].partition("@")[0]
    bad = good.replace(login, login.partition(":")[0] + ":secret-word")
    with duckdb.connect() as engine, pytest.raises(AccessError) as refused:
        destination(kind).open_session(Place(kind, shop.folder, url=bad), engine)
    assert "secret-word" not in str(refused.value.to_json())


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_no_password_stands_in_what_the_engine_shows(shop: Shop, kind: str) -> None:
    password = shop.urls[kind].partition("://")[2].partition("@")[0].partition(":")[2]
    with duckdb.connect() as engine:
        session = destination(kind).open_session(place_of(shop, kind), engine)
        views = ("duckdb_databases()", "duckdb_secrets()")
        shown = [str(engine.execute(f"SELECT * FROM {view}").fetchall()) for view in views]
        session.close()
    assert password not in "".join(shown)


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_two_publishers_of_one_pipeline_exclude_each_other(shop: Shop, kind: str) -> None:
    with duckdb.connect() as one, duckdb.connect() as two:
        first = destination(kind).open_session(place_of(shop, kind), one)
        second = destination(kind).open_session(place_of(shop, kind), two)
        first.hold("orders_in")
        with pytest.raises(BusyError):
            second.hold("orders_in")
        second.hold("another")
        first.close()
        second.hold("orders_in")
        second.close()


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_replaced_table_keeps_its_views_and_grants(shop: Shop, kind: str) -> None:
    shop.run(loading(kind))
    change(shop, kind, "CREATE VIEW big AS SELECT * FROM orders WHERE amount > 5")
    shop.write("orders.csv", "id,region,amount\n9,North,99.00\n")
    assert shop.run(loading(kind)).status == "succeeded"
    assert [row[0] for row in rows(shop, kind, "SELECT id FROM big")] == [9]
    change(shop, kind, "DROP VIEW big")
    change(shop, kind, "GRANT SELECT ON orders TO PUBLIC")
    shop.run(loading(kind))
    assert rows(shop, kind, "SELECT has_table_privilege('public', 'orders', 'SELECT')") == [(True,)]


def test_a_duckdb_file_that_another_process_writes_is_busy(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "shop.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with duckdb.connect() as engine, pytest.raises(BusyError):
            destination("duckdb").open_session(Place("duckdb", tmp_path, location="shop.duckdb"), engine)
        other.communicate()


def test_a_place_for_files_is_no_place_for_tables() -> None:
    with pytest.raises(SpecError, match="loaded"):
        destination("files")


def test_a_copy_that_differs_is_refused() -> None:
    from connectors.destination import compare

    load = TableLoad("p", "l", "r", "d", "t", "append", (), (("a", "BIGINT"),), "{}", "now", None)
    with pytest.raises(DataError, match="not what was sent"):
        compare(load, {"sum(a)": "3"}, {"sum(a)": "2"})
    compare(load, {"sum(a)": "3"}, {"sum(a)": "3"})


@pytest.mark.parametrize(
    ("staged", "there", "fine"),
    [
        ("bigint", "bigint", True), ("integer", "bigint", True), ("bigint", "integer", False),
        ("numeric(18,2)", "numeric(20,2)", True), ("numeric(18,2)", "numeric(18,4)", False),
        ("numeric(18,4)", "numeric(18,2)", False), ("numeric(18,2)", "numeric", True), ("bigint", "numeric", True),
        ("text", "character varying(10)", True), ("text", "bigint", False), ("date", "timestamp", False),
    ],
)  # fmt: skip
def test_a_column_fits_where_it_loses_nothing(staged: str, there: str, fine: bool) -> None:
    load = TableLoad("p", "l", "r", "d", "t", "append", (), (("a", "BIGINT"),), "{}", "now", None)
    if fine:
        fits(load, {"a": staged}, {"A": there})
    else:
        with pytest.raises(DriftError):
            fits(load, {"a": staged}, {"a": there})


def test_identifiers_are_all_that_enters_a_statement() -> None:
    statement = spell("DROP TABLE {table}", '"', table='x"; DROP TABLE y; --')
    assert statement == 'DROP TABLE "x""; DROP TABLE y; --"'
    assert qualified("`", None, "a`b") == "`a``b`"
    assert identifier("a", '"') == '"a"'


def test_counting_is_of_the_table_given() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT * FROM range(7)")
        assert count(connection, exp.to_table("t")) == 7
