"""A change that lets rows leave their database is told, though no field of the spec speaks of it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from in_place import in_place_spec
from running import NOW, Plain

from memory.workspace import Workspace
from spec.base import JsonValue
from spec.codec import from_plain
from tools import specs
from tools.context import Context


def changes(tmp_path: Path, before: Plain, after: Plain) -> list[tuple[str, bool]]:
    context = Context(Workspace(tmp_path, NOW), "ada")
    pair = [(from_plain(plain), tmp_path) for plain in (before, after)]
    found = specs.compared(context, pair[0], pair[1], now=NOW, numbers=False)
    return [(change.text, change.effect) for change in found.changes if change.part == "engine"]


def with_step(expression: str) -> Plain:
    steps = cast("list[JsonValue]", in_place_spec()["steps"])
    more: JsonValue = {"id": "more", "use": "derive", "from": "totals", "columns": {"more": expression}}
    return in_place_spec(steps=[*steps, more])


def test_a_step_that_the_database_cannot_say_is_told_as_rows_that_leave_it(tmp_path: Path) -> None:
    found = changes(tmp_path, in_place_spec(), with_step("strptime(region, '%Y')"))
    text = (
        "It is now computed here, in DuckDB: its rows are in shop and are read from there, because the step 'more' "
        "has strptime(), which is not known to mean the same there."
    )
    assert found == [(text, True)]


def test_a_step_that_the_database_says_too_is_told_as_a_step_alone(tmp_path: Path) -> None:
    assert changes(tmp_path, in_place_spec(), with_step("upper(region)")) == []


def test_a_spec_that_insists_is_told_as_an_effect(tmp_path: Path) -> None:
    found = changes(tmp_path, in_place_spec(), in_place_spec(engine="duckdb"))
    assert ("Where it is computed is now 'duckdb'.", True) in found
    assert any(text.startswith("It is now computed here, in DuckDB") for text, _ in found)
