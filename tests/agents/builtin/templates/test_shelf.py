"""The shelf of plans: told by the words and by what the rows prove, whatever tables and columns are called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.builtin.intents.route import route
from agents.builtin.pipelines.shelf import TEMPLATES, wanted
from evals.dataview import FolderView

Folder = Callable[[dict[str, str]], FolderView]
INVOICES = (
    "number,customer,issued,due,total,balance\n1,Anna,2026-08-01,2026-08-15,100.00,100.00\n"
    "2,Anna,2026-08-03,2026-08-17,80.00,20.00\n3,Bruno,2026-07-20,2026-08-20,50.00,0.00\n"
)
ORDERS = (
    "order,placed,email,total\n1,2026-01-05,a@x.example,10.00\n2,2026-02-05,a@x.example,9.00\n"
    "3,2026-02-06,b@x.example,8.00\n"
)
BANK = (
    "Date,Description,Amount,Balance\n2026-07-01,Rent,-500.00,500.00\n2026-07-06,Card takings,220.00,720.00\n"
    "2026-07-13,Card takings,180.00,900.00\n"
)


def names(text: str, data: FolderView | None) -> list[str]:
    return [unit.__name__.split(".")[-2] for unit in wanted(text, data)]  # type: ignore[attr-defined]  # modules


def test_every_template_has_what_the_shelf_asks_of_it() -> None:
    assert {"reconcile", "receivables", "cohorts", "cash"} <= set(TEMPLATES.names())
    for name in TEMPLATES.names():
        unit = TEMPLATES.load(name)
        assert callable(unit.is_wanted)
        assert callable(unit.draft)


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("Who owes us money and how late?", "receivables"),
        ("accounts receivable aging by customer", "receivables"),
        ("Do customers come back?", "cohorts"),
        ("retention of customers by month", "cohorts"),
        ("my Stripe deposits never match Shopify", "reconcile"),
        ("Will I run out of cash?", "cash"),
        ("how long does our money last", "cash"),
        ("cash flow by week and by account", "cash"),
        ("How much money do we have in the bank?", "cash"),
    ],
)
def test_words_alone_tell_a_template_where_there_is_no_data_yet(text: str, template: str) -> None:
    assert names(text, None) == [template]


@pytest.mark.parametrize(
    "text",
    [
        "who do we owe money to?",
        "how much do we owe our suppliers and since when?",
        "which supplier bills are overdue and by how many days",
        "total balance by customer",
        "which invoices are overdue?",
        "which customers returned items in May?",
        "returns per product",
        "how many customers do we have",
        "which orders were paid late",
        "total revenue by month",
    ],
)
def test_questions_of_another_kind_want_no_template(text: str, folder: Folder) -> None:
    assert names(text, folder({"invoices": INVOICES, "orders": ORDERS})) == []


@pytest.mark.parametrize(
    "text",
    [
        "will we run out of stock?",
        "which products ran out of stock last month?",
        "total cash sales by day",
        "orders paid in cash",
        "how much did we pay the bank in fees?",
        "cash flow per customer",
        "what is the balance of the last row?",
        "total amount by description",
        "how many card takings were there in July?",
        "largest payments last month",
        "forecast next month's sales",
        "which customers have enough credit?",
        "is the money from Stripe in the bank?",
        "how many accounts do we have",
        "rent per month",
        "did the July rent run late?",
    ],
)
def test_questions_about_money_that_ask_for_no_outlook_want_no_cash_plan(text: str, folder: Folder) -> None:
    assert "cash" not in names(text, folder({"invoices": INVOICES, "orders": ORDERS, "bank": BANK}))


def test_whether_money_lasts_is_answered_on_any_data_and_cash_flow_where_there_is_a_bank(folder: Folder) -> None:
    shop, bank = folder({"orders": ORDERS}), folder({"bank": BANK})
    assert names("Will I run out of cash?", shop) == ["cash"]
    assert names("our cash flow please", shop) == []
    assert names("our cash flow please", bank) == ["cash"]


def test_words_without_the_data_for_them_are_an_ordinary_request(folder: Folder) -> None:
    shop = folder({"orders": ORDERS})
    assert names("Who owes us money and how late?", shop) == []
    assert names("Do customers come back?", shop) == ["cohorts"]
    assert route("who owes us money?", options=None, waits=False, last=None, data=shop) == "answer"


def test_a_template_is_planned_even_where_its_words_are_a_question(folder: Folder) -> None:
    both = folder({"invoices": INVOICES, "orders": ORDERS})
    for text in ("Do customers come back?", "Who owes us money and how late?"):
        assert route(text, options=None, waits=False, last=None, data=both) == "plan"
        assert route(f"should we ask: {text}", options=None, waits=False, last="pipeline", data=both) == "whether"


def test_whether_two_amounts_differ_follows_no_money_where_no_ledger_is_there(folder: Folder) -> None:
    shop = folder({"orders": ORDERS})
    text = "Is Anna's revenue less than what Bruno received?"
    assert names(text, shop) == []
    assert route(text, options=None, waits=False, last=None, data=shop) == "answer"


def test_words_that_want_a_template_are_no_answer_to_a_question_that_is_open(folder: Folder) -> None:
    both = folder({"invoices": INVOICES, "orders": ORDERS})
    options = [("due", "From the due date"), ("issued", "From the invoice date")]
    assert route("do customers come back", options=options, waits=False, last=None, data=both) == "plan"
    assert route("from the due date", options=options, waits=False, last=None, data=both) == "settle"
