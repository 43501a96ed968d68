"""Rows that a source no longer has: told, and taken from the tables that they went to, in every database."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql
import pytest
from running import Plain, Shop

from connectors.destination import DESTINATIONS
from connectors.files import connector as files
from pipelines import runner
from pipelines.sweeping import sweeping
from spec.errors import SpecError, UsageError
from spec.pipeline import Source
from spec.run import RunEvent

KINDS = [name for name in DESTINATIONS.names() if name != "files"]
COLUMNS: Plain = {"id": "BIGINT", "name": "VARCHAR", "state": "VARCHAR", "at": "BIGINT"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    fixture = {"postgres": "fresh_postgres_url", "mysql": "fresh_mariadb_url"}.get(kind)
    urls = {kind: str(request.getfixturevalue(fixture))} if fixture else {}
    return Shop(tmp_path, urls=urls)


@pytest.fixture
def local(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def people(*rows: tuple[int, str, int]) -> str:
    """``(id, state, at)`` as a file of customers."""
    return "id,name,state,at\n" + "".join(f"{number},Person {number},{state},{at}\n" for number, state, at in rows)


def merging(kind: str, gone: Plain, **more: object) -> Plain:
    """Customers of a file, read by a cursor and merged into a table."""
    where: Plain = {"connection": "shop"} if kind in {"postgres", "mysql"} else {"location": f"shop.{kind}"}
    source: Plain = {
        "location": "customers.csv", "columns": COLUMNS, "primary_key": ["id"], "read": "incremental", "cursor": "at",
        "gone": gone,
    }  # fmt: skip
    load: Plain = {
        "from": "customers",
        "connector": kind,
        "table": "customers",
        "write": "merge",
        "primary_key": ["id"],
    }
    plain: Plain = {
        "name": "customers_in",
        "sources": {"customers": source},
        "loads": [load | where],
        "allow": {"tables": [f"{next(iter(where.values()))}/customers"]},
    }
    return plain | cast("Plain", more)


def there(shop: Shop, kind: str, columns: str = "id") -> list[tuple[object, ...]]:
    """The table's rows, read with the database's own driver."""
    return there_by(shop, kind, columns, "id")


def there_by(shop: Shop, kind: str, columns: str, order: str) -> list[tuple[object, ...]]:
    """The table's rows in an order."""
    query = f"SELECT {columns} FROM customers ORDER BY {order}"
    if kind == "duckdb":
        with duckdb.connect(str(shop.folder / "shop.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()
    if kind == "sqlite":
        return sqlite3.connect(shop.folder / "shop.sqlite").execute(query).fetchall()
    if kind == "postgres":
        with psycopg.connect(shop.urls[kind]) as postgres:
            return postgres.execute(query.encode()).fetchall()
    at = urlsplit(shop.urls[kind])
    assert at.hostname is not None
    session = pymysql.connect(
        host=at.hostname, port=at.port or 3306, user=at.username, password=at.password or "", database=at.path[1:]
    )
    with session, session.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def ids(shop: Shop, kind: str) -> list[object]:
    return [row[0] for row in there(shop, kind)]


def test_a_row_that_says_it_is_gone_is_removed_from_the_table(shop: Shop, kind: str) -> None:
    plain = merging(kind, {"column": "state", "values": ["DELETED", "VOIDED"]})
    shop.write("customers.csv", people((1, "ACTIVE", 1), (2, "ACTIVE", 2), (3, "DELETED", 3)))
    assert shop.run(plain).status == "succeeded"
    assert ids(shop, kind) == [1, 2]
    shop.write("customers.csv", people((1, "VOIDED", 5), (2, "ACTIVE", 2), (4, "ACTIVE", 6)))
    result = shop.run(plain)
    assert ids(shop, kind) == [2, 4]
    assert result.outputs[0].gone == 1
    assert any("1 row" in note and "removed" in note for note in result.notes)


def test_a_row_that_says_it_is_gone_is_marked_and_a_restored_one_is_not_any_more(shop: Shop, kind: str) -> None:
    plain = merging(kind, {"column": "state", "values": ["DELETED"], "then": "mark"})
    shop.write("customers.csv", people((1, "ACTIVE", 1), (2, "DELETED", 2)))
    shop.run(plain)
    assert [(row[0], bool(row[1])) for row in there(shop, kind, "id, is_gone")] == [(1, False), (2, True)]
    shop.write("customers.csv", people((1, "DELETED", 3), (2, "ACTIVE", 4)))
    assert shop.run(plain).status == "succeeded"
    assert [(row[0], bool(row[1])) for row in there(shop, kind, "id, is_gone")] == [(1, True), (2, False)]


def test_a_sweep_removes_what_the_source_has_no_more(shop: Shop, kind: str) -> None:
    plain = merging(kind, {"sweep": "every run"})
    shop.write("customers.csv", people((1, "A", 1), (2, "A", 2), (3, "A", 3)))
    shop.run(plain)
    shop.write("customers.csv", people((1, "A", 1), (3, "A", 3), (4, "A", 4)))
    result = shop.run(plain)
    assert result.status == "succeeded", result.message
    assert ids(shop, kind) == [1, 3, 4]
    assert result.outputs[0].gone == 1
    assert shop.run(plain).outputs[0].gone == 0


def test_a_sweep_marks_what_the_source_has_no_more(shop: Shop, kind: str) -> None:
    plain = merging(kind, {"sweep": "every run", "then": "mark", "mark": "left"})
    shop.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    shop.run(plain)
    shop.write("customers.csv", people((2, "A", 2), (3, "A", 3)))
    result = shop.run(plain)
    assert result.status == "succeeded", result.message
    name = "`left`" if kind == "mysql" else '"left"'
    found = [(row[0], bool(row[1])) for row in there(shop, kind, f"id, {name}")]
    assert found == [(1, True), (2, False), (3, False)]
    assert shop.run(plain).outputs[0].gone == 0, "one that is marked is not gone again"


def test_a_sweep_that_finds_nothing_at_all_removes_nothing_and_says_why(shop: Shop, kind: str) -> None:
    plain = merging(kind, {"sweep": "every run", "at_most": 100})
    shop.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    shop.run(plain)
    shop.write("customers.csv", people())
    result = shop.run(plain)
    assert result.status == "failed"
    assert result.message is not None
    assert "no key at all" in result.message
    assert ids(shop, kind) == [1, 2]


def test_a_sweep_that_would_take_more_than_is_plausible_is_refused_unless_the_plan_permits_it(
    shop: Shop, kind: str
) -> None:
    plain = merging(kind, {"sweep": "every run"})
    shop.write("customers.csv", people(*((number, "A", number) for number in range(1, 61))))
    shop.run(plain)
    shop.write("customers.csv", people(*((number, "A", number) for number in range(48, 61))))
    result = shop.run(plain)
    assert result.status == "failed"
    assert result.message is not None
    assert "47 of the 60 rows" in result.message
    assert len(ids(shop, kind)) == 60
    permitted = merging(kind, {"sweep": "every run", "at_most": 80})
    assert shop.run(permitted).outputs[0].gone == 47
    assert len(ids(shop, kind)) == 13


def test_a_sweep_waits_until_it_is_due(local: Shop) -> None:
    plain = merging("duckdb", {"sweep": "7 days"})
    local.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    local.run(plain)
    local.write("customers.csv", people((2, "A", 2)))
    local.later(local.now + timedelta(days=6)).run(plain)
    assert ids(local, "duckdb") == [1, 2]
    local.later(local.now + timedelta(days=7)).run(plain)
    assert ids(local, "duckdb") == [2]


def test_a_sweep_is_made_at_once_where_a_person_asks_for_it_and_counts_as_one(local: Shop) -> None:
    plain = merging("duckdb", {"sweep": "7 days"})
    local.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    local.run(plain)
    local.write("customers.csv", people((2, "A", 2)))
    later = local.later(local.now + timedelta(days=1))
    swept = later.run_job(sweeping(later.job(plain)))
    assert ids(local, "duckdb") == [2]
    assert any("1 row" in note and "removed" in note for note in swept.notes)
    local.write("customers.csv", people((3, "A", 3)))
    local.later(local.now + timedelta(days=7)).run(plain)
    assert ids(local, "duckdb") == [2, 3], "six days after a sweep none is due"
    local.later(local.now + timedelta(days=8)).run(plain)
    assert ids(local, "duckdb") == [3]


def test_a_sweep_that_was_asked_for_is_still_one_when_the_run_is_gone_on_with(local: Shop) -> None:
    plain = merging("duckdb", {"sweep": "7 days"})
    local.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    local.run(plain)
    local.write("customers.csv", people((2, "A", 2)))
    later = local.later(local.now + timedelta(days=1))

    def stop(event: RunEvent) -> None:
        if event.phase == "extract":
            raise KeyboardInterrupt

    stopped = replace(later, after=stop).run_job(sweeping(later.job(plain)))
    assert (stopped.status, ids(local, "duckdb")) == ("cancelled", [1, 2])
    assert runner.resume(later.job(plain), later.setting(), stopped.run_id).status == "succeeded"
    assert ids(local, "duckdb") == [2]


@pytest.mark.parametrize("gone", [{"column": "state", "values": ["DELETED"]}, None])
def test_a_sweep_is_refused_where_the_plan_tells_nothing_by_keys(local: Shop, gone: Plain | None) -> None:
    plain = merging("duckdb", gone or {"column": "state"})
    if gone is None:
        del cast("dict[str, Any]", plain)["sources"]["customers"]["gone"]
    local.write("customers.csv", people((1, "A", 1)))
    with pytest.raises(UsageError, match="does not say that rows which are gone are told by their keys"):
        sweeping(local.job(plain))


@pytest.fixture
def with_a_list(local: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Files whose connector lists what was deleted, in ``deleted.csv``."""

    def keys_only(source: Source, form: str) -> Source:
        return source.model_copy(update={"location": "deleted.csv"}) if form == "listed" else source

    monkeypatch.setattr(files, "keys_only", keys_only, raising=False)
    return local


def test_a_row_that_the_system_lists_as_deleted_is_removed(with_a_list: Shop) -> None:
    plain = merging("duckdb", {"listed": "30 days"})
    with_a_list.write("deleted.csv", "id\n9\n")
    with_a_list.write("customers.csv", people((1, "A", 1), (2, "A", 2), (3, "A", 3)))
    with_a_list.run(plain)
    with_a_list.write("customers.csv", people((1, "A", 1), (3, "A", 4)))
    with_a_list.write("deleted.csv", "id\n2\n3\n")
    assert with_a_list.run(plain).outputs[0].gone == 1
    assert ids(with_a_list, "duckdb") == [1, 3], "one that came again in this run is there"


def test_when_the_last_run_is_longer_ago_than_the_list_reaches_all_keys_are_read(with_a_list: Shop) -> None:
    plain = merging("duckdb", {"listed": "30 days"})
    with_a_list.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    with_a_list.write("deleted.csv", "id\n9\n")
    with_a_list.run(plain)
    with_a_list.write("customers.csv", people((2, "A", 2)))
    with_a_list.later(with_a_list.now + timedelta(days=29)).run(plain)
    assert ids(with_a_list, "duckdb") == [1, 2]
    with_a_list.later(with_a_list.now + timedelta(days=60)).run(plain)
    assert ids(with_a_list, "duckdb") == [2]


def test_a_connector_without_a_list_of_deleted_rows_says_so(local: Shop) -> None:
    plain = merging("duckdb", {"listed": "30 days"})
    local.write("customers.csv", people((1, "A", 1)))
    local.run(plain)
    result = local.run(plain)
    assert result.status == "failed"
    assert result.message is not None
    assert "no list of what was deleted" in result.message


LINES: Plain = {"line": "VARCHAR", "order_id": "BIGINT", "quantity": "BIGINT", "changed": "BIGINT"}


def with_owners(monkeypatch: pytest.MonkeyPatch, *owners: int) -> None:
    """Lines of a file whose connector tells whose lines were read."""
    plain_read = files.read

    def read(source: Any, place: Any, into: Any, table: Any, *, since: str | None = None) -> Any:
        found = plain_read(source, place, into, table, since=since)
        if since is None or source.gone is None:
            return found
        values = ", ".join(f"({owner})" for owner in owners)
        into.execute(
            f'CREATE OR REPLACE TABLE staging.main."{table.name}__owners" AS '
            f"SELECT n::BIGINT AS order_id FROM (VALUES {values}) v(n)"
        )
        return replace(found, owners=True)

    monkeypatch.setattr(files, "read", read)


def lines_spec(kind: str) -> Plain:
    plain = merging(kind, {"within": ["order_id"]})
    sources = cast("dict[str, Plain]", plain["sources"])
    changed: Plain = {"columns": LINES, "primary_key": ["line"], "cursor": "changed"}
    loads = cast("list[Plain]", plain["loads"])
    return {
        **plain,
        "sources": {"customers": {**sources["customers"], **changed}},
        "loads": [{**loads[0], "primary_key": ["line"]}],
    }


def test_the_lines_of_an_order_that_changed_are_replaced_as_a_set_and_those_of_others_stay(
    shop: Shop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "line,order_id,quantity,changed\n"
    shop.write("customers.csv", head + "1a,1,1,1\n1b,1,1,1\n2a,2,1,2\n3a,3,1,3\n3b,3,1,3\n4a,4,1,3\n")
    assert shop.run(lines_spec(kind)).status == "succeeded"
    # Of order 1 a line is gone, order 3 has lost all of its own, of order 4 nothing was asked.
    shop.write("customers.csv", head + "1a,1,5,7\n1c,1,1,7\n")
    with_owners(monkeypatch, 1, 3)
    result = shop.run(lines_spec(kind))
    assert result.status == "succeeded", result.message
    found = [tuple(row) for row in there_by(shop, kind, "line, quantity", "line")]
    assert found == [("1a", 5), ("1c", 1), ("2a", 1), ("4a", 1)]
    assert result.outputs[0].gone == 3


def test_where_a_line_cannot_be_read_nothing_is_taken_for_gone(local: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "line,order_id,quantity,changed\n"
    local.write("customers.csv", head + "1a,1,1,1\n1b,1,1,1\n")
    local.run(lines_spec("duckdb"))
    local.write("customers.csv", head + "1a,1,1,7\n1b,1,many,7\n")
    with_owners(monkeypatch, 1)
    result = local.run(lines_spec("duckdb"))
    assert result.status == "failed"
    assert result.message is not None
    assert "cannot be read" in result.message


def test_a_row_that_cannot_be_read_is_not_gone(local: Shop) -> None:
    plain = merging("duckdb", {"sweep": "every run"})
    local.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    local.run(plain)
    local.write("customers.csv", people((1, "A", 1)) + "2,Person 2,A,late\n")
    local.run(plain)
    assert ids(local, "duckdb") == [1, 2]


def test_rows_that_are_gone_are_left_out_of_what_is_computed(local: Shop) -> None:
    plain = merging(
        "duckdb",
        {"column": "state", "values": ["DELETED"]},
        loads=[],
        allow={},
        outputs=[{"file": "customers.csv", "from": "customers", "order_by": ["id"]}],
    )
    local.write("customers.csv", people((1, "A", 1), (2, "DELETED", 2)))
    local.run(plain)
    assert (local.out / "customers.csv").read_text(encoding="utf-8") == "id,name,state,at\n1,Person 1,A,1\n"


def test_the_plan_says_what_becomes_of_rows_that_are_gone(local: Shop) -> None:
    job = local.job(merging("duckdb", {"column": "state", "values": ["DELETED"], "sweep": "7 days"}))
    (effect,) = [one for one in job.effects if one.kind == "write"]
    assert "rows that are gone are removed" in effect.detail
    assert "all keys are read every 7 days" in effect.detail


STEP: Plain = {
    "id": "totals",
    "use": "aggregate",
    "from": "customers",
    "group_by": ["state"],
    "measures": {"n": "count(*)"},
}
ODD: Plain = {"id": "odd", "use": "derive", "from": "customers", "columns": {"key": "id + 1000"}}


def load_of(changed: Plain) -> Plain:
    loads = merging("duckdb", {"sweep": "every run"})["loads"]
    assert isinstance(loads, list)
    assert isinstance(loads[0], dict)
    return {**loads[0], **changed}


@pytest.mark.parametrize(
    ("gone", "more", "said"),
    [
        ({"column": "state"}, {"loads": [load_of({"write": "append"})]}, "not merged by their key"),
        ({"column": "status"}, {}, "no column 'status'"),
        ({"sweep": "every run"}, {"loads": [], "allow": {}}, "merges into none"),
        ({"column": "state", "then": "mark", "mark": "name"}, {}, "has a column 'name' already"),
        (
            {"sweep": "every run"},
            {"steps": [STEP], "loads": [load_of({"from": "totals", "primary_key": ["state"]})]},
            "not merged by their key",
        ),
    ],
)
def test_a_plan_whose_gone_rows_could_not_be_taken_out_is_refused(
    local: Shop, gone: Plain, more: Plain, said: str
) -> None:
    with pytest.raises(SpecError) as refused:
        local.job(merging("duckdb", gone, **more))
    assert said in str(refused.value)


def test_a_table_with_other_keys_than_the_source_is_not_swept(local: Shop) -> None:
    plain = merging(
        "duckdb",
        {"sweep": "every run"},
        steps=[ODD],
        loads=[load_of({"from": "odd", "primary_key": ["key"]})],
    )
    local.write("customers.csv", people((1, "A", 1)))
    result = local.run(plain)
    assert result.status == "failed"
    assert result.message is not None
    assert "keys that 'customers' does not have" in result.message


def test_a_table_is_not_emptied_by_a_source_without_a_row_unless_the_plan_says_so(shop: Shop, kind: str) -> None:
    plain = merging(kind, {"column": "state"})
    sources = cast("dict[str, Plain]", plain["sources"])
    source = {name: item for name, item in sources["customers"].items() if name not in {"read", "cursor", "gone"}}
    load = cast("list[Plain]", plain["loads"])[0]
    plain = {**plain, "sources": {"customers": source}, "loads": [{**load, "write": "replace"}]}
    shop.write("customers.csv", people((1, "A", 1), (2, "A", 2)))
    assert shop.run(plain).status == "succeeded"
    shop.write("customers.csv", people())
    result = shop.run(plain)
    assert result.status == "failed"
    assert result.message is not None
    assert "has 2 rows" in result.message
    assert ids(shop, kind) == [1, 2]
    emptying: Plain = {**plain, "loads": [{**load, "write": "replace", "when_empty": "replace"}]}
    assert shop.run(emptying).status == "succeeded"
    assert ids(shop, kind) == []
