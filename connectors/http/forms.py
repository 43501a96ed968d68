"""A document as a form: ``metadata[tier]=gold``, as systems take it that take no JSON."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from spec.base import JsonValue

FORM = "application/x-www-form-urlencoded"


def encoded(document: JsonValue) -> bytes:
    """The form's text; names inside of others stand in brackets, entries of lists by number."""
    return urlencode(list(_pairs("", document))).encode()


def _pairs(name: str, item: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(item, dict):
        for key, inner in item.items():
            yield from _pairs(f"{name}[{key}]" if name else key, inner)
    elif isinstance(item, list):
        for number, inner in enumerate(item):
            yield from _pairs(f"{name}[{number}]", inner)
    else:
        yield name, "" if item is None else str(item).lower() if isinstance(item, bool) else str(item)
