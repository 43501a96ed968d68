"""A long history in windows of time, each read as a list of its own, from the oldest to the newest.

Both ends of a window count, so what happened at the end of one is in the next one too, and stays once by its key. They
are read one after the other: a record that changes meanwhile moves into a later window, and is found there. A window as
full as the system's lists get is halved, because nobody knows what lies behind the last record of such a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connectors.http import placeholders
from connectors.http.definition import Windows
from spec.errors import LimitError, SpecError
from spec.records import record

AHEAD = timedelta(days=2)
"""How far the last window reaches beyond the beginning of the read: what changes meanwhile is in it."""
FROM, TO = "window.from", "window.to"
NO_WINDOW: Mapping[str, str | None] = {FROM: None, TO: None}


@record(frozen=True)
class Window:
    """A stretch of time; both ends are in it."""

    start: datetime
    end: datetime

    @property
    def values(self) -> dict[str, str | None]:
        """Its ends as values of placeholders."""
        return {FROM: self.start.isoformat(), TO: self.end.isoformat()}

    def halves(self, stream: str) -> tuple[Window, Window]:
        """Two that make this one; LimitError when it is a second already."""
        middle = self.start + (self.end - self.start) / 2
        middle = middle.replace(microsecond=0)
        if middle <= self.start or middle >= self.end:
            raise LimitError(
                f"The system gives no more of what happened at {self.start.isoformat()}, and it may have more of it.",
                hint="Nothing was published. Its lists end after so many records, and one second has as many.",
                data={"stream": stream, "from": self.start.isoformat(), "to": self.end.isoformat()},
            )
        return Window(self.start, middle), Window(middle, self.end)


def windows_of(
    said: Windows, values: Mapping[str, str | None], since: str | None, begun: str, now: datetime
) -> list[Window]:
    """The windows of a read that began at ``begun``, oldest first; ``since`` is where an incremental one starts.

    They are the same whenever the read goes on, but for one more when that is so much later that the last has ended.
    """
    start = _instant(since if since is not None else placeholders.filled(said.from_, values))
    end = _instant(begun) + AHEAD
    found: list[Window] = []
    step = said.step
    while start < end:
        until = min(end, start + step) if step is not None else end
        found.append(Window(start, until))
        start = until
    if now > end:
        found.append(Window(end, now + AHEAD))
    return found or [Window(start, start + AHEAD)]


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        raise SpecError(
            f"{text!r} is no day from which a history could begin.", hint="Write it as 2015-01-31."
        ) from None
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).replace(microsecond=0)
