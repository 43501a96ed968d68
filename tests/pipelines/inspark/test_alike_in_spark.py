"""Every function and operator on Spark's list gives there what it gives in DuckDB: the list is what was run."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from both_engines import FIXED, Row, differences
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_examples import PATTERNS, QUERIES, ROWS, RUNS, alone, by_first, by_patterns, distinct, same_rows, statements
from spark_engine import WithSpark, needs_spark

from pipelines.engines.duckdb import Limits
from pipelines.engines.spark import opened
from pipelines.inplace.kinds import CannotSayError
from pipelines.inplace.scalars import RULES, Rule
from pipelines.inspark.job import LISTS
from pipelines.inspark.rules import SPARK
from spec.errors import DataError

STOPS = (DataError, duckdb.OutOfRangeException, duckdb.ConversionException)


@pytest.fixture(scope="module")
def engines() -> Iterator[WithSpark]:
    with opened(Limits(threads=2), None) as spark, duckdb.connect() as here:
        yield WithSpark(here, spark)


@pytest.fixture
def filled(engines: WithSpark) -> WithSpark:
    """Both engines with the suite's own rows."""
    if engines.rows != FIXED:
        engines.fill(FIXED)
    return engines


def rules() -> list[Rule]:
    return distinct(SPARK)


def compared(engines: WithSpark, query: str) -> dict[str, list[object]]:
    mine, theirs = engines.query(query)
    names = [f"x{number}" for number in range(-1, len(mine[0]) - 1 if mine else 0)]
    return differences(sorted(mine, key=by_first), sorted(theirs, key=by_first), names)


def test_sparks_list_names_nothing_that_postgresqls_does_not() -> None:
    missing = {rule.name for rule in distinct(RULES)} - {rule.name for rule in rules()}
    assert missing == {
        "array_length",
        "array_to_string",
        "list[n]",
        "list_contains",
        "list_extract",
        "list_reverse",
        "list_slice",
        "list_sort",
        "strftime",
        "string_split",
        "try_cast",
    }
    assert {rule.name for rule in rules()} < {rule.name for rule in distinct(RULES)}
    assert {rule.name for rule in rules() if not rule.examples} == {
        "exists",
        "a query as a value",
        "unnest(generate_series(...))",
    }
    assert LISTS


@needs_spark
@pytest.mark.parametrize("name", [rule.name for rule in rules() if rule.examples])
def test_the_examples_of_a_rule_give_the_same_in_spark(filled: WithSpark, name: str) -> None:
    rule = next(rule for rule in rules() if rule.name == name)
    for query in alone(rule):
        assert compared(filled, query) == {}, query


@needs_spark
@pytest.mark.timeout(900)
def test_all_examples_over_no_rows_give_the_same_in_spark(engines: WithSpark) -> None:
    hold(engines, [])


def hold(engines: WithSpark, rows: list[Row]) -> None:
    """All examples over these rows; each alone where one of them stops an engine."""
    engines.fill(rows)
    for rule in rules():
        if not rule.examples:
            continue
        try:
            found = [compared(engines, query) for query in statements([rule])]
        except STOPS:
            found = [held for query in alone(rule) if (held := stopped_or_compared(engines, query))]
        assert [item for item in found if item] == [], rule.name


def stopped_or_compared(engines: WithSpark, query: str) -> dict[str, list[object]] | None:
    """What is out of range stops the run there, and is never another value."""
    try:
        return compared(engines, query)
    except STOPS:
        return None


@needs_spark
@pytest.mark.timeout(1800)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_random_rows_give_the_same_in_spark(engines: WithSpark, rows: list[Row]) -> None:
    hold(engines, rows)


@needs_spark
@pytest.mark.timeout(1800)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=ROWS,
    patterns=st.lists(PATTERNS, min_size=10, max_size=10),
    runs=st.lists(RUNS, min_size=5, max_size=5),
)
def test_random_patterns_match_the_same_in_spark(
    engines: WithSpark, rows: list[Row], patterns: list[str], runs: list[str]
) -> None:
    engines.fill(rows or FIXED)
    assert compared(engines, by_patterns(patterns, runs)) == {}


@needs_spark
@pytest.mark.faults
@pytest.mark.timeout(14400)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_many_random_rows_give_the_same_in_spark(engines: WithSpark, rows: list[Row]) -> None:
    hold(engines, rows)


OWN_QUERIES = [
    "SELECT key, '${user} \\u0041 \\n ''x''' AS x FROM t",
    "SELECT key, z > '2020-12-31 00:00:00+00' AS x, z = '2024-02-29 23:00:00Z' AS y FROM t",
    "SELECT key, z >= '2024-02-29 23:00:00+00:00' AS x, ts > '2020-12-31' AS y FROM t",
    "SELECT key, u = '00000000-0000-0000-0000-00000000000A' AS x FROM t",
    "SELECT key, CASE WHEN i IN (SELECT l FROM t) THEN 1 ELSE 0 END AS x FROM t",
    "SELECT b.key FROM t AS b WHERE NOT EXISTS (SELECT 1 FROM t AS v WHERE v.i > b.i)",
    "SELECT b.key FROM t AS b WHERE b.b OR EXISTS (SELECT 1 FROM t AS i WHERE i.i > b.i)",
    "SELECT key, unnest(generate_series(s, 3)) AS n FROM t WHERE s < 9",
    "SELECT key FROM t WHERE i > (SELECT min(l) FROM t)",
    "SELECT s, round(round(f / 3, 4), 2) AS x FROM t",
    "SELECT f, count(*) AS n FROM t GROUP BY f",
]


@needs_spark
@pytest.mark.parametrize("query", [*QUERIES, *OWN_QUERIES])
def test_a_query_gives_the_same_rows_in_spark(filled: WithSpark, query: str) -> None:
    mine, theirs = filled.query(query)
    assert mine or "EXCEPT" in query
    assert same_rows(mine, theirs), (mine, theirs)


REFUSED = [
    ("SELECT key, strptime(v, '%Y') AS x FROM t", "strptime()"),
    ("SELECT key, regexp_replace(v, 'a', 'b') AS x FROM t", "regexp_replace() without 'g'"),
    ("SELECT key, TRY_CAST(v AS INTEGER) AS x FROM t", "TRY_CAST"),
    ("SELECT key, CAST(f AS VARCHAR) AS x FROM t", "double as text"),
    ("SELECT key, CAST('01:02:03' AS TIME) AS x FROM t", "a time of day"),
    ("SELECT key, cast(l as hugeint) // 7 AS x FROM t", "IntDiv of huge"),
    ("SELECT key, row_number() OVER () AS x FROM t", "a window without an order"),
    ("SELECT a.key, (SELECT max(b.v) FROM t AS b WHERE b.i = a.i) AS x FROM t AS a", "the query around it"),
    (
        "SELECT a.s FROM t a WHERE EXISTS (SELECT 1 FROM t b WHERE EXISTS (SELECT 1 FROM t c WHERE c.i > a.i))",
        "a query further out",
    ),
    ("SELECT sum(CASE WHEN i IN (SELECT l FROM t) THEN 1 END) AS x FROM t", "a query inside an aggregate"),
    ("SELECT b, max(i) AS x FROM t GROUP BY b HAVING max(i) IN (SELECT l FROM t)", "a query inside an aggregate"),
]


@pytest.mark.parametrize(("query", "said"), REFUSED)
def test_what_nobody_has_run_in_spark_is_not_said(query: str, said: str) -> None:
    with duckdb.connect() as here, pytest.raises(CannotSayError) as raised:
        WithSpark(here, None).said(query)  # type: ignore[arg-type]
    assert said in str(raised.value)
