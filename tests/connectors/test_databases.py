"""What only real databases show: exact numbers, odd types, wrong passwords, snapshots."""

import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest
from connector_cases import TABLE, Read, mysql_login

from connectors.contract import Discovered, Place, connector
from spec.errors import AccessError, DataError, DriftError, TransientError

Reads = Callable[..., Read]
SENTINEL = "s3ntinel-p%40ss"


def found_in(place: Place) -> dict[str, Discovered]:
    return {item.name: item for item in connector(place.connector).discover(place)}


def postgres(url: str, *statements: str) -> Place:
    with psycopg.connect(url, autocommit=True) as database:
        for statement in statements:
            database.execute(statement.encode())
    return Place("postgres", Path(), connection="shop", url=url)


def mysql(url: str, *statements: str) -> Place:
    with mysql_login(url) as database, database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return Place("mysql", Path(), connection="shop", url=url)


def with_password(url: str, password: str) -> str:
    scheme, _, rest = url.partition("://")
    login, _, place = rest.partition("@")
    return f"{scheme}://{login.partition(':')[0]}:{password}@{place}"


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_wrong_password_is_refused_and_stands_in_no_error(
    kind: str, request: pytest.FixtureRequest, staging: duckdb.DuckDBPyConnection
) -> None:
    url = str(request.getfixturevalue({"postgres": "postgres_url", "mysql": "mariadb_url"}[kind]))
    place = Place(kind, Path(), connection="shop", url=with_password(url, SENTINEL))
    with pytest.raises(AccessError) as caught:
        connector(kind).check(place)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.to_json()) + repr(place)
    assert "s3ntinel" not in told
    assert "password" in caught.value.hint


