"""A spec's job for a run: as it was compiled before, where that is kept and can be relied on, else compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import trees
from pipelines import kept
from pipelines.job import Job
from spec.base import JsonValue
from spec.pipeline import Pipeline, Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tools.context import Context


@contextmanager
def ready(
    context: Context,
    spec: Pipeline,
    base: Path,
    *,
    parameters: Mapping[str, JsonValue] | None,
    now: datetime,
    rebound: Mapping[str, Source],
    spare: DuckDBPyConnection | None,
) -> Iterator[Job]:
    """The job, to be run inside. Raises what ``compile_spec`` does.

    With ``spare``, an empty database in memory that may be used up, the process is the run's own: the only one that
    looks for a plan that is kept, since a recording is of all that a process does.
    """
    workspace = context.workspace.folder
    is_kept = spare is not None and not rebound
    tape = trees.begin() if is_kept else None
    try:
        plan = kept.load(workspace, spec, base, parameters, now) if is_kept else None
        if plan is not None:
            if tape is not None:
                tape.know(plan.facts)
            yield plan.job
            if tape is not None and tape.has_learned:
                kept.learn(workspace, plan, tape.facts)
            return
    finally:
        trees.end()
    # Compiling takes as long to import as it takes itself.
    from pipelines.compiler import compile_spec

    job = compile_spec(spec, base=base, parameters=parameters, now=now, rebound=rebound, spare=spare)
    if is_kept:
        kept.save(workspace, job)
    yield job
