"""Rows with several days: the one that was taken is told, and what the figure would be by another."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.contract import Draft
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_ORDERS = (
    "id,total,ordered_on,shipped_on\n1,10.00,2024-04-30,2024-05-02\n2,5.00,2024-05-01,2024-05-03\n"
    "3,7.00,2024-05-31,2024-06-01\n"
)


@pytest.mark.parametrize("question", ["total in May 2024", "how much did we take in May 2024", "sum of total in May"])
def test_a_figure_is_told_by_the_other_day_too(question: str, ask: Ask, folder: Folder) -> None:
    drafted = ask(question, folder({"orders": _ORDERS}))
    assert isinstance(drafted, Draft), drafted
    assert drafted.assumptions[:2] == ("dates are those of ordered_on", "by shipped_on it would be 15.00")


@pytest.mark.parametrize("question", ["total in 2024", "how many orders in May 2024"])
def test_where_both_days_give_one_figure_one_is_told(question: str, ask: Ask, folder: Folder) -> None:
    drafted = ask(question, folder({"orders": _ORDERS}))
    assert isinstance(drafted, Draft), drafted
    assert drafted.assumptions == ("dates are those of ordered_on",)


def test_a_plan_holds_no_figure_of_the_day_it_was_made(ask: Ask, folder: Folder) -> None:
    drafted = ask("total in May 2024", folder({"orders": _ORDERS}), want="pipeline")
    assert isinstance(drafted, Draft), drafted
    assert not any("would be" in one for one in drafted.spec.assumptions)


def test_the_day_may_be_that_of_the_rows_above(ask: Ask, folder: Folder) -> None:
    lines = "line_id,order_id,amount\n1,1,10.00\n2,2,5.00\n3,3,7.00\n"
    orders = (
        _ORDERS.replace("id,total,", "order_id,status,").replace("10.00", "a").replace("5.00", "b").replace("7.00", "c")
    )
    drafted = ask("total amount of lines in May 2024", folder({"orders": orders, "lines": lines}))
    assert isinstance(drafted, Draft), drafted
    assert "by shipped_on it would be 15.00" in drafted.assumptions
