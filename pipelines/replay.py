"""Computing a past run again from its staged rows: the same digests, or which ones differ."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from pipelines import staging
from pipelines.computing import benches
from pipelines.digest import Inexact, TableDigest
from pipelines.engines.duckdb import Guard, Limits, lock, open_engine
from pipelines.folder import read_json
from pipelines.job import Job
from pipelines.loads import rows_of
from pipelines.run_notes import DIGESTS, RUN_FILE
from pipelines.transform import Workbench
from spec.base import JsonValue
from spec.errors import SpecError
from spec.records import record


@record(frozen=True)
class ReplayedOutput:
    """One published file or table: its digest then and now. ``same`` also compares floating-point columns, to 1e-9."""

    target: str
    before: str
    after: str
    same: bool


@record(frozen=True)
class Replayed:
    """``expired``: the staged rows are no longer kept, or never were, and ``message`` says which."""

    run_id: str
    status: Literal["same", "different", "expired"]
    outputs: tuple[ReplayedOutput, ...] = ()
    message: str = ""


def replay(
    job: Job, run_id: str, folder: Path, *, monotonic: Callable[[], float], limits: Limits | None = None
) -> Replayed:
    """Compute the run in ``folder`` again. ``job`` is the run's own spec, compiled; its parameters come from the run.

    Reads only the run's folder: no source, no destination, no clock. Publishes nothing.
    """
    saved, before = read_json(folder / RUN_FILE), read_json(folder / DIGESTS)
    if saved is None or before is None:
        return Replayed(run_id, "expired", message=f"The run {run_id!r} published nothing that could be compared.")
    if saved["spec_digest"] != job.digest:
        raise SpecError("The run is of another spec.", data={"run": saved["spec_digest"], "given": job.digest})
    staged = staging.read_manifest(folder)
    if staged is None:
        kept_none = not (folder / staging.MANIFEST).exists()
        message = (
            "This run read straight into its destination and kept no rows of its own."
            if kept_none
            else "The rows this run read are no longer kept."
        )
        return Replayed(run_id, "expired", message=message)
    job = replace(job, parameters=cast("dict[str, JsonValue]", saved["parameters"]))
    bounds = limits or Limits()
    scratch = folder / "replay"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        make = stack.enter_context(benches(job, bounds, folder))
        connection = open_engine(bounds, scratch)
        stack.callback(connection.close)
        staging.attach(connection, folder)
        for source in job.sources:
            staging.as_source(connection, source, staging.staged_table(source))
        lock(connection, [scratch])
        guard = Guard(monotonic=monotonic, seconds=bounds.seconds)
        bench = make(connection, job, guard, seed=cast("int", saved["seed"]))
        bench.run_stages()
        outputs = tuple(_compared(bench, before))
    return Replayed(run_id, "same" if all(item.same for item in outputs) else "different", outputs)


def _compared(bench: Workbench, before: dict[str, JsonValue]) -> Sequence[ReplayedOutput]:
    from sqlglot import exp

    wanted = [(load.table, load.from_, rows_of(bench.job, load)) for load in bench.job.loads]
    for output in bench.job.outputs:
        rows = exp.select("*").from_(exp.table_(output.from_, quoted=True))
        wanted.append((output.file, output.from_, rows))
    found: list[ReplayedOutput] = []
    for number, (target, relation, query) in enumerate(wanted):
        if target not in before:
            continue
        table = f"_dreflow_replay_{number}"
        bench.materialise(table, query, (relation,))
        now = bench.digest(relation, exp.table_(table, db="main", catalog="memory", quoted=True))
        then = _digest(cast("dict[str, JsonValue]", before[target]))
        found.append(ReplayedOutput(target, then.text, now.text, then.like(now)))
    return found


def _digest(plain: dict[str, JsonValue]) -> TableDigest:
    inexact = cast("dict[str, list[JsonValue]]", plain["inexact"])
    return TableDigest(
        str(plain["digest"]),
        cast("int", plain["rows"]),
        {
            column: Inexact(
                cast("int", count), *(None if item is None else float(cast("float", item)) for item in rest)
            )
            for column, (count, *rest) in inexact.items()
        },
    )
