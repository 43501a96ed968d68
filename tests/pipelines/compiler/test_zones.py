"""An instant is read as a date, a month or an hour of the business, not of the machine or of UTC."""

import pytest
from compiling import Bench, compile_steps

# 00:30 on 1 July in Rome, and 23:30 on 31 July in Rome.
TABLES = {
    "t": {
        "columns": {"id": "INTEGER", "at": "TIMESTAMP WITH TIME ZONE", "day": "DATE", "plain": "TIMESTAMP"},
        "primary_key": "id",
        "rows": [
            [1, "2026-06-30T22:30:00+00:00", "2026-07-01", "2026-07-01T00:30:00"],
            [2, "2026-07-31T21:30:00+00:00", "2026-07-31", "2026-07-31T23:30:00"],
        ],
    }
}

EXPRESSIONS = [
    ("cast(at as date)", ["2026-07-01", "2026-07-31"]),
    ("at::timestamp", ["2026-07-01 00:30:00", "2026-07-31 23:30:00"]),
    ("date_trunc('day', at)::date", ["2026-07-01", "2026-07-31"]),
    ("date_trunc('month', at)", ["2026-06-30 22:00:00+00", "2026-06-30 22:00:00+00"]),
    ("extract(hour from at)", ["0", "23"]),
    ("month(at)", ["7", "7"]),
    ("date_part('day', at)", ["1", "31"]),
    ("strftime(at, '%d.%m.')", ["01.07.", "31.07."]),
    ("monthname(at)", ["July", "July"]),
    ("date_diff('day', day, at)", ["0", "0"]),
    ("date_diff('month', at, $now)", ["0", "0"]),
    ("date_diff('hour', at, at + interval 3 hours)", ["3", "3"]),
    ("at >= '2026-07-01'", ["true", "true"]),
    ("at < '2026-07-01 00:00:00+00'", ["true", "false"]),
    ("at between '2026-07-01' and '2026-07-31'", ["true", "false"]),
    ("at::date = day", ["true", "true"]),
    ("at >= day", ["true", "true"]),
    ("at = plain", ["true", "true"]),
    ("at < $now", ["true", "false"]),
    ("cast(coalesce(at, $now) as date)", ["2026-07-01", "2026-07-31"]),
    ("(at + interval 1 hour)::date", ["2026-07-01", "2026-08-01"]),
    ("at at time zone 'Europe/Rome'", ["2026-07-01 00:30:00", "2026-07-31 23:30:00"]),
    ("(at at time zone 'UTC')::date", ["2026-06-30", "2026-07-31"]),
    ("plain::date", ["2026-07-01", "2026-07-31"]),
    ("cast(max(at) over () as date)", ["2026-07-31", "2026-07-31"]),
    ("least(at, at)::date", ["2026-07-01", "2026-07-31"]),
]


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_an_expression_reads_an_instant_by_the_clock_of_the_business(text: str, expected: list[str]) -> None:
    steps: list[dict[str, object]] = [{"id": "x", "use": "derive", "from": "t", "columns": {"v": text}}]
    assert values(steps) == expected


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_so_does_a_select(text: str, expected: list[str]) -> None:
    query = f"with c as (select id, at, day, plain from t) select s.id, {text} as v from (select * from c) as s"
    assert values([{"id": "x", "use": "sql", "from": "t", "query": query}]) == expected


def values(steps: list[dict[str, object]]) -> list[str]:
    bench = Bench(compile_steps(TABLES, steps, timezone="Europe/Rome"), TABLES)
    rows = bench.connection.execute("SELECT CAST(v AS VARCHAR) FROM x ORDER BY id").fetchall()
    return [row[0] for row in rows]


def test_a_column_that_became_a_date_is_not_moved_again() -> None:
    query = "with c as (select id, at::date as at from t) select id, at::date as v from c"
    assert values([{"id": "x", "use": "sql", "from": "t", "query": query}]) == ["2026-07-01", "2026-07-31"]


def test_in_utc_nothing_is_rewritten() -> None:
    job = compile_steps(TABLES, [{"id": "x", "use": "derive", "from": "t", "columns": {"v": "at::date"}}])
    select = job.stages[0].select
    assert select is not None
    assert "ZONE" not in select.sql("duckdb")


def test_groups_conditions_figures_and_matches_count_by_the_days_of_the_business() -> None:
    steps = [
        {"id": "a", "use": "aggregate", "from": "t", "group_by": {"month": "month(at)"}, "measures": {"n": "count(*)"}},
        {"id": "f", "use": "filter", "from": "t", "where": "at < '2026-07-02'"},
        {"id": "w", "use": "window", "from": "t", "order_by": "id", "columns": {"first": "first_value(at::date)"}},
    ]
    bench = Bench(compile_steps(TABLES, steps, timezone="Europe/Rome"), TABLES)
    assert bench.rows("a") == [[7, 2]]
    assert bench.connection.execute("SELECT id FROM f").fetchall() == [(1,)]
    assert bench.connection.execute('SELECT DISTINCT CAST("first" AS VARCHAR) FROM w').fetchall() == [("2026-07-01",)]
