"""Specs read, checked, explained, compared, and described as JSON Schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast, get_args

from pipelines.contract import CHECKS, TRANSFORMS, check_unit, transform
from spec.base import JsonValue
from spec.pipeline import Check, Pipeline, Step
from spec.run import RunResult
from tools.documents import AskDocument, PlanDocument

if TYPE_CHECKING:
    from pydantic import BaseModel

SchemaName = Literal["spec", "ask", "plan", "run"]
SCHEMA_NAMES: tuple[SchemaName, ...] = get_args(SchemaName)


def schema(document: SchemaName) -> dict[str, JsonValue]:
    """JSON Schema of a document. That of a spec lists each step and check with its own parameters."""
    if document != "spec":
        models: dict[str, type[BaseModel]] = {"ask": AskDocument, "plan": PlanDocument, "run": RunResult}
        # As printed, so a field that always stands there is required.
        return models[document].model_json_schema(mode="serialization")
    made: dict[str, JsonValue] = Pipeline.model_json_schema(by_alias=True)
    definitions = cast("dict[str, JsonValue]", made["$defs"])
    steps = {name: transform(name) for name in TRANSFORMS.names()}
    checks = {name: check_unit(name) for name in CHECKS.names()}
    _describe(definitions, "Step", Step, "use", {n: (u.Params, u.__doc__ or "") for n, u in steps.items()})
    _describe(definitions, "Check", Check, "check", {n: (u.Params, u.__doc__ or "") for n, u in checks.items()})
    return made


def _describe(
    definitions: dict[str, JsonValue],
    name: str,
    model: type[BaseModel],
    key: str,
    units: dict[str, tuple[type[BaseModel], str]],
) -> None:
    """Replace the open form of a step or check by one closed form for each unit."""
    shared = model.model_json_schema(by_alias=True)
    forms: list[JsonValue] = []
    for unit, (params, doc) in units.items():
        own = params.model_json_schema(by_alias=True)
        definitions.update(cast("dict[str, JsonValue]", own.pop("$defs", {})))
        properties = {**shared["properties"], **own.get("properties", {}), key: {"const": unit}}
        required = [*shared.get("required", []), *own.get("required", [])]
        title = f"{name}_{unit}"
        definitions[title] = {
            "title": unit,
            "description": doc.strip(),
            "type": "object",
            "properties": properties,
            "required": list(dict.fromkeys(cast("Sequence[str]", required))),
            "additionalProperties": False,
        }
        forms.append({"$ref": f"#/$defs/{title}"})
    definitions[name] = {"title": name, "description": (model.__doc__ or "").strip(), "oneOf": forms}
