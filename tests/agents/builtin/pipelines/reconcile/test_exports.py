"""Conversation 1 over exports whose form differs: found again, asked, or refused; never a wrong residual."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import exports
import pytest

from agents.builtin.pipelines.reconcile.steps import STEPS
from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from spec.codec import to_yaml
from tools.context import context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
SAID = "The payouts never match what we sold. Where does the money go?"
FOUND = {
    ("Bank deposit short of its payout", "0004"),
    ("Chargeback the shop does not know", "1026"),
    ("Refund made at the processor only", "1021"),
}


def planned(folder: Path, **answers: str) -> Draft | Question | Refusal:
    """The reply to the question, over the tables in the folder."""
    context = context_of(Workspace(folder / "workspace", NOW), "ada")
    with open_data([str(folder / "data")], context) as data:
        return draft(Request(text=SAID, now=NOW, timezone="Europe/Berlin", answers=answers, want="pipeline"), data)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "form",
    [
        exports.payouts_among_the_movements,
        exports.whole_cents,
        exports.fees_as_rows,
        exports.in_german,
        exports.in_tables_apart,
    ],
    ids=lambda form: form.__name__,
)
def test_the_planted_exceptions_are_found_and_nothing_is_left_over(place: Path, form: exports.Writer) -> None:
    form(place / "data")
    found = planned(place, match_on="payout")
    assert isinstance(found, Draft), found
    (place / "plan.yaml").write_text(to_yaml(found.spec), encoding="utf-8")
    context = context_of(Workspace(place / "workspace", NOW), "ada")
    result = run(context, place / "plan.yaml", now=NOW, out=place / "out")
    assert result.status == "succeeded", result.message
    exceptions = rows(place / "out" / "exceptions.csv")
    assert {(row["exception"], row["reference"][-4:]) for row in exceptions} == FOUND
    assert len(exceptions) == len(FOUND)
    walk = {row["label"]: row["amount"] for row in rows(place / "out" / "money_walk.csv")}
    assert walk["Residual: what nothing explains"] == "0.00"
    assert walk["Orders and charges that differ (each is an exception)"] == "0.00"


def test_without_payout_ids_nothing_is_asked_about_them_and_the_plan_says_so(place: Path) -> None:
    exports.payouts_among_the_movements(place / "data")
    found = planned(place)
    assert isinstance(found, Draft), found
    assert any("no movement names the payout it is in" in said for said in found.assumptions)


def test_money_in_two_currencies_is_asked_about_and_then_followed_in_one(place: Path) -> None:
    exports.in_two_currencies(place / "data")
    asked = planned(place)
    assert isinstance(asked, Question)
    assert (asked.key, [option.value for option in asked.options]) == ("currency", ["EUR", "USD"])
    found = planned(place, currency="EUR")
    # Half of the payouts are in the statement, which names no currency: enough to know it, and never added up.
    assert isinstance(found, Question | Draft)


def test_payouts_without_their_movements_are_not_enough(place: Path) -> None:
    exports.payouts_alone(place / "data")
    found = planned(place)
    assert isinstance(found, Refusal)
    assert "movements" in found.message


def test_every_step_of_a_plan_has_a_name_that_tables_are_kept_from(place: Path) -> None:
    exports.whole_cents(place / "data")
    found = planned(place, match_on="payout")
    assert isinstance(found, Draft), found
    read = set(found.spec.sources) | {f"{name}_read" for name in ("balance", "payouts")}
    assert {step.id for step in found.spec.steps} <= STEPS | read
