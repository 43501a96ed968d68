"""Schedules: approved specs that run by themselves, and the times at which they come due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from memory.schedule_store import DueRun, Scheduled, ScheduleStore
from pipelines.compiler import compile_spec
from spec.codec import digest, load_spec
from spec.errors import ApprovalNeededError, DreflowError, SpecError, UsageError, unknown_name
from spec.pipeline import Pipeline, Schedule
from tools import occurrences
from tools.context import Context

ON_TIME = timedelta(minutes=5)
"""A worker looks every few seconds; what it finds later than this was missed."""

MOST_AT_ONCE = 100
"""With ``catch_up: all``, so many due times are listed at a time; the others follow."""


@dataclass(frozen=True)
class Outlook:
    """A schedule for people: when it runs next, how it went last, and who is at it. Times are in its own zone."""

    pipeline: str
    title: str
    schedule: Schedule
    spec_digest: str
    spec_file: str | None
    out: str
    thread: str | None
    approved: bool
    paused: bool
    next_at: datetime | None
    late: bool
    """Something is due and no worker has taken it up."""
    last: DueRun | None
    at_work: DueRun | None
    paused_for: str | None = None
    """The connection that has to be connected again before it goes on; None where a person paused it."""


def store_of(context: Context) -> ScheduleStore:
    """The part of the workspace's store that schedules live in."""
    store = context.workspace.store
    return ScheduleStore(store.database, store.workspace)


def add(context: Context, path: Path, *, now: datetime, out: Path) -> Outlook:
    """Let an approved spec file run by itself from now on, in place of the pipeline's earlier schedule.

    Raises ApprovalNeededError unless exactly this spec was approved, UsageError when it has no schedule.
    """
    return add_spec(context, load_spec(path), path.resolve().parent, now=now, out=out, spec_file=path.resolve())


def add_spec(
    context: Context, spec: Pipeline, base: Path, *, now: datetime, out: Path, spec_file: Path | None = None
) -> Outlook:
    """The same for a spec that is no file: each run reads it from the store."""
    context.need("run")
    job = compile_spec(spec, base=base, now=now)
    if spec.schedule is None:
        raise UsageError(
            "This plan does not say when it runs.",
            hint="Give it a 'schedule' (cron and timezone), or ask for one: dreflow plan \"..., every Monday\".",
        )
    if context.workspace.store.approval(job.digest) is None:
        raise ApprovalNeededError(
            "A person has to approve this plan before it runs by itself.",
            hint="Look at it with 'dreflow explain SPEC' and approve it with 'dreflow approve SPEC --by NAME'.",
            data={"spec_digest": job.digest},
        )
    next_at = occurrences.after(spec.schedule, now)
    if next_at is None:
        raise SpecError(
            f"The schedule {spec.schedule.rhythm!r} never comes.",
            hint="Name a day that some month has.",
            where={"field": "schedule"},
        )
    schedule = Scheduled(
        pipeline=spec.name,
        spec_digest=job.digest,
        base=str(base),
        out=str(out.absolute()),
        paused=False,
        next_at=next_at,
        created_by=context.principal,
        spec_file=str(spec_file) if spec_file is not None else None,
        thread=context.workspace.store.thread_of_spec(job.digest),
    )
    store_of(context).save(schedule, now=now)
    context.workspace.store.record(context.principal, "schedule", spec.name, {"spec_digest": job.digest}, now)
    return _outlook(context, schedule, now)


def listed(context: Context, *, now: datetime) -> Sequence[Outlook]:
    """All schedules by name."""
    context.need("ask")
    return [_outlook(context, schedule, now) for schedule in store_of(context).schedules()]


def pause(context: Context, pipeline: str, *, now: datetime) -> Outlook:
    """Let it not come by itself until it is resumed; a run at work goes on. To do so again changes nothing."""
    context.need("run")
    schedule = known(context, pipeline)
    if store_of(context).pause(pipeline, paused=True, next_at=None):
        context.workspace.store.record(context.principal, "pause schedule", pipeline, {}, now)
    return _outlook(context, known(context, schedule.pipeline), now)


def resume(context: Context, pipeline: str, *, now: datetime) -> Outlook:
    """Let it come again, from the next time on: what fell into the pause stays out."""
    context.need("run")
    schedule = known(context, pipeline)
    next_at = occurrences.after(rhythm_of(spec_of(context, schedule)), now)
    if store_of(context).pause(pipeline, paused=False, next_at=next_at):
        context.workspace.store.record(context.principal, "resume schedule", pipeline, {}, now)
    return _outlook(context, known(context, pipeline), now)


def due(context: Context, *, now: datetime, owner: str = "") -> Sequence[DueRun]:
    """What waits to be run now, or was left behind by a worker; nothing is claimed."""
    context.need("ask")
    return store_of(context).claimable(owner=owner, now=now)


def known(context: Context, pipeline: str) -> Scheduled:
    """One schedule; SpecError with the nearest name when there is none."""
    found = store_of(context).schedule(pipeline)
    if found is None:
        names = [one.pipeline for one in store_of(context).schedules()]
        raise unknown_name("schedule", pipeline, names)
    return found


