"""Steps, whole runs and public tasks in Spark give the digests that they give in DuckDB."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import cast

import duckdb
import pytest
from engine_table import beside, spark_cell, spark_job
from running import NOW, Plain, Shop, orders_spec
from spark_engine import needs_spark

from connectors.contract import Place
from pipelines.compiler import compile_spec
from pipelines.computing import computing
from pipelines.contract import TRANSFORMS
from pipelines.engines import spark
from pipelines.engines.duckdb import Guard, Limits
from pipelines.job import Job
from pipelines.replay import replay
from pipelines.transform import Workbench
from spec.base import JsonValue
from spec.codec import load_spec
from spec.errors import DataError, SpecError, UnsupportedError
from spec.pipeline import Load, Send, Source

SPECS = Path(__file__).resolve().parents[3] / "evals" / "prepbench"
NAMES = [path.stem for path in sorted(SPECS.glob("case_*.yaml"))]
LEAST = 21
"""Of the public tasks with a spec, so many are computed in Spark; docs/engines.md has the number."""
LIMITS = Limits(threads=2)


@pytest.fixture(scope="module", autouse=True)
def session() -> Iterator[None]:
    """One for all of these runs: to start it takes seconds."""
    with spark.opened(LIMITS, None) if spark.missing() is None else nullcontext():
        yield


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path, limits=LIMITS)
    shop.write("orders.csv", "id,region,amount\n1,North,1.25\n2,,2.50\n3,North,0.05\n4,Süd,-7.00\n")
    return shop


def digests(job: Job, folder: Path) -> dict[str, str]:
    """The digest of each relation that leaves the job, computed by its engine."""
    guard = Guard(monotonic=time.monotonic, seconds=600)

    def place(unit: Source | Load | Send) -> Place:
        return Place(unit.connector, folder, unit.location)

    found: dict[str, str] = {}
    with computing(job, place, guard, folder=None, limits=LIMITS, sleep=time.sleep) as (bench, _):
        bench.run_stages()
        for output in job.outputs:
            table = f"_result_{len(found)}"
            bench.materialise(table, bench.select(output.from_), (output.from_,))
            from sqlglot import exp

            found[output.file] = bench.digest(output.from_, exp.table_(table, db="main", catalog="memory")).text
        if job.engine == "spark":
            assert {stage.relation.name.casefold() for stage in job.stages} <= bench._made
    return found


STEPS = [name for name in TRANSFORMS.names() if spark_cell(name) == "the same"]


@needs_spark
@pytest.mark.parametrize("name", STEPS)
def test_an_example_that_runs_in_spark_gives_the_digest_it_gives_here(name: str) -> None:
    here = compile_spec(beside(name, engine="duckdb"), base=Path(), now=NOW)
    assert digests(spark_job(name), Path()) == digests(here, Path())


def public(name: str) -> Job | None:
    """A public task for Spark, None where it is refused."""
    spec = load_spec(SPECS / f"{name}.yaml").model_copy(update={"engine": "spark"})
    try:
        return compile_spec(spec, base=Path(), now=NOW)
    except SpecError as error:
        if error.where["field"] != "engine":
            raise
        return None


def test_as_many_public_tasks_as_stated_can_be_computed_in_spark() -> None:
    assert len([name for name in NAMES if public(name) is not None]) == LEAST


@needs_spark
@pytest.mark.parametrize("name", NAMES)
def test_a_public_task_that_spark_computes_gives_the_digests_of_one_computed_here(
    evals_folder: Path, name: str
) -> None:
    there = public(name)
    if there is None:
        return
    task = evals_folder / "pipelines" / "prepbench" / name
    here = compile_spec(load_spec(SPECS / f"{name}.yaml"), base=Path(), now=NOW)
    assert digests(replace(there, base=task), task) == digests(replace(here, base=task), task)


@needs_spark
def test_a_run_in_spark_publishes_what_a_run_here_does_and_can_be_replayed(shop: Shop) -> None:
    checks: list[JsonValue] = [{"check": "not_null", "on": "totals", "columns": ["region"], "severity": "warn"}]
    there = shop.run(orders_spec(engine="spark", checks=checks))
    files = {path.name: path.read_bytes() for path in shop.out.iterdir() if path.is_file()}
    here = shop.run(orders_spec(engine="duckdb", checks=checks))
    assert there.status == here.status == "succeeded", (there.message, here.message)
    assert [item.digest for item in there.outputs] == [item.digest for item in here.outputs]
    assert there.checks == here.checks
    assert files == {path.name: path.read_bytes() for path in shop.out.iterdir() if path.is_file()}
    job = shop.job(orders_spec(engine="spark", checks=checks))
    folder = shop.workspace.folder / "runs" / there.run_id
    assert replay(job, there.run_id, folder, monotonic=time.monotonic, limits=LIMITS).status == "same"


def test_rows_that_spark_computed_go_into_tables_as_those_computed_here_do(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    if spark.missing() is not None:
        # What publishes is chosen by where the rows are, which is here; who computed them does not matter to it.
        monkeypatch.setattr(spark, "started", lambda _limits, _folder: nullcontext(Workbench))
    into: Plain = {"from": "totals", "connector": "duckdb", "location": "shop.duckdb", "table": "totals"}
    plain = orders_spec(engine="spark", loads=[into], allow={"tables": ["shop.duckdb/totals"]})
    result = shop.run(plain)
    assert result.status == "succeeded", result.message
    with duckdb.connect(shop.folder / "shop.duckdb", read_only=True) as there:
        assert there.execute("SELECT region, total FROM totals ORDER BY total").fetchall() == [
            ("Süd", Decimal("-7.00")),
            ("North", Decimal("1.30")),
            (None, Decimal("2.50")),
        ]


def refused(shop: Shop, **more: object) -> Mapping[str, object]:
    with pytest.raises(SpecError) as raised:
        shop.job(orders_spec(**more))
    return {"message": raised.value.message, "hint": raised.value.hint, **raised.value.where}


def step(**more: JsonValue) -> list[JsonValue]:
    return [{"id": "totals", "use": "derive", "from": "orders", "columns": {"x": "id"}, **more}]


def test_what_spark_is_not_known_to_compute_alike_is_refused_when_it_is_compiled(shop: Shop) -> None:
    found = refused(shop, engine="spark", steps=step(columns={"x": "strip_accents(region)"}), checks=[])
    assert found["step"] == "totals"
    assert "strip_accents(), which is not known to mean the same there" in str(found["message"])


def test_a_step_may_name_spark_and_then_all_of_them_are_computed_there(shop: Shop) -> None:
    job = shop.job(orders_spec(steps=step(engine="spark"), checks=[]))
    assert (job.engine, {stage.engine for stage in job.stages}) == ("spark", {"spark"})
    assert "Computed here, in Spark: the spec says engine: spark." in job.notes


def test_two_steps_that_name_two_engines_are_refused(shop: Shop) -> None:
    steps: list[JsonValue] = [
        *step(engine="spark"),
        {"id": "second", "use": "limit", "from": "totals", "rows": 1, "by": "id", "engine": "duckdb"},
    ]
    found = refused(shop, steps=steps, checks=[])
    assert "the step 'second' says engine: duckdb" in str(found["message"])


def test_an_engine_that_there_is_not_is_refused_with_those_there_are(shop: Shop) -> None:
    found = refused(shop, engine="sparc")
    assert "Did you mean 'spark'?" in str(found["hint"])
    assert found["field"] == "engine"


def test_nobody_gets_spark_unasked(shop: Shop) -> None:
    assert shop.job(orders_spec()).engine == "duckdb"


def test_without_spark_a_run_stops_before_anything_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "missing", lambda: "Spark is not installed here.")
    with pytest.raises(UnsupportedError) as raised:
        digests(shop.job(orders_spec(engine="spark")), shop.folder / "nowhere")
    assert 'pip install "dreflowpro[spark]"' in (raised.value.hint or "")


@needs_spark
@pytest.mark.parametrize("value", ["infinity", "-infinity"])
def test_an_infinite_day_stops_a_run_in_spark_and_is_never_another_day(shop: Shop, value: str) -> None:
    with duckdb.connect() as engine:
        engine.execute(f"COPY (SELECT 1::BIGINT AS id, DATE '{value}' AS day) TO '{shop.folder / 'days.parquet'}'")
    outputs: list[JsonValue] = [{"file": "totals.csv", "from": "totals"}]
    plain: Plain = orders_spec(engine="spark", steps=step(columns={"x": "day"}), outputs=outputs)
    source = cast("dict[str, Plain]", plain["sources"])["orders"]
    source |= {"location": "days.parquet", "columns": {"id": "BIGINT", "day": "DATE"}}
    with pytest.raises(DataError, match="infinite"):
        digests(shop.job(plain), shop.folder)


@needs_spark
def test_a_value_that_does_not_fit_stops_a_run_in_spark(shop: Shop) -> None:
    plain = orders_spec(engine="spark", steps=step(columns={"x": "cast(id * 100000000000 as integer)"}), checks=[])
    with pytest.raises(DataError) as raised:
        digests(shop.job(plain), shop.folder)
    assert raised.value.where["step"] == "totals"
