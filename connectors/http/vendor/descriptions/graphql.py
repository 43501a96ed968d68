"""A GraphQL API's own introspection. Queries go to one path, which is the profile's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from connectors.http.vendor.description import Credential, Description, Operation

_BODY = {
    "type": ["object"],
    "properties": {
        "query": {"type": ["string"]},
        "variables": {"type": ["object", "null"]},
        "operationName": {"type": ["string", "null"]},
    },
    "required": ["query"],
    "additionalProperties": False,
}
_BEARER = {"token": {"place": "header", "name": "Authorization", "prefix": "Bearer "}}


def fits(plain: object) -> bool:
    """A document with ``__schema``, by itself or in ``data`` as an answer has it."""
    return isinstance(plain, Mapping) and isinstance(_data(plain).get("__schema"), Mapping)


def read(plain: Mapping[str, Any], paths: Collection[str] | None) -> Description:
    """The description with one operation a path. It knows no credentials: those are an overlay at ``/credentials``."""
    credentials = {name: Credential(**one) for name, one in plain.get("credentials", _BEARER).items()}
    operations = tuple(
        Operation("POST", path, bodies={"application/json": _BODY}, body_required=True, opened_by=tuple(credentials))
        for path in sorted(paths or {"/graphql"})
    )
    return Description("GraphQL", operations=operations, credentials=credentials, introspection=_data(plain))


def _data(plain: Mapping[Any, Any]) -> Mapping[str, Any]:
    data = plain.get("data", plain)
    return data if isinstance(data, Mapping) else {}
