"""What goes wrong at a vendor, at the n-th call of a stream or of all: each fault is one class.

A fault may answer itself (``answer``), change the list before it is dealt out (``before``), the page's rows (``rows``),
each record (``record``), or the reply on its way (``sent``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from connectors.http.vendor.dealing import Row
from connectors.http.vendor.instants import spelled
from connectors.http.vendor.table import Table
from connectors.http.vendor.wire import Reply, at, put, take
from spec.records import record


@record(frozen=True)
class Scene:
    """What a fault sees: how the vendor refuses, its clock, and the list's reply and rows of the call before."""

    refuse: Callable[[str, str], Reply]
    now: datetime
    table: Table | None = None
    previous: Reply | None = None
    previous_rows: Sequence[Row] = ()


@record(frozen=True)
class Fault:
    """At the ``nth`` call (from 1) and ``times`` calls long (None: from then on), of one stream or of all calls."""

    nth: int = 1
    times: int | None = 1
    stream: str = ""
    tampers: ClassVar[bool] = False
    """Whether the reply is no longer what the description says, so that it is not checked."""

    def due(self, call: int) -> bool:
        """Whether it is this call's turn."""
        return self.nth <= call and (self.times is None or call < self.nth + self.times)

    def answer(self, scene: Scene) -> Reply | None:
        """A reply in place of the vendor's."""
        del scene
        return None

    def before(self, table: Table) -> None:
        """A change of the list just before the call."""
        del table

    def rows(self, rows: Sequence[Row], scene: Scene) -> Sequence[Row]:
        """The page's rows."""
        del scene
        return rows

    def record(self, made: dict[str, Any]) -> dict[str, Any]:
        """A record on the page."""
        return made

    def sent(self, reply: Reply) -> Reply:
        """The reply on its way."""
        return reply

    @property
    def more(self) -> int:
        """Rows that the page has beyond its own."""
        return 0


class Unauthorized(Fault):
    """The proof of who asks is not accepted, as after its end."""

    def answer(self, scene: Scene) -> Reply:
        return scene.refuse("unauthorized", "the token has expired")


class Forbidden(Fault):
    """The proof is right and gives no right to this."""

    def answer(self, scene: Scene) -> Reply:
        return scene.refuse("forbidden", "a scope is missing")


@record(frozen=True)
class Limited(Fault):
    """Too many calls. ``wait`` in seconds; ``told`` as seconds, as a date, or not at all."""

    wait: int = 1
    told: Literal["seconds", "date", "nothing"] = "seconds"
    header: str = "Retry-After"

    def answer(self, scene: Scene) -> Reply:
        reply = scene.refuse("limited", "too many requests")
        if self.told == "nothing":
            return reply
        date = str(spelled(scene.now + timedelta(seconds=self.wait), "http_date"))
        return replace(
            reply, headers={**reply.headers, self.header: str(self.wait) if self.told == "seconds" else date}
        )


@record(frozen=True)
class Failing(Fault):
    """The vendor is ill: 500, 503 or another status."""

    status: int = 503

    def answer(self, scene: Scene) -> Reply:
        return replace(scene.refuse("unavailable", "try again later"), status=self.status)


class Stalling(Fault):
    """Nothing comes until the client gives up."""

    def answer(self, scene: Scene) -> Reply:
        del scene
        return Reply(stalls=True)


class Broken(Fault):
    """The connection ends in the middle of the body."""

    tampers = True

    def sent(self, reply: Reply) -> Reply:
        return replace(reply, cut=True)


class Lost(Fault):
    """What was asked is done and its answer never arrives."""

    def sent(self, reply: Reply) -> Reply:
        return replace(reply, stalls=True)


class CutJson(Fault):
    """The body ends in its middle and the connection does not tell: broken JSON with a right length."""

    tampers = True

    def sent(self, reply: Reply) -> Reply:
        return replace(reply, body=reply.body[: len(reply.body) // 2])


@record(frozen=True)
class Empty(Fault):
    """No body: 204, or 200 and nothing."""

    status: int = 204

    def answer(self, scene: Scene) -> Reply:
        del scene
        return Reply(self.status)


class WrongType(Fault):
    """A page for people, with status 200, as a proxy or a login page answers."""

    def answer(self, scene: Scene) -> Reply:
        del scene
        html = b"<!doctype html><html><body>Please sign in</body></html>"
        return Reply(200, {"content-type": "text/html; charset=utf-8"}, html)


@record(frozen=True)
class SamePage(Fault):
    """From the n-th call on the page before comes again, its mark of the next page included: an endless loop."""

    times: int | None = None

    def answer(self, scene: Scene) -> Reply | None:
        return scene.previous


class DuplicateRow(Fault):
    """The page begins with the last row of the page before, as when a list grows while it is read."""

    def rows(self, rows: Sequence[Row], scene: Scene) -> Sequence[Row]:
        if not rows:
            return rows
        return [*scene.previous_rows[-1:], *rows]


@record(frozen=True)
class FieldAdded(Fault):
    """From then on records have a field that the description does not know."""

    times: int | None = None
    place: str = "/brand_new"
    value: Any = "new"
    tampers = True

    def record(self, made: dict[str, Any]) -> dict[str, Any]:
        put(made, self.place, self.value)
        return made


@record(frozen=True)
class FieldRemoved(Fault):
    """From then on records lack a field."""

    times: int | None = None
    place: str = ""
    tampers = True

    def record(self, made: dict[str, Any]) -> dict[str, Any]:
        take(made, self.place)
        return made


@record(frozen=True)
class FieldRenamed(Fault):
    """From then on a field goes by another name."""

    times: int | None = None
    place: str = ""
    to: str = ""
    tampers = True

    def record(self, made: dict[str, Any]) -> dict[str, Any]:
        value = at(made, self.place)
        take(made, self.place)
        put(made, self.to, value)
        return made


@record(frozen=True)
class FieldRetyped(Fault):
    """From then on a field has a value of another kind."""

    times: int | None = None
    place: str = ""
    value: Any = "not what it was"
    tampers = True

    def record(self, made: dict[str, Any]) -> dict[str, Any]:
        put(made, self.place, self.value)
        return made


@record(frozen=True)
class LateRow(Fault):
    """Just before the call a row appears whose moment has passed long since."""

    moment: datetime | None = None

    def before(self, table: Table) -> None:
        newest = max((row.moment for row in table.rows() if row.moment is not None), default=None)
        table.add(moment=self.moment or (newest - timedelta(hours=1) if newest else None))


@record(frozen=True)
class RowDeleted(Fault):
    """Just before the call a row goes: the one with the key, else the first of the list."""

    key: str | int | None = None

    def before(self, table: Table) -> None:
        rows = table.rows()
        if self.key is not None or len(rows):
            table.delete(self.key if self.key is not None else rows[0].key)


@record(frozen=True)
class Huge(Fault):
    """The page has that many rows more, made one at a time."""

    count: int = 100_000
    tampers = True

    @property
    def more(self) -> int:
        return self.count
