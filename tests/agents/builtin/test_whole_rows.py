"""Rows with all that they hold: where that is asked for, and where numbers of rows alone would tell nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft, Question
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_DELIVERIES = (
    "id,customer,driver,status,amount,sent_on\n1,Anna,1,returned,12.50,2024-05-01\n2,Bea,1,delivered,20.00,2024-05-02\n"
    "3,Carl,2,returned,7.25,2024-06-01\n"
)
_DRIVERS = "id,name,town\n1,Bo,Leeds\n2,Cy,York\n"


@pytest.mark.parametrize(
    "question",
    [
        "list all rows",
        "show me everything",
        "can you show me the data please",
        "let me see the table",
        "show all data in the file",
        "show me all deliveries",
    ],
)
def test_rows_of_the_only_table_need_no_name(question: str, ask: Ask, folder: Folder) -> None:
    view = folder({"deliveries": _DELIVERIES})
    drafted = ask(question, view)
    assert isinstance(drafted, Draft), drafted
    assert [len(row) for row in rows_of(view, drafted, whole=True)] == [6, 6, 6]


def test_of_several_tables_one_is_asked_for(ask: Ask, folder: Folder) -> None:
    view = folder({"deliveries": _DELIVERIES, "drivers": _DRIVERS})
    asked = ask("show me all rows", view)
    assert isinstance(asked, Question), asked
    assert [option.label for option in asked.options] == ["Deliveries.", "Drivers."]
    chosen = ask("show me all rows", view, answers={asked.key: asked.options[1].value})
    assert isinstance(chosen, Draft), chosen
    assert [tuple(row) for row in rows_of(view, chosen, whole=True)] == [(1, "Bo", "Leeds"), (2, "Cy", "York")]


@pytest.mark.parametrize(
    "question",
    [
        "show everything about drivers in Leeds",
        "list drivers in Leeds with all their details",
        "show all columns of drivers in Leeds",
        "what do we know about drivers in Leeds",
    ],
)
def test_all_that_rows_hold_is_shown_where_it_is_asked_for(question: str, ask: Ask, folder: Folder) -> None:
    view = folder({"deliveries": _DELIVERIES, "drivers": _DRIVERS})
    drafted = ask(question, view)
    assert isinstance(drafted, Draft), drafted
    assert [tuple(row) for row in rows_of(view, drafted, whole=True)] == [(1, "Bo", "Leeds")]


def test_a_column_that_is_called_so_is_read_as_the_column(ask: Ask, folder: Folder) -> None:
    view = folder({"drivers": "id,name,details\n1,Bo,tall\n2,Cy,quick\n"})
    drafted = ask("show the details of drivers", view)
    assert isinstance(drafted, Draft), drafted
    assert sorted(tuple(row) for row in rows_of(view, drafted)) == [("quick",), ("tall",)]


def test_rows_without_a_name_are_listed_whole(ask: Ask, folder: Folder) -> None:
    view = folder({"deliveries": _DELIVERIES, "drivers": _DRIVERS})
    drafted = ask("which deliveries were returned", view)
    assert isinstance(drafted, Draft), drafted
    assert [tuple(row)[:2] for row in rows_of(view, drafted, whole=True)] == [(1, "Anna"), (3, "Carl")]


def test_details_of_figures_are_not_made_up(ask: Ask, folder: Folder) -> None:
    view = folder({"deliveries": _DELIVERIES, "drivers": _DRIVERS})
    assert not isinstance(ask("total amount by driver with all details", view), Draft)
