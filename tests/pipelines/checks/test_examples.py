"""Every check's documented example passes on good rows and says what is wrong with bad ones."""

from typing import cast

import pytest
from compiling import Bench, compile_steps

from pipelines.contract import CHECKS, check_unit
from spec.base import JsonValue


def outcome(name: str, rows: JsonValue, check: str = "check") -> tuple[bool, str, str, str]:
    example = check_unit(name).example
    tables = dict(cast("dict[str, dict[str, JsonValue]]", example.get("tables", {})))
    tables["looked_at"] = {"columns": example["columns"], "rows": rows}
    written = {"on": "looked_at", **cast("dict[str, JsonValue]", example[check])}
    job = compile_steps(tables, checks=[written])
    return Bench(job, tables).checks()[name, "looked_at"]


@pytest.mark.parametrize("name", CHECKS.names())
def test_the_check_passes_on_its_good_rows(name: str) -> None:
    passed, expected, found, _ = outcome(name, check_unit(name).example["good"])
    assert passed
    assert expected
    assert found


@pytest.mark.parametrize("name", CHECKS.names())
def test_the_check_fails_on_its_bad_rows_and_says_what_it_found(name: str) -> None:
    example = check_unit(name).example
    passed, _, found, _ = outcome(name, example.get("bad", []), "bad_check" if "bad_check" in example else "check")
    assert not passed
    assert found


@pytest.mark.parametrize("name", CHECKS.names())
def test_every_parameter_has_a_description_that_a_planner_can_work_from(name: str) -> None:
    unit = check_unit(name)
    assert unit.__doc__
    for parameter, field in unit.Params.model_fields.items():
        assert field.description, parameter
    assert unit.Params.model_config["extra"] == "forbid"


def test_conserve_counts_a_check_as_failed_when_money_is_doubled() -> None:
    tables = {
        "orders": {"columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}, "rows": [[1, "10.00"], [2, "5.00"]]},
        "lines": {"columns": {"id": "INTEGER", "sku": "VARCHAR"}, "rows": [[1, "a"], [1, "b"], [2, "c"]]},
    }
    steps = [{"id": "both", "use": "join", "from": ["orders", "lines"], "on": "id", "expect": "one_to_many"}]
    checks = [{"check": "conserve", "on": "both", "measure": "sum(total)", "from": "orders"}]
    found = Bench(compile_steps(tables, steps, checks=checks), tables).checks()
    assert found["conserve", "both"] == (False, "15.00 of orders", "25.00 of both", "difference 10.00")


def test_conserve_adds_the_rests_that_it_is_told_of() -> None:
    tables = {"orders": {"columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}, "rows": [[1, "10.00"], [2, "5.00"]]}}
    steps = [{"id": "big", "use": "filter", "from": "orders", "where": "total > 6"}]
    checks = [{"check": "conserve", "on": "big", "measure": "sum(total)", "from": "orders", "plus": "big.rest"}]
    found = Bench(compile_steps(tables, steps, checks=checks), tables).checks()
    assert found["conserve", "big"] == (True, "15.00 of orders", "15.00 of big + big.rest", "difference 0.00")
