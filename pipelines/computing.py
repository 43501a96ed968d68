"""A job computed on its sources' present data without a run: for proofs, previews, reports and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipelines import staging
from pipelines.contract import ENGINES
from pipelines.engines.duckdb import Guard, Limits, lock, open_engine
from pipelines.job import HERE, THERE, Job
from pipelines.staging import Places, Staged
from pipelines.transform import Workbench
from spec.run import CheckResult


@contextmanager
def benches(job: Job, limits: Limits, folder: Path | None) -> Iterator[Callable[..., Workbench]]:
    """What makes the workbench of a job whose rows are read here: DuckDB's own, or that of the engine the job names.

    ``folder`` is where the engine may spill. Raises UnsupportedError where it is not installed.
    """
    if job.engine in (HERE, THERE):
        yield Workbench
        return
    with ENGINES.load(job.engine).started(limits, folder) as make:
        yield make


@contextmanager
def computing(
    job: Job,
    places: Places,
    guard: Guard,
    *,
    folder: Path | None = None,
    limits: Limits | None = None,
    sleep: Callable[[float], None],
    seed: int = 0,
    also: Sequence[Path] = (),
) -> Iterator[tuple[Workbench, Mapping[str, Staged]]]:
    """Read the job's sources (in full) and give a locked workbench over them; nothing is published or recorded.

    Without ``folder`` everything stays in memory; with it the staged rows and what spills lie there, for the caller to
    remove. A job that its database computes is computed there, and undone in the end; then ``folder`` stays empty.
    """
    bounds = limits or Limits()
    with ExitStack() as stack:
        make = stack.enter_context(benches(job, bounds, folder))
        connection = open_engine(bounds, folder)
        stack.callback(connection.close)
        if job.engine == THERE:
            from pipelines.engines.postgres import looking

            with looking(job, places, guard, connection) as found:
                yield found
            return
        staging.attach(connection, folder)
        staged = staging.extract(
            connection,
            job.sources,
            places,
            guard,
            borders={},
            into=staging.staged_table,
            direct=lambda _: False,
            sleep=sleep,
            told=lambda _name, _staged: None,
            pages=None,
        )
        for source in job.sources:
            staging.as_source(connection, source, staging.staged_table(source))
        lock(connection, [*([folder] if folder else []), *also])
        yield make(connection, job, guard, seed=seed), staged


def prove(bench: Workbench) -> tuple[CheckResult, ...]:
    """Run the stages and every check, the implied ones too, on the workbench's data."""
    bench.run_stages()
    return tuple(bench.run_check(check) for check in bench.job.checks)


def proofs(
    job: Job,
    places: Places,
    *,
    folder: Path | None,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    limits: Limits | None = None,
) -> tuple[CheckResult, ...]:
    """What ``plan`` shows: every check of the job on its real data, with numbers. Nothing is published."""
    bounds = limits or Limits()
    guard = Guard(monotonic=monotonic, seconds=bounds.seconds)
    with computing(job, places, guard, folder=folder, limits=bounds, sleep=sleep) as (bench, _):
        return prove(bench)
