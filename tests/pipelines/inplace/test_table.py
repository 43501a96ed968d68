"""What the documentation says of engines is what they do: each step's and check's own example on both."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_table import Tables, check_spec, compiled, step_spec, table
from running import Plain, Shop

from pipelines.contract import CHECKS, TRANSFORMS
from pipelines.inplace.scalars import RULES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "engines.md"
EXAMPLES = [*(("step", name) for name in TRANSFORMS.names()), *(("check", name) for name in CHECKS.names())]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"), urls={"postgres": postgres_url})


def fill(url: str, tables: Tables) -> None:
    """The example's tables, loaded as a run would load them."""
    import duckdb
    import psycopg
    from compiling import Bench, compile_steps
    from sqlglot import exp

    from connectors.postgres.destination import (
        PostgresSession,
        attach,
        open_session,  # noqa: F401 - the module is loaded with its driver
    )

    bench = Bench(compile_steps(tables), tables)
    with psycopg.connect(url, autocommit=True) as connection, duckdb.connect() as spare:
        attach(bench.connection, "there", connection.info)
        session = PostgresSession(spare, "none", connection)
        for name, given in tables.items():
            columns = given["columns"]
            assert isinstance(columns, dict)
            session.query(session.spell("DROP TABLE IF EXISTS {t}", t=name))
            session.create(None, name, {key: session.mapped(str(kind), key=False) for key, kind in columns.items()}, ())
            bench.connection.execute("CALL pg_clear_cache()")
            target = exp.table_(name, db="public", catalog="there", quoted=True).sql(dialect="duckdb")
            bench.connection.execute(f'INSERT INTO {target} SELECT * FROM "{name}"')
        bench.connection.execute("DETACH there")


@pytest.mark.parametrize(("kind", "name"), EXAMPLES)
def test_an_example_that_runs_in_postgresql_gives_the_digest_it_gives_here(shop: Shop, kind: str, name: str) -> None:
    plain, tables = step_spec(name) if kind == "step" else check_spec(name)
    if compiled(plain).engine != "postgres":
        assert compiled(plain).why_engine.startswith("its rows are in shop and are read from there, because ")
        return
    fill(shop.urls["postgres"], tables)
    there = shop.run(plain)
    here = shop.run(plain | {"engine": "duckdb", "name": f"{name}_here"})
    assert there.status == here.status == "succeeded", (there.message, here.message)
    assert [item.digest for item in there.outputs] == [item.digest for item in here.outputs]
    assert there.checks == here.checks


def test_the_page_has_the_table() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), f"docs/engines.md should have:\n{table()}"


def test_the_page_names_everything_on_the_list() -> None:
    text = PAGE.read_text(encoding="utf-8")
    names = dict.fromkeys(rule.name for rule in RULES.values())
    missing = [name for name in names if f"`{name}`" not in text]
    assert missing == []


def test_a_plain_spec_is_computed_here_though_a_step_could_run_elsewhere() -> None:
    plain: Plain = {
        "name": "plain",
        "sources": {"orders": {"location": "orders.csv", "columns": {"id": "INTEGER"}}},
        "steps": [{"id": "some", "use": "filter", "from": "orders", "where": "id > 1"}],
        "outputs": [{"file": "some.csv", "from": "some"}],
    }
    job = compiled(plain)
    assert (job.engine, job.notes) == ("duckdb", ())
