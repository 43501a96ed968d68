"""What is matched automatically is right, also where neighbours are nearly the same; what is less sure is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest
from compiling import Bench, compile_steps
from made_variants import WORLDS, World

Rows = Sequence[Sequence[object]]


def run(columns: Sequence[str], tables: Mapping[str, Rows], **params: object) -> Bench:
    held = {
        name: {"columns": dict.fromkeys(columns, "VARCHAR"), "rows": [list(row) for row in rows], "primary_key": "id"}
        for name, rows in tables.items()
    }
    step = {"id": "e", "use": "entities", "from": list(held), **params}
    outputs = [{"file": f"{number}.csv", "from": name} for number, name in enumerate(("e", "e.mapping", "e.review"))]
    return Bench(compile_steps(held, [step], outputs=outputs), held)


def automatic(bench: Bench, *, linking: bool) -> frozenset[frozenset[str]]:
    groups: dict[object, list[tuple[object, str]]] = {}
    for row in bench.rows("e.mapping"):
        groups.setdefault(row[0], []).append((row[1], str(row[2])))
    return frozenset(
        frozenset((one[1], other[1]))
        for members in groups.values()
        for one, other in combinations(members, 2)
        if not linking or one[0] != other[0]
    )


def asked(bench: Bench) -> dict[frozenset[str], str]:
    return {frozenset((str(row[1]), str(row[3]))): str(row[5]) for row in bench.rows("e.review")}


RECALL = {"products": 0.70, "products without codes": 0.50, "branches": 0.80, "families": 0.75, "addresses": 0.25,
          "titles": 0.65}  # fmt: skip
"""Floors below which a cautious method would have become a useless one."""


@pytest.mark.parametrize("name", sorted(WORLDS))
@pytest.mark.parametrize("seed", [1])
def test_of_what_is_matched_automatically_19_of_20_are_right_in_every_world(name: str, seed: int) -> None:
    world: World = WORLDS[name](seed, 200)
    bench = run(world.columns, world.tables)
    found = automatic(bench, linking=len(world.tables) == 2)
    right = len(found & world.pairs)
    assert right >= 0.97 * len(found)
    assert right >= RECALL[name] * len(world.pairs)
    assert len((found | asked(bench).keys()) & world.pairs) >= right


CATALOGUE = ("id", "title")
OURS = [["a1", "Orbis Vela red desk lamp"], ["a2", "Orbis Vela blue desk lamp"], ["a3", "Kavo Teno red phone case"]]
THEIRS = [["b2", "Orbis Vela desk lamp blue"], ["b3", "Kavo Teno blue phone case"]]


def test_a_colour_in_place_of_another_by_which_records_of_a_table_differ_is_asked_about() -> None:
    bench = run(CATALOGUE, {"ours": OURS, "theirs": THEIRS})
    assert automatic(bench, linking=True) == {frozenset(("a2", "b2"))}
    assert "red against blue, by which others differ" in asked(bench)[frozenset(("a3", "b3"))]


def test_words_by_which_no_record_of_a_table_differs_are_another_wording() -> None:
    other = [OURS[0], ["a2", "Zimar Holt garden chair"], OURS[2]]
    bench = run(CATALOGUE, {"ours": other, "theirs": THEIRS[1:]})
    assert automatic(bench, linking=True) == {frozenset(("a3", "b3"))}


def test_the_same_rare_code_outweighs_other_words() -> None:
    coded = [[*row[:1], f"{row[1]} - {code}"] for row, code in zip(OURS, ("QX1201", "QX1202", "ZN4417"), strict=True)]
    bench = run(CATALOGUE, {"ours": coded, "theirs": [["b3", "Kavo Teno blue phone case (ZN-4417)"]]})
    assert automatic(bench, linking=True) == {frozenset(("a3", "b3"))}


PERSON = ("id", "name", "email", "phone", "birth_date")
ELDER = ["1", "Emil Varga", "emil.varga@post.test", "+44 20 5550 1234", "1950-03-07"]
YOUNGER = ["2", "Emil Varga", "e.v.junior@web.test", "+44 20 5550 1234", "1981-11-25"]


def test_who_may_be_either_of_two_that_contradict_each_other_is_asked_about() -> None:
    either = ["3", "Emil Varga", None, "+44 20 5550 1234", None]
    bench = run(PERSON, {"people": [ELDER, YOUNGER, either]})
    assert automatic(bench, linking=False) == frozenset()
    assert {frozenset(("1", "3")), frozenset(("2", "3"))} <= asked(bench).keys()


def test_who_is_more_like_the_one_is_joined_with_that_one_alone() -> None:
    elder = ["3", "Emil Varga", "emil.varga@post.test", "+44 20 5550 1234", None]
    bench = run(PERSON, {"people": [ELDER, YOUNGER, elder]})
    assert automatic(bench, linking=False) == {frozenset(("1", "3"))}


PLACE = ("id", "street", "city")


def test_where_nothing_but_addresses_is_compared_they_are_matched_by_house() -> None:
    ours = [["a1", "17 Harbour Street", "Leeds"], ["a2", "19 Harbour Street", "Leeds"], ["a3", "4 Mill Lane", "York"]]
    theirs = [["b1", "17 HARBOUR ST", "Leeds"], ["b4", "6 Mill Ln.", "York"]]
    bench = run(PLACE, {"ours": ours, "theirs": theirs}, automatic="0.5")
    assert automatic(bench, linking=True) == {frozenset(("a1", "b1"))}
