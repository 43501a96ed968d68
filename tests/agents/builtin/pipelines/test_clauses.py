"""A request comes apart into when, where to, promises, cleaning, and a question."""

from __future__ import annotations

import pytest

from agents.builtin.pipelines.clauses import Cleaning, LoadInto, take_apart


def test_cleaning_and_a_file_leave_nothing_to_compute() -> None:
    found = take_apart(
        "Clean customers.csv: remove duplicates by email, trim the names, and save it as clean.csv", "UTC"
    )
    assert found.table == "customers.csv"
    assert found.files == ["clean.csv"]
    assert found.cleaning == [Cleaning("duplicates", "email"), Cleaning("trim")]
    assert found.rest == ""


def test_a_question_a_file_and_a_time_come_apart() -> None:
    found = take_apart("Total sales per region, save it as totals.csv every Monday at 8", "UTC")
    assert found.rest == "Total sales per region"
    assert found.files == ["totals.csv"]
    assert found.timing is not None
    assert found.timing.schedule.cron == "0 8 * * 1"


def test_a_promise_is_kept_apart_from_the_question() -> None:
    found = take_apart(
        "Every month, total sales by product and save it as sales.csv; make sure that order_id is never empty", "UTC"
    )
    assert found.rest == "total sales by product"
    assert found.promises == ["order_id is never empty"]


def test_a_file_name_in_quotes_may_have_spaces() -> None:
    assert take_apart('total per region, save it as "my totals.csv"', "UTC").files == ["my totals.csv"]


def test_a_table_in_a_database_is_an_effect_of_its_own() -> None:
    found = take_apart(
        "average order value by month, merge it into the table monthly of warehouse.duckdb by month", "UTC"
    )
    assert found.loads == [LoadInto("monthly", "warehouse.duckdb", "merge", "month")]
    assert found.rest == "average order value by month"
    whole = take_apart("load orders into the table orders of warehouse.duckdb every day", "UTC")
    assert (whole.table, whole.loads[0].write) == ("orders", "replace")


def test_rows_without_a_value_are_a_cleaning() -> None:
    found = take_apart("drop rows without email and remove duplicate rows, then save as out.parquet", "UTC")
    assert found.cleaning == [Cleaning("without", "email"), Cleaning("duplicates")]
    assert found.files == ["out.parquet"]


@pytest.mark.parametrize(
    "text",
    [
        "Clean people.csv: remove duplicates by email and save it as clean.csv",
        "please clean up people.csv, remove the duplicates by email, and save it as clean.csv, thanks!",
        "remove duplicates by email from people.csv and write clean.csv",
        "remove duplicates from people.csv by email, saved as clean.csv",
        "dedupe people.csv by email, save as clean.csv",
        "Can you take people.csv, get rid of duplicate rows by email and export it as clean.csv?",
    ],
)
def test_a_cleaning_said_in_other_words_is_the_same_cleaning(text: str) -> None:
    found = take_apart(text, "UTC")
    assert (found.table, found.files, found.cleaning, found.rest) == (
        "people.csv", ["clean.csv"], [Cleaning("duplicates", "email")], "",
    )  # fmt: skip


def test_columns_of_a_list_are_all_compared() -> None:
    found = take_apart("remove duplicates in people.csv by email and phone number, save as c.csv", "UTC")
    assert found.cleaning == [Cleaning("duplicates", "email and phone number")]
    assert found.files == ["c.csv"]
    assert found.rest == ""


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("every Monday at 8:00 save the total per region as totals.csv", "the total per region"),
        ("please give me the total for each region in a file called totals.csv", "give me the total for each region"),
        ("monthly total, saved as totals.csv", "monthly total"),
        ("Could you write the number of orders to totals.csv, thank you very much!", "the number of orders"),
    ],
)
def test_a_file_said_in_other_words_leaves_the_question(text: str, rest: str) -> None:
    found = take_apart(text, "UTC")
    assert (found.rest, found.files) == (rest, ["totals.csv"])


def test_a_table_to_load_may_be_named_by_its_file() -> None:
    for text in (
        "copy orders.csv into the table sales in warehouse.duckdb",
        "please load the orders.csv into the table sales of the database warehouse.duckdb",
    ):
        found = take_apart(text, "UTC")
        assert (found.table, found.loads, found.rest) == (
            "orders.csv", [LoadInto("sales", "warehouse.duckdb", "replace")], "",
        )  # fmt: skip
