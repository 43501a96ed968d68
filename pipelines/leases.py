"""Which run this is: one of a pipeline at a time, and the retry of an interrupted run is that run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from pipelines.job import Job
from pipelines.run_notes import events_file, read_pointer
from pipelines.setting import Setting
from spec.base import JsonValue
from spec.errors import BusyError
from spec.run import RunResult, RunStatus, StoredRun

LEASE_SECONDS = 60.0
COMMIT_SECONDS = 3600.0
"""While a destination commits nothing can renew the lease: its driver waits, and SQLite's stays in its thread."""


def interrupted(job: Job, setting: Setting, out: Path, rebound: Mapping[str, str]) -> tuple[str | None, bool]:
    """The interrupted run this one repeats, if any, and whether some of it is published already, so that it must go
    on.
    """
    publishing = read_pointer(setting.workspace, job.spec.name)
    candidates = list(setting.store.unfinished(job.spec.name, job.digest))
    stored = setting.store.get(publishing) if publishing is not None else None
    if stored is not None and stored.status != "succeeded":
        candidates = [stored, *candidates]
    for stored in candidates:
        alike = (
            stored.spec_digest == job.digest
            and stored.parameters == given(job)
            and stored.rebound == dict(rebound)
            and Path(stored.out) == out.absolute()
        )
        if alike:
            return stored.run_id, stored.run_id == publishing
    return None, False


def abandon(job: Job, setting: Setting, *, keep: str) -> None:
    """Runs of this spec whose process died and that nothing goes on with are recorded as failed: we hold the lease."""
    for stored in setting.store.unfinished(job.spec.name, job.digest):
        if stored.run_id != keep:
            message = "Its process ended before the run did."
            setting.store.finish(stored.run_id, ended(stored, "failed", message, now=setting.clock()))


def ended(stored: StoredRun, status: RunStatus, message: str, *, now: datetime) -> RunResult:
    """The result of a run whose process is gone and cannot give one itself."""
    return RunResult(
        run_id=stored.run_id,
        status=status,
        spec_digest=stored.spec_digest,
        started=stored.started,
        finished=now,
        message=message,
        events=events_file(stored.run_id),
    )


def claim(job: Job, setting: Setting, run_id: str, *, seconds: float = LEASE_SECONDS) -> None:
    """Take or renew the lease on the pipeline; BusyError naming the run that holds it."""
    store, pipeline = setting.store, job.spec.name
    if store.claim(pipeline, run_id, owner=setting.owner, now=setting.clock(), seconds=seconds):
        return
    others = [stored.run_id for stored in store.unfinished(pipeline, job.digest)]
    named = f" ({others[0]})" if others else ""
    raise BusyError(
        f"Another run of {pipeline!r} is at work{named}.",
        hint="Wait for it to end, or stop it with 'dreflow runs cancel'.",
        data={"pipeline": pipeline, "run_id": others[0] if others else None},
    )


def given(job: Job) -> dict[str, JsonValue]:
    """The parameters a person can choose; the run's clock is recorded apart."""
    chosen = {key: value for key, value in job.parameters.items() if key in job.spec.parameters}
    return cast("dict[str, JsonValue]", jsonable(chosen))


def jsonable(value: object) -> JsonValue:
    """The value as JSON has it; what JSON has no form for as its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    return str(value)
