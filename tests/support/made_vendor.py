"""A vendor made up for tests: one path with every sort of parameter, dealt out in whichever way a test says."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import read_description
from connectors.http.vendor.profile import Profile

RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["id", "changed", "name"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "changed": {"type": "string", "format": "date-time"},
        "name": {"type": "string", "nullable": True},
        "amount": {"type": "number"},
        "status": {"type": "string"},
    },
}
SOURCE = "made up for a test"


def parameter(name: str, kind: str = "string", place: str = "query", **more: Any) -> dict[str, Any]:
    """A parameter of the description."""
    schema: dict[str, Any] = {"type": kind}
    schema.update({key: more.pop(key) for key in ("minimum", "maximum", "enum", "format") if key in more})
    return {"name": name, "in": place, "schema": schema, **more}


def described(parameters: list[dict[str, Any]], method: str = "get", **more: Any) -> dict[str, Any]:
    """An OpenAPI document with the path /v1/orders and one to an order."""
    reply = {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Made up", "version": "1"},
        "servers": [{"url": "https://api.example/v1"}],
        "paths": {
            "/orders": {method: {"parameters": parameters, "responses": reply, **more}},
            "/orders/{order}": {
                "get": {
                    "parameters": [parameter("order", place="path", required=True)],
                    "responses": {"200": {"content": {"application/json": {"schema": RECORD}}}},
                }
            },
        },
    }


def vendor_of(
    plain: dict[str, Any],
    paging: dict[str, Any],
    *,
    records: str = "/orders",
    stream: dict[str, Any] | None = None,
    records_given: list[dict[str, Any]] | None = None,
    **options: Any,
) -> Vendor:
    """The vendor with the stream 'orders'."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "description.json")
        file.write_text(json.dumps(plain), encoding="utf-8")
        description = read_description(file)
    orders = {
        "path": "/orders",
        "method": next(iter(plain["paths"]["/orders"])).upper(),
        "records": records,
        "record": {"path": "/orders/{order}", "place": ""},
        "key": "/id",
        "key_prefix": "or_",
        "growing": {"field": "/changed", "form": "iso"},
        "paging": {"source": SOURCE, **paging},
        **(stream or {}),
    }
    profile = Profile.model_validate({"title": "Made up", "description": "-", "streams": {"orders": orders}})
    given: dict[str, Any] = {} if records_given is None else {"records": {"orders": records_given}}
    return Vendor(description, profile, **given, **options)