def spec_of(context: Context, schedule: Scheduled) -> Pipeline:
    """The spec as it was approved, from the store."""
    spec = context.workspace.store.spec(schedule.spec_digest)
    if spec is None or spec.schedule is None:
        raise SpecError(
            f"The plan of {schedule.pipeline!r} is no longer in the store.",
            hint="Schedule it again: dreflow schedule add SPEC.",
        )
    return spec


def rhythm_of(spec: Pipeline) -> Schedule:
    """When a scheduled spec comes."""
    assert spec.schedule is not None, "spec_of refuses a spec without one"
    return spec.schedule


def come_due(
    context: Context, *, now: datetime, unreadable: Callable[[Scheduled, DreflowError], None] | None = None
) -> int:
    """List all that came due up to ``now``, each time once, whoever else does the same; how many are to be run.

    ``unreadable`` is told of a schedule whose plan cannot be read; without it that is raised.
    """
    store, listed_now = store_of(context), 0
    for schedule in store.schedules():
        if schedule.paused or schedule.next_at is None or schedule.next_at > now:
            continue
        try:
            rhythm = rhythm_of(spec_of(context, schedule))
        except DreflowError as error:
            if unreadable is None:
                raise
            unreadable(schedule, error)
            continue
        came, next_at = _came(rhythm, schedule.next_at, now)
        if store.advance(schedule, next_at, came):
            listed_now += sum(status == "waiting" for _, _, status in came)
    return listed_now


Came = tuple[datetime, int, Literal["waiting", "missed"]]


def _came(rhythm: Schedule, first: datetime, now: datetime) -> tuple[list[Came], datetime | None]:
    """What to list of the times from ``first`` to ``now``, by the catch-up policy, and the first one left."""
    moment = first - timedelta(seconds=1)
    if rhythm.catch_up == "all":
        some = [at for at, _ in zip(occurrences.until(rhythm, moment, now), range(MOST_AT_ONCE), strict=False)]
        last = some[-1] if some else now
        return [(at, 1, "waiting") for at in some], occurrences.after(rhythm, last)
    number, latest = 0, None
    for latest in occurrences.until(rhythm, moment, now):  # noqa: B007 - the last one is wanted
        number += 1
    left = occurrences.after(rhythm, now)
    if latest is None:
        return [], left
    if rhythm.catch_up == "latest" or now - latest <= ON_TIME:
        covers = number if rhythm.catch_up == "latest" else 1
        return [(latest, covers, "waiting")], left
    return [(latest, number, "missed")], left


def approved_spec(context: Context, schedule: Scheduled) -> Pipeline:
    """The spec that a due run runs. Raises ApprovalNeededError when the approval was withdrawn, and SpecError when the
    spec's file says something else now.
    """
    if context.workspace.store.approval(schedule.spec_digest) is None:
        raise ApprovalNeededError(
            "The approval of this plan was taken back.",
            hint="Approve it again to let it run ('dreflow approve'), or pause it ('dreflow schedule pause').",
            data={"spec_digest": schedule.spec_digest},
        )
    spec = spec_of(context, schedule)
    if schedule.spec_file is None:
        return spec
    file = Path(schedule.spec_file)
    if not file.exists():
        raise SpecError(
            "The plan's file is no longer where it was when it was scheduled.",
            hint="Put it back, or schedule it from where it is now: dreflow schedule add SPEC.",
            where={"file": schedule.spec_file},
        )
    if digest(load_spec(file)) != schedule.spec_digest:
        raise ApprovalNeededError(
            "The plan's file was changed after it was approved.",
            hint="See what changed with 'dreflow diff', approve it and schedule it again, or put the old one back.",
            data={"spec_digest": schedule.spec_digest, "file": schedule.spec_file},
        )
    return spec


def _outlook(context: Context, schedule: Scheduled, now: datetime) -> Outlook:
    spec, store = spec_of(context, schedule), store_of(context)
    rhythm = rhythm_of(spec)
    recent = store.recent(schedule.pipeline, 20)
    at_work = next((one for one in recent if one.status == "running"), None)
    waits = any(one.status == "waiting" and now - one.not_before > ON_TIME for one in recent)
    overdue = schedule.next_at is not None and now - schedule.next_at > ON_TIME
    zone = ZoneInfo(rhythm.timezone)
    return Outlook(
        pipeline=schedule.pipeline,
        title=spec.title or schedule.pipeline,
        schedule=rhythm,
        spec_digest=schedule.spec_digest,
        spec_file=schedule.spec_file,
        out=schedule.out,
        thread=schedule.thread,
        approved=context.workspace.store.approval(schedule.spec_digest) is not None,
        paused=schedule.paused,
        next_at=schedule.next_at.astimezone(zone) if schedule.next_at is not None else None,
        late=not schedule.paused and at_work is None and (waits or overdue),
        last=next((one for one in recent if one.status not in {"running", "waiting"}), None),
        at_work=at_work,
        paused_for=schedule.paused_for,
    )
