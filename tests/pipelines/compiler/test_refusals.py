"""What a compile refuses: each refusal names the step, the thing and the likeliest fix, as words and as data."""

from collections.abc import Mapping

import pytest
from compiling import compile_steps

from spec.errors import SpecError

ORDERS: Mapping[str, object] = {
    "columns": {
        "id": "INTEGER",
        "customer_id": "INTEGER",
        "email": "VARCHAR",
        "total": "DECIMAL(18,2)",
        "rate": "DOUBLE",
        "day": "DATE",
        "paid_at": "TIMESTAMP WITH TIME ZONE",
        "test": "BOOLEAN",
        "tags": "VARCHAR[]",
    },
    "primary_key": ["id"],
}
CUSTOMERS: Mapping[str, object] = {"columns": {"customer_id": "VARCHAR", "Name": "VARCHAR"}}
LINES: Mapping[str, object] = {"columns": {"order_id": "INTEGER", "sku": "VARCHAR", "qty": "INTEGER"}}
TABLES = {"orders": ORDERS, "customers": CUSTOMERS, "lines": LINES}

Step = dict[str, object]

REFUSED: list[tuple[str, Step, str, dict[str, object]]] = [
    ("an unknown step unit", {"use": "filtr"}, "no step 'filtr'", {"unknown": "filtr", "nearest": "filter"}),
    ("an unknown parameter", {"use": "filter", "were": "test"}, "'were'", {"unknown": "were", "nearest": "where"}),
    ("a missing parameter", {"use": "filter"}, "'where' is to be stated", {"field": "where"}),
    ("too many inputs", {"use": "filter", "from": ["orders", "lines"], "where": "test"}, "reads 1 input", {"most": 1}),
    ("too few inputs", {"use": "join", "on": "id"}, "reads 2 inputs", {"least": 2}),
    ("an unknown input", {"use": "filter", "from": "order", "where": "test"}, "'order'", {"nearest": "orders"}),
    ("an unknown column", {"use": "filter", "where": "totl > 1"}, "no column 'totl'", {"nearest": "total"}),
    ("an unknown column to keep", {"use": "select", "columns": ["id", "emial"]}, "'emial'", {"nearest": "email"}),
    ("a column kept twice", {"use": "select", "columns": ["id", "ID"]}, "would be named", {}),
    ("nothing to keep", {"use": "select"}, "which columns", {"field": "columns"}),
    ("two columns of one name", {"use": "rename", "columns": {"id": "Email"}}, "would be named", {}),
    ("an unknown function", {"use": "derive", "columns": {"x": "lowr(email)"}}, "lowr", {"nearest": "lower"}),
    ("broken SQL", {"use": "derive", "columns": {"x": "total +"}}, "something is missing", {}),
    ("an alias", {"use": "derive", "columns": {"x": "total as y"}}, "alias", {}),
    (
        "columns computed from each other",
        {"use": "derive", "columns": {"x": "y - total", "y": "x + 1", "z": "total"}},
        "computed from each other: x, y",
        {"columns": ["x", "y"]},
    ),
    ("an aggregate for a row", {"use": "derive", "columns": {"x": "sum(total)"}}, "aggregates", {}),
    ("a sum of text", {"use": "aggregate", "measures": {"x": "sum(email)"}}, "sum(VARCHAR)", {"function": "sum"}),
    ("a date plus money", {"use": "derive", "columns": {"x": "total + day"}}, "DECIMAL(18,2) + DATE", {}),
    ("text against a number", {"use": "filter", "where": "email > 3"}, "VARCHAR and INTEGER", {}),
    (
        "text against a date",
        {"use": "filter", "where": "email = day"},
        "one of them is text",
        {"types": ["VARCHAR", "DATE"]},
    ),
    ("a date that is none", {"use": "filter", "where": "day >= '2026-02-30'"}, "2026-02-30", {}),
    ("a list of dates with one that is none", {"use": "filter", "where": "day in ('2026-02-01', 'x')"}, "x", {}),
    ("a constant that is no number", {"use": "derive", "columns": {"x": "cast('abc' as integer)"}}, "abc", {}),
    ("a condition that is no condition", {"use": "filter", "where": "total"}, "DECIMAL", {"type": "DECIMAL(18,2)"}),
    ("an unknown type", {"use": "cast", "columns": {"email": "MONEY2"}}, "not a type", {"unknown": "MONEY2"}),
    ("an unknown parameter of a run", {"use": "filter", "where": "total > $floor"}, "$floor", {"unknown": "floor"}),
    (
        "keys of different types",
        {"use": "join", "from": ["orders", "customers"], "on": "customer_id"},
        "differ in type",
        {"types": ["INTEGER", "VARCHAR"]},
    ),
    ("a join with itself", {"use": "join", "from": ["orders", "orders"], "on": "id"}, "itself", {}),
    ("a key that is on one side only", {"use": "join", "from": ["orders", "lines"], "on": "id"}, "no column 'id'", {}),
    ("a measure that is none", {"use": "aggregate", "measures": {"x": "total"}}, "one value for a group", {}),
    ("a window inside a measure", {"use": "aggregate", "measures": {"x": "sum(total) over ()"}}, "window", {}),
    ("nothing to aggregate", {"use": "aggregate"}, "nothing to compute", {}),
    (
        "columns that one input lacks",
        {"use": "union", "from": ["orders", "lines"]},
        "no column",
        {"missing": ["order_id", "sku", "qty"]},
    ),
    (
        "a union of text and numbers",
        {"use": "union", "from": ["orders", "customers"], "missing": "null"},
        "customer_id",
        {"types": ["INTEGER", "VARCHAR"]},
    ),
    (
        "row_number by an order with ties",
        {"use": "window", "order_by": "day", "columns": {"n": "row_number()"}},
        "order of rows",
        {"add": ["id"], "covered": ["day"]},
    ),
    ("lag without an order", {"use": "window", "columns": {"n": "lag(total)"}}, "order of rows", {"add": ["id"]}),
    (
        "a moving sum by an order with ties",
        {"use": "window", "order_by": "day", "last": 7, "columns": {"n": "sum(total)"}},
        "order of rows",
        {"add": ["id"]},
    ),
    ("a list without an order", {"use": "aggregate", "measures": {"x": "string_agg(email, ',')"}}, "order of rows", {}),
    (
        "the first value of an order with ties",
        {"use": "aggregate", "measures": {"x": "first(email order by day)"}},
        "order of rows",
        {},
    ),
    ("the largest with ties", {"use": "aggregate", "measures": {"x": "arg_max(email, total)"}}, "order of rows", {}),
    (
        "the first value of no order",
        {"use": "aggregate", "measures": {"x": "first(email)"}},
        'FIRST("email" ORDER BY email)',
        {"add": ["email"]},
    ),
    (
        "a list of different values by an order with ties",
        {"use": "aggregate", "measures": {"x": "list(distinct email order by day)"}},
        "ORDER BY",
        {},
    ),
    (
        "a limit by an order with ties",
        {"use": "limit", "rows": 3, "by": "total desc"},
        "order of rows",
        {"add": ["id"]},
    ),
    ("a limit without an order", {"use": "limit", "rows": 3}, "order of rows", {"add": ["id"]}),
    (
        "one of several rows by an order with ties",
        {"use": "dedupe", "by": "email", "keep": "day desc"},
        "order of rows",
        {"add": ["id"]},
    ),
    (
        "a limit inside SQL",
        {"use": "sql", "query": "select id from orders order by total limit 3"},
        "LIMIT",
        {"add": ["id"]},
    ),
    ("an order by an expression", {"use": "sort", "by": "total * 2"}, "no column", {}),
    (
        "a table that is not an input",
        {"use": "sql", "query": "select * from lines"},
        "no input 'lines'",
        {"known": ["orders"]},
    ),
    ("an unknown column in SQL", {"use": "sql", "query": "select totl from orders"}, "'totl'", {"nearest": "total"}),
    ("a pivot of a constant", {"use": "pivot", "column": "email", "values": ["a"], "measure": "1"}, "one value", {}),
    (
        "a pivot value of another type",
        {"use": "pivot", "column": "day", "values": ["soon"], "measure": "count(*)"},
        "soon",
        {},
    ),
    ("an unpivot of text and numbers", {"use": "unpivot", "columns": ["email", "total"]}, "cannot hold both", {}),
    (
        "a match by text alone",
        {"use": "match", "from": ["orders", "customers"], "text": {"left": "email", "right": "Name"}},
        "texts alone",
        {},
    ),
    (
        "a match of a date with an instant",
        {"use": "match", "from": ["orders", "lines"], "days": {"left": "day", "right": "sku"}},
        "needs a date",
        {},
    ),
    ("an explode of no list", {"use": "explode", "column": "email"}, "not a list", {}),
    (
        "an order that is not total for a limit of groups",
        {"use": "limit", "rows": 1, "per": "email"},
        "order of rows",
        {},
    ),
    (
        "text in double quotes",
        {"use": "filter", "where": 'email = "a@x.com"'},
        "single quotes: 'a@x.com'",
        {"unknown": "a@x.com"},
    ),
    (
        "one expression that gives several columns",
        {"use": "sql", "query": "select id, unnest([{'a': 1, 'b': 2}], recursive := true) from orders"},
        "several columns",
        {"columns": 3, "named": 2},
    ),
    ("a SELECT inside an expression", {"use": "filter", "where": "id in (select 1)"}, "'join' step", {}),
    ("a struct field of no struct", {"use": "derive", "columns": {"x": "email.first"}}, "email", {}),
]


