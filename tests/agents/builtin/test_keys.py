"""Keys that nobody declared are found from names and proven on values."""

from __future__ import annotations

from collections.abc import Callable

from agents.builtin.schema.index import index_of
from evals.dataview import FolderView

Folder = Callable[[dict[str, str]], FolderView]


def joins(view: FolderView) -> set[tuple[str, str, str, str]]:
    return {(j.table, j.columns[0], j.parent, j.keys[0]) for j in index_of(view).schema.joins}


def test_a_column_named_after_a_table_and_its_key_points_there(folder: Folder) -> None:
    view = folder({"cars": "id,make\n1,A\n2,B\n", "sales": "id,car_id,price\n1,2,10\n2,2,20\n3,1,5\n"})
    assert joins(view) == {("sales", "car_id", "cars", "id")}
    assert index_of(view).schema.keys == {"cars": ("id",), "sales": ("id",)}


def test_a_name_alone_is_no_proof_when_the_values_are_strangers(folder: Folder) -> None:
    view = folder({"cars": "id,make\n1,A\n2,B\n", "sales": "id,car_id\n1,77\n2,88\n3,99\n"})
    assert joins(view) == set()


def test_shortened_prefixes_stand_for_their_tables(folder: Folder) -> None:
    view = folder(
        {
            "xyStudent": "xyStuId,xyStuName\n1,Ada\n2,Bo\n",
            "xyMark": "xyMrkId,xyMrkStuId,xyMrkScore\n1,1,90\n2,1,80\n3,2,70\n",
        }
    )
    assert joins(view) == {("xyMark", "xyMrkStuId", "xyStudent", "xyStuId")}


def test_a_text_column_all_of_whose_values_name_rows_elsewhere_is_a_reference(folder: Folder) -> None:
    names = ["oslo", "bergen", "bodo", "molde", "hamar", "moss"]
    towns = "town_name,people\n" + "".join(f"{name},{i}\n" for i, name in enumerate(names))
    roads = "road_id,leads_to\n" + "".join(f"{i},{name}\n" for i, name in enumerate(names))
    assert ("roads", "leads_to", "towns", "town_name") in joins(folder({"towns": towns, "roads": roads}))
