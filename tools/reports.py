"""Reports: made from a run's rows, while it runs, from what a run kept, or from a spec's data as it is now."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import runner, staging
from pipelines.compiler import compile_spec
from pipelines.computing import computing, prove
from pipelines.engines.duckdb import Guard, Limits, lock, open_engine
from pipelines.job import Job
from pipelines.planning import report_parts
from pipelines.run_notes import run_folder
from pipelines.transform import Workbench
from reports.builder import FORMATS, make_report
from reports.data import RunMeta, StagedRows
from spec.codec import load_spec
from spec.errors import DataError, SpecError, UsageError, nearest
from spec.run import RunResult, StoredRun
from tools import connections, runs
from tools.context import Context

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from reports.document import Provenance

LIMITS = Limits(memory="1GB", seconds=600.0)


def documents(job: Job, now: datetime) -> runner.Documents:
    """For the runner: the spec's report in its formats, as file name to content."""

    def made(bench: Workbench, result: RunResult) -> Mapping[str, bytes]:
        report = job.spec.report
        if report is None:
            return {}
        with tempfile.TemporaryDirectory(prefix="dreflow-") as folder:
            paths = _written(bench, result, now, report.formats, Path(folder))
            return {path.name: path.read_bytes() for path in paths}

    return made


def of_run(context: Context, run_id: str, *, formats: Sequence[str], out: Path) -> Sequence[Path]:
    """The report of a finished run again, from the rows it kept. Raises DataError when they are gone."""
    context.need("run")
    _check_formats(formats)
    stored = runs.known(context, run_id)
    if stored.result is None:
        raise UsageError(f"{run_id} has not ended yet.", hint=f"See 'dreflow runs show {run_id}'.")
    job = runs.job_of(context, stored)
    connection = open_engine(LIMITS, None)
    try:
        _attach(context, stored, connection)
        for source in job.sources:
            staging.as_source(connection, source, staging.staged_table(source))
        lock(connection)
        bench = Workbench(connection, job, Guard(monotonic=time.monotonic, seconds=LIMITS.seconds))
        bench.run_stages()
        return _written(bench, stored.result, stored.now, formats, out)
    finally:
        connection.close()


def of_spec(context: Context, path: Path, *, formats: Sequence[str], out: Path, now: datetime) -> Sequence[Path]:
    """The report of a spec on its data as it is now; it writes the report and nothing else, and is no recorded run."""
    context.need("run")
    _check_formats(formats)
    base = path.resolve().parent
    job = compile_spec(load_spec(path), base=base, now=now)
    guard = Guard(monotonic=time.monotonic, seconds=LIMITS.seconds)
    places = connections.places(context, base)
    with (
        tempfile.TemporaryDirectory(prefix="dreflow-") as folder,
        computing(job, places, guard, folder=Path(folder), limits=LIMITS, sleep=time.sleep) as (bench, staged),
    ):
        checks = prove(bench)
        known = [item.as_of for item in staged.values() if item.as_of is not None]
        result = RunResult(
            run_id="preview",
            status="succeeded",
            spec_digest=job.digest,
            started=now.astimezone(UTC),
            data_as_of=min(known) if known else None,
            checks=checks,
        )
        return _written(bench, result, now, formats, out)


def _written(
    bench: Workbench, result: RunResult, now: datetime, formats: Sequence[str], folder: Path
) -> Sequence[Path]:
    spec = bench.job.spec
    if spec.report is None:
        raise SpecError(
            "This spec has no report.", hint="Add a 'report' with sections; 'dreflow schema spec' shows its form."
        )
    unmade = {stage.relation.name for stage in bench.job.stages if stage.apply is None and not stage.materialise}
    for relation in _shown(bench.job):
        # A step that nobody else reads is no table yet; the report reads it several times.
        if relation in unmade:
            bench.materialise(relation, bench.select(relation), ())
    types = bench.job.parameter_types
    data = StagedRows(
        bench.connection,
        bench.job.relations,
        parameters={name: (types[name], value) for name, value in bench.job.parameters.items()},
    )
    return make_report(spec.report, data, RunMeta.of(spec, result, now), formats, folder)


def _shown(job: Job) -> list[str]:
    """The relations that the report reads, each once, by their true names."""
    true = {name.casefold(): name for name in job.relations}
    return list(dict.fromkeys(true[part.from_.casefold()] for _, _, part in report_parts(job.spec)))


def _check_formats(formats: Sequence[str]) -> None:
    for name in formats:
        if not FORMATS.has(name):
            near = nearest(name, FORMATS.names())
            there = f"There is: {', '.join(FORMATS.names())}."
            raise UsageError(
                f"There is no report format {name!r}.",
                hint=f"Did you mean {near!r}?" if near else there,
                where={"field": "--format"},
            )


def _attach(context: Context, stored: StoredRun, connection: DuckDBPyConnection) -> None:
    folder = run_folder(context.workspace.folder, stored.run_id)
    if not (folder / staging.FILE).exists():
        raise DataError(
            f"The rows that {stored.run_id} read are not kept any more.",
            hint="Run the spec again, or make the report of the spec instead of the run.",
            where={"file": str(folder / staging.FILE)},
        )
    staging.attach(connection, folder, read_only=True)


def provenance(context: Context, path: Path, figure: str) -> Provenance:
    """Where a figure of a written report comes from, read from the report itself."""
    from reports.provenance import figure_provenance

    context.need("ask")
    return figure_provenance(path, figure)


def figures(path: Path) -> Sequence[Provenance]:
    """All figures of a written report, in its order."""
    from reports.provenance import provenance_of

    return tuple(provenance_of(path).values())


def distinct_figures(path: Path) -> Sequence[tuple[str, str]]:
    """Label and shown value of a written report's figures, each once: one may stand on a tile and in a sentence."""
    found: dict[tuple[str, str, str | None], tuple[str, str]] = {}
    for one in figures(path):
        if ": " not in one.label:
            found.setdefault((one.step, one.value.lstrip("-"), one.where), (one.label.replace("_", " "), one.shown))
    return list(found.values())
