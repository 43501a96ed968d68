"""Amounts that no column holds, rates, ages and hours, over the little tables of a bicycle workshop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_WORKSHOP = {
    "client": (
        "client_id,full_name,town,birth_date,level\n1,Ida,Cork,1980-06-16,gold\n2,Jon,Cork,2000-01-01,\n"
        "3,Kay,Bantry,1990-05-05,gold\n4,Lea,Bantry,,blue\n"
    ),
    "mechanic": "mechanic_id,full_name,hired_on\n1,Ann,2018-01-01\n2,Bo,2020-02-01\n",
    "repair": (
        "repair_id,client_id,mechanic_id,repair_date,duration_minutes,status\n1,1,1,2023-02-01,30,Done\n"
        "2,1,2,2023-08-10,60,Done\n3,2,1,2024-01-15,30,Cancelled\n4,2,1,2024-02-20,90,Done\n"
        "5,3,2,2023-09-01,60,NoShow\n6,3,2,2023-10-01,30,NoShow\n7,1,1,2024-05-05,60,Done\n"
        "8,2,2,2024-03-03,30,NoShow\n"
    ),
    "repair_part": (
        "repair_id,line_no,part_id,quantity,unit_price\n1,1,1,1,20.00\n1,2,2,2,15.00\n2,1,3,4,5.00\n3,1,1,1,20.00\n"
        "4,1,2,1,15.00\n4,2,3,2,5.00\n7,1,1,2,20.00\n"
    ),
    "part": "part_id,part_name,part_group\n1,Chain,drive\n2,Tyre,wheels\n3,Tube,wheels\n4,Bell,extras\n",
}
_PAYMENTS = {
    "client": _WORKSHOP["client"],
    "payment": (
        "payment_id,client_id,paid_on,amount,method\n1,1,2023-03-01,50.00,Cash\n2,1,2023-09-01,20.00,Card\n"
        "3,2,2024-01-20,25.00,Cash\n4,3,2024-02-01,60.00,Card\n5,3,2023-05-01,10.00,Cash\n"
    ),
}


def _told(view: FolderView, drafted: object) -> list[str]:
    return sorted(
        str(tuple(f"{one:.2f}" if isinstance(one, float) else one for one in row)) for row in rows_of(view, drafted)
    )


def _like(rows: list[tuple[object, ...]]) -> list[str]:
    return sorted(str(tuple(f"{one:.2f}" if isinstance(one, float) else one for one in row)) for row in rows)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("total revenue", [(155.0,)]),
        ("What were our takings last month?", [(40.0,)]),
        ("revenue by part group", [("drive", 80.0), ("wheels", 75.0)]),
        ("average repair value", [(31.0,)]),
        ("average repair value per town", [("Cork", 31.0)]),
        ("which repair had the highest value?", [(1,)]),
        ("clients who spent more than 100", [("Ida",)]),
        ("top 2 clients by revenue this year", [("Ida", 40.0), ("Jon", 45.0)]),
        ("top 2 clients by money spent this year? ignore cancelled", [("Ida", 40.0), ("Jon", 25.0)]),
        ("top 2 clients by revenue this year, cancelled repairs do not count", [("Ida", 40.0), ("Jon", 25.0)]),
        ("top 2 clients by quantity this year", [("Ida", 2), ("Jon", 4)]),
        ("for each part group the part with the highest revenue", [("drive", "Chain"), ("wheels", "Tyre")]),
        ("the part with the highest revenue in each part group", [("drive", "Chain"), ("wheels", "Tyre")]),
        ("by what percentage did revenue change from 2023 to 2024", [(21.428571428571427,)]),
        ("how much did sales go up or down in percent, 2024 against 2023? cancelled excluded", [(-7.142857142857143,)]),
    ],
)
def test_so_many_at_a_price_each_come_to_an_amount(
    ask: Ask, folder: Folder, question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder(_WORKSHOP)
    assert _told(view, ask(question, view)) == _like(rows)


def test_where_an_amount_is_kept_nothing_is_multiplied(ask: Ask, folder: Folder) -> None:
    kept = "repair_id,line_no,part_id,quantity,unit_price,revenue\n1,1,1,1,20.00,18.00\n1,2,2,2,15.00,27.00\n"
    view = folder(_WORKSHOP | {"repair_part": kept})
    assert _told(view, ask("total revenue", view)) == _like([(45.0,)])


def test_what_is_computed_is_said(ask: Ask, folder: Folder) -> None:
    view = folder(_WORKSHOP)
    amount, age = ask("total revenue", view), ask("average age of clients", view)
    assert isinstance(amount, Draft)
    assert isinstance(age, Draft)
    assert "amount is quantity times unit_price" in amount.assumptions
    assert "age is in full years since birth_date" in age.assumptions


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("how many repairs ended in a no show", [(3,)]),
        ("clients with 2 or more no shows", [("Kay",)]),
        ("clients who missed (no show) 2 or more repairs", [("Kay",)]),
        ("no-show rate per mechanic", [("Ann", 0.0), ("Bo", 75.0)]),
        ("cancellation rate in percent", [(12.5,)]),
        ("how many hours did Ann work in 2023", [(0.5,)]),
        ("which mechanic worked the most hours", [("Ann",)]),
        ("clients older than 40", [("Ida",)]),
        ("30 minute repairs of Kay", [(6,)]),
        ("how many one hour repairs", [(3,)]),
        ("average number of repairs per client", [(2.6666666666666665,)]),
        ("number of repairs per client on average", [(2.6666666666666665,)]),
        ("average age of clients", [(33.666666666666664,)]),
        ("clients with repairs by more than one mechanic", [("Ida",), ("Jon",)]),
        ("clients with a chain but never a tube", []),
        ("how many repairs in the second half of last year", [(3,)]),
        ("how many repairs in the first quarter of this year", [(3,)]),
        ("how many repairs from January to February last year", [(1,)]),
        ("how many repairs since New Year", [(4,)]),
        ("clients who had repairs in 2023 but have not had repairs since New Year", [("Kay",)]),
        ("clients at each level, blanks left out", [("gold", 2), ("blue", 1)]),
        ("no-show repairs per 100 repairs for each mechanic", [("Ann", 0.0), ("Bo", 75.0)]),
        ("parts by part group, commonest first", [("drive", 1), ("wheels", 2), ("extras", 1)]),
    ],
)
def test_rates_ages_hours_and_sets_are_understood(
    ask: Ask, folder: Folder, question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder(_WORKSHOP)
    drafted = ask(question, view)
    if rows:
        assert _told(view, drafted) == _like(rows)
    else:
        assert not isinstance(drafted, Draft) or not rows_of(view, drafted)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How much more did we take in cash than by card in 2023?", [(40.0,)]),
        ("how much less did we take in cash than by card in 2024?", [(35.0,)]),
        ("on average how much has a paying client paid us in all?", [(55.0,)]),
        ("average total payment per client", [(55.0,)]),
        ("how much did each client pay", [("Ida", 70.0), ("Jon", 25.0), ("Kay", 70.0)]),
        ("Money received in May 2023", [(10.0,)]),
        ("the client with the highest total payments in each town", [("Cork", "Ida"), ("Bantry", "Kay")]),
        (
            "for each town, the client who has paid us the most in total. Town, name, amount.",
            [("Cork", "Ida", 70.0), ("Bantry", "Kay", 70.0)],
        ),
        ("who paid in cash", [("Ida",), ("Jon",), ("Kay",)]),
        ("who paid in May 2023?", [("Kay",)]),
    ],
)
def test_money_that_was_paid_is_added_up_and_compared(
    ask: Ask, folder: Folder, question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder(_PAYMENTS)
    assert _told(view, ask(question, view)) == _like(rows)


@pytest.mark.parametrize(
    "question",
    [
        "revenue per town",  # what was billed, or what was paid
        "who had repairs in 2023",  # clients or mechanics
        "mechanics by hours hired",  # a day has no hours
        "average revenue",  # of a line, or of a repair
    ],
)
def test_what_is_open_is_not_answered(ask: Ask, folder: Folder, question: str) -> None:
    assert not isinstance(ask(question, folder(_WORKSHOP | _PAYMENTS)), Draft)


def test_of_several_amounts_the_one_that_has_the_group_is_meant(ask: Ask, folder: Folder) -> None:
    view = folder(_WORKSHOP | _PAYMENTS)
    drafted = ask("revenue by part group", view)
    assert _told(view, drafted) == _like([("drive", 80.0), ("wheels", 75.0)])


_SHELF = {
    "article": (
        "article_id,article_name,sort,list_price,unit_cost,weight_g\n1,Oslo,lamp,3.00,2.00,500\n2,Bern,lamp,5.00,1.00,400\n"
        "3,Sofa,seat,20.00,4.00,900\n4,Stool,seat,2.00,1.00,80\n"
    ),
    "delivery": (
        "delivery_id,article_id,hired_on,returned_on\n1,1,2024-01-01,2024-01-05\n2,2,2024-02-01,\n3,3,2024-03-01,2024-03-03\n"
    ),
}


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("lamps dearer than the average lamp", [("Bern",)]),
        ("Which lamps cost more than the average lamp?", [("Bern",)]),
        ("which lamps have a unit cost above the average lamp", [("Oslo",)]),
        ("which lamps cost more than 4", [("Bern",)]),
        ("seats heavier than the average seat", [("Sofa",)]),
        ("dearest article", [("Sofa",)]),
        ("deliveries that are still out", [(2,)]),
        ("average number of days between hired and returned", [(3.0,)]),
    ],
)
def test_sorts_of_rows_are_compared_with_their_own_average(
    ask: Ask, folder: Folder, question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder(_SHELF)
    assert _told(view, ask(question, view)) == _like(rows)
