"""Google's field masks: ``files(id,owners/emailAddress),nextPageToken`` says what of an answer comes.

Written from https://developers.google.com/workspace/drive/api/guides/fields-parameter and
https://developers.google.com/workspace/sheets/api/guides/field-masks: names with commas between them, parts of an
object after a dot or slash or in parentheses, lists as if they were their entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.http.vendor.schemas import Schema, inside

Mask = dict[str, Any]
_TOKEN = re.compile(r"[A-Za-z0-9_*$]+|[,./()]")


def parsed(text: str) -> Mask | None:
    """The mask as names with what is wanted inside of them (nothing: all); None for one that cannot be read."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        return None
    found: Mask = {}
    rest = _several(tokens, found)
    return found if rest == [] else None


def _several(tokens: list[str], into: Mask) -> list[str] | None:
    while True:
        rest = _one(tokens, into)
        if rest is None or not rest or rest[0] != ",":
            return rest
        tokens = rest[1:]


def _one(tokens: list[str], into: Mask) -> list[str] | None:
    if not tokens or not re.fullmatch(r"[A-Za-z0-9_*$]+", tokens[0]):
        return None
    inner = into.setdefault(tokens[0], {})
    rest = tokens[1:]
    if rest[:1] in (["."], ["/"]):
        return _one(rest[1:], inner)
    if rest[:1] == ["("]:
        rest_ = _several(rest[1:], inner)
        return rest_[1:] if rest_ and rest_[0] == ")" else None
    return rest


def unknown(mask: Mask, schema: Schema, definitions: Mapping[str, Schema]) -> str:
    """The first name of a mask that is not in the schema; empty when all are."""
    whole = inside(schema, "", definitions)
    if "items" in whole:
        whole = inside(whole, "/*", definitions)
    known = whole.get("properties")
    for name, more in mask.items():
        if name == "*" or known is None:
            continue
        if name not in known:
            return name
        found = unknown(more, known[name], definitions)
        if found:
            return f"{name}.{found}"
    return ""


def picked(document: Any, mask: Mask) -> Any:
    """What the mask wants of a document."""
    if not mask or "*" in mask:
        return document
    if isinstance(document, list):
        return [picked(one, mask) for one in document]
    if not isinstance(document, dict):
        return document
    return {name: picked(document[name], more) for name, more in mask.items() if name in document}
