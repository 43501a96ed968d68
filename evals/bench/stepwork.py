"""Each step of the shelf over many rows, and SQL that somebody wrote by hand for the same work.

A case is a file in ``evals/bench/steps``: ``step`` as in a spec, without its id, and ``sql``. Both sides read the same
tables of a DuckDB file in an engine with a run's settings, and write a table into another file, so that
what is measured is the step. The tables they make are compared.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CASES = Path(__file__).with_name("steps")
RESULT = "made"
MEMORY = "4GB"
TABLES = {
    "orders": (
        "id BIGINT, customer VARCHAR, region VARCHAR, amount DECIMAL(18,2), day DATE, note VARCHAR",
        (
            "SELECT i, 'c' || lpad(CAST(hash(i) % greatest($rows // 100, 1) AS VARCHAR), 6, '0'), "
            "'r' || hash(i, 1) % 10, "
            "CAST(hash(i, 2) % 10000 AS DECIMAL(18,2)) / 100, DATE '2024-01-01' + CAST(hash(i, 3) % 730 AS INTEGER), "
            "'  Box ' || hash(i, 4) % 50 || ',  Aisle ' || hash(i, 5) % 20 FROM range($rows) AS r(i)"
        ),
        ["id"],
    ),
    "others": ("", "SELECT * REPLACE (id + $rows AS id) FROM orders WHERE id % 10 = 0", ["id"]),
    "customers": (
        "customer VARCHAR, name VARCHAR, city VARCHAR",
        (
            "SELECT 'c' || lpad(CAST(i AS VARCHAR), 6, '0'), 'Name ' || i, 'City ' || i % 300 "
            "FROM range(greatest($rows // 100, 1)) AS r(i)"
        ),
        ["customer"],
    ),
    "raw": (
        "id BIGINT, amount VARCHAR, day VARCHAR",
        "SELECT id, replace(CAST(amount AS VARCHAR), '.', ','), strftime(day, '%d/%m/%Y') FROM orders",
        ["id"],
    ),
    "contracts": (
        "contract BIGINT, begins DATE, months BIGINT",
        (
            "SELECT i, DATE '2024-01-01' + CAST(hash(i) % 365 AS INTEGER), 1 + hash(i, 1) % 23 "
            "FROM range(greatest($rows // 12, 1)) AS r(i)"
        ),
        ["contract"],
    ),
    "baskets": (
        "id BIGINT, lines STRUCT(sku VARCHAR, qty BIGINT)[]",
        (
            "SELECT i, list_transform(range(CAST(1 + hash(i) % 5 AS BIGINT)), lambda n: {'sku': 's' || n, 'qty': n}) "
            "FROM range(greatest($rows // 3, 1)) AS r(i)"
        ),
        ["id"],
    ),
    "stops": (
        "stop BIGINT, driver VARCHAR",
        "SELECT i, CASE WHEN hash(i) % 5 = 0 THEN 'd' || hash(i, 1) % 100 END FROM range($rows) AS r(i)",
        ["stop"],
    ),
    "visits": (
        "day DATE, shop VARCHAR, visitors BIGINT",
        "SELECT DISTINCT ON (day, customer) day, customer, id FROM orders WHERE hash(id, 9) % 2 = 0 ORDER BY day, id",
        ["day", "shop"],
    ),
    "months": (
        "customer VARCHAR, month DATE, total DECIMAL(18,2)",
        (
            "SELECT customer, CAST(date_trunc('month', day) AS DATE), CAST(sum(amount) AS DECIMAL(18,2)) "
            "FROM orders GROUP BY ALL"
        ),
        ["customer", "month"],
    ),
    # What is looked at row by row is bounded, so this is small.
    "moves": ("", "SELECT * FROM orders WHERE id < greatest($rows // 20, 100)", ["id"]),
    "places": (
        "place BIGINT, region VARCHAR",
        "SELECT i, 'r' || i % 10 FROM range(greatest($rows // 2, 50)) AS r(i)",
        ["place"],
    ),
    "budget": (
        "id BIGINT, m1 BIGINT, m2 BIGINT, m3 BIGINT, m4 BIGINT, m5 BIGINT, m6 BIGINT",
        (
            "SELECT i, hash(i, 1) % 99, hash(i, 2) % 99, hash(i, 3) % 99, hash(i, 4) % 99, hash(i, 5) % 99, "
            "hash(i, 6) % 99 FROM range(greatest($rows // 6, 1)) AS r(i)"
        ),
        ["id"],
    ),
}
"""Columns, the rows for a number of ``$rows``, and the key of each table."""


@dataclass(frozen=True)
class StepCase:
    """A step and the SQL by hand."""

    name: str
    step: dict[str, Any]
    sql: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The tables that it reads."""
        given = self.step["from"]
        return (given,) if isinstance(given, str) else tuple(given)


def cases() -> list[StepCase]:
    """All of them, by name."""
    return [case(path.stem) for path in sorted(CASES.glob("*.yaml"))]


def case(name: str) -> StepCase:
    """One of them."""
    plain = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    return StepCase(name, plain["step"], plain["sql"])


def write_tables(database: Path, rows: int) -> None:
    """Make the tables, ``rows`` in the largest of them."""
    import duckdb

    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        for name, (columns, query, _) in TABLES.items():
            text = query.replace("$rows", str(rows))
            if columns:
                connection.execute(f"CREATE TABLE {name} ({columns})")
                connection.execute(f"INSERT INTO {name} {text}")
            else:
                connection.execute(f"CREATE TABLE {name} AS {text}")


def by_hand(name: str, database: str, result: str) -> dict[str, Any]:
    """The SQL of the case, from the statement to its commit."""
    with closing(_engine(database, result)) as connection:
        for table in case(name).inputs:
            connection.execute(f"CREATE VIEW memory.main.{table} AS FROM given.{table}")
        begun = time.perf_counter()
        connection.execute(f"CREATE TABLE result.{RESULT} AS {case(name).sql}")
        return {"step_s": time.perf_counter() - begun} | _what_is_there(connection)


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
        begun = time.perf_counter()
        bench.run_stages()
        bench.materialise(RESULT, bench.select("step"), ("step",), schema="result.main")
        return {"step_s": time.perf_counter() - begun} | _what_is_there(connection)


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
