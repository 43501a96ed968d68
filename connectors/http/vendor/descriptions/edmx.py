"""OData's ``$metadata`` (EDMX), version 2 to 4: each entity set is a path that is read with GET."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from connectors.http.vendor.description import Credential, Description, Operation, Parameter
from connectors.http.vendor.schemas import Schema

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SYSTEM = ("$filter", "$select", "$expand", "$orderby", "$format", "$search", "$inlinecount", "$apply")
_WHOLE = {"Edm.Int16": 2**15 - 1, "Edm.Int32": 2**31 - 1, "Edm.Byte": 255, "Edm.SByte": 127}
_MOMENT = {"pattern": r"^/Date\(-?[0-9]{12,13}(\+0000)?\)/$"}


def fits(plain: object) -> bool:
    """A document whose outermost element is Edmx."""
    return _name(plain) == "Edmx"


def read(plain: Element, paths: Collection[str] | None) -> Description:
    """The description with these entity sets, as ``/A_Customer``."""
    version = 4 if str(plain.get("Version", "")).startswith("4") else 2
    types: dict[str, Element] = {}
    sets: dict[str, str] = {}
    base = ""
    for schema in (one for one in plain.iter() if _name(one) == "Schema"):
        base = base or str(schema.get("Namespace", ""))
        for one in schema:
            if _name(one) in {"EntityType", "ComplexType", "EnumType"}:
                for space in filter(None, (schema.get("Namespace"), schema.get("Alias"))):
                    types[f"{space}.{one.get('Name')}"] = one
            if _name(one) == "EntityContainer":
                found = (inner for inner in one if _name(inner) == "EntitySet")
                sets |= {f"/{inner.get('Name')}": str(inner.get("EntityType")) for inner in found}
    reading = _Reading(types, version)
    chosen = {path: kind for path, kind in sets.items() if paths is None or path in paths}
    operations = tuple(_operation(path, reading.reference(kind), version) for path, kind in chosen.items())
    reading.finish()
    return Description(
        title=base,
        version=str(version),
        operations=operations,
        definitions=reading.definitions,
        credentials={"basic": Credential("header", "Authorization", "Basic "), "bearer": _BEARER},
        notes=tuple(reading.notes),
    )


_BEARER = Credential("header", "Authorization", "Bearer ")


def _name(one: object) -> str:
    return str(getattr(one, "tag", "")).rpartition("}")[2]


def _operation(path: str, record: Schema, version: int) -> Operation:
    numbers = {"type": ["integer"], "minimum": 0}
    texts = [*_SYSTEM, "$skiptoken", "$count" if version == 4 else "sap-client"]
    parameters = [Parameter(name, "query", {"type": ["string"]}) for name in texts]
    parameters += [Parameter(name, "query", numbers) for name in ("$top", "$skip")]
    rows = {"type": ["array"], "items": record}
    if version == 4:
        extra: Schema = {"@odata.nextLink": {"type": ["string"]}, "@odata.count": {"type": ["integer"]}}
        whole: Schema = {"type": ["object"], "properties": {"value": rows, **extra}, "required": ["value"]}
    else:
        extra = {"__next": {"type": ["string"]}, "__count": {"type": ["string"]}}
        inner = {"type": ["object"], "properties": {"results": rows, **extra}, "required": ["results"]}
        whole = {"type": ["object"], "properties": {"d": inner}, "required": ["d"]}
    return Operation(
        "GET",
        path,
        tuple(parameters),
        replies={"200": {"application/json": whole}},
        opened_by=("basic", "bearer"),
    )


class _Reading:
    """Turns the types that are used into schemas."""

    def __init__(self, types: dict[str, Element], version: int) -> None:
        self._types = types
        self._version = version
        self._pending: list[str] = []
        self.definitions: dict[str, Schema] = {}
        self.notes: list[str] = []

    def reference(self, kind: str) -> Schema:
        """The schema of a type by its whole name."""
        if kind not in self._types:
            self.notes.append(f"The type {kind} is not described, so it is taken for anything.")
            return {}
        if kind not in self.definitions:
            self.definitions[kind] = {}
            self._pending.append(kind)
        return {"$ref": kind}

    def finish(self) -> None:
        """Read the types that are referred to."""
        while self._pending:
            kind = self._pending.pop()
            one = self._types[kind]
            if _name(one) == "EnumType":
                self.definitions[kind] = {"type": ["string"], "enum": [str(inner.get("Name")) for inner in one]}
            else:
                properties = dict(self._properties(one, set()))
                required = [] if self._is_open(one) else list(properties)
                whole = {"type": ["object"], "properties": properties, "required": required}
                self.definitions[kind] = whole

    def _is_open(self, one: Element) -> bool:
        return str(one.get("OpenType", "")).lower() == "true"

    def _properties(self, one: Element, seen: set[str]) -> Iterator[tuple[str, Schema]]:
        parent = str(one.get("BaseType", ""))
        if parent in self._types and parent not in seen:
            yield from self._properties(self._types[parent], {*seen, parent})
        for inner in one:
            if _name(inner) == "Property":
                yield str(inner.get("Name")), self._property(inner)

    def _property(self, inner: Element) -> Schema:
        kind = str(inner.get("Type", ""))
        if kind.startswith("Collection("):
            return {"type": ["array"], "items": self._value(inner, kind[len("Collection(") : -1])}
        schema = self._value(inner, kind)
        if inner.get("Nullable") == "false":
            return schema
        if "$ref" in schema:
            return {"anyOf": [schema, {"type": ["null"]}]}
        return {**schema, "type": [*schema["type"], "null"]} if "type" in schema else schema

    def _value(self, inner: Element, kind: str) -> Schema:
        if not kind.startswith("Edm."):
            return self.reference(kind)
        if kind in _WHOLE:
            return {
                "type": ["integer"],
                "minimum": -_WHOLE[kind] - 1 if kind != "Edm.Byte" else 0,
                "maximum": _WHOLE[kind],
            }
        text: Schema = {"type": ["string"]}
        length = str(inner.get("MaxLength", ""))
        if kind in {"Edm.Decimal", "Edm.Int64"}:
            # Version 2 spells what a double cannot hold as text; so does version 4 when it is asked to.
            return {**text, "format": "decimal"} if self._version == 2 else {"type": ["number", "string"]}
        known: dict[str, Schema] = {
            "Edm.Boolean": {"type": ["boolean"]},
            "Edm.Double": {"type": ["number"]},
            "Edm.Single": {"type": ["number"]},
            "Edm.Guid": {**text, "format": "uuid"},
            "Edm.Date": {**text, "format": "date"},
            "Edm.Binary": {**text, "format": "byte"},
            "Edm.DateTimeOffset": {**text, "format": "date-time"} if self._version == 4 else {**text, **_MOMENT},
            "Edm.DateTime": {**text, **_MOMENT},
            "Edm.Time": {**text, "pattern": r"^PT[0-9]{2}H[0-9]{2}M[0-9]{2}S$"},
            "Edm.String": {**text, "maxLength": int(length)} if length.isdigit() else text,
        }
        return known.get(kind, text)
