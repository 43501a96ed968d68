"""Calls and replies as they travel, and places in a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.files.pointers import parse
from spec.records import record


@record(frozen=True)
class Call:
    """A request as the vendor gets it: ``url`` with its parameters, headers by lower-case name."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters in their order."""
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)


@record(frozen=True)
class Reply:
    """What the vendor answers.

    ``chunks`` makes the body piece by piece instead of ``body``. ``stalls``: nothing ever comes. ``cut``: the
    connection ends in the middle of the body.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    chunks: Callable[[], Iterator[bytes]] | None = field(default=None, repr=False)
    stalls: bool = False
    cut: bool = False


@record(frozen=True)
class Violation:
    """Something that is not as the vendor's description says. ``side`` is 'request' or 'reply'.

    ``kind``: unknown_path, unknown_method, unknown_parameter, wrong_type, out_of_bounds, missing_parameter,
    missing_header, missing_proof, wrong_body, wrong_page, changed_request, wrong_reply. ``call`` counts from 1.
    ``where`` is a parameter's name or a place in a body; no value of the request is told, for it may be a secret.
    """

    side: str
    kind: str
    call: int
    path: str
    where: str
    message: str


def at(document: object, place: str) -> Any:
    """The value at a JSON Pointer, None where there is none."""
    found: Any = document
    for key in parse(place):
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


def put(document: Any, place: str, value: object) -> Any:
    """The document with a value at a place, changed where it is; objects on the way are made. Empty is the whole."""
    keys = parse(place)
    if not keys:
        return value
    document = document if isinstance(document, dict) else {}
    inner = document
    for key in keys[:-1]:
        step = inner.get(key)
        if not isinstance(step, dict):
            step = inner[key] = {}
        inner = step
    inner[keys[-1]] = value
    return document


def take(document: object, place: str) -> None:
    """Take away what is at a place."""
    *way, last = parse(place)
    inner = document
    for key in way:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(last, None)
