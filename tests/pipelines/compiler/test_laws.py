"""Laws of any pipeline on any data: lineage covers, filters commute with unions, types are the engine's."""

import duckdb
import pytest
from compiling import Bench, Tables, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.expressions import parse_expression, resolve, to_sql
from pipelines.job import Field, Relation

TYPES = {
    "n": "INTEGER",
    "money": "DECIMAL(18,2)",
    "word": "VARCHAR",
    "day": "DATE",
    "flag": "BOOLEAN",
    "real": "DOUBLE",
}

numbers = st.sampled_from(
    ["n", "money", "n + 1", "money * 2", "coalesce(n, 0)", "length(word)", "money - n", "abs(n)", "3", "0.25"]
)
truths = st.sampled_from(
    ["flag", "n > 1", "money <= 2.5", "word = 'b'", "day < '2026-07-02'", "n is null", "word in ('a', 'b')"]
)
texts = st.sampled_from(["word", "upper(word)", "word || '-'", "cast(n as varchar)", "'x'"])
expressions = st.one_of(
    numbers,
    truths,
    texts,
    st.builds("case when {0} then {1} else {2} end".format, truths, numbers, numbers),
    st.builds("({0}) + ({1})".format, numbers, numbers),
    st.builds("({0}) / ({1})".format, numbers, numbers),
    st.builds("({0}) and not ({1})".format, truths, truths),
    st.builds("coalesce({0}, {1})".format, texts, texts),
)
rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-5, 5)),
        st.one_of(st.none(), st.decimals(-9, 9, places=2).map(str)),
        st.one_of(st.none(), st.sampled_from(["a", "b", "B", ""])),
        st.one_of(st.none(), st.sampled_from(["2026-07-01", "2026-07-02", "2026-07-03"])),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.integers(-4, 4).map(lambda value: value / 4)),
    ).map(list),
    max_size=6,
)


def table(found: list[list[object]]) -> dict[str, object]:
    return {"columns": TYPES, "rows": found}


@given(st.lists(expressions, min_size=1, max_size=4), truths)
@settings(max_examples=25, deadline=None)
def test_types_at_compile_time_are_the_types_at_run_time(chosen: list[str], where: str) -> None:
    tables: Tables = {"t": table([])}
    steps = [
        {
            "id": "a",
            "use": "derive",
            "from": "t",
            "columns": {f"c{number}": text for number, text in enumerate(chosen)},
        },
        {"id": "b", "use": "filter", "from": "a", "where": where},
        {
            "id": "c",
            "use": "aggregate",
            "from": "b",
            "group_by": ["c0"],
            "measures": {"most": "max(n)", "all": "sum(money)"},
        },
    ]
    bench = Bench(compile_steps(tables, steps), tables)
    for name, relation in bench.job.relations.items():
        assert [field.type for field in relation.fields] == bench.types(name)


@given(st.lists(expressions, min_size=1, max_size=3), truths, rows)
@settings(max_examples=10, deadline=None)
def test_a_column_changes_only_with_the_columns_of_its_lineage(
    chosen: list[str], where: str, found: list[list[object]]
) -> None:
    """Emptying every source column that a result does not come from leaves it as it was."""
    steps = [
        {
            "id": "a",
            "use": "derive",
            "from": "t",
            "columns": {f"c{number}": text for number, text in enumerate(chosen)},
        },
        {"id": "b", "use": "derive", "from": "a", "columns": {"d": f"case when {where} then c0 end"}},
    ]
    before = Bench(compile_steps({"t": table(found)}, steps), {"t": table(found)})
    for position, field in enumerate(before.job.relations["b"].fields):
        kept = {origin.column for origin in field.origins}
        emptied = [[value if name in kept else None for name, value in zip(TYPES, row, strict=True)] for row in found]
        after = Bench(compile_steps({"t": table(emptied)}, steps), {"t": table(emptied)})
        assert [row[position] for row in before.rows("b")] == [row[position] for row in after.rows("b")], field


@given(truths, rows, rows)
@settings(max_examples=20, deadline=None)
def test_filtering_a_union_is_the_union_of_the_filtered(
    where: str, first: list[list[object]], second: list[list[object]]
) -> None:
    tables = {"x": table(first), "y": table(second)}
    steps = [
        {"id": "both", "use": "union", "from": ["x", "y"]},
        {"id": "after", "use": "filter", "from": "both", "where": where},
        {"id": "fx", "use": "filter", "from": "x", "where": where},
        {"id": "fy", "use": "filter", "from": "y", "where": where},
        {"id": "before", "use": "union", "from": ["fx", "fy"]},
    ]
    bench = Bench(compile_steps(tables, steps), tables)
    assert sorted(map(repr, bench.rows("after"))) == sorted(map(repr, bench.rows("before")))


