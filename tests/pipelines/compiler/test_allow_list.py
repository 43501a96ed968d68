"""What an expression or a SELECT may not contain is refused before anything runs, wherever in the tree it stands."""

import json

import duckdb
import pytest
import sqlglot
from compiling import compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import functions
from pipelines.expressions import parse_expression, parse_query, statement, to_sql
from spec.errors import SpecError

TABLES = {
    "t": {"columns": {"a": "INTEGER", "b": "VARCHAR", "d": "DATE", "l": "INTEGER[]"}, "rows": [], "primary_key": ["a"]}
}

FORBIDDEN_CALLS = [
    "read_csv('/etc/passwd')",
    "read_csv_auto('x')",
    "read_json('x')",
    "read_json_auto('x')",
    "read_text('/etc/passwd')",
    "read_blob('x')",
    "read_parquet('x')",
    "parquet_scan('x')",
    "parquet_metadata('x')",
    "sqlite_scan('x', 'y')",
    "postgres_query('x', 'y')",
    "mysql_query('x', 'y')",
    "glob('*')",
    "sniff_csv('x')",
    "getenv('HOME')",
    "current_setting('threads')",
    "getvariable('x')",
    "pragma_version()",
    "duckdb_settings()",
    "duckdb_secrets()",
    "duckdb_functions()",
    "which_secret('x', 's3')",
    "query('select 1')",
    "query_table('t')",
    "nextval('s')",
    "currval('s')",
    "version()",
    "current_user()",
    "current_database()",
    "current_schema()",
    "current_query()",
    "txid_current()",
    "pg_sleep(1)",
    "sleep_ms(1)",
    "write_log('x')",
    "error('x')",
    "set_config('a', 'b', false)",
    "load_extension('x')",
    "no_such_function(a)",
    "list_aggregate(l, 'sum')",
    "list_transform(l, x -> x + 1)",
    "apply(l, x -> x + 1)",
    "columns('a')",
    "struct_insert(a, b := 1)",
    "approx_count_distinct(a)",
    "reservoir_quantile(a, 0.5)",
    "hash(a)",
    "checkpoint()",
    "force_checkpoint()",
    "json_execute_serialized_sql('x')",
    "from_substrait('x')",
    "now()",
    "today()",
    "current_date",
    "current_timestamp",
    "get_current_timestamp()",
    "transaction_timestamp()",
    "age(d)",
    "random()",
    "uuid()",
    "gen_random_uuid()",
    "setseed(0.5)",
    "extract(epoch from now())",
]

ORDERED_CALLS = [
    "mode(a)",
    "first(a)",
    "any_value(a)",
    "list(a)",
    "string_agg(b, ',')",
    "arg_max(b, d)",
    "row_number() over ()",
]

EXPRESSION_POSITIONS = [
    "{}",
    "a + {}",
    "coalesce(null, {})",
    "case when a > 1 then {} end",
    "case {} when 1 then 2 end",
    "cast({} as varchar)",
    "try_cast({} as varchar)",
    "a in (1, {})",
    "a between 1 and {}",
    "[{}]",
    "[1, 2][{}]",
    "{{'x': {}}}",
    "not {}",
    "-{}",
    "b like {}",
    "b || {}",
    "sum(a) over (partition by {})",
    "sum(a) over (order by {})",
    "sum({}) over ()",
    "sum(a) filter (where {} is null) over ()",
    "extract(year from {})",
    "({})",
    "unnest({})",
    "a is distinct from {}",
    "date_trunc('day', {})",
    "if({}, 1, 2)",
    "a::integer + {}::integer",
    "json_extract(b, {})",
    "a /* x */ + {} -- y",
]

