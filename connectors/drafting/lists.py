"""Which addresses give lists, and where the list stands in the answer."""

from __future__ import annotations

import re

from connectors.drafting.api import Endpoint
from connectors.drafting.questions import Asking
from connectors.drafting.shapes import Shape
from connectors.drafting.words import alike, identifier, words
from spec.records import record

_GENERIC = {
    "data",
    "items",
    "results",
    "result",
    "value",
    "values",
    "records",
    "elements",
    "entries",
    "rows",
    "content",
    "list",
    "objects",
    "collection",
    "hits",
    "nodes",
    "resources",
    "docs",
    "documents",
}
_BESIDE = {"errors", "error", "warnings", "links", "link", "included", "meta", "notices", "facets", "headers"}
_WRAPPERS = {"d", "data", "result", "response", "embedded", "payload", "body", "results", "page", "list"}
_ENVELOPE = {
    "ok",
    "status",
    "success",
    "code",
    "message",
    "object",
    "url",
    "count",
    "total",
    "page",
    "pages",
    "size",
    "limit",
    "offset",
    "next",
    "previous",
    "prev",
    "first",
    "last",
    "more",
    "has",
    "cursor",
    "token",
    "meta",
    "metadata",
    "links",
    "pagination",
    "paging",
    "request",
    "response",
    "provider",
    "date",
    "time",
    "timestamp",
    "cache",
    "ts",
    "etag",
    "kind",
    "self",
    "href",
    "version",
    "skip",
    "per",
    "current",
    "number",
    "results",
    "items",
    "elements",
    "sort",
    "empty",
    "start",
    "max",
    "records",
    "is",
    "took",
    "errors",
    "warnings",
    "query",
    "filter",
    "order",
    "index",
    "timezone",
    "api",
}
_PARAMETER = re.compile(r"\{([^{}/]+)\}")


@record(frozen=True)
class Listing:
    """An address that gives a list: its stream's name, where the list stands, and what a record is."""

    name: str
    endpoint: Endpoint
    records: str
    record: Shape
    evidence: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Names in the path that have to be filled."""
        return tuple(_PARAMETER.findall(self.endpoint.path))


def is_of_one(path: str) -> bool:
    """Whether an address ends with a name to fill, as that of one record does."""
    return path.rstrip("/").endswith("}")


def listing(endpoint: Endpoint, asking: Asking, taken: set[str]) -> Listing | None:
    """The list that an address gives; None where it gives none. What is open is asked, and then it is none yet."""
    answer = endpoint.answer
    if answer is None or is_of_one(endpoint.path):
        return None
    name = _stream_name(endpoint, taken)
    if endpoint.records is not None:
        row = _at(answer, endpoint.records).items
        return Listing(name, endpoint, endpoint.records, row, "the protocol says so") if row is not None else None
    if "array" in answer.kinds:
        row = answer.items
        if row is None or not _is_row(row):
            return None
        return Listing(name, endpoint, "", row, "the answer is the list itself")
    found = _candidates(answer, last_of(endpoint.path))
    if not found:
        return None
    place = found[0][0]
    if len(found) > 1:
        options = [(one, f"the list at {one}") for one, _ in found[:6]]
        said = asking.answer(
            f"{name}.records",
            f"Which list in the answer of {endpoint.path} is meant?",
            [*options, ("none", "none of them")],
            stream=name,
        )
        if said in {None, "none"}:
            return None
        place = str(said)
    row = dict(found)[place].items
    if row is None:
        return None
    why = f"the list in the answer of GET {endpoint.path} stands at {place}"
    return Listing(name, endpoint, place, row, why)


def _at(shape: Shape, place: str) -> Shape:
    for key in place.split("/")[1:]:
        shape = shape.properties[key]
    return shape


def _is_row(row: Shape | None) -> bool:
    return row is not None and bool(row.properties)


def _candidates(answer: Shape, last: str) -> list[tuple[str, Shape]]:
    """Lists of objects in an answer that wraps one; of several, the one that is called as the address, or generally."""
    lists = list(_lists(answer, "", 0))
    if not lists:
        return []
    named = [(place, shape) for place, shape in lists if alike(_end(place), last)]
    if len(named) == 1:
        return named
    general = [(place, shape) for place, shape in lists if _end(place).lower().strip("_") in _GENERIC]
    if len(general) == 1:
        return general
    main = [(place, shape) for place, shape in lists if not set(words(_end(place))) & _BESIDE]
    return main if main and _is_envelope(answer) else []


def _lists(answer: Shape, place: str, depth: int) -> list[tuple[str, Shape]]:
    found: list[tuple[str, Shape]] = []
    for name, inner in answer.properties.items():
        at = f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
        if "array" in inner.kinds and _is_row(inner.items):
            found.append((at, inner))
        elif inner.properties and depth < 2 and set(words(name)) <= _WRAPPERS:
            found.extend(_lists(inner, at, depth + 1))
    return found


def _is_envelope(answer: Shape) -> bool:
    """Whether what stands beside the list is about the list, and not a record that has one."""
    plain = [name for name, inner in answer.properties.items() if "array" not in inner.kinds]
    return all(set(words(name)) & _ENVELOPE for name in plain)


def _end(place: str) -> str:
    return place.rpartition("/")[2]


def last_of(path: str) -> str:
    """What an address gives, by its last part: /v1/orders.json and /orders.list give orders."""
    parts = [part for part in path.partition("?")[0].split("/") if part and "{" not in part]
    last = re.sub(r"\.(json|xml|list|all|index)$", "", parts[-1]) if parts else ""
    if last.lower() in {"list", "all", "search", "index", "query"} and len(parts) > 1:
        return parts[-2]
    return last


def _stream_name(endpoint: Endpoint, taken: set[str]) -> str:
    own = identifier(endpoint.name or last_of(endpoint.path)) or "records"
    parts = [one for one in endpoint.path.split("/") if one and "{" not in one]
    name = own
    if name in taken and len(parts) > 1:
        # Lines of orders beside lines of invoices.
        name = identifier(f"{parts[-2]} {own}") or own
    number = 2
    while name in taken:
        name = f"{own[:56]}_{number}"
        number += 1
    taken.add(name)
    return name
