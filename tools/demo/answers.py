"""Work out the truth of a world from the tables it is written from, in whole cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.demo.money import euros
from tools.demo.truth import (
    BankTruth,
    ExceptionKind,
    LedgerTruth,
    PayoutTruth,
    PlantedException,
    ShopifyTruth,
    StripeTruth,
    WalkLine,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from duckdb import DuckDBPyConnection

    from tools.demo.bank import Account
    from tools.demo.stripe import Payout

_KINDS: dict[str, ExceptionKind] = {
    "dispute": "chargeback_unknown_to_shop",
    "stripe_refund": "refund_only_in_stripe",
    "gift_part": "paid_in_part_by_gift_card",
}


def _rows(connection: DuckDBPyConnection, view: str) -> list[dict[str, int]]:
    """Read a view of whole numbers; a missing sum is 0."""
    relation = connection.table(view)
    names = relation.columns
    return [dict(zip(names, (int(value or 0) for value in row), strict=True)) for row in relation.fetchall()]


def shopify_truth(connection: DuckDBPyConnection) -> ShopifyTruth:
    """Sum up the orders."""
    (sums,) = _rows(connection, "shopify_totals")
    months: dict[str, dict[str, Decimal]] = {"Rome": {}, "UTC": {}}
    for zone, month, cents in connection.table("gross_by_month").fetchall():
        months[zone][month] = euros(cents)
    return ShopifyTruth(
        orders=sums["orders"],
        test_orders=sums["test_orders"],
        test_total=euros(sums["test_total"]),
        real_orders=sums["orders"] - sums["test_orders"],
        gross=euros(sums["gross"]),
        goods=euros(sums["goods"]),
        discounts=euros(sums["discounts"]),
        shipping=euros(sums["shipping"]),
        tax=euros(sums["tax"]),
        paid_by_card=euros(sums["paid_by_card"]),
        paid_by_gift_card=euros(sums["paid_by_gift_card"]),
        gift_card_orders=sums["gift_card_orders"],
        gift_cards_sold=euros(sums["gift_cards_sold"]),
        gift_cards_outstanding=euros(sums["gift_cards_sold"] - sums["paid_by_gift_card"]),
        wholesale_orders=sums["wholesale_orders"],
        wholesale=euros(sums["wholesale"]),
        refunds=sums["refunds"],
        refunded=euros(sums["refunded"]),
        gross_by_month_in_rome=months["Rome"],
        gross_by_month_in_utc=months["UTC"],
    )


def stripe_truth(connection: DuckDBPyConnection, payouts: Sequence[Payout]) -> StripeTruth:
    """Sum up the balance transactions; the row without a payout is what is pending."""
    rows = _rows(connection, "payout_totals")
    paid_out = sum(payout.cents for payout in payouts)

    def total(name: str) -> int:
        return sum(row[name] for row in rows)

    return StripeTruth(
        charges=total("charges"),
        gross=euros(total("gross")),
        refunds=total("refunds"),
        refunded=euros(total("refunded")),
        refunded_only_here=euros(total("quietly_refunded")),
        disputes=total("disputes"),
        disputed=euros(total("disputed")),
        charge_fees=euros(total("charge_fees")),
        dispute_fees=euros(total("dispute_fees")),
        other_fees=euros(total("other_fees")),
        net_activity=euros(total("net")),
        payouts=len(payouts),
        paid_out=euros(paid_out),
        pending=euros(total("net") - paid_out),
    )


def payout_truths(
    connection: DuckDBPyConnection, payouts: Sequence[Payout], wire_fees: dict[str, int]
) -> tuple[PayoutTruth, ...]:
    """Break each payout down into what it is made of."""
    found = []
    for payout, row in zip(payouts, _rows(connection, "payout_totals"), strict=False):
        if row["payout"] != payout.day.number or row["net"] != payout.cents:
            raise AssertionError(f"Payout {payout.id} is {payout.cents} but its transactions add up to {row['net']}.")
        short = wire_fees.get(payout.id, 0)
        found.append(
            PayoutTruth(
                id=payout.id,
                created=payout.day.created,
                arrival=payout.day.arrival,
                booked=payout.day.booked,
                transactions=row["transactions"],
                gross=euros(row["gross"]),
                refunds=euros(row["refunded"]),
                disputes=euros(row["disputed"]),
                charge_fees=euros(row["charge_fees"]),
                dispute_fees=euros(row["dispute_fees"]),
                other_fees=euros(row["other_fees"]),
                payout=euros(payout.cents),
                deposit=euros(payout.cents - short),
                short=euros(short),
                straddles=_straddles(payout),
            )
        )
    return tuple(found)


def _straddles(payout: Payout) -> bool:
    return (payout.day.created.year, payout.day.created.month) != (payout.day.booked.year, payout.day.booked.month)


def bank_truth(
    payouts: Sequence[Payout], wire_fees: dict[str, int], main: Account, online: Account, last: date
) -> BankTruth:
    """Sum up the deposits; what was paid out by `last` and booked after it is in transit."""
    deposits = [line for line in main.movements if line.payout is not None]
    return BankTruth(
        deposits=len(deposits),
        deposited_in_period=euros(sum(line.cents for line in deposits if line.day <= last)),
        deposited_after_period=euros(sum(line.cents for line in deposits if line.day > last)),
        wire_fees=euros(sum(wire_fees.values())),
        in_transit_at_period_end=euros(sum(payout.cents for payout in payouts if payout.day.booked > last)),
        main_opening=euros(main.opening),
        main_closing=euros(main.balance_on(last)),
        online_opening=euros(online.opening),
        online_closing=euros(online.balance_on(last)),
    )


def walk_to_bank(shopify: ShopifyTruth, stripe: StripeTruth, bank: BankTruth) -> tuple[tuple[WalkLine, ...], Decimal]:
    """Go from all of Shopify's orders to the money in the bank; return the steps and the residual.

    The residual must be 0.00: the last `running` is what the bank booked in the period.
    """
    steps = (
        ("All Shopify orders", shopify.gross + shopify.test_total),
        ("Test orders", -shopify.test_total),
        ("Paid by gift card", -shopify.paid_by_gift_card),
        ("Refunds recorded in Shopify", -shopify.refunded),
        ("Refunds made in Stripe only", -stripe.refunded_only_here),
        ("Chargebacks", -stripe.disputed),
        ("Chargeback fees", -stripe.dispute_fees),
        ("Stripe fees on charges", -stripe.charge_fees),
        ("Other Stripe fees", -stripe.other_fees),
        ("Pending in Stripe at the end of the period", -stripe.pending),
        ("Paid out, not in the bank at the end of the period", -bank.in_transit_at_period_end),
        ("Taken by the bank as wire fees", -bank.wire_fees),
    )
    running, lines = euros(0), []
    for label, amount in steps:
        running += amount
        lines.append(WalkLine(label=label, amount=amount, running=running))
    return tuple(lines), running - bank.deposited_in_period


def ledger_truth(clearing: int, stripe: StripeTruth, bank: BankTruth) -> LedgerTruth:
    """Compare the books with what Stripe owes: what is pending and what is on its way."""
    owed = stripe.pending + bank.in_transit_at_period_end
    booked = euros(clearing)
    return LedgerTruth(stripe_clearing=booked, owed_by_stripe=owed, unexplained=booked - owed)


def planted_exceptions(
    connection: DuckDBPyConnection, payouts: Sequence[Payout], wire_fees: dict[str, int]
) -> tuple[PlantedException, ...]:
    """List all planted exceptions with their ids and amounts."""
    found = [
        PlantedException(
            kind=_KINDS[part], day=day, amount=euros(cents), fee=euros(fee), order=order, charge=charge, source=source
        )
        for part, day, cents, fee, order, charge, source in connection.table("planted").fetchall()
    ]
    for payout in payouts:
        if _straddles(payout):
            found.append(
                PlantedException(
                    kind="payout_straddles_month",
                    day=payout.day.booked,
                    amount=euros(payout.cents),
                    payout=payout.id,
                )
            )
        if short := wire_fees.get(payout.id, 0):
            found.append(
                PlantedException(
                    kind="deposit_short_by_wire_fee", day=payout.day.booked, amount=euros(short), payout=payout.id
                )
            )
    return tuple(found)