QUERY_POSITIONS = [
    "select {} from t",
    "select a from t where {} is not null",
    "select a from t group by a having {} is not null",
    "select a from t order by {}",
    "select a from t qualify {} = 1",
    "select a from (select {} as x, a from t) s",
    "with c as (select {} as x from t) select x from c",
    "select a from t where a in (select {} from t)",
    "select a from t where exists (select {} from t)",
    "select (select {} ) from t",
    "select t.a from t join t as u on {} is null",
    "select a from t union all select {} from t",
    "select a, unnest([{}]) from t",
    "select x from t, unnest([{}]) as u(x)",
    "select count(*) filter (where {} is null) from t",
    "select sum(a) over w from t window w as (partition by {})",
    "select a from t limit {}",
    "select a from t order by a offset {}",
    "select a from (values ({})) v(a)",
    "select distinct on ({}) a from t",
]

FORBIDDEN_SELECTS = [
    "",
    ";",
    "select 1; drop table t",
    "drop table t",
    "insert into t values (1)",
    "update t set a = 1",
    "delete from t",
    "create table x as select 1",
    "copy t to '/tmp/x'",
    "copy (select 1) to '/tmp/x'",
    "attach 'x.db'",
    "install httpfs",
    "load httpfs",
    "set threads = 1",
    "reset threads",
    "pragma database_list",
    "call pragma_version()",
    "export database 'x'",
    "import database 'x'",
    "checkpoint",
    "vacuum",
    "explain select 1",
    "describe t",
    "summarize t",
    "show tables",
    "use main",
    "begin",
    "prepare x as select 1",
    "execute x",
    "merge into t using t as s on t.a = s.a when matched then delete",
    "with x as (delete from t returning *) select * from x",
    "with x as (insert into t values (1) returning *) select * from x",
    "with recursive r as (select 1 as n union all select n + 1 from r) select n from r",
    "select * into x from t",
    "select * from 'file.csv'",
    'select * from "file.csv"',
    "select * from read_csv('file.csv')",
    "select * from t, read_csv('file.csv')",
    "select * from t, lateral (select * from read_csv('x'))",
    "select * from t cross join glob('*')",
    "select * from range((select count(*) from read_csv('x')))",
    "select * from unnest(read_csv('x'))",
    "select * from query('select 1')",
    "select * from (from read_csv('x'))",
    "from read_csv('x')",
    "select * from information_schema.tables",
    "select * from duckdb_settings()",
    "select * from pg_catalog.pg_tables",
    "select * from other.main.t",
    "select * from memory.main.t",
    "select a from t limit 3",
    "select a from t order by b limit 3",
    "select a from t using sample 10",
    "select * from t tablesample 10%",
    "select distinct on (b) a from t",
    "select row_number() over (order by b) from t",
    "select a from t positional join t as u",
    "select a from t asof join t as u on t.a >= u.a",
    "pivot t on b using sum(a)",
    "unpivot t on a into name n value v",
    "select columns(*) from t",
    "select columns('a') from t",
    "select ? from t",
    "select $nothing from t",
    "select #1 from t",
    "select a from t for update",
    "select a from t at (version => 1)",
]


def compile_derive(text: str) -> None:
    compile_steps(TABLES, [{"id": "x", "use": "derive", "from": "t", "columns": {"y": text}}])


def compile_sql(text: str) -> None:
    compile_steps(TABLES, [{"id": "x", "use": "sql", "from": "t", "query": text}])


@pytest.mark.parametrize("position", EXPRESSION_POSITIONS)
def test_a_forbidden_call_is_refused_at_every_place_of_an_expression(position: str) -> None:
    for call in FORBIDDEN_CALLS:
        with pytest.raises(SpecError) as caught:
            parse_expression(position.format(call), {"step": "x"}, {})
        assert caught.value.where["step"] == "x", (position, call)


@pytest.mark.parametrize("position", QUERY_POSITIONS)
def test_a_forbidden_call_is_refused_at_every_place_of_a_select(position: str) -> None:
    for call in FORBIDDEN_CALLS:
        with pytest.raises(SpecError) as caught:
            parse_query(position.format(call), {"step": "x"}, {})
        assert caught.value.where["step"] == "x", (position, call)


