"""What the ways of dealing out a list share: rows, a turn, what is dealt, sizes and opaque marks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal, Protocol, overload
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.http.vendor.wire import at
from spec.base import Document
from spec.records import record
from spec.registry import Shelf

_WHOLE = re.compile(r"-?[0-9]{1,40}")
PAGING = Shelf("connectors.http.vendor.paging", "way of dealing out a list")


@record(frozen=True)
class Row:
    """A record before it is made. ``changed`` counts the vendor's changes, for lists of what has changed."""

    number: int
    key: str | int
    moment: datetime | None = None
    parent: str | int | None = None
    changed: int = 0
    deleted: bool = False
    given: Mapping[str, Any] | None = field(default=None, repr=False)


class Rows(Sequence[Row]):
    """Rows in the vendor's order; a key's position is found at once."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._positions: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        return self._rows[at]

    def where(self, holds: Callable[[Row], bool]) -> Rows:
        """Those of which something holds."""
        return Rows([row for row in self._rows if holds(row)])

    def position(self, key: object) -> int | None:
        """Where the row with that key stands, None when there is none."""
        if self._positions is None:
            self._positions = {str(row.key): position for position, row in enumerate(self._rows)}
        return self._positions.get(str(key))


@record(frozen=True)
class Turn:
    """A request for a page: its parameters with their types, its body, its whole address, and the vendor's secret.

    ``sequence`` counts the vendor's changes so far.
    """

    query: Mapping[str, Any]
    body: Any
    url: str
    seed: str
    sequence: int = 0

    def value(self, name: str) -> Any:
        """A parameter, or what stands at a place (/variables/after) of the body; None when it is not there."""
        return at(self.body, name) if name.startswith("/") else self.query.get(name)

    def mark(self, *without: str) -> str:
        """Identity of the request but for some parameters (or places of the body)."""
        query = {name: item for name, item in self.query.items() if name not in without}
        body = json.loads(json.dumps(self.body))
        for place in without:
            if place.startswith("/"):
                *way, last = place[1:].split("/")
                inner = at(body, "".join(f"/{key}" for key in way))
                if isinstance(inner, dict):
                    inner.pop(last, None)
        return hashlib.sha256(json.dumps([query, body], sort_keys=True, default=str).encode()).hexdigest()[:12]

    def link(self, **changed: str | None) -> str:
        """The request's address with some parameters changed; None takes one away."""
        parts = urlsplit(self.url)
        kept = [(name, item) for name, item in parse_qsl(parts.query, keep_blank_values=True) if name not in changed]
        kept += [(name, item) for name, item in changed.items() if item is not None]
        return urlunsplit(parts._replace(query=urlencode(kept)))


@record(frozen=True)
class Dealt:
    """A page: its rows, what is put at places of the answer, and headers."""

    rows: Sequence[Row]
    put: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """The vendor refuses a request: ``kind`` is a violation's, ``name`` the parameter."""

    def __init__(self, kind: str, name: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name


class Paging(Protocol):
    """A module of ``paging/``."""

    Params: type[Document]

    def deal(self, params: Document, turn: Turn, rows: Rows) -> Dealt:
        """The page that a request asks for; RefusedError when it asks for none that there is."""


class Size(Document):
    """How many records a page has."""

    param: str = ""
    default: int = 100
    most: int = 100
    above: Literal["refuse", "clamp"] = "refuse"

    def wanted(self, turn: Turn) -> int:
        """The page's size; RefusedError for none or too many."""
        value = turn.value(self.param) if self.param else None
        if value is None:
            return self.default
        count = whole(value, self.param)
        if count < 1 or (count > self.most and self.above == "refuse"):
            raise RefusedError("out_of_bounds", self.param, f"is {count} and has to be from 1 to {self.most}")
        return min(count, self.most)


def whole(value: object, name: str) -> int:
    """A whole number, also one spelled as text; RefusedError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not _WHOLE.fullmatch(str(value)):
        raise RefusedError("wrong_type", name, "is no whole number")
    return int(value)


def sealed(turn: Turn, said: Mapping[str, Any]) -> str:
    """An opaque mark that only this vendor can have made."""
    text = json.dumps(said, separators=(",", ":"), sort_keys=True)
    seal = hashlib.sha256((turn.seed + text).encode()).hexdigest()[:10]
    return base64.b64encode(f"{seal}{text}".encode()).decode()


def opened(turn: Turn, mark: object, name: str) -> dict[str, Any]:
    """What a mark says; RefusedError for one that this vendor did not make."""
    try:
        text = base64.b64decode(str(mark), validate=True).decode()
        said = json.loads(text[10:])
    except ValueError:
        said = text = ""
    if not isinstance(said, dict) or sealed(turn, said) != mark:
        raise RefusedError("wrong_page", name, "is no mark that this vendor gave")
    return said


def after(rows: Rows, key: object, name: str) -> int:
    """The position behind the row with a key; RefusedError when there is no such row."""
    position = rows.position(key)
    if position is None:
        raise RefusedError("wrong_page", name, "names no record of this list")
    return position + 1


def anchored(rows: Rows, said: Mapping[str, Any]) -> int:
    """Where a mark ``{key, at}`` goes on: behind its row, or where that row was when it is gone."""
    position = rows.position(said.get("key"))
    return int(said.get("at", 0)) if position is None else position + 1


def onward(turn: Turn, rows: Rows, start: int, size: int, *without: str) -> str | None:
    """The mark of the page after the one that starts there, None after the last."""
    end = start + size
    if end >= len(rows):
        return None
    return sealed(turn, {"key": rows[end - 1].key, "at": end, "of": turn.mark(*without)})


def resumed(turn: Turn, rows: Rows, mark: object, name: str, *without: str) -> int:
    """Where the page of a mark starts; RefusedError when the request is not the one that the mark was given for."""
    if mark in (None, ""):
        return 0
    said = opened(turn, mark, name)
    if said.get("of") != turn.mark(*without):
        raise RefusedError("changed_request", name, "was given for a request with other parameters")
    return anchored(rows, said)
