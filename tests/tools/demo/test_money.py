"""Every sum in the truth, worked out again from the files by other means."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.demo.conftest import BankLine, Books

IDENTITY = """
SELECT payouts.id, payouts.amount,
    coalesce(sum(stripe.amount) FILTER (type = 'charge'), 0) AS gross,
    coalesce(-sum(stripe.amount) FILTER (type = 'refund'), 0) AS refunds,
    coalesce(-sum(stripe.amount) FILTER (reporting_category = 'dispute'), 0) AS disputes,
    coalesce(sum(stripe.fee) FILTER (type = 'charge'), 0) AS charge_fees,
    coalesce(sum(stripe.fee) FILTER (reporting_category = 'dispute'), 0) AS dispute_fees,
    coalesce(-sum(stripe.amount) FILTER (type = 'stripe_fee'), 0) AS other_fees,
    sum(stripe.net) AS net, count(*) AS transactions
FROM payouts JOIN stripe ON stripe.payout_id = payouts.id
GROUP BY payouts.id, payouts.amount, payouts.created_utc ORDER BY payouts.created_utc
"""


def test_the_quarter_is_412_orders_all_placed_in_it_by_romes_clock(quarter: Books) -> None:
    (row,) = quarter.rows(
        "SELECT count(*), count(DISTINCT name), min(timezone('Europe/Rome', created::TIMESTAMPTZ))::DATE,"
        " max(timezone('Europe/Rome', created::TIMESTAMPTZ))::DATE FROM orders"
    )
    assert row == (412, 412, date(2026, 7, 1), date(2026, 9, 30))


def sums_by_month(rows: list[tuple[object, ...]]) -> dict[str, Decimal]:
    return {str(month): Decimal(str(total)) for month, total in rows}


def test_months_differ_between_rome_and_utc_and_the_truth_has_both(books: Books) -> None:
    shopify = books.truth.shopify
    in_rome = sums_by_month(
        books.rows(
            "SELECT strftime(timezone('Europe/Rome', created::TIMESTAMPTZ), '%Y-%m'), sum(total)"
            " FROM orders WHERE NOT test GROUP BY 1"
        )
    )
    in_utc = sums_by_month(
        books.rows("SELECT strftime(created, '%Y-%m'), sum(total) FROM orders WHERE NOT test GROUP BY 1")
    )
    assert in_rome == shopify.gross_by_month_in_rome
    assert in_utc == shopify.gross_by_month_in_utc
    assert in_rome != in_utc


def test_shopifys_totals_are_the_truths(books: Books) -> None:
    shopify = books.truth.shopify
    real = "FROM orders WHERE NOT test"
    assert books.rows("SELECT count(*), count(*) FILTER (test) FROM orders") == [(shopify.orders, shopify.test_orders)]
    assert books.money(f"SELECT sum(total) {real}") == shopify.gross
    assert books.money("SELECT sum(total) FROM orders WHERE test") == shopify.test_total
    assert books.money(f"SELECT sum(goods) {real}") == shopify.goods
    assert books.money(f"SELECT sum(discounts) {real}") == shopify.discounts
    assert books.money(f"SELECT sum(tax) {real}") == shopify.tax
    assert books.money(f"SELECT sum(total - subtotal) {real}") == shopify.shipping
    sales = "SELECT sum(amount) FROM payments WHERE NOT test AND kind = 'sale' AND status = 'success'"
    assert books.money(f"{sales} AND gateway = 'stripe'") == shopify.paid_by_card
    assert books.money(f"{sales} AND gateway = 'gift_card'") == shopify.paid_by_gift_card
    sold = books.money("SELECT sum(price * quantity) FROM lines WHERE gift_card")
    assert sold == shopify.gift_cards_sold
    assert sold - shopify.paid_by_gift_card == shopify.gift_cards_outstanding
    assert books.money(f"SELECT sum(total) {real} AND tags LIKE '%wholesale%'") == shopify.wholesale
    assert books.rows("SELECT count(*), sum(amount) FROM refunds") == [(shopify.refunds, shopify.refunded)]


def test_each_order_adds_up_from_its_lines(books: Books) -> None:
    assert (
        books.rows(
            "SELECT name FROM orders JOIN (SELECT order_id, sum(price * quantity) AS goods, sum(discount) AS discount,"
            " coalesce(sum(allocated), 0) AS allocated FROM lines GROUP BY order_id) AS l ON l.order_id = orders.id"
            " WHERE l.goods <> orders.goods OR l.discount <> discounts OR l.allocated <> discounts"
            " OR subtotal <> orders.goods - discounts"
            " OR total <> subtotal + coalesce(list_sum([s.price::DECIMAL(18, 2) FOR s IN shipping_lines]), 0)"
            " OR total <> list_sum([t.amount::DECIMAL(18, 2) FOR t IN transactions])"
        )
        == []
    )
    assert books.money("SELECT count(DISTINCT order_id) FROM lines") == books.truth.shopify.orders


def test_each_refund_is_explained_and_no_order_gives_back_more_than_it_took(books: Books) -> None:
    assert books.rows("SELECT name FROM refunds WHERE amount <> explained OR amount <= 0") == []
    assert (
        books.rows(
            "SELECT name FROM orders"
            " JOIN (SELECT order_id, sum(amount) AS back FROM refunds GROUP BY order_id) ON order_id = id"
            " WHERE back > total"
            " OR financial_status <> CASE back WHEN total THEN 'refunded' ELSE 'partially_refunded' END"
        )
        == []
    )


def test_stripes_totals_are_the_truths(books: Books) -> None:
    stripe = books.truth.stripe
    assert books.money("SELECT sum(amount) FROM stripe WHERE type = 'charge'") == stripe.gross
    assert books.money("SELECT -sum(amount) FROM stripe WHERE type = 'refund'") == stripe.refunded
    assert books.money("SELECT -sum(amount) FROM stripe WHERE reporting_category = 'dispute'") == stripe.disputed
    assert books.money("SELECT sum(fee) FROM stripe WHERE type = 'charge'") == stripe.charge_fees
    assert books.money("SELECT sum(fee) FROM stripe WHERE type <> 'charge'") == stripe.dispute_fees
    assert books.money("SELECT -sum(amount) FROM stripe WHERE type = 'stripe_fee'") == stripe.other_fees
    assert books.money("SELECT sum(net) FROM stripe WHERE type <> 'payout'") == stripe.net_activity
    assert books.money("SELECT -sum(net) FROM stripe WHERE type = 'payout'") == stripe.paid_out
    assert books.money("SELECT sum(amount) FROM payouts") == stripe.paid_out
    pending = books.money("SELECT sum(net) FROM stripe WHERE payout_id IS NULL AND type <> 'payout'")
    assert pending == stripe.pending == books.money("SELECT sum(net) FROM stripe")
    assert books.rows("SELECT id FROM stripe WHERE net <> amount - fee") == []


def test_each_payout_is_gross_less_fees_refunds_and_disputes_to_the_cent(books: Books) -> None:
    rows = books.rows(IDENTITY)
    assert len(rows) == len(books.truth.payouts) == books.money("SELECT count(*) FROM payouts")
    for row, told in zip(rows, books.truth.payouts, strict=True):
        identity, amount, gross, refunds, disputes, fees, dispute_fees, other, net, count = row
        assert (identity, amount, net, count) == (told.id, told.payout, told.payout, told.transactions)
        assert (gross, refunds, disputes) == (told.gross, told.refunds, told.disputes)
        assert (fees, dispute_fees, other) == (told.charge_fees, told.dispute_fees, told.other_fees)
        assert (
            told.gross - told.charge_fees - told.refunds - told.disputes - told.dispute_fees - told.other_fees == amount
        )
        assert told.deposit + told.short == told.payout


def test_every_transaction_is_in_one_payout_made_after_it_or_still_pending(books: Books) -> None:
    assert (
        books.rows(
            "SELECT stripe.id FROM stripe JOIN payouts ON payouts.id = payout_id"
            " WHERE stripe.created_utc >= payouts.created_utc OR available_on > payouts.created_utc::DATE"
        )
        == []
    )
    assert (
        books.rows("SELECT id FROM stripe WHERE payout_id IS NOT NULL AND payout_id NOT IN (SELECT id FROM payouts)")
        == []
    )
    assert books.money(
        "SELECT count(*) FROM stripe WHERE type = 'payout' AND source IN (SELECT id FROM payouts)"
    ) == len(books.truth.payouts)


def test_ids_are_unique(books: Books) -> None:
    for table, column in (("stripe", "id"), ("payouts", "id"), ("orders", "id"), ("refunds", "reference")):
        assert books.rows(f"SELECT count(*) - count(DISTINCT {column}) FROM {table}") == [(0,)]
    assert books.rows("SELECT count(source) - count(DISTINCT source) FROM stripe") == [(0,)]


def test_the_walk_from_shopify_to_the_bank_leaves_nothing_over(books: Books) -> None:
    truth, last = books.truth, books.truth.last_day
    arrived = sum((line.amount for line in books.deposits() if line.day <= last), Decimal(0))
    later = sum((line.amount for line in books.deposits() if line.day > last), Decimal(0))
    orders = books.money("SELECT sum(total) FROM orders")
    assert truth.walk[0].amount == orders
    assert sum(line.amount for line in truth.walk) == truth.walk[-1].running == arrived
    assert truth.residual == Decimal("0.00")
    assert (arrived, later) == (truth.bank.deposited_in_period, truth.bank.deposited_after_period)
    paid_out = books.money("SELECT sum(amount) FROM payouts")
    assert arrived + later == paid_out - truth.bank.wire_fees


def test_the_walk_names_each_step_that_the_files_show(quarter: Books) -> None:
    steps = {line.label: line.amount for line in quarter.truth.walk}
    assert steps["Test orders"] == -quarter.money("SELECT sum(total) FROM orders WHERE test")
    assert steps["Refunds recorded in Shopify"] == -quarter.money("SELECT sum(amount) FROM refunds")
    only_stripe = "type = 'refund' AND source NOT IN (SELECT reference FROM refunds)"
    assert steps["Refunds made in Stripe only"] == quarter.money(f"SELECT sum(amount) FROM stripe WHERE {only_stripe}")
    assert steps["Stripe fees on charges"] == -quarter.money("SELECT sum(fee) FROM stripe WHERE type = 'charge'")


def check_running_balance(lines: list[BankLine], opening: Decimal) -> None:
    balance, day = opening, lines[0].day
    for line in lines:
        balance += line.amount
        assert line.balance == balance
        assert line.day >= day
        day = line.day


def test_both_bank_statements_keep_a_right_running_balance(books: Books) -> None:
    bank, last = books.truth.bank, books.truth.last_day
    check_running_balance(books.main, bank.main_opening)
    check_running_balance(books.online, bank.online_opening)
    assert [line.balance for line in books.main if line.day <= last][-1] == bank.main_closing
    assert [line.balance for line in books.online if line.day <= last][-1] == bank.online_closing


def test_transfers_between_the_own_accounts_cancel_out(books: Books) -> None:
    main = sorted((line.day, line.amount) for line in books.main if line.text.startswith("GIROCONTO"))
    online = sorted((line.day, -line.amount) for line in books.online if line.text.startswith("Transfer"))
    assert main == online != []


def test_no_other_income_could_be_taken_for_a_deposit(books: Books) -> None:
    payouts = [told.payout for told in books.truth.payouts]
    others = [line.amount for line in books.main if line.amount > 0 and "STRIPE" not in line.text]
    assert others
    assert all(abs(amount - payout) > 20 for amount in others for payout in payouts)


def test_the_ledger_balances_and_agrees_with_both_statements(books: Books) -> None:
    with closing(sqlite3.connect(books.world.ledger)) as ledger:
        entries = ledger.execute(
            "SELECT entry_id FROM journal_lines GROUP BY entry_id HAVING round(sum(debit), 2) <> round(sum(credit), 2)"
        ).fetchall()
        balances = {
            code: Decimal(str(cents)).scaleb(-2)
            for code, cents in ledger.execute(
                "SELECT account_code, sum(CAST(round(debit * 100) AS INTEGER) - CAST(round(credit * 100) AS INTEGER))"
                " FROM journal_lines GROUP BY account_code"
            )
        }
        orphans = ledger.execute(
            "SELECT count(*) FROM journal_lines WHERE account_code NOT IN (SELECT code FROM accounts)"
        ).fetchone()
        last = ledger.execute("SELECT max(entry_date) FROM journal_entries").fetchone()
    assert entries == []
    assert orphans == (0,)
    assert last == (books.truth.last_day.isoformat(),)
    assert balances["1010"] == books.truth.bank.main_closing
    assert balances["1020"] == books.truth.bank.online_closing
    assert -balances["2300"] == books.truth.shopify.gift_cards_outstanding
    assert balances["1400"] == books.truth.ledger.stripe_clearing
    assert sum(balances.values()) == 0


def test_what_the_ledger_cannot_explain_is_what_was_planted(books: Books) -> None:
    kinds = ("chargeback_unknown_to_shop", "refund_only_in_stripe", "deposit_short_by_wire_fee")
    unknown = sum((e.amount + e.fee for e in books.truth.exceptions if e.kind in kinds), Decimal(0))
    # A fee taken from a deposit after the period is not missing from the period's books.
    assert books.truth.ledger.unexplained == unknown
