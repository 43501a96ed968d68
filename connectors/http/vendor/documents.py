"""What OpenAPI and Swagger documents have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.http.vendor.description import Credential
from connectors.http.vendor.schemas import Reading, Schema

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def mapping(plain: object) -> Mapping[str, Any]:
    """An object of the document; an empty one where something else stands."""
    return plain if isinstance(plain, Mapping) else {}


def replies(reading: Reading, plain: object, content: Any) -> dict[str, dict[str, Schema]]:
    """The answers by status; ``content`` takes the schemas by media type out of one."""
    return {str(status).upper().replace("DEFAULT", "default"): content(reading, reading.found(item))
            for status, item in mapping(plain).items()}  # fmt: skip


def opened_by(plain: object, credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """The credentials of which one opens an operation; none when it says that nobody need prove who asks."""
    if not isinstance(plain, list):
        return ()
    alternatives = [list(mapping(one)) for one in plain]
    if any(not names for names in alternatives):
        return ()
    return tuple(dict.fromkeys(name for names in alternatives for name in names if name in credentials))