@pytest.mark.parametrize("call", ORDERED_CALLS)
def test_a_call_that_depends_on_the_order_of_rows_is_refused_without_a_total_order(call: str) -> None:
    with pytest.raises(SpecError):
        compile_steps(TABLES, [{"id": "x", "use": "aggregate", "from": "t", "measures": {"y": call}}])
    for position in QUERY_POSITIONS:
        with pytest.raises(SpecError) as caught:
            compile_sql(position.format(call))
        assert caught.value.where["step"] == "x", (position, call)


@pytest.mark.parametrize("text", FORBIDDEN_SELECTS)
def test_anything_but_one_read_only_select_over_the_inputs_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        compile_sql(text)
    assert caught.value.where["step"] == "x"


@pytest.mark.parametrize("text", FORBIDDEN_SELECTS)
def test_a_statement_is_no_expression(text: str) -> None:
    for wrapped in (text, f"({text})", f"a in ({text})", f"exists ({text})", f"coalesce(a, ({text}))"):
        with pytest.raises(SpecError):
            compile_derive(wrapped)


@pytest.mark.parametrize("call", ["now()", "today()", "current_date", "current_timestamp", "age(d)"])
def test_a_clock_is_refused_with_the_parameter_to_use_instead(call: str) -> None:
    with pytest.raises(SpecError) as caught:
        compile_derive(call)
    assert caught.value.data["use"] == ["$today", "$now"]


def test_the_operator_that_would_change_its_meaning_is_refused() -> None:
    for text in ("b ~ 'x'", "b !~ 'x'", "b ~~ 'x'", "b ~* 'x'"):
        with pytest.raises(SpecError):
            compile_derive(text)
    compile_derive("b = '~' or b like '~x'")


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    for text in ("(" * 3000 + "a" + ")" * 3000, "-" * 6000 + "a", "a" + " + a" * 6000, "not " * 4000 + "true"):
        with pytest.raises(SpecError):
            compile_derive(text)


# From the functions DuckDB itself has, those that are not on the list, in random places of random trees.
with duckdb.connect() as _connection:
    EVERY = [row[0] for row in _connection.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()]
UNLISTED: list[str] = sorted(
    name for name in EVERY if name.isidentifier() and name not in functions.ALLOWED and name not in functions.TABLES
)


@st.composite
def nested(draw: st.DrawFn) -> str:
    name: str = draw(st.sampled_from(UNLISTED))
    arguments: str = draw(st.sampled_from(["", "a", "'x'", "a, b", "l", "d, 'x', a"]))
    text = f"{name}({arguments})"
    for position in draw(st.lists(st.sampled_from(EXPRESSION_POSITIONS), max_size=4)):
        text = position.split(" --")[0].format(text)
    return text


@given(nested())
@settings(max_examples=200, deadline=None)
def test_no_function_that_is_not_listed_reaches_the_engine(text: str) -> None:
    try:
        tree = parse_expression(text, {"step": "x"}, {})
    except SpecError:
        return
    called = functions_called(to_sql(tree))
    assert called <= functions.ALLOWED | OPERATORS, (text, called)


@given(st.sampled_from(UNLISTED), st.sampled_from(QUERY_POSITIONS))
@settings(max_examples=200, deadline=None)
def test_no_function_that_is_not_listed_reaches_the_engine_in_a_select(name: str, position: str) -> None:
    try:
        tree = parse_query(position.format(f"{name}(a)"), {"step": "x"}, {})
    except SpecError:
        return
    called = functions_called(to_sql(tree))
    assert called <= functions.ALLOWED | functions.TABLES | OPERATORS, (name, position, called)


OPERATORS = {
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "||",
    "~~",
    "!~~",
    "~~*",
    "!~~*",
    "struct_pack",
    "array_extract",
    "list_value",
    "array_slice",
    "count_star",
    "&&",
    "->",
    "->>",
    "row",
    "not",
    "similar_to_escape",
    "like_escape",
    "ilike_escape",
    "list_element",
    "struct_extract",
    "to_json",
    "map",
    "add",
    "subtract",
    "multiply",
    "divide",
    "construct_array",
    "date_part",
    "position",
    "json_extract",
}


