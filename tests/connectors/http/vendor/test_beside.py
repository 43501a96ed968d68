"""A description in several files, and a GraphQL schema in its own language, say what one document would."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.drafting.drafter import Wish, draft
from connectors.drafting.played import verdicts
from connectors.drafting.sources import from_description, looks_like
from connectors.http.vendor.description import read_description
from connectors.http.vendor.schemas import inside
from spec.errors import DataError, SpecError

ROOT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Parts", "version": "1"},
    "servers": [{"url": "https://api.parts.example"}],
    "paths": {"/orders": {"$ref": "paths/orders.yaml"}},
    "components": {"schemas": {"Money": {"type": "string", "format": "decimal"}}},
}
ORDERS: dict[str, Any] = {
    "get": {
        "parameters": [{"$ref": "../common.json#/parameters/page"}],
        "responses": {
            "200": {
                "description": "ok",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "data": {"type": "array", "items": {"$ref": "../schemas/order.yaml#/Order"}},
                                "total_pages": {"type": "integer"},
                            },
                        }
                    }
                },
            }
        },
    }
}
ORDER: dict[str, Any] = {
    "Order": {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "total": {"$ref": "../openapi.yaml#/components/schemas/Money"},
            "after": {"$ref": "#/Order"},
        },
    }
}
COMMON = '{"parameters": {"page": {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}}}}'


def parts(folder: Path, **changed: Any) -> Path:
    for name in ("paths", "schemas"):
        (folder / name).mkdir(parents=True)
    (folder / "openapi.yaml").write_text(yaml.safe_dump({**ROOT, **changed}), encoding="utf-8")
    (folder / "paths" / "orders.yaml").write_text(yaml.safe_dump(ORDERS), encoding="utf-8")
    (folder / "schemas" / "order.yaml").write_text(yaml.safe_dump(ORDER), encoding="utf-8")
    (folder / "common.json").write_text(COMMON, encoding="utf-8")
    return folder / "openapi.yaml"


def test_files_that_refer_to_each_other_are_one_description(tmp_path: Path) -> None:
    file = parts(tmp_path)
    api, where = from_description(file)
    found = draft(api, Wish("mine"), where, source=file.name)
    assert set(found.definition.streams) == {"orders"}
    unit = found.definition.request("orders", incremental=False).paginate
    assert unit is not None
    assert unit.model_dump() == {"use": "page", "number": "page", "start": 1, "pages": "/total_pages"}
    assert {one.result for one in verdicts(found, file)} == {"kept", "not applicable"}
    described = read_description(file, paths=["/orders"])
    (operation,) = described.operations
    reply = operation.reply(200, "application/json")
    assert reply is not None
    total = inside(reply, "/data/*/after/after/total", described.definitions)
    assert total["format"] == "decimal"
    assert described.notes == ()


def test_a_part_that_changes_is_read_anew(tmp_path: Path) -> None:
    file, kept = parts(tmp_path / "api"), tmp_path / "kept"
    assert [one.name for one in read_description(file, cache=kept).operations[0].parameters] == ["page"]
    (tmp_path / "api" / "common.json").write_text(COMMON.replace('"page", "in"', '"seite", "in"'), encoding="utf-8")
    assert [one.name for one in read_description(file, cache=kept).operations[0].parameters] == ["seite"]


@pytest.mark.parametrize(
    "reference",
    ["../secret.yaml#/x", "https://other.example/x.yaml#/x", "/etc/hostname", "missing.yaml#/x", "note.txt"],
)
def test_nothing_outside_of_its_folder_is_opened(reference: str, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("x: {type: object, properties: {sentinel: {type: string}}}", encoding="utf-8")
    file = parts(tmp_path / "api", components={"schemas": {"Money": {"$ref": reference}}})
    (tmp_path / "api" / "note.txt").write_text("x: {}", encoding="utf-8")
    described = read_description(file)
    assert "sentinel" not in str(described)
    assert any(reference in note for note in described.notes)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("x: {type: object, properties: {sentinel: {type: string}}}", encoding="utf-8")
    file = parts(tmp_path / "api", components={"schemas": {"Money": {"$ref": "inside.yaml#/x"}}})
    (tmp_path / "api" / "inside.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "sentinel" not in str(read_description(file))


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    file = parts(tmp_path)
    (tmp_path / "common.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"common\.json"):
        from_description(file)
    with pytest.raises(SpecError, match=r"common\.json"):
        read_description(file)


def test_a_packed_description_that_is_damaged_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json.gz"
    file.write_bytes(gzip.compress(b"{}" * 500)[:20])
    with pytest.raises(SpecError, match="damaged"):
        read_description(file)


SCHEMA = '''
"""Where everything starts."""
type Query {
  orders(first: Int, after: String): OrderConnection!
}
type OrderConnection { edges: [OrderEdge]  pageInfo: PageInfo! }
type OrderEdge { node: Order!  cursor: String! }
type PageInfo { hasNextPage: Boolean!  endCursor: String }
interface Node { id: ID!  old: Int }
type Order implements Node @key(fields: "id") {
  id: ID!
  old: Int @deprecated
  total: Decimal
  updatedAt: DateTime!
}
scalar Decimal
scalar DateTime
'''


@pytest.mark.parametrize("name", ["schema.graphql", "schema.txt"])
def test_a_graphql_schema_in_its_own_language_becomes_a_connector(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(SCHEMA, encoding="utf-8")
    assert looks_like(file) is (name == "schema.graphql")
    api, where = from_description(file)
    found = draft(api, Wish("mine", base_url="https://api.made.example/graphql"), where, source=file.name)
    assert found.definition.streams["orders"].primary_key == ("node_id",)
    assert {one.result for one in verdicts(found, file)} <= {"kept", "not applicable"}


def test_a_graphql_schema_that_is_wrong_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text("type Query {\n  orders: [Order!!]\n}\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        from_description(file)
    with pytest.raises(SpecError, match="damaged"):
        read_description(file)
