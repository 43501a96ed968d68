"""Every function and operator on the list gives the same in DuckDB and in PostgreSQL: the list is what was run."""

from __future__ import annotations

import duckdb
import psycopg
import pytest
from both_engines import COLUMNS, FIXED, Both, Row, differences
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_examples import PATTERNS, QUERIES, ROWS, RUNS, alone, by_first, by_patterns, distinct, same_rows, statements

from pipelines.inplace.kinds import CannotSayError
from pipelines.inplace.pattern import read
from pipelines.inplace.queries import LISTS
from pipelines.inplace.scalars import RULES, Rule
from pipelines.inplace.texts import SPACES


def rules() -> list[Rule]:
    return distinct(RULES)


def compared(engines: Both, query: str) -> dict[str, list[object]]:
    mine, theirs = engines.query(query)
    names = [f"x{number}" for number in range(-1, len(mine[0]) if mine else 0)]
    return differences(sorted(mine, key=by_first), sorted(theirs, key=by_first), names[: len(mine[0]) if mine else 0])


def test_each_module_of_the_list_has_rules_on_it_and_nobody_else() -> None:
    assert {rule.say.__module__ for rule in rules()} == {module.__name__ for module in LISTS}


def test_each_rule_on_the_list_has_an_example() -> None:
    without = {rule.name for rule in rules() if not rule.examples}
    assert without == {"exists", "a query as a value", "unnest(generate_series(...))"}


@pytest.mark.parametrize("name", [rule.name for rule in rules() if rule.examples])
def test_the_examples_of_a_rule_give_the_same_on_both_engines(filled: Both, name: str) -> None:
    rule = next(rule for rule in rules() if rule.name == name)
    for query in alone(rule):
        assert compared(filled, query) == {}, query


def test_all_examples_over_no_rows_give_the_same_on_both_engines(engines: Both) -> None:
    engines.fill([])
    for query in statements(rules()):
        assert compared(engines, query) == {}, query


def hold(engines: Both, rows: list[Row]) -> None:
    """All examples over these rows; each alone where one of them stops an engine."""
    engines.fill(rows)
    try:
        found = [compared(engines, query) for query in statements(rules())]
    except (psycopg.DataError, duckdb.OutOfRangeException, duckdb.ConversionException):
        found = [held for rule in rules() for query in alone(rule) if (held := stopped_or_compared(engines, query))]
    assert [item for item in found if item] == []


def stopped_or_compared(engines: Both, query: str) -> dict[str, list[object]] | None:
    """What is out of range stops the run there, and is never another value."""
    try:
        return compared(engines, query)
    except (psycopg.DataError, duckdb.OutOfRangeException, duckdb.ConversionException):
        return None


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_random_rows_give_the_same_on_both_engines(engines: Both, rows: list[Row]) -> None:
    hold(engines, rows)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=ROWS,
    patterns=st.lists(PATTERNS, min_size=10, max_size=10),
    runs=st.lists(RUNS, min_size=5, max_size=5),
)
def test_random_patterns_match_the_same_on_both_engines(
    engines: Both, rows: list[Row], patterns: list[str], runs: list[str]
) -> None:
    engines.fill(rows or FIXED)
    assert compared(engines, by_patterns(patterns, runs)) == {}


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bа",
        "a*?",
        "(?i)a",
        "a|",
        "(a|)",
        "^a|b",
        "[[:alpha:]]",
        "[a&&b]",
        "a{300}",
        "a++",
        "x(?=a)",
        r"(a)\1",
        "[a",
        "(a",
    ],
)
def test_a_pattern_that_engines_may_read_otherwise_is_not_said(pattern: str) -> None:
    with pytest.raises(CannotSayError):
        read(pattern)


@pytest.mark.faults
@pytest.mark.timeout(3600)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_many_random_rows_give_the_same_on_both_engines(engines: Both, rows: list[Row]) -> None:
    hold(engines, rows)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_gives_the_same_rows_on_both_engines(filled: Both, query: str) -> None:
    mine, theirs = filled.query(query)
    assert mine or "EXCEPT" in query
    assert same_rows(mine, theirs)


