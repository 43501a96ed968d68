"""What can be seen of how a list comes in pages, and what a module of ``paging/`` makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from connectors.drafting.api import Endpoint, Parameter
from connectors.drafting.numbers import Size, size_of
from connectors.drafting.proving import is_proof
from connectors.drafting.questions import Asking
from connectors.drafting.shapes import NOTHING, Shape
from connectors.drafting.words import words
from spec.base import JsonValue
from spec.records import record
from spec.registry import Shelf

PAGING = Shelf("connectors.drafting.paging", "way of paging")
SIZES = (
    {"limit"},
    {"per", "page"},
    {"page", "size"},
    {"page", "length"},
    {"size"},
    {"max", "results"},
    {"take"},
    {"max", "items"},
    {"rows"},
    {"results", "per", "page"},
    {"items", "per", "page"},
    {"page", "limit"},
    {"top"},
    {"records", "per", "page"},
    {"max"},
    {"max", "page", "size"},
    {"batch", "size"},
    {"count"},
    {"num", "results"},
    {"number", "of", "results"},
    {"first"},
    {"max", "records"},
    {"entries", "per", "page"},
    {"limit", "per", "page"},
    *({record, many} for record in ("row", "record", "item", "entry", "result") for many in ("count", "limit")),
    *({"max", record} for record in ("rows", "entries")),
)


HEADER = "header "
"""Before a header's name where a place of the answer could stand."""


@record(frozen=True)
class Leaf:
    """A value of the answer outside of the list: at a place of it, or in a header (``header x-next-page``)."""

    place: str
    shape: Shape
    text: str = ""
    """What is said of it in words."""

    @property
    def words(self) -> tuple[str, ...]:
        """All words of its place."""
        if self.in_header:
            return self.last
        return tuple(word for part in self.place.split("/") for word in words(part))

    @property
    def in_header(self) -> bool:
        """Whether it stands in a header."""
        return self.place.startswith(HEADER)

    @property
    def last(self) -> tuple[str, ...]:
        """The words of its own name."""
        if self.in_header:
            return words(self.place.removeprefix(HEADER).removeprefix("x-"))
        return words(self.place.rpartition("/")[2])

    @property
    def is_text(self) -> bool:
        """Whether it may be a text."""
        return not self.shape.kinds or "string" in self.shape.kinds

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number."""
        return self.shape.is_only("integer", "number")

    @property
    def is_flag(self) -> bool:
        """Whether it is a yes or a no."""
        return self.shape.is_only("boolean")


@record(frozen=True)
class Seen:
    """A list as described: what its address takes, and what stands beside it in the answer."""

    stream: str
    endpoint: Endpoint
    records: str
    key: str
    asking: Asking = field(repr=False)

    @property
    def query(self) -> tuple[Parameter, ...]:
        """The parameters of its address, and of a search's body."""
        asked = (*self.endpoint.takes("query"), *self.endpoint.takes("body"))
        return tuple(one for one in asked if not is_proof(one))

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """What stands beside the list."""
        answer = self.endpoint.answer
        if answer is None or "array" in answer.kinds:
            return ()
        return tuple(
            Leaf(place, shape, shape.text("description"))
            for place, shape in answer.leaves()
            if not place.startswith(f"{self.records}/")
        )

    @property
    def headers(self) -> tuple[Leaf, ...]:
        """What stands in the headers of the answer."""
        return tuple(Leaf(HEADER + name, NOTHING, text) for name, text in self.endpoint.headers.items())

    def taking(self, *wanted: set[str]) -> Parameter | None:
        """The parameter whose words are one of these sets, the first set first."""
        for one in wanted:
            for parameter in self.query:
                if set(words(parameter.name)) == one:
                    return parameter
        return None

    def telling(self, *wanted: set[str], headers: bool = False) -> Leaf | None:
        """The value beside the list, or in a header, whose name is one of these sets of words, the first set first."""
        for one in wanted:
            for leaf in self.headers if headers else self.leaves:
                if set(leaf.last) == one:
                    return leaf
        return None

    @property
    def size_parameter(self) -> Parameter | None:
        """The parameter with the size of a page."""
        found = self.taking(*SIZES)
        return found if found is not None and not found.shape.is_only("boolean", "array", "object") else None

    @property
    def size(self) -> tuple[Parameter, Size] | None:
        """The parameter with the size of a page and a size that is known to be given; None without either."""
        parameter = self.size_parameter
        size = size_of(parameter) if parameter is not None else None
        return (parameter, size) if parameter is not None and size is not None else None

    def sized(self, name: str = "size_param") -> tuple[dict[str, JsonValue], tuple[str, ...]]:
        """A page's size as a paginator writes it, with what says so; nothing where no size is known to be given."""
        if self.size is None:
            return {}, ()
        parameter, size = self.size
        return {name: parameter.name, "size": size.records}, (size.evidence,)

    @property
    def more(self) -> Leaf | None:
        """The yes or no that says whether there is more."""
        found = self.telling(
            {"has", "more"},
            {"more"},
            {"has", "next"},
            {"has", "next", "page"},
            {"more", "results"},
            {"has", "more", "items"},
            {"has", "more", "pages"},
            {"more", "items"},
        )
        return found if found is not None and found.is_flag else None


@record(frozen=True)
class Way:
    """A way in which a list comes in pages. ``order`` is small for the surer ones; of several the smallest is taken."""

    use: str
    params: Mapping[str, JsonValue]
    evidence: str
    order: int
    sure: bool = True
    told: str = ""
    """A parameter that a person told of: no description need have it."""

    def to_json(self) -> dict[str, JsonValue]:
        """As a connector writes it."""
        return {"use": self.use, **self.params}


def next_of(place: str) -> dict[str, JsonValue]:
    """Where the next page's mark or link stands, as a paginator says it."""
    return {"next_header": place.removeprefix(HEADER)} if place.startswith(HEADER) else {"next": place}


class Recogniser(Protocol):
    """A module of ``paging/``."""

    def found(self, seen: Seen) -> Way | None:
        """The way, where the description shows it. UnknownError where it does and something needed is not known."""
