"""Rows into a sheet: added below its table, each key once, or in the table's place as one change that is whole or not.

Values are sent with their kinds, never as typed text: a text that begins with ``=`` stays a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.http import asking
from connectors.http.asking import Ask
from connectors.http.sending import Sender
from connectors.sends import Item, Order, Outbox, Row, Sent, Shown, run_through, spell
from spec.base import JsonValue
from spec.errors import AccessError, DataError, LimitError, SpecError, TransientError, nearest, unknown_name
from spec.records import record

ACTIONS: Mapping[str, str] = {
    "append": "Adds rows below the table of a sheet; a row whose key is there already is not added.",
    "replace": "Puts rows in the place of the table of a sheet, header included; titles above it stay.",
}
_AT_ONCE = 500
_MOST_CELLS = 200_000
_LOOKS = 3


@record(frozen=True)
class Seen:
    """A sheet as it stands. ``header`` is its header's row from 1 (0: it is empty), ``left`` its first column."""

    entry: JsonValue
    rows: int
    columns: int
    last: int
    header: int
    left: int
    names: tuple[str, ...]
    keys: frozenset[tuple[str, ...]]
    """The values of the order's key in each row, as text."""
    has_footer: bool = False


class Writer(Protocol):
    """What a module of ``grids/`` has for this."""

    def appended(self, entry: JsonValue, rows: Sequence[Sequence[object]]) -> JsonValue:
        """The body that adds rows behind the last one that holds something."""

    def replaced(
        self, entry: JsonValue, area: tuple[int, int, int, int], size: tuple[int, int], rows: Sequence[Sequence[object]]
    ) -> JsonValue:
        """The body that puts rows into an area (top, left, bottom, right; from zero, ends left out) and clears the rest
        of it; ``size`` are the sheet's rows and columns, which grow where the area needs it.
        """


class Sheets(Protocol):
    """The connection's sheets."""

    def seen(self, order: Order) -> Seen:
        """The sheet as it stands now."""

    def change(self, body: JsonValue) -> Ask:
        """The request that makes a change."""


def offered(order: Order, title: str) -> Order:
    """The order, when a sheet can take it."""
    if order.action not in ACTIONS:
        raise unknown_name(f"action of a sheet of {title}", order.action, list(ACTIONS))
    where: dict[str, str | int] = {"send": order.stream, "field": "key"}
    if order.action == "append" and not order.key:
        raise SpecError(
            "Which columns tell the rows of the sheet apart is not said.",
            hint="State them in 'key': without them a row whose answer was lost might be added twice.",
            where=where,
        )
    for name in order.key:
        if name not in order.fields:
            raise SpecError(f"The column {name!r} is missing, which identifies a row.", where=where)
    return order


