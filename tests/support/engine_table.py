"""Steps and checks by engine: whether the documented example of each runs in PostgreSQL, or why it is computed here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from running import NOW, Plain, Shop

from pipelines.compiler import compile_spec
from pipelines.contract import CHECKS, TRANSFORMS, check_unit, transform
from pipelines.job import Job
from spec.base import JsonValue
from spec.codec import from_plain
from spec.errors import SpecError
from spec.pipeline import Pipeline

Tables = Mapping[str, Mapping[str, JsonValue]]
_REASON = re.compile(
    r"because (?:the (?:step|check|table) '[^']*'(?: on '[^']*')? has )?(.*?)(?:, which is not known .*)?$"
)


def step_spec(name: str) -> tuple[Plain, Tables]:
    """The step's example over tables of the database ``shop``, loaded there; and the tables."""
    example = transform(name).example
    tables = cast("Tables", example["tables"])
    step: Plain = {"id": "result", **cast("Plain", example["step"])}
    return placed(f"step_{name}", tables, steps=[step], loads=["result"]), tables


def check_spec(name: str) -> tuple[Plain, Tables]:
    """The check's example over its good rows, likewise."""
    example = check_unit(name).example
    tables = dict(cast("Tables", example.get("tables", {})))
    tables["looked_at"] = {"columns": example["columns"], "rows": example["good"]}
    check: Plain = {"on": "looked_at", **cast("Plain", example["check"])}
    return placed(f"check_{name}", tables, checks=[check], loads=["looked_at"]), tables


def placed(
    name: str, tables: Tables, *, loads: Sequence[str], steps: Sequence[Plain] = (), checks: Sequence[Plain] = ()
) -> Plain:
    """A spec whose sources are tables of the database and whose results are too."""
    sources: Plain = {
        key: {
            "connector": "postgres",
            "connection": "shop",
            "stream": f"public.{key}",
            "columns": table["columns"],
            "primary_key": table.get("primary_key", []),
        }
        for key, table in tables.items()
    }
    made: list[JsonValue] = [
        {"from": item, "connector": "postgres", "connection": "shop", "table": f"{name}_{number}"}
        for number, item in enumerate(loads)
    ]
    allowed: list[JsonValue] = [f"shop/{name}_{number}" for number in range(len(loads))]
    return {
        "name": name,
        "sources": sources,
        "steps": cast("JsonValue", list(steps)),
        "checks": cast("JsonValue", list(checks)),
        "loads": made,
        "allow": {"tables": allowed},
    }


def compiled(plain: Plain) -> Job:
    return compile_spec(from_plain(plain), base=Path(), now=NOW)


def reason(job: Job) -> str:
    """Why a job is computed here, without the name of the step."""
    found = _REASON.search(job.why_engine)
    return found[1] if found else job.why_engine


def cell(job: Job) -> str:
    return "the same" if job.engine == "postgres" else f"computed here: {reason(job)}"


def beside(name: str, *, engine: str) -> Pipeline:
    """The step's example over tables that are written out in the spec, with a file for its result."""
    example = transform(name).example
    tables: Plain = {
        key: {"version": "1", **{part: table[part] for part in ("columns", "rows", "primary_key") if part in table}}
        for key, table in cast("Tables", example["tables"]).items()
    }
    step: Plain = {"id": "result", **cast("Plain", example["step"])}
    outputs: list[JsonValue] = [{"file": "result.parquet", "from": "result"}]
    return from_plain({"name": name, "tables": tables, "steps": [step], "outputs": outputs, "engine": engine})


def spark_job(name: str) -> Job:
    """The step's example for Spark. Raises SpecError where it cannot be computed there."""
    return compile_spec(beside(name, engine="spark"), base=Path(), now=NOW)


def spark_cell(name: str) -> str:
    try:
        spark_job(name)
    except SpecError as error:
        found = _REASON.search("because " + str(error.data["why"]))
        return f"refused: {found[1] if found else error.data['why']}"
    return "the same"


def table() -> str:
    """The table of the documentation."""
    lines = ["| | in PostgreSQL | in Spark |", "|---|---|---|"]
    lines += [
        f"| step `{name}` | {cell(compiled(step_spec(name)[0]))} | {spark_cell(name)} |" for name in TRANSFORMS.names()
    ]
    lines += [f"| check `{name}` | {cell(compiled(check_spec(name)[0]))} | here |" for name in CHECKS.names()]
    return "\n".join(lines)


__all__ = ["Shop", "beside", "check_spec", "compiled", "spark_job", "step_spec", "table"]
