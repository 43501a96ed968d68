"""Shelves of units: the folder is the registry, so everything in it has to load."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from spec.registry import Shelf

ROOT = Path(__file__).resolve().parents[2]


def shelves() -> Iterator[Shelf]:
    """Every shelf that the product declares, found in its source, so that a new one needs no line here."""
    for path in sorted(path for init in ROOT.glob("*/__init__.py") for path in init.parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Shelf":
                values = [ast.literal_eval(argument) for argument in node.args]
                named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
                yield Shelf(*values, **named)


UNITS = [(shelf, name) for shelf in dict.fromkeys(shelves()) for name in shelf.names()]


@pytest.mark.parametrize(("shelf", "name"), UNITS, ids=[f"{shelf.package}.{name}" for shelf, name in UNITS])
def test_a_unit_loads_by_its_name(shelf: Shelf, name: str) -> None:
    if shelf.data:
        assert shelf.path(name).is_file()
        assert shelf.path(name).with_name("README.md").is_file(), f"{name} has no page that says how it is used"
        return
    loaded = shelf.load(name)
    assert loaded.__name__ == ".".join(filter(None, (shelf.package, name, shelf.module)))
    assert loaded.__doc__, f"{loaded.__name__} has no sentence that says what the unit does"


def test_the_shelves_that_the_design_promises_hold_something() -> None:
    filled = {shelf.package for shelf, _ in UNITS}
    assert {"connectors", "pipelines.transforms", "pipelines.checks", "reports.charts", "reports.formats"} <= filled
