"""Anomalies of a series of readings: what is usual at that hour or weekday, and what is unlike all other days.

1. *What is expected*: the median of the same hour of the day, of the day and of Saturdays and Sundays apart, of the
   week, or of all readings, with a straight line through the cycles' medians (Theil and Sen) where that explains more.
   Of these the simplest is taken that none betters by a tenth of the mean distance, at a price for each value learned.
2. *How far from it*: the distance over a robust spread (1.4826 times the median absolute deviation), of the hour and of
   all together. It is looked at by itself (a spike), as a mean over an hour, a sixth of a cycle and a cycle (a level
   that moved), as the mean step between neighbours (unrest, or none), and as how long a value did not change.
3. *What is unlike the rest*: of each of these the highest value of every cycle (a day, or a week of daily readings).
   The logarithms of these peaks have a median and a spread; a reading is anomalous where it lies ``bound`` spreads
   above the median, and at least a fixed distance from what is expected. So a series that always has wild moments is
   measured by its own, and one that never has is not.
4. *Events*: an anomaly lasts until it is below half of the bound (hysteresis); events less than a cycle apart are one.

Nothing is drawn at random, and nothing depends on anything but times and values.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from math import exp, fsum, log, sqrt
from statistics import median
from typing import Final, Literal

from spec.records import record

Season = Literal["auto", "none", "day", "workday", "week"]
Kind = Literal["high", "low", "unsteady", "still"]
HOUR, DAY, WEEK = 3600.0, 86400.0, 604800.0
CONSISTENT = 1.4826
"""Makes the median absolute deviation an estimate of a normal distribution's standard deviation."""
FEWEST = 12
"""Fewer readings have no usual."""
LEAST: Final[Mapping[str, float]] = {"point": 4.0, "level": 4.0, "unrest": 4.0}
ALONE: Final[Mapping[str, float]] = {"point": 6.0, "level": 5.0, "unrest": 5.0}
"""Bounds where there are too few cycles to compare with."""
FEWEST_CYCLES = 8
LEARNED = 3.0
SMALLEST_SPREAD = 0.25
"""Of the logarithms of peaks: a series whose days are all alike is not measured by its last decimal."""
LEVEL, UNREST = 0.5, 0.4
"""A mean of n readings moves by chance by 1 over the root of n, that of their steps by somewhat less: half of it, at
least, is the spread that means are measured by, also where readings follow a pattern to the letter.
"""
CLIPPED = 8.0
"""In means a single wild reading counts as no more than this."""


@record(frozen=True)
class Found:
    """Of each reading what was expected, how near the bound it is (1 is at it), the kind and number of its event."""

    expected: Sequence[float]
    score: Sequence[float]
    kind: Sequence[Kind | None]
    event: Sequence[int | None]
    season: str


@record(frozen=True)
class _Feature:
    """One way to be unusual: ``values`` by reading, what ``kind`` of bound it has, and which kind of event it makes."""

    kind: str
    values: Sequence[float]
    signs: Sequence[Kind] = field(default_factory=tuple)


