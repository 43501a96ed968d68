"""A list that comes newest first is read until it comes to what was read before, where the system has no filter.

It is left there only as long as its order holds: after a record that is newer than the one before it, or that says
nothing of its time, the whole list is read, because what is sought may then stand anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from connectors.http.asking import at
from connectors.http.definition import Stream
from spec.base import JsonValue

_DOTNET = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


class Past:
    """Looks at each page of a stream's lists; ``since`` is where the last read ended, less the lookback."""

    def __init__(self, place: str, form: str | None, since: Decimal) -> None:
        self._place = place
        self._form = form
        self._since = since
        self._last: dict[str, Decimal | None] = {}
        """By list: the oldest value so far; None where the order was broken."""

    def is_reached(self, walk: str, records: Sequence[JsonValue]) -> bool:
        """Whether nothing new can follow on the list after these records of it."""
        last = self._last.get(walk, Decimal("Infinity"))
        for item in records:
            value = _spelled(at(item, self._place), self._form)
            last = None if last is None or value is None or value > last else value
        self._last[walk] = last
        # At the border itself more may follow: it counts.
        return bool(records) and last is not None and last < self._since


def past_of(stream: Stream, since: str | None) -> Past | None:
    """What tells when such a list may be left; None where it has to be read to its end."""
    if since is None or stream.cursor is None or not stream.cursor.newest_first:
        return None
    border = _spelled(since, None)
    if border is None:
        return None
    return Past(stream.cursor.field, stream.times.get(stream.cursor.field), border)


def _spelled(value: JsonValue, form: str | None) -> Decimal | None:
    """A number as it is, an instant in seconds since 1970; None for what is neither."""
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    matched = _DOTNET.fullmatch(text) if form == "dotnet" else None
    try:
        number = Decimal(matched[1] if matched is not None else text)
        return number / 1000 if form in {"dotnet", "epoch_ms"} else number
    except InvalidOperation:
        pass
    try:
        moment = datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return Decimal(int(moment.timestamp())) + Decimal(moment.microsecond) / 1_000_000


def changed_since(
    stream: Stream, since: str | None, records: Iterable[dict[str, JsonValue]]
) -> Iterator[dict[str, JsonValue]]:
    """The records that changed from then on, where the system has no filter for it; one that says nothing counts."""
    border = _spelled(since, None) if since is not None else None
    for item in records:
        value = None
        if border is not None and stream.cursor is not None:
            value = _spelled(at(item, stream.cursor.field), stream.times.get(stream.cursor.field))
        if border is None or value is None or value >= border:
            yield item
