"""Days as the shop, its bank and Stripe see them: Rome time, Italian bank holidays, weekly payouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tools.demo.draws import draw

if TYPE_CHECKING:
    from collections.abc import Iterator

ROME = ZoneInfo("Europe/Rome")
# Easter Monday moves; the other days on which Italian banks are closed do not.
_EASTER_MONDAYS = frozenset({date(2023, 4, 10), date(2024, 4, 1), date(2025, 4, 21), date(2026, 4, 6)})
_FIXED_HOLIDAYS = frozenset(
    {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)},
)
# Orders a month, January first: quiet in August, busy before Christmas.
_SEASON = (84, 82, 92, 94, 98, 96, 104, 78, 100, 106, 138, 152)
# Monday first: the weekend and Monday evening sell best.
_WEEK = (108, 94, 92, 94, 98, 102, 118)
SETTLEMENT_BUSINESS_DAYS = 3
_TUESDAY = 1


def is_business_day(day: date) -> bool:
    """Say whether banks in Italy settle on this day."""
    return day.weekday() < 5 and (day.month, day.day) not in _FIXED_HOLIDAYS and day not in _EASTER_MONDAYS


def add_business_days(day: date, count: int) -> date:
    """Move on by `count` business days; with 0, to this day or the next business day."""
    while not is_business_day(day):
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while not is_business_day(day):
            day += timedelta(days=1)
    return day


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield each day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def rome_midnight(day: date) -> int:
    """Return the instant at which this day begins in Rome, in epoch seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ROME).timestamp())


def utc_second(day: date, seconds: int) -> int:
    """Return the instant `seconds` after this UTC day began, in epoch seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + seconds


@dataclass(frozen=True, slots=True)
class ShopDay:
    """One day of trading in Rome; `first` is the index of its first order."""

    day: date
    starts: int
    seconds: int
    first: int
    orders: int


def trading_days(first: date, last: date, orders: int, seed: int) -> list[ShopDay]:
    """Spread exactly `orders` orders over the days by season, weekday, growth and chance."""
    weights = []
    for number, day in enumerate(days_between(first, last)):
        growth = 1000 + number  # the shop grows by roughly a third a year
        chance = 70 + draw(seed, number, "day", 61)
        weights.append(_SEASON[day.month - 1] * _WEEK[day.weekday()] * growth * chance)
    total = sum(weights)
    days, reached, before = [], 0, 0
    for day, weight in zip(days_between(first, last), weights, strict=True):
        reached += weight
        upto = (reached * orders * 2 + total) // (total * 2)
        starts = rome_midnight(day)
        days.append(ShopDay(day, starts, rome_midnight(day + timedelta(days=1)) - starts, before, upto - before))
        before = upto
    return days


@dataclass(frozen=True, slots=True)
class PayoutDay:
    """A weekly payout: made on a Tuesday, due the next business day, in the bank up to two business days later."""

    number: int
    created: date
    created_second: int
    arrival: date
    booked: date


def payout_days(first: date, last: date, seed: int) -> list[PayoutDay]:
    """List the Tuesdays on which Stripe pays out, with the day on which the bank books the money.

    The last payout before the period's end is due on the last day at the latest and booked after it: the one that
    straddles the period.
    """
    tuesdays = [day for day in days_between(first, last) if day.weekday() == _TUESDAY]
    found = []
    for number, day in enumerate(tuesdays):
        arrival = add_business_days(day + timedelta(days=1), 0)
        lag = draw(seed, number, "bank lag", 3)
        if number == len(tuesdays) - 1:
            lag = max(lag, 1)
        second = utc_second(day, 7200 + draw(seed, number, "payout second", 5400))
        found.append(PayoutDay(number, day, second, arrival, add_business_days(arrival, lag)))
    return found


def funds_available(day: date) -> date:
    """Return the day on which a charge made on this UTC day may be paid out."""
    return add_business_days(day, SETTLEMENT_BUSINESS_DAYS)
