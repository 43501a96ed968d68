"""Times of a schedule: held against a plain count of minutes, and pinned where clocks are changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.pipeline import Schedule
from tools.occurrences import after, times, until

ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC", "Asia/Kolkata")
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MINUTE = timedelta(minutes=1)


def listed(schedule: Schedule, moment: datetime, count: int) -> list[str]:
    return [at.isoformat(timespec="minutes") for at in islice(times(schedule, moment), count)]


def rome(cron: str) -> Schedule:
    return Schedule(cron=cron, timezone="Europe/Rome")


def new_york(cron: str) -> Schedule:
    return Schedule(cron=cron, timezone="America/New_York")


MARCH = datetime(2026, 3, 28, 12, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 24, 12, tzinfo=UTC)


def test_a_time_that_clocks_skip_comes_as_soon_as_they_have_skipped_it() -> None:
    assert listed(rome("30 2 * * *"), MARCH, 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]
    eve = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert listed(new_york("15 2 * * *"), eve, 2) == ["2026-03-08T03:00-04:00", "2026-03-09T02:15-04:00"]


def test_two_times_of_one_skipped_hour_are_one_run() -> None:
    assert listed(rome("0,30 2 * * *"), MARCH, 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"]
    assert listed(rome("30 2,3 * * *"), MARCH, 2) == ["2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"]
    assert listed(rome("0 2,3 * * *"), MARCH, 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"]


def test_a_time_that_clocks_show_twice_comes_the_first_time_only() -> None:
    assert listed(rome("30 2 * * *"), OCTOBER, 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    eve = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert listed(new_york("30 1 * * *"), eve, 2) == ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]


def test_asked_between_the_two_showings_the_next_one_is_tomorrows() -> None:
    between = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo("Europe/Rome"), fold=1)
    assert listed(rome("30 2 * * *"), between, 1) == ["2026-10-26T02:30+01:00"]


def test_what_repeats_within_the_day_goes_by_the_clock() -> None:
    night = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    expected = ["02:30+02:00", "02:00+01:00", "02:30+01:00", "03:00+01:00"]
    assert [text[11:] for text in listed(rome("*/30 * * * *"), night, 4)] == expected
    skipped = datetime(2026, 3, 29, 0, 15, tzinfo=UTC)
    assert [text[11:] for text in listed(rome("30 * * * *"), skipped, 2)] == ["01:30+01:00", "03:30+02:00"]


def test_every_monday_stays_at_eight_the_whole_year() -> None:
    year = list(islice(times(rome("0 8 * * 1"), datetime(2026, 1, 1, tzinfo=UTC)), 52))
    assert {(at.hour, at.minute, at.isoweekday()) for at in year} == {(8, 0, 1)}
    assert {at.utcoffset() for at in year} == {timedelta(hours=1), timedelta(hours=2)}


def test_minutes_and_hours_pass_and_days_keep_their_time() -> None:
    hours = Schedule(every="6 hours", timezone="Europe/Rome")
    real = list(islice(times(hours, MARCH), 20))
    assert {b.astimezone(UTC) - a.astimezone(UTC) for a, b in pairwise(real)} == {timedelta(hours=6)}
    days = Schedule(every="2 days", start="2026-03-27T02:30", timezone="Europe/Rome")
    assert listed(days, MARCH, 2) == ["2026-03-29T03:00+02:00", "2026-03-31T02:30+02:00"]
    weeks = Schedule(every="2 weeks", start="2026-03-16T09:00", timezone="Europe/Rome")
    assert listed(weeks, MARCH, 2) == ["2026-03-30T09:00+02:00", "2026-04-13T09:00+02:00"]


def test_an_interval_begins_no_earlier_than_its_start() -> None:
    schedule = Schedule(every="1 hour", start="2026-05-01T00:10", timezone="Europe/Rome")
    assert listed(schedule, MARCH, 1) == ["2026-05-01T00:10+02:00"]


def test_a_day_that_no_month_has_never_comes() -> None:
    assert after(Schedule(cron="0 0 30 2 *"), MARCH) is None
    assert listed(Schedule(cron="0 0 29 2 *"), MARCH, 1) == ["2028-02-29T00:00+00:00"]


def test_weekday_numbers_are_crons_and_a_day_or_a_weekday_is_enough() -> None:
    assert listed(Schedule(cron="0 0 * * 0"), MARCH, 1) == listed(Schedule(cron="0 0 * * 7"), MARCH, 1)
    either = listed(Schedule(cron="0 0 1 * 3"), MARCH, 3)
    assert either == ["2026-04-01T00:00+00:00", "2026-04-08T00:00+00:00", "2026-04-15T00:00+00:00"]


def member(field: str, value: int, least: int, most: int) -> bool:
    """Whether one cron field names a number, worked out from what the manual page says."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        first = least if span == "*" else int(low)
        last = most if span == "*" or (step and not high) else int(high or low)
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def named(fields: list[str], wall: datetime) -> bool:
    values = (wall.minute, wall.hour, wall.day, wall.month)
    within = [member(field, value, *bounds) for field, value, bounds in zip(fields[:4], values, BOUNDS, strict=False)]
    weekdays = {wall.isoweekday() % 7, wall.isoweekday()}
    weekday = any(member(fields[4], number, 0, 7) for number in weekdays)
    either = not (fields[2].startswith("*") or fields[4].startswith("*"))
    day = (within[2] or weekday) if either else (within[2] and weekday)
    return within[0] and within[1] and within[3] and day


