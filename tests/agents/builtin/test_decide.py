"""Right, or asked, or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlglot
from drafted import rows_of

from agents.contract import Draft, Question, Refusal
from evals.dataview import FolderView

Ask = Callable[..., Draft | Question | Refusal]
Folder = Callable[[dict[str, str]], FolderView]


def test_the_answer_is_a_step_of_a_spec_with_the_sources_it_reads(ask: Ask) -> None:
    answer = ask("Total sales by channel")
    assert isinstance(answer, Draft)
    [step] = answer.spec.steps
    assert (step.id, step.use, answer.answer) == ("answer", "sql", "answer")
    assert set(answer.spec.sources) == {"orders"}
    assert answer.reading.startswith("Sum of orders.total")


def test_the_same_question_gives_the_same_spec(ask: Ask) -> None:
    assert ask("Top 5 products by quantity sold") == ask("Top 5 products by quantity sold")


def test_a_limit_never_leaves_ties_to_chance(ask: Ask) -> None:
    answer = ask("Who are our top 3 customers by total order value?")
    assert isinstance(answer, Draft)
    tree = sqlglot.parse_one(str(answer.spec.steps[-1].params["query"]), dialect="duckdb")
    order = tree.args["order"]
    assert tree.args["limit"] is not None
    assert len(order.expressions) >= 2


@pytest.mark.parametrize(
    "text",
    [
        "What will our revenue be next month?",
        "Delete all refunded orders",
        "How many orders were delivered by drone?",
        "What is the average shoe size of our customers?",
        "Should I raise prices?",
        "hello",
    ],
)
def test_what_the_data_cannot_say_is_refused_with_a_reason(ask: Ask, text: str) -> None:
    answer = ask(text)
    assert isinstance(answer, Refusal)
    assert answer.message


def test_a_word_that_means_nothing_here_is_named_in_the_refusal(ask: Ask) -> None:
    answer = ask("How many employees do we have?")
    assert isinstance(answer, Refusal)
    assert "employees" in answer.message


def test_a_period_outside_the_data_is_said_and_not_counted_as_zero(ask: Ask) -> None:
    answer = ask("How many orders did we get in July 2019?")
    assert isinstance(answer, Refusal)
    assert "2024" in answer.message


TWO_AMOUNTS = {
    "invoices": "invoice_id,city,region_city,amount\n1,Rome,Milan,10\n2,Milan,Rome,20\n3,Rome,Rome,5\n",
}
TWINS = {
    "shops": "shop_id,shop_name,area\n1,Paris,90\n2,Lyon,40\n",
    "parks": "park_id,park_name,area\n1,Paris,700\n2,Nice,300\n",
}


def test_two_readings_with_different_results_are_asked_about(ask: Ask, folder: Folder) -> None:
    view = folder(TWINS)
    answer = ask("What is the area of Paris?", view)
    assert isinstance(answer, Question)
    assert len(answer.options) == 2
    settled = ask("What is the area of Paris?", view, answers={answer.key: answer.options[1].value})
    assert isinstance(settled, Draft)


def test_two_readings_with_equal_results_need_no_question(ask: Ask, folder: Folder) -> None:
    view = folder({name: text.replace("700", "90") for name, text in TWINS.items()})
    assert rows_of(view, ask("What is the area of Paris?", view)) == [[90]]


def test_the_clock_is_the_requests(ask: Ask, shop: FolderView) -> None:
    may = rows_of(shop, ask("How many orders did we get last month?"))
    april = rows_of(shop, ask("How many orders did we get last month?", now="2024-05-15T12:00:00+00:00"))
    known = "SELECT count(*) FROM orders WHERE order_date >= '2024-04-01' AND order_date < '2024-05-01'"
    assert [list(row) for row in shop.rows(sqlglot.parse_one(known))] == april  # type: ignore[arg-type]
    assert may != april


def test_definitions_of_the_request_are_used(ask: Ask, shop: FolderView) -> None:
    context = "Net revenue = SUM(total) where status = 'paid'"
    found = rows_of(shop, ask("What was the net revenue?", context=context))
    known = "SELECT sum(total) FROM orders WHERE status = 'paid'"
    assert found == [list(row) for row in shop.rows(sqlglot.parse_one(known))]  # type: ignore[arg-type]


def test_rows_are_not_counted_twice_through_a_join(ask: Ask, folder: Folder) -> None:
    view = folder(
        {
            "orders": "order_id,customer_id,total\n1,1,100\n2,1,50\n",
            "order_items": "item_id,order_id,product\n1,1,pen\n2,1,ink\n3,2,pen\n",
            "customers": "customer_id,name\n1,Ann\n2,Bob\n",
        }
    )
    assert rows_of(view, ask("What is the total of orders with a pen?", view)) == [[150]]
    # Which part of an order's total is that of a pen, nobody knows: it is answered only where that was confirmed.
    assert isinstance(ask("Total order value per product", view), Question)
    assert rows_of(view, ask("Total order value per product", view, answers={"reading": "yes"})) in (
        [["pen", 150], ["ink", 100]],
        [["pen", "150"], ["ink", "100"]],
    )
