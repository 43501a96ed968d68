"""Whether customers come back: who is one customer is asked, proven, and never guessed."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from evals.world import write
from memory.workspace import Workspace
from spec.codec import to_yaml
from spec.run import RunResult
from tools.context import Context, context_of
from tools.data import open_data
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, tzinfo=UTC)
HEAD = "order_no,ordered at,customer no,mail,amount,state\n"
ORDERS = HEAD + (
    "1,2026-01-05 23:30:00,,Ann@x.example,10.00,completed\n2,2026-02-05 10:00:00,C7,ann@x.example ,9.00,completed\n"
    "3,2026-02-06 10:00:00,C8,bob@x.example,8.00,completed\n4,2026-03-06 10:00:00,C8,bob@work.example,8.00,completed\n"
    "5,2026-03-07 10:00:00,C9,cid@x.example,8.00,refunded\n6,2026-03-08 10:00:00,,cid@x.example,8.00,failed\n"
)


def context(place: Path) -> Context:
    return context_of(Workspace(place / "workspace", NOW), "ada")


def planned(place: Path, text: str, *, file: str = "orders.csv", **answers: str) -> Draft | Question | Refusal:
    (place / "data").mkdir(exist_ok=True)
    (place / "data" / file).write_text(text, encoding="utf-8")
    with open_data([str(place / "data")], context(place)) as view:
        said = "Do customers come back?"
        return draft(Request(text=said, now=NOW, timezone="Europe/Rome", answers=answers, want="pipeline"), view)


def ran(place: Path, found: Draft | Question | Refusal) -> RunResult:
    assert isinstance(found, Draft), found
    (place / "plan.yaml").write_text(to_yaml(found.spec), encoding="utf-8")
    return run(context(place), place / "plan.yaml", now=NOW, out=place / "out")


def sizes(place: Path) -> dict[str, str]:
    with (place / "out" / "cohorts.csv").open(encoding="utf-8", newline="") as lines:
        return {row["first_month"]: row["customers"] for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    ("identity", "due"),
    [
        ("email", {"2026-01-01": "1", "2026-02-01": "1", "2026-03-01": "1"}),
        ("id", {"2026-02-01": "2"}),
        ("both", {"2026-01-01": "1", "2026-02-01": "1"}),
    ],
)
def test_each_rule_of_who_is_the_same_has_its_own_customers(tmp_path: Path, identity: str, due: dict[str, str]) -> None:
    result = ran(tmp_path, planned(tmp_path, ORDERS, identity=identity))
    assert result.status == "succeeded", result.message
    assert sizes(tmp_path) == due


def test_the_rule_is_asked_where_the_data_knows_two(tmp_path: Path) -> None:
    asked = planned(tmp_path, ORDERS)
    assert isinstance(asked, Question)
    assert (asked.key, [option.value for option in asked.options]) == ("identity", ["email", "id", "both"])


def test_a_number_that_stands_for_many_addresses_names_nobody(tmp_path: Path) -> None:
    guests = "".join(f"{n},2026-01-{n:02} 10:00:00,WALKIN1,g{n}@x.example,5.00,completed\n" for n in range(10, 22))
    found = planned(tmp_path, ORDERS + guests, identity="both")
    assert isinstance(found, Draft)
    assert any("WALKIN1 stands for guests" in said for said in found.assumptions)
    result = ran(tmp_path, found)
    assert result.status == "succeeded", result.message
    assert sizes(tmp_path)["2026-01-01"] == "13"


def test_a_chain_too_long_to_be_brought_together_stops_the_run(tmp_path: Path) -> None:
    links = "".join(
        f"{100 + 2 * n},2026-01-05 10:00:00,K{(n * 7) % 40:02},m{(n * 11) % 40:02}@x.example,5.00,completed\n"
        f"{101 + 2 * n},2026-01-06 10:00:00,K{(n * 7) % 40:02},m{((n + 1) * 11) % 40:02}@x.example,5.00,completed\n"
        for n in range(39)
    )
    result = ran(tmp_path, planned(tmp_path, HEAD + links, identity="both"))
    assert result.status == "blocked"
    assert {check.on for check in result.checks if not check.passed} <= {
        "persons_of_email",
        "persons_of_customer_number",
    }


def test_a_state_that_is_new_stops_the_run_before_it_counts(tmp_path: Path) -> None:
    found = planned(tmp_path, ORDERS, identity="email")
    late = ORDERS + "9,2026-03-09 10:00:00,,eve@x.example,8.00,expired\n"
    (tmp_path / "data" / "orders.csv").write_text(late, encoding="utf-8")
    assert ran(tmp_path, found).status == "blocked"


@pytest.mark.parametrize("name", ["placed", "customers", "cohorts", "months"])
def test_a_table_may_be_called_as_a_step_of_the_plan(tmp_path: Path, name: str) -> None:
    result = ran(tmp_path, planned(tmp_path, ORDERS, file=f"{name}.csv", identity="both"))
    assert result.status == "succeeded", result.message


def test_a_late_evening_counts_for_the_day_of_the_business(tmp_path: Path) -> None:
    utc = ORDERS.replace("ordered at", "ordered at utc").replace("2026-01-05 23:30", "2026-01-31 23:30")
    assert ran(tmp_path, planned(tmp_path, utc, identity="email")).status == "succeeded"
    assert sizes(tmp_path)["2026-02-01"] == "2"


@pytest.mark.parametrize("world", ["cohorts", "cohorts_abroad"])
def test_a_world_is_written_the_same_each_time(tmp_path: Path, world: str) -> None:
    first, second = (write(world, tmp_path / name).data for name in ("a", "b"))
    assert {file.name: file.read_bytes() for file in first.iterdir()} == {
        file.name: file.read_bytes() for file in second.iterdir()
    }
