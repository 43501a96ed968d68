"""One action of a connector that takes records, with a vendor behind it: what a case of sending needs."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

from connectors.contract import Place
from connectors.http.conformance.bench import NOW, SENTINEL, Bench, BrokenError
from connectors.http.engine import Declared
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.faults import Fault
from connectors.http.vendor.keeping import records
from connectors.http.vendor.profile import Profile
from connectors.http.vendor.wire import Reply, at
from connectors.http.writes import Write
from connectors.sends import Order, Outbox, Row, Sent, Shown

ROWS = 4
PLAN = "conformance"


class KilledError(BaseException):
    """As a kill: no handler of the product catches it."""


class Killing(Fault):
    """The process is gone before the vendor's answer comes; what was asked is done."""

    def sent(self, reply: Reply) -> Reply:
        """Nobody is there any more."""
        del reply
        raise KilledError


class SendCase(Protocol):
    """A module of ``sends/``."""

    SUMMARY: str

    def run(self, desk: Desk) -> None:
        """Try it; BrokenError when it fails, NotApplicableError when there is nothing to try."""


@dataclass
class World:
    """A vendor that takes the records, and a plan that sends some."""

    desk: Desk
    vendor: Vendor
    unit: Declared
    place: Place
    order: Order
    rows: list[Row]
    waits: list[float]

    def send(self, outbox: Outbox | None = None, rows: Sequence[Row] | None = None) -> list[Sent]:
        """Send the rows; what came of each."""
        try:
            return list(self.unit.send(self.order, self.place, self.rows if rows is None else rows, outbox or Outbox()))
        finally:
            self.desk.under.note(self.vendor)

    def shown(self) -> list[Shown]:
        """The requests that would be sent."""
        return list(self.unit.shown(self.order, self.place, self.rows, Outbox()))

    @property
    def arrived(self) -> Counter[str]:
        """How often each record was carried out."""
        taken = cast("records.Taken", self.vendor.kept[self.desk.taken])
        if self.desk.way.does == "change":
            return Counter(str(key) for key, _ in taken.done)
        return Counter("/".join(str(fields.get(name)) for name in self.order.key) for _, fields in taken.done)

    @property
    def keys(self) -> Counter[str]:
        """Each row's key once."""
        return Counter("/".join(str(row[name]) for name in self.order.key) for row in self.rows)

    def all_once(self, sent: Sequence[Sent]) -> None:
        """BrokenError unless every record was carried out once and said to be sent."""
        others = sorted({one.result for one in sent} - {"sent"})
        if others:
            raise BrokenError(f"records are {', '.join(others)} and should be sent: {_said(sent)}")
        arrived = self.arrived
        if self.desk.said.again == "nature":
            # The same record put twice is one, as the connector says.
            arrived = Counter(set(arrived))
        if arrived != self.keys:
            twice = [key for key, times in arrived.items() if times > 1]
            lost = sorted(set(self.keys) - set(arrived))
            raise BrokenError(f"of {len(self.rows)} records twice: {twice[:3]}, never: {lost[:3]}")


@dataclass
class Desk:
    """An action under test. ``taken`` is what the vendor's profile calls what takes its records."""

    under: Bench
    action: str
    taken: str
    way: records.Params
    _folder: Path | None = field(default=None, repr=False)

    @property
    def said(self) -> Write:
        """What the connector says of the action."""
        return self.under.definition.writes[self.under.stream][self.action]

    def world(self, fault: Fault | None = None) -> World:
        """A vendor that was sent nothing yet; ``fault`` at the calls of what takes the records."""
        under, stream = self.under, self.way.stream
        count = dict.fromkeys(under.profile.streams, 1) | {stream: ROWS + 1 if self.way.does == "change" else 0}
        faults = [replace(fault, stream=self.taken)] if fault is not None else []
        vendor = Vendor(
            under.description, under.profile, count=count, accepts={SENTINEL}, clock=lambda: NOW, faults=faults
        )
        waits: list[float] = []
        unit = under.unit(vendor, waits)
        assert self._folder is not None, "a case is tried in a folder"
        place = under.place(self._folder)
        given = dict.fromkeys(self.said.options, self._parent(vendor))
        example = {**dict.fromkeys(self._unsaid(), "as it was"), **self.way.example}
        order = Order(PLAN, under.stream, self.action, fields=(*self._key(), *example), options=given)
        order = unit.offers(order, place)
        return World(self, vendor, unit, place, order, self._rows(vendor, order, example), waits)

    def _key(self) -> tuple[str, ...]:
        return self.said.key or ("id",)

    def _unsaid(self) -> list[str]:
        """A field to fill where the vendor's profile shows none."""
        if self.way.example:
            return []
        own = [name for name in self.said.fields if name not in self._key()]
        return own[:1] if self.said.fields else ["note"]

    def _parent(self, vendor: Vendor) -> str:
        belongs = self.under.profile.streams[self.way.stream].belongs
        if belongs is None:
            return "example"
        parents = vendor.records(belongs.stream)
        return str(at(parents[0], self.under.profile.streams[belongs.stream].key))

    def _rows(self, vendor: Vendor, order: Order, example: Mapping[str, Any]) -> list[Row]:
        if self.way.does == "create":
            keys = [[f"{name} {number}" for name in order.key] for number in range(1, ROWS + 1)]
        else:
            place = self.under.profile.streams[self.way.stream].key
            keys = [[at(one, place)] * len(order.key) for one in vendor.records(self.way.stream)][:ROWS]
        return [{**dict(zip(order.key, key, strict=True)), **example} for key in keys]

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder for pages and outboxes, in which the case is tried."""
        with tempfile.TemporaryDirectory(prefix="dreflow-conformance-") as path:
            self._folder = Path(path)
            try:
                yield self._folder
            finally:
                self._folder = None

    @property
    def file(self) -> Path:
        """Where an outbox of the case may be kept."""
        assert self._folder is not None, "a case is tried in a folder"
        return self._folder / "outbox.jsonl"


def desks(under: Bench) -> Iterator[tuple[str, Desk | None]]:
    """Each action of the bench's stream by its name for verdicts; None where the vendor's profile does not take it."""
    for action, said in under.definition.writes.get(under.stream, {}).items():
        found = _taker(under.profile, said)
        desk = Desk(under, action, *found) if found is not None else None
        yield f"{under.stream}: {action}", desk


def _taker(profile: Profile, said: Write) -> tuple[str, records.Params] | None:
    """What of the vendor's profile takes the requests of an action."""
    for name, way in profile.keeps.items():
        if way.use != "records":
            continue
        params = records.Params.model_validate(way.params)
        # The connector's path stands behind its base address, of which the description's may have a part.
        if params.method == said.method and _shape(params.path).endswith(_shape(said.path)):
            return name, params
    return None


def _shape(path: str) -> str:
    """A path with its placeholders alike."""
    return "/" + "/".join("{}" if part.startswith("{") else part for part in path.strip("/").split("/"))


def _said(sent: Sequence[Sent]) -> str:
    return next((one.says for one in sent if one.says and one.result != "sent"), "without a word")