@pytest.mark.parametrize(("kind", "port"), [("postgres", 1), ("mysql", 1)])
def test_a_server_that_does_not_answer_is_tried_later(kind: str, port: int) -> None:
    place = Place(kind, Path(), url=f"{kind}://u:{SENTINEL}@127.0.0.1:{port}/shop")
    with pytest.raises(TransientError) as caught:
        connector(kind).check(place)
    assert "s3ntinel" not in str(caught.value)
    assert caught.value.where["host"] == f"127.0.0.1:{port}"


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_database_that_does_not_exist_is_named(kind: str, request: pytest.FixtureRequest) -> None:
    url = str(request.getfixturevalue({"postgres": "postgres_url", "mysql": "mariadb_url"}[kind]))
    place = Place(kind, Path(), url=url.rpartition("/")[0] + "/no_such_shop")
    with pytest.raises(AccessError, match=r"no_such_shop|refuses"):
        connector(kind).check(place)


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_no_password_stays_in_the_staging_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    fixture = {"postgres": "fresh_postgres_url", "mysql": "fresh_mariadb_url"}[kind]
    url = str(request.getfixturevalue(fixture))
    make = {"postgres": postgres, "mysql": mysql}[kind]
    place = make(url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    password = url.partition("://")[2].partition("@")[0].partition(":")[2]
    path = tmp_path / "staging.duckdb"
    with duckdb.connect(path) as connection:
        connector(kind).read(found_in(place)["t"].source, place, connection, TABLE)
        seen = connection.execute("SELECT * FROM duckdb_databases(), duckdb_settings()").fetchall()
        assert password not in repr(seen)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert password.encode() not in written


def test_postgres_numbers_arrive_exactly_whatever_their_precision(fresh_postgres_url: str, reads: Reads) -> None:
    place = postgres(
        fresh_postgres_url,
        "CREATE TABLE t (id int PRIMARY KEY, free numeric, sized numeric(12,2), cash money, huge numeric)",
        "INSERT INTO t VALUES (1, 12345678901234567.125, 19.99, '12.50', 10::numeric ^ 60), (2, 0.1, -0.01, '-3', 1)",
    )
    found = found_in(place)["t"]
    assert found.source.columns == {
        "id": "INTEGER",
        "free": "DECIMAL(38,3)",
        "sized": "DECIMAL(12,2)",
        "cash": "DECIMAL(19,2)",
        "huge": "VARCHAR",
    }
    read = reads(found, Path(), place=place)
    assert read.rows[0][1:4] == ("12345678901234567.125", "19.99", "12.50")
    assert str(read.rows[0][4]).startswith("1000000000")
    assert read.rows[1][1:4] == ("0.100", "-0.01", "-3.00")
    assert all(there == here for there, here in read.reading.sums.values())


def test_a_number_that_no_longer_fits_its_declared_scale_is_refused(fresh_postgres_url: str, reads: Reads) -> None:
    place = postgres(fresh_postgres_url, "CREATE TABLE t (x numeric)", "INSERT INTO t VALUES (1.25)")
    found = found_in(place)["t"]
    postgres(fresh_postgres_url, "INSERT INTO t VALUES (1.125)")
    with pytest.raises(DataError, match="do not fit") as caught:
        reads(found, Path(), place=place)
    assert caught.value.where["column"] == "x"


def test_a_postgres_number_that_is_none_is_read_as_text_where_it_has_no_size(
    fresh_postgres_url: str, reads: Reads, tmp_path: Path
) -> None:
    place = postgres(fresh_postgres_url, "CREATE TABLE t (n numeric)", "INSERT INTO t VALUES (1.5), ('NaN')")
    found = found_in(place)["t"]
    assert found.source.columns == {"n": "VARCHAR"}
    assert "NaN" in found.warnings[0]
    assert reads(found, tmp_path, place=place).rows == [("1.5",), ("NaN",)]


def test_the_nan_of_a_postgres_amount_is_never_read_as_zero(
    fresh_postgres_url: str, reads: Reads, tmp_path: Path
) -> None:
    names = [f"n{number}" for number in range(12)]
    place = postgres(
        fresh_postgres_url,
        f"CREATE TABLE t ({', '.join(f'{name} numeric(18,2)' for name in names)})",
        f"INSERT INTO t VALUES ({', '.join('1' for _ in names)})",
    )
    found = found_in(place)["t"]
    for name in (names[0], names[-1]):
        postgres(fresh_postgres_url, "UPDATE t SET n0 = 1, n11 = 1", f"UPDATE t SET {name} = 'NaN'")
        with pytest.raises(DataError, match="NaN") as caught:
            reads(found, tmp_path, place=place)
        assert caught.value.where["column"] == name


def test_a_mysql_day_of_zeros_is_nothing_and_counted(fresh_mariadb_url: str, reads: Reads, tmp_path: Path) -> None:
    place = mysql(
        fresh_mariadb_url,
        "SET sql_mode = ''",
        "CREATE TABLE t (id int PRIMARY KEY, d date, t timestamp NULL, s datetime)",
        "INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00')",
        "INSERT INTO t VALUES (2, '2026-01-01', '2026-01-01 00:00:00', NULL)",
    )
    read = reads(found_in(place)["t"], tmp_path, place=place)
    assert read.rows[0] == ("1", None, None, None)
    assert dict(read.reading.nulled) == {"d": 1, "t": 1, "s": 1}


@pytest.mark.parametrize("kind", ["postgres", "mysql", "duckdb", "sqlite"])
def test_a_sum_beyond_38_digits_does_not_end_the_reading(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, reads: Reads
) -> None:
    statements = ["CREATE TABLE t (n decimal(38,0))", *(f"INSERT INTO t VALUES ({'9' * 38})" for _ in range(3))]
    if kind == "duckdb":
        with duckdb.connect(str(tmp_path / "a.duckdb")) as database:
            for statement in statements:
                database.execute(statement)
        place = Place(kind, tmp_path, location="a.duckdb")
    elif kind == "sqlite":
        with sqlite3.connect(tmp_path / "a.sqlite") as lite:
            for statement in (statements[0].replace("decimal(38,0)", "text"), *statements[1:]):
                lite.execute(statement.replace("(9", "('9").replace("9)", "9')"))
        place = Place(kind, tmp_path, location="a.sqlite")
    else:
        fixture = {"postgres": "fresh_postgres_url", "mysql": "fresh_mariadb_url"}[kind]
        place = {"postgres": postgres, "mysql": mysql}[kind](str(request.getfixturevalue(fixture)), *statements)
    found = found_in(place)["t"]
    read = reads(found, tmp_path, place=place, columns={"n": "DECIMAL(38,0)"})
    assert read.rows == [("9" * 38,)] * 3


def test_postgres_types_of_its_own_are_read_sensibly(fresh_postgres_url: str, reads: Reads) -> None:
    place = postgres(
        fresh_postgres_url,
        "CREATE TYPE mood AS ENUM ('glad', 'sad')",
        "CREATE TABLE t (u uuid, j jsonb, a int[], n numeric[], m mood, z timestamptz, i inet, b bytea)",
        "INSERT INTO t VALUES ('98304e7f-1750-4fab-adb1-9b5e83e3d076', '{\"a\": 1}', '{1,2}', '{1.10,2.20}', 'glad',"
        " '2026-07-01 10:00:00+02', '10.0.0.1', '\\x00ff')",
    )
    found = found_in(place)["t"]
    assert found.source.columns == {
        "u": "UUID",
        "j": "VARCHAR",
        "a": "INTEGER[]",
        "n": "VARCHAR",
        "m": "VARCHAR",
        "z": "TIMESTAMP WITH TIME ZONE",
        "i": "VARCHAR",
        "b": "BLOB",
    }
    assert reads(found, Path(), place=place).rows[0][:7] == (
        "98304e7f-1750-4fab-adb1-9b5e83e3d076",
        '{"a": 1}',
        "[1, 2]",
        "{1.10,2.20}",
        "glad",
        "2026-07-01 08:00:00+00",
        "10.0.0.1/32",
    )


def test_keys_comments_and_schemas_come_from_the_database_s_catalog(fresh_postgres_url: str) -> None:
    place = postgres(
        fresh_postgres_url,
        "CREATE SCHEMA sales",
        "CREATE TABLE customers (id int PRIMARY KEY)",
        "CREATE TABLE sales.orders (shop int, no int, customer_id int REFERENCES customers, PRIMARY KEY (shop, no))",
        "CREATE TABLE sales.lines (shop int, no int, FOREIGN KEY (shop, no) REFERENCES sales.orders (shop, no))",
        "COMMENT ON TABLE customers IS 'Who bought'",
        "COMMENT ON COLUMN customers.id IS 'Number of the customer'",
        "CREATE VIEW recent AS SELECT * FROM customers",
        "CREATE TABLE _dreflow_state (x int)",
    )
    found = found_in(place)
    assert set(found) == {"customers", "recent", "sales_orders", "sales_lines"}
    assert found["customers"].table.description == "Who bought"
    assert found["customers"].table.columns[0].description == "Number of the customer"
    assert found["sales_orders"].source.primary_key == ("shop", "no")
    [key] = found["sales_lines"].source.foreign_keys
    assert (key.columns, key.table, key.references) == (("shop", "no"), "sales_orders", ("shop", "no"))
    assert found["sales_orders"].source.stream == "sales.orders"
    assert found["sales_orders"].source.connection == "shop"


def test_a_retyped_database_column_is_drift(fresh_postgres_url: str, reads: Reads) -> None:
    place = postgres(fresh_postgres_url, "CREATE TABLE t (x int)")
    found = found_in(place)["t"]
    postgres(fresh_postgres_url, "ALTER TABLE t ALTER x TYPE text")
    with pytest.raises(DriftError) as caught:
        reads(found, Path(), place=place)
    assert caught.value.data["retyped"] == {"x": ["INTEGER", "VARCHAR"]}


def test_a_database_is_never_written_to(fresh_postgres_url: str, staging: duckdb.DuckDBPyConnection) -> None:
    place = postgres(fresh_postgres_url, "CREATE TABLE t (x int)")
    found = found_in(place)["t"]
    connector("postgres").read(found.source, place, staging, TABLE)
    with psycopg.connect(fresh_postgres_url) as database:
        tables = database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (1,)


def test_mysql_numbers_instants_and_small_integers_keep_their_meaning(fresh_mariadb_url: str, reads: Reads) -> None:
    place = mysql(
        fresh_mariadb_url,
        "CREATE TABLE t (id int PRIMARY KEY, wide decimal(60,20), paid tinyint(1), stars tinyint(1),"
        " big bigint unsigned, at timestamp, j json, e enum('a','b'), t text)",
        "SET time_zone = '+02:00'",
        "INSERT INTO t VALUES (1, 1234567890123456789.25, 1, 5, 18446744073709551615, '2026-07-01 10:00:00',"
        " '{\"a\":1}', 'a', 'città'), (2, 0.1, 0, 1, 0, '2026-12-01 10:00:00', NULL, 'b', NULL)",
    )
    found = found_in(place)["t"]
    assert found.source.columns == {
        "id": "INTEGER",
        "wide": "DECIMAL(38,2)",
        "paid": "BOOLEAN",
        "stars": "TINYINT",
        "big": "UBIGINT",
        "at": "TIMESTAMP WITH TIME ZONE",
        "j": "VARCHAR",
        "e": "VARCHAR",
        "t": "VARCHAR",
    }
    read = reads(found, Path(), place=place)
    assert read.rows == [
        (
            "1",
            "1234567890123456789.25",
            "true",
            "5",
            "18446744073709551615",
            "2026-07-01 08:00:00+00",
            '{"a":1}',
            "a",
            "città",
        ),
        ("2", "0.10", "false", "1", "0", "2026-12-01 08:00:00+00", None, "b", None),
    ]
    later = {"read": "incremental", "cursor": "at"}
    assert len(reads(found, Path(), since="2026-12-01 08:00:00+00", place=place, **later).rows) == 1


def sqlite(path: Path, *statements: str) -> Place:
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return Place("sqlite", path.parent, location=path.name)


def test_sqlite_money_is_decimal_however_it_is_stored(tmp_path: Path, reads: Reads) -> None:
    place = sqlite(
        tmp_path / "a.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, as_real REAL, as_text TEXT, as_numeric NUMERIC)",
        "INSERT INTO t VALUES (1, 0.1 + 0.2, '19.90', 12.5), (2, 9.8, '0.10', 3)",
    )
    found = found_in(place)["t"]
    assert found.source.columns == {
        "id": "BIGINT",
        "as_real": "DECIMAL(18,2)",
        "as_text": "DECIMAL(18,2)",
        "as_numeric": "DECIMAL(18,2)",
    }
    read = reads(found, tmp_path)
    assert read.rows == [("1", "0.30", "19.90", "12.50"), ("2", "9.80", "0.10", "3.00")]
    assert read.reading.sums == {
        "as_real": ("10.10", "10.10"),
        "as_text": ("20.00", "20.00"),
        "as_numeric": ("15.50", "15.50"),
    }


def test_a_text_in_a_number_column_of_sqlite_sets_its_row_aside(tmp_path: Path, reads: Reads) -> None:
    place = sqlite(tmp_path / "a.db", "CREATE TABLE t (id INTEGER, x REAL)", "INSERT INTO t VALUES (1, 2.5)")
    found = found_in(place)["t"]
    sqlite(tmp_path / "a.db", "INSERT INTO t VALUES (2, 'unknown')")
    read = reads(found, tmp_path)
    assert read.rows == [("1", "2.50")]
    assert read.quarantined[0][2] == "not a number with at most 2 decimals: x"
    assert read.reading.expected_rows == 2


def test_an_empty_text_of_sqlite_stays_an_empty_text(tmp_path: Path, reads: Reads) -> None:
    place = sqlite(
        tmp_path / "a.db", "CREATE TABLE t (id INTEGER, note TEXT)", "INSERT INTO t VALUES (1, ''), (2, NULL)"
    )
    assert reads(found_in(place)["t"], tmp_path).rows == [("1", ""), ("2", None)]


def test_binary_columns_of_sqlite_are_left_out_and_told(tmp_path: Path, reads: Reads) -> None:
    place = sqlite(tmp_path / "a.db", "CREATE TABLE t (id INTEGER, photo BLOB)", "INSERT INTO t VALUES (1, x'00ff')")
    found = found_in(place)["t"]
    assert any("photo" in warning for warning in found.warnings)
    assert reads(found, tmp_path).rows == [("1",)]


def test_foreign_keys_of_sqlite_are_found(tmp_path: Path) -> None:
    place = sqlite(
        tmp_path / "a.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE TABLE b (a_id INTEGER REFERENCES a)"
    )
    [key] = found_in(place)["b"].source.foreign_keys
    assert (key.columns, key.table, key.references) == (("a_id",), "a", ("id",))


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_is_no_database_is_told(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"certainly not a database file" * 100)
    with pytest.raises(DataError):
        connector(kind).check(Place(kind, tmp_path, location="a.db"))
    with pytest.raises(DataError, match="no such database"):
        connector(kind).check(Place(kind, tmp_path, location="b.db"))
