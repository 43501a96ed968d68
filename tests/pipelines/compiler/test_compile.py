"""What a compile derives: types, lineage, exactness, keys, order, effects, and what is kept for several readers."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from compiling import NOW, Bench, compile_steps, spec_of

from pipelines.compiler import compile_spec
from pipelines.figures import compile_figure, compile_figures
from pipelines.job import Origin
from pipelines.query import job_sql, read_query, to_text
from spec.base import JsonValue
from spec.errors import DreflowError, SpecError
from spec.pipeline import Source
from spec.report import Figure

ORDERS: Mapping[str, object] = {
    "columns": {"id": "INTEGER", "customer_id": "INTEGER", "total": "DECIMAL(18,2)", "rate": "DOUBLE", "day": "DATE"},
    "primary_key": ["id"],
    "rows": [
        [1, 7, "10.00", 0.5, "2026-07-01"],
        [2, 7, "5.00", 0.25, "2026-07-02"],
        [3, 8, "2.50", 1.0, "2026-07-02"],
        [4, 9, "1.00", 1.0, "2026-08-01"],
    ],
}
CUSTOMERS: Mapping[str, object] = {
    "columns": {"customer_id": "INTEGER", "Name": "VARCHAR"},
    "rows": [[7, "Ada"], [8, "Bo"]],
}
TABLES = {"orders": ORDERS, "customers": CUSTOMERS}


def test_each_column_knows_the_source_columns_it_is_made_of() -> None:
    steps = [
        {"id": "net", "use": "derive", "from": "orders", "columns": {"net": "total * (1 - customer_id / 100)"}},
        {"id": "named", "use": "join", "from": ["net", "customers"], "on": "customer_id", "how": "left"},
        {
            "id": "sums",
            "use": "aggregate",
            "from": "named",
            "group_by": ["Name"],
            "measures": {"n": "count(*)", "net": "sum(net)"},
        },
    ]
    sums = compile_steps(TABLES, steps).relations["sums"]
    origins = {field.name: field.origins for field in sums.fields}
    assert origins == {
        "Name": {Origin("customers", "Name")},
        "n": frozenset(),
        "net": {Origin("orders", "total"), Origin("orders", "customer_id")},
    }


@pytest.mark.parametrize(
    ("expression", "exact"),
    [
        ("total", True),
        ("total * 2 + 0.5", True),
        ("round(total, 1)", True),
        ("customer_id // 2", True),
        ("total / 2", False),
        ("(total / 2)::DECIMAL(18,2)", False),
        ("round(total / 2, 2)", False),
        ("rate", False),
        ("rate::DECIMAL(18,2)", False),
        ("total::DOUBLE::DECIMAL(18,2)", False),
        ("total * 1e0", False),
        ("total // 2", False),
        ("sqrt(id)::INTEGER", False),
        ("case when total / 3 > 1 then 1 else 0 end", False),
        ("coalesce(total, rate)", False),
        ("date_diff('day', day, $today)", True),
        ("date_diff('day', day, $today) // 7", True),
        ("date_diff('day', day, $today) // total", False),
    ],
)
def test_a_column_that_floating_point_touched_is_inexact(expression: str, exact: bool) -> None:
    job = compile_steps(TABLES, [{"id": "x", "use": "derive", "from": "orders", "columns": {"y": expression}}])
    field = job.relations["x"].field("y")
    assert field is not None
    assert field.exact is exact


def test_inexactness_travels_through_steps() -> None:
    steps = [
        {"id": "a", "use": "derive", "from": "orders", "columns": {"half": "total / 2"}},
        {"id": "b", "use": "cast", "from": "a", "columns": {"half": "DECIMAL(18,2)"}},
        {"id": "c", "use": "aggregate", "from": "b", "measures": {"half": "sum(half)", "total": "sum(total)"}},
    ]
    fields = compile_steps(TABLES, steps).relations["c"].fields
    assert [(field.name, field.exact) for field in fields] == [("half", False), ("total", True)]


@pytest.mark.parametrize(
    ("step", "keys"),
    [
        ({"use": "select", "columns": ["total", "id"]}, [{"id"}]),
        ({"use": "select", "columns": ["total"]}, []),
        ({"use": "rename", "columns": {"id": "order"}}, [{"order"}]),
        ({"use": "derive", "columns": {"id": "id + 1"}}, []),
        ({"use": "filter", "where": "total > 1"}, [{"id"}]),
        ({"use": "aggregate", "group_by": ["day"], "measures": {"n": "count(*)"}}, [{"day"}]),
        (
            {"use": "aggregate", "group_by": {"month": "date_trunc('month', day)"}, "measures": {"n": "count(*)"}},
            [{"month"}],
        ),
        ({"use": "aggregate", "measures": {"n": "count(*)"}}, [set()]),
        ({"use": "dedupe", "by": "customer_id", "keep": ["day", "id"]}, [{"customer_id"}, {"id"}]),
        ({"use": "limit", "rows": 1, "by": "id", "per": "day"}, [{"day"}, {"id"}]),
        ({"use": "sql", "query": "select id, total from orders where total > 1"}, [{"id"}]),
        ({"use": "sql", "query": "select distinct day, total from orders"}, [{"day", "total"}]),
        ({"use": "sql", "query": "select o.id, p.id as other from orders o, orders p"}, [{"id", "other"}]),
        ({"use": "sql", "query": "select o.id from orders o, orders p"}, []),
        ({"use": "sql", "query": "select day, count(*) as n from orders group by day"}, [{"day"}]),
        ({"use": "sql", "query": "select id from orders union all select id from orders"}, []),
        ({"use": "unpivot", "columns": ["total", "customer_id"], "keep": "id"}, [{"id", "name"}]),
    ],
)
def test_the_columns_known_to_identify_a_row_survive_or_are_made(step: dict[str, object], keys: list[set[str]]) -> None:
    found = compile_steps(TABLES, [{"id": "x", "from": "orders", **step}]).relations["x"].keys
    assert sorted(map(sorted, found)) == sorted(map(sorted, keys))


@pytest.mark.parametrize(
    ("how", "expect", "keys"),
    [
        ("left", "many_to_one", [{"id"}]),
        ("inner", "many_to_one", [{"id"}]),
        ("full", "many_to_one", []),
        ("right", "many_to_one", []),
        ("inner", "many_to_many", []),
        ("semi", "many_to_many", [{"id"}]),
        ("anti", "many_to_many", [{"id"}]),
    ],
)
def test_a_key_survives_a_join_only_where_no_row_can_be_doubled_or_emptied(
    how: str, expect: str, keys: list[set[str]]
) -> None:
    step = {
        "id": "x",
        "use": "join",
        "from": ["orders", "customers"],
        "on": "customer_id",
        "how": how,
        "expect": expect,
    }
    found = compile_steps(TABLES, [step]).relations["x"].keys
    assert sorted(map(sorted, found)) == sorted(map(sorted, keys))


def test_a_join_that_doubles_money_is_found_on_the_data() -> None:
    doubled = {**TABLES, "customers": {**CUSTOMERS, "rows": [[7, "Ada"], [7, "Ada L."], [8, "Bo"]]}}
    step = {"id": "x", "use": "join", "from": ["orders", "customers"], "on": "customer_id"}
    checks = Bench(compile_steps(doubled, [step]), doubled).checks()
    passed, _, found, detail = checks["join_fan_out", "x"]
    assert not passed
    assert found == "1 value of customer_id stands in several rows of customers"
    assert detail == "2 rows of customers share a key, up to 2 rows a key"


def test_rows_that_an_inner_join_leaves_out_are_counted() -> None:
    step = {"id": "x", "use": "join", "from": ["orders", "customers"], "on": "customer_id"}
    checks = Bench(compile_steps(TABLES, [step]), TABLES).checks()
    assert checks["join_lost_rows", "x"][:1] == (False,)
    assert checks["join_lost_rows", "x"][2] == "1 row of orders has none and is left out"
    assert {check.severity for check in compile_steps(TABLES, [step]).checks if check.check == "join_lost_rows"} == {
        "warn"
    }


def test_a_declared_primary_key_is_proven_on_the_data() -> None:
    tables = {"orders": {**ORDERS, "rows": [[1, 7, "1.00", 1.0, "2026-07-01"], [1, 7, "1.00", 1.0, "2026-07-01"]]}}
    assert Bench(compile_steps(tables), tables).checks()["primary_key", "orders"][0] is False
    empty = {"orders": {**ORDERS, "rows": [[None, 7, "1.00", 1.0, "2026-07-01"]]}}
    assert Bench(compile_steps(empty), empty).checks()["primary_key", "orders"][0] is False


def test_a_blocking_unique_check_makes_an_order_total_and_a_warning_does_not() -> None:
    steps = [{"id": "x", "use": "limit", "from": "customers", "rows": 1, "by": "customer_id"}]
    check = {"check": "unique", "on": "customers", "columns": "customer_id"}
    compile_steps(TABLES, steps, checks=[check])
    with pytest.raises(SpecError, match="order of rows"):
        compile_steps(TABLES, steps, checks=[{**check, "severity": "warn"}])
    assert "order" not in {one.check for one in compile_steps(TABLES, steps, checks=[check], orders="proven").checks}
    warned = compile_steps(TABLES, steps, checks=[{**check, "severity": "warn"}], orders="proven")
    assert "order" in {one.check for one in warned.checks if one.severity == "block"}


def test_a_column_that_an_option_makes_need_not_be_declared() -> None:
    table = {"columns": {"name": "VARCHAR"}, "options": {"row_number_column": "row"}, "primary_key": ["row"]}
    job = compile_steps({"t": table}, [{"id": "s", "use": "limit", "from": "t", "rows": 1, "by": "row"}])
    assert dict(job.sources["t"].columns) == {"name": "VARCHAR", "row": "BIGINT"}


def test_a_pivot_value_that_is_not_listed_holds_publishing_back() -> None:
    step = {
        "id": "x",
        "use": "pivot",
        "from": "orders",
        "column": "customer_id",
        "values": [7, 8],
        "measure": "sum(total)",
    }
    passed, _, found, _ = Bench(compile_steps(TABLES, [step]), TABLES).checks()["pivot_values", "x"]
    assert not passed
    assert found == "1 value of customer_id is not listed"
    all_ = Bench(compile_steps(TABLES, [{**step, "other": "rest"}]), TABLES)
    assert all_.rows("x") == [["15.00", "2.50", "1.00"]]


def test_sorting_breaks_ties_by_what_identifies_a_row_and_readers_keep_the_order() -> None:
    steps = [
        {"id": "sorted", "use": "sort", "from": "orders", "by": "day desc"},
        {"id": "some", "use": "filter", "from": "sorted", "where": "total > 1"},
        {"id": "few", "use": "rename", "from": "some", "columns": {"day": "on_day"}},
    ]
    bench = Bench(compile_steps(TABLES, steps), TABLES)
    assert bench.job.relations["sorted"].order == ("day desc", "id")
    assert bench.job.relations["few"].order == ("on_day desc", "id")
    assert [row[0] for row in bench.rows("few")] == [2, 3, 1]


def test_rows_that_several_readers_need_are_kept_and_others_stay_inside_their_reader() -> None:
    steps = [
        {"id": "a", "use": "filter", "from": "orders", "where": "total > 1"},
        {"id": "b", "use": "filter", "from": "a", "where": "total > 2"},
        {"id": "c", "use": "aggregate", "from": "a", "measures": {"n": "count(*)"}},
    ]
    outputs = [{"file": "b.csv", "from": "b"}, {"file": "c.csv", "from": "c"}]
    job = compile_steps(TABLES, steps, outputs=outputs)
    assert {stage.relation.name: stage.materialise for stage in job.stages} == {"a": True, "b": False, "c": False}


def test_steps_may_stand_in_any_order() -> None:
    steps = [
        {"id": "b", "use": "aggregate", "from": "a", "measures": {"n": "count(*)"}},
        {"id": "a", "use": "filter", "from": "ORDERS", "where": "TOTAL > 1"},
    ]
    job = compile_steps(TABLES, steps)
    assert [stage.relation.name for stage in job.stages] == ["a", "b"]


def test_a_new_name_that_hides_an_input_column_does_not_change_what_other_expressions_see() -> None:
    steps = [
        {"id": "x", "use": "derive", "from": "orders", "columns": {"total": "total * 2", "same": "total"}},
        {
            "id": "y",
            "use": "aggregate",
            "from": "orders",
            "group_by": {"day": "date_trunc('month', day)"},
            "measures": {"total": "sum(total)", "id": "max(total)"},
        },
    ]
    bench = Bench(compile_steps(TABLES, steps), TABLES)
    assert [(row[2], row[5]) for row in bench.rows("x")][:1] == [("20.00", "10.00")]
    assert sorted(bench.rows("y")) == [
        ["2026-07-01", "17.50", "10.00"],
        ["2026-08-01", "1.00", "1.00"],
    ]


def test_what_nothing_reads_is_noted() -> None:
    job = compile_steps(TABLES, [{"id": "a", "use": "filter", "from": "orders", "where": "true"}])
    assert any("'a' is not used" in note for note in job.notes)
    assert any("'customers' is not used" in note for note in job.notes)


def test_a_whole_pipeline_is_one_select_that_gives_the_same_rows() -> None:
    steps = [
        {"id": "real", "use": "filter", "from": "orders", "where": "total >= $floor"},
        {"id": "named", "use": "join", "from": ["real", "customers"], "how": "left", "on": "customer_id"},
        {"id": "sums", "use": "aggregate", "from": "named", "group_by": "Name", "measures": {"net": "sum(total)"}},
        {"id": "ranked", "use": "sort", "from": "sums", "by": "net desc"},
    ]
    parameters = {"floor": {"type": "DECIMAL(18,2)", "default": "2.00"}}
    bench = Bench(compile_steps(TABLES, steps, spec_parameters=parameters), TABLES)
    query = job_sql(bench.job, "ranked")
    assert [cte.alias for cte in query.ctes] == ["real", "named", "sums", "ranked"]
    rows = bench.connection.execute(to_text(query), {"floor": "2.00"}).fetchall()
    assert [list(map(str, row)) for row in rows] == [["Ada", "15.00"], ["Bo", "2.50"]]


@pytest.mark.parametrize("dialect", ["postgres", "snowflake", "bigquery", "spark", "redshift", "databricks"])
def test_the_same_select_can_be_written_for_other_engines(dialect: str) -> None:
    steps = [
        {"id": "real", "use": "filter", "from": "orders", "where": "total > 1"},
        {"id": "left", "use": "derive", "from": "real.rest", "columns": {"month": "date_trunc('month', day)"}},
    ]
    text = to_text(job_sql(compile_steps(TABLES, steps), "left", dialect), dialect)
    assert "real__rest" in text


def test_parameters_are_bound_and_typed_and_never_pasted() -> None:
    evil = "x' OR 1=1 --"
    step = {"id": "x", "use": "filter", "from": "customers", "where": "Name = $who"}
    spec = {"who": {"type": "VARCHAR", "default": evil}}
    job = compile_steps(TABLES, [step], spec_parameters=spec)
    assert evil not in to_text(job_sql(job, "x"))
    assert job.parameters["who"] == evil
    assert Bench(job, TABLES).rows("x") == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"region": "East"}, "not a permitted value"),
        ({"regio": "North"}, "'region'"),
        ({"floor": 200}, "outside"),
        ({"floor": -1}, "outside"),
        ({"now": "2020-01-01"}, "no parameter"),
    ],
)
def test_a_value_that_the_spec_does_not_permit_is_refused(given: dict[str, object], said: str) -> None:
    declared = {
        "region": {"type": "VARCHAR", "default": "North", "values": ["North", "South"]},
        "floor": {"type": "INTEGER", "default": 0, "min": 0, "max": 100},
    }
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [], spec_parameters=declared, parameters=given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "bounds", "given"),
    [
        ("DATE", {"default": "2026-10-01", "min": "2026-09-01"}, "2026-1-5"),
        ("DATE", {"default": "2026-10-01"}, "2026-10-05T10:00"),
        ("INTEGER", {"default": 5, "max": 10}, "7.5"),
        ("DOUBLE", {"default": 5, "min": 0}, "NaN"),
        ("DECIMAL(18,2)", {"default": 5}, "1.239"),
        ("TIMESTAMP", {"default": "2026-01-01"}, "2026-01-01T00:00:00+02:00"),
        ("INTEGER", {"default": 5, "values": [5, 6]}, None),
    ],
)
def test_a_parameter_s_value_is_taken_exactly_or_not_at_all(
    type_: str, bounds: dict[str, object], given: object
) -> None:
    with pytest.raises(SpecError, match="parameter 'p'"):
        compile_steps(TABLES, [], spec_parameters={"p": {"type": type_, **bounds}}, parameters={"p": given})


@pytest.mark.parametrize("given", ["7", "7.0", "0.00001e6", "-3"])
def test_a_parameter_s_number_may_be_written_in_any_way_that_keeps_it(given: str) -> None:
    spec = {"p": {"type": "INTEGER", "default": 1}}
    assert compile_steps(TABLES, [], spec_parameters=spec, parameters={"p": given}).parameters["p"] == given


def test_the_range_of_a_date_is_one_of_days_and_not_of_texts() -> None:
    spec = {"p": {"type": "TIMESTAMPTZ", "default": "2026-10-01T00:00:00Z", "max": "2026-10-01T12:00:00Z"}}
    late = {"p": "2026-10-01T11:00:00-08:00"}
    with pytest.raises(SpecError, match="outside"):
        compile_steps(TABLES, [], spec_parameters=spec, parameters=late)


@pytest.mark.parametrize(
    ("type_", "value"), [("INT", 7.5), ("DECIMAL(18,2)", "1.239"), ("DATE", "2026-01-02 10:00:00")]
)
def test_a_table_in_the_spec_holds_its_values_as_they_are_written(type_: str, value: object) -> None:
    table = {"version": "1", "columns": {"x": type_}, "rows": [[value]]}
    plain = {"version": 1, "name": "x", "sources": {"a": {"columns": {"b": "DATE"}}}, "tables": {"r": table}}
    with pytest.raises(SpecError, match=r"row 1, column 'x'") as caught:
        compile_spec(spec_of(plain), base=Path(), now=datetime(2026, 7, 15, tzinfo=UTC))
    assert "without being changed" in str(caught.value)


def test_a_type_by_another_of_its_names_is_read_by_the_same_rules() -> None:
    columns = {"a": "INT", "b": "INT8", "c": "NUMERIC(18,2)", "d": "DATETIME", "e": "TIMESTAMPTZ", "f": "BOOL"}
    plain = {"version": 1, "name": "x", "sources": {"s": {"columns": columns}}}
    job = compile_spec(spec_of(plain), base=Path(), now=datetime(2026, 7, 15, tzinfo=UTC))
    assert list(job.sources["s"].columns.values()) == [
        "INTEGER", "BIGINT", "DECIMAL(18,2)", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BOOLEAN",
    ]  # fmt: skip


def test_today_is_the_day_of_the_business_and_not_of_the_machine() -> None:
    late = datetime(2026, 7, 15, 23, 30, tzinfo=UTC)
    plain = {"version": 1, "name": "x", "timezone": "Europe/Rome", "sources": {"a": {"columns": {"b": "DATE"}}}}
    job = compile_spec(spec_of(plain), base=Path(), now=late)
    assert job.parameters["today"] == "2026-07-16"
    assert job.parameters["now"] == "2026-07-15T23:30:00+00:00"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"type": "MONEY2", "default": 1}, "not a type"),
        ({"type": "INTEGER) x", "default": 1}, "not a type"),
        ({"type": "DATE", "default": "soon"}, "soon"),
        ({"type": "DATE"}, "has no value"),
    ],
)
def test_a_parameter_has_a_type_and_a_value_that_fits_it(declared: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match="p"):
        compile_steps(TABLES, [], spec_parameters={"p": declared})
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [], spec_parameters={"p": declared})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "cron", ["0 8 * *", "60 8 * * 1", "0 25 * * *", "a b c d e", "0 8 * * 1-9", "*/0 * * * *", "5-1 * * * *", ""]
)
def test_a_schedule_that_is_none_is_refused(cron: str) -> None:
    with pytest.raises(SpecError, match="schedule"):
        compile_steps(TABLES, [], schedule={"cron": cron})


@pytest.mark.parametrize("cron", ["0 8 * * 1", "*/15 9-17 1,15 * *", "30 6 1 */3 0"])
def test_a_schedule_of_five_fields_is_taken(cron: str) -> None:
    effects = compile_steps(TABLES, [], schedule={"cron": cron, "timezone": "Europe/Rome"}).effects
    assert effects[-1].detail == f"{cron} (Europe/Rome)"


def test_an_unknown_connector_or_engine_is_refused_with_the_likeliest() -> None:
    with pytest.raises(SpecError) as caught:
        compile_steps({"orders": {**ORDERS, "connector": "postgress"}})
    assert caught.value.data["nearest"] == "postgres"
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [{"id": "x", "use": "filter", "from": "orders", "where": "true", "engine": "duckdbb"}])
    assert caught.value.data["nearest"] == "duckdb"


def test_an_incremental_source_without_a_cursor_is_refused() -> None:
    with pytest.raises(SpecError, match="cursor"):
        compile_steps({"orders": {**ORDERS, "read": "incremental"}})


def test_an_order_asked_for_a_file_is_completed_so_that_two_runs_write_the_same_bytes() -> None:
    job = compile_steps(TABLES, [], outputs=[{"file": "o.csv", "from": "orders", "order_by": "day desc"}])
    assert job.outputs[0].order_by == ("day desc", "id")
    assert job.spec.outputs[0].order_by == ("day desc",)


def test_a_column_whose_name_is_no_sql_can_be_named_as_it_stands() -> None:
    tables = {"t": {"columns": {"Customer Id": "INTEGER", "from": "VARCHAR"}, "rows": [[1, "x"], [1, "y"]]}}
    steps = [
        {"id": "a", "use": "select", "from": "t", "columns": ["customer id", "from"]},
        {"id": "b", "use": "aggregate", "from": "a", "group_by": "Customer Id", "measures": {"n": "count(*)"}},
        {"id": "c", "use": "derive", "from": "b", "columns": {"twice": '"customer id" * 2'}},
    ]
    assert Bench(compile_steps(tables, steps), tables).rows("c") == [[1, 2, 2]]


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(SpecError, match="time zone"):
        compile_steps(TABLES, [], timezone="Europe/Atlantis")


def test_a_figure_tells_nothing_of_a_column_that_may_not_leave() -> None:
    secret = {"orders": {**TABLES["orders"], "sensitive": {"total": "secret"}}}

    def report(value: str, where: str | None = None) -> dict[str, JsonValue]:
        figure: dict[str, JsonValue] = {"from": "orders", "value": value, **({"where": where} if where else {})}
        block: dict[str, JsonValue] = {"kind": "tiles", "figures": {"F": figure}}
        return {"title": "R", "sections": [{"title": "S", "blocks": [block]}]}

    for value, where in (("max(total)", None), ("count(*)", "total > 100")):
        with pytest.raises(SpecError, match="secret"):
            compile_steps(secret, [], report=report(value, where))
    compile_steps(secret, [], report=report("count(*)"))
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [], report=report("sum(total)"), allow={"columns": ["customer_id"]})
    assert caught.value.data["add_to"] == "allow.columns"


def test_effects_beyond_the_output_folder_need_approval_and_must_be_allowed() -> None:
    load = {"from": "orders", "connector": "duckdb", "location": "w.db", "table": "main.o"}
    rest = {
        "outputs": [{"file": "o.csv", "from": "orders"}],
        "loads": [load],
        "schedule": {"cron": "0 8 * * 1"},
        "allow": {"tables": ["w.db/main.o"]},
    }
    effects = compile_steps(TABLES, [], **rest).effects
    assert [(effect.kind, effect.target, effect.needs_approval) for effect in effects] == [
        ("write", "o.csv", False),
        ("write", "w.db/main.o", True),
        ("schedule", "test", True),
    ]
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [], **{**rest, "allow": {}})
    assert caught.value.data["add_to"] == "allow.tables"


def test_a_recipient_that_is_not_allowed_is_refused() -> None:
    report = {"title": "R", "sections": [], "deliver": [{"channel": "email", "to": ["a@x.com"]}]}
    with pytest.raises(SpecError, match="recipients"):
        compile_steps(TABLES, [], report=report)
    job = compile_steps(TABLES, [], report=report, allow={"recipients": ["a@x.com"]})
    assert [effect.target for effect in job.effects if effect.needs_approval] == ["email:a@x.com"]


def test_columns_that_may_not_leave_are_refused_and_secrets_must_be_named() -> None:
    outputs = [{"file": "c.csv", "from": "customers"}]
    with pytest.raises(SpecError, match="'Name'"):
        compile_steps(TABLES, [], outputs=outputs, allow={"columns": ["customer_id"]})
    secret = {"customers": {**CUSTOMERS, "sensitive": {"name": "secret"}}}
    step = {"id": "x", "use": "derive", "from": "customers", "columns": {"shout": "upper(Name)"}}
    with pytest.raises(SpecError) as caught:
        compile_steps(secret, [step], outputs=[{"file": "c.csv", "from": "x"}])
    assert caught.value.data["origin"] == "customers.Name"
    named = {"columns": ["customer_id", "name", "shout"]}
    compile_steps(secret, [step], outputs=[{"file": "c.csv", "from": "x"}], allow=named)


def test_a_run_on_other_data_has_no_effect_beyond_its_folder() -> None:
    plain = {
        "version": 1,
        "name": "x",
        "sources": {"orders": {"location": "a.csv", "columns": {"id": "INTEGER"}, "primary_key": "id"}},
        "outputs": [{"file": "o.csv", "from": "orders"}],
        "loads": [{"from": "orders", "connector": "duckdb", "location": "w.db", "table": "o"}],
        "allow": {"tables": ["w.db/o"]},
    }
    other = Source(location="b.csv", columns={"id": "VARCHAR"})
    job = compile_spec(spec_of(plain), base=Path(), now=NOW, rebound={"ORDERS": other})
    assert [effect.target for effect in job.effects] == ["o.csv"]
    assert not job.loads
    assert job.sources["orders"].location == "b.csv"
    assert job.sources["orders"].columns == {"id": "INTEGER"}
    with pytest.raises(SpecError, match="no source 'ordrs'"):
        compile_spec(spec_of(plain), base=Path(), now=NOW, rebound={"ordrs": other})


def test_an_inline_table_is_proven_to_hold_its_declared_types() -> None:
    rates = {"version": "2026", "columns": {"currency": "VARCHAR", "rate": "DECIMAL(9,4)"}, "rows": [["EUR", "1.1"]]}
    compile_steps(TABLES, [], inline={"rates": rates})
    with pytest.raises(SpecError, match="abc"):
        compile_steps(TABLES, [], inline={"rates": {**rates, "rows": [["EUR", "abc"]]}})
    with pytest.raises(SpecError, match="3 values"):
        compile_steps(TABLES, [], inline={"rates": {**rates, "rows": [["EUR", "1", "2"]]}})


REPORT = {
    "title": "R",
    "sections": [
        {
            "title": "S",
            "blocks": [
                {
                    "kind": "tiles",
                    "figures": {"Sales": {"from": "orders", "value": "sum(total)", "where": "day < $today"}},
                },
                {"kind": "table", "from": "orders", "columns": [{"name": "id"}]},
                {"kind": "chart", "from": "orders", "chart": "bar", "x": "day", "y": ["total"]},
            ],
        }
    ],
}


def test_the_figures_of_a_report_are_compiled_with_their_types() -> None:
    job = compile_steps(TABLES, [], report=REPORT)
    figures = compile_figures(job)
    figure = figures[0, 0, "Sales"]
    assert (figure.field.type, figure.field.exact, figure.relation) == ("DECIMAL(38,2)", True, "orders")
    assert str(Bench(job, TABLES).value(figure.query)) == "17.50"
    one = compile_figure(job, Figure.model_validate({"from": "orders", "value": "avg(total)"}))
    assert (one.field.type, one.field.exact) == ("DOUBLE", False)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"kind": "tiles", "figures": {"A": {"from": "orderz", "value": "count(*)"}}}, "'orderz'"),
        ({"kind": "tiles", "figures": {"A": {"from": "orders", "value": "sum(totl)"}}}, "'totl'"),
        ({"kind": "tiles", "figures": {"A": {"from": "orders", "value": "total"}}}, "a figure is one value"),
        ({"kind": "text", "text": "{A}", "figures": {"A": {"from": "orders", "value": "now()"}}}, "clock"),
        ({"kind": "table", "from": "orders", "columns": [{"name": "totl"}]}, "'totl'"),
        ({"kind": "chart", "from": "orders", "chart": "bar", "x": "dy", "y": ["total"]}, "'dy'"),
    ],
)
def test_a_report_that_names_what_is_not_there_is_refused(block: dict[str, object], said: str) -> None:
    with pytest.raises(DreflowError) as caught:
        compile_steps(TABLES, [], report={"title": "R", "sections": [{"title": "S", "blocks": [block]}]})
    assert said in str(caught.value)


def test_rows_set_aside_by_a_cast_are_always_made_and_named() -> None:
    tables = {"raw": {"columns": {"day": "VARCHAR"}, "rows": [["2026-07-01"], ["soon"], [""], [None]]}}
    step = {"id": "x", "use": "cast", "from": "raw", "columns": {"day": "DATE"}, "on_error": "quarantine"}
    bench = Bench(compile_steps(tables, [step]), tables)
    assert bench.job.quarantine == {"x.rejected": "a value does not parse"}
    assert bench.rows("x.rejected") == [["soon", "day is not DATE: soon"]]
    assert sorted(bench.rows("x"), key=str) == [["2026-07-01"], [None], [None]]
    told = "1 row holds one that does not and is in x.rejected: day is not DATE: soon"
    assert bench.checks()["cast_rejects", "x"][2] == told


@pytest.mark.parametrize("text", ["1.239", "12.345", "abc", "1,5", "99999999999999999999"])
def test_money_that_does_not_fit_its_type_is_not_rounded_unseen(text: str) -> None:
    tables = {"raw": {"columns": {"money": "VARCHAR"}, "rows": [[text]]}}
    step = {"id": "x", "use": "cast", "from": "raw", "columns": {"money": "DECIMAL(18,2)"}}
    assert Bench(compile_steps(tables, [step]), tables).checks()["cast_rejects", "x"][0] is False


def test_a_query_to_read_a_relation_keeps_its_order_or_takes_another() -> None:
    job = compile_steps(TABLES, [{"id": "x", "use": "sort", "from": "orders", "by": "total desc"}])
    relation = job.relations["x"]
    assert 'ORDER BY\n  "total" DESC' in to_text(read_query(relation))
    assert 'ORDER BY\n  "day"' in to_text(read_query(relation, ["DAY"]))


def test_a_key_of_a_destination_is_proven_to_be_there_and_unique() -> None:
    load = {"from": "customers", "connector": "duckdb", "location": "w.db", "table": "c", "write": "merge"}
    allow = {"tables": ["w.db/c"]}
    with pytest.raises(SpecError, match="identify a row"):
        compile_steps(TABLES, [], loads=[load], allow=allow)
    job = compile_steps(TABLES, [], loads=[{**load, "primary_key": "customer_id"}], allow=allow)
    assert [(check.check, check.on, check.severity) for check in job.checks][-1] == ("load_key", "customers", "block")


def test_the_same_spec_gives_the_same_sql_in_every_process() -> None:
    found = set()
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1
    assert "SELECT" in found.pop()


PROGRAM = """
from datetime import UTC, datetime
from pathlib import Path
from pipelines.compiler import compile_spec
from pipelines.expressions import to_sql
from spec.codec import from_plain

