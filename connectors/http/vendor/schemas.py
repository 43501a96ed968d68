"""Vendors' schemas in one dialect, whichever description they come from.

A schema is a dict with these keys of JSON Schema, in its present meaning: ``type`` (a list), ``enum``, ``properties``,
``required``, ``additionalProperties``, ``items`` (one schema), ``allOf``, ``anyOf``, ``$ref`` (a key of the
definitions), and the bounds in ``BOUNDS``. An empty dict is anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

Schema = dict[str, Any]
BOUNDS = (
    "minLength", "maxLength", "minItems", "maxItems", "multipleOf", "format", "readOnly", "writeOnly", "minProperties",
)  # fmt: skip
_DESCRIBING = {"$ref", "nullable", "x-nullable", "description", "title", "example", "default", "deprecated"}
_TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}
_LONGEST_CHAIN = 30


class Reading:
    """Takes schemas out of one document. What is odd becomes a note and is read as 'anything', never an error."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._pending: list[str] = []
        self.definitions: dict[str, Schema] = {}
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Say, once, what was odd."""
        if text not in self.notes:
            self.notes.append(text)

    def found(self, plain: object) -> Mapping[str, Any]:
        """What stands behind a chain of references to parameters, bodies or answers; nothing for a broken one."""
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(plain, Mapping):
                return {}
            if not isinstance(plain.get("$ref"), str):
                return plain
            plain = self._at(plain["$ref"])
        self.note("A reference leads back to itself.")
        return {}

    def schema(self, plain: object) -> Schema:
        """A schema in our dialect; the definitions that it refers to are there after ``finish``."""
        return self._schema(plain, 0)

    def finish(self) -> None:
        """Read the definitions that the schemas so far refer to."""
        while self._pending:
            key = self._pending.pop()
            self.definitions[key] = self._schema(self._at("#" + key), 0)

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            self.note(f"{reference} is another document, so what it describes is taken for anything.")
            return {}
        found: Any = self._document
        for part in filter(None, unquote(reference[1:]).split("/")):
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping):
                found = found.get(key, found.get(int(key)) if key.isdigit() else None)
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = None
        if found is None:
            self.note(f"{reference} leads to nothing, so it is taken for anything.")
            return {}
        return found

    def _schema(self, plain: object, depth: int) -> Schema:
        if plain is False:
            return {"enum": []}
        if not isinstance(plain, Mapping):
            if plain is not True and plain is not None:
                self.note(f"A schema is {type(plain).__name__} and no object, so it is taken for anything.")
            return {}
        if depth > _LONGEST_CHAIN * 3:
            self.note("A schema is nested too deep, so its inside is taken for anything.")
            return {}
        if isinstance(plain.get("$ref"), str):
            return self._nullable(plain, self._referring(plain, depth))
        made: Schema = {}
        self._take_type(plain, made)
        self._take_bounds(plain, made)
        self._take_object(plain, made, depth)
        self._take_items(plain, made, depth)
        self._take_alternatives(plain, made, depth)
        return self._nullable(plain, made)

    def _referring(self, plain: Mapping[str, Any], depth: int) -> Schema:
        reference = plain["$ref"]
        if not reference.startswith("#"):
            self._at(reference)
            return {}
        key = reference[1:]
        if key not in self.definitions:
            self.definitions[key] = {}
            self._pending.append(key)
        beside = {name: item for name, item in plain.items() if name not in _DESCRIBING and not name.startswith("x-")}
        # A lone type beside a reference repeats what stands there, and where it does not, the reference is meant.
        beside.pop("type", None)
        if beside.keys() <= {"readOnly", "writeOnly"}:
            return {"$ref": key, **beside}
        return {"allOf": [{"$ref": key}, self._schema(beside, depth + 1)]}

    def _take_type(self, plain: Mapping[str, Any], made: Schema) -> None:
        said = plain.get("type")
        names = said if isinstance(said, list) else [said] if said is not None else []
        known = [name for name in names if isinstance(name, str) and name in _TYPES]
        if "file" in names:
            known.append("string")
        elif len(known) < len(names):
            self.note(f"The type {said!r} is unknown, so it is taken for anything.")
            known = []
        if not known and isinstance(plain.get("properties"), Mapping):
            known = ["object"]
        if known:
            made["type"] = known
        if isinstance(plain.get("enum"), list):
            made["enum"] = list(plain["enum"])
        elif "const" in plain:
            made["enum"] = [plain["const"]]
        self._mend_enum(made)

    def _mend_enum(self, made: Schema) -> None:
        # YAML reads a bare 2024-01-01, no or 1.0 as something else than the text that the vendor meant.
        if "enum" in made and made.get("type") == ["string"]:
            made["enum"] = [one if isinstance(one, str | None) else _spelled(one) for one in made["enum"]]

    def _take_bounds(self, plain: Mapping[str, Any], made: Schema) -> None:
        made.update({key: plain[key] for key in BOUNDS if plain.get(key) not in (None, False)})
        for side in ("minimum", "maximum"):
            bound, exclusive = plain.get(side), plain.get("exclusive" + side.capitalize())
            if exclusive is True:
                exclusive, bound = bound, None
            for key, item in ((side, bound), ("exclusive" + side.capitalize(), exclusive)):
                if isinstance(item, int | float) and not isinstance(item, bool):
                    made[key] = item
        if plain.get("uniqueItems") is True:
            made["uniqueItems"] = True
        if isinstance(plain.get("pattern"), str):
            made["pattern"] = plain["pattern"]

    def _take_object(self, plain: Mapping[str, Any], made: Schema, depth: int) -> None:
        properties = plain.get("properties")
        if isinstance(properties, Mapping):
            made["properties"] = {str(name): self._schema(item, depth + 1) for name, item in properties.items()}
        required = plain.get("required")
        if isinstance(required, list):
            made["required"] = [str(name) for name in required]
        more = plain.get("additionalProperties")
        if more is False:
            made["additionalProperties"] = False
        elif isinstance(more, Mapping) and more:
            made["additionalProperties"] = self._schema(more, depth + 1)

    def _take_items(self, plain: Mapping[str, Any], made: Schema, depth: int) -> None:
        items = plain.get("items")
        if isinstance(items, list):
            # One vendor at least writes alternatives so; with a list's type they are those of its entries.
            either = [self._schema(item, depth + 1) for item in items]
            if "array" in made.get("type", ()):
                made["items"] = {"anyOf": either}
            else:
                made["anyOf"] = either
        elif items is not None:
            made["items"] = self._schema(items, depth + 1)
            made.setdefault("type", ["array"])

    def _take_alternatives(self, plain: Mapping[str, Any], made: Schema, depth: int) -> None:
        every = plain.get("allOf")
        if isinstance(every, list) and every:
            made["allOf"] = [self._schema(item, depth + 1) for item in every]
        # Of oneOf exactly one may fit; vendors' alternatives overlap so often that this would refuse their own answers.
        for key in ("anyOf", "oneOf"):
            either = plain.get(key)
            if isinstance(either, list) and either:
                made["anyOf"] = made.get("anyOf", []) + [self._schema(item, depth + 1) for item in either]

    def _nullable(self, plain: Mapping[str, Any], made: Schema) -> Schema:
        if plain.get("nullable") is not True and plain.get("x-nullable") is not True:
            return made
        if "$ref" in made or "allOf" in made or "anyOf" in made:
            flags: Schema = {key: made.pop(key) for key in ("readOnly", "writeOnly") if key in made}
            if set(made) == {"anyOf"}:
                return {"anyOf": [*made["anyOf"], {"type": ["null"]}], **flags}
            return {"anyOf": [made, {"type": ["null"]}], **flags}
        if "type" in made and "null" not in made["type"]:
            made["type"] = [*made["type"], "null"]
        if "enum" in made and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
        return made


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def flat(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema with its references followed and its ``allOf`` put together; ``anyOf`` stays."""
    seen = 0
    while "$ref" in schema and seen < _LONGEST_CHAIN:
        schema = definitions.get(schema["$ref"], {})
        seen += 1
    if "$ref" in schema:
        return {}
    if "allOf" not in schema:
        return schema
    whole = {key: item for key, item in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        whole = _both(whole, flat(part, definitions))
    return whole


def _both(one: Schema, other: Schema) -> Schema:
    made = {**one, **other}
    if "properties" in one and "properties" in other:
        shared = {
            name: {"allOf": [one["properties"][name], item]}
            for name, item in other["properties"].items()
            if name in one["properties"] and one["properties"][name] != item
        }
        made["properties"] = {**one["properties"], **other["properties"], **shared}
    if "required" in one and "required" in other:
        made["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    if "type" in one and "type" in other:
        made["type"] = [name for name in one["type"] if name in other["type"]] or one["type"]
    if "enum" in one and "enum" in other:
        made["enum"] = [item for item in one["enum"] if item in other["enum"]]
    return made


def inside(schema: Schema, place: str, definitions: Mapping[str, Schema]) -> Schema:
    """The schema of what stands at a JSON Pointer (``*`` for the entries of a list); anything where it says nothing."""
    found = _plainest(schema, definitions)
    for key in place.split("/")[1:]:
        if key == "*" or (key.isdigit() and "items" in found):
            found = _plainest(found.get("items", {}), definitions)
        else:
            found = _plainest(
                found.get("properties", {}).get(key.replace("~1", "/").replace("~0", "~"), {}), definitions
            )
    return found


def _plainest(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    found = flat(schema, definitions)
    for _ in range(_LONGEST_CHAIN):
        if "anyOf" not in found or "properties" in found or "type" in found:
            break
        options = [flat(one, definitions) for one in found["anyOf"]]
        found = next((one for one in options if one.get("type") != ["null"]), {})
    return found
