"""A file that comes again and again as one clean table: what is united, what is asked, what every file is held to."""

from __future__ import annotations

import csv
import datetime as dt
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from agents.builtin.planner import draft
from agents.builtin.templates.recurring_file.intent import asks_for_one_table
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from spec.codec import to_yaml
from spec.run import RunResult
from tools.context import Context, context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, tzinfo=UTC)
SAID = "My supplier sends this Excel each month, load it into one clean table"
Sheets = dict[str, list[list[object]]]
DAY = dt.date(2026, 9, 1)
HEAD: list[object] = ["code", "Quantity", "price", "day"]
SHEETS: Sheets = {
    "North": [["Prices"], [], HEAD, ["A1", 2, "1,50", DAY], ["A2", 3, "2,25", DAY], ["Total", 5, None, None]],
    "South": [["Prices"], [], HEAD, ["B1", 2.5, "1.000,125", DAY], ["B2", 4, "3,00", DAY]],
}


def written(place: Path, sheets: Sheets, name: str = "list.xlsx") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    (place / "data").mkdir(exist_ok=True)
    book.save(place / "data" / name)
    return place / "data" / name


def context(place: Path) -> Context:
    return context_of(Workspace(place / "workspace", NOW), "ada")


def planned(place: Path, said: str = SAID, **answers: str) -> Draft | Question | Refusal:
    with open_data([str(place / "data")], context(place)) as view:
        return draft(Request(text=said, now=NOW, timezone="Europe/Rome", answers=answers, want="pipeline"), view)


def ran(place: Path, found: Draft | Question | Refusal, *, data: str = "") -> RunResult:
    assert isinstance(found, Draft), found
    (place / "plan.yaml").write_text(to_yaml(found.spec), encoding="utf-8")
    return run(context(place), place / "plan.yaml", now=NOW, out=place / "out", data=[data] if data else [])


