"""The lists of functions hold what the engine has, mark what matters of each, and the page's examples are right."""

import duckdb
import sqlglot
from compiling import Bench, compile_steps

from pipelines import functions


def test_the_table_of_classes_is_what_the_listed_names_parse_to() -> None:
    dialect = sqlglot.Dialect.get_or_raise("duckdb")
    expected: dict[str, set[str]] = {}
    for name in functions.ALLOWED | functions.TABLES:
        for arguments in ("", "a", "a, b", "a, b, c", "'month', cast(a as date)"):
            try:
                node = dialect.parse(f"SELECT {name}({arguments}) FROM t")[0]
            except sqlglot.errors.SqlglotError:
                continue
            assert node is not None
            call = node.expressions[0]
            call = call.this if isinstance(call, sqlglot.exp.IgnoreNulls) else call
            if not isinstance(call, sqlglot.exp.Anonymous) and type(call).__name__ not in functions.STRUCTURE:
                expected.setdefault(type(call).__name__, set()).add(name)
    assert set(functions.CLASSES) == set(expected)
    for kind, name in functions.CLASSES.items():
        assert name in expected[kind], kind
        assert len({item in functions.INEXACT for item in expected[kind]}) == 1, kind
        assert len({item in functions.ORDERED_AGGREGATES for item in expected[kind]}) == 1, kind
        assert len({item in functions.AGGREGATES for item in expected[kind]}) == 1, kind


def test_every_function_that_makes_floats_of_exact_values_is_marked_inexact() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT function_name, return_type, parameter_types FROM duckdb_functions() WHERE schema_name = 'main'"
        ).fetchall()
    floats = {"DOUBLE", "FLOAT"}
    makes = {name for name, returns, takes in rows if returns in floats and not floats & set(takes)}
    takes_only = {name for name, _, _ in rows} - {name for name, returns, _ in rows if returns not in floats}
    assert (makes | takes_only) & functions.ALLOWED <= functions.INEXACT


def test_no_listed_function_is_volatile_for_the_engine() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        )
        volatile = {row[0] for row in rows.fetchall()}
    assert not volatile & functions.ALLOWED


def test_each_example_on_the_page_of_functions_gives_what_the_page_says() -> None:
    table = {"columns": {"id": "INTEGER"}, "primary_key": ["id"], "rows": [[1]]}
    columns = {f"c{place}": how for place, (_, how, _) in enumerate(functions.EXAMPLES)}
    job = compile_steps({"t": table}, [{"id": "s", "use": "derive", "from": "t", "columns": columns}])
    ((_, *values),) = Bench(job, {"t": table}).rows("s")
    found = ["" if value is None else str(value) for value in values]
    assert found == [gives for _, _, gives in functions.EXAMPLES]