@dataclass
class SheetSending:
    """One order for one sheet."""

    sheets: Sheets
    writer: Writer
    sender: Sender
    order: Order
    outbox: Outbox

    def all(self, rows: Sequence[Row]) -> Iterator[Sent]:
        """As ``Sends.send``."""
        items = [self.outbox.item(self.order, row) for row in rows]
        if self.order.action == "replace":
            ask = self.sheets.change(self._replacing(items))
            self.sender.send(ask, "", single=True)
            for one in items:
                yield Sent(one.key, "sent")
            return
        seen = self.sheets.seen(self.order)
        yield from run_through(self.order, items, self.outbox, self._there(items, seen), self._appended)

    def shown(self, rows: Sequence[Row]) -> Iterator[Shown]:
        """As ``Sends.shown``."""
        items = [self.outbox.item(self.order, row) for row in rows]
        if self.order.action == "replace":
            ask = self.sheets.change(self._replacing(items))
            yield Shown(ask.method, ask.url, ask.body, len(items), ask.headers)
            return
        seen = self.sheets.seen(self.order)
        there = self._there(items, seen)
        pending = [one for one in items if not one.is_done and one.mark not in there]
        for start in range(0, len(pending), _AT_ONCE):
            chunk = pending[start : start + _AT_ONCE]
            ask = self.sheets.change(self._appending(seen, chunk, with_header=not seen.names and start == 0))
            yield Shown(ask.method, ask.url, ask.body, len(chunk), ask.headers)

    def _there(self, items: Sequence[Item], seen: Seen) -> dict[str, Sent]:
        found = {}
        for one in items:
            if not one.is_done and _key(one, self.order) in seen.keys:
                ours = one.entry is not None and one.entry.state == "begun"
                says = "its answer was lost; it is there" if ours else "a row with that key is there already"
                found[one.mark] = Sent(one.key, "sent" if ours else "unchanged", says=says)
            elif one.entry is not None and one.entry.state == "sent" and not one.is_done:
                found[one.mark] = Sent(one.key, "unchanged", says="it was added before; adding does not change it")
        return found

    def _appended(self, items: Sequence[Item]) -> Iterator[tuple[Item, Sent]]:
        for start in range(0, len(items), _AT_ONCE):
            chunk = items[start : start + _AT_ONCE]
            self.outbox.begin(chunk)
            yield from self._chunk(chunk)

    def _chunk(self, chunk: Sequence[Item], attempt: int = 1) -> Iterator[tuple[Item, Sent]]:
        seen = self.sheets.seen(self.order)
        there = self._there(chunk, seen)
        for one in chunk:
            if one.mark in there:
                yield one, there[one.mark]
        rest = [one for one in chunk if one.mark not in there]
        if not rest:
            return
        ask = self.sheets.change(self._appending(seen, rest, with_header=not seen.names))
        try:
            self.sender.send(ask, "", single=True, again=False)
        except (AccessError, LimitError):
            raise
        except TransientError:
            if attempt >= _LOOKS:
                raise
            yield from self._chunk(rest, attempt + 1)
            return
        except DataError as error:
            for one in rest:
                yield one, Sent(one.key, "refused", says=error.message)
            return
        for one in rest:
            yield one, Sent(one.key, "sent")

    def _appending(self, seen: Seen, items: Sequence[Item], *, with_header: bool) -> JsonValue:
        if seen.has_footer:
            raise DataError(
                f"Below the table of the sheet {self.order.stream!r} stands a total or a note.",
                hint="Rows would be added below it. Move it beside the table, or use action: replace.",
                where={"send": self.order.stream},
            )
        names = seen.names or self.order.fields
        known = {name.casefold(): position for position, name in enumerate(names)}
        for name in self.order.fields:
            if name.casefold() not in known:
                near = nearest(name, names)
                raise DataError(
                    f"The sheet {self.order.stream!r} has no column {name!r}.",
                    hint=f"Did you mean {near!r}?" if near else f"It has: {', '.join(names)}.",
                    where={"send": self.order.stream, "field": "columns"},
                )
        rows: list[list[object]] = [list(names)] if with_header else []
        for one in items:
            values: list[object] = [None] * len(names)
            for name, value in one.row.items():
                values[known[name.casefold()]] = value
            rows.append([*([None] * (seen.left - 1)), *values])
        return self.writer.appended(seen.entry, rows)

    def _replacing(self, items: Sequence[Item]) -> JsonValue:
        seen = self.sheets.seen(self.order)
        fields = self.order.fields
        rows: list[list[object]] = [list(fields), *([one.row.get(name) for name in fields] for one in items)]
        if len(rows) * len(fields) > _MOST_CELLS:
            raise LimitError(
                f"{len(rows):,} rows of {len(fields)} columns are more than one change of a sheet takes.",
                hint=f"At most {_MOST_CELLS:,} cells are put in place at once: send fewer rows, or a summary of them.",
            )
        top, left = max(seen.header, 1) - 1, seen.left - 1
        bottom = max(seen.last, top + len(rows))
        right = left + max(len(seen.names), len(fields))
        return self.writer.replaced(seen.entry, (top, left, bottom, right), (seen.rows, seen.columns), rows)


def _key(item: Item, order: Order) -> tuple[str, ...]:
    return tuple(comparable(item.row.get(name)) for name in order.key)


def comparable(value: object) -> str:
    """A key's value as it is compared with what a sheet holds: 10 and 10.00 are one number."""
    from decimal import Decimal

    if isinstance(value, Decimal | float) and not isinstance(value, bool):
        return f"{Decimal(str(value)).normalize():f}"
    return str(spell(value) or "").strip().casefold()


def position(entry: JsonValue, place: str) -> int:
    """A whole number of a sheet's entry; one that is not told is zero."""
    found = asking.at(entry, place)
    return int(str(found)) if found is not None else 0
