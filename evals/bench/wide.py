"""A spec of 30 steps on 50 columns, and the same SQL for SQLGlot alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from pipelines.compiler import compile_spec
from pipelines.job import Job
from spec.base import JsonValue
from spec.codec import from_plain
from spec.pipeline import Pipeline

STEPS, WIDTH = 30, 50


def wide_spec() -> Pipeline:
    """Derive, filter and rename in turn, then an aggregate: each step carries all columns on."""
    columns: dict[str, JsonValue] = {f"c{number}": "DECIMAL(18,2)" for number in range(WIDTH - 1)}
    columns["name"] = "VARCHAR"
    steps: list[JsonValue] = []
    previous = "wide"
    for number in range(STEPS - 1):
        step: dict[str, JsonValue] = {"id": f"s{number}", "from": previous}
        if number % 3 == 0:
            step |= {"use": "derive", "columns": {f"c{number}": f"c{number} * 2 + coalesce(c{number + 1}, 0)"}}
        elif number % 3 == 1:
            step |= {"use": "filter", "where": f"c{number} > {number} and name <> 'x{number}'"}
        else:
            step |= {"use": "derive", "columns": {"name": f"upper(trim(name)) || '{number}'"}}
        steps.append(step)
        previous = f"s{number}"
    steps.append(
        {"id": "last", "use": "aggregate", "from": previous, "group_by": ["name"], "measures": {"total": "sum(c0)"}}
    )
    return from_plain(
        {
            "name": "wide",
            "sources": {"wide": {"location": "wide.csv", "columns": columns}},
            "steps": steps,
            "outputs": [{"file": "wide.csv", "from": "last"}],
        }
    )


def compile_wide(repeats: int) -> float:
    """Seconds of the fastest compilation."""
    spec, now = wide_spec(), datetime(2026, 7, 1, tzinfo=UTC)
    return _fastest(repeats, lambda: compile_spec(spec, base=Path(), now=now))


def sqlglot_wide(repeats: int) -> float:
    """Seconds of the fastest parse, qualify, annotate and generate of the job's whole SQL as one statement."""
    from sqlglot import exp, parse_one
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    spec = wide_spec()
    job = compile_spec(spec, base=Path(), now=datetime(2026, 7, 1, tzinfo=UTC))
    text = whole_sql(job)
    schema: dict[str, object] = {"wide": dict(spec.sources["wide"].columns)}

    def plain() -> object:
        tree = parse_one(text, dialect="duckdb")
        assert isinstance(tree, exp.Query)
        qualified = qualify(tree, schema=schema, dialect="duckdb")
        return annotate_types(qualified, schema=schema, dialect="duckdb").sql(dialect="duckdb")

    return _fastest(repeats, plain)


def whole_sql(job: Job) -> str:
    """All stages as CTEs of one statement."""
    from sqlglot import exp

    tree: exp.Select = exp.select("*").from_(exp.table_(job.stages[-1].relation.name, quoted=True))
    for stage in job.stages:
        if stage.select is not None:
            tree = tree.with_(exp.to_identifier(stage.relation.name, quoted=True), as_=stage.select.copy(), copy=False)
    return tree.sql(dialect="duckdb")


def _fastest(repeats: int, work: object) -> float:
    spent = []
    for _ in range(repeats):
        begun = time.perf_counter()
        assert callable(work)
        work()
        spent.append(time.perf_counter() - begun)
    return min(spent)
