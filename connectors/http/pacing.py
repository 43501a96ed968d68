"""One connection's pace: what was agreed on, what the system's own headers say, and pauses that it asks for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.http.definition import Limits
from spec.base import JsonValue

_EPOCH_FROM = 1_000_000_000
"""A number of seconds above this is a date and no duration."""


class Pace:
    """Lets requests through: at most so many at once and within a while, none during a pause. Used by many threads.

    ``clock`` gives seconds that only grow, ``sleep`` waits for as many.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._at_once = threading.Semaphore(limits.concurrency)
        self._sent: deque[float] = deque(maxlen=limits.calls)
        self._paused_until = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a request may go; hold one of the places while it is under way."""
        with self._at_once:
            while (wait := self._wait()) > 0:
                self._sleep(wait)
            yield

    def _wait(self) -> float:
        """Seconds until a request may go; takes its place in the window when that is now."""
        with self._lock:
            now = self._clock()
            free = self._paused_until
            if len(self._sent) == self._limits.calls:
                free = max(free, self._sent[0] + self._limits.seconds)
            if free > now:
                return free - now
            self._sent.append(now)
            return 0.0

    def pause(self, seconds: float) -> None:
        """Nobody asks for as long: the system said so to one of us and means all."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def told(self, headers: Mapping[str, str], now: datetime) -> None:
        """Heed the headers of an answer: none left means to wait for the window's end. Names are in lower case."""
        if not self._limits.remaining:
            return
        left = headers.get(self._limits.remaining.lower(), "").strip()
        if not left.isdigit() or int(left) > 0:
            return
        wait = waiting_time(headers.get(self._limits.reset.lower(), ""), now) if self._limits.reset else None
        self.pause(self._limits.seconds if wait is None else min(wait, self._limits.patience))

    def spent(self, document: JsonValue) -> None:
        """Heed what an answer tells of an allowance: what is too little for another such request has to come back."""
        budget = self._limits.budget
        if budget is None:
            return
        from connectors.http.asking import at

        places = (budget.left, budget.refill, budget.price)
        try:
            left, refill, price = (float(str(at(document, place))) for place in places)
        except ValueError:
            return
        if refill > 0 and price > left:
            self.pause(min((price - left) / refill, self._limits.patience))


def waiting_time(text: str, now: datetime) -> float | None:
    """Seconds that a header asks to wait: a number of them, an instant as epoch or as HTTP date; None for nothing."""
    plain = text.strip()
    try:
        number = float(plain)
    except ValueError:
        pass
    else:
        if number != number or number < 0:
            return None
        return max(0.0, number - now.timestamp()) if number > _EPOCH_FROM else number
    try:
        moment = parsedate_to_datetime(plain)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
