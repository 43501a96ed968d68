"""A system that nobody has built in: a pantry's supplier, as a folder of four files; stock is read and noted on.

``write`` puts what a person would write for it, and the vendor's own description, into a folder; no other file changes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONNECTOR = """\
title: Pantry
description: Stock and orders of a pantry's supplier.
docs: https://pantry.example/api
proof: {grade: C, tried_on: the supplier's own OpenAPI description}
base_url: https://pantry.example/v1
auth:
  - use: bearer
    header: X-Api-Key
    prefix: ""
    title: API key
    help: In the back office under Settings, Keys.
    starts_with: [pk_]
errors:
  - {status: 403, do: deny, message: The key may not see this. Make one with more rights in the back office.}
limits: {calls: 1000, seconds: 1, concurrency: 2}
records: /items
paginate: {use: page, number: page, size_param: per_page, size: 50, pages: /pages}
check: {path: /stock}
streams:
  stock:
    description: What lies in the pantry, with its shelf life.
    path: /stock
    primary_key: sku
    cursor: {field: /changed_at}
    params: {changed_since: "{cursor:iso}"}
    types: {/price: "DECIMAL(18,2)"}
    deletes: {sweep: true}
writes:
  stock:
    note:
      description: Puts a note on what is in stock.
      method: PUT
      path: /stock/{key}
      key: sku
      fields: [sku, note]
      again: nature
      told: {id: /sku}
"""
README = """\
# Pantry

## What it reads
`stock`: what lies in the pantry, with its shelf life in days.

## Connecting
Make a key in the back office under *Settings*, *Keys*; it begins with `pk_`. A key that was not used for a year is
called a mouldy key.
"""
VENDOR = """\
title: Pantry
description: pantry.json
keeps:
  noted:
    use: records
    stream: stock
    method: PUT
    path: /stock/{sku}
    does: change
    param: sku
    example: {note: turn the jars}
    source: "pantry.json, PUT /stock/{sku}: puts a note on an item and gives it back"
refusals:
  unauthorized: {status: 401, body: {error: "{reason}"}}
  forbidden: {status: 403, body: {error: "{reason}"}}
  limited: {status: 429, body: {error: "{reason}"}}
  invalid: {status: 400, body: {error: "{reason}"}}
  unknown: {status: 404, body: {error: "{reason}"}}
  unavailable: {status: 503, body: {error: "{reason}"}}
streams:
  stock:
    path: /stock
    records: /items
    key: /sku
    growing: {field: /changed_at, form: iso}
    filters:
      - param: changed_since
        field: /changed_at
        keeps: from
        form: iso
        source: "pantry.json, GET /stock, changed_since: changed then or later"
    paging:
      use: page
      number: page
      pages_at: /pages
      size: {param: per_page, default: 20, most: 50}
      source: "pantry.json, GET /stock: page counts from 1, pages is how many there are"
"""


def _parameter(name: str, place: str, **schema: object) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def description() -> dict[str, Any]:
    """The supplier's own OpenAPI document."""
    item = {
        "type": "object",
        "required": ["sku", "name", "price", "days", "changed_at"],
        "properties": {
            "sku": {"type": "string"},
            "name": {"type": "string"},
            "price": {"type": "string", "pattern": r"^\d{1,4}\.\d{2}$"},
            "days": {"type": "integer", "minimum": 1, "maximum": 900},
            "note": {"type": "string", "nullable": True},
            "changed_at": {"type": "string", "format": "date-time"},
        },
    }
    page = {"type": "object", "required": ["items", "pages"],
            "properties": {"items": {"type": "array", "items": item}, "pages": {"type": "integer"}}}  # fmt: skip

    def answers(schema: dict[str, Any]) -> dict[str, Any]:
        return {"200": {"description": "so", "content": {"application/json": {"schema": schema}}}}

    asked = [
        _parameter("page", "query", type="integer", minimum=1),
        _parameter("per_page", "query", type="integer", minimum=1, maximum=50),
        _parameter("changed_since", "query", type="string", format="date-time"),
    ]
    note = {"type": "object", "properties": {"note": {"type": "string"}}, "additionalProperties": False}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Pantry", "version": "1"},
        "servers": [{"url": "https://pantry.example/v1"}],
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}},
        "paths": {
            "/stock": {"get": {"parameters": asked, "responses": answers(page)}},
            "/stock/{sku}": {
                "put": {
                    "parameters": [_parameter("sku", "path", type="string")],
                    "requestBody": {"content": {"application/json": {"schema": note}}},
                    "responses": answers(item),
                }
            },
        },
    }


def write(folder: Path) -> Path:
    """The four files, in ``folder/pantry``; that folder."""
    unit = folder / "pantry"
    unit.mkdir(parents=True)
    (unit / "connector.yaml").write_text(CONNECTOR, encoding="utf-8")
    (unit / "README.md").write_text(README, encoding="utf-8")
    (unit / "vendor.yaml").write_text(VENDOR, encoding="utf-8")
    (unit / "pantry.json").write_text(json.dumps(description()), encoding="utf-8")
    return unit
