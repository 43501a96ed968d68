"""The JSON Schema of a spec: every unit in it, every field described, every documented example within it."""

import json
from typing import Any, cast

import pytest

from pipelines.contract import CHECKS, TRANSFORMS, check_unit, transform
from pipelines.schema import check_schema, json_schema, step_schema


def test_every_step_and_check_is_an_alternative_told_apart_by_its_name() -> None:
    definitions = cast("dict[str, Any]", json_schema()["$defs"])
    steps = {item["properties"]["use"]["const"] for item in definitions["Step"]["oneOf"]}
    checks = {item["properties"]["check"]["const"] for item in definitions["Check"]["oneOf"]}
    assert steps == set(TRANSFORMS.names())
    assert checks == set(CHECKS.names())


def test_every_reference_within_the_schema_leads_somewhere() -> None:
    whole = json_schema()
    definitions = cast("dict[str, Any]", whole["$defs"])
    waiting: list[Any] = [whole]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].removeprefix("#/$defs/") in definitions
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(json_schema())) == json_schema()


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_a_documented_step_is_within_its_schema(name: str) -> None:
    schema = cast("dict[str, Any]", step_schema(name))
    step = {"id": "x", **cast("dict[str, Any]", transform(name).example["step"])}
    assert set(step) <= set(schema["properties"])
    assert set(schema["required"]) <= set(step)
    assert all("description" in field for key, field in schema["properties"].items() if key not in ("id", "use"))


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_documented_check_is_within_its_schema(name: str) -> None:
    schema = cast("dict[str, Any]", check_schema(name))
    check = {"on": "x", **cast("dict[str, Any]", check_unit(name).example["check"])}
    assert set(check) <= set(schema["properties"])
    assert set(schema["required"]) <= set(check)
