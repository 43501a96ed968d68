"""OData's ``$metadata`` (EDMX), version 2 to 4: entity sets, their keys and properties; the protocol says the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from connectors.drafting.api import Api, Endpoint, Proof
from connectors.drafting.documents import Written
from connectors.drafting.shapes import Document, Shape
from connectors.drafting.words import clean
from spec.base import JsonValue

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SIZE = 500
_MOMENT = "/Date(1767225600000)/"
_PLAIN: Mapping[str, dict[str, Any]] = {
    "Edm.Boolean": {"type": "boolean"},
    "Edm.Byte": {"type": "integer"},
    "Edm.SByte": {"type": "integer"},
    "Edm.Int16": {"type": "integer"},
    "Edm.Int32": {"type": "integer"},
    "Edm.Guid": {"type": "string", "format": "uuid"},
    "Edm.Date": {"type": "string", "format": "date"},
    "Edm.String": {"type": "string"},
    "Edm.Int64": {"type": "string", "format": "decimal"},
    "Edm.Decimal": {"type": "string", "format": "decimal"},
    "Edm.Double": {"type": "number"},
    "Edm.Single": {"type": "number"},
}


def fits(plain: object) -> bool:
    """A document whose outermost element is Edmx."""
    return _name(plain) == "Edmx"


def read(written: Written) -> Api:
    """Each entity set as a list."""
    root = cast("Element", written.plain)
    is_four = str(root.get("Version", "")).startswith("4")
    types: dict[str, Element] = {}
    sets: dict[str, str] = {}
    space = ""
    for schema in (one for one in root.iter() if _name(one) == "Schema"):
        space = space or str(schema.get("Namespace", ""))
        for one in schema:
            if _name(one) == "EntityType":
                names = filter(None, (schema.get("Namespace"), schema.get("Alias")))
                types |= {f"{name}.{one.get('Name')}": one for name in names}
            if _name(one) == "EntityContainer":
                found = (inner for inner in one if _name(inner) == "EntitySet")
                sets |= {str(inner.get("Name")): str(inner.get("EntityType")) for inner in found}
    chosen = [(name, types[kind]) for name, kind in sets.items() if kind in types]
    address: dict[str, JsonValue] = {
        "title": "Address of the service",
        "help": "Without an entity set; $metadata behind it shows this description.",
        "example": "https://services.example.com/odata/Shop",
        "pattern": "https?://[^\\s?#]+",
    }
    return Api(
        kind="OData 4" if is_four else "OData 2",
        title=clean(space),
        base="{url}",
        settings={"url": address},
        proofs=(
            Proof({"use": "basic"}, "OData services mostly take a user and a password; $metadata does not say"),
            Proof({"use": "bearer", "title": "Access token"}, "or a token"),
        ),
        endpoints=tuple(_endpoint(name, kind, types, is_four) for name, kind in chosen),
        protocol="odata4" if is_four else "odata2",
    )


def _name(one: object) -> str:
    return str(getattr(one, "tag", "")).rpartition("}")[2]


def _endpoint(name: str, kind: Element, types: Mapping[str, Element], is_four: bool) -> Endpoint:
    key = tuple(_key(kind, types, frozenset()))
    row = {"type": "object", "properties": dict(_properties(kind, types, is_four, frozenset()))}
    rows = {"type": "array", "items": row}
    whole = {"properties": {"value": rows}} if is_four else {"properties": {"d": {"properties": {"results": rows}}}}
    # Without an order a server may give its pages in any, and a record would be passed over.
    order: dict[str, JsonValue] = {"$orderby": ",".join(key)} if key else {}
    count: dict[str, JsonValue] = {"$count": "true"} if is_four else {"$format": "json", "$inlinecount": "allpages"}
    paging: dict[str, JsonValue] = {"use": "odata", "size": SIZE, "total": "/@odata.count" if is_four else "/d/__count"}
    return Endpoint(
        path=f"/{name}",
        answer=Shape(Document({}), whole),
        name=name,
        records="/value" if is_four else "/d/results",
        key=key,
        request={"params": {**count, **order}, **({} if is_four else {"leave_out": ["/__metadata"]})},
        paging=paging,
    )


def _key(kind: Element, types: Mapping[str, Element], seen: frozenset[str]) -> Iterator[str]:
    for one in kind:
        if _name(one) == "Key":
            yield from (str(part.get("Name")) for part in one if _name(part) == "PropertyRef")
            return
    above = str(kind.get("BaseType", ""))
    if above in types and above not in seen:
        yield from _key(types[above], types, seen | {above})


def _properties(
    kind: Element, types: Mapping[str, Element], is_four: bool, seen: frozenset[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    above = str(kind.get("BaseType", ""))
    if above in types and above not in seen:
        yield from _properties(types[above], types, is_four, seen | {above})
    for one in kind:
        if _name(one) == "Property":
            said = str(one.get("Type", ""))
            is_moment = said in {"Edm.DateTime", "Edm.DateTimeOffset"}
            shape = dict(_PLAIN.get(said, {}))
            if is_moment:
                shape = {"type": "string", "format": "date-time"} if is_four else {"type": "string", "example": _MOMENT}
            shape["edm"] = said
            if one.get("Nullable") != "false":
                shape["nullable"] = True
            yield str(one.get("Name")), shape