@pytest.mark.parametrize(("step", "said", "data"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_it_is_refused_with_the_step_and_the_fix(step: Step, said: str, data: dict[str, object]) -> None:
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [{"id": "x", "from": "orders", **step}])
    error = caught.value
    assert said in str(error)
    assert error.where["step"] == "x"
    assert error.hint
    for key, value in data.items():
        assert error.data[key] == value


def test_steps_that_read_each_other_are_refused_with_the_circle() -> None:
    steps = [
        {"id": "a", "use": "filter", "from": "c", "where": "true"},
        {"id": "b", "use": "filter", "from": "a", "where": "true"},
        {"id": "c", "use": "filter", "from": "b", "where": "true"},
    ]
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, steps)
    assert caught.value.data["circle"] == ["a", "c", "b", "a"]


def test_an_unknown_output_of_a_step_is_refused_with_those_it_has() -> None:
    steps = [{"id": "a", "use": "filter", "from": "orders", "where": "test"}]
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, steps, outputs=[{"file": "x.csv", "from": "a.rests"}])
    assert caught.value.data["nearest"] == "a.rest"


def test_a_source_without_columns_is_refused() -> None:
    with pytest.raises(SpecError, match="does not say its columns"):
        compile_steps({"orders": {"columns": {}}})


@pytest.mark.parametrize(
    ("section", "entry", "said"),
    [
        ("outputs", {"file": "x.csv", "from": "orderz"}, "'orderz'"),
        ("outputs", {"file": "x.csv", "from": "orders", "order_by": "totl"}, "'totl'"),
        ("checks", {"check": "uniqe", "on": "orders"}, "'uniqe'"),
        ("checks", {"check": "unique", "on": "orders", "columns": "idd"}, "'idd'"),
        ("checks", {"check": "range", "on": "orders", "column": "total"}, "no bounds"),
        ("checks", {"check": "range", "on": "orders", "column": "total", "min": "abc"}, "abc"),
        ("checks", {"check": "freshness", "on": "orders", "column": "total", "within": "1 day"}, "not a date"),
        ("checks", {"check": "freshness", "on": "orders", "column": "day", "within": "soon"}, "length of time"),
        ("checks", {"check": "conserve", "on": "orders", "from": "lines", "measure": "sum(total)"}, "'total'"),
        ("checks", {"check": "conserve", "on": "orders", "from": "orders", "measure": "max(email)"}, "not a number"),
        (
            "checks",
            {"check": "reconcile", "on": "orders", "to": "lines", "value": "count(*)", "tolerance": "-1"},
            "toler",
        ),
        ("checks", {"check": "accepted_values", "on": "orders", "column": "id", "values": ["a"]}, "'a'"),
        ("loads", {"from": "orders", "connector": "duckdb", "location": "w.db", "table": "o"}, "allow.tables"),
    ],
)
def test_what_reads_the_result_is_held_to_it(section: str, entry: Step, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, **{section: [entry]})
    assert said in str(caught.value)


def test_an_error_of_the_engine_never_shows_its_own_text_of_candidates() -> None:
    with pytest.raises(SpecError) as caught:
        compile_steps(TABLES, [{"id": "x", "use": "derive", "from": "orders", "columns": {"y": "lower(total)"}}])
    assert "Candidate" not in str(caught.value)
    assert "LINE" not in str(caught.value)
    assert "\n" not in str(caught.value)
