"""Runs that the database computes itself: the same rows, checks and digests as here, with none of the rows read."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import psycopg
import pytest
from in_place import COLUMNS, ORDERS, digest_in, execute, in_place_spec, load, source
from running import Plain, Shop

from pipelines.computing import proofs
from spec.base import JsonValue
from spec.errors import SpecError
from spec.run import RunResult


@pytest.fixture
def shop(tmp_path: Path, fresh_postgres_url: str) -> Shop:
    execute(fresh_postgres_url, ORDERS)
    return Shop(tmp_path, urls={"postgres": fresh_postgres_url})


def here(plain: Plain) -> Plain:
    return plain | {"engine": "duckdb"}


def both_ways(shop: Shop, plain: Plain) -> tuple[RunResult, RunResult]:
    """The spec run in the database, and its like run here; each with a name of its own, as two pipelines have."""
    there = shop.run(plain)
    second = shop.run(here(plain) | {"name": "computed_here"})
    return there, second


def files_of(shop: Shop, run_id: str) -> set[str]:
    return {path.name for path in (shop.workspace.folder / "runs" / run_id).rglob("*") if path.is_file()}


def test_a_run_in_the_database_gives_the_digest_and_the_checks_of_a_run_here(shop: Shop) -> None:
    there, second = both_ways(shop, in_place_spec())
    assert there.status == second.status == "succeeded", (there.message, second.message)
    assert [item.digest for item in there.outputs] == [item.digest for item in second.outputs]
    assert [item.rows for item in there.outputs] == [item.rows for item in second.outputs]
    assert there.checks == second.checks
    fields = shop.job(in_place_spec()).relations["totals"].fields
    found = digest_in(shop.urls["postgres"], "totals", fields)
    assert found.text == there.outputs[0].digest


IN_TURN: list[Plain] = [
    {"use": "carry", "from": "orders", "order": ["day", "id"], "per": "region", "add": "amount - 60", "at_least": 0,
     "cut": "cut"},
    {"use": "carry", "from": "orders", "order": "id desc", "add": "amount", "start": "amount - 10",
     "at_most": "case when id % 3 = 0 then 200 + amount end", "restart": "status = 'void'", "cut": "cut"},
    {"use": "carry", "from": "orders", "order": "id", "per": ["region", "day"], "add": "id", "restart": "id % 9 = 0"},
    {"use": "book", "from": ["orders", "customers"], "order": ["amount desc", "id"], "on": "customer_id",
     "place": "code", "prefer": "customer_id"},
    {"use": "book", "from": ["orders", "customers"], "order": ["region", "id"], "place": "name",
     "prefer": ["name desc", "customer_id"]},
]  # fmt: skip


@pytest.mark.parametrize("step", IN_TURN)
def test_what_goes_in_turn_gives_in_the_database_what_it_gives_here(shop: Shop, step: Plain) -> None:
    plain = in_place_spec(steps=[{"id": "totals", **step}], checks=[])
    assert shop.job(plain).engine == "postgres"
    there, second = both_ways(shop, plain)
    assert there.status == second.status == "succeeded", (there.message, second.message)
    assert [item.digest for item in there.outputs] == [item.digest for item in second.outputs]
    assert there.checks == second.checks


OFF: Plain = {
    "off": {"version": "1", "columns": {"land": "VARCHAR", "off": "DATE"},
            "rows": [["North", "2026-01-02"], ["North", "2026-01-05"], ["South", "2026-01-06"], [None, "2026-01-07"]]},
}  # fmt: skip
LINKS: Plain = {
    "id": "links", "use": "derive", "from": "orders", "columns": {"of": "case when id > 3 then id // 4 end"}
}  # fmt: skip
WITH_TABLES: list[Plain] = [
    {"use": "workdays", "from": ["orders", "off"], "start": "day", "add": 3, "name": "x", "holiday": "off",
     "on": {"region": "land"}},
    {"use": "workdays", "from": ["orders", "off"], "start": "day", "end": "day + interval 9 day", "name": "x",
     "holiday": "off", "on": {"region": "land"}},
    {"use": "calendar", "from": ["orders", "off"], "column": "day", "add": {"x": "is_workday", "y": "is_holiday"},
     "holiday": "off", "on": {"region": "land"}},
    {"use": "hierarchy", "from": "links", "child": "id", "parent": "of", "give": "ways", "total": "amount",
     "quantity": "customer_id"},
]  # fmt: skip


@pytest.mark.parametrize("step", WITH_TABLES, ids=["moved", "counted", "calendar", "ways"])
def test_holidays_of_each_country_and_ways_down_are_in_the_database_what_they_are_here(shop: Shop, step: Plain) -> None:
    plain = in_place_spec(
        tables=cast("JsonValue", OFF),
        steps=[LINKS, {"id": "s", **step}],
        checks=[],
        loads=[load("s", "totals")],
    )
    assert shop.job(plain).engine == "postgres"
    there, second = both_ways(shop, plain)
    assert there.status == second.status == "succeeded", (there.message, second.message)
    assert [item.digest for item in there.outputs] == [item.digest for item in second.outputs]


def test_the_floating_point_columns_of_both_runs_are_alike(shop: Shop) -> None:
    there = shop.run(in_place_spec())
    fields = shop.job(in_place_spec()).relations["totals"].fields
    first = digest_in(shop.urls["postgres"], "totals", fields)
    shop.run(here(in_place_spec()) | {"name": "computed_here"})
    assert there.status == "succeeded"
    assert first.like(digest_in(shop.urls["postgres"], "totals", fields))


def test_none_of_the_rows_is_read(shop: Shop) -> None:
    result = shop.run(in_place_spec())
    assert files_of(shop, result.run_id) == {"events.jsonl", "run.json", "digests.json", "published.json"}
    events = [event.model_dump(mode="json") for event in shop.store.events(result.run_id)]
    read = {event["name"]: event["rows"] for event in events if event["phase"] == "extract"}
    assert read == {"orders": 400, "customers": 7}


def test_the_database_is_asked_for_no_row_of_a_source(shop: Shop) -> None:
    """Statements that give rows back give one each: a count, a verdict, a digest."""
    url = shop.urls["postgres"]
    asked: list[int] = []
    from connectors.postgres.destination import PostgresSession

    original = PostgresSession.query

    def counted(self: PostgresSession, text: str, values: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
        found = original(self, text, values)
        asked.append(len(found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PostgresSession, "query", counted)
        assert shop.run(in_place_spec()).status == "succeeded"
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'totals'"
        ).fetchone()
    assert columns is not None
    assert max(asked) <= max(columns[0], 7)


def test_the_plan_says_where_it_is_computed_and_why(shop: Shop) -> None:
    job = shop.job(in_place_spec())
    assert job.engine == "postgres"
    assert {stage.engine for stage in job.stages} == {"postgres"}
    assert any("Computed in your database: source and destination are both in shop" in note for note in job.notes)
    assert [effect.detail for effect in job.effects] == ["replace totals, computed in that database"]


FALLS_BACK: list[tuple[Plain, str]] = [
    (
        in_place_spec(
            sources={
                "orders": source("orders", "id") | {"empty": ["status"]},
                "customers": source("customers", "customer_id"),
            }
        ),
        "columns of 'orders' that are gone stay empty",
    ),
    (in_place_spec(outputs=[{"file": "totals.csv", "from": "totals"}]), "the file 'totals.csv' is made here"),
    (
        in_place_spec(
            steps=[{"id": "totals", "use": "derive", "from": "orders", "columns": {"r": "strptime(region, '%Y')"}}],
            checks=[],
        ),
        "the step 'totals' has strptime(), which is not known to mean the same there",
    ),
    (
        in_place_spec(
            sources={
                "orders": source("orders", "id") | {"read": "incremental", "cursor": "placed"},
                "customers": source("customers", "customer_id"),
            },
            loads=[load("totals", "totals", "append")],
        ),
        "of 'orders' only what is new is read",
    ),
]


@pytest.mark.parametrize(("plain", "why"), FALLS_BACK)
def test_what_the_database_cannot_say_is_computed_here_and_the_plan_says_why(
    shop: Shop, plain: Plain, why: str
) -> None:
    job = shop.job(plain)
    assert job.engine == "duckdb"
    assert job.why_engine == f"its rows are in shop and are read from there, because {why}"
    assert any(why in note for note in job.notes)


@pytest.mark.parametrize(("plain", "why"), FALLS_BACK)
def test_who_insists_on_the_database_is_told_before_a_run_that_it_cannot_be(shop: Shop, plain: Plain, why: str) -> None:
    with pytest.raises(SpecError) as raised:
        shop.job(plain | {"engine": "postgres"})
    assert why in str(raised.value)
    assert raised.value.where["field"] == "engine"


def test_a_step_can_be_pinned_and_takes_the_whole_job_with_it(shop: Shop) -> None:
    plain = in_place_spec()
    steps = cast("list[Plain]", plain["steps"])
    pinned = plain | {"steps": cast("JsonValue", [steps[0] | {"engine": "duckdb"}, *steps[1:]])}
    job = shop.job(pinned)
    assert job.engine == "duckdb"
    assert "the step 'paid' says engine: duckdb" in job.why_engine


def test_sources_of_two_places_are_computed_here_without_a_word(shop: Shop) -> None:
    plain = in_place_spec(
        sources={
            "orders": source("orders", "id"),
            "customers": source("customers", "customer_id") | {"connection": "other"},
        }
    )
    job = shop.job(plain)
    assert (job.engine, job.notes) == ("duckdb", ())
    with pytest.raises(SpecError, match="not in one PostgreSQL"):
        shop.job(plain | {"engine": "postgres"})


def test_the_default_engine_changes_no_digest_of_a_spec(shop: Shop) -> None:
    assert shop.job(in_place_spec()).digest == shop.job(in_place_spec(engine="auto")).digest
    assert shop.job(in_place_spec()).digest != shop.job(in_place_spec(engine="duckdb")).digest


def test_a_check_that_fails_leaves_the_table_and_nothing_staged(shop: Shop) -> None:
    assert shop.run(in_place_spec()).status == "succeeded"
    url = shop.urls["postgres"]
    fields = shop.job(in_place_spec()).relations["totals"].fields
    before = digest_in(url, "totals", fields)
    execute(
        url, "INSERT INTO orders SELECT n, 1, 'North', 5, 'paid', now(), '2026-01-01' FROM generate_series(900, 950) n"
    )
    checks = [{"check": "row_count", "on": "orders", "max": 10}]
    result = shop.run(in_place_spec(checks=checks))
    assert result.status == "blocked"
    assert "row_count" in (result.message or "")
    assert digest_in(url, "totals", fields) == before
    assert left_behind(url) == []


def left_behind(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE '\\_dreflow\\_%' AND relkind IN ('r', 'v') "
            "AND relname <> '_dreflow_state'"
        ).fetchall()
    return [str(row[0]) for row in found]


@pytest.mark.parametrize("write", ["append", "merge", "replace"])
def test_every_way_of_writing_gives_what_it_gives_here(shop: Shop, write: str) -> None:
    url = shop.urls["postgres"]
    steps: list[JsonValue] = [
        {"id": "kept", "use": "select", "from": "orders", "columns": ["id", "amount", "region"]},
    ]
    key = ("id",) if write == "merge" else ()

    def spec(table: str, engine: str) -> Plain:
        return in_place_spec(
            name=f"writes_{engine}",
            engine=engine,
            steps=steps,
            checks=[],
            loads=[load("kept", table, write, key)],
            allow={"tables": [f"shop/{table}"]},
            sources={"orders": source("orders", "id")},
        )

    for _ in range(2):
        results = [shop.run(spec(f"kept_{engine}", engine)) for engine in ("postgres", "duckdb")]
        assert [result.status for result in results] == ["succeeded", "succeeded"], [
            result.message for result in results
        ]
        assert results[0].outputs[0].digest == results[1].outputs[0].digest
        execute(url, "UPDATE orders SET amount = amount + 1 WHERE id < 10; DELETE FROM orders WHERE id = 400")
    fields = shop.job(spec("kept_postgres", "postgres")).relations["kept"].fields
    assert digest_in(url, "kept_postgres", fields) == digest_in(url, "kept_duckdb", fields)
    assert left_behind(url) == []


def test_a_source_that_gives_nothing_does_not_empty_the_table(shop: Shop) -> None:
    assert shop.run(in_place_spec()).status == "succeeded"
    execute(shop.urls["postgres"], "DELETE FROM orders; DELETE FROM customers")
    result = shop.run(in_place_spec(checks=[]))
    assert result.status == "failed"
    assert "gave no row at all" in (result.message or "")


def test_a_column_that_changed_its_type_is_told_as_when_it_is_read(shop: Shop) -> None:
    execute(shop.urls["postgres"], "ALTER TABLE orders ALTER COLUMN amount TYPE text")
    there, second = both_ways(shop, in_place_spec())
    assert there.status == second.status == "failed"
    assert (there.error or {})["kind"] == (second.error or {})["kind"]
    assert there.message == second.message


def test_a_number_that_its_type_would_change_is_not_read(shop: Shop) -> None:
    execute(
        shop.urls["postgres"],
        "ALTER TABLE orders ALTER COLUMN amount TYPE numeric; UPDATE orders SET amount = 1.005 WHERE id = 3",
    )
    result = shop.run(in_place_spec())
    assert result.status == "failed"
    assert "do not fit DECIMAL(18,2)" in (result.message or "")


def test_nan_in_a_decimal_stops_the_run(shop: Shop) -> None:
    execute(shop.urls["postgres"], "UPDATE orders SET amount = 'NaN' WHERE id = 3")
    result = shop.run(in_place_spec())
    assert result.status == "failed"
    assert "1 values of 'amount' do not fit" in (result.message or "")


def test_a_plan_is_proven_in_the_database_and_leaves_nothing_there(shop: Shop) -> None:
    job = shop.job(in_place_spec())
    folder = shop.folder / "proofs"
    folder.mkdir()
    import time

    checks = proofs(job, shop.place, folder=folder, monotonic=time.monotonic, sleep=time.sleep)
    second = proofs(
        shop.job(here(in_place_spec())), shop.place, folder=None, monotonic=time.monotonic, sleep=time.sleep
    )
    assert checks == second
    assert all(check.passed for check in checks)
    assert list(folder.iterdir()) == []
    assert left_behind(shop.urls["postgres"]) == []


def test_parameters_and_tables_of_the_spec_go_along(shop: Shop) -> None:
    plain = in_place_spec(
        parameters={"least": {"type": "DECIMAL(18,2)", "default": 20}},
        tables={
            "zones": {
                "version": "1",
                "columns": {"region": "VARCHAR", "zone": "INTEGER", "rate": "DECIMAL(5,3)"},
                "primary_key": ["region"],
                "rows": [["North", 1, "0.125"], ["south", 2, None], ["Süd", 3, 1]],
            }
        },
        steps=[
            {"id": "some", "use": "filter", "from": "orders", "where": "amount >= $least and day < $today"},
            {"id": "totals", "use": "join", "from": ["some", "zones"], "on": ["region"], "how": "left"},
        ],
        checks=[],
    )
    there, second = both_ways(shop, plain)
    assert there.status == "succeeded", there.message
    assert there.outputs[0].rows > 0
    assert there.outputs[0].digest == second.outputs[0].digest


def test_names_of_any_letters_and_length_stay_apart(shop: Shop) -> None:
    long = "a_step_whose_name_is_longer_than_what_postgresql_keeps_of_a_name_"
    plain = in_place_spec(
        steps=[
            {"id": f"{long}1", "use": "derive", "from": "orders", "columns": {'sum "of" %s': "amount * 2"}},
            {"id": f"{long}2", "use": "derive", "from": "orders", "columns": {'sum "of" %s': "amount * 3"}},
            {"id": "totals", "use": "union", "from": [f"{long}1", f"{long}2"]},
        ],
        checks=[],
        sources={"orders": source("orders", "id")},
    )
    there, second = both_ways(shop, plain)
    assert there.status == "succeeded", there.message
    assert there.outputs[0].digest == second.outputs[0].digest


def test_the_suites_sources_have_the_columns_that_its_specs_name() -> None:
    assert set(COLUMNS) == {"orders", "customers"}
