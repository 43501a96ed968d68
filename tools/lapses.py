"""Lapses: a connection that the system does not let in any more. What runs by itself and needs it pauses, and says so.

Once it is connected again, exactly those schedules go on that were paused for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from memory.notice_store import Notice, NoticeKind, NoticeStore
from spec.base import JsonValue
from spec.errors import DreflowError
from tools import occurrences, schedules
from tools.context import Context
from tools.notices import QUIET

if TYPE_CHECKING:
    from memory.schedule_store import Scheduled
    from spec.pipeline import Pipeline

_ENDED = frozenset({"consent", "secrets", "client"})
"""What an error of kind ``access`` needs where only a person can connect again; a missing right is another matter."""
_CAUSE = "refused: "


def refused(error: Mapping[str, JsonValue] | None) -> str | None:
    """The connection that a run's error is about, where its access has ended or was withdrawn."""
    data = (error or {}).get("data")
    if (error or {}).get("kind") != "access" or not isinstance(data, dict) or data.get("needs") not in _ENDED:
        return None
    name = data.get("connection")
    return name if isinstance(name, str) else None


def of_notice(notice: Notice) -> str | None:
    """The connection that a notice says has to be connected again."""
    return notice.cause.removeprefix(_CAUSE) if notice.cause.startswith(_CAUSE) else None


def noticed(context: Context, error: Mapping[str, JsonValue] | None, *, now: datetime) -> Sequence[str]:
    """Pause what runs by itself and needs the connection that was refused, each told once; which pipelines these are.

    Called with the error of each run that failed.
    """
    connection = refused(error)
    if connection is None:
        return ()
    said = str((error or {}).get("message") or "")
    paused: list[str] = []
    for schedule, spec in using(context, connection):
        if not schedules.store_of(context).pause_for(schedule.pipeline, connection):
            continue
        paused.append(schedule.pipeline)
        context.workspace.store.record(
            context.principal, "pause schedule", schedule.pipeline, {"refused": connection}, now
        )
        why = f"because the connection {connection} is not let in any more. {said}"
        text = f"“{spec.title or spec.name}” is paused, {why}"
        _tell(context, schedule, "not_run", text, again(context, connection), _CAUSE + connection, now)
    return paused


def again(context: Context, connection: str) -> str:
    """What to say or type so that a refused connection works again."""
    saved = context.workspace.store.connection(connection)
    typed = f"dreflow connectors add {connection} {saved.connector}" if saved is not None else ""
    return (
        f"Say “connect {connection}” in the chat page, or type: {typed}. "
        "What was paused for it then goes on at its next time, by itself."
    )


def over(context: Context, connection: str, *, now: datetime) -> Sequence[str]:
    """Let go on what was paused for this connection, now that it was let in again; which pipelines these are."""
    resumed: list[str] = []
    store = schedules.store_of(context)
    for schedule in store.schedules():
        if not schedule.paused or schedule.paused_for != connection:
            continue
        try:
            spec = schedules.spec_of(context, schedule)
        except DreflowError:
            continue
        rhythm = schedules.rhythm_of(spec)
        next_at = occurrences.after(rhythm, now)
        if not store.resume_for(schedule.pipeline, connection, next_at=next_at):
            continue
        resumed.append(schedule.pipeline)
        context.workspace.store.record(
            context.principal, "resume schedule", schedule.pipeline, {"connected": connection}, now
        )
        at = next_at.astimezone(ZoneInfo(rhythm.timezone)) if next_at is not None else None
        when = f", next on {at:%A} {at.day} {at:%B} at {at:%H:%M}" if at is not None else ""
        text = f"“{spec.title or spec.name}” runs by itself again{when}: the connection {connection} is let in."
        _tell(context, schedule, "recovered", text, "", f"connected: {connection}", now)
    return resumed


def forgotten(context: Context, connection: str, *, now: datetime) -> Sequence[str]:
    """Pause what runs by itself and needs a connection that a person forgets, each told; which pipelines these are.

    It goes on when a person says so: an account under the same name later may be another one.
    """
    paused: list[str] = []
    for schedule, spec in using(context, connection):
        if not schedules.store_of(context).pause(schedule.pipeline, paused=True, next_at=None):
            continue
        context.workspace.store.record(
            context.principal, "pause schedule", schedule.pipeline, {"forgotten": connection}, now
        )
        if schedule.paused:
            continue
        paused.append(schedule.pipeline)
        text = f"“{spec.title or spec.name}” is paused: {context.principal} forgot the connection {connection}."
        hint = (
            f"Connect an account under the name {connection} again, then 'dreflow schedule resume {schedule.pipeline}'."
        )
        _tell(context, schedule, "not_run", text, hint, f"forgotten: {connection} {now.isoformat()}", now)
    return paused


def using(context: Context, connection: str) -> Sequence[tuple[Scheduled, Pipeline]]:
    """What runs by itself and reads, writes or sends through a connection."""
    found: list[tuple[Scheduled, Pipeline]] = []
    for schedule in schedules.store_of(context).schedules():
        try:
            spec = schedules.spec_of(context, schedule)
        except DreflowError:
            # A plan that cannot be read does not run, and is told when it comes due.
            continue
        if connection in connections_of(spec):
            found.append((schedule, spec))
    return found


def connections_of(spec: Pipeline) -> frozenset[str]:
    """The connections that a plan reads, writes or sends through."""
    used = {one.connection for one in spec.sources.values()}
    used |= {one.connection for one in spec.loads} | {one.connection for one in spec.sends}
    return frozenset(name for name in used if name is not None)


def _tell(
    context: Context, schedule: Scheduled, kind: NoticeKind, text: str, hint: str, cause: str, now: datetime
) -> None:
    """Without asking for the right to run: whoever may connect may say what follows from it."""
    notice = Notice(0, schedule.thread, schedule.pipeline, None, kind, text, hint, cause, 1, now)
    NoticeStore(context.workspace.store).add(notice, quiet=QUIET)
