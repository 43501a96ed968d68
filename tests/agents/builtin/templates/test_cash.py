"""Whether cash lasts: each movement once, balances proven, and what no row says is asked and never guessed."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.builtin.templates.cash.find import statements_in
from agents.builtin.templates.cash.intent import asks_whether_cash_lasts, without_the_weeks_ahead
from agents.builtin.templates.cash.planner import read_amount
from agents.contract import Draft, Question, Refusal, Request
from evals.world import write
from memory.workspace import Workspace
from spec.codec import to_yaml
from spec.run import RunResult
from tools.context import Context, context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, tzinfo=UTC)
HEAD = "Date,Description,Amount,Balance\n"
JULY = HEAD + (
    "2026-07-01,Rent,-500.00,500.00\n2026-07-06,Card takings,220.00,720.00\n"
    "2026-07-13,Parking,-4.50,715.50\n2026-07-13,Parking,-4.50,711.00\n2026-07-14,Card takings,80.00,791.00\n"
)
AUGUST = HEAD + "2026-08-01,Rent,-500.00,291.00\n2026-08-06,Card takings,240.00,531.00\n"
# From the middle of July, newest first, and made at midday of the sixth of August.
AGAIN = HEAD + (
    "2026-08-01,Rent,-500.00,291.00\n2026-07-14,Card takings,80.00,791.00\n"
    "2026-07-13,Parking,-4.50,711.00\n2026-07-13,Parking,-4.50,715.50\n"
)


def context(place: Path) -> Context:
    return context_of(Workspace(place / "workspace", NOW), "ada")


def planned(
    place: Path, files: dict[str, str], *, text: str = "Will I run out of cash?", **answers: str
) -> Draft | Question | Refusal:
    (place / "data").mkdir(exist_ok=True)
    for name, rows in files.items():
        (place / "data" / name).write_text(rows, encoding="utf-8")
    said = {key.replace("__", " "): value for key, value in answers.items()}
    with open_data([str(place / "data")], context(place)) as view:
        return draft(Request(text=text, now=NOW, timezone="Europe/Rome", answers=said, want="pipeline"), view)


def ran(place: Path, found: Draft | Question | Refusal) -> RunResult:
    assert isinstance(found, Draft), found
    (place / "plan.yaml").write_text(to_yaml(found.spec), encoding="utf-8")
    return run(context(place), place / "plan.yaml", now=NOW, out=place / "out")


def rows(place: Path, file: str) -> list[dict[str, str]]:
    with (place / "out" / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def balances(place: Path) -> dict[str, str]:
    return {row["account"]: row["balance"] for row in rows(place, "accounts.csv")}


def test_a_movement_in_two_exports_counts_once_and_two_equal_ones_of_one_export_stay_two(tmp_path: Path) -> None:
    result = ran(tmp_path, planned(tmp_path, {"bank 2026 q3.csv": JULY + AUGUST[len(HEAD) :], "bank b.csv": AGAIN}))
    assert result.status == "succeeded", result.message
    assert len(rows(tmp_path, "movements.csv")) == 7
    assert [row["left_out"] for row in rows(tmp_path, "left_out.csv")] == ["in another export, too"] * 4
    assert set(balances(tmp_path).values()) == {"531.00"}


def test_exports_that_meet_at_the_same_balance_are_of_one_account(tmp_path: Path) -> None:
    result = ran(tmp_path, planned(tmp_path, {"bank july.csv": JULY, "bank august.csv": AUGUST}))
    assert result.status == "succeeded", result.message
    assert balances(tmp_path) == {"bank": "531.00"}


def test_exports_that_neither_days_nor_balances_join_are_asked_about(tmp_path: Path) -> None:
    later = HEAD + "2026-09-01,Rent,-500.00,900.00\n2026-09-06,Card takings,240.00,1140.00\n"
    files = {"bank july.csv": JULY, "bank september.csv": later}
    asked = planned(tmp_path, files)
    assert isinstance(asked, Question)
    assert asked.key == "same bank_july bank_september"
    missing = planned(tmp_path, files, same__bank_july__bank_september="yes")
    assert isinstance(missing, Refusal)
    assert "2026-09-01" in missing.message
    assert "609.00 more" in missing.message
    assert "missing" in missing.hint
    apart = planned(tmp_path, files, same__bank_july__bank_september="no")
    assert isinstance(apart, Question)
    assert apart.key.startswith("own ")


def test_a_new_export_with_a_gap_stops_the_run(tmp_path: Path) -> None:
    found = planned(tmp_path, {"bank.csv": JULY})
    gap = JULY + "2026-08-06,Card takings,240.00,531.00\n"
    (tmp_path / "data" / "bank.csv").write_text(gap, encoding="utf-8")
    result = ran(tmp_path, found)
    assert result.status == "blocked"
    assert ("range", "accounts_proven") in {(check.check, check.on) for check in result.checks if not check.passed}


def test_equal_movements_that_no_balance_proves_are_asked_about(tmp_path: Path) -> None:
    bare = "\n".join(line.rpartition(",")[0] for line in JULY.splitlines()) + "\n"
    files = {"bank statement.csv": bare.replace("Description", "Payee")}
    asked = planned(tmp_path, files)
    assert isinstance(asked, Question)
    assert asked.key == "twice bank statement"
    assert "-4.50 on 2026-07-13" in asked.text
    for answer, movements, due in (("yes", 5, "791.00"), ("no", 4, "791.00")):
        more = {"twice__bank__statement": answer, "balance__bank__statement": "791"}
        result = ran(tmp_path, planned(tmp_path, files, **more))
        assert result.status == "succeeded", result.message
        assert len(rows(tmp_path, "movements.csv")) == movements
        assert balances(tmp_path) == {"bank statement": due}


def test_a_balance_that_nobody_states_is_asked_until_it_is_an_amount(tmp_path: Path) -> None:
    bare = "Date,Payee,Amount\n2026-07-01,Rent,-500.00\n2026-07-06,Card takings,220.00\n"
    for said in ("", "1.234", "a lot"):
        asked = planned(tmp_path, {"bank statement.csv": bare}, balance__bank__statement=said)
        assert isinstance(asked, Question)
        assert asked.key == "balance bank statement"
        assert ("two ways" in asked.text) == bool(said)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("1234.56", "1234.56"),
        ("1.234,56 €", "1234.56"),
        ("EUR 1,234.5", "1234.50"),
        ("-12", "-12.00"),
        ("1.234.567", "1234567.00"),
        ("12 345,60", "12345.60"),
        ("1.234", None),
        ("1,234", None),
        ("about 10", None),
        ("", None),
    ],
)
def test_an_amount_is_read_as_people_write_it_and_never_guessed(said: str, amount: str | None) -> None:
    assert read_amount(said) == (None if amount is None else Decimal(amount))


def test_the_same_movements_in_another_form_are_not_counted_twice_in_silence(tmp_path: Path) -> None:
    other = "Buchungstag;Verwendungszweck;Betrag\n" + "".join(
        f"{day[8:]}.{day[5:7]}.{day[:4]};{words};{amount.replace('.', ',')}\n"
        for day, words, amount, _ in (line.split(",") for line in JULY.splitlines()[1:])
    )
    asked = planned(tmp_path, {"bank.csv": JULY, "konto umsatz.csv": other})
    assert isinstance(asked, Question)
    assert asked.key == "copy konto_umsatz"
    alone = planned(tmp_path, {"bank.csv": JULY, "konto umsatz.csv": other}, copy__konto_umsatz="yes")
    assert isinstance(alone, Draft)
    assert set(alone.spec.sources) == {"bank"}


def test_a_column_in_which_exports_differ_makes_no_movement_two(tmp_path: Path) -> None:
    noted = [line.split(",") for line in (JULY + AUGUST[len(HEAD) :]).splitlines()]
    first = "\n".join(",".join([*line, "Note" if at == 0 else f"old {at % 3}"]) for at, line in enumerate(noted))
    second = "\n".join(",".join([*line, "Note" if at == 0 else f"new {at % 2}"]) for at, line in enumerate(noted))
    found = planned(tmp_path, {"bank 1.csv": f"{first}\n", "bank 2.csv": f"{second}\n"})
    assert isinstance(found, Draft), found
    assert any(said.startswith("Note is left aside") for said in found.assumptions)
    assert ran(tmp_path, found).status == "succeeded"
    assert len(rows(tmp_path, "movements.csv")) == 7


def test_two_currencies_are_never_added_up(tmp_path: Path) -> None:
    dollars = (
        "Date,Description,Amount,Balance,Currency\n2026-07-01,Fee,-5.00,95.00,USD\n2026-07-02,Fee,-5.00,90.00,USD\n"
        "2026-07-02,Sale,9.00,109.00,EUR\n2026-07-03,Fee,-4.00,105.00,EUR\n"
    )
    asked = planned(tmp_path, {"bank.csv": dollars})
    assert isinstance(asked, Question)
    assert (asked.key, [option.value for option in asked.options]) == ("currency", ["EUR", "USD"])
    result = ran(tmp_path, planned(tmp_path, {"bank.csv": dollars}, currency="EUR"))
    assert result.status == "succeeded", result.message
    assert balances(tmp_path) == {"bank": "105.00"}
    assert {row["left_out"] for row in rows(tmp_path, "left_out.csv")} == {"another currency"}


def test_a_word_for_the_way_of_the_money_gives_the_sign_and_a_new_word_stops_the_run(tmp_path: Path) -> None:
    ways = (
        "Datum,Naam,Af Bij,Bedrag,Saldo na mutatie\n2026-07-01,Huur,Af,500.00,500.00\n"
        "2026-07-06,Pin,Bij,220.00,720.00\n2026-07-07,Pin,Bij,30.00,750.00\n"
    )
    found = planned(tmp_path, {"bank.csv": ways})
    result = ran(tmp_path, found)
    assert result.status == "succeeded", result.message
    assert balances(tmp_path) == {"bank": "750.00"}
    new = f"{ways}2026-07-09,Pin,Terug,30.00,780.00\n"
    (tmp_path / "data" / "bank.csv").write_text(new, encoding="utf-8")
    assert ran(tmp_path, found).status == "blocked"


def test_fees_in_a_column_of_their_own_and_movements_that_were_turned_back_are_heard(tmp_path: Path) -> None:
    neo = (
        "Type,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
        "CARD,2026-07-01 09:00:00,2026-07-02 10:00:00,Cafe Uno,-10.00,0.00,EUR,COMPLETED,90.00\n"
        "CARD,2026-07-02 09:00:00,2026-07-03 10:00:00,Hotel,-20.00,1.50,EUR,COMPLETED,68.50\n"
        "CARD,2026-07-03 09:00:00,2026-07-03 11:00:00,Shoes,-20.00,0.00,EUR,REVERTED,\n"
        "TOPUP,2026-07-04 09:00:00,2026-07-05 10:00:00,Customer,40.00,0.00,EUR,COMPLETED,108.50\n"
    )
    found = planned(tmp_path, {"account statement.csv": neo})
    assert isinstance(found, Draft), found
    assert "Fee of account_statement is taken off" in found.assumptions
    assert ran(tmp_path, found).status == "succeeded"
    assert balances(tmp_path) == {"account statement": "108.50"}
    assert {row["day"] for row in rows(tmp_path, "movements.csv")} == {"2026-07-02", "2026-07-03", "2026-07-05"}
    assert [row["left_out"] for row in rows(tmp_path, "left_out.csv")] == ["not booked"]


@pytest.mark.parametrize(
    ("world", "due"), [("receivables", []), ("cohorts", []), ("quarter", ["bank_statement_en", "bank_statement_it"])]
)
def test_no_list_of_another_kind_is_taken_for_a_bank_statement(tmp_path: Path, world: str, due: list[str]) -> None:
    with open_data([str(write(world, tmp_path / "world").data)], context(tmp_path)) as view:
        assert [one.table for one in statements_in(view)[0]] == due


def test_a_transfer_is_paired_with_the_other_account_and_not_with_a_payment_as_large(tmp_path: Path) -> None:
    shop = HEAD + (
        "2026-07-01,Takings,900.00,900.00\n2026-07-03,Transfer to savings account,-200.00,700.00\n"
        "2026-07-09,Transfer to savings account,-50.00,650.00\n"
    )
    saved = (
        "Date,Text,Paid in,Paid out,Balance\n2026-07-04,Customer Bruno,200.00,,200.00\n"
        "2026-07-05,Transfer from shop account,200.00,,400.00\n2026-07-08,Fee,,3.00,397.00\n"
    )
    result = ran(tmp_path, planned(tmp_path, {"shop bank.csv": shop, "savings bank.csv": saved}))
    assert result.status == "succeeded", result.message
    found = rows(tmp_path, "transfers.csv")
    assert [(row["day"], row["to_day"], row["net"]) for row in found] == [
        ("2026-07-03", "2026-07-05", "0.00"),
        ("2026-07-09", "", "-50.00"),
    ]
    kinds = {(row["text"], row["kind"]) for row in rows(tmp_path, "movements.csv")}
    assert ("Customer Bruno", "in") in kinds


@pytest.mark.parametrize("name", ["entries", "once"])
def test_a_table_may_be_called_as_a_step_of_the_plan(tmp_path: Path, name: str) -> None:
    result = ran(tmp_path, planned(tmp_path, {f"{name}.csv": JULY}))
    assert result.status == "succeeded", result.message


def weekly(weeks: int, *, unpaid: date | None = None) -> str:
    """A statement of so many weeks: takings each Monday, rent on the first, but for one day."""
    held, lines = Decimal(3000), [HEAD.strip()]
    first = date(2025, 1, 6)
    for at in range(weeks * 7):
        day = first + timedelta(days=at)
        for due, amount, words in (
            (day.weekday() == 0, Decimal(400), "Takings"),
            (day.day == 1 and day != unpaid, Decimal(-1700), "Rent"),
        ):
            if due:
                held += amount
                lines.append(f"{day},{words},{amount}.00,{held}.00")
    return "\n".join(lines) + "\n"


def test_there_is_a_forecast_from_the_week_on_that_it_can_be_tested(tmp_path: Path) -> None:
    short = planned(tmp_path, {"bank.csv": weekly(46)})
    assert isinstance(short, Draft)
    assert "forecast" not in {step.id for step in short.spec.steps}
    assert any(said.startswith("there is no forecast: it needs 46 weeks") for said in short.assumptions)
    found = planned(tmp_path, {"bank.csv": weekly(50)})
    assert ran(tmp_path, found).status == "succeeded"
    assert len(rows(tmp_path, "forecast.csv")) == 13


def test_what_is_plain_to_see_is_forecast_to_the_cent(tmp_path: Path) -> None:
    assert ran(tmp_path, planned(tmp_path, {"bank.csv": weekly(80)})).status == "succeeded"
    held = Decimal(rows(tmp_path, "accounts.csv")[0]["balance"])
    last = date.fromisoformat(rows(tmp_path, "accounts.csv")[0]["last_day"])
    for row in rows(tmp_path, "forecast.csv"):
        until = date.fromisoformat(row["week_to"])
        days = [last + timedelta(days=number) for number in range(1, (until - last).days + 1)]
        held_then = held + 400 * sum(day.weekday() == 0 for day in days) - 1700 * sum(day.day == 1 for day in days)
        assert Decimal(row["balance"]) == held_then
        assert row["low"] == row["balance"] == row["high"]
        assert Decimal(row["mape"]) == 0


@pytest.mark.parametrize(("weeks", "due"), [(79, "-1300.00"), (80, "400.00")])
def test_what_is_a_little_late_is_still_expected_and_what_is_very_late_has_ended(
    tmp_path: Path, weeks: int, due: str
) -> None:
    late = weekly(weeks, unpaid=date(2026, 7, 1))
    assert ran(tmp_path, planned(tmp_path, {"bank.csv": late})).status == "succeeded"
    assert rows(tmp_path, "forecast.csv")[0]["regular"] == due


def test_what_the_weeks_ahead_cover_is_heard_and_what_they_do_not_is_left_for_a_question() -> None:
    assert without_the_weeks_ahead("run out of cash in the next three months?") == "run out of cash?"
    assert without_the_weeks_ahead("cash forecast for the next 13 weeks") == "cash forecast"
    for text in ("run out of cash in the next 12 months?", "cash forecast for the next 2 quarters"):
        assert without_the_weeks_ahead(text) == text
    assert not asks_whether_cash_lasts("will we run out of stock?")


def test_a_longer_time_ahead_than_thirteen_weeks_is_asked_about(tmp_path: Path) -> None:
    asked = planned(tmp_path, {"bank.csv": JULY}, text="Will I run out of cash in the next 12 months?")
    assert isinstance(asked, Question)
    assert asked.key == "beside"
    assert "12 months" in asked.text


@pytest.mark.parametrize("world", ["cash", "cash_abroad"])
def test_a_world_is_written_the_same_each_time(tmp_path: Path, world: str) -> None:
    first, second = (write(world, tmp_path / name).data for name in ("a", "b"))
    assert {file.name: file.read_bytes() for file in first.iterdir()} == {
        file.name: file.read_bytes() for file in second.iterdir()
    }
