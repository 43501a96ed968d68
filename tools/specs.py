"""Specs compared, and the documents described as JSON Schema."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from spec.base import JsonValue
from spec.codec import load_spec
from tools import connections
from tools.context import Context

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pipelines.diff import Change
    from pipelines.impact import OutputImpact
    from pipelines.job import Job
    from spec.pipeline import Pipeline

SchemaName = Literal["spec", "ask", "plan", "run"]
SCHEMA_NAMES: tuple[SchemaName, ...] = get_args(SchemaName)


@dataclass(frozen=True)
class Difference:
    """What changed from one spec to another, in words and, where the data could be read, in numbers."""

    changes: Sequence[Change]
    impact: Sequence[OutputImpact] | None = None


def schema(document: SchemaName) -> dict[str, JsonValue]:
    """JSON Schema of a document. That of a spec lists each step and check with its own parameters."""
    if document == "spec":
        from pipelines.schema import json_schema

        return json_schema()
    from spec.run import RunResult
    from tools.documents import AskDocument, PlanDocument

    models: dict[str, type[BaseModel]] = {"ask": AskDocument, "plan": PlanDocument, "run": RunResult}
    # As printed, so a field that always stands there is required.
    return models[document].model_json_schema(mode="serialization")


def difference(context: Context, before: Path, after: Path, *, now: datetime, numbers: bool) -> Difference:
    """Compare two spec files; with ``numbers`` both are computed on their sources' present data, publishing nothing."""
    places = [(load_spec(path), path.resolve().parent) for path in (before, after)]
    return compared(context, places[0], places[1], now=now, numbers=numbers)


def compared(
    context: Context, before: tuple[Pipeline, Path], after: tuple[Pipeline, Path], *, now: datetime, numbers: bool
) -> Difference:
    """As ``difference``, of specs at hand, each with the folder that its paths start from."""
    from pipelines.diff import compare_specs

    context.need("ask")
    changes = compare_specs(before[0], after[0])
    if changes:
        changes += _computed_elsewhere(before, after, now)
    if not numbers or not changes:
        return Difference(changes)
    from pipelines.compiler import compile_spec
    from pipelines.impact import compare_jobs
    from tools.plans import PROOF_LIMITS

    jobs = [_absolute(compile_spec(spec, base=base, now=now)) for spec, base in (before, after)]
    with tempfile.TemporaryDirectory(prefix="dreflow-") as folder:
        impact = compare_jobs(
            jobs[0],
            jobs[1],
            connections.places(context, after[1]),
            folder=Path(folder),
            limits=PROOF_LIMITS,
            monotonic=time.monotonic,
            sleep=time.sleep,
        )
    return Difference(changes, impact)


def _computed_elsewhere(before: tuple[Pipeline, Path], after: tuple[Pipeline, Path], now: datetime) -> list[Change]:
    """Whether rows that stayed in their database now leave it, or the other way round; no field need say so."""
    from pipelines.compiler import compile_spec
    from pipelines.diff import Change
    from spec.errors import SpecError

    if not all(load.connector == "postgres" for spec, _ in (before, after) for load in spec.loads):
        return []
    try:
        old, new = (compile_spec(spec, base=base, now=now) for spec, base in (before, after))
    except SpecError:
        # What changed can be told of a spec that does not compile; where it would be computed cannot.
        return []
    if old.engine == new.engine:
        return []
    where = "here, in DuckDB" if new.engine == "duckdb" else "in your database"
    text = f"It is now computed {where}: {new.why_engine}."
    return [Change(kind="changed", part="engine", before=old.engine, after=new.engine, text=text, effect=True)]


def _absolute(job: Job) -> Job:
    """The job with its files named in full, since the two specs may lie in different folders."""
    sources = {
        name: source.model_copy(update={"location": str((job.base / source.location).absolute())})
        if source.location is not None
        else source
        for name, source in job.sources.items()
    }
    return replace(job, sources=sources)
