"""An API as documents describe it, whatever their kind: addresses, what each takes, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal, Protocol

from spec.base import JsonValue
from spec.records import record
from spec.registry import Shelf

if TYPE_CHECKING:
    from connectors.drafting.documents import Written
    from connectors.drafting.shapes import Shape

KINDS = Shelf("connectors.drafting.kinds", "kind of description")
In = Literal["query", "header", "path", "body"]


@record(frozen=True)
class Parameter:
    """What an address takes. ``text`` is what is said of it in words, ``inner`` the parts of ``name[part]``.

    The name of one in the body is its place there: ``/page/size``.
    """

    name: str
    place: In
    shape: Shape
    required: bool = False
    text: str = ""
    example: JsonValue = None
    inner: tuple[str, ...] = ()


@record(frozen=True)
class Endpoint:
    """An address that is read. The last four are known where the protocol itself says them, as OData does."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    """POST for a search whose question stands in the body."""
    parameters: tuple[Parameter, ...] = ()
    answer: Shape | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of its answer, with what is said of each."""
    text: str = ""
    name: str = ""
    records: str | None = None
    key: tuple[str, ...] = ()
    request: Mapping[str, JsonValue] = field(default_factory=dict)
    """What its stream says beside what is decided: fixed parameters, a query."""
    paging: Mapping[str, JsonValue] = field(default_factory=dict)
    samples: tuple[JsonValue, ...] = ()
    """Whole answers as they came, where examples are what we have."""

    def takes(self, place: In) -> tuple[Parameter, ...]:
        """The parameters of one place."""
        return tuple(one for one in self.parameters if one.place == place)


@record(frozen=True)
class Proof:
    """A way to prove who asks, as a connector writes it, and what says so."""

    unit: Mapping[str, JsonValue]
    evidence: str


@record(frozen=True)
class Api:
    """All that the documents say. ``protocol`` is odata2, odata4 or graphql where lists follow one."""

    kind: str
    title: str = ""
    version: str = ""
    text: str = ""
    docs: str = ""
    base: str = ""
    """The address before all paths; with ``{name}`` for settings; empty where nothing says it."""
    settings: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()
    open: bool = False
    """It says that nobody need prove who asks."""
    endpoints: tuple[Endpoint, ...] = ()
    notes: tuple[str, ...] = ()
    protocol: str = ""


class Kind(Protocol):
    """A module of ``kinds/``."""

    def fits(self, plain: object) -> bool:
        """Whether a document is of this kind."""

    def read(self, written: Written) -> Api:
        """What the document says; DataError with file and line for what cannot be."""
