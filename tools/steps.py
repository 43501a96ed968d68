"""The documentation of the steps a pipeline can be made of: listed, shown and searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines import finding
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


def found(question: str, *, limit: int = 10) -> Sequence[Page]:
    """Steps and checks that do what the words say, the best first; each unit declares other words for what it does."""
    return [_page(unit) for unit in finding.found(question)[:limit]]


def _brief(shelf: Shelf, name: str) -> Page:
    return _page(finding.told(shelf, name))


def _page(unit: finding.Told) -> Page:
    return Page(unit.name, unit.kind, unit.summary, unit.text)


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