def counted(cron: str, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every minute between two instants is looked at: what does the clock show, and what has it just gone past?"""
    fields = cron.split()
    repeats = fields[0].startswith("*") or fields[1].startswith("*")
    at, shown = start, set[datetime]()
    # A day before, so that what was shown once already is known.
    moment = start - timedelta(days=1)
    before = moment.astimezone(zone).replace(tzinfo=None) - MINUTE
    while moment < end:
        moment += MINUTE
        wall = moment.astimezone(zone).replace(tzinfo=None)
        passed = [wall]
        while not repeats and before + MINUTE < wall:
            before += MINUTE
            passed.append(before)
        comes = any(named(fields, one) and (repeats or one not in shown) for one in passed)
        shown.update(passed)
        before = wall
        if comes and moment > at:
            yield moment


@st.composite
def fields(draw: st.DrawFn) -> str:
    def field(least: int, most: int) -> str:
        number = st.integers(least, most)
        kinds = ["*", "step", "one", "list", "range", "range step"]
        kind = draw(st.sampled_from(kinds))
        if kind == "*":
            return "*"
        if kind == "step":
            return f"*/{draw(st.integers(1, most))}"
        if kind in {"one", "list"}:
            return ",".join(map(str, sorted(draw(st.sets(number, min_size=1, max_size=1 if kind == "one" else 4)))))
        low, high = sorted((draw(number), draw(number)))
        return f"{low}-{high}{f'/{draw(st.integers(1, 5))}' if kind == 'range step' else ''}"

    # Hours near the night's change, and days and months that often come, or nothing would be seen.
    hour = draw(st.sampled_from(["*", "*/2", "1", "2", "3", "1,2,3", "0-4", "2-3", "*/5", "23"]))
    day = draw(st.sampled_from(["*", "*", "*", "*/2", "29", "1-8", "25-31"]))
    weekday = draw(st.sampled_from(["*", "*", "*", "0", "7", "1-5", "0,6"]))
    return f"{field(0, 59)} {hour} {day} {draw(st.sampled_from(['*', '*', '3,4,10,11']))} {weekday}"


CHANGES = (
    datetime(2026, 3, 8, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 0, tzinfo=UTC),
    datetime(2026, 4, 4, 12, tzinfo=UTC),
    datetime(2026, 10, 3, 12, tzinfo=UTC),
    datetime(2026, 10, 25, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 0, tzinfo=UTC),
    datetime(2026, 2, 15, 0, tzinfo=UTC),
)


@settings(max_examples=150)
@given(fields(), st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(0, 30 * 60))
def test_the_times_are_those_that_counting_minutes_gives(cron: str, name: str, change: datetime, offset: int) -> None:
    start = change - timedelta(hours=15) + offset * MINUTE
    end = start + timedelta(hours=30)
    schedule = Schedule(cron=cron, timezone=name)
    found = [at.astimezone(UTC) for at in until(schedule, start, end)]
    assert found == list(counted(cron, ZoneInfo(name), start, end))


@pytest.mark.parametrize("text", ["", "0 minutes", "1.5 hours", "-1 days", "3 months", "every day", "1 day 2 hours"])
def test_what_is_no_interval_is_refused_where_it_is_compiled(text: str) -> None:
    from pipelines.effects import _check_schedule
    from spec.errors import SpecError

    with pytest.raises(SpecError, match="not an interval"):
        _check_schedule(Schedule(every=text))


@pytest.mark.parametrize("start", ["2026-11-02T08:00+01:00", "monday", "2026-13-01"])
def test_a_start_is_a_local_time(start: str) -> None:
    from pipelines.effects import _check_schedule
    from spec.errors import SpecError

    with pytest.raises(SpecError, match="not a local date"):
        _check_schedule(Schedule(every="1 day", start=start))


def test_a_schedule_has_one_rhythm() -> None:
    for given_ in ({}, {"cron": "0 8 * * *", "every": "1 day"}, {"cron": "0 8 * * *", "start": "2026-01-01"}):
        with pytest.raises(ValueError, match=r"a schedule has either|belongs to"):
            Schedule.model_validate(given_)
