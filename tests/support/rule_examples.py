"""The examples of an engine's rules as queries over the suite's table, and random rows for it."""

# ruff: noqa: DTZ001 - timestamps without a zone are among what is compared
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from both_engines import Row, alike
from hypothesis import strategies as st

from pipelines.inplace.scalars import Rule


def distinct(rules: Mapping[str, Rule]) -> list[Rule]:
    """Each rule once, though several nodes may come to it."""
    return list({id(rule.say): rule for rule in rules.values()}.values())


def is_aggregate(rule: Rule) -> bool:
    return rule.say.__module__.endswith(".aggregates") and not rule.name.startswith("over")


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


def by_first(row: Row) -> tuple[bool, str]:
    return row[0] is None, repr(row[0])


def same_rows(mine: list[Row], theirs: list[Row]) -> bool:
    """Whether both have the same rows, in whatever order."""
    left = list(theirs)
    for row in mine:
        match = next((other for other in left if len(row) == len(other) and all(map(alike, row, other))), None)
        if match is None:
            return False
        left.remove(match)
    return not left


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
QUERIES = [query.replace("USING_KEYS", "ON a.key = b.key") for query in QUERIES]
"""Whole queries: joins, sets, groups, windows and orders."""


_ATOMS = ["a", "b", "B", "1", " ", "é", "😀", r"\.", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", r"\n"]
_ATOMS += ["[a-c]", "[^a-c]", r"[\d.-]", r"[^\s,]", "[A-Z_%]", r"[\]\\]", "[^é]"]
_TIMES = ["", "", "*", "+", "?", "{2}", "{0,1}", "{1,}"]
_PIECES = st.builds(str.__add__, st.sampled_from(_ATOMS), st.sampled_from(_TIMES))
_ROWS = st.lists(_PIECES, min_size=1, max_size=3).map("".join)
_OPEN, _OTHERS = st.sampled_from(["(", "(?:"]), st.sampled_from(["", "|b", "|[0-9]a"])
_GROUPS = st.builds("{}{}{}){}".format, _OPEN, _ROWS, _OTHERS, st.sampled_from(_TIMES))
_START, _END = st.sampled_from(["", "^"]), st.sampled_from(["", "$"])
_PARTS = st.lists(_ROWS | _GROUPS, min_size=1, max_size=3).map("".join)
PATTERNS = st.builds("{}{}{}".format, _START, _PARTS, _END)
"""Regular expressions of the kind that every engine reads alike."""
RUNS = st.builds("{}{}{}{}".format, _START, st.sampled_from(_ATOMS), st.sampled_from(["", "+", "{2}", "{1,2}"]), _END)
"""Those of one kind of characters."""


def by_patterns(patterns: list[str], runs: list[str]) -> str:
    """A SELECT of what matches these, and of these runs taken out and replaced."""
    found = [f"{name}(v, '{item}')" for item in patterns for name in ("regexp_matches", "regexp_full_match")]
    for item in runs:
        found += [f"regexp_extract(v, '{item}')", f"regexp_replace(w, '{item}', '<$1>', 'g')"]
    return f"SELECT key, {listed(found)} FROM t"
