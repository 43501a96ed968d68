"""Questions to single files as programs export them: a statement, stock levels, a payroll, a rent roll, tickets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drafted import rows_of

from agents.contract import Draft, Question
from evals.dataview import FolderView
from tests.agents.builtin.conftest import Ask

Folder = Callable[[dict[str, str]], FolderView]
Rows = list[tuple[object, ...]]

_STATEMENT = (
    "Transaction Date,Transaction Type,Transaction Description,Debit Amount,Credit Amount,Balance\n"
    "2024-04-01,SO,Hill Estates Rent,900.00,,100.00\n2024-04-09,CR,Card Payouts,,1500.00,1600.00\n"
    "2024-05-01,SO,Hill Estates Rent,900.00,,700.00\n2024-05-14,DEB,Makro,210.50,,489.50\n"
    "2024-05-20,CR,Cash deposit,,80.00,569.50\n2024-06-03,DD,Revenue VAT,1100.00,,-530.50\n"
    "2024-06-10,CR,Card Payouts,,830.50,300.00\n"
)
_STOCK = (
    "SKU,Item Name,Category,Location,Qty On Hand,Reorder Point,Retail Price\n"
    "L1,Red Lamp,Light,Shop,0,2,30.00\nL2,Blue Lamp,Light,Depot,9,2,32.00\n"
    "K1,Tea Pot,Kitchen,Depot,2,5,18.00\nK2,Whisk,Kitchen,Shop,14,5,4.50\n"
)
_PAYROLL = (
    "Employee ID,Employee Name,Department,Hire Date,Check Date,OT Hours,Bonus,Gross Pay,Net Pay,Payment Method\n"
    "E1,Ann Lee,Kitchen,2019-03-01,2024-04-30,4,,2000.00,1500.00,Check\n"
    "E1,Ann Lee,Kitchen,2019-03-01,2024-05-31,0,100,2100.00,1570.00,Check\n"
    "E2,Bo Park,Bar,2022-06-15,2024-04-30,,,1800.00,1400.00,Transfer\n"
    "E2,Bo Park,Bar,2022-06-15,2024-05-31,2,,2200.00,1560.00,Transfer\n"
)
_RENTS = (
    "Property,Unit,Tenant,Lease End,Monthly Rent,Balance Due,Status\n"
    "Elm Court,01,Ann Lee,2024-07-31,700,0,Current\nElm Court,02,,,,,Vacant\n"
    "Oak House,01,Cy Moss,2025-01-31,650,650,Notice\nOak House,02,Di Orr,2024-12-31,800,0,Current\n"
)
_TICKETS = (
    "Ticket ID,Subject,Assignee,Priority,Created at,First response at,Solved at\n"
    "1,Refund,Maya,High,2024-06-01 23:00,2024-06-02 01:00,2024-06-03 23:00\n"
    "2,Login,Tom,Low,2024-06-02 10:00,2024-06-02 14:00,2024-06-03 10:00\n"
    "3,Login,,Urgent,2024-06-03 10:00,,\n"
)
_LIST = (
    "Email Address,First Name,Last Name,Country,Opt-in Time,Email Consent,SMS Consent,Status\n"
    "a@x.example,Ann,Lee,UK,2024-01-02,Yes,No,subscribed\nb@x.example,Bo,Park,DE,2024-02-02,Yes,Yes,unsubscribed\n"
    "c@x.example,Cy,Moss,DE,2024-03-02,No,Yes,subscribed\nd@x.example,Di,Orr,DE,2024-03-09,Yes,Yes,subscribed\n"
)


def _answer(ask: Ask, view: FolderView, question: str) -> Rows:
    return sorted((tuple(row) for row in rows_of(view, ask(question, view))), key=str)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How much came in in May?", [(80.0,)]),
        ("How much did we spend at Makro?", [(210.5,)]),
        ("How much did we spend on rent?", [(1800.0,)]),
        ("What goes out for rent every month?", [("2024-04-01", 900.0), ("2024-05-01", 900.0)]),
        ("How much VAT did we pay this year?", [(1100.0,)]),
        ("How much did Card Payouts pay us since May?", [(830.5,)]),
        ("Who do we pay the most?", [("Hill Estates Rent", 1800.0)]),
        ("Did we make more than we spent in May?", [(-1030.5,)]),
        ("What is in the account now?", [(300.0,)]),
    ],
)
def test_money_comes_in_by_one_column_and_goes_out_by_the_other(
    ask: Ask, folder: Folder, question: str, rows: Rows
) -> None:
    assert _answer(ask, folder({"statement_401": _STATEMENT}), question) == rows


def test_the_latest_balance_is_that_of_the_last_day_and_not_the_highest(ask: Ask, folder: Folder) -> None:
    view = folder({"statement_401": _STATEMENT})
    assert _answer(ask, view, "latest balance") == [(300.0,)]
    assert _answer(ask, view, "first balance") == [(100.0,)]
    assert _answer(ask, view, "highest balance") == [(1600.0,)]


def test_the_biggest_payment_is_one_row_and_no_sum_of_several(ask: Ask, folder: Folder) -> None:
    view = folder({"statement_401": _STATEMENT})
    for question in ("What was our biggest payment?", "transactions with the highest debit amount"):
        assert "Revenue VAT" in rows_of(view, ask(question, view), whole=True)[0], question


def test_what_an_amount_is_for_is_never_passed_over(ask: Ask, folder: Folder) -> None:
    view = folder({"statement_401": _STATEMENT})
    assert _answer(ask, view, "total debit amount for rent per month") == [("2024-04-01", 900.0), ("2024-05-01", 900.0)]
    assert not isinstance(ask("total debit amount for supply per month", view), Draft)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What are we out of?", [("Red Lamp",)]),
        ("Which items are out of stock?", [("Red Lamp",)]),
        ("What do I need to reorder?", [("Red Lamp",), ("Tea Pot",)]),
        ("What do we need to order?", [("Red Lamp",), ("Tea Pot",)]),
        ("How many pieces are in the depot?", [(11,)]),
        ("Do we have any blue lamps left?", [(9,)]),
        ("Which category do we have the most stock of?", [("Kitchen", 16)]),
        ("total qty on hand", [(25,)]),
    ],
)
def test_stock_levels_are_asked_about_as_they_lie_on_the_shelves(
    ask: Ask, folder: Folder, question: str, rows: Rows
) -> None:
    assert _answer(ask, folder({"inventory_levels": _STOCK}), question) == rows


def test_with_two_numbers_of_pieces_it_is_asked_which_is_meant(ask: Ask, folder: Folder) -> None:
    both = _STOCK.replace("Qty On Hand", "Qty On Hand,Qty Available").replace(",9,2,", ",9,0,2,")
    both = both.replace(",0,2,30", ",0,0,2,30").replace(",2,5,18", ",2,2,5,18").replace(",14,5,", ",14,14,5,")
    asked = ask("What are we out of?", folder({"inventory_levels": both}))
    assert isinstance(asked, Question), asked
    assert len(asked.options) == 2


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What did payroll cost us in May?", [(4300.0,)]),
        ("Who took home the most in May?", [("Ann Lee",)]),
        ("Which department costs us the most?", [("Kitchen", 4100.0)]),
        ("Who gets paid by check?", [("Ann Lee",)]),
        ("Who got a bonus in May?", [("Ann Lee",)]),
        ("Who has been with us the longest?", [("Ann Lee",)]),
        ("How much overtime did each department do?", [("Bar", 2), ("Kitchen", 4)]),
    ],
)
def test_a_payroll_is_dated_by_the_day_of_pay_and_not_by_when_people_were_hired(
    ask: Ask, folder: Folder, question: str, rows: Rows
) -> None:
    assert _answer(ask, folder({"payroll_register": _PAYROLL}), question) == rows


def test_what_somebody_earned_is_gross_or_net_and_is_asked(ask: Ask, folder: Folder) -> None:
    asked = ask("Who earned more than 3000 in total?", folder({"payroll_register": _PAYROLL}))
    assert isinstance(asked, Question), asked


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many units do we have?", [(4,)]),
        ("Which units are vacant?", [("Elm Court", "02")]),
        ("Which flats are empty?", [("Elm Court", "02")]),
        ("Who is behind with the rent?", [("Cy Moss",)]),
        ("How much are we owed in total?", [(650,)]),
        ("Whose lease runs out in the next three months?", [("Ann Lee",)]),
        ("Who has given notice?", [("Cy Moss",)]),
        ("How many units does each building have?", [("Elm Court", 2), ("Oak House", 2)]),
    ],
)
def test_a_unit_is_a_row_of_a_rent_roll_though_other_houses_have_one_of_its_number(
    ask: Ask, folder: Folder, question: str, rows: Rows
) -> None:
    assert _answer(ask, folder({"rent_roll": _RENTS}), question) == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many tickets has nobody answered?", [(1,)]),
        ("How many tickets have nobody assigned?", [(1,)]),
        ("How long does it take us to answer on average?", [(0.125,)]),
        ("How long does each agent take to solve a ticket?", [("Maya", 2.0), ("Tom", 1.0)]),
    ],
)
def test_tickets_wait_from_the_hour_they_came_to_the_hour_they_were_answered(
    ask: Ask, folder: Folder, question: str, rows: Rows
) -> None:
    told = _answer(ask, folder({"tickets": _TICKETS}), question)
    assert [row for row in told if row[0] is not None] == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many people can I email?", [(2,)]),
        ("How many people agreed to text messages?", [(3,)]),
        ("How many subscribers do we have per country?", [("DE", 2), ("UK", 1)]),
        ("Who agreed to email but not to text?", [("Ann", "Lee")]),
    ],
)
def test_a_mailing_list_says_who_may_be_written_to(ask: Ask, folder: Folder, question: str, rows: Rows) -> None:
    assert _answer(ask, folder({"audience": _LIST}), question) == rows