ENGINE = duckdb.connect()


def functions_called(sql: str) -> set[str]:
    """The names of all functions in DuckDB's own parse of the text."""
    query = sql if sql.lstrip("( ").upper().startswith(("SELECT", "WITH")) else f"SELECT {sql}"
    row = ENGINE.execute("SELECT json_serialize_sql(?)", [query]).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    if tree.get("error"):
        return set()
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("function_name"), str):
                found.add(node["function_name"].lower())
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found


# Texts that end what they stand in, where a generator would write them back as they are.
BREAKS = [
    "x') || getenv('HOME",
    "d) + getenv(chr(72)) + (d",
    "day, d) || getenv('x",
    "x y",
    'a" || getenv(1) || "',
    "/* */ x",
    "--",
]
PLACES = [
    "time_bucket(interval '1 day', d, {})",
    "last_day(d, {})",
    "date_trunc({}, d)",
    "date_diff({}, d, d)",
    "date_sub({}, d, d)",
    "date_part({}, d)",
    "extract({} from d)",
    "week(d, {})",
    "d at time zone {}",
    "cast(a as {})",
    "a::{}",
    "try_cast(a as {}[])",
    "cast(a as decimal({}, 2))",
    "cast(a as struct(x {}))",
    "cast(a as enum({}))",
    "interval {} day",
    "interval '1' {}",
    "interval {}",
    "strftime(d, {})",
    "regexp_replace(b, 'x', 'y', {})",
    "json_extract(b, {})",
    "b -> {}",
    "b ->> {}",
    "{{{}: 1}}",
    "struct_extract(a, {})",
    "a.{}",
    "b like 'x' escape {}",
    "sum(a) over (order by a rows between {} preceding and current row)",
    "sum(a) over {}",
    "b collate {}",
    "list_sort(l, {})",
    "trim({} from b)",
    "[1, 2][{}]",
    "round(a, {})",
    "${}",
    "{}",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_text_that_breaks_out_of_its_place_calls_nothing(place: str) -> None:
    for text in BREAKS:
        for spelled in ("'" + text.replace("'", "''") + "'", '"' + text.replace('"', '""') + '"', f"$${text}$$", text):
            written = place.format(spelled)
            try:
                tree = parse_expression(written, {"step": "x"}, {})
                sql = statement(sqlglot.exp.Select(expressions=[tree]), {"step": "x"})
            except SpecError:
                continue
            assert functions_called(sql) <= functions.ALLOWED | OPERATORS, written


@given(st.sampled_from(PLACES), st.text(alphabet="ab1 ()'\"$,;:-/*|[]{}.\\", max_size=14), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_text_whatever_it_holds_calls_what_is_not_listed(place: str, text: str, quote: bool) -> None:
    spelled = "'" + text.replace("'", "''") + "'" if quote else '"' + text.replace('"', '""') + '"'
    try:
        tree = parse_expression(place.format(spelled), {"step": "x"}, {})
        sql = statement(sqlglot.exp.Select(expressions=[tree]), {"step": "x"})
    except SpecError:
        return
    assert functions_called(sql) <= functions.ALLOWED | OPERATORS, (place, text)


def test_the_text_itself_is_looked_at_again_before_it_is_bound() -> None:
    """Should a node write more than its class shows, the statement is refused all the same."""
    smuggled = sqlglot.exp.Select(expressions=[sqlglot.exp.Var(this="a + read_csv('x')")])
    with pytest.raises(SpecError, match="read_csv"):
        statement(smuggled, {"step": "x"})
    second = sqlglot.exp.Select(expressions=[sqlglot.exp.Var(this="a; drop table t")])
    with pytest.raises(SpecError):
        statement(second, {"step": "x"})
