"""The forecast of cash and its test over the past, computed from its description and from none of the product's code.

What is regular goes on: what the same party paid or was paid at least three times, four gaps of five being a week, two
weeks, a month or a quarter, comes again at that distance with the average of its last three amounts. All the rest goes
on at the average of the last thirteen weeks. The test does the same at the end of each of the last twenty-six weeks
that have half a year before them, and holds it to what came.
"""

from __future__ import annotations

import calendar
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from tools.demo.money import plain

HORIZON = 13
_RHYTHMS = ((6, 8, 7, 0, 3), (13, 15, 14, 0, 5), (26, 35, 0, 1, 10), (80, 100, 0, 3, 20))
"""Least and greatest gap in days, the step in days and in months, and for how many days it may be late."""


@dataclass(frozen=True)
class Flow:
    """Money in or out of the business in whole cents, and of whom."""

    day: date
    cents: int
    party: str


def ahead(
    flows: Sequence[Flow], moved: Sequence[Flow], opening: int, start: date, last: date
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """(weeks: last day, balance, low, high) and (tests: day, weeks ahead, forecast, actual), as text.

    ``moved`` are transfers between the business's own accounts, which only count for what is on them on a day.
    """

    def held(day: date) -> int:
        return opening + sum(one.cents for one in (*flows, *moved) if one.day <= day)

    tests: list[tuple[date, int, int, int]] = []
    for week in range(1, 27):
        end = last - timedelta(days=7 * week)
        if (end - start).days < 182:
            continue
        expected = _weeks(flows, end)
        for number in range(1, min(week, HORIZON) + 1):
            later = end + timedelta(days=7 * number)
            tests.append((end, number, held(end) + sum(expected[:number]), held(later)))
    now = _weeks(flows, last)
    weeks: list[tuple[str, ...]] = []
    for number in range(1, HORIZON + 1):
        balance = held(last) + sum(now[:number])
        errors = sorted(actual - forecast for _, ahead_, forecast, actual in tests if ahead_ == number)
        low, high = balance + min(_at(errors, 1), 0), balance + max(_at(errors, 9), 0)
        day = last + timedelta(days=7 * number)
        weeks.append((day.isoformat(), plain(balance), plain(low), plain(high)))
    return weeks, [(end.isoformat(), str(number), plain(a), plain(b)) for end, number, a, b in tests]


def _at(errors: Sequence[int], tenths: int) -> int:
    return errors[max(1, math.ceil(Fraction(tenths * len(errors), 10))) - 1]


def _weeks(flows: Sequence[Flow], end: date) -> list[int]:
    """What each of the next weeks brings."""
    series: dict[tuple[str, bool], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for one in flows:
        if end - timedelta(days=400) < one.day <= end:
            series[one.party, one.cents > 0][one.day] += one.cents
    expected = [0] * HORIZON
    regular = set()
    for key, days in series.items():
        dues = _dues(sorted(days), end)
        if not dues:
            continue
        regular.add(key)
        amount = _rounded(sum(days[day] for day in sorted(days)[-3:]), 3)
        for due in dues:
            expected[(max(due, end + timedelta(days=1)) - end - timedelta(days=1)).days // 7] += amount
    rest = sum(
        one.cents
        for one in flows
        if end - timedelta(days=91) < one.day <= end and (one.party, one.cents > 0) not in regular
    )
    return [amount + _rounded(rest, 13) for amount in expected]


def _dues(days: Sequence[date], end: date) -> list[date]:
    """When it comes again within the horizon; nothing where it is not regular, or has ended."""
    gaps = [(two - one).days for one, two in pairwise(days)]
    if len(days) < 3:
        return []
    for least, most, in_days, months, late in _RHYTHMS:
        if sum(least <= gap <= most for gap in gaps) * 5 >= len(gaps) * 4:
            dues = [_later(days[-1], in_days * times, months * times) for times in range(1, 20)]
            if dues[0] < end - timedelta(days=late):
                return []
            return [due for due in dues if due <= end + timedelta(days=7 * HORIZON)]
    return []


def _later(day: date, days: int, months: int) -> date:
    at = day.year * 12 + day.month - 1 + months
    last = calendar.monthrange(at // 12, at % 12 + 1)[1]
    return date(at // 12, at % 12 + 1, min(day.day, last)) + timedelta(days=days)


def _rounded(total: int, parts: int) -> int:
    """To the nearest cent, halves away from zero."""
    cents = (2 * abs(total) + parts) // (2 * parts)
    return cents if total >= 0 else -cents
