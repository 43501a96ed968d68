"""Conversation 1 on worlds whose every cent is known: what is asked, what is found, and that no name decides."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from wordings import WORDINGS

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from spec.codec import digest, to_yaml
from spec.pipeline import Pipeline
from spec.run import RunResult
from tools.context import Context, context_of
from tools.data import OpenData, open_data
from tools.demo.world import World, write_world
from tools.plans import prove
from tools.runs import run

NOW = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
ANSWERS = {"match_on": "payout id", "gift_cards": "liability"}
ZONE = "Europe/Rome"


@dataclass(frozen=True)
class Shop:
    """A written world, opened."""

    world: World
    context: Context
    data: OpenData

    def say(self, text: str, **answers: str) -> Draft | Question | Refusal:
        """One turn."""
        return draft(Request(text=text, now=NOW, timezone=ZONE, answers=answers, want="pipeline"), self.data)

    def spec(self, text: str = WORDINGS[0], **answers: str) -> Pipeline:
        """The drafted spec of a request whose questions are answered."""
        found = self.say(text, **{**ANSWERS, **answers})
        assert isinstance(found, Draft), found
        return found.spec


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The demo's quarter."""
    folder = tmp_path_factory.mktemp("quarter")
    world = write_world(folder, size="quarter")
    context = context_of(Workspace(folder / "workspace", NOW), "marta")
    with open_data([str(world.data)], context) as data:
        yield Shop(world, context, data)


def ran(context: Context, spec: Pipeline, folder: Path, out: Path) -> RunResult:
    """Run a spec as the file a person would keep beside the data."""
    file = folder / f"{digest(spec)[7:19]}.yaml"
    file.write_text(to_yaml(spec), encoding="utf-8")
    return run(context, file, now=NOW, out=out)


def computed(shop: Shop, spec: Pipeline, out: Path) -> dict[str, list[dict[str, str]]]:
    """Run a spec and read the files it left."""
    result = ran(shop.context, spec, shop.world.root, out)
    assert result.status == "succeeded", result.message
    return {path.name: rows_of(path) for path in out.glob("*.csv")}


