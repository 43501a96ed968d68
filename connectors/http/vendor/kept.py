"""What a vendor keeps that is no list: the shelf of ways, and what one of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from connectors.http.vendor.asked import Asked
from connectors.http.vendor.wire import Call
from spec.base import Document
from spec.records import record
from spec.registry import Shelf

if TYPE_CHECKING:
    from connectors.http.vendor.answering import Vendor

KEEPING = Shelf("connectors.http.vendor.keeping", "way of keeping things")


@record(frozen=True)
class Told:
    """An answer before it is sent: its document, status and headers."""

    document: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Kept(Protocol):
    """Something that a vendor keeps."""

    calls: frozenset[tuple[str, str]]
    """Methods and paths, as the description spells them, that it answers."""

    def answer(self, asked: Asked, call: Call) -> Told:
        """The answer to a request that is as the description says; RefusedError where the vendor says no."""


class Keeping(Protocol):
    """A module of ``keeping/``."""

    Params: type[Document]

    def opened(self, params: Document, vendor: Vendor) -> Kept:
        """The thing, empty as it is at first."""
