"""Two columns that point at one table are two roles of it: what is said tells which, and else it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from drafted import rows_of

from agents.builtin.schema.index import index_of
from agents.contract import Question

if TYPE_CHECKING:
    from evals.dataview import FolderView
    from tests.agents.builtin.conftest import Ask

_TABLES = {
    "depot": "depot_id,depot_name,area\n1,Alder,north\n2,Birch,south\n3,Cedar,south\n",
    "trip": (
        "trip_id,origin_depot_id,destination_depot_id,km\n1,1,2,40\n2,1,3,55\n3,2,1,41\n4,3,1,52\n5,2,3,12\n6,1,2,39\n"
    ),
    "clerk": "clerk_id,clerk_name,manager_id,wage\n1,Ada,,50\n2,Bo,1,40\n3,Cy,1,42\n4,Di,2,30\n",
}


@pytest.fixture
def trips(folder: Callable[..., FolderView]) -> FolderView:
    return folder(_TABLES)


def test_each_role_is_a_table_of_its_own(trips: FolderView) -> None:
    schema = index_of(trips).schema
    assert {"depot (origin)", "depot (destination)", "clerk (manager)"} == set(schema.roles)
    assert schema.real("depot (origin)") == "depot"


def test_the_word_of_a_role_says_which(ask: Ask, trips: FolderView) -> None:
    rows = rows_of(trips, ask("number of trips per origin depot", trips))
    assert rows == [["Alder", 3], ["Birch", 2], ["Cedar", 1]]


def test_from_and_to_say_which(ask: Ask, trips: FolderView) -> None:
    assert rows_of(trips, ask("how many trips from Alder to Birch", trips)) == [[2]]


def test_two_roles_are_grouped_side_by_side(ask: Ask, trips: FolderView) -> None:
    rows = rows_of(trips, ask("number of trips by origin depot and destination depot", trips))
    assert ["Alder", "Birch", 2] in rows
    assert len(rows) == 5


def test_where_no_role_is_said_it_is_asked_and_the_answer_settles_it(ask: Ask, trips: FolderView) -> None:
    asked = ask("number of trips per depot", trips)
    assert isinstance(asked, Question)
    assert {option.value for option in asked.options} == {"depot (origin)", "depot (destination)"}
    rows = rows_of(trips, ask("number of trips per depot", trips, answers={asked.key: "depot (destination)"}))
    assert {str(name): count for name, count in rows} == {"Alder": 2, "Birch": 2, "Cedar": 2}


def test_a_table_that_only_ties_rows_of_one_table_has_no_roles(folder: Callable[..., FolderView]) -> None:
    view = folder({"town": "town\na\nb\nc\nd\ne\nf\n", "near": "town,other_town\na,b\nb,a\nc,d\nd,c\ne,f\nf,e\n"})
    assert not index_of(view).schema.roles