def rows_of(path: Path) -> list[dict[str, str]]:
    """A written table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("text", WORDINGS)
def test_twenty_wordings_ask_the_same_two_questions_and_plan_the_same_steps(quarter: Shop, text: str) -> None:
    first = quarter.say(text)
    assert isinstance(first, Question)
    assert first.key == "match_on"
    second = quarter.say(text, match_on="payout id")
    assert isinstance(second, Question)
    assert second.key == "gift_cards"
    plain = quarter.spec()
    asked = quarter.spec(text)
    assert (asked.steps, asked.checks, asked.sources) == (plain.steps, plain.checks, plain.sources)
    assert (asked.schedule is not None) == ("every" in text or "each week" in text)


def test_the_exceptions_are_exactly_the_planted_ones_and_nothing_is_left_over(quarter: Shop, tmp_path: Path) -> None:
    files = computed(quarter, quarter.spec(), tmp_path / "out")
    truth = quarter.world.truth
    planted = {(item.order or item.payout, item.amount + item.fee) for item in truth.exceptions}
    assert len(truth.exceptions) == 5
    assert {(row["reference"], Decimal(row["amount"])) for row in files["exceptions.csv"]} == planted
    assert len(files["exceptions.csv"]) == 5
    walk = {row["label"]: Decimal(row["amount"]) for row in files["money_walk.csv"]}
    assert walk["Orders in the shop"] == truth.shopify.gross
    assert walk["Charged by the processor"] == truth.stripe.gross
    assert -walk["Refunds"] == truth.stripe.refunded
    assert -walk["Chargebacks"] == truth.stripe.disputed
    assert -walk["Processor's fees"] == truth.stripe.charge_fees + truth.stripe.dispute_fees + truth.stripe.other_fees
    assert -walk["Not yet paid out"] == truth.stripe.pending
    assert walk["Paid out"] == truth.stripe.paid_out
    assert -walk["Kept by banks on the way"] == truth.bank.wire_fees
    assert walk["Arrived in the bank"] == truth.bank.deposited_in_period + truth.bank.deposited_after_period
    assert walk["Residual: what nothing explains"] == 0
    for row in files["per_payout.csv"]:
        parts = [row[part] for part in ("sales", "refunds", "chargebacks", "adjustments", "fees")]
        assert sum(map(Decimal, parts)) == Decimal(row["paid_out"])


def test_the_same_spec_gives_the_same_digests_again(quarter: Shop, tmp_path: Path) -> None:
    spec = quarter.spec()
    runs = [ran(quarter.context, spec, tmp_path, tmp_path / name) for name in "ab"]
    digests = [[output.digest for output in run.outputs] for run in runs]
    assert digests[0] == digests[1]
    assert all(digests[0])
    assert digest(spec) == digest(quarter.spec())


def test_the_answer_about_gift_cards_decides_the_revenue(quarter: Shop) -> None:
    found = {}
    for answer in ("liability", "revenue"):
        spec = quarter.spec(gift_cards=answer)
        assert prove(quarter.context, spec, base=quarter.world.data, now=NOW).checks
        walk = next(step for step in spec.steps if step.id == "walk_columns")
        found[answer] = walk.params["query"]
    assert found["liability"] != found["revenue"]


def test_deposits_found_by_date_alone_say_what_that_leaves_open(quarter: Shop, tmp_path: Path) -> None:
    found = quarter.say(WORDINGS[0], match_on="date", gift_cards="liability")
    assert isinstance(found, Draft)
    assert any("not tied to payouts" in said for said in found.assumptions)
    files = computed(quarter, found.spec, tmp_path / "out")
    assert len(files["exceptions.csv"]) == 5
    assert "sales" not in files["per_payout.csv"][0]


def test_a_system_the_data_lacks_is_asked_about_before_anything_else(quarter: Shop) -> None:
    asked = quarter.say("My deposits from Paypal never match Shopify")
    assert isinstance(asked, Question)
    assert asked.key == "names"
    assert "Paypal" in asked.text
    refused = quarter.say("My deposits from Paypal never match Shopify", names="no")
    assert isinstance(refused, Refusal)


def test_an_answer_that_fits_no_option_is_asked_again(quarter: Shop) -> None:
    asked = quarter.say(WORDINGS[0], match_on="whatever you like")
    assert isinstance(asked, Question)
    assert asked.key == "match_on"


RENAMED = {
    "stripe_balance_transactions.csv": (
        "acquirer_movements.csv",
        {"amount": "gross_value", "fee": "commission", "net": "proceeds", "automatic_payout_id": "settlement_no",
         "reporting_category": "movement_type", "payment_metadata[order_name]": "merchant_ref", "id": "line_no",
         "created_utc": "booked_at", "available_on": "value_date"},
    ),
    "stripe_payouts.csv": (
        "settlements.csv",
        {"id": "settlement", "amount": "total_value", "arrival_date": "due", "created_utc": "issued_at"},
    ),
    "bank_statement_it.csv": ("giro_account.csv", {}),
    "bank_statement_en.csv": ("second_account.csv", {}),
}  # fmt: skip


def test_files_and_columns_by_other_names_give_the_same_exceptions(quarter: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "renamed"
    folder.mkdir()
    for old, (new, columns) in RENAMED.items():
        head, _, rest = (quarter.world.data / old).read_bytes().partition(b"\n")
        for before, after in columns.items():
            fields = [after.encode() if field == before.encode() else field for field in head.split(b",")]
            head = b",".join(fields)
        (folder / new).write_bytes(head + b"\n" + rest)
    with (folder / "webshop.ndjson").open("w", encoding="utf-8") as file:
        for line in (quarter.world.data / "shopify_orders.ndjson").read_text(encoding="utf-8").splitlines():
            order: dict[str, Any] = json.loads(line)
            order["number"] = order.pop("name")
            order["grand_total"] = order.pop("total_price")
            file.write(json.dumps(order) + "\n")
    text = "The settlements of our acquirer do not match the orders of the webshop. Where does the money go?"
    with open_data([str(folder)], quarter.context) as data:
        request = Request(text=text, now=NOW, timezone=ZONE, answers=dict(ANSWERS), want="pipeline")
        found = draft(request, data)
    assert isinstance(found, Draft), found
    result = ran(quarter.context, found.spec, tmp_path, tmp_path / "out")
    assert result.status == "succeeded", result.message
    rows = rows_of(tmp_path / "out" / "exceptions.csv")
    planted = {(item.order or item.payout, item.amount + item.fee) for item in quarter.world.truth.exceptions}
    assert {(row["reference"], Decimal(row["amount"])) for row in rows} == planted


@pytest.mark.parametrize("missing", ["shopify_orders.ndjson", "bank_statement_it.csv"])
def test_a_missing_side_is_named_and_nothing_is_planned(quarter: Shop, tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "part"
    folder.mkdir()
    for name in (
        "stripe_balance_transactions.csv",
        "stripe_payouts.csv",
        "shopify_orders.ndjson",
        "bank_statement_it.csv",
    ):
        if name != missing:
            (folder / name).symlink_to(quarter.world.data / name)
    with open_data([str(folder)], quarter.context) as data:
        request = Request(text=WORDINGS[0], now=NOW, timezone=ZONE, answers=dict(ANSWERS), want="pipeline")
        found = draft(request, data)
    assert isinstance(found, Refusal)
    assert "no such table" in found.message


def test_three_years_have_as_many_exceptions_of_each_kind_as_were_planted(tmp_path: Path) -> None:
    world = write_world(tmp_path / "years", size=2_000)
    context = context_of(Workspace(tmp_path / "workspace", NOW), "marta")
    with open_data([str(world.data)], context) as data:
        request = Request(text=WORDINGS[0], now=NOW, timezone=ZONE, answers=dict(ANSWERS), want="pipeline")
        found = draft(request, data)
    assert isinstance(found, Draft)
    result = ran(context, found.spec, tmp_path, tmp_path / "out")
    assert result.status == "succeeded", result.message
    kinds = {
        "chargeback_unknown_to_shop": "Chargeback the shop does not know",
        "paid_in_part_by_gift_card": "Order paid in part with a gift card",
        "refund_only_in_stripe": "Refund made at the processor only",
        "payout_straddles_month": "Payout straddles the month",
        "deposit_short_by_wire_fee": "Bank deposit short of its payout",
    }
    planted = {kinds[kind]: count for kind, count in world.truth.exception_counts.items() if count}
    assert Counter(row["exception"] for row in rows_of(tmp_path / "out" / "exceptions.csv")) == planted