columns = {name: "INTEGER" for name in "abcdefgh"}
spec = from_plain({"name": "x", "sources": {
    "l": {"columns": columns, "primary_key": ["b", "a", "c"]}, "r": {"columns": columns, "primary_key": ["h", "g"]}},
    "checks": [{"check": "unique", "on": "l", "columns": ["d", "e"]}, {"check": "unique", "on": "l", "columns": ["f"]}],
    "steps": [
        {"id": "j", "use": "join", "from": ["l", "r"], "on": ["a", "b"], "expect": "one_to_one", "take": "h"},
        {"id": "s", "use": "sort", "from": "j", "by": "c"},
        {"id": "m", "use": "match", "from": ["s", "r"], "on": "a", "amount": "b", "suffix": "_2"},
        {"id": "q", "use": "sql", "from": ["m", "m.left_rest"],
         "query": "select m.a, n.b from m join m.left_rest n using (a) order by 1, 2"}],
    "outputs": [{"file": "o.csv", "from": "q"}]})
job = compile_spec(spec, base=Path(), now=datetime(2026, 7, 1, tzinfo=UTC))
for stage in job.stages:
    print(stage.relation.name, stage.inputs, stage.relation.order, sorted(map(sorted, stage.relation.keys)))
    print(to_sql(stage.select) if stage.select is not None else stage.apply_output)
for check in job.checks:
    print(check.check, check.on, check.inputs, to_sql(check.query))
"""


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("status <> 'void'", "1 row "),
        ("status not in ('void', 'test')", "1 row "),
        ("not (status = 'void')", "1 row "),
        ("status is distinct from 'void'", None),
        ("status is not null", None),
        ("status = 'paid'", None),
        ("coalesce(status, '') <> 'void'", "0 rows"),
    ],
)
def test_rows_of_which_a_condition_cannot_tell_are_counted(where: str, found: str | None) -> None:
    tables = {"t": {"columns": {"status": "VARCHAR"}, "rows": [["paid"], ["void"], [None]]}}
    step = {"id": "x", "use": "filter", "from": "t", "where": where}
    checks = Bench(compile_steps(tables, [step]), tables).checks()
    if found is None:
        assert ("filter_unknown", "x") not in checks
    else:
        passed, _, said, _ = checks["filter_unknown", "x"]
        assert said.startswith(found)
        assert passed is (found == "0 rows")
