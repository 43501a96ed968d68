"""Repairs: only listed cells change, only while they hold what the list says, and a doubtful list stops the run."""

import pytest
from compiling import Bench, Tables, compile_steps

from spec.base import JsonValue
from spec.errors import SpecError

STEP: dict[str, JsonValue] = {"id": "done", "use": "repair", "from": ["people", "repairs"], "key": "id"}
KEYS: dict[str, JsonValue] = {"columns": {"id": "INTEGER"}, "rows": [[1]]}


def tables(*repairs: list[JsonValue]) -> Tables:
    return {
        "people": {
            "columns": {"id": "INTEGER", "city": "VARCHAR", "paid": "DECIMAL(18,2)"},
            "primary_key": ["id"],
            "rows": [[1, "Mialno", "1.00"], [2, None, "2.00"], [3, "Roma", None]],
        },
        "repairs": {
            "columns": {"id": "INTEGER", "column": "VARCHAR", "value": "VARCHAR", "proposed": "VARCHAR"},
            "rows": list(repairs),
        },
    }


def bench(*repairs: list[JsonValue], **more: JsonValue) -> Bench:
    given = tables(*repairs)
    outputs: list[JsonValue] = [{"file": "u.csv", "from": "done.unused"}, {"file": "d.csv", "from": "done"}]
    return Bench(compile_steps(given, [{**STEP, **more}], outputs=outputs), given)


def test_a_listed_cell_gets_its_value_and_every_other_one_stays() -> None:
    made = bench([1, "city", "Mialno", "Milano"], [2, "CITY", None, "Lodi"], [3, "paid", "", "3.5"])
    assert made.rows("done") == [[1, "Milano", "1.00"], [2, "Lodi", "2.00"], [3, "Roma", "3.50"]]
    assert made.rows("done.unused") == []
    assert all(passed for passed, *_ in made.checks().values())


def test_a_cell_is_emptied_where_nothing_is_proposed() -> None:
    assert bench([1, "paid", "1.00", None]).rows("done")[0] == [1, "Mialno", None]


def test_a_cell_that_holds_something_else_by_now_stays_and_is_told() -> None:
    made = bench([1, "city", "Mlano", "Milano"], [9, "city", "x", "y"])
    assert made.rows("done")[0] == [1, "Mialno", "1.00"]
    assert made.rows("done.unused") == [
        [1, "city", "Mlano", "Milano", "the cell holds another value"],
        [9, "city", "x", "y", "no such row"],
    ]
    assert made.checks()["repairs_applied", "done"][:3] == (
        False,
        "each repair finds its cell",
        "2 repairs found their cell gone or changed",
    )


@pytest.mark.parametrize(
    ("repairs", "check"),
    [
        ([[1, "paid", "1.00", "- "]], "repairs_sound"),
        ([[1, "city", "Mialno", "Milano"], [1, "City", "Mialno", "Lodi"]], "repairs_once"),
        ([[1, "town", "Mialno", "Milano"]], "repairs_sound"),
        ([[1, "paid", "1.00", "one"]], "repairs_sound"),
        ([[1, "id", "1", "7"]], "repairs_sound"),
        ([[1, None, "1", "7"]], "repairs_sound"),
    ],
)
def test_a_list_that_cannot_be_meant_holds_the_run_back(repairs: list[list[JsonValue]], check: str) -> None:
    assert bench(*repairs).checks()[check, "done"][0] is False


def test_a_row_found_by_its_key_is_still_told_apart_by_it() -> None:
    job = bench([1, "city", "Mialno", "Milano"]).job
    assert job.relations["done"].keys == frozenset({frozenset({"id"})})
    changed = bench([1, "id", "1", "7"], columns=["id", "city"]).job
    assert changed.relations["done"].keys == frozenset()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"from": ["keys", "keyed"], "key": "id"}, "none may be changed"),
        ({"key": "nr"}, "nr"),
        ({"columns": "town"}, "town"),
        ({"from": ["people", "people"]}, "repaired by itself"),
        ({"from": ["repairs", "people"]}, "column"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_in_words(more: dict[str, JsonValue], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        compile_steps({**tables(), "keys": KEYS, "keyed": {**tables()["repairs"]}}, [{**STEP, **more}])
