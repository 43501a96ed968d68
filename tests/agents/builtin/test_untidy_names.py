"""Schemas as small businesses have them: marked, shortened and coded names, keys that are called in any way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.builtin.schema.index import index_of
from agents.builtin.schema.references import find_references
from evals.dataview import FolderView

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agents.builtin.conftest import Ask

Rows = list[list[object]]

_HARBOUR = {
    "Boat": (
        (
            "BoatNo INTEGER, BoatName VARCHAR, BoatClass VARCHAR, Berths INTEGER, StockFuel INTEGER, "
            "MinimumFuel INTEGER, SoldOn DATE, HasAircon VARCHAR"
        ),
        "1,Heron,sloop,4,10,20,,Y\n2,Tern,motor,6,50,20,2023-02-01,N\n3,Gull,sloop,2,70,20,,N\n",
    ),
    "Crew": (
        "CrewNo INTEGER, CrewName VARCHAR, Position VARCHAR, DayRate DECIMAL(8,2), HiredOn DATE",
        "1,Ivo Reed,skipper,100,2020-01-01\n2,Nora Bay,skipper,120,2020-02-01\n3,Pia Cove,cook,80,2020-03-01\n",
    ),
    "Guest": (
        "GuestNo INTEGER, GuestName VARCHAR, Country VARCHAR, InvitedBy INTEGER",
        "1,Ann,France,\n2,Ben,Spain,1\n3,Cleo,France,1\n4,Dan,Norway,9\n"
        + "".join(f"{n},Guest {n},Norway,\n" for n in range(5, 21)),
    ),
    "Trip": (
        (
            "TripNo INTEGER, BoatNo INTEGER, GuestNo INTEGER, SkipperNo INTEGER, OpenedBy INTEGER, ClosedBy INTEGER, "
            "FromPort VARCHAR, ToPort VARCHAR, BookedAt DATE, StartDate DATE, DueBack DATE, ReturnedOn DATE, "
            "TripState VARCHAR, PersonCount INTEGER, TotalPrice DECIMAL(10,2)"
        ),
        (
            "1,1,1,1,3,3,ALN,BRM,2023-01-05,2023-02-01,2023-02-08,2023-02-10,sailed,2,100\n"
            "2,1,2,2,3,2,BRM,ALN,2023-03-05,2023-04-01,2023-04-08,2023-04-08,sailed,4,300\n"
            "3,2,1,1,2,2,ALN,ALN,2023-03-09,2023-05-01,2023-05-08,,cancelled,2,50\n"
            "4,2,3,2,1,3,BRM,BRM,2024-01-02,2024-02-01,2024-02-08,2024-02-09,sailed,6,900\n"
        ),
    ),
    "Port": ("PortCode VARCHAR, PortName VARCHAR", "ALN,Alnmouth\nBRM,Brightmere\nCRD,Cardle\n"),
}


@pytest.fixture
def typed(tmp_path: Path) -> Callable[[dict[str, tuple[str, str]]], FolderView]:
    """A view over tables given as (columns with types, rows)."""

    def make(tables: dict[str, tuple[str, str]]) -> FolderView:
        for name, (columns, rows) in tables.items():
            head = ",".join(column.split()[0] for column in columns.split(", "))
            (tmp_path / f"{name}.csv").write_text(f"{head}\n{rows}", encoding="utf-8")
        statements = [f'CREATE TABLE "{name}" ({columns});' for name, (columns, _) in tables.items()]
        (tmp_path / "_schema.sql").write_text("\n".join(statements), encoding="utf-8")
        return FolderView(tmp_path)

    return make


@pytest.fixture
def harbour(typed: Callable[[dict[str, tuple[str, str]]], FolderView]) -> FolderView:
    return typed(_HARBOUR)


def test_what_marks_a_table_as_a_table_is_no_part_of_its_name(folder: Callable[..., FolderView]) -> None:
    view = folder({"tbl_boat": "boat_id,nm\n1,A\n2,B\n", "lkp_boat_class": "cd,label\nS,sloop\nM,motor\n"})
    assert index_of(view).schema.tables == {"tbl_boat": ("boat",), "lkp_boat_class": ("boat", "class")}


def test_three_letters_are_a_longitude_only_beside_a_latitude(folder: Callable[..., FolderView]) -> None:
    alone = folder({"lng": "lng_id,lng_nm\n1,A\n2,B\n"})
    assert index_of(alone).schema.tables["lng"] == ("lng",)


def test_coordinates_stay_coordinates(folder: Callable[..., FolderView]) -> None:
    view = folder({"stops": "id,lat,lng\n1,1.5,2.5\n2,1.6,2.6\n"})
    assert index_of(view).schema.columns["stops", "lng"].words == ("longitude",)


def test_who_did_it_points_at_the_people(harbour: FolderView) -> None:
    joins = {(j.table, j.columns[0]): index_of(harbour).schema.real(j.parent) for j in index_of(harbour).schema.joins}
    assert joins["Trip", "OpenedBy"] == joins["Trip", "ClosedBy"] == joins["Trip", "SkipperNo"] == "Crew"
    assert joins["Guest", "InvitedBy"] == "Guest"  # no crew has such numbers
    assert joins["Trip", "FromPort"] == joins["Trip", "ToPort"] == "Port"


def test_a_column_of_counts_is_no_reference_however_it_ends(typed: Callable[..., FolderView]) -> None:
    view = typed(
        {
            "semester": ("semester_id INTEGER, label VARCHAR", "1,spring\n2,autumn\n3,winter\n"),
            "course": ("course_id INTEGER, title VARCHAR, num_semesters INTEGER", "1,A,2\n2,B,1\n3,C,2\n4,D,1\n"),
        }
    )
    assert not index_of(view).schema.joins


def test_references_without_people_are_left_alone(folder: Callable[..., FolderView]) -> None:
    view = folder({"box": "id,label\n1,A\n2,B\n", "move": "id,packed_by\n1,1\n2,2\n3,1\n"})
    index = index_of(view)
    assert find_references(index.schema, index.values, {}, [], lambda _child, _parent: 1.0) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many boats have aircon?", [[1]]),
        ("boats without aircon - how many?", [[2]]),
        ("Trips per skipper", [["Ivo Reed", 2], ["Nora Bay", 2]]),
        ("trips opened by Pia Cove, how many", [[2]]),
        ("trips opened and closed by the same crew: how many?", [[2]]),
        ("Which crew never closed a trip?", [["Ivo Reed"]]),
        ("number of trips from Brightmere to Alnmouth", [[1]]),
        ("boats that were sold", [["Tern"]]),
        ("how many trips were returned late?", [[2]]),
        ("how many trips returned on time", [[1]]),
        ("boats with fuel in stock below the minimum", [["Heron"]]),
        ("average total price per person", None),
        ("guests who spent more than the average guest", [["Cleo"]]),
        ("which 2 boats had the most trips?", None),
        ("total price of sailed trips", [[1300]]),
        ("average days from booking to start", [[34.25]]),
    ],
)
def test_questions_over_an_untidy_schema(ask: Ask, harbour: FolderView, question: str, expected: Rows | None) -> None:
    found = rows_of(harbour, ask(question, harbour))
    assert expected is None or [[_plain(v) for v in row] for row in found] == [
        [_plain(v) for v in row] for row in expected
    ]


def _plain(value: object) -> object:
    """Numbers by their worth, whether they come as text or not."""
    try:
        return float(str(value))
    except ValueError:
        return value
