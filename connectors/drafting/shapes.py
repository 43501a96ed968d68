"""What a description says of a value, read as far as it is looked at: references to itself are followed, no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, cast
from urllib.parse import unquote

from spec.base import JsonValue
from spec.errors import LimitError

MOST_STEPS = 300_000
_LONGEST_CHAIN = 30
_DEEPEST = 12
_MOST_FIELDS = 2_000
ELSEWHERE = "It refers to another document. That is not fetched, and what it would say is not known."


class Document:
    """One document that schemas refer into. ``notes`` say what in it was odd."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self.plain = plain
        self.notes: list[str] = []
        self._steps = 0

    def note(self, text: str) -> None:
        """Say, once, what was odd."""
        if text not in self.notes:
            self.notes.append(text)

    def spend(self) -> None:
        """Count a step. LimitError where a document leads round and round."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise LimitError(
                "The description refers to itself so often that it cannot be read to its end.",
                hint="Cut out the part about the lists that you need.",
            )

    def found(self, plain: object) -> Mapping[str, Any]:
        """What stands behind a chain of references; nothing for a broken one."""
        for _ in range(_LONGEST_CHAIN):
            self.spend()
            if not isinstance(plain, Mapping):
                return {}
            if not isinstance(plain.get("$ref"), str):
                return plain
            plain = self._at(plain["$ref"])
        self.note("A reference leads back to itself.")
        return {}

    def _at(self, reference: str) -> object:
        if not reference.startswith("#"):
            self.note(ELSEWHERE)
            return {}
        found: object = self.plain
        for part in filter(None, unquote(reference[1:]).split("/")):
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping):
                found = found.get(key, found.get(int(key)) if key.isdigit() else None)
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = None
        if found is None:
            self.note(f"{reference[:80]} leads to nothing.")
            return {}
        return found


class Shape:
    """What is said of one value. Everything about it is read when it is asked for."""

    def __init__(self, document: Document, plain: object, depth: int = 0) -> None:
        self._document = document
        self._plain = plain
        self._depth = depth

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """The schema with its reference followed, ``allOf`` put together and the first alternative taken."""
        return self._whole(self._plain, 0)

    def _whole(self, plain: object, depth: int) -> Mapping[str, Any]:
        found = self._document.found(plain)
        if depth > _DEEPEST:
            return found
        whole: dict[str, Any] = dict(found)
        for part in _listed(found.get("allOf")):
            whole = _joined(whole, self._whole(part, depth + 1))
        # Older documents write alternatives as a list of schemas where one stands.
        either = [*_listed(found.get("oneOf")), *_listed(found.get("anyOf"))]
        if isinstance(found.get("items"), list) and found.get("type") != "array":
            either += _listed(whole.pop("items"))
        if either and not whole.get("properties") and "items" not in whole:
            options = [self._whole(one, depth + 1) for one in either[:20]]
            filled = [one for one in options if one.get("type") != "null" and one]
            best = next((one for one in filled if one.get("properties") or one.get("items")), None)
            whole = _joined(whole, best or (filled[0] if filled else {}))
        return whole

    @property
    def kinds(self) -> frozenset[str]:
        """JSON's types that it may have, null left out; none where nothing is said."""
        said = self.said.get("type")
        names = {str(one) for one in (said if isinstance(said, list) else [said] if said is not None else [])}
        if not names and isinstance(self.said.get("properties"), Mapping):
            names = {"object"}
        if not names and "items" in self.said:
            names = {"array"}
        return frozenset(names - {"null"})

    def is_only(self, *kinds: str) -> bool:
        """Whether it is one of these types and nothing else."""
        return bool(self.kinds) and self.kinds <= set(kinds)

    @property
    def is_nullable(self) -> bool:
        """Whether it may be empty, as far as is said."""
        said = self.said.get("type")
        return self.said.get("nullable") is True or (isinstance(said, list) and "null" in said)

    @cached_property
    def properties(self) -> Mapping[str, Shape]:
        """The fields of an object."""
        found = self.said.get("properties")
        if not isinstance(found, Mapping):
            return {}
        first = list(found.items())[:_MOST_FIELDS]
        return {str(name): Shape(self._document, item, self._depth + 1) for name, item in first}

    @cached_property
    def items(self) -> Shape | None:
        """What stands in a list."""
        found = self.said.get("items")
        if isinstance(found, list):
            found = {"anyOf": found}
        return Shape(self._document, found, self._depth + 1) if isinstance(found, Mapping) else None

    def text(self, key: str) -> str:
        """A word of the schema itself, such as its ``format``; empty where there is none."""
        found = self.said.get(key)
        return found if isinstance(found, str) else ""

    @property
    def example(self) -> JsonValue:
        """A value that is given as an example, or a default."""
        for key in ("example", "default", "x-example"):
            if self.said.get(key) is not None:
                return cast("JsonValue", self.said[key])
        several = self.said.get("examples")
        return cast("JsonValue", several[0]) if isinstance(several, list) and several else None

    def leaves(self, *, most: int = 4) -> Iterator[tuple[str, Shape]]:
        """Places of the plain values in objects of an answer, lists left out, with what is said of each."""
        for name, inner in self.properties.items():
            place = f"/{name.replace('~', '~0').replace('/', '~1')}"
            if inner.properties and most > 1:
                yield from ((place + below, shape) for below, shape in inner.leaves(most=most - 1))
            elif "array" not in inner.kinds:
                yield place, inner


