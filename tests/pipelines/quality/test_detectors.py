"""Wrong cells: what each detector sees in a small table, and how many of those made on purpose are found."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from dirty_tables import Dirty, customers, departures, order_lines

from pipelines.quality.cells import DETECTORS, WrongCell, find_cells
from pipelines.quality.examined import Examined

PLAIN = [[str(n), "Milano" if n % 2 else "Torino", f"{n % 7 + 1}", f"2026-0{n % 9 + 1}-15"] for n in range(1, 61)]
NAMES = ["id", "city", "amount", "day"]


def found(names: Sequence[str], rows: Sequence[Sequence[str]], *, threads: int = 2) -> list[WrongCell]:
    with Examined(names, rows, names[:1], threads=threads) as data:
        return find_cells(data)


def with_cell(column: str, value: str, row: int = 30) -> list[list[str]]:
    rows = [list(one) for one in PLAIN]
    rows[row][NAMES.index(column)] = value
    return rows


def test_a_clean_table_has_no_wrong_cell() -> None:
    assert found(NAMES, PLAIN) == []


@pytest.mark.parametrize(
    ("column", "value", "proposed", "kind"),
    [
        ("city", "Mialno", "Milano", "spelling"),
        ("city", "MILANO", "Milano", "spelling"),
        ("city", " Milano", "Milano", "spaces"),
        ("amount", "N/A", "", "markers"),
        ("amount", "xxxx", "", "markers"),
        ("amount", "$5", "5", "kinds"),
        ("amount", "1O", "10", "kinds"),
        ("amount", "five", None, "kinds"),
        ("amount", "5 kg", "5", "affixes"),
        ("amount", "99999", None, "outliers"),
        ("day", "15/01/2026", "2026-01-15", "dates"),
        ("day", "2026-02-31", None, "dates"),
        ("day", "soon", None, "kinds"),
    ],
)
def test_a_single_mistake_is_found_with_its_repair(column: str, value: str, proposed: str | None, kind: str) -> None:
    (cell,) = found(NAMES, with_cell(column, value))
    assert (cell.key, cell.column, cell.value) == (("31",), column, value)
    assert cell.proposed == proposed
    assert kind in cell.kinds
    assert cell.reason


def test_what_the_rest_of_the_table_says_settles_a_value() -> None:
    rows = [[str(n), f"{20000 + n % 6}", f"town{n % 6}", f"mayor{n % 6}"] for n in range(120)]
    rows[40][2] = "town1"
    (cell,) = found(["id", "zip", "town", "mayor"], rows)
    assert (cell.key, cell.value, cell.proposed) == (("40",), "town1", "town4")
    assert "same zip or mayor" in cell.reason


def test_where_two_columns_contradict_each_other_alone_neither_is_sure_to_be_the_wrong_one() -> None:
    rows = [[str(n), f"{20000 + n % 6}", f"town{n % 6}"] for n in range(120)]
    rows[40][2] = "town1"
    cells = found(["id", "zip", "town"], rows)
    assert {cell.column for cell in cells} == {"zip", "town"}
    assert all(cell.confidence < 0.6 for cell in cells)


def test_a_shop_abroad_with_prices_of_its_own_is_no_mistake() -> None:
    rows = [[str(n), f"sku{n % 5}", "IT", f"{10 * (n % 5) + 10}.00"] for n in range(200)]
    rows += [[str(200 + n), f"sku{n % 5}", "CH", f"{10 * (n % 5) + 13}.00"] for n in range(15)]
    assert [cell for cell in found(["id", "sku", "country", "price"], rows) if cell.column == "price"] == []


def test_a_city_with_a_namesake_elsewhere_is_no_mistake() -> None:
    rows = [[str(n), "Portland" if n % 2 else "Boise", "OR" if n % 2 else "ID"] for n in range(80)]
    rows += [[str(80 + n), "Portland" if n < 6 else "Bangor", "ME"] for n in range(20)]
    assert found(["id", "city", "state"], rows) == []


def test_a_value_that_took_in_its_neighbours_is_taken_apart() -> None:
    cities = [("Bend", "OR"), ("Gary", "IN"), ("Salem", "MA"), ("Reno", "NV")]
    rows = [[str(n), *cities[n % 4]] for n in range(80)]
    for number in range(0, 40, 8):
        rows[number] = [rows[number][0], "Bend OR", ""]
    cells = found(["id", "city", "state"], rows)
    assert {(cell.column, cell.proposed) for cell in cells} == {("city", "Bend"), ("state", "OR")}
    assert len(cells) == 10


def test_a_percentage_among_shares_is_divided_and_a_needless_sign_is_dropped() -> None:
    rows = [[str(n), f"0.{10 + n % 40}", f"{5 + n % 40}"] for n in range(100)]
    for number in range(0, 100, 5):
        rows[number][1] = f"{10 + number % 40}%"
        rows[number][2] += "%"
    proposed = {(cell.key[0], cell.column): cell.proposed for cell in found(["id", "share", "percent"], rows)}
    assert proposed["5", "share"] == "0.15"
    assert proposed["5", "percent"] == "10"
    assert len(proposed) == 40


def test_two_currencies_in_a_column_are_told_and_neither_is_dropped() -> None:
    rows = [[str(n), f"${n % 30}.50"] for n in range(200)]
    rows[7][1] = "€12.00"
    (cell,) = found(["id", "price"], rows)
    assert (cell.value, cell.proposed) == ("€12.00", None)
    assert "carry" in cell.reason or "unit" in cell.reason


def test_a_unit_that_every_value_carries_is_a_convention() -> None:
    assert found(["id", "weight"], [[str(n), f"{n % 30 + 1} kg"] for n in range(100)]) == []


def test_a_word_for_nothing_that_the_whole_table_uses_is_a_convention() -> None:
    rows = [[str(n), "none" if n % 3 else "Via Roma", "none" if n % 4 else "B"] for n in range(60)]
    assert found(["id", "street", "stairs"], rows) == []


def test_the_same_thing_twice_that_disagrees_is_told() -> None:
    rows = [[f"c{n}", f"mail{n}@x.example", "shop" if n % 2 else "web", "it" if n % 3 else "de"] for n in range(60)]
    rows.append(["c20", "mail20@x.example", "shop", rows[20][3]])
    cells = found(["id", "email", "kind", "language"], rows)
    assert {(cell.key, cell.column) for cell in cells} == {(("c20",), "kind")}
    assert all(cell.proposed is None for cell in cells)


def test_a_sign_in_place_of_letters_all_over_the_table_is_a_hole() -> None:
    words = ["florence", "sheffield", "birmingham", "northport", "cullman", "dothan", "decatur", "anniston"]
    rows = [[str(n), words[n % 8], "yes" if n % 5 else "no"] for n in range(400)]
    drawn = random.Random(1)
    for number in range(0, 400, 9):
        word = rows[number][1]
        rows[number][1] = "".join("q" if drawn.random() < 0.25 else letter for letter in word)
    rows[3][2] = "yqs"
    cells = {cell.key[0]: cell for cell in found(["id", "city", "open"], rows)}
    assert cells["3"].proposed == "yes"
    changed = [number for number in range(0, 400, 9) if rows[number][1] != words[number % 8]]
    right = [number for number in changed if str(number) in cells and cells[str(number)].proposed == words[number % 8]]
    assert len(right) >= 0.9 * len(changed)


@pytest.mark.parametrize("make", [customers, order_lines, departures])
@pytest.mark.parametrize("seed", [3, 11])
def test_most_mistakes_made_on_purpose_are_found_and_little_else(make: Callable[[int], Dirty], seed: int) -> None:
    table = make(seed)
    numbers = {row[0]: number for number, row in enumerate(table.dirty)}
    cells = {(numbers[cell.key[0]], table.names.index(cell.column)): cell for cell in found(table.names, table.dirty)}
    hit = len(table.wrong & set(cells))
    precision, recall = hit / len(cells), hit / len(table.wrong)
    assert precision >= 0.95
    assert recall >= 0.8
    proposed = {place: cell.proposed for place, cell in cells.items() if cell.proposed}
    right = sum(table.clean[row][column] == text for (row, column), text in proposed.items())
    assert right >= 0.9 * len(proposed)


def test_neither_the_order_of_rows_nor_the_threads_change_what_is_found() -> None:
    table = order_lines(5, 300)
    once = found(table.names, table.dirty, threads=1)
    shuffled = list(table.dirty)
    random.Random(2).shuffle(shuffled)
    assert found(table.names, shuffled, threads=2) == once
    assert once


@pytest.mark.parametrize("rows", [[], [["1", "", ""]], [["1", "a", "2"]] * 3])
def test_an_empty_or_tiny_table_has_no_wrong_cell(rows: list[list[str]]) -> None:
    assert found(["id", "a", "b"], rows) == []


@pytest.mark.parametrize("name", DETECTORS.names())
def test_every_detector_says_what_it_finds(name: str) -> None:
    assert len((DETECTORS.load(name).__doc__ or "").split()) > 8
