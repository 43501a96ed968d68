"""A GraphQL API's own introspection: each query that gives a connection in pages is a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from connectors.drafting.api import Api, Endpoint, Proof
from connectors.drafting.documents import Written
from connectors.drafting.shapes import Document, Shape
from spec.base import JsonValue

MOST_FIELDS = 60
SIZE = 100
_SCALARS: Mapping[str, dict[str, Any]] = {
    "ID": {"type": "string"}, "String": {"type": "string"}, "Int": {"type": "integer"}, "Float": {"type": "number"},
    "Boolean": {"type": "boolean"}, "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"}, "Decimal": {"type": "string", "format": "decimal"},
}  # fmt: skip


def fits(plain: object) -> bool:
    """A document with ``__schema``, by itself or in ``data`` as an answer has it."""
    return isinstance(plain, Mapping) and isinstance(_data(plain).get("__schema"), Mapping)


def read(written: Written) -> Api:
    """The connections of the query type. A schema does not say its address, so that is asked for."""
    schema = _data(cast("Mapping[str, Any]", written.plain))["__schema"]
    types = {str(one.get("name")): one for one in schema.get("types") or () if isinstance(one, Mapping)}
    root = types.get(str((schema.get("queryType") or {}).get("name")), {})
    address: dict[str, JsonValue] = {
        "title": "Address of the API",
        "help": "The one that queries are sent to; most end with /graphql.",
        "example": "https://api.example.com/graphql",
        "pattern": "https?://[^\\s?#]+",
    }
    return Api(
        kind="GraphQL",
        title="GraphQL",
        base="{url}",
        settings={"url": address},
        proofs=(
            Proof({"use": "bearer", "title": "Access token"}, "GraphQL APIs mostly take a token; it does not say"),
        ),
        endpoints=tuple(_endpoints(root, types)),
        protocol="graphql",
    )


def _data(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    data = plain.get("data", plain)
    return data if isinstance(data, Mapping) else {}


def _named(type_: object) -> tuple[str, bool, bool]:
    """A type's own name, whether a list stands around it, and whether it has to be there."""
    found: Any = type_
    is_list, is_required = False, isinstance(type_, Mapping) and type_.get("kind") == "NON_NULL"
    for _ in range(8):
        if not isinstance(found, Mapping) or found.get("ofType") is None:
            break
        is_list = is_list or found.get("kind") == "LIST"
        found = found["ofType"]
    return (str(found.get("name")) if isinstance(found, Mapping) else ""), is_list, is_required


def _fields(type_: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in type_.get("fields") or () if isinstance(one, Mapping)]


def _field(type_: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((one for one in _fields(type_) if one.get("name") == name), None)


def _endpoints(root: Mapping[str, Any], types: Mapping[str, Mapping[str, Any]]) -> Iterator[Endpoint]:
    for one in _fields(root):
        takes = {str(arg.get("name")): arg for arg in one.get("args") or () if isinstance(arg, Mapping)}
        needs = [name for name, arg in takes.items() if _named(arg.get("type"))[2] and arg.get("defaultValue") is None]
        connection = types.get(_named(one.get("type"))[0], {})
        if not {"first", "after"} <= takes.keys() or _field(connection, "pageInfo") is None or needs:
            continue
        nodes, edges = _field(connection, "nodes"), _field(connection, "edges")
        edge = types.get(_named(edges.get("type"))[0], {}) if edges is not None else {}
        node = nodes or _field(edge, "node")
        if node is None:
            continue
        row = types.get(_named(node.get("type"))[0], {})
        found = _made(str(one["name"]), _named(takes["after"].get("type"))[0], row, types, is_plain=nodes is not None)
        if found is not None:
            yield found


def _made(
    name: str, mark: str, row: Mapping[str, Any], types: Mapping[str, Mapping[str, Any]], *, is_plain: bool
) -> Endpoint | None:
    picked: dict[str, dict[str, Any]] = {}
    for one in _fields(row):
        kind, is_list, required = _named(one.get("type"))
        takes = [arg for arg in one.get("args") or () if isinstance(arg, Mapping)]
        # What asks for an argument, or is an object, takes a decision that nobody has made.
        if any(_named(arg.get("type"))[2] for arg in takes) or one.get("isDeprecated") or is_list:
            continue
        if types.get(kind, {}).get("kind") in {"SCALAR", "ENUM"} and len(picked) < MOST_FIELDS:
            shape = dict(_SCALARS.get(kind, {"type": "string"} if types[kind]["kind"] == "ENUM" else {}))
            picked[str(one["name"])] = shape if required else {**shape, "nullable": True}
    if not picked:
        return None
    inner = " ".join(picked)
    asked = f"nodes {{ {inner} }}" if is_plain else f"edges {{ node {{ {inner} }} }}"
    place = "nodes" if is_plain else "edges"
    query = (
        f"query($first: Int, $after: {mark}) {{ {name}(first: $first, after: $after) "
        f"{{ {asked} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
    row_shape: dict[str, Any] = {"type": "object", "properties": picked}
    if not is_plain:
        row_shape = {"type": "object", "properties": {"node": row_shape}}
    whole = {"properties": {"data": {"properties": {name: {"properties": {place: {"items": row_shape}}}}}}}
    own = "id" if is_plain else "node_id"
    return Endpoint(
        path="",
        answer=Shape(Document({}), whole),
        name=name,
        records=f"/data/{name}/{place}",
        key=(own,) if "id" in picked else (),
        request={"query": query},
        paging={"use": "graphql", "info": f"/data/{name}/pageInfo", "size": SIZE},
    )
