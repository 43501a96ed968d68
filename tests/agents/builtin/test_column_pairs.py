"""Columns against columns, and what is left of a stock against a number; checked against SQL by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import by_hand, figures, view_of

from agents.contract import Draft, Refusal
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

_JOINERY = {
    "orders": (
        "order_id,town,billed_eur,paid_eur\n1,Cork,100,100\n2,Cork,250,200\n3,Bray,80,80\n4,Bray,120,150\n5,Cork,60,\n"
    ),
    "parts": (
        "part_id,part_name,stock_qty,reorder_level,cost_price,sale_price\n1,hinge,12,20,2.0,3.5\n"
        "2,screw,900,500,0.05,0.04\n3,oak board,7,5,30,55\n4,varnish,0,4,8,8\n"
    ),
    "order_lines": "line_id,order_id,part_id,quantity\n1,1,1,4\n2,2,2,100\n3,3,3,9\n4,4,1,15\n5,5,4,2\n",
}
_CREWED = "SELECT hire_id FROM hires JOIN boats USING (boat_id) WHERE crew_size > berths"
_OFTEN = "SELECT name FROM boats WHERE (SELECT COUNT(*) FROM hires WHERE hires.boat_id = boats.boat_id) > berths"


@pytest.fixture
def joinery(folder: Callable[[dict[str, str]], FolderView]) -> FolderView:
    return folder(_JOINERY)


@pytest.mark.parametrize(
    ("world", "question", "sql"),
    [
        ("marina", "hires where the crew was bigger than the boat's berths", _CREWED),
        ("marina", "which hires had a bigger crew than berths", _CREWED),
        ("marina", "how many hires had more crew than the boat has berths", f"SELECT COUNT(*) FROM ({_CREWED})"),
        (
            "marina",
            "hires with less charge than the daily rate",
            "SELECT hire_id FROM hires JOIN boats USING (boat_id) WHERE total_charge < daily_rate",
        ),
        ("marina", "which boats were hired more often than they have berths", _OFTEN),
        ("marina", "boats with more hires than berths", _OFTEN),
        ("marina", "which extras are below 20 in stock", "SELECT label FROM extras WHERE stock_units < 20"),
        ("marina", "extras with fewer than 30 left", "SELECT label FROM extras WHERE stock_units < 30"),
        (
            "workshop",
            "jobs where the parts cost more than the labour",
            "SELECT job_no FROM repair_jobs WHERE parts_cost > labour_cost",
        ),
    ],
)
def test_columns_are_compared_with_columns(ask: Ask, world: str, question: str, sql: str) -> None:
    view = view_of(world)
    assert figures(view, ask(question, view)) == by_hand(view, sql)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("orders where paid differs from billed", [(2,), (4,)]),
        ("orders where billed and paid are not the same", [(2,), (4,)]),
        ("how many orders where paid equals billed", [(2,)]),
        ("orders where paid was less than billed", [(2,)]),
        ("which parts are below their reorder level", [("hinge",), ("varnish",)]),
        ("parts with less stock than the reorder level", [("hinge",), ("varnish",)]),
        ("parts with more than 10 left", [("hinge",), ("screw",)]),
        ("parts sold for less than they cost", [("screw",)]),
        ("order lines where the quantity is more than the part's stock", [(3,), (4,), (5,)]),
        ("orders where billed is more than 100", [(2,), (4,)]),
    ],
)
def test_amounts_and_stocks_are_compared(
    ask: Ask, joinery: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert figures(joinery, ask(question, joinery)) == rows


def test_rows_of_which_one_side_is_not_known_are_said_to_be_left_aside(ask: Ask, joinery: FolderView) -> None:
    drafted = ask("orders where paid differs from billed", joinery)
    assert isinstance(drafted, Draft)
    assert "rows without paid_eur are left aside" in drafted.assumptions


@pytest.mark.parametrize(
    "question",
    [
        "hires where the crew was bigger than the weather",
        "hires where the state was bigger than the crew",
        "which boats are below their reorder level",
        "boats with fewer than 3 left",
        "boats hired more than they were cleaned",
        "which hires differ from the rest",
    ],
)
def test_what_is_no_column_is_compared_with_nothing(ask: Ask, question: str) -> None:
    assert isinstance(ask(question, view_of("marina")), Refusal)


@pytest.mark.parametrize(
    "question",
    ["orders where paid differs from town", "orders where paid and town differ", "parts with more cost than price"],
)
def test_a_comparison_that_is_not_understood_is_never_left_out(ask: Ask, joinery: FolderView, question: str) -> None:
    assert isinstance(ask(question, joinery), Refusal)
