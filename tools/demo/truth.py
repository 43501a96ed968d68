"""The true answers about a demo world, kept outside its data folder; every sum is exact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

ExceptionKind = Literal[
    "chargeback_unknown_to_shop",
    "refund_only_in_stripe",
    "paid_in_part_by_gift_card",
    "payout_straddles_month",
    "deposit_short_by_wire_fee",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlantedException(_Frozen):
    """One thing a careful accountant must find; `amount` is always positive, in EUR.

    The amount is what was disputed, refunded, paid by gift card, paid out or taken by the bank; `fee` is the
    processor's dispute fee. Ids that do not apply are None.
    """

    kind: ExceptionKind
    day: date
    amount: Decimal
    fee: Decimal = Decimal("0.00")
    order: str | None = None
    charge: str | None = None
    source: str | None = None
    payout: str | None = None


class WalkLine(_Frozen):
    """A step of the way from Shopify to the bank; `running` is what is left after it."""

    label: str
    amount: Decimal
    running: Decimal


class PayoutTruth(_Frozen):
    """One payout: gross - refunds - disputes - charge_fees - dispute_fees - other_fees = payout = deposit + short.

    All amounts are positive EUR; days are Rome's. `straddles` says that the bank booked it in another month than
    Stripe made it.
    """

    id: str
    created: date
    arrival: date
    booked: date
    transactions: int
    gross: Decimal
    refunds: Decimal
    disputes: Decimal
    charge_fees: Decimal
    dispute_fees: Decimal
    other_fees: Decimal
    payout: Decimal
    deposit: Decimal
    short: Decimal
    straddles: bool


class ShopifyTruth(_Frozen):
    """Shopify's side, test orders left out unless a name says otherwise; months are of the order's `created_at`."""

    orders: int
    test_orders: int
    test_total: Decimal
    real_orders: int
    gross: Decimal
    goods: Decimal
    discounts: Decimal
    shipping: Decimal
    tax: Decimal
    paid_by_card: Decimal
    paid_by_gift_card: Decimal
    gift_card_orders: int
    gift_cards_sold: Decimal
    gift_cards_outstanding: Decimal
    wholesale_orders: int
    wholesale: Decimal
    refunds: int
    refunded: Decimal
    gross_by_month_in_rome: dict[str, Decimal]
    gross_by_month_in_utc: dict[str, Decimal]


class StripeTruth(_Frozen):
    """Stripe's side in EUR, all amounts positive; `pending` is available or settling but in no payout yet."""

    charges: int
    gross: Decimal
    refunds: int
    refunded: Decimal
    refunded_only_here: Decimal
    disputes: int
    disputed: Decimal
    charge_fees: Decimal
    dispute_fees: Decimal
    other_fees: Decimal
    net_activity: Decimal
    payouts: int
    paid_out: Decimal
    pending: Decimal


class BankTruth(_Frozen):
    """The main account's Stripe deposits, by the day the bank booked them."""

    deposits: int
    deposited_in_period: Decimal
    deposited_after_period: Decimal
    wire_fees: Decimal
    in_transit_at_period_end: Decimal
    main_opening: Decimal
    main_closing: Decimal
    online_opening: Decimal
    online_closing: Decimal


class SupplierTruth(_Frozen):
    """The price list; rows as Excel counts them from 1, sums over the good rows."""

    good_rows: int
    bad_rows: tuple[int, ...]
    unit_price_sum: Decimal
    hundred_price_sum: Decimal


class LedgerTruth(_Frozen):
    """What the books say Stripe owes at the period's end, what it does owe, and the difference nobody booked."""

    stripe_clearing: Decimal
    owed_by_stripe: Decimal
    unexplained: Decimal


class Truth(_Frozen):
    """Everything that is true of a world: totals, the walk, each payout, each planted exception."""

    size: str
    seed: int
    first_day: date
    last_day: date
    shopify: ShopifyTruth
    stripe: StripeTruth
    bank: BankTruth
    supplier: SupplierTruth
    ledger: LedgerTruth
    customers: int
    duplicate_customers: int
    walk: tuple[WalkLine, ...]
    residual: Decimal
    payouts: tuple[PayoutTruth, ...]
    exceptions: tuple[PlantedException, ...]
    exception_counts: dict[ExceptionKind, int]