REFUSED = [
    ("SELECT key, lower(v) AS v FROM t ORDER BY v NULLS LAST, key LIMIT 4", "a column and something computed"),
    ("SELECT key, strptime(v, '%Y') AS x FROM t", "strptime()"),
    ("SELECT key, regexp_replace(v, 'ab|a', 'b') AS x FROM t", "regexp_replace() by a pattern of several parts"),
    ("SELECT key, TRY_CAST(v AS INTEGER) AS x FROM t", "TRY_CAST of text as integer"),
    ("SELECT key, TRY_CAST(v AS DATE) AS x FROM t", "TRY_CAST of text as date"),
    ("SELECT key, strftime(day, '%G') AS x FROM t", "strftime() with %G"),
    ("SELECT key, string_split(v, w)[1] AS x FROM t", "by a border that is no constant"),
    ("SELECT key, list_extract(string_split(v, 'a'), i) AS x FROM t", "in a place that is no constant"),
    ("SELECT key, string_split(v, 'a') AS x FROM t", "VARCHAR[]"),
    ("SELECT key, list_distinct(string_split(v, 'a'))[1] AS x FROM t", "list_distinct()"),
    ("SELECT key, CAST(v AS INTEGER) AS x FROM t", "CAST of text as integer"),
    ("SELECT key, CAST(f AS DECIMAL(18, 2)) AS x FROM t", "CAST of double as decimal"),
    ("SELECT key, CAST(f AS VARCHAR) AS x FROM t", "double as text"),
    ("SELECT key, reverse(v) AS x FROM t", "reverse()"),
    ("SELECT key, v ILIKE 'a' AS x FROM t", "ILIKE"),
    ("SELECT key, substr(v, -2) AS x FROM t", "substring() from a place"),
    ("SELECT key, [i, 1] AS x FROM t", "the type INTEGER[]"),
    ("SELECT key, last_value(v IGNORE NULLS) OVER (ORDER BY key) AS x FROM t", "IGNORE NULLS"),
    ("SELECT a.key FROM t AS a FULL JOIN t AS b ON a.key < b.key", "FULL JOIN"),
    (
        "SELECT key, sum(i) OVER (ORDER BY day RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) AS x FROM t",
        "a frame",
    ),
    ("SELECT a.key FROM t AS a ASOF JOIN t AS b ON a.day >= b.day", "method"),
    ("SELECT key, unnest([v, w]) AS x FROM t", "unnest()"),
    (
        "SELECT key, unnest(generate_series(0, s)) AS x, unnest(generate_series(0, i)) AS y FROM t",
        "several lists as rows",
    ),
    ("SELECT * EXCLUDE (b) FROM t", "* with exceptions"),
    ("SELECT key, day > z AS x FROM t", "a comparison of date and instant"),
]


@pytest.mark.parametrize(("query", "said"), REFUSED)
def test_what_nobody_has_run_on_both_engines_is_not_said(engines: Both, query: str, said: str) -> None:
    with pytest.raises(CannotSayError) as raised:
        engines.said(query)
    assert said in str(raised.value)


def test_trim_takes_away_what_duckdb_takes_away(engines: Both) -> None:
    found = engines.here.execute(
        "SELECT chr(n::INTEGER) FROM (FROM range(1, 55296) UNION ALL FROM range(57344, 125252)) AS r(n) "
        "WHERE trim(chr(n::INTEGER)) = ''"
    ).fetchall()
    assert {row[0] for row in found} == set(SPACES)


def test_the_suites_table_has_a_column_of_each_kind_that_arithmetic_and_texts_need() -> None:
    assert set(COLUMNS.values()) >= {
        "BOOLEAN",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "DECIMAL(18,2)",
        "DOUBLE",
        "VARCHAR",
        "DATE",
    }
