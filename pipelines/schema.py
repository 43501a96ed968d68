"""The JSON Schema of a whole spec, with every step's and check's own parameters, for planners and editors.

Each unit is one alternative, told apart by ``use`` or ``check``; its description is its documentation.
"""

from __future__ import annotations

from typing import cast

from pipelines.contract import CHECKS, TRANSFORMS, check_unit, transform
from spec.base import Document, JsonValue
from spec.pipeline import Check, Pipeline, Step

Schema = dict[str, JsonValue]


def json_schema() -> Schema:
    """JSON Schema (2020-12) of a spec as it is written; imports every unit."""
    whole: Schema = Pipeline.model_json_schema(by_alias=True)
    definitions = cast("Schema", whole.setdefault("$defs", {}))
    steps = [_step(name, definitions) for name in TRANSFORMS.names()]
    checks = [_check(name, definitions) for name in CHECKS.names()]
    definitions["Step"] = {
        "description": "One transformation: id, use, from, and the parameters of the unit that 'use' names.",
        "discriminator": {"propertyName": "use"},
        "oneOf": cast("JsonValue", steps),
    }
    definitions["Check"] = {
        "description": "A promise about the data: what it looks at, and the parameters of the unit 'check' names.",
        "discriminator": {"propertyName": "check"},
        "oneOf": cast("JsonValue", checks),
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "DReflowPro spec", **whole}


def step_schema(name: str) -> Schema:
    """JSON Schema of one step as it is written."""
    definitions: Schema = {}
    return {**_step(name, definitions), "$defs": definitions}


def check_schema(name: str) -> Schema:
    """JSON Schema of one check as it is written."""
    definitions: Schema = {}
    return {**_check(name, definitions), "$defs": definitions}


def _step(name: str, definitions: Schema) -> Schema:
    unit = transform(name)
    least, most = unit.arity
    base = cast("Schema", Step.model_json_schema(by_alias=True)["properties"])
    inputs: Schema = {"type": "array", "items": {"type": "string"}, "minItems": least}
    if most is not None:
        inputs["maxItems"] = most
    written: list[JsonValue] = [inputs, {"type": "string"}] if least <= 1 else [inputs]
    base["from"] = {
        "description": "Inputs: sources, inline tables, steps, or step.output; one may stand without brackets.",
        "anyOf": written,
    }
    described = _documentation(unit.__doc__)
    if unit.outputs:
        further = "; ".join(f"<id>.{output}: {text}" for output, text in unit.outputs.items())
        described = f"{described} Further outputs: {further}"
    return _alternative(name, "use", base, unit.Params, described, ["id", "use", "from"], definitions)


def _check(name: str, definitions: Schema) -> Schema:
    unit = check_unit(name)
    base = cast("Schema", Check.model_json_schema(by_alias=True)["properties"])
    described = _documentation(unit.__doc__)
    return _alternative(name, "check", base, unit.Params, described, ["check", "on"], definitions)


def _alternative(
    name: str,
    told_by: str,
    base: Schema,
    params: type[Document],
    description: str,
    required: list[str],
    definitions: Schema,
) -> Schema:
    own = params.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
    for key, definition in own.pop("$defs", {}).items():
        definitions[f"{name}.{key}"] = definition
    return {
        "title": name,
        "type": "object",
        "description": description,
        "properties": {**base, told_by: {"const": name}, **own.get("properties", {})},
        "required": cast("JsonValue", [*required, *own.get("required", [])]),
        "additionalProperties": False,
    }


def _documentation(text: str | None) -> str:
    return " ".join((text or "").split()).replace("``", "'")
