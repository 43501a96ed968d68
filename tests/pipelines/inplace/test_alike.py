"""Every function and operator on the list gives the same in DuckDB and in PostgreSQL: the list is what was run."""

# ruff: noqa: DTZ001 - timestamps without a zone are among what is compared
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import psycopg
import pytest
from both_engines import COLUMNS, Both, Row, alike, differences
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.inplace import aggregates, functions, operators
from pipelines.inplace.functions import SPACES
from pipelines.inplace.kinds import CannotSayError
from pipelines.inplace.scalars import RULES, Rule

LISTED = (aggregates, functions, operators)
"""Imported for their rules, which are then on the list."""


def rules() -> list[Rule]:
    """Each rule once, though several nodes may come to it."""
    return list({id(rule.say): rule for rule in RULES.values()}.values())


def is_aggregate(rule: Rule) -> bool:
    return rule.say.__module__ == aggregates.__name__ and not rule.name.startswith("over")


def statements(chosen: list[Rule]) -> list[str]:
    """The examples of rules as SELECTs, as many of them at once as can be: by row, over all rows, and by group."""
    single = [example for rule in chosen if not is_aggregate(rule) for example in rule.examples]
    several = [example for rule in chosen if is_aggregate(rule) for example in rule.examples]
    found: list[str] = []
    if single:
        found.append(f"SELECT key, {listed(single)} FROM t")
    if several:
        found += [f"SELECT 0 AS key, {listed(several)} FROM t", f"SELECT b AS key, {listed(several)} FROM t GROUP BY b"]
    return found


def listed(examples: list[str]) -> str:
    return ", ".join(f"{example} AS x{number}" for number, example in enumerate(examples))


def alone(rule: Rule) -> list[str]:
    """Each example of a rule in a SELECT of its own."""
    return [query for example in rule.examples for query in statements([replace(rule, examples=(example,))])]


def compared(engines: Both, query: str) -> dict[str, list[object]]:
    mine, theirs = engines.query(query)
    names = [f"x{number}" for number in range(-1, len(mine[0]) if mine else 0)]
    return differences(sorted(mine, key=by_first), sorted(theirs, key=by_first), names[: len(mine[0]) if mine else 0])


def by_first(row: Row) -> tuple[bool, str]:
    return row[0] is None, repr(row[0])


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


TEXTS = st.text(alphabet=st.sampled_from("abABzZ éÉßſİıſǅΣσς\u00a0\u2003\t\n-,.;%_\\'\"0123456789😀"), max_size=8)
NUMBERS = st.integers(-(10**4), 10**4)
DATES = st.dates(date(1, 2, 1), date(9999, 11, 30))
TIMES = st.datetimes(datetime(1, 2, 1), datetime(9999, 11, 30))


def maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


ROWS = st.lists(
    st.tuples(
        maybe(st.booleans()),
        maybe(st.integers(-(10**3), 10**3)),
        maybe(NUMBERS),
        maybe(st.integers(-(10**8), 10**8) | st.just(0)),
        maybe(st.integers(-(10**9), 10**9).map(lambda n: Decimal(n).scaleb(-2))),
        maybe(st.integers(-(10**7), 10**7).map(lambda n: Decimal(n).scaleb(-4))),
        maybe(
            st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: x + 0.0) | st.sampled_from([0.5, 1.005, 2.675, -2.5])
        ),
        maybe(TEXTS),
        maybe(TEXTS),
        maybe(DATES),
        maybe(DATES),
        maybe(TIMES),
        maybe(TIMES.map(lambda at: at.replace(tzinfo=UTC))),
        maybe(st.uuids()),
    ),
    max_size=6,
).map(lambda rows: [(number, *row) for number, row in enumerate(rows)])


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


@pytest.mark.faults
@pytest.mark.timeout(3600)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_many_random_rows_give_the_same_on_both_engines(engines: Both, rows: list[Row]) -> None:
    hold(engines, rows)


QUERIES = [
    "SELECT key, v FROM t WHERE v IS NOT NULL ORDER BY v DESC NULLS LAST, key LIMIT 3",
    "SELECT key FROM t WHERE i IN (SELECT l FROM t)",
    "SELECT key, (SELECT max(w) FROM t) AS x FROM t",
    "SELECT a.key FROM t AS a WHERE EXISTS (SELECT 1 FROM t AS b WHERE b.i > a.i AND b.s = a.s)",
    "SELECT a.key, b.key AS other FROM t AS a JOIN t AS b ON a.i = b.l",
    "SELECT a.key, b.v FROM t AS a LEFT JOIN t AS b ON a.key = b.i",
    "SELECT a.key, b.v FROM t AS a FULL JOIN t AS b ON a.key = b.l",
    "SELECT a.key FROM t AS a SEMI JOIN t AS b ON a.i = b.l",
    "SELECT a.key FROM t AS a ANTI JOIN t AS b ON a.i = b.l",
    "SELECT a.key, b.key AS k FROM t AS a CROSS JOIN t AS b WHERE a.v > b.v",
    "SELECT DISTINCT v FROM t",
    "SELECT v FROM t UNION SELECT w FROM t",
    "SELECT i FROM t UNION ALL SELECT d FROM t",
    "SELECT v FROM t EXCEPT SELECT w FROM t",
    "SELECT v FROM t INTERSECT SELECT v FROM t WHERE b",
    "SELECT v, sum(d) AS x FROM t GROUP BY v HAVING count(*) > 0 AND max(w) > ''",
    "SELECT key, d FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY d DESC NULLS LAST, key) = 1",
    "SELECT key, row_number() OVER (ORDER BY v NULLS LAST, key) AS n FROM t QUALIFY n <= 2",
    "WITH p AS (SELECT key, d FROM t WHERE d > 0) SELECT a.key, b.d FROM p AS a JOIN p AS b USING_KEYS",
    "SELECT n, word FROM (VALUES (1, 'x'), (2, 'y')) AS words(n, word)",
    "SELECT b, sum(sum(d)) OVER (ORDER BY b NULLS LAST) AS x FROM t GROUP BY b",
    "SELECT * FROM t WHERE i > 1",
    "SELECT key, unnest(generate_series(0, s)) AS n FROM t WHERE s < 9",
    "SELECT key, CASE WHEN v < 'm' THEN 'early' ELSE 'late' END AS half FROM t",
]


@pytest.mark.parametrize("query", [query.replace("USING_KEYS", "ON a.key = b.key") for query in QUERIES])
def test_a_query_gives_the_same_rows_on_both_engines(filled: Both, query: str) -> None:
    mine, theirs = filled.query(query)
    assert mine or "EXCEPT" in query
    assert len(mine) == len(theirs)
    left = list(theirs)
    for row in mine:
        match = next((o for o in left if all(map(alike, row, o))), None)
        assert match is not None, row
        left.remove(match)


REFUSED = [
    ("SELECT key, lower(v) AS v FROM t ORDER BY v NULLS LAST, key LIMIT 4", "a column and something computed"),
    ("SELECT key, strptime(v, '%Y') AS x FROM t", "strptime()"),
    ("SELECT key, regexp_replace(v, 'a', 'b') AS x FROM t", "regexp_replace()"),
    ("SELECT key, TRY_CAST(v AS INTEGER) AS x FROM t", "TRY_CAST"),
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
