"""The planted exceptions, found again by a plain accountant's comparison of the files alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.demo.conftest import Books

Found = tuple[str, str | None, Decimal]

DISPUTES_SHOPIFY_DOES_NOT_KNOW = """
SELECT order_name, -amount, fee FROM stripe
WHERE reporting_category = 'dispute' AND order_name NOT IN (
    SELECT refunds.name FROM refunds WHERE refunds.name = stripe.order_name AND refunds.amount = -stripe.amount)
"""
REFUNDS_SHOPIFY_DOES_NOT_KNOW = """
SELECT order_name, -amount FROM stripe
WHERE type = 'refund' AND source NOT IN (SELECT reference FROM refunds)
"""
REFUNDS_STRIPE_DOES_NOT_KNOW = (
    "SELECT name FROM refunds WHERE reference NOT IN (SELECT source FROM stripe WHERE type = 'refund')"
)
AMOUNTS_THAT_DIFFER = """
SELECT orders.name, orders.total - stripe.amount
FROM orders JOIN stripe ON stripe.order_name = orders.name AND stripe.type = 'charge'
WHERE orders.total <> stripe.amount
"""
ORDERS_WITHOUT_A_CHARGE = """
SELECT name FROM orders WHERE NOT test AND name NOT IN (SELECT order_name FROM stripe WHERE type = 'charge')
"""
CHARGES_WITHOUT_AN_ORDER = """
SELECT order_name FROM stripe WHERE type = 'charge' AND order_name NOT IN (SELECT name FROM orders WHERE NOT test)
"""
PAYOUTS = """
SELECT id, amount, timezone('Europe/Rome', created_utc::TIMESTAMPTZ)::DATE, arrival_date
FROM payouts ORDER BY created_utc
"""


def find_in_orders(books: Books) -> list[Found]:
    """Compare Shopify with Stripe, order by order."""
    found: list[Found] = []
    for name, amount, _ in books.rows(DISPUTES_SHOPIFY_DOES_NOT_KNOW):
        found.append(("chargeback_unknown_to_shop", str(name), Decimal(str(amount))))
    for name, amount in books.rows(REFUNDS_SHOPIFY_DOES_NOT_KNOW):
        found.append(("refund_only_in_stripe", str(name), Decimal(str(amount))))
    for name, amount in books.rows(AMOUNTS_THAT_DIFFER):
        found.append(("paid_in_part_by_gift_card", str(name), Decimal(str(amount))))
    return found


def find_in_payouts(books: Books) -> list[Found]:
    """Match each payout to one deposit, up to four days after it is due: same amount, else a little less."""
    found: list[Found] = []
    waiting = books.deposits()
    unmatched: list[tuple[str, Decimal, date, date]] = []

    def book(payout: str, amount: Decimal, created: date, index: int) -> None:
        line = waiting.pop(index)
        if (created.year, created.month) != (line.day.year, line.day.month):
            found.append(("payout_straddles_month", payout, amount))
        if line.amount != amount:
            found.append(("deposit_short_by_wire_fee", payout, amount - line.amount))

    def candidates(amount: Decimal, arrival: date, short: Decimal) -> list[int]:
        return [
            index
            for index, line in enumerate(waiting)
            if arrival <= line.day <= arrival + timedelta(days=6) and 0 <= amount - line.amount <= short
        ]

    for identity, amount, created, arrival in books.rows(PAYOUTS):
        assert isinstance(amount, Decimal)
        assert isinstance(created, date)
        assert isinstance(arrival, date)
        if same := candidates(amount, arrival, Decimal(0)):
            book(str(identity), amount, created, same[0])
        else:
            unmatched.append((str(identity), amount, created, arrival))
    for identity, amount, created, arrival in unmatched:
        near = candidates(amount, arrival, Decimal(20))
        assert len(near) == 1, f"{identity} has {len(near)} deposits it could be"
        book(identity, amount, created, near[0])
    assert waiting == []
    return found


def planted(books: Books) -> list[Found]:
    return [(e.kind, e.order or e.payout, e.amount) for e in books.truth.exceptions]


def test_the_quarter_has_exactly_five_exceptions_one_of_each_kind(quarter: Books) -> None:
    found = find_in_orders(quarter) + find_in_payouts(quarter)
    assert len(found) == 5
    assert len({kind for kind, *_ in found}) == 5
    assert sorted(found, key=str) == sorted(planted(quarter), key=str)


def test_a_plain_comparison_of_the_files_finds_what_was_planted_and_nothing_else(books: Books) -> None:
    found = find_in_orders(books) + find_in_payouts(books)
    assert sorted(found, key=str) == sorted(planted(books), key=str)


def test_no_order_lacks_its_charge_and_no_charge_or_refund_its_order(books: Books) -> None:
    assert books.rows(ORDERS_WITHOUT_A_CHARGE) == []
    assert books.rows(CHARGES_WITHOUT_AN_ORDER) == []
    assert books.rows(REFUNDS_STRIPE_DOES_NOT_KNOW) == []


def test_the_chargeback_has_a_fee_and_its_order_still_shows_as_paid(quarter: Books) -> None:
    ((name, amount, fee),) = quarter.rows(DISPUTES_SHOPIFY_DOES_NOT_KNOW)
    (told,) = [e for e in quarter.truth.exceptions if e.kind == "chargeback_unknown_to_shop"]
    assert (name, amount, fee) == (told.order, told.amount, told.fee)
    assert told.fee == Decimal("20.00")
    assert quarter.rows(f"SELECT financial_status, len(refunds) FROM orders WHERE name = '{name}'") == [("paid", 0)]


def test_the_gift_card_explains_what_stripe_did_not_charge(books: Books) -> None:
    by_gift_card = books.rows("SELECT name, amount FROM payments WHERE gateway = 'gift_card' ORDER BY name")
    assert by_gift_card == books.rows(f"{AMOUNTS_THAT_DIFFER} ORDER BY orders.name")
    assert len(by_gift_card) == books.truth.exception_counts["paid_in_part_by_gift_card"]


def test_a_gift_card_was_sold_before_one_was_spent(quarter: Books) -> None:
    sold = quarter.rows(
        "SELECT min(created) FROM orders JOIN lines ON lines.order_id = orders.id WHERE gift_card AND price = 50"
    )
    spent = quarter.rows("SELECT min(created) FROM orders JOIN payments ON order_id = id WHERE gateway = 'gift_card'")
    assert str(sold) < str(spent)


def test_the_years_have_exceptions_of_every_kind_and_count_them(small_years: Books) -> None:
    counts = small_years.truth.exception_counts
    assert counts["chargeback_unknown_to_shop"] == 4
    assert counts["refund_only_in_stripe"] == 2
    assert counts["paid_in_part_by_gift_card"] == 15
    assert counts["deposit_short_by_wire_fee"] == 13
    assert counts["payout_straddles_month"] >= 1
    assert sum(counts.values()) == len(small_years.truth.exceptions)


def test_the_same_payout_straddles_by_its_own_day_by_its_due_day_and_by_the_periods_end(quarter: Books) -> None:
    """Whichever sensible meaning a reader takes, one payout is meant, and it is the same."""
    told = quarter.truth.payouts
    by_creation = [p.id for p in told if p.created.month != p.booked.month]
    by_due_day = [p.id for p in told if p.arrival.month != p.booked.month]
    by_period = [p.id for p in told if p.arrival <= quarter.truth.last_day < p.booked]
    assert by_creation == by_due_day == by_period
    assert len(by_creation) == 1