NOTHING = Shape(Document({}), {})
"""Of what nothing is said."""


def _listed(plain: object) -> list[object]:
    return plain if isinstance(plain, list) else []


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    made = {**other, **{key: item for key, item in one.items() if key != "$ref"}}
    if isinstance(one.get("properties"), Mapping) and isinstance(other.get("properties"), Mapping):
        made["properties"] = {**other["properties"], **one["properties"]}
    return made


def schema_of(value: object, depth: int = 0) -> dict[str, Any]:
    """The schema that an example shows; of a list, what its first entries have together."""
    if isinstance(value, dict):
        if depth > _DEEPEST:
            return {"type": "object"}
        inner = {str(key): schema_of(item, depth + 1) for key, item in list(value.items())[:_MOST_FIELDS]}
        return {"type": "object", "properties": inner}
    if isinstance(value, list):
        items: dict[str, Any] = {}
        for item in value[:50]:
            items = merged(items, schema_of(item, depth + 1))
        return {"type": "array", "items": items}
    if value is None:
        return {"nullable": True}
    kind = {bool: "boolean", int: "integer", float: "number"}.get(type(value), "string")
    # YAML reads a bare 2024-01-31 as a day, which an answer spells as text.
    return {"type": kind, "example": str(value) if kind == "string" else value}


def _names(said: object) -> list[str]:
    return [str(kind) for kind in said] if isinstance(said, list) else [str(said)] if said is not None else []


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What two examples show together: the fields of both, and nullable where one was empty."""
    made: dict[str, Any] = {**other, **one}
    if one.get("nullable") or other.get("nullable"):
        made["nullable"] = True
    kinds = {*_names(one.get("type")), *_names(other.get("type"))}
    if len(kinds) > 1:
        made["type"] = "number" if kinds == {"integer", "number"} else sorted(kinds)
    mine, theirs = one.get("properties"), other.get("properties")
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        both = {name: merged(mine[name], theirs[name]) for name in mine if name in theirs}
        absent = [name for name in {**mine, **theirs} if name not in both]
        made["properties"] = {**mine, **theirs, **both}
        for name in absent:
            made["properties"][name] = {**made["properties"][name], "nullable": True}
    if isinstance(one.get("items"), Mapping) and isinstance(other.get("items"), Mapping):
        made["items"] = merged(one["items"], other["items"])
    return made
