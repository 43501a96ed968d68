"""The documentation of the steps a pipeline can be made of: listed, shown and searched."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.contract import CHECKS, TRANSFORMS, check_unit, transform
from spec.base import JsonValue
from spec.errors import unknown_name
from spec.registry import Shelf


@dataclass(frozen=True)
class Parameter:
    """One parameter of a step or check; ``default`` is None where it must be given."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class Page:
    """All that is known of one step or check. ``kind`` is ``step`` or ``check``."""

    name: str
    kind: str
    summary: str
    text: str
    parameters: Sequence[Parameter] = ()
    outputs: Mapping[str, str] | None = None
    example: Mapping[str, JsonValue] | None = None


def listed() -> Sequence[Page]:
    """All steps, then all checks, each with its summary; none of them is imported."""
    return [_brief(shelf, name) for shelf in (TRANSFORMS, CHECKS) for name in shelf.names()]


def shown(name: str) -> Page:
    """Everything about one step or check; SpecError with the nearest name when there is none."""
    if TRANSFORMS.has(name):
        unit = transform(name)
        brief = _brief(TRANSFORMS, name)
        return Page(name, "step", brief.summary, brief.text, _parameters(unit.Params), unit.outputs, unit.example)
    if CHECKS.has(name):
        check = check_unit(name)
        brief = _brief(CHECKS, name)
        return Page(name, "check", brief.summary, brief.text, _parameters(check.Params), None, check.example)
    raise unknown_name("step or check", name, [*TRANSFORMS.names(), *CHECKS.names()])


def found(words: str, *, limit: int = 10) -> Sequence[Page]:
    """Steps and checks whose documentation has the words, the best first."""
    wanted = [word for word in re.findall(r"[a-z0-9]+", words.casefold()) if word]
    scored = []
    for page in listed():
        name, text = page.name.casefold(), page.text.casefold()
        score = sum(5 * (word in name) + min(text.count(word), 3) for word in wanted)
        if score and all(word in name or word in text for word in wanted):
            scored.append((-score, page.name, page))
    return [page for _, _, page in sorted(scored, key=lambda entry: entry[:2])[:limit]]


def _brief(shelf: Shelf, name: str) -> Page:
    found = importlib.util.find_spec(f"{shelf.package}.{name}")
    text = ""
    if found is not None and found.origin is not None:
        from pathlib import Path

        text = ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))) or ""
    else:
        # A unit of a third party is known by its entry point alone.
        text = shelf.load(name).__doc__ or ""
    first = " ".join(text.split("\n\n")[0].split())
    return Page(name, shelf.noun, first, text)


def _parameters(params: type) -> Sequence[Parameter]:
    from pydantic import BaseModel

    assert issubclass(params, BaseModel)
    schema = params.model_json_schema(by_alias=True)
    required = set(schema.get("required", ()))
    definitions = schema.get("$defs", {})
    return [
        Parameter(name, _type(field, definitions), name in required, str(field.get("description", "")))
        for name, field in schema.get("properties", {}).items()
    ]


def _type(field: Mapping[str, object], definitions: Mapping[str, object]) -> str:
    """A JSON Schema type in a few words."""
    if "enum" in field and isinstance(field["enum"], list):
        return " | ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        options = field.get(several)
        if isinstance(options, list):
            return " or ".join(
                dict.fromkeys(_type(option, definitions) for option in options if option != {"type": "null"})
            )
    if field.get("format") == "sql-expression":
        return "expression"
    if field.get("type") == "array":
        items = field.get("items")
        return f"list of {_type(items, definitions)}" if isinstance(items, Mapping) and items else "list"
    if field.get("type") == "object":
        values = field.get("additionalProperties")
        return f"name: {_type(values, definitions)}" if isinstance(values, Mapping) and values else "mapping"
    return {"string": "text", "integer": "whole number", "boolean": "true | false"}.get(
        str(field.get("type", "value")), str(field.get("type", "value"))
    )
