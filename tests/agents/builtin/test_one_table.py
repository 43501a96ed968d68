"""Questions to one table alone, whose customers and products are values of its columns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft, Question
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]

_ORDERS = (
    "Order No,Order Date,Customer,Product,Qty,Unit Price,Total,Payment Status,Country\n"
    "1001,2023-05-02,Ann Lee,Mug,2,8.50,17.00,paid,UK\n"
    "1002,2023-06-11,Ann Lee,Vase,1,39.00,39.00,paid,UK\n"
    "1003,2024-01-20,Bo Park,Mug,3,8.50,25.50,refunded,DE\n"
    "1004,2024-02-03,Cy Moss,Mug,1,8.50,8.50,open,DE\n"
    "1005,2024-02-14,Cy Moss,Bowl,4,14.75,59.00,paid,DE\n"
    "1006,2024-05-09,Ann Lee,Bowl,1,14.75,14.75,paid,UK\n"
    "1007,2023-11-30,Di Orr,Vase,2,39.00,78.00,paid,FR\n"
)


@pytest.fixture
def orders(folder: Folder) -> FolderView:
    return folder({"orders": _ORDERS})


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("customers with 0 orders in 2024", [("Di Orr",)]),
        ("customers without orders in 2024", [("Di Orr",)]),
        ("customers with no refunded orders", [("Ann Lee",), ("Cy Moss",), ("Di Orr",)]),
        ("customers who ordered in 2023 but not in 2024", [("Di Orr",)]),
        ("customers who bought a Mug but not a Vase", [("Bo Park",), ("Cy Moss",)]),
        ("customers who bought both Mug and Vase", [("Ann Lee",)]),
        ("customers who never bought a Mug", [("Di Orr",)]),
        ("which products were not sold in 2023", [("Bowl",)]),
        ("how many customers with more than 1 order", [(2,)]),
        ("how many customers bought Mug but not Vase", [(2,)]),
        ("how many customers have no refunded orders", [(3,)]),
        ("customers not in Germany", [("Ann Lee",), ("Di Orr",)]),
    ],
)
def test_what_is_said_of_a_customer_is_said_of_all_its_rows(
    ask: Ask, orders: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert [tuple(row) for row in rows_of(orders, ask(question, orders))] == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("who paid us the most?", [("Di Orr", 78.0)]),
        ("who is our best customer?", [("Di Orr", 78.0)]),
        ("best month in 2024?", [("2024-02-01", 67.5)]),
        ("how much did we sell in 2024?", [(107.75,)]),
        ("how many mugs did we sell?", [(6,)]),
        ("how many mugs did we sell in 2024?", [(4,)]),
        ("who bought a Vase?", [("Ann Lee",), ("Di Orr",)]),
        ("which customers ordered only once?", [("Bo Park",), ("Di Orr",)]),
        ("who ordered twice?", [("Cy Moss",)]),
    ],
)
def test_owners_words_are_put_in_those_of_the_table(
    ask: Ask, orders: FolderView, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert [tuple(row) for row in rows_of(orders, ask(question, orders))] == rows


@pytest.mark.parametrize("question", ["which product sells best?", "who ordered the most?", "best selling product"])
def test_by_pieces_or_by_money_is_asked(ask: Ask, orders: FolderView, question: str) -> None:
    asked = ask(question, orders)
    assert isinstance(asked, Question), asked
    assert len(asked.options) == 2


@pytest.mark.parametrize(
    "question",
    [
        "customers with 0 orders",
        "customers who bought Mug and Vase",
        "total of customers with more than 1 order",
        "customers with orders that are not paid",
    ],
)
def test_what_may_be_wrong_is_asked_or_refused(ask: Ask, orders: FolderView, question: str) -> None:
    assert not isinstance(ask(question, orders), Draft)


def test_none_of_a_thing_of_another_table_is_none(ask: Ask, ferry: FolderView) -> None:
    drafted = ask("clients with 0 ticket sales", ferry)
    assert [tuple(row) for row in rows_of(ferry, drafted)] == [("Lea",), ("Nia",)]


_EXPENSES = (
    "Date,Supplier,Category,Net,VAT,Gross,Paid by\n2024-03-02,Shell,Fuel,50.00,10.00,60.00,card\n"
    "2024-03-20,Shell,Fuel,30.00,6.00,36.00,cash\n2024-04-04,Makro,Food,100.00,20.00,120.00,card\n"
)
_STAYS = (
    "Booking ref,Guest name,Room,Check-in,Check-out,Guests,Price\nB1,Ann Lee,Garden,2024-03-01,2024-03-04,2,300.00\n"
    "B2,Bo Park,Attic,2024-03-05,2024-03-06,1,80.00\nB3,Ann Lee,Attic,2024-04-01,2024-04-03,2,160.00\n"
)


@pytest.mark.parametrize(
    ("question", "gross"),
    [
        ("how much did we spend on fuel?", [(96.0,)]),
        ("how much do we spend at Makro?", [(120.0,)]),
        ("how much did we spend in March 2024?", [(96.0,)]),
        ("how much did we pay in cash?", [(36.0,)]),
        ("total by category", [("Food", 120.0), ("Fuel", 96.0)]),
        ("average monthly spend", [(108.0,)]),
    ],
)
def test_of_two_amounts_of_a_row_one_is_asked_for_and_the_tax_is_neither(
    ask: Ask, folder: Folder, question: str, gross: list[tuple[object, ...]]
) -> None:
    view = folder({"expenses": _EXPENSES})
    asked = ask(question, view)
    assert isinstance(asked, Question), asked
    assert [("Net" in one.value, "Gross" in one.value) for one in asked.options] == [(True, False), (False, True)]
    answered = ask(question, view, answers={asked.key: asked.options[1].value})
    assert sorted(tuple(row) for row in rows_of(view, answered)) == gross


def test_the_biggest_row_comes_whole(ask: Ask, folder: Folder) -> None:
    view = folder({"expenses": _EXPENSES})
    asked = ask("biggest expense", view)
    assert isinstance(asked, Question), asked
    answered = ask("biggest expense", view, answers={asked.key: asked.options[0].value})
    assert [row[1:4] for row in rows_of(view, answered, whole=True)] == [["Makro", "Food", 100.0]]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("how many nights were booked in March 2024?", [(4,)]),
        ("average length of stay", [(2.0,)]),
        ("which room brings in the most money?", [("Garden",)]),
    ],
)
def test_a_stay_lasts_from_check_in_to_check_out(
    ask: Ask, folder: Folder, question: str, rows: list[tuple[object, ...]]
) -> None:
    view = folder({"bookings": _STAYS})
    assert [tuple(row) for row in rows_of(view, ask(question, view))] == rows


def test_how_many_guests_there_were_is_not_who_they_are(ask: Ask, folder: Folder) -> None:
    view = folder({"bookings": _STAYS})
    assert not isinstance(ask("which guests stayed in both Garden and Attic", view), Draft)
    assert rows_of(view, ask("who stayed with us more than once?", view)) == [["Ann Lee"]]
