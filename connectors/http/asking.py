"""A request for one page and its answer, as paginators and the fetching see them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Protocol, cast
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from connectors.files.pointers import parse
from connectors.http.definition import Unit
from spec.base import Document, JsonValue
from spec.errors import AccessError, DataError
from spec.records import record
from spec.registry import Shelf

PAGINATORS = Shelf("connectors.http.paginators", "paginator")
_SECRET_PARAMS = frozenset({"access_token", "api_key", "apikey", "token", "key", "signature", "sig"})


@record(frozen=True)
class Ask:
    """A request for one page, without the part that proves who asks; it can be kept as JSON."""

    method: str
    url: str
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None

    def with_given(self, changed: Mapping[str, str | list[str] | None]) -> Ask:
        """The same with some parameters changed; None takes one away."""
        merged = {**self.params, **changed}
        return replace(self, params={key: item for key, item in merged.items() if item is not None})

    def put(self, name: str, value: str | int) -> Ask:
        """The same with a value for a parameter, or at a place of the body when the name begins with ``/``."""
        return self.with_body(name, value) if name.startswith("/") else self.with_given({name: str(value)})

    def with_body(self, place: str, value: JsonValue) -> Ask:
        """The same with a value put at a place of the body; the entries of lists on the way have to be there."""
        keys = parse(place)
        body: dict[str, JsonValue] = json.loads(json.dumps(self.body if isinstance(self.body, dict) else {}))
        inner: dict[str, JsonValue] | list[JsonValue] = body
        for key in keys[:-1]:
            step = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
            if not isinstance(step, dict | list):
                step = {}
                _put(inner, key, step)
            inner = step
        _put(inner, keys[-1], value)
        return replace(self, body=body)

    def at(self, link: str) -> Ask:
        """The same request at a link from an answer, relative or whole; it replaces the parameters.

        Raises AccessError when the link leads to another host: who asks would be proven to a stranger.
        """
        target = urljoin(self.url, link)
        here, there = urlsplit(self.url), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise AccessError(
                f"The next page would be at {there.scheme}://{there.hostname}, another place than the connection's.",
                hint="Nothing was sent there. Check the connection's address.",
                data={"host": there.hostname},
            )
        params = {key: item for key, item in params_of(there.query).items() if key.lower() not in _SECRET_PARAMS}
        return replace(self, url=urlunsplit(there._replace(query="", fragment="")), params=params)

    def to_json(self) -> dict[str, JsonValue]:
        """As a manifest keeps it."""
        return {
            "method": self.method,
            "url": self.url,
            "params": cast("JsonValue", dict(self.params)),
            "headers": cast("JsonValue", dict(self.headers)),
            "body": self.body,
        }

    @property
    def mark(self) -> str:
        """Identity of the request."""
        plain = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(plain.encode()).hexdigest()


def _put(holder: dict[str, JsonValue] | list[JsonValue], key: str, value: JsonValue) -> None:
    if isinstance(holder, list):
        holder[int(key)] = value
    else:
        holder[key] = value


def params_of(query: str) -> dict[str, str | list[str]]:
    """The parameters of an address; one that stands there several times is a list."""
    params: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        before = params.get(name)
        params[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
    return params


def ask_of(plain: Mapping[str, JsonValue]) -> Ask:
    """What ``Ask.to_json`` gave."""
    return Ask(
        method=str(plain["method"]),
        url=str(plain["url"]),
        params=cast("dict[str, str | list[str]]", plain["params"]),
        headers=cast("dict[str, str]", plain["headers"]),
        body=plain["body"],
    )


@record(frozen=True)
class Answer:
    """A page as it came: ``content`` is its bytes, ``document`` the same parsed, ``count`` how many records it has.

    Numbers in ``document`` may have lost digits, so values are read from ``content`` alone.
    """

    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes = field(repr=False)
    document: JsonValue = field(repr=False)
    records: tuple[JsonValue, ...] = field(repr=False)
    is_list: bool = True
    """Whether the records are those of a list, and not the answer as one."""

    @property
    def count(self) -> int:
        """How many records the page has."""
        return len(self.records)


class Paginator(Protocol):
    """A module of ``paginators/``: how the next page is asked for. ``params`` is the unit's own ``Params``."""

    Params: type[Document]

    def first(self, params: Document, ask: Ask) -> Ask:
        """The request of the first page."""

    def following(self, params: Document, ask: Ask, answer: Answer) -> Ask | None:
        """The request of the page after this one; None when this was the last."""

    def ahead(self, params: Document, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
        """All requests after the first page, where its answer tells how many there are; else None."""


def paginator(unit: Unit | None) -> tuple[Paginator, Document]:
    """The paginator of a stream with its parameters; without one a list is one page."""
    from connectors.spelling import parse_options

    unit = unit or Unit(use="none")
    found = cast("Paginator", PAGINATORS.load(unit.use))
    return found, parse_options(found.Params, unit.params)


def at(document: JsonValue, place: str) -> JsonValue:
    """The value at a place of an answer; None where there is nothing."""
    found: JsonValue = document
    for key in parse(place):
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


def text_at(document: JsonValue, place: str) -> str | None:
    """The same as the text of a parameter; None for nothing and for an empty one. DataError for an object or list."""
    found = at(document, place)
    if found is None or found == "":
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str | int):
        return str(found)
    raise DataError(
        f"The answer holds no plain value at {place}.", hint="The vendor's API has changed, or the connector is wrong."
    )


def told_at(answer: Answer, place: str, header: str) -> str | None:
    """What an answer tells in a header where one is named, else at a place; None for nothing. Raises as ``text_at``."""
    return (answer.headers.get(header.lower(), "").strip() or None) if header else text_at(answer.document, place)


def says_no(document: JsonValue, place: str) -> bool:
    """Whether the place where an answer tells of more tells of none."""
    return at(document, place) in (False, None, 0, "false", "")


def whole_at(document: JsonValue, place: str) -> int | None:
    """A whole number at a place, also when it is spelled as text; None where there is none."""
    found = at(document, place)
    if isinstance(found, bool) or found is None:
        return None
    if isinstance(found, float):
        return int(found) if found.is_integer() else None
    text = str(found).strip()
    return int(text) if text.lstrip("-").isdigit() else None