def find_anomalies(times: Sequence[float], values: Sequence[float], *, bound: float, season: Season = "auto") -> Found:
    """Look at readings in the order of their times (seconds on the business's own clock)."""
    size = len(values)
    none: Found = Found([median(values)] * size if size else [], [0.0] * size, [None] * size, [None] * size, "none")
    if size < FEWEST or times[-1] <= times[0]:
        return none
    step = max(median([b - a for a, b in pairwise(times)]), 1.0)
    cycle = _cycle(step, times[-1] - times[0])
    name, expected, slots = _expected(times, values, step, cycle, season)
    left = [value - usual for value, usual in zip(values, expected, strict=True)]
    overall = _spread(left, 0.0)
    # What differs in the last decimals of a computation is the same.
    if overall <= 1e-9 * max(abs(value) for value in values):
        return Found(expected, none.score, none.kind, none.event, name)
    z = _scaled(left, slots, overall)
    features = _features(values, z, max(1, round(cycle / step)), max(3, round(HOUR / step)))
    blocks = [int((time - times[0]) // cycle) for time in times]
    score, kind, hot = [0.0] * size, [None] * size, [False] * size  # type: list[float], list[Kind | None], list[bool]
    for feature in features:
        limit = _limit(feature, blocks, bound)
        on = False
        for place, value in enumerate(feature.values):
            on = value > limit or (on and value >= limit / 2)
            if value / limit > score[place]:
                score[place], kind[place] = value / limit, feature.signs[place]
            hot[place] = hot[place] or on
    return Found(expected, score, [k if h else None for k, h in zip(kind, hot, strict=True)],
                 _events(times, hot, cycle), name)  # fmt: skip


def _cycle(step: float, span: float) -> float:
    """What is compared with its like: days, weeks of daily readings, else a twelfth of all."""
    if step <= 2 * HOUR:
        return DAY
    return WEEK if step <= 1.1 * DAY else max(step, span / 12)


def _expected(
    times: Sequence[float], values: Sequence[float], step: float, cycle: float, season: Season
) -> tuple[str, list[float], list[int]]:
    """The season that explains most, what is usual by it, and which of its slots each reading is in."""
    span = times[-1] - times[0]
    best: tuple[float, str, list[float], list[int]] | None = None
    # A wild reading counts as far as it is from all others, so that it does not choose the season.
    most = 4 * _spread(values, median(values))
    tried = ("none", "day", "workday", "week") if season == "auto" else dict.fromkeys(("none", season))
    for name in tried:
        slots = _slots(times, step, name)
        if season == "auto" and name != "none" and (span < 4 * _length(name) or len(set(slots)) < 2):
            continue
        for trend in (False, True):
            flat = _without_trend(times, values, cycle) if trend else list(values)
            if flat is None:
                continue
            usual = _medians(flat, slots)
            line = [value - level for value, level in zip(values, flat, strict=True)]
            expected = [usual[slot] + rise for slot, rise in zip(slots, line, strict=True)]
            left = [value - one for value, one in zip(values, expected, strict=True)]
            # Each slot is a value that was learned; a season of as many slots as readings explains everything.
            price = fsum(min(abs(one), most) for one in left) / len(left) * (1 + LEARNED * len(usual) / len(values))
            forced = season == name and best is not None and best[1] == "none" and not trend
            if best is None or forced or price < 0.9 * best[0]:
                best = price, name + (" and trend" if trend else ""), expected, slots
    assert best is not None
    return best[1], best[2], best[3]


def _length(season: str) -> float:
    return DAY if season == "day" else WEEK


def _slots(times: Sequence[float], step: float, season: str) -> list[int]:
    if season == "none":
        return [0] * len(times)
    width = max(step, 900.0 if step < HOUR else HOUR)
    if season == "day":
        return [int((time % DAY) // width) for time in times]
    if season == "workday":
        # 1 January 1970 was a Thursday, so days 2 and 3 are Saturdays and Sundays.
        return [int((time % DAY) // width) + 1000 * _free(int(time // DAY) % 7) for time in times]
    return [int((time % WEEK) // max(step, HOUR)) for time in times]


def _free(day: int) -> int:
    return {2: 1, 3: 2}.get(day, 0)


def _medians(values: Sequence[float], slots: Sequence[int]) -> dict[int, float]:
    grouped: dict[int, list[float]] = {}
    for slot, value in zip(slots, values, strict=True):
        grouped.setdefault(slot, []).append(value)
    return {slot: median(those) for slot, those in grouped.items()}


def _without_trend(times: Sequence[float], values: Sequence[float], cycle: float) -> list[float] | None:
    """The values less a line through the cycles' medians; None where there are fewer than eight cycles."""
    blocks = [int((time - times[0]) // cycle) for time in times]
    middles = sorted(_medians(values, blocks).items())
    if len(middles) < FEWEST_CYCLES:
        return None
    # Of very many cycles every n-th is enough to lay a line through.
    middles = middles[:: -(-len(middles) // 200)]
    slope = median([(b[1] - a[1]) / (b[0] - a[0]) for at, a in enumerate(middles) for b in middles[at + 1 :]])
    return [value - slope * (time - times[0]) / cycle for time, value in zip(times, values, strict=True)]


def _spread(values: Sequence[float], centre: float) -> float:
    """The robust spread around a centre; the mean distance where more than half lie on it."""
    distances = [abs(value - centre) for value in values]
    return CONSISTENT * median(distances) or 1.2533 * sum(distances) / len(distances)


def _scaled(left: Sequence[float], slots: Sequence[int], overall: float) -> list[float]:
    """Distances in spreads: of the slot, whose few readings count half, and of all."""
    own = _medians([abs(one) for one in left], slots)
    spreads = {slot: sqrt(((CONSISTENT * middle) ** 2 + overall**2) / 2) for slot, middle in own.items()}
    return [one / spreads[slot] for slot, one in zip(slots, left, strict=True)]


def _features(values: Sequence[float], z: Sequence[float], cycle: int, hour: int) -> list[_Feature]:
    found = [_Feature("point", [abs(one) for one in z], _sides(z))]
    clipped = [max(-CLIPPED, min(CLIPPED, one)) for one in z]
    steps = [0.0, *(min(CLIPPED, abs(b - a)) for a, b in pairwise(z))]
    sixth = max(4, cycle // 6)
    for width in sorted({hour, sixth, cycle}):
        if width > len(z) // 4 or width < 2:
            continue
        means = _means(clipped, width, 1)
        found.append(_Feature("level", *_standard(means, ("high", "low"), LEVEL / sqrt(width))))
        if width >= sixth:
            unrest = [None if one is None else log(one + 0.05) for one in _means(steps, width, 2)]
            found.append(_Feature("unrest", *_standard(unrest, ("unsteady", "still"), UNREST / sqrt(width))))
    return [*found, _Feature("still", _unchanged(values), ["still"] * len(values))]


def _sides(z: Sequence[float]) -> list[Kind]:
    return ["high" if one > 0 else "low" for one in z]


def _means(values: Sequence[float], width: int, without: int) -> list[float | None]:
    """The mean of each reading and those before it, ``without`` the largest of them; None where there are too few.

    What moved is all of a stretch: a single wild reading is a spike, and makes no level and no unrest.
    """
    found: list[float | None] = []
    largest: list[tuple[float, float]] = []
    total = 0.0
    for place, value in enumerate(values):
        total += value
        insort(largest, (abs(value), value))
        if place >= width:
            gone = values[place - width]
            total -= gone
            del largest[bisect_left(largest, (abs(gone), gone))]
        left_out = fsum(one for _, one in largest[-without:])
        found.append((total - left_out) / (width - without) if place + 1 >= width else None)
    return found


def _standard(values: Sequence[float | None], kinds: tuple[Kind, Kind], least: float) -> tuple[list[float], list[Kind]]:
    """Distances from the middle in spreads, and on which side; no spread is smaller than ``least``."""
    known = [one for one in values if one is not None]
    middle = median(known)
    spread = max(_spread(known, middle), least)
    found = [0.0 if one is None else abs(one - middle) / spread for one in values]
    return found, [kinds[0] if one is not None and one > middle else kinds[1] for one in values]


def _unchanged(values: Sequence[float]) -> list[float]:
    """How many readings each value has stood already."""
    found: list[float] = []
    for place, value in enumerate(values):
        found.append(found[-1] + 1 if place and value == values[place - 1] else 0.0)
    return found


def _limit(feature: _Feature, blocks: Sequence[int], bound: float) -> float:
    """From where on a feature is unlike its peaks in other cycles."""
    peaks: dict[int, float] = {}
    for block, value in zip(blocks, feature.values, strict=True):
        peaks[block] = max(value, peaks.get(block, 0.0))
    # A value that stands still for a sixth of a cycle is the least that is told.
    size = len(blocks) / len(peaks)
    least = LEAST.get(feature.kind, max(6.0, size / 6))
    if len(peaks) < FEWEST_CYCLES:
        return ALONE.get(feature.kind, max(6.0, len(blocks) / 6))
    logs = [log(peak + 0.5) for peak in peaks.values()]
    middle = median(logs)
    return max(least, exp(middle + bound * max(_spread(logs, middle), SMALLEST_SPREAD)) - 0.5)


def _events(times: Sequence[float], hot: Sequence[bool], cycle: float) -> list[int | None]:
    """The number of each anomalous reading's event, from 1."""
    found: list[int | None] = []
    number, last = 0, None
    for time, is_hot in zip(times, hot, strict=True):
        if is_hot:
            number += last is None or time - last >= cycle
            last = time
        found.append(number if is_hot else None)
    return found
