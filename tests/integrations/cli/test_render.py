"""Documents as terminal text: aligned, complete in what it says it shows, and harmless whatever the data holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.cli import render
from spec.run import CheckResult, Effect, OutputResult, Quarantined, RunResult
from tools.documents import AskDocument, Choice, OutColumn, PlanDocument
from tools.wording import spoken_rhythm

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def answered(*rows: tuple[str | int | None, ...], types: tuple[str, ...] = ("VARCHAR", "DECIMAL(18,2)")) -> AskDocument:
    return AskDocument(
        status="answered",
        columns=tuple(OutColumn(name=f"c{n}", type=kind) for n, kind in enumerate(types)),
        rows=rows,
        row_count=len(rows),
    )


def test_numbers_stand_on_the_right_with_separators_and_all_their_decimals() -> None:
    text = render.records(answered(("North", "1234567.50"), ("South", "-2.00"), (None, None)))
    assert text.splitlines() == [
        "  c0               c1",
        "  ─────  ────────────",
        "  North  1,234,567.50",
        "  South         -2.00",
        "  –                 –",
    ]


def test_a_single_value_is_shown_by_itself() -> None:
    assert render.records(answered((412,), types=("BIGINT",))) == "  412  (c0)"


def test_rows_left_out_are_counted() -> None:
    rows = tuple((str(n), "1.00") for n in range(60))
    assert "10 more rows" in render.records(answered(*rows))
    cut = answered(*rows).model_copy(update={"truncated": True})
    assert "at least 11 more rows" in render.records(cut)


def test_no_rows_are_said_in_words() -> None:
    assert render.records(answered()) == "  No rows."


@pytest.mark.parametrize("evil", ["\x1b[2J\x1b]0;owned\x07", "a\rb", "x\u202ey", "\x9b31m", "tab\tline\nend"])
def test_text_from_data_cannot_steer_the_terminal(evil: str) -> None:
    shown = render.records(answered((evil, "1.00"), ("b", "2.00")))
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown.replace("\n", ""))
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 4


def test_wide_characters_and_accents_keep_columns_aligned() -> None:
    lines = render.table(
        ["name", "n"], [["東京", "1"], ["Zoë", "22"], ["e\u0301", "3"]], right=[False, True]
    ).splitlines()
    assert len({render.width(line) for line in lines[1:]}) == 1


def test_a_question_shows_how_to_answer_it() -> None:
    choices = (Choice(label="Paid orders only", value="paid"), Choice(label="All orders", value="all"))
    document = AskDocument(status="question", thread="t7", question="Which orders?", options=choices)
    text = render.ask(document)
    assert "Which orders?" in text
    assert "Paid orders only" in text
    assert text.endswith("dreflow ask --thread t7 --answer paid")


def proof(check: str, on: str, *, passed: bool = True, severity: str = "block", found: str = "1") -> CheckResult:
    return CheckResult.model_validate(
        {"check": check, "on": on, "severity": severity, "passed": passed, "expected": "0", "found": found}
    )


def planned(**changes: object) -> PlanDocument:
    spec = {
        "name": "totals",
        "title": "Sales by region",
        "sources": {"orders": {"location": "orders.csv", "columns": {"id": "BIGINT"}}},
        "steps": [{"id": "by_region", "use": "aggregate", "from": ["orders"]}],
        "outputs": [{"file": "totals.csv", "from": "by_region"}],
    }
    fields = {
        "status": "planned",
        "thread": "t1",
        "spec": spec,
        "proven": True,
        "rows": {"orders": 412, "by_region": 4},
    }
    return PlanDocument.model_validate({**fields, **changes})


def test_a_plan_card_says_what_is_read_done_and_typed_next() -> None:
    effects = (Effect(kind="write", target="shop/totals", detail="replace by_region"),)
    card = render.plan(planned(effects=effects), spec_file="totals.yaml")
    assert "412 rows" in card
    assert "→ 4 rows" in card
    assert "writes shop/totals" in card
    assert "dreflow approve totals.yaml --by YOUR-NAME" in card


def test_a_plan_that_needs_no_approval_can_be_run_next() -> None:
    effects = (Effect(kind="write", target="totals.csv", needs_approval=False),)
    assert render.plan(planned(effects=effects), spec_file="t.yaml").endswith("Next:  dreflow run t.yaml")


def test_a_plan_whose_proof_failed_does_not_invite_to_run_it() -> None:
    card = render.plan(planned(proven=False, proofs=(proof("unique", "orders", passed=False),)), spec_file="t.yaml")
    assert "✗" in card
    assert "dreflow run" not in card


def test_each_proof_of_one_kind_on_one_table_is_told_by_its_own_note() -> None:
    books = [
        CheckResult(check="reconcile", on="owed", severity="warn", passed=passed, found=found, note=note)
        for passed, found, note in ((True, "0.00", "The account in EUR says the same."), (False, "9.00", "And in USD."))
    ]
    shown = render.proofs(books)
    assert "✓ The account in EUR says the same. (0.00)" in shown
    assert "! And in USD. (9.00)" in shown


def test_many_proofs_alike_are_one_line_but_a_failed_one_always_stands_alone() -> None:
    many = [proof("join_fan_out", f"join_{n}") for n in range(5)]
    lines = render.proofs(
        [*many, proof("join_fan_out", "bad", passed=False, found="7 values")], whole=False
    ).splitlines()
    assert len(lines) == 2
    assert "5 times" in lines[0]
    assert "7 values" in lines[1]
    assert len(render.proofs(many, whole=True).splitlines()) == 5


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 8 * * 1", "every Monday at 08:00"),
        ("30 17 * * *", "every day at 17:30"),
        ("0 7 * * 0", "every Sunday at 07:00"),
        ("0 7 1 * *", "on day 1 of every month at 07:00"),
        ("0 9 * * 1-5", "every weekday at 09:00"),
        ("*/5 * * * *", "every 5 minutes"),
        ("*/5 1 * * *", "at */5 1 * * *"),
        ("0 8 1 * 1", "at 0 8 1 * 1"),
    ],
)
def test_schedules_are_said_as_people_say_them(cron: str, said: str) -> None:
    assert spoken_rhythm(cron) == said


def test_a_held_back_run_names_what_did_not_hold() -> None:
    result = RunResult(
        run_id="r1",
        status="blocked",
        spec_digest="sha256:" + "a" * 64,
        started=NOW,
        finished=NOW,
        checks=(proof("unique", "orders", passed=False, found="3 values"), proof("range", "orders")),
        quarantined=(Quarantined(table="orders", rows=3, file="orders.quarantine.csv", reason="not a date"),),
    )
    text = render.run(result, "out")
    assert "nothing was published" in text
    assert "3 values" in text
    assert "1 check passed" in text
    assert "3 rows of orders: not a date (orders.quarantine.csv)" in text


def test_a_run_names_every_file_it_left() -> None:
    outputs = (OutputResult(name="totals", file="totals.csv", rows=4),)
    result = RunResult(
        run_id="r1", status="succeeded", spec_digest="sha256:" + "a" * 64, started=NOW, finished=NOW, outputs=outputs
    )
    text = render.run(result, "out", reports=["report.html"])
    assert "out/totals.csv" in text
    assert "out/report.html" in text