def rows(place: Path, name: str = "clean_table.csv") -> list[list[str]]:
    with (place / "out" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


@pytest.mark.parametrize(
    "said",
    [
        "how many files does our supplier send each month?",
        "which supplier delivers the longest list every month",
        "total sales per month, save as totals.csv",
        "combine orders and customers by customer_id",
        "send me the list of suppliers each month",
        "show me what the supplier sends in this file every month",
        "join the two files by code",
        "our supplier is late every month",
    ],
)
def test_other_requests_are_not_for_it(said: str) -> None:
    assert not asks_for_one_table(said)


def test_a_column_has_one_type_that_holds_the_values_of_every_sheet(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    assert isinstance(found, Draft)
    types = [source.columns for source in found.spec.sources.values()]
    assert types[0] == types[1]
    assert types[0]["Quantity"] == "DECIMAL(20,2)"
    assert types[0]["price"].endswith(",3)")
    assert ran(tmp_path, found).status == "succeeded"
    assert rows(tmp_path)[1:] == [
        ["North", "A1", "2.00", "1.500", "2026-09-01"],
        ["North", "A2", "3.00", "2.250", "2026-09-01"],
        ["South", "B1", "2.50", "1000.125", "2026-09-01"],
        ["South", "B2", "4.00", "3.000", "2026-09-01"],
    ]


def test_a_column_that_is_empty_in_a_sheet_has_the_type_and_the_spelling_of_the_others(tmp_path: Path) -> None:
    sheets: Sheets = {**SHEETS, "East": [HEAD, ["C1", 1, None, None], ["C2", 2, None, None]]}
    written(tmp_path, sheets)
    found = planned(tmp_path)
    assert ran(tmp_path, found).status == "blocked", "a column that is empty now is told before anything is published"
    later: Sheets = {**SHEETS, "East": [HEAD, ["C1", 1, "1.234,50", DAY], ["C2", 2, "0,50", DAY]]}
    result = ran(tmp_path, found, data=str(written(tmp_path, later)))
    assert result.status == "succeeded"
    assert ["East", "C1", "1.00", "1234.500", "2026-09-01"] in rows(tmp_path)


def test_a_total_row_that_was_not_there_before_is_no_row_of_data(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    with_total: Sheets = {**SHEETS, "South": [*SHEETS["South"], ["Totale", 6.5, None, None]]}
    assert ran(tmp_path, found, data=str(written(tmp_path, with_total))).status == "succeeded"
    assert len(rows(tmp_path)) == 5


def test_a_total_that_no_longer_holds_keeps_everything_back(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    wrong: Sheets = {**SHEETS, "North": [*SHEETS["North"][:5], ["Total", 6, None, None]]}
    result = ran(tmp_path, found, data=str(written(tmp_path, wrong)))
    assert result.status == "blocked"
    (failed,) = [check for check in result.checks if not check.passed]
    assert (failed.check, failed.expected) == ("own_total", "6.00 in row 6 of North")
    assert failed.found == "5.00 in the rows above"
    assert not (tmp_path / "out").exists()


def test_a_column_whose_values_are_gone_is_never_empty_in_silence(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    bare: Sheets = {**SHEETS, "South": [["Prices"], [], HEAD, ["B1", 2, None, DAY], ["B2", 4, None, DAY]]}
    result = ran(tmp_path, found, data=str(written(tmp_path, bare)))
    assert result.status == "blocked"
    (failed,) = [check for check in result.checks if not check.passed]
    assert failed.found == "no value at all in price"


def test_a_column_that_holds_something_else_is_drift_and_not_a_sheet_set_aside(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    other: Sheets = {**SHEETS, "South": [["Prices"], [], HEAD, ["B1", 2, "1,50", "soon"], ["B2", 4, "2,00", "later"]]}
    result = ran(tmp_path, found, data=str(written(tmp_path, other)))
    assert result.status == "failed"
    assert "'day' is now something else" in str(result.message)


def test_a_sheet_that_is_no_longer_there_stops_the_run_by_name(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    result = ran(tmp_path, found, data=str(written(tmp_path, {"North": SHEETS["North"]})))
    assert result.status == "failed"
    assert "no worksheet 'South'" in str(result.message)


def test_sheets_of_another_form_are_asked_about(tmp_path: Path) -> None:
    written(tmp_path, {**SHEETS, "Returns": [["code", "reason"], ["A1", "broken"], ["A2", "late"]]})
    asked = planned(tmp_path)
    assert isinstance(asked, Question)
    assert asked.key == "sheets"
    assert "Returns has code and reason" in asked.text
    assert ran(tmp_path, planned(tmp_path, sheets="alike")).status == "succeeded"
    assert len(rows(tmp_path)) == 5
    assert ran(tmp_path, planned(tmp_path, sheets="all")).status == "succeeded"
    assert rows(tmp_path)[0] == ["sheet", "code", "Quantity", "price", "day", "reason"]
    assert ["Returns", "A1", "", "", "", "broken"] in rows(tmp_path)


def test_a_single_sheet_and_a_column_called_sheet_are_no_trouble(tmp_path: Path) -> None:
    head: list[object] = ["sheet", "n", "x"]
    written(tmp_path, {"One": [head, ["a", 1, "p"], ["b", 2, "q"]]})
    assert ran(tmp_path, planned(tmp_path)).status == "succeeded"
    assert rows(tmp_path) == [["from_sheet", "sheet", "n", "x"], ["One", "a", "1", "p"], ["One", "b", "2", "q"]]


def test_what_a_spreadsheet_would_run_is_written_as_text(tmp_path: Path) -> None:
    risky = ["=1+1", "+1", "-1", "@x", "plain", "a=b"]
    book: Sheets = {"S": [["code", "n", "x"], *([text, at, "y"] for at, text in enumerate(risky))]}
    path = written(tmp_path, book)
    opened = openpyxl.load_workbook(path)
    for cell in opened["S"]["A"]:
        cell.data_type = "s"
    opened.save(path)
    assert ran(tmp_path, planned(tmp_path)).status == "succeeded"
    assert [row[1] for row in rows(tmp_path)[1:]] == ["'=1+1", "'+1", "'-1", "'@x", "plain", "a=b"]


def test_the_file_s_rhythm_is_no_schedule_and_a_wish_for_one_is(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(tmp_path)
    assert isinstance(found, Draft)
    assert found.spec.schedule is None
    timed = planned(tmp_path, "My supplier sends this Excel each month; load it into one table every Monday at 9:00")
    assert isinstance(timed, Draft)
    assert timed.spec.schedule is not None
    assert timed.spec.schedule.cron == "0 9 * * 1"


def test_a_file_and_a_table_that_are_named_are_what_is_written(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    found = planned(
        tmp_path, "My supplier sends this Excel each month, load it into one table and save it as stock.csv"
    )
    assert isinstance(found, Draft)
    assert [(output.file, output.formulas) for output in found.spec.outputs] == [("stock.csv", "text")]
    loaded = planned(tmp_path, "My supplier sends this Excel each month, load it into the table prices of shop.duckdb")
    assert isinstance(loaded, Draft)
    assert [(load.table, load.write) for load in loaded.spec.loads] == [("prices", "replace")]
    assert loaded.spec.allow.tables == ("shop.duckdb/prices",)


def test_a_further_wish_is_asked_about_and_not_dropped(tmp_path: Path) -> None:
    written(tmp_path, SHEETS)
    asked = planned(tmp_path, f"{SAID} and email it to the partners")
    assert isinstance(asked, Question)
    assert "'email it to the partners'" in asked.text
    assert isinstance(planned(tmp_path, f"{SAID} and email it to the partners", beside="yes"), Draft)
    assert isinstance(planned(tmp_path, f"{SAID} and email it to the partners", beside="no"), Refusal)
