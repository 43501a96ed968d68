"""The table digest: equal for equal tables whatever their order, and different after any change of any cell."""

from __future__ import annotations

import hashlib
import random
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from connectors import extensions
from pipelines.digest import TableDigest, digest_text, table_digest
from pipelines.job import Field

TABLE = exp.table_("t", quoted=True)
FIELDS = (
    Field("id", "BIGINT"),
    Field("name", "VARCHAR"),
    Field("amount", "DECIMAL(18,2)"),
    Field("day", "DATE"),
    Field("at", "TIMESTAMP"),
    Field("blob", "BLOB"),
    Field("flag", "BOOLEAN"),
    Field("tags", "VARCHAR[]"),
)
# Borders of the canonical text, so that a value made of them could imitate one.
TEXT = st.text(alphabet=st.sampled_from(list("|:-0123456789aé'\"\\\x00\n")), max_size=8)
ROW = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | TEXT,
    st.none() | st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    st.none() | st.dates(min_value=date(1, 1, 1)),
    st.none() | st.datetimes(min_value=datetime(1, 1, 1)),  # noqa: DTZ001 - a TIMESTAMP has no zone
    st.none() | st.binary(max_size=4),
    st.none() | st.booleans(),
    st.none() | st.lists(st.none() | TEXT, max_size=3),
)
ROWS = st.lists(ROW, min_size=1, max_size=6)


def made(rows: list[tuple[object, ...]], threads: int = 1) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f'"{item.name}" {item.type}' for item in FIELDS)
    connection.execute(f"CREATE TABLE t ({columns})")
    connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(FIELDS))})", rows)
    return connection


def digest_of(rows: list[tuple[object, ...]], threads: int = 1) -> TableDigest:
    with made(rows, threads) as connection:
        return table_digest(connection, TABLE, FIELDS)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[object, ...]], seed: int) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert digest_of(rows) == digest_of(shuffled, threads=3)


@settings(max_examples=80, deadline=None)
@given(rows=ROWS, other=ROW, where=st.integers(0, 99), column=st.integers(0, len(FIELDS) - 1))
def test_any_changed_cell_changes_the_digest(
    rows: list[tuple[object, ...]], other: tuple[object, ...], where: int, column: int
) -> None:
    index = where % len(rows)
    changed = list(rows)
    changed[index] = (*rows[index][:column], other[column], *rows[index][column + 1 :])
    same = changed[index] == rows[index] or sorted(map(repr, changed)) == sorted(map(repr, rows))
    assert (digest_of(rows).text == digest_of(changed).text) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b|c"), ("a|b", "c")),
        (("", None), (None, "")),
        (("-", "x"), (None, "x")),
        (("0:", ""), ("", "0:")),
        (("1:a|1:b", "c"), ("1:a", "1:b|c")),
    ],
)
def test_texts_that_imitate_a_border_are_told_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    fields = (Field("a", "VARCHAR"), Field("b", "VARCHAR"))
    found = []
    for row in (one, other):
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE t (a VARCHAR, b VARCHAR)")
            connection.execute("INSERT INTO t VALUES (?, ?)", list(row))
            found.append(table_digest(connection, TABLE, fields).text)
    assert found[0] != found[1]


def test_a_row_that_stands_twice_counts_twice() -> None:
    row = (1, "a", Decimal("1.00"), None, None, None, None, None)
    assert len({digest_of([row] * count).text for count in (1, 2, 3)}) == 3


def test_the_digest_is_what_its_description_says() -> None:
    at = datetime(1970, 1, 1, 0, 0, 1)  # noqa: DTZ001 - a TIMESTAMP has no zone
    rows: list[tuple[object, ...]] = [(7, "ü", Decimal("1.50"), date(2026, 7, 1), at, b"\x01", True, ["a"])]
    text = '7|2:ü|1.50|2026-07-01|1000000|01|true|5:["a"]'
    total = int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest(), "little")
    assert digest_of(rows).text == digest_text(FIELDS, 1, total)


