"""Public tasks whose steps PostgreSQL can say: their inputs put into one, both engines give the same digests."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import psycopg
import pytest
from running import Shop
from sqlglot import exp

from connectors.contract import Place
from connectors.postgres.destination import PostgresSession, attach
from pipelines.compiler import compile_spec
from pipelines.computing import computing
from pipelines.engines.duckdb import Guard
from pipelines.job import Job
from spec.codec import load_spec
from spec.pipeline import Load, Pipeline, Send, Source

SPECS = Path(__file__).resolve().parents[3] / "evals" / "prepbench"
NAMES = [path.stem for path in sorted(SPECS.glob("case_*.yaml"))]
LEAST = 21
"""Of the tasks with a spec, so many are computed there; docs/engines.md has the number."""


def placed(spec: Pipeline, name: str) -> Pipeline:
    """The task with its inputs and its results in one database."""
    sources = {
        key: source.model_copy(
            update={
                "connector": "postgres",
                "connection": "shop",
                "location": None,
                "options": {},
                "stream": f"public.{name}_{key}",
            }
        )
        for key, source in spec.sources.items()
    }
    loads = tuple(
        Load.model_validate(
            {"from": output.from_, "connector": "postgres", "connection": "shop", "table": f"{name}_out_{number}"}
        )
        for number, output in enumerate(spec.outputs)
    )
    allow = spec.allow.model_copy(update={"tables": tuple(f"shop/{load.table}" for load in loads)})
    return spec.model_copy(
        update={"name": name, "sources": sources, "outputs": (), "loads": loads, "allow": allow, "report": None}
    )


def compiled(spec: Pipeline, base: Path, shop: Shop) -> Job:
    return compile_spec(spec, base=base, now=shop.now)


def fill(job: Job, task: Path, url: str, name: str) -> None:
    """Read the task's inputs as it says, and put them into the database as a load would."""
    guard = Guard(monotonic=time.monotonic, seconds=200)

    def place(unit: Source | Load | Send) -> Place:
        return Place(unit.connector, task, unit.location)

    with (
        computing(job, place, guard, folder=None, sleep=time.sleep) as (bench, _),
        psycopg.connect(url, autocommit=True) as connection,
        duckdb.connect() as engine,
    ):
        attach(engine, "there", connection.info)
        session = PostgresSession(engine, "there", connection)
        for key in job.sources:
            fields = bench.relation(key).fields
            session.create(
                None, f"{name}_{key}", {item.name: session.mapped(item.type, key=False) for item in fields}, ()
            )
            engine.register("rows", bench.connection.execute(bench.select(key).sql(dialect="duckdb")).to_arrow_table())
            session.refresh()
            target = exp.table_(f"{name}_{key}", db="public", catalog="there", quoted=True).sql(dialect="duckdb")
            engine.execute(f"INSERT INTO {target} FROM rows")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Shop:
    return Shop(tmp_path_factory.mktemp("tasks"), urls={"postgres": postgres_url})


def test_as_many_public_tasks_as_stated_can_be_computed_in_postgresql(shop: Shop) -> None:
    specs = {name: placed(load_spec(SPECS / f"{name}.yaml"), name) for name in NAMES}
    there = [name for name, spec in specs.items() if compiled(spec, Path(), shop).engine == "postgres"]
    assert len(there) >= LEAST, there


@pytest.mark.parametrize("name", NAMES)
def test_a_public_task_that_postgresql_computes_gives_the_digests_of_one_computed_here(
    shop: Shop, evals_folder: Path, name: str
) -> None:
    spec = load_spec(SPECS / f"{name}.yaml")
    there = compiled(placed(spec, name), Path(), shop)
    if there.engine != "postgres":
        # A task of written-out tables alone lies in no database.
        assert " because " in there.why_engine or not there.sources
        return
    task = evals_folder / "pipelines" / "prepbench" / name
    fill(compiled(spec, task, shop), task, shop.urls["postgres"], name)
    first = shop.run_job(there)
    here = placed(spec, f"{name}_here").model_copy(update={"sources": placed(spec, name).sources, "engine": "duckdb"})
    second = shop.run_job(compiled(here, Path(), shop))
    assert first.status == second.status == "succeeded", (first.message, second.message)
    assert [item.digest for item in first.outputs] == [item.digest for item in second.outputs]
    assert first.checks == second.checks
