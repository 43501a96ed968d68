"""One due time, run in this process: what a worker's child does.

Exactly once rests on two things. The claim's number (``fence``) grows with each claim, and the run is noted at its due
time under that number when it holds the pipeline and has read nothing yet; whoever was overtaken stops there. And a
run that began is gone on with, never begun beside (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from memory.schedule_store import DueRun
from pipelines.run_notes import read_pointer
from spec.errors import BusyError
from spec.run import RunEvent, RunResult, StoredRun
from tools import runs, schedules
from tools.context import Context


def perform(
    context: Context,
    pipeline: str,
    due_at: datetime,
    *,
    fence: int,
    told: Callable[[RunEvent], None] = lambda _: None,
) -> RunResult:
    """Run what was due at ``due_at``, with that as the run's time. Raises BusyError when another worker has taken it
    over or it was run already, and what ``schedules.approved_spec`` raises; then nothing was done.
    """
    context.need("run")
    due = schedules.store_of(context).due(pipeline, due_at)
    if due is None or due.fence != fence or due.status != "running":
        raise _overtaken(pipeline)
    schedule = schedules.known(context, pipeline)
    spec = schedules.approved_spec(context, schedule)
    _finish_earlier(context, due)
    first = True

    def noted(event: RunEvent) -> None:
        nonlocal first
        if first:
            # The run holds the pipeline now, so no other run of it is under way.
            first = False
            _note(context, due, event.run_id)
        told(event)

    zone = ZoneInfo(schedules.rhythm_of(spec).timezone)
    now = due_at.astimezone(zone)
    return runs.run_spec(context, spec, Path(schedule.base), now=now, out=Path(schedule.out), told=noted)


def _finish_earlier(context: Context, due: DueRun) -> None:
    """Finish an earlier run that died while it published: taken for this one, it would leave this one's rows out."""
    earlier = read_pointer(context.workspace.folder, due.pipeline)
    stored = context.workspace.store.get(earlier) if earlier is not None else None
    if stored is None or stored.status == "succeeded" or is_run_of(stored, due):
        return
    if stored.spec_digest == due.spec_digest:
        runs.resume(context, stored.run_id)


def is_run_of(run: StoredRun, due: DueRun) -> bool:
    """True when a run has this due time as its own; one that a person took over by hand has another."""
    return run.now == due.due_at


def _note(context: Context, due: DueRun, run_id: str) -> None:
    store = schedules.store_of(context)
    known = store.due(due.pipeline, due.due_at)
    if known is not None and known.run_id is not None and known.run_id != run_id:
        before = context.workspace.store.get(known.run_id)
        if before is not None and before.status == "succeeded" and is_run_of(before, due):
            raise BusyError("This due time was run already.", data={"run_id": known.run_id})
    if not store.link(due, run_id):
        raise _overtaken(due.pipeline)


def _overtaken(pipeline: str) -> BusyError:
    return BusyError(f"Another worker has taken over {pipeline!r}.", hint="It is run there.")
