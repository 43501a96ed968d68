"""Plans: a spec compiled, proven on its real data, and written where it will live."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines import staging
from pipelines.compiler import compile_spec
from pipelines.computing import computing
from pipelines.computing import prove as checked_on
from pipelines.engines.duckdb import Guard, Limits
from pipelines.job import Job
from pipelines.set_aside import few_set_aside
from spec.base import JsonValue
from spec.codec import load_spec
from spec.errors import AccessError, DataError, LimitError, TransientError
from spec.pipeline import Pipeline, Source
from spec.run import CheckResult, Effect
from tools import connections
from tools.context import Context
from tools.data import OpenData

PROOF_LIMITS = Limits(memory="1GB", seconds=600.0)


@dataclass(frozen=True)
class Proof:
    """What was proven of a job on its data. ``rows`` counts each source, and each step as it stands in the plan."""

    checks: tuple[CheckResult, ...]
    effects: tuple[Effect, ...]
    rows: Mapping[str, int]
    notes: tuple[str, ...] = ()


def compiled(context: Context, path: Path, *, now: datetime, parameters: Mapping[str, JsonValue] | None = None) -> Job:
    """Read and compile a spec file. Raises SpecError naming file, line or step."""
    context.need("ask")
    spec = load_spec(path)
    return _shown(compile_spec(spec, base=path.resolve().parent, now=now, parameters=parameters))


def checked(context: Context, spec: Pipeline, *, base: Path, now: datetime) -> Job:
    """Compile a spec at hand, its files named from ``base``. Raises SpecError naming the step and the likeliest fix."""
    context.need("ask")
    return _shown(compile_spec(spec, base=base, now=now))


def prove(context: Context, spec: Pipeline, *, base: Path, now: datetime, thread: str | None = None) -> Proof:
    """Compile a spec, compute it on its real data in a temporary place, and run every check; nothing is published.

    The spec is kept, with the conversation (``thread``) that made it: what its runs have to tell is told there.
    """
    connections.check_hosts(context, spec)
    proof = proof_of(context, checked(context, spec, base=base, now=now))
    context.workspace.store.save_spec(spec, by=context.principal, now=now, thread=thread)
    return proof


def proof_of(context: Context, job: Job) -> Proof:
    """The same of a compiled spec, on the data that it was compiled for; nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="dreflow-") as folder:
        guard = Guard(monotonic=time.monotonic, seconds=PROOF_LIMITS.seconds)
        with computing(
            job,
            connections.places(context, job.base),
            guard,
            folder=Path(folder),
            limits=PROOF_LIMITS,
            sleep=time.sleep,
        ) as (bench, staged):
            checks = (*staging.own_totals(staged), *few_set_aside(job.sources, staged), *checked_on(bench))
            rows = {name: item.rows for name, item in staged.items()}
            rows |= {stage.relation.name: bench.count(stage.relation.name) for stage in job.stages}
            notes = [text for item in staged.values() for text in item.warnings]
            for name, item in staged.items():
                notes += [f"{one.rows:,} rows of {name} are set aside: {one.reason}" for one in item.quarantined]
                notes += [
                    f"{count:,} values of {name}.{column} cannot be read and count as empty"
                    for column, count in (item.nulled or {}).items()
                    if count
                ]
    return Proof(checks, job.effects, rows, tuple(dict.fromkeys((*job.notes, *notes))))


def _shown(job: Job) -> Job:
    """The job, its report proven to be one that can be drawn; raises SpecError naming the block."""
    if job.spec.report is not None:
        from reports.review import check_report

        typed = {name: (job.parameter_types[name], value) for name, value in job.parameters.items()}
        check_report(job.spec.report, job.relations, typed)
    return job


def proven_now(context: Context, job: Job, *, now: datetime) -> tuple[tuple[CheckResult, ...], str | None]:
    """The proofs of a compiled spec for whoever approves it, or why its data cannot be read now.

    Every run proves them again and publishes only what holds, so an approval does not depend on it.
    """
    try:
        return prove(context, job.spec, base=job.base, now=now).checks, None
    except (DataError, AccessError, TransientError, LimitError) as error:
        return (), str(error)


def relocated(spec: Pipeline, data: OpenData, base: Path) -> Pipeline:
    """The spec with its files named from ``base``: relative where they lie in or beside that folder, else absolute."""
    sources = {name: _relocated(source, data, name, base) for name, source in spec.sources.items()}
    return spec.model_copy(update={"sources": sources})


def _relocated(source: Source, data: OpenData, name: str, base: Path) -> Source:
    if source.location is None:
        return source
    at = data.places.get(name)
    path = (at.base if at is not None else Path.cwd()) / source.location
    relative = os.path.relpath(path, base)
    # More than one step up is another part of the disk, which will not move together with the spec.
    far = relative.startswith(os.path.join("..", ".."))  # noqa: PTH118 - a pattern, not a path
    return source.model_copy(update={"location": str(path) if far else Path(relative).as_posix()})