@given(truths, rows)
@settings(max_examples=20, deadline=None)
def test_a_filter_and_its_rest_hold_every_row_once(where: str, found: list[list[object]]) -> None:
    tables = {"t": table(found)}
    steps = [
        {"id": "f", "use": "filter", "from": "t", "where": where},
        {"id": "all", "use": "union", "from": ["f", "f.rest"]},
    ]
    bench = Bench(compile_steps(tables, steps), tables)
    assert sorted(map(repr, bench.rows("all"))) == sorted(map(repr, bench.rows("t")))


@given(rows)
@settings(max_examples=20, deadline=None)
def test_what_is_unpivoted_and_pivoted_again_is_what_it_was(found: list[list[object]]) -> None:
    unique = {row[0]: row for row in found if row[0] is not None}
    tables = {"t": {**table(list(unique.values())), "primary_key": "n"}}
    steps = [
        {"id": "long", "use": "unpivot", "from": "t", "columns": ["money"], "keep": "n"},
        {
            "id": "wide",
            "use": "pivot",
            "from": "long",
            "by": "n",
            "column": "name",
            "values": ["money"],
            "measure": "max(value)",
        },
    ]
    bench = Bench(compile_steps(tables, steps), tables)
    assert sorted(bench.rows("wide"), key=repr) == sorted(([row[0], row[1]] for row in bench.rows("t")), key=repr)


@given(rows)
@settings(max_examples=20, deadline=None)
def test_deduplication_keeps_one_row_of_each_and_the_rest_are_the_others(found: list[list[object]]) -> None:
    tables = {"t": table(found)}
    keep = list(TYPES)
    steps = [
        {"id": "d", "use": "dedupe", "from": "t", "by": "word", "keep": keep[:2] + keep[3:]},
        {"id": "all", "use": "union", "from": ["d", "d.duplicates"]},
    ]
    bench = Bench(compile_steps(tables, steps), tables)
    kept = [row[2] for row in bench.rows("d")]
    assert len(kept) == len(set(kept))
    assert sorted(map(repr, bench.rows("all"))) == sorted(map(repr, bench.rows("t")))


