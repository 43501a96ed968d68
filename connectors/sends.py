"""Sending rows to a system, record by record: what is ordered, what came of each, and what is remembered of it.

A record is sent once for each content that it has: an ``Outbox`` is written before and after each request and lives as
long as the plan, so neither a kill nor another run sends a record again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Literal, Protocol, cast

from connectors.contract import Place, connector
from spec.base import JsonValue
from spec.errors import SpecError, UnsupportedError
from spec.records import record

Result = Literal["sent", "unchanged", "refused", "unknown"]
Row = Mapping[str, object]
"""A record by the system's own names of fields; values are Python's."""


@record(frozen=True)
class Order:
    """What a plan wants to be sent. ``plan`` names it over all its runs."""

    plan: str
    stream: str
    action: str
    key: tuple[str, ...] = ()
    """Fields that identify a record."""
    fields: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    """What else the action wants to know, such as the project of a task."""
    stops: bool = False
    """Whether the first record that is refused ends the sending."""


@record(frozen=True)
class Sent:
    """What came of a record; ``says`` are the system's words, ``id`` is what it calls the record."""

    key: Mapping[str, str]
    result: Result
    id: str = ""
    says: str = ""


@record(frozen=True)
class Shown:
    """A request that would be sent, without what proves who asks."""

    method: str
    url: str
    body: JsonValue
    records: int
    headers: Mapping[str, str] = field(default_factory=dict)


class Sends(Protocol):
    """A connector that takes rows."""

    def offers(self, order: Order, place: Place) -> Order:
        """The order with what the connector knows of the action; SpecError for one that it does not have."""

    def send(self, order: Order, place: Place, rows: Sequence[Row], outbox: Outbox) -> Iterator[Sent]:
        """Send each row that was not sent before, and say what came of each; what it raises leaves the rest unsent."""

    def shown(self, order: Order, place: Place, rows: Sequence[Row], outbox: Outbox) -> Iterator[Shown]:
        """The requests that ``send`` would make now; nothing is sent."""


def sender(name: str) -> Sends:
    """The connector of that name; UnsupportedError when nothing can be sent to it."""
    found = connector(name)
    if not hasattr(found, "send"):
        raise UnsupportedError(
            f"Nothing can be sent to {name!r}.",
            hint="Use a load for a database, an output for a file.",
            where={"field": "sends.connector"},
        )
    return cast("Sends", found)


@record(frozen=True)
class Entry:
    """What is remembered of a record: digests of its newest content, how many it had before, what became of it."""

    content: str
    number: int
    state: Literal["begun", "sent", "refused"]
    id: str = ""


@record(frozen=True)
class Item:
    """A row on its way."""

    row: Row
    key: Mapping[str, str]
    mark: str
    """Digest of the record's key."""
    content: str
    """Digest of the record."""
    entry: Entry | None
    number: int

    def idempotency_key(self, order: Order) -> str:
        """The same for the same record and content of a plan, whichever run sends it; another when it changes back."""
        text = json.dumps([order.plan, order.stream, order.action, self.mark, self.content, self.number])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_done(self) -> bool:
        """Whether exactly this was sent before."""
        return self.entry is not None and self.entry.state == "sent" and self.entry.content == self.content


class Outbox:
    """What a plan sent to one stream, over all its runs. One writer at a time; without a file it forgets."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._entries: dict[str, Entry] = {}
        if file is not None and file.exists():
            self._recall(file)

    def _recall(self, file: Path) -> None:
        sound = 0
        with file.open("rb") as lines:
            for line in lines:
                try:
                    plain = json.loads(line) if line.endswith(b"\n") else None
                except ValueError:
                    plain = None
                if plain is None:
                    break
                sound += len(line)
                mark = plain.pop("mark")
                self._entries[mark] = Entry(**plain)
        # A kill leaves at most half a line, which nothing was sent for: it is written before.
        os.truncate(file, sound)

    def item(self, order: Order, row: Row) -> Item:
        """A row with what is remembered of it."""
        spelled = {name: spell(row.get(name)) for name in order.key}
        mark = _digest({"key": spelled} if order.key else {"row": {name: spell(item) for name, item in row.items()}})
        content = _digest({name: spell(item) for name, item in row.items()})
        entry = self._entries.get(mark)
        number = 0
        if entry is not None:
            # A content that was begun and not ended is the same sending still.
            number = entry.number if entry.content == content else entry.number + 1
        return Item(row, {name: item or "" for name, item in spelled.items()}, mark, content, entry, number)

    def begin(self, items: Sequence[Item]) -> None:
        """Note, durably, that these are about to be sent."""
        self._say([(one.mark, Entry(one.content, one.number, "begun")) for one in items])

    def settle(self, item: Item, sent: Sent) -> None:
        """Note what came of one."""
        if sent.result == "unknown":
            return
        state: Literal["sent", "refused"] = "refused" if sent.result == "refused" else "sent"
        self._say([(item.mark, Entry(item.content, item.number, state, sent.id))])

    def _say(self, said: Sequence[tuple[str, Entry]]) -> None:
        self._entries.update(said)
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._file.open("ab") as file:
            for mark, entry in said:
                kept = {"mark": mark, "content": entry.content, "number": entry.number, "state": entry.state}
                file.write(json.dumps({**kept, "id": entry.id}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def spell(value: object) -> str | None:
    """A value as text, alike in every run: numbers plain, truths as words, moments as ISO 8601."""
    from datetime import date, datetime, time
    from decimal import Decimal

    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def plain(value: object) -> JsonValue:
    """A value for a JSON document; SpecError for a number that JSON's readers would round."""
    from decimal import Decimal

    if value is None or isinstance(value, bool | int | str):
        return cast("JsonValue", value)
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 2**53:
            return int(value)
        if Decimal(repr(float(value))) != value:
            raise SpecError(
                f"The number {value} has more digits than the system's JSON keeps.",
                hint="Cast it to text, or round it, in a step.",
            )
        return float(value)
    if isinstance(value, float):
        return value
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return spell(value)


def run_through(
    order: Order,
    items: Sequence[Item],
    outbox: Outbox,
    ahead: Mapping[str, Sent],
    batches: Callable[[Sequence[Item]], Iterator[tuple[Item, Sent]]],
) -> Iterator[Sent]:
    """Each item's outcome: those sent before, those ``ahead`` knows of, and those that ``batches`` sends."""
    from spec.errors import DataError

    pending = []
    for one in items:
        if one.is_done:
            yield Sent(one.key, "unchanged", one.entry.id if one.entry else "", "sent before, and the same since")
        elif one.mark in ahead:
            outbox.settle(one, ahead[one.mark])
            yield ahead[one.mark]
        else:
            pending.append(one)
    for one, sent in batches(pending):
        outbox.settle(one, sent)
        yield sent
        if sent.result == "refused" and order.stops:
            raise DataError(
                f"The system refuses a record: {sent.says}",
                hint="The plan says to stop at the first one. What was sent stays sent; mend the row and run again.",
                data={"key": dict(sent.key)},
            )


def _digest(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
