"""A vendor's list: rows that are made when they are looked at, and change as a business goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.http.vendor.dealing import Row, Rows
from connectors.http.vendor.draws import Draw
from connectors.http.vendor.instants import spelled, understood
from connectors.http.vendor.making import Maker, uuid
from connectors.http.vendor.patterns import matching
from connectors.http.vendor.profile import VendorStream
from connectors.http.vendor.schemas import Schema, inside
from connectors.http.vendor.wire import at, put
from spec.errors import SpecError

START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=37)
_FIRST_TEXT = 1_200_000_000_000_001
_FIRST_BIG = 9_007_199_254_740_993
_REVISED = 1_000_003
_SPARE = 10_000_000


class Table:
    """The rows of one stream. ``sequence`` is the vendor's count of changes, kept by the vendor."""

    def __init__(
        self, stream: VendorStream, schema: Schema, definitions: Mapping[str, Schema], maker: Maker, seed: str
    ):
        self.stream = stream
        self._schema = self._shape = schema
        self._definitions = definitions
        self._maker = maker
        self._draw = Draw(f"{seed}:{stream.path}")
        self._rows: dict[str, Row] = {}
        self._revisions: dict[str, int] = {}
        self._next = 0
        self._ordered: Rows | None = None

    def shape(self, schema: Schema) -> None:
        """Make records of another form from now on, that of what is asked for; keys stay as they are."""
        self._shape = schema

    def said(self, place: str) -> Schema:
        """What the description says of the value at a place of a record."""
        return inside(self._schema, place, self._definitions)

    def fill(self, count: int, parent: str | int | None = None) -> None:
        """Add that many rows, the newest last."""
        for _ in range(count):
            self.add(parent=parent)

    def take_over(self, records: Sequence[Mapping[str, Any]], parent: str | int | None = None) -> None:
        """Serve these records as they are, in the list of a parent where its key is not in them.

        SpecError for one without a key or with another's.
        """
        stream = self.stream
        for position, one in enumerate(records):
            key = at(one, stream.key)
            if not isinstance(key, str | int) or str(key) in self._rows:
                raise SpecError(f"The record {position} has no key of its own at {stream.key}.", data={"key": key})
            moment = None
            if stream.growing is not None:
                moment = understood(at(one, stream.growing.field), stream.growing.form)
            held = at(one, stream.belongs.field) if stream.belongs and stream.belongs.field else parent
            self._put(Row(self._next, key, moment, held, given=json.loads(json.dumps(one, default=str))))
            self._next += 1

    def add(self, *, moment: datetime | None = None, parent: str | int | None = None, changed: int = 0) -> Row:
        """A new row; without a moment it is the newest (each third at the same moment as the one before)."""
        number, self._next = self._next, self._next + 1
        stream = self.stream
        if moment is None:
            is_key = stream.growing is not None and stream.growing.field == stream.key
            moment = START + STEP * (number if is_key or number % 3 != 2 else number - 1)
            moment += timedelta(microseconds=number % 1_000_000 if is_key else 0)
        row = Row(number, self._key(number, moment), moment, parent, changed)
        self._put(row)
        return row

    def change(self, key: str | int, moment: datetime | None = None, changed: int = 0) -> Row:
        """The row gets other values, and is the newest unless a moment is given."""
        old = self._rows[str(key)]
        self._revisions[str(key)] = self._revisions.get(str(key), 0) + 1
        row = replace(old, moment=moment or self._newest() + STEP, changed=changed)
        self._put(row)
        return row

    def write(self, key: str | int, fields: Mapping[str, Any], changed: int = 0) -> Row:
        """The row's record gets these fields; an object in it keeps those that are not named."""
        old = self._rows[str(key)]
        row = replace(self.change(key, None, changed), given=_merged(self.record(old), fields))
        self._put(row)
        return row

    def delete(self, key: str | int, changed: int = 0) -> None:
        """The row goes, or is marked where the vendor does that."""
        old = self._rows[str(key)]
        moment = self._newest() + STEP if self.stream.deleting_grows else old.moment
        self._put(replace(old, deleted=True, changed=changed, moment=moment))

    def tell(self, values: Mapping[str, Any]) -> None:
        """A record appears that says these values at their places."""
        row = self.add(moment=self._newest() + STEP)
        made = self.record(row)
        for place, item in values.items():
            put(made, place, item)
        self._put(replace(row, given=made))

    @property
    def keys(self) -> list[str | int]:
        """The keys of the rows that are there, in the order in which they were made."""
        return [row.key for row in self._rows.values() if not row.deleted or self.stream.deleted]

    def rows(self, *, with_deleted: bool = False) -> Rows:
        """All rows in the vendor's order; deleted ones where they are asked for or marked."""
        if with_deleted:
            return Rows(self._sorted(list(self._rows.values())))
        if self._ordered is None:
            there = [row for row in self._rows.values() if not row.deleted or self.stream.deleted]
            self._ordered = Rows(self._sorted(there))
        return self._ordered

    def spare(self, count: int) -> Iterator[Row]:
        """Rows that are in no list, one at a time."""
        for number in range(_SPARE, _SPARE + count):
            moment = START + STEP * (number - _SPARE)
            yield Row(number, self._key(number, moment), moment)

    def record(self, row: Row) -> dict[str, Any]:
        """The row's record, made anew each time."""
        stream = self.stream
        if row.given is not None:
            made: dict[str, Any] = json.loads(json.dumps(row.given))
        else:
            value = self._maker.present(self._shape, row.number + _REVISED * self._revisions.get(str(row.key), 0))
            made = value if isinstance(value, dict) else {}
            put(made, stream.key, row.key)
            for place, item in stream.set.items():
                put(made, place, item)
            for place, text in stream.spelled.items():
                put(made, place, text.replace("{key}", str(row.key)))
            if stream.belongs is not None and stream.belongs.field is not None and row.parent is not None:
                put(made, stream.belongs.field, row.parent)
        if stream.growing is not None and row.moment is not None and (row.given is None or self._revisions):
            put(made, stream.growing.field, spelled(row.moment, stream.growing.form))
        for place, item in stream.deleted.items() if row.deleted else ():
            put(made, place, item)
        return made

    def _newest(self) -> datetime:
        return max((row.moment for row in self._rows.values() if row.moment is not None), default=START)

    def _put(self, row: Row) -> None:
        self._rows[str(row.key)] = row
        self._ordered = None

    def _sorted(self, rows: list[Row]) -> list[Row]:
        if self.stream.order == "by_number":
            return sorted(rows, key=lambda row: row.number)
        rows.sort(key=lambda row: (row.moment or START, row.number), reverse=self.stream.order == "newest_first")
        return rows

    def _key(self, number: int, moment: datetime) -> str | int:
        stream = self.stream
        if stream.growing is not None and stream.growing.field == stream.key:
            return spelled(moment, stream.growing.form)
        schema = self.said(stream.key)
        kinds = schema.get("type", ["string"])
        if "string" not in kinds:
            return (_FIRST_BIG if schema.get("format") == "int64" else 1001) + number
        if stream.key_prefix:
            return f"{stream.key_prefix}{number:06d}{self._draw.number(f'key{number}', 16**8):08x}"
        if schema.get("format") == "uuid":
            return uuid(self._draw.number(f"key{number}", 2**122))
        for turn in range(20 if "pattern" in schema else 0):
            found = matching(schema["pattern"], self._draw, f"key{number}.{turn}")
            if found is not None and found not in self._rows:
                return found
        most = schema.get("maxLength", 16)
        return str(_FIRST_TEXT + number if most >= 16 else 10 ** (most - 1) + number)


def _merged(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(before)
    for name, item in fields.items():
        there = made.get(name)
        made[name] = {**there, **item} if isinstance(there, dict) and isinstance(item, dict) else item
    return made
