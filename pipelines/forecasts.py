"""How a series goes on: documented ways of reckoning, all of them exact rules without a chance in them.

``last`` repeats the last value. ``mean`` is the mean of the last ``window`` values. ``linear`` is the straight line of
least squares through all values. ``season`` repeats the value of the same period one season before. ``trend_season`` is
a straight line of least squares, and on it what the periods of a season usually lie above or below it (the mean
difference). ``auto`` holds back the last periods (as many as are asked for, at most a third), lets each of these
reckon them from the rest, and takes the one whose values lie nearest by the mean absolute difference; of those that are
as near the first in the order above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Final, Literal

Method = Literal["auto", "last", "mean", "linear", "season", "trend_season"]
Series = Sequence[tuple[int, float]]
"""Number of the period, counted without gaps, and its value; in the order of time."""
ORDER: Final[tuple[Method, ...]] = ("last", "mean", "linear", "season", "trend_season")
_ALIKE: Final = 1e-9


def forecast(series: Series, ahead: int, method: Method, *, season: int, window: int) -> tuple[list[float], Method]:
    """The values of the next periods, and the way that was taken; none for an empty series."""
    if not series:
        return [], method
    if method == "auto":
        method = _nearest(series, ahead, season, window)
    first = series[-1][0] + 1
    return [_value(series, first + step, method, season, window) for step in range(ahead)], method


def _nearest(series: Series, ahead: int, season: int, window: int) -> Method:
    held = min(ahead, len(series) // 3)
    if not held:
        return "last"
    known, kept = series[:-held], series[-held:]
    best: tuple[float, Method] | None = None
    for method in ORDER:
        if method in ("season", "trend_season") and (season < 2 or len(known) < 2 * season):
            continue
        away = fsum(abs(_value(known, at, method, season, window) - value) for at, value in kept)
        # Within the last digits of a float none is nearer: the simpler one stays.
        if best is None or away < best[0] - _ALIKE * max(1.0, abs(best[0])):
            best = (away, method)
    return best[1] if best else "last"


def _value(series: Series, at: int, method: Method, season: int, window: int) -> float:
    if method == "mean":
        last = [value for _, value in series[-window:]]
        return fsum(last) / len(last)
    if method == "linear":
        middle, slope, start = _line(series)
        return start + slope * (at - middle)
    if method == "season":
        return _before(dict(series), series[0][0], at, season, series[-1][1])
    if method == "trend_season":
        return _seasonal(series, at, season)
    return series[-1][1]


def _line(series: Series) -> tuple[float, float, float]:
    """Mean period, slope, and value at the mean period."""
    middle = fsum(at for at, _ in series) / len(series)
    mean = fsum(value for _, value in series) / len(series)
    width = fsum((at - middle) ** 2 for at, _ in series)
    slope = fsum((at - middle) * (value - mean) for at, value in series) / width if width else 0.0
    return middle, slope, mean


def _before(values: Mapping[int, float], first: int, at: int, season: int, otherwise: float) -> float:
    """The value of the latest season that has one for this period."""
    at -= season
    while at >= first:
        if at in values:
            return values[at]
        at -= season
    return otherwise


def _seasonal(series: Series, at: int, season: int) -> float:
    """A line through the seasons, and how far the periods of one place in the season lie from it on the mean.

    The line is fitted to values less their place's mean, so that a season that ends early does not bend it.
    """
    places: dict[int, list[tuple[int, float]]] = {}
    for when, value in series:
        places.setdefault(when % season, []).append((when, value))
    means = {
        place: (fsum(w for w, _ in found) / len(found), fsum(v for _, v in found) / len(found))
        for place, found in places.items()
    }
    width = fsum((w - means[w % season][0]) ** 2 for w, _ in series)
    rise = fsum((w - means[w % season][0]) * (v - means[w % season][1]) for w, v in series)
    slope = rise / width if width else 0.0
    if at % season not in means:
        middle, overall, mean = _line(series)
        return mean + overall * (at - middle)
    middle, mean = means[at % season]
    return mean + slope * (at - middle)
