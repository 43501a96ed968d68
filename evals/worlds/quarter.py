"""The demo's shop over a quarter: 412 orders from the shop to the bank, with five planted exceptions."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evals.casefiles import Unlike
from evals.places import read_rows
from evals.world import World

if TYPE_CHECKING:
    from tools.demo.truth import Truth

KINDS = {
    "chargeback_unknown_to_shop": "Chargeback the shop does not know",
    "paid_in_part_by_gift_card": "Order paid in part with a gift card",
    "refund_only_in_stripe": "Refund made at the processor only",
    "payout_straddles_month": "Payout straddles the month",
    "deposit_short_by_wire_fee": "Bank deposit short of its payout",
}
"""Planted exceptions, and what an owner reads."""


def write(root: Path) -> World:
    """The demo's quarter."""
    return write_shop(root, "quarter")


def write_shop(root: Path, size: Literal["quarter", "years"] | int) -> World:
    """The demo's shop in any of its sizes."""
    from tools.demo.world import write_world

    world = write_world(root, size=size)
    return World(world.data, lambda out, _: _check(world.truth, out))


def _check(truth: Truth, out: Path) -> None:
    """The exceptions found are those planted, to the cent, and nothing is left that nothing explains."""
    head, *rows = read_rows(out / "exceptions.csv")
    found = [dict(zip(head, row, strict=True)) for row in rows]
    kinds = Counter(row["exception"] for row in found)
    planted = Counter({KINDS[kind]: count for kind, count in truth.exception_counts.items() if count})
    if kinds != planted:
        raise Unlike(f"Exceptions found are {dict(kinds)}, planted {dict(planted)}.")
    named = {(one.order or one.payout or "", one.amount + one.fee) for one in truth.exceptions}
    seen = {(row["reference"], Decimal(row["amount"])) for row in found}
    if seen != named:
        raise Unlike(f"Found but not planted {sorted(seen - named)[:5]}, not found {sorted(named - seen)[:5]}.")
    head, *rows = read_rows(out / "money_walk.csv")
    lines = [dict(zip(head, row, strict=True)) for row in rows]
    residual = [row["amount"] for row in lines if row["role"] == "residual"]
    if residual != ["0.00"]:
        raise Unlike(f"The residual is {residual}, not 0.00.")
    _check_payouts(out)


def _check_payouts(out: Path) -> None:
    """What each payout is made of adds up to what was paid out, where the plan breaks payouts down."""
    head, *rows = read_rows(out / "per_payout.csv")
    parts = ("sales", "refunds", "chargebacks", "adjustments", "fees")
    if not set(parts) <= set(head):
        return
    for row in rows:
        line = dict(zip(head, row, strict=True))
        if sum(Decimal(line[part]) for part in parts) != Decimal(line["paid_out"]):
            raise Unlike(f"The payout {line} does not add up.")
