"""What a request says is done exactly, asked about, or refused by name; nothing near it is done instead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agents.builtin.language.words import LONGEST_REQUEST
from agents.builtin.planner import draft
from agents.contract import Draft, Refusal, Request, Turn
from memory.workspace import Workspace
from tools.context import context_of
from tools.data import OpenData, open_data

NOW = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
ORDERS = """order_id,customer_id,status,amount,discount_pct,return_rate,placed,country
O1,1,paid,10.50,5.0,0.1,2026-01-11,Italy
O2,2,open,20.50,15.0,0.2,2026-02-11,Spain
O3,1,cancelled,30.50,25.0,0.3,2026-03-11,France
O4,2,Paid ,40.50,35.0,0.4,2026-04-11,Italy
O5,3,,50.50,45.0,0.5,2026-05-11,Spain
"""
CUSTOMERS = "customer_id,name,email,city\n1,Ada,a@x.com,Rome\n2,Bea,,Milan\n3,Cy,c@x.com,Rome\n"
NEWSLETTER = "email,joined\na@x.com,2026-01-01\nq@x.com,2026-02-01\n"
PAYMENTS = "payment_id,amount_usd,nights\nP1,5.00,2\nP2,900.00,3\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenData]:
    folder = tmp_path_factory.mktemp("exact") / "data"
    folder.mkdir()
    for name, text in (
        ("orders", ORDERS), ("customers", CUSTOMERS), ("newsletter", NEWSLETTER), ("payments", PAYMENTS),
    ):  # fmt: skip
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    with open_data([str(folder)], context_of(Workspace(folder.parent / "workspace", NOW), "ada")) as opened:
        yield opened


def planned(text: str, data: OpenData) -> Draft:
    found = draft(Request(text=text, now=NOW, timezone="UTC", want="pipeline"), data)
    assert isinstance(found, Draft), found
    return found


def refused(text: str, data: OpenData) -> str:
    found = draft(Request(text=text, now=NOW, timezone="UTC", want="pipeline"), data)
    assert isinstance(found, Refusal), found
    return f"{found.message} {found.hint}"


def steps(text: str, data: OpenData) -> list[tuple[str, dict[str, object]]]:
    return [(step.use, dict(step.params)) for step in planned(text, data).spec.steps]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("orders that are paid and open, save as a.csv", "LOWER(TRIM(status)) IN ('paid', 'open')"),
        ("keep orders with status open and cancelled and save as a.csv", "status IN ('open', 'cancelled')"),
        ("leave out open and cancelled orders, save as a.csv",
         "NOT COALESCE((status IN ('open', 'cancelled')), FALSE)"),
        ("in orders keep rows whose status is open and country is Italy, sort by amount, save as a.csv",
         "status = 'open' AND country = 'Italy'"),
    ],
)  # fmt: skip
def test_two_values_of_one_column_are_a_set_and_values_of_two_columns_are_not(
    data: OpenData, text: str, where: str
) -> None:
    assert steps(text, data)[0] == ("filter", {"where": where})


def test_a_set_is_said_to_be_one(data: OpenData) -> None:
    assert (
        "status is open or cancelled: no row has both"
        in planned("leave out open and cancelled orders, save as a.csv", data).assumptions
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("save orders with order_id, customer_id, status, amount, discount_pct, return_rate, placed, region as a.csv",
         "region"),
        ("save customers with customer_id, name, email and phone as a.csv", "phone"),
        ("total amount per status from orders, save as t.csv with status and country", "country"),
    ],
)  # fmt: skip
def test_a_column_that_is_not_there_is_refused_by_name(data: OpenData, text: str, word: str) -> None:
    assert f"'{word}'" in refused(text, data)


def test_a_new_name_for_a_computed_column_is_said(data: OpenData) -> None:
    found = planned("total amount per status from orders, save as t.csv with status and turnover", data)
    assert found.assumptions == ("turnover is a name for total_amount",)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("save the open orders to o.csv and the rest to r.csv", "NOT COALESCE((status = 'open'), FALSE)"),
        ("split orders.csv: the open ones to o.csv and the others to r.csv", "NOT COALESCE((status = 'open'), FALSE)"),
        ("keep open orders, save as o.csv, save the rest as r.csv", "NOT COALESCE((status = 'open'), FALSE)"),
        ("the open orders to o.csv, the cancelled ones to c.csv and the remaining orders to r.csv",
         "NOT COALESCE((status = 'open' OR status = 'cancelled'), FALSE)"),
    ],
)  # fmt: skip
def test_the_rest_are_the_rows_that_no_file_before_has(data: OpenData, text: str, rest: str) -> None:
    found = planned(text, data)
    last = found.spec.outputs[-1]
    assert (last.file, found.spec.steps[-1].id) == ("r.csv", last.from_)
    assert dict(found.spec.steps[-1].params) == {"where": rest}
    assert found.spec.steps[-1].from_ == ("orders",)


def test_what_is_left_after_leaving_out_is_the_rest(data: OpenData) -> None:
    found = steps("leave out cancelled orders and save the rest as r.csv", data)
    assert found == [("filter", {"where": "NOT COALESCE((status = 'cancelled'), FALSE)"})]


@pytest.mark.parametrize(
    "text",
    [
        "keep paid orders and save the rest as r.csv",
        "save orders as a.csv and the rest as b.csv",
        "total amount per status from orders, save as t.csv, save the rest as r.csv",
    ],
)
def test_a_rest_of_nothing_is_refused(data: OpenData, text: str) -> None:
    assert "the rest" in refused(text, data)


def test_another_file_for_the_same_rows_has_the_same_rows(data: OpenData) -> None:
    found = planned("save open orders as a.csv and as b.xlsx", data)
    assert [output.from_ for output in found.spec.outputs] == ["orders_kept", "orders_kept"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("in orders, rename status to state, keep the open ones and save as a.csv", "state = 'open'"),
        ("in orders, replace open with waiting in status, keep the waiting ones and save as a.csv",
         "status = 'waiting'"),
        ("in orders, upper-case status, keep the OPEN ones and save as a.csv", "status = 'OPEN'"),
    ],
)  # fmt: skip
def test_a_value_is_looked_up_in_what_the_steps_before_made(data: OpenData, text: str, where: str) -> None:
    assert steps(text, data)[-1] == ("filter", {"where": where})


def test_a_value_that_a_step_took_away_is_not_found(data: OpenData) -> None:
    refused("in orders, replace open with waiting in status, keep the open ones, save as a.csv", data)


def test_rows_of_a_joined_table_are_counted_once(data: OpenData) -> None:
    def measure(text: str) -> object:
        return steps(text, data)[-1][1]["measures"]

    join = "join orders with customers"
    assert measure(f"{join}; number of customers per city; save as a.csv") == {
        "customers": "COUNT(DISTINCT customer_id)"
    }
    assert measure(f"{join}; number of orders per city; save as a.csv") == {"orders": "COUNT(*)"}
    joined = "join customers with orders by customer_id"
    assert measure(f"{joined}; number of orders per country; save as a.csv") == {"orders": "COUNT(DISTINCT order_id)"}


@pytest.mark.parametrize(
    "text",
    [
        "Round everything. Save orders as a.csv",
        "Mask the people. Save customers as a.csv",
        "The people should be anonymous. Save customers as a.csv",
        "Everything gets rounded. Save orders as a.csv",
        "Save orders as a.csv. Round everything.",
        "total amount per country. Recall that cancelled ones do not count. Save it as a.csv",
        "trim customers, then save orders as a.csv",
    ],
)
def test_what_is_asked_for_and_not_understood_is_not_left_out(data: OpenData, text: str) -> None:
    refused(text, data)


def test_a_reason_is_said_to_be_one(data: OpenData) -> None:
    found = planned("The boss is in a hurry. Save orders as a.csv", data)
    assert found.assumptions == ("'The boss is in a hurry.' is taken as a reason, and asks for nothing",)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("keep orders with discount_pct above 10%; sort by amount; save as a.csv", "discount_pct > 10"),
        ("keep orders with amount between €10 and €20; sort by amount; save as a.csv", "amount BETWEEN 10 AND 20"),
        ("keep payments with amount_usd above $10; sort by amount_usd; save as a.csv", "amount_usd > 10"),
    ],
)
def test_a_number_in_the_unit_of_its_column_is_compared(data: OpenData, text: str, where: str) -> None:
    assert steps(text, data)[0] == ("filter", {"where": where})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("orders with amount above 10%, save as a.csv", "per cent"),
        ("orders with return_rate above 10%, save as a.csv", "parts of one"),
        ("orders with customer_id above €2, save as a.csv", "no money"),
        ("orders with discount_pct above €2, save as a.csv", "no money"),
        ("payments with amount_usd above €500, save as a.csv", "USD"),
        ("payments with nights above €2, save as a.csv", "no money"),
    ],
)
def test_a_number_in_another_unit_is_refused(data: OpenData, text: str, why: str) -> None:
    assert why in refused(text, data)


def test_a_percentage_of_a_column_is_that_part_of_it(data: OpenData) -> None:
    found = steps("add a column vat (amount times 22%) to orders, save as a.csv", data)
    assert found == [("derive", {"columns": {"vat": "amount * 0.22"}})]
    refused("add a column gross (amount plus 22%) to orders, save as a.csv", data)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("customers that are in customers.csv but not in newsletter.csv, save as a.csv", "anti"),
        ("save the customers that are not in newsletter as a.csv", "anti"),
        ("find customers in customers.csv missing from newsletter.csv by email and save as a.csv", "anti"),
        ("which customers are in both customers and newsletter? save as a.csv", "semi"),
    ],
)
def test_lists_are_held_against_each_other(data: OpenData, text: str, how: str) -> None:
    assert steps(text, data) == [("join", {"how": how, "on": ["email"]})]


def test_two_lists_are_no_flow_of_money(data: OpenData) -> None:
    assert "money" not in refused("compare customers with newsletter, save what is missing as a.csv", data)
    assert "money" in refused("Stripe deposits don't match Shopify, save as a.csv", data)


def test_a_town_is_no_system_that_money_comes_from(data: OpenData) -> None:
    assert "money" not in refused("join orders with customers, keep orders from Rome, save as a.csv", data)


def test_several_files_of_unlike_rows_are_not_filled_with_the_same(data: OpenData) -> None:
    said = refused("the nicest orders to a.csv and strangest orders by colour to b.csv", data)
    assert "which rows go to which of a.csv, b.csv" in said


@pytest.mark.parametrize("word", ["and ", "please ", "   ", "vs others ", "save it ", "back ", "(", "-", "the ", "1 "])
@pytest.mark.parametrize("want", ["pipeline", "answer"])
def test_the_longest_request_is_read_in_moments_and_a_longer_one_is_refused(
    data: OpenData, word: str, want: str
) -> None:
    before = planned("open orders, save as a.csv", data).spec
    turn = Turn(request=before.request, spec=before)
    long = word * LONGEST_REQUEST
    began = time.process_time()
    for history in ((), (turn,)):
        text = f"only {long}"[:LONGEST_REQUEST]
        draft(
            Request.model_validate({"text": text, "now": NOW, "timezone": "UTC", "want": want, "history": history}),
            data,
        )
    assert time.process_time() - began < 20
    found = draft(Request.model_validate({"text": long + long, "now": NOW, "timezone": "UTC", "want": want}), data)
    assert isinstance(found, Refusal)
    assert "characters" in found.message