def test_an_instant_is_the_same_in_every_zone_of_the_session() -> None:
    fields = (Field("at", "TIMESTAMP WITH TIME ZONE"),)
    found = set()
    for zone in ("UTC", "Europe/Rome", "Asia/Tokyo"):
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = ?", [zone])
            connection.execute("CREATE TABLE t AS SELECT TIMESTAMPTZ '2026-07-01 10:00:00+02' AS at")
            found.add(table_digest(connection, TABLE, fields).text)
    assert len(found) == 1


def test_names_and_types_of_columns_belong_to_the_digest() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT 1::BIGINT AS a")
        digests = {
            table_digest(connection, TABLE, (Field("a", kind),)).text for kind in ("BIGINT", "INTEGER", "DECIMAL(18,0)")
        }
        connection.execute("ALTER TABLE t RENAME a TO b")
        renamed = table_digest(connection, TABLE, (Field("b", "BIGINT"),))
    assert len(digests | {renamed.text}) == 4


def test_floats_are_left_out_of_the_digest_and_compared_by_value() -> None:
    fields = (Field("id", "BIGINT"), Field("rate", "DOUBLE"), Field("share", "DECIMAL(18,2)", exact=False))

    def of(rate: str) -> TableDigest:
        with duckdb.connect() as connection:
            connection.execute(
                f"CREATE TABLE t AS SELECT 1::BIGINT AS id, {rate}::DOUBLE AS rate, 0.5::DECIMAL(18,2) AS share"
            )
            return table_digest(connection, TABLE, fields)

    base = of("0.1")
    assert of("0.1000000000001").text == base.text
    assert of("0.1000000000001").like(base)
    assert of("0.11").text == base.text
    assert not of("0.11").like(base)
    assert not of("NULL").like(base)


def test_days_and_words_that_floating_point_chose_have_a_digest_too() -> None:
    fields = (Field("id", "BIGINT"), Field("due", "DATE", exact=False), Field("said", "VARCHAR", exact=False))

    def of(due: str, said: str) -> TableDigest:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE t AS SELECT 1::BIGINT AS id, {due}::DATE AS due, {said}::VARCHAR AS said")
            return table_digest(connection, TABLE, fields)

    base = of("'2026-07-01'", "'much'")
    assert of("'2026-07-01'", "'more'").like(base)
    assert not of("'2026-07-02'", "'much'").like(base)
    assert not of("'2026-07-01'", "NULL").like(base)


def test_many_rows_give_the_same_digest_with_any_number_of_threads() -> None:
    found = set()
    for threads in (1, 2, 4):
        with duckdb.connect(config={"threads": threads}) as connection:
            connection.execute(
                "CREATE TABLE t AS SELECT range AS id, 'row ' || range AS name, "
                "(range * 1.01)::DECIMAL(18,2) AS amount, "
                "DATE '2020-01-01' + (range % 3000)::INTEGER AS day, NULL::TIMESTAMP AS at, NULL::BLOB AS blob, "
                "range % 7 = 0 AS flag, [range::VARCHAR] AS tags FROM range(300000) ORDER BY hash(range + ?)",
                [threads],
            )
            found.add(table_digest(connection, TABLE, FIELDS).text)
    assert len(found) == 1


def test_an_attached_database_without_decimals_gives_the_same_digest(tmp_path: object) -> None:
    fields = (Field("id", "BIGINT"), Field("amount", "DECIMAL(18,2)"))
    with duckdb.connect() as connection:
        extensions.load(connection, "sqlite_scanner")
        connection.execute("CREATE TABLE t AS SELECT 1::BIGINT AS id, 10.10::DECIMAL(18,2) AS amount")
        connection.execute(f"ATTACH '{tmp_path}/x.db' AS x (TYPE sqlite)")
        connection.execute("CREATE TABLE x.t (id BIGINT, amount VARCHAR)")
        connection.execute("INSERT INTO x.t SELECT id, amount::VARCHAR FROM t")
        there = exp.table_("t", db="main", catalog="x")
        assert table_digest(connection, there, fields, ("BIGINT", "VARCHAR")) == table_digest(connection, TABLE, fields)
