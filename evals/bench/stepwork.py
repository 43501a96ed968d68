"""Each step of the shelf over many rows, and SQL that somebody wrote by hand for the same work.

A case is a file in ``evals/bench/steps``: ``step`` as in a spec, without its id, and ``sql``. Both sides read the same
tables of a DuckDB file in an engine with a run's settings, and write a table into another file, so that
what is measured is the step. The tables they make are compared.

Where nobody would write SQL for the work, because the method is the step's own, a case says ``why`` in place of
``sql``, and its ``seconds`` and ``mib`` are what it may take at the full size. A case with SQL says ``why`` where the
step does more than the SQL, and what that costs.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from evals.bench.steptables import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CASES = Path(__file__).with_name("steps")
RESULT = "made"
MEMORY = "4GB"


@dataclass(frozen=True)
class StepCase:
    """A step and the SQL by hand, or what the step may take by itself: wall seconds, and MiB of the whole process."""

    name: str
    step: dict[str, Any]
    sql: str | None = None
    why: str = ""
    seconds: float = 0.0
    mib: float = 0.0

    @property
    def inputs(self) -> tuple[str, ...]:
        """The tables that it reads."""
        given = self.step["from"]
        return (given,) if isinstance(given, str) else tuple(given)


def cases(only: Collection[str] = ()) -> list[StepCase]:
    """All of them by name, or those that are named."""
    return [case(name) for name in names() if not only or name in only]


def case(name: str) -> StepCase:
    """One of them."""
    return StepCase(name, **yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8")))


def names() -> list[str]:
    """Of all cases."""
    return sorted(path.stem for path in CASES.glob("*.yaml"))


def by_hand(name: str, database: str, result: str) -> dict[str, Any]:
    """The SQL of the case, from the statement to its commit."""
    text = case(name).sql
    if text is None:
        raise ValueError(f"The case {name} has no SQL by hand.")
    with closing(_engine(database, result)) as connection:
        for table in case(name).inputs:
            connection.execute(f"CREATE VIEW memory.main.{table} AS FROM given.{table}")
        begun = _Begun()
        connection.execute(f"CREATE TABLE result.{RESULT} AS {text}")
        return begun.spent() | _what_is_there(connection)


def by_step(name: str, database: str, result: str) -> dict[str, Any]:
    """The step as a run does it: each of its stages, then the table."""
    from sqlglot import exp

    from pipelines import staging
    from pipelines.compiler import compile_spec
    from pipelines.engines.duckdb import Guard
    from pipelines.transform import Workbench
    from spec.codec import from_plain

    one = case(name)
    with closing(_engine(database, result)) as connection:
        sources = {
            table: {
                "location": f"{table}.parquet",
                "columns": {row[0]: row[1] for row in connection.execute(f"DESCRIBE given.{table}").fetchall()},
                "primary_key": TABLES[table][2],
            }
            for table in one.inputs
        }
        plain = {
            "name": name,
            "sources": sources,
            "steps": [{"id": "step", **one.step}],
            "outputs": [{"file": "step.csv", "from": "step"}],
        }
        job = compile_spec(
            from_plain(cast("Any", plain)), base=Path(database).parent, now=datetime(2026, 7, 1, tzinfo=UTC)
        )
        for table in one.inputs:
            staging.as_source(connection, table, exp.table_(table, db="main", catalog="given"))
        bench = Workbench(connection, job, Guard(monotonic=time.monotonic, seconds=3600))
        begun = _Begun()
        bench.run_stages()
        bench.materialise(RESULT, bench.select("step"), (), schema="result.main")
        spent = begun.spent()
        given = {table: connection.table(f"given.{table}").count("*").fetchall()[0][0] for table in one.inputs}
        return spent | {"given": given} | _what_is_there(connection)


class _Begun:
    """The moment at which the work begins, by the wall and by the CPU of this process."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> dict[str, Any]:
        """Seconds since then."""
        return {"step_s": time.perf_counter() - self._wall, "step_cpu_s": time.process_time() - self._cpu}


def _engine(database: str, result: str) -> DuckDBPyConnection:
    from pipelines.engines.duckdb import Limits, open_engine

    Path(result).unlink(missing_ok=True)
    connection = open_engine(Limits(memory=MEMORY), Path(result).parent / "spill")
    connection.execute(f"ATTACH '{database}' AS given (READ_ONLY)")
    connection.execute(f"ATTACH '{result}' AS result")
    return connection


def _what_is_there(connection: DuckDBPyConnection) -> dict[str, Any]:
    """Rows, and each column's hashes added up: equal for the same rows in any order."""
    columns = sorted(row[0] for row in connection.execute(f"DESCRIBE result.{RESULT}").fetchall())
    table = connection.table(f"result.{RESULT}")
    sums = [f'sum(CAST(hash(CAST("{name}" AS VARCHAR)) AS HUGEINT) % 1000003)' for name in columns]
    found = table.aggregate(", ".join(["count(*)", *sums])).fetchone()
    return {"there": [columns, [str(value) for value in found or ()]]}
