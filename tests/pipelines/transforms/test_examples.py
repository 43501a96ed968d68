"""Every step's documented example runs and gives the rows that it shows."""

from typing import cast

import pytest
from compiling import Bench, Tables, compile_steps

from pipelines.contract import TRANSFORMS, transform
from spec.base import JsonValue


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_the_documented_example_gives_the_rows_it_shows(name: str) -> None:
    example = transform(name).example
    tables = cast("Tables", example["tables"])
    step = cast("dict[str, JsonValue]", example["step"])
    expected = cast("dict[str, list[list[JsonValue]]]", example["rows"])
    assert step["use"] == name

    readers = [f"done.{output}" if output else "done" for output in expected]
    outputs: list[JsonValue] = [{"file": f"{number}.csv", "from": reader} for number, reader in enumerate(readers)]
    bench = Bench(compile_steps(tables, [{"id": "done", **step}], outputs=outputs), tables)

    for output, shown in expected.items():
        rows, found = shown, bench.rows(f"done.{output}" if output else "done")
        if not example.get("ordered"):
            found, rows = sorted(found, key=repr), sorted(rows, key=repr)
        assert found == rows, output
    for output, names in cast("dict[str, list[str]]", example.get("columns", {})).items():
        assert list(bench.job.relations[f"done.{output}" if output else "done"].names) == names


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_the_types_known_at_compile_time_are_the_engines_own(name: str) -> None:
    example = transform(name).example
    tables = cast("Tables", example["tables"])
    bench = Bench(compile_steps(tables, [{"id": "done", **cast("dict[str, JsonValue]", example["step"])}]), tables)
    for relation in bench.job.relations.values():
        assert [field.type for field in relation.fields] == bench.types(relation.name), relation.name


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_every_parameter_has_a_description_that_a_planner_can_work_from(name: str) -> None:
    unit = transform(name)
    assert unit.__doc__
    for parameter, field in unit.Params.model_fields.items():
        assert field.description, parameter
    assert unit.Params.model_config["extra"] == "forbid"


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_the_order_of_the_rows_that_come_in_changes_nothing(name: str) -> None:
    example = transform(name).example
    tables = cast("dict[str, dict[str, JsonValue]]", example["tables"])
    turned = {
        key: {**table, "rows": list(reversed(cast("list[JsonValue]", table["rows"])))} for key, table in tables.items()
    }
    step = cast("dict[str, JsonValue]", example["step"])
    outputs: list[JsonValue] = [
        {"file": f"{number}.csv", "from": f"done.{output}" if output else "done"}
        for number, output in enumerate(cast("dict[str, JsonValue]", example["rows"]))
    ]
    job = compile_steps(tables, [{"id": "done", **step}], outputs=outputs)
    one, other = Bench(job, tables), Bench(job, turned)
    for relation in job.relations:
        assert sorted(one.rows(relation), key=repr) == sorted(other.rows(relation), key=repr), relation
