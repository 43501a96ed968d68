"""JSON in which each number stays as it was spelled, digit by digit."""

from __future__ import annotations

import json
from typing import cast

from spec.base import JsonValue


class Spelled(str):
    """A number as it was spelled."""

    __slots__ = ()


def parsed(text: bytes) -> JsonValue:
    """A document whose numbers are ``Spelled``; ValueError when it is none."""
    return cast("JsonValue", json.loads(text, parse_float=Spelled, parse_int=Spelled, parse_constant=Spelled))


def spelled(item: JsonValue) -> str:
    """The document as text again."""
    if isinstance(item, Spelled):
        return str(item)
    if isinstance(item, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{spelled(value)}" for key, value in item.items()) + "}"
    if isinstance(item, list):
        return "[" + ",".join(map(spelled, item)) + "]"
    return json.dumps(item)
