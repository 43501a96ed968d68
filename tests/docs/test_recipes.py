"""The recipes of the docs: each runs over the page's own tables, keeps its promises, and gives the rows it is for."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from compiling import Bench, compile_steps

from spec.codec import parse_spec, to_plain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "recipes.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
TABLES: dict[str, Any] = yaml.load(BLOCKS[0], yaml.BaseLoader)["tables"]
STEPS = [cast("Any", to_plain(parse_spec(f"name: recipe\nsteps:\n{block}"))["steps"]) for block in BLOCKS[1:]]
RECIPES = {steps[-1]["id"]: steps for steps in STEPS}
GIVES: dict[str, list[list[object]]] = {
    "running": [["N", "a", 10], ["N", "b", 15], ["N", "a", 7], ["S", "c", 1], ["N", "c", 9]],
    "taxes": [["Ann", 12000, 0], ["Bob", 60000, 7540 + 3892]],
    "merged": [["Ann", "2026-01-01", "2026-01-12", 12], ["Ann", "2026-02-01", "2026-02-02", 2]],
    "with_totals": [
        ["N", "a", 17], ["N", "b", 5], ["N", "c", 2], ["S", "c", 1], ["N", "All", 24], ["S", "All", 1],
        ["All", "All", 25],
    ],
    "shares": [["N", "a", 17, 17 / 24], ["N", "b", 5, 5 / 24], ["N", "Other", 2, 2 / 24], ["S", "c", 1, 1]],
    "filled": [["s1", f"2026-01-0{n}", f"{8.5 + 1.5 * n:.2f}"] for n in range(1, 6)],
    "survivors": [["a@x.com", "111", "Leeds", "2026-01-01", 2]],
    "snapshot": [["2026-01-31", 2, 0], ["2026-02-28", 1, 1], ["2026-03-31", 1, 1]],
    "connections": [["F1", "F2"]],
    "rules": [["mug", "tea", 2 / 3, 1, 1], ["tea", "mug", 2 / 3, 2 / 3, 1]],
    "fiscal_weeks": [["2026-01-30", 31], ["2026-01-31", 31], ["2026-02-01", 32], ["2026-02-01", 32],
                     ["2026-02-03", 32]],
    "teams": [["Ada", 3, 100], ["Kim", 2, 50], ["Lou", 0, 0], ["Max", 0, 0]],
    "timetable": [["X", "06:00"], ["X", "06:30"], ["X", "07:00"], ["Y", "23:30"], ["Y", "23:50"]],
    "orders": [["2026-03-02", 28, 0], ["2026-03-03", 50, 31], ["2026-03-04", 36, 0]],
    "waits": [["J1", "B1", 0], ["J2", "B2", 0], ["J3", "B1", 20]],
    "seated": [[1, "A1", "A4"], [2, "B1", "B3"], [3, "A5", "A6"]],
    "lead_times": [["bike", 12, "bike > wheel > rim"], ["wheel", 11, "wheel > rim"]],
    "told": [
        ["F1", "2026-03-01T08:00:00", "01.03.2026 09:00", "03:00", "+12.5%"],
        ["F2", "2026-03-01T12:00:00", "01.03.2026 13:00", "04:00", "+12.5%"],
    ],
}  # fmt: skip
SHOWN = {
    "orders": ["day", "position", "ordered"],
    "waits": ["job", "bench", "waited"],
    "seated": ["party", "first_seat", "last_seat"],
    "merged": ["person", "starts", "ends", "days"],
    "running": ["region", "product", "so_far"],
    "connections": ["flight", "next_flight"],
    "rules": ["if_item", "then_item", "support", "confidence", "lift"],
    "fiscal_weeks": ["day", "fiscal_week"],
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_gives_what_it_is_for(recipe: str) -> None:
    steps = RECIPES[recipe]
    tables = {
        name: {"columns": table["columns"], "rows": [[_plain(value) for value in row] for row in table["rows"]]}
        | ({"primary_key": table["primary_key"]} if "primary_key" in table else {})
        for name, table in TABLES.items()
    }
    bench = Bench(compile_steps(tables, steps), tables)
    blocking = {(check.check, check.on) for check in bench.job.checks if check.severity == "block"}
    assert all(passed for key, (passed, *_) in bench.checks().items() if key in blocking)
    names = bench.job.relations[recipe].names
    places = [names.index(name) for name in SHOWN.get(recipe, names)]
    found = [[_figure(row[place]) for place in places] for row in bench.rows(recipe)]
    due = [[_figure(value) for value in row] for row in GIVES[recipe]]
    assert sorted(found, key=repr) == sorted(due, key=repr)


def _plain(value: str) -> str | None:
    return None if value == "null" else value


def _figure(value: object) -> object:
    try:
        return round(float(str(value)), 6)
    except ValueError:
        return value
