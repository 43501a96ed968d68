"""Who owes money and how late: the same plan however it is said and exported, and never silently wrong."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from evals.world import write
from evals.worlds.receivables import AS_OF
from memory.workspace import Workspace
from spec.codec import to_yaml
from spec.run import RunResult
from tools.context import Context, context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 6, tzinfo=UTC)
SAID = "Who owes us money and how late?"
INVOICES = """number,customer,issued,due,total,balance,kind,refers to,state
A1,Anna,2026-08-01,2026-08-15,100.00,100.00,Invoice,,Open
A2,Anna,2026-08-03,2026-09-20,80.00,20.00,Invoice,,Open
A3,Bruno,2026-07-20,2026-08-20,50.00,0.00,Invoice,,Paid
A4,Bruno,2026-07-21,2026-08-21,60.00,60.00,Invoice,,Open
C1,Anna,2026-08-04,,-30.00,-30.00,Credit note,A1,Open
C2,Bruno,2026-08-05,,-5.00,-5.00,Credit note,,Open
"""


def context(place: Path) -> Context:
    return context_of(Workspace(place / "workspace", NOW), "ada")


def planned(place: Path, data: Path, said: str = SAID, **answers: str) -> Draft | Question | Refusal:
    with open_data([str(data)], context(place)) as view:
        return draft(Request(text=said, now=NOW, timezone="UTC", answers=answers, want="pipeline"), view)


def written(place: Path, files: Mapping[str, str]) -> Path:
    (place / "data").mkdir(exist_ok=True)
    for name, text in files.items():
        (place / "data" / name).write_text(text, encoding="utf-8")
    return place / "data"


def ran(place: Path, found: Draft | Question | Refusal) -> RunResult:
    assert isinstance(found, Draft), found
    (place / "plan.yaml").write_text(to_yaml(found.spec), encoding="utf-8")
    return run(context(place), place / "plan.yaml", now=NOW, out=place / "out")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_credits_lower_the_invoices_they_name_and_others_stay_on_account(tmp_path: Path) -> None:
    result = ran(tmp_path, planned(tmp_path, written(tmp_path, {"list.csv": INVOICES}), age_from="due"))
    assert result.status == "succeeded", result.message
    owed = {row["customer"]: row for row in rows(tmp_path / "out" / "per_customer.csv")}
    assert {name: owed["Anna"][name] for name in ("owed", "days_31_60", "days_1_30", "on_account")} == {
        "owed": "90.00", "days_31_60": "70.00", "days_1_30": "20.00", "on_account": "0.00"
    }  # fmt: skip
    assert (owed["Bruno"]["owed"], owed["Bruno"]["on_account"]) == ("55.00", "-5.00")


@pytest.mark.parametrize("name", ["documents", "counted", "items", "open_items"])
def test_a_table_may_be_called_as_a_step_of_the_plan(tmp_path: Path, name: str) -> None:
    result = ran(tmp_path, planned(tmp_path, written(tmp_path, {f"{name}.csv": INVOICES}), age_from="due"))
    assert result.status == "succeeded", result.message
    assert {row["source"] for row in rows(tmp_path / "out" / "open_invoices.csv")} == {name}


def test_a_state_or_currency_that_is_new_stops_the_run_before_it_counts(tmp_path: Path) -> None:
    data = written(tmp_path, {"list.csv": INVOICES})
    found = planned(tmp_path, data, age_from="due")
    written(tmp_path, {"list.csv": INVOICES + "A9,Cleo,2026-08-01,2026-08-15,9.00,9.00,Invoice,,Deleted\n"})
    result = ran(tmp_path, found)
    assert result.status == "blocked"
    assert [check.on for check in result.checks if not check.passed] == ["list"]


def test_drafts_voids_and_lines_without_number_and_date_are_left_out_with_their_reason(tmp_path: Path) -> None:
    more = (
        "A5,Cleo,2026-08-01,2026-08-15,9.00,9.00,Invoice,,Draft\n,Subtotal,,,9.00,9.00,,,\n"
        "A6,Cleo,2026-08-01,2026-08-15,8.00,8.00,Invoice,,Void\n,Total Cleo,,,17.00,17.00,,,\n"
    )
    # The last line is a total, which is no row; a subtotal among the rows is one that the plan leaves out.
    result = ran(tmp_path, planned(tmp_path, written(tmp_path, {"list.csv": INVOICES + more}), age_from="due"))
    assert result.status == "succeeded", result.message
    told = {row["left_out"]: row["face_amount"] for row in rows(tmp_path / "out" / "left_out.csv")}
    assert told == {
        "draft, not sent": "9.00", "void": "8.00", "neither number nor date: a line of the report, no document": "9.00"
    }  # fmt: skip
    assert "Cleo" not in {row["customer"] for row in rows(tmp_path / "out" / "per_customer.csv")}


def test_what_is_owed_to_suppliers_is_left_out_and_said(tmp_path: Path) -> None:
    bills = INVOICES.replace("customer", "supplier").replace("Invoice", "Bill")
    found = planned(tmp_path, written(tmp_path, {"invoices.csv": INVOICES, "bills.csv": bills}), age_from="due")
    assert isinstance(found, Draft)
    assert set(found.spec.sources) == {"invoices"}
    assert any("bills is what you owe to others" in said for said in found.assumptions)


def test_names_alike_but_for_accents_and_points_are_one_customer_and_in_any_script_apart(tmp_path: Path) -> None:
    text = (
        "number,customer,issued,due,total,balance\n1,Café Noir,2026-08-01,2026-08-15,1.00,1.00\n"
        "2,CAFE NOIR.,2026-08-01,2026-08-15,2.00,2.00\n3,東京商事,2026-08-01,2026-08-15,4.00,4.00\n"
        "4,大阪商事,2026-08-01,2026-08-16,8.00,8.00\n5,Café Noir,2026-08-01,2026-08-15,16.00,0.00\n"
    )
    result = ran(tmp_path, planned(tmp_path, written(tmp_path, {"invoices.csv": text}), age_from="due"))
    assert result.status == "succeeded", result.message
    owed = {row["customer"]: row["owed"] for row in rows(tmp_path / "out" / "per_customer.csv")}
    assert owed == {"Café Noir": "3.00", "東京商事": "4.00", "大阪商事": "8.00"}


def test_books_that_say_another_total_are_shown_with_the_difference_and_stop_nothing(tmp_path: Path) -> None:
    books = "account,balance\nTrade debtors control,150.00\nBank,9.00\n"
    found = planned(tmp_path, written(tmp_path, {"invoices.csv": INVOICES, "books.csv": books}), age_from="due")
    result = ran(tmp_path, found)
    assert result.status == "succeeded", result.message
    (told,) = [check for check in result.checks if check.check == "reconcile" and not check.passed]
    assert told.severity == "warn"
    page = (tmp_path / "out" / "receivables.html").read_text(encoding="utf-8")
    assert "the difference is" in page


def test_two_accounts_in_one_currency_are_compared_with_nothing(tmp_path: Path) -> None:
    books = "account,balance\nTrade debtors control,100.00\nAccounts receivable,50.00\n"
    found = planned(tmp_path, written(tmp_path, {"invoices.csv": INVOICES, "books.csv": books}), age_from="due")
    assert isinstance(found, Draft)
    assert any("no control account" in said for said in found.assumptions)


def test_whether_payments_are_taken_off_already_is_asked_where_the_rows_do_not_tell(tmp_path: Path) -> None:
    payments = "payment,invoice,paid on,amount\n1,A2,2026-09-01,60.00\n2,A3,2026-09-02,10.00\n3,A4,2026-09-03,5.00\n"
    data = written(tmp_path, {"invoices.csv": INVOICES, "payments.csv": payments})
    asked = planned(tmp_path, data, age_from="due")
    assert isinstance(asked, Question)
    assert asked.key == "payments"
    for answer, owed in (("yes", "40.00"), ("no", "55.00")):
        result = ran(tmp_path, planned(tmp_path, data, age_from="due", payments=answer))
        assert result.status == "succeeded", result.message
        assert {row["customer"]: row["owed"] for row in rows(tmp_path / "out" / "per_customer.csv")}["Bruno"] == owed


def test_a_table_that_names_invoices_and_no_payment_is_not_taken_for_one(tmp_path: Path) -> None:
    lines = "line,invoice,shipped,amount\n1,A1,2026-08-01,70.00\n2,A1,2026-08-01,30.00\n3,A2,2026-08-03,80.00\n"
    found = planned(tmp_path, written(tmp_path, {"invoices.csv": INVOICES, "lines.csv": lines}), age_from="due")
    assert isinstance(found, Draft)
    assert set(found.spec.sources) == {"invoices"}


def test_what_a_list_leaves_open_or_says_twice_is_told(tmp_path: Path) -> None:
    doubtful = (
        "number,customer,issued,due,total,balance,state\n1,Anna,2026-08-01,2026-08-15,10.00,10.00,Paid\n"
        "2,Anna,2026-08-01,2026-08-15,5.00,,Open\n3,Bruno,2026-08-01,2026-08-15,5.00,5.00,Open\n"
    )
    found = planned(tmp_path, written(tmp_path, {"invoices.csv": doubtful}), age_from="due")
    assert isinstance(found, Draft)
    told = " ".join(found.assumptions)
    assert "an empty balance counts as nothing open (1 rows of invoices)" in told
    assert "1 rows of invoices are Paid, yet something is open: it counts" in told


def test_a_part_that_was_paid_and_is_nowhere_counted_is_told(tmp_path: Path) -> None:
    partly = (
        "number,customer,issued,due,total,state\n1,Anna,2026-08-01,2026-08-15,10.00,Partially paid\n"
        "2,Anna,2026-08-01,2026-08-16,5.00,Paid\n3,Bruno,2026-08-01,2026-08-15,5.00,Open\n"
    )
    found = planned(tmp_path, written(tmp_path, {"invoices.csv": partly}), age_from="due")
    assert isinstance(found, Draft)
    assert any("what is Partially paid in invoices counts in full" in said for said in found.assumptions)


def test_the_day_named_in_the_request_is_not_asked_for_again(tmp_path: Path) -> None:
    data = written(tmp_path, {"invoices.csv": INVOICES})
    found = planned(tmp_path, data, "Who owes us money, by age from the invoice date?")
    assert isinstance(found, Draft)
    assert "age from the invoice date" in found.reading


@pytest.mark.parametrize("world", ["receivables", "receivables_abroad"])
def test_a_world_is_written_the_same_each_time(tmp_path: Path, world: str) -> None:
    first, second = (write(world, tmp_path / name).data for name in ("a", "b"))
    assert {file.name: file.read_bytes() for file in first.iterdir()} == {
        file.name: file.read_bytes() for file in second.iterdir()
    }
