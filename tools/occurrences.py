"""When a schedule comes round: cron fields or an interval, in the schedule's own time zone.

The library knows the calendar and is asked about plain local times only; what happens where clocks are changed is
decided here, once, and stands in docs/decisions/0015:

* A time of day (``30 2 * * *``, every 2 days) comes once a day. Where clocks skip it, it comes as soon as they have
  skipped; where they show it twice, it comes the first time.
* What repeats within the day (a minute or hour field that starts with ``*``) comes whenever the clock shows it: not in
  a skipped hour, and again in a repeated one.
* Minutes and hours of an interval are time that passes; clocks do not change them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import dropwhile, takewhile
from zoneinfo import ZoneInfo

from spec.pipeline import Schedule

FIRST_MONDAY = datetime(2001, 1, 1)  # noqa: DTZ001 - a local time; the schedule says where
_ONE = re.compile(r"\b(\d+)-\1(?:/\d+)?\b")
_INTERVAL = re.compile(r"(\d+) ?(minute|hour|day|week)s?")
LONGEST_SHIFT = timedelta(hours=25)
"""No zone has ever put its clocks on or back by more than a day."""


def after(schedule: Schedule, moment: datetime) -> datetime | None:
    """The first time after ``moment``, in the schedule's zone; None when there never is one (30 February)."""
    return next(times(schedule, moment), None)


def times(schedule: Schedule, moment: datetime) -> Iterator[datetime]:
    """All times after ``moment``, in order, each once, in the schedule's zone. ``moment`` has a zone."""
    # Two times of one zone compare by what the clock shows, so everything is compared in UTC.
    zone, start = ZoneInfo(schedule.timezone), moment.astimezone(UTC)
    found = _cron(schedule.cron, zone, start) if schedule.cron is not None else _every(schedule, zone, start)
    return (at.astimezone(zone) for at in dropwhile(lambda at: at <= start, found))


def until(schedule: Schedule, moment: datetime, end: datetime) -> Iterator[datetime]:
    """The times after ``moment`` up to and including ``end``."""
    return takewhile(lambda at: at.astimezone(UTC) <= end, times(schedule, moment))


def _cron(cron: str, zone: ZoneInfo, moment: datetime) -> Iterator[datetime]:
    minute, hour = cron.split()[:2]
    walls = _walls(cron, moment.astimezone(zone).replace(tzinfo=None) - LONGEST_SHIFT)
    if minute.startswith("*") or hour.startswith("*"):
        return _whenever_shown(walls, zone)
    return _once_each(walls, zone)


def _walls(cron: str, start: datetime) -> Iterator[datetime]:
    """Local times that the fields name; without a zone the library has no daylight saving to get wrong."""
    from cronsim import CronSim, CronSimError

    try:
        # The library takes '7-7/2' for '7/2', which means from 7 on; said plainly, it is 7.
        yield from CronSim(_ONE.sub(r"\1", cron), start)
    except CronSimError:
        # It says so of days that no month has; what is no cron at all was refused when the spec was compiled.
        return


def _every(schedule: Schedule, zone: ZoneInfo, moment: datetime) -> Iterator[datetime]:
    said = _INTERVAL.fullmatch(schedule.every or "")
    assert said is not None, "refused when the spec was compiled"
    number, unit = int(said[1]), said[2]
    step = timedelta(**{f"{unit}s": number})
    start = datetime.fromisoformat(schedule.start) if schedule.start else FIRST_MONDAY
    if unit in {"minute", "hour"}:
        return _steps(_first(start, zone), step, moment)
    local = moment.astimezone(zone).replace(tzinfo=None) - LONGEST_SHIFT
    return _once_each(_steps(start, step, local), zone)


def _steps(start: datetime, step: timedelta, moment: datetime) -> Iterator[datetime]:
    """``start`` and every ``step`` on; those long before ``moment`` are passed over."""
    at = start + max(0, (moment - start) // step) * step
    while True:
        yield at
        at += step


def _once_each(walls: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    last: datetime | None = None
    for wall in walls:
        at = _first(wall, zone)
        # Several times of one skipped hour are one time; and the end of a skipped hour may be a time of its own.
        if last is None or at > last:
            yield at
            last = at


def _whenever_shown(walls: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    waiting: list[datetime] = []
    for wall in walls:
        shown = [at for at in (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1)) if not _skipped(at)]
        instants = sorted({at.astimezone(UTC) for at in shown})
        for instant in instants:
            heappush(waiting, instant)
        # Later local times are shown no earlier than this one is for the first time.
        while waiting and instants and waiting[0] <= instants[0]:
            yield heappop(waiting)


def _first(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clock shows a local time first, or where it never does, the moment it has gone past it; in UTC."""
    at = wall.replace(tzinfo=zone)
    if not _skipped(at):
        return at.astimezone(UTC)
    # Clocks are put on at the instant where the offset from before gives way to the one from after.
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at.astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


def _skipped(at: datetime) -> bool:
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None)