MEANINGS = [
    "n // 2",
    "n % 2",
    "mod(n + 1, 2)",
    "-n",
    "n - (n - 1)",
    "n * (money + 1)",
    "n ** 2",
    "n ^ 2",
    "@n",
    "not flag and n > 0",
    "not (flag and n > 0)",
    "n between 1 and 2 and flag",
    "n not between 0 and 3",
    "word not in ('a', null)",
    "flag is not true",
    "word like 'a%'",
    "word not like 'a%'",
    "word ilike 'B'",
    "word similar to 'a|b'",
    "n is distinct from 1",
    "n is not distinct from null",
    "word || '-' || word",
    "concat(word, null, 'x')",
    "concat_ws('-', word, null, 'x')",
    "coalesce(word, 'none')",
    "ifnull(word, 'none')",
    "nullif(word, 'a')",
    "if(n > 0, 'pos', 'neg')",
    "case word when 'a' then 1 when 'b' then 2 else 3 end",
    "greatest(n, 1)",
    "least(n, null, 1)",
    "left(word, 1)",
    "right(word, 1)",
    "left(word, -1)",
    "right(word, -1)",
    "substring(word, 1, 1)",
    "word[1]",
    "length(word)",
    "strlen(word)",
    "position('b' in word)",
    "instr(word, 'b')",
    "replace(word, 'a', 'z')",
    "trim(both 'a' from word)",
    "trim(word, 'a')",
    "ltrim(word, 'a')",
    "lpad(word, 3, '*')",
    "repeat(word, 2)",
    "reverse(word)",
    "split_part('a-b', '-', 2)",
    "string_split('a-b', '-')",
    "contains(word, 'a')",
    "starts_with(word, 'a')",
    "ends_with(word, 'b')",
    "regexp_matches(word, 'a|b')",
    "regexp_full_match(word, 'a')",
    "regexp_replace(word, '[ab]', 'x')",
    "regexp_replace('aabb', '[ab]', 'x', 'g')",
    "regexp_extract('a1b2', '([a-z])([0-9])', 2)",
    "ascii(word)",
    "chr(65)",
    "levenshtein(word, 'ab')",
    "md5(word)",
    "sha256(word)",
    "date_trunc('month', day)",
    "date_trunc('week', day)",
    "date_part('year', day)",
    "extract(month from day)",
    "extract(dow from day)",
    "extract(week from day)",
    "year(day)",
    "quarter(day)",
    "weekofyear(day)",
    "dayofweek(day)",
    "isodow(day)",
    "dayofyear(day)",
    "dayname(day)",
    "monthname(day)",
    "last_day(day)",
    "date_diff('day', day, date '2026-08-01')",
    "datediff('month', day, date '2026-08-01')",
    "date_sub('month', day, date '2026-08-15')",
    "day + 1",
    "day - 1",
    "day - date '2026-01-01'",
    "day + interval 1 month",
    "day - interval '2' day",
    "date_add(day, interval 1 week)",
    "day + interval (n) day",
    "strftime(day, '%d.%m.%Y')",
    "strptime('03/07/2026', '%d/%m/%Y')",
    "try_strptime('x', '%d/%m/%Y')",
    "make_date(2026, 7, 1)",
    "age(day, date '2020-01-01')",
    "day::timestamp",
    "day::timestamp at time zone 'Europe/Rome'",
    "cast('2026-07-01 10:00:00+00' as timestamptz) at time zone 'Europe/Rome'",
    "time_bucket(interval '7 days', day)",
    "epoch(day::timestamp)",
    "epoch_ms(1000)",
    "to_timestamp(1000)",
    "round(money, 1)",
    "round(money)",
    "ceil(money)",
    "floor(money)",
    "trunc(money)",
    "sign(money)",
    "sqrt(abs(n))",
    "ln(abs(n) + 1)",
    "log(100)",
    "log10(100)",
    "log2(8)",
    "pow(n, 2)",
    "exp(n)",
    "pi()",
    "gcd(n, 4)",
    "money::integer",
    "money::varchar",
    "try_cast(word as integer)",
    "'12'::decimal(18,2)",
    "cast(n as double) / 3",
    "money / 3",
    "[n, 1]",
    "list_contains([1, 2], n)",
    "list_sum([n, 1])",
    "list_sort([3, 1, 2])",
    "[1, 2, 3][2]",
    "[1, 2, 3][1:2]",
    "len([1, 2])",
    "array_to_string(['a', 'b'], '-')",
    "list_concat([1], [n])",
    "{'a': n}.a",
    "{'a': n}['a']",
    "json_extract('{\"a\": 1}', '$.a')",
    "json_extract_string('{\"a\": \"x\"}', '$.a')",
    "'{\"a\": 1}'::json ->> '$.a'",
    "isnan(real)",
    "isfinite(real)",
    "typeof(money)",
    "n is null",
    "n isnull",
    "n notnull",
    "true and null",
    "1_000 + n",
    "1e2 + n",
    "'it''s'",
    "$$it's$$",
    "unicode(word)",
    "translate(word, 'ab', 'xy')",
    "strip_accents('é')",
    "jaro_winkler_similarity('anna', 'hanna')",
    "date '2026-07-01'",
    "timestamp '2026-07-01 10:00:00'",
    "interval 3 days",
    "week(day)",
    "isoyear(day)",
    "yearweek(day)",
    "hour(timestamp '2026-07-01 10:00:00')",
    "count(*) over ()",
    "sum(n) over (order by n)",
    "rank() over (order by money desc)",
]


@pytest.fixture(scope="module")
def sample() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE t (n INTEGER, money DECIMAL(18,2), word VARCHAR, day DATE, flag BOOLEAN, real DOUBLE)"
    )
    connection.execute(
        "INSERT INTO t VALUES (1, 1.25, 'a', '2026-07-01', true, 0.5), (2, -7.50, 'ab', '2026-12-31', false, 0.25),"
        " (-3, 0.05, 'B', '2027-01-01', null, 'nan'), (null, null, null, null, null, null),"
        " (0, 99.99, '', '2024-02-29', true, 'inf')"
    )
    return connection


@pytest.mark.parametrize("text", MEANINGS)
def test_an_expression_means_what_the_engine_says_it_means(text: str, sample: duckdb.DuckDBPyConnection) -> None:
    """Parsing into a tree and writing it back changes neither value nor type."""
    relation = Relation("t", tuple(Field(name, type_) for name, type_ in TYPES.items()))
    tree = resolve(parse_expression(text, {"step": "x"}, {}), relation, {"step": "x"})
    results = []
    for spelled in (text, to_sql(tree)):
        # As text: Python's own times with a zone would need a further library.
        found = sample.execute(f"SELECT typeof({spelled}), CAST(({spelled}) AS VARCHAR) FROM t ORDER BY rowid")
        results.append(found.fetchall())
    assert results[0] == results[1]
