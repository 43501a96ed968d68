"""Lists that are asked for with POST: which requests only search, and what their bodies take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.drafting.api import Parameter
from connectors.drafting.shapes import Document, Shape
from connectors.drafting.words import words

_SEARCHES = {"search", "query", "list", "find", "filter", "lookup"}
_MAKES = {"create", "add", "post", "make", "new", "save", "insert", "upload", "import", "run", "start", "export"}


def is_search(path: str, post: Mapping[str, Any]) -> bool:
    """Whether a POST asks for records and makes none, as its names tell."""
    verb = set(words(str(post.get("operationId", "")))[:1])
    named = {*words(path.rstrip("/").rpartition("/")[2]), *verb}
    return bool(post) and bool(named & _SEARCHES) and not verb & _MAKES


def lists_the_same(path: str) -> set[str]:
    """Addresses that list the same when they are read with GET: that of the search, and what it stands below."""
    bare = path.rstrip("/")
    above, _, last = bare.rpartition("/")
    return {bare, above} if set(words(last)) <= _SEARCHES else {bare}


def in_body(document: Document, said: Mapping[str, Any]) -> Iterator[Parameter]:
    """What the body of a request takes, each by its place; nothing where it takes no JSON object."""
    written = _schema(document, said)
    if written is None:
        return
    whole = Shape(document, written)
    said_required = whole.said.get("required")
    required = {str(name) for name in said_required} if isinstance(said_required, list) else set()
    for name, shape in whole.properties.items():
        place = f"/{name.replace('~', '~0').replace('/', '~1')}"
        yield Parameter(place, "body", shape, name in required, shape.text("description")[:2000], shape.example)
        for below, inner in shape.leaves(most=1) if shape.properties else ():
            yield Parameter(place + below, "body", inner, False, inner.text("description")[:2000], inner.example)


def _schema(document: Document, said: Mapping[str, Any]) -> object:
    content = document.found(said.get("requestBody")).get("content")
    if isinstance(content, Mapping):
        kinds = [one for media, one in content.items() if "json" in str(media).lower() or media == "*/*"]
        return document.found(kinds[0]).get("schema") if kinds else None
    # Swagger 2 has the body among the parameters.
    given = said.get("parameters")
    found = (document.found(one) for one in (given if isinstance(given, list) else ()))
    return next((one.get("schema") for one in found if one.get("in") == "body"), None)
