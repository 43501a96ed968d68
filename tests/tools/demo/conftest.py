"""Demo worlds, written once a session, and a reader that knows their files but none of the code that wrote them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tools.demo.world import World, write_world

SMALL_YEARS = 6_000


@dataclass(frozen=True)
class BankLine:
    """A line of a bank statement as read back from its file."""

    day: date
    text: str
    amount: Decimal
    balance: Decimal


def read_main_account(path: Path) -> list[BankLine]:
    """Read the Italian statement as an Italian would."""

    def number(text: str) -> Decimal:
        return Decimal(text.replace(".", "").replace(",", "."))

    with path.open(encoding="cp1252", newline="") as file:
        return [
            BankLine(
                datetime.strptime(row["Data contabile"], "%d/%m/%Y").date(),  # noqa: DTZ007 - a day, not an instant
                row["Descrizione operazione"],
                number(row["Importo"]),
                number(row["Saldo contabile"]),
            )
            for row in csv.DictReader(file, delimiter=";")
        ]


def read_online_account(path: Path) -> list[BankLine]:
    """Read the online statement: US dates, thousands with commas."""

    def number(text: str) -> Decimal:
        return Decimal(text.replace(",", ""))

    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            BankLine(
                datetime.strptime(row["Date"], "%m/%d/%Y").date(),  # noqa: DTZ007 - a day, not an instant
                row["Description"],
                number(row["Amount"]),
                number(row["Balance"]),
            )
            for row in csv.DictReader(file)
        ]


READ_ORDERS = """
CREATE TABLE orders AS
SELECT id, name, created_at::TIMESTAMP AS created, test, email, customer.id AS customer, financial_status,
    total_price::DECIMAL(18, 2) AS total, subtotal_price::DECIMAL(18, 2) AS subtotal,
    total_line_items_price::DECIMAL(18, 2) AS goods, total_discounts::DECIMAL(18, 2) AS discounts,
    total_tax::DECIMAL(18, 2) AS tax, tags, line_items, shipping_lines, transactions, refunds
FROM read_json(?, format = 'newline_delimited')
"""
READ_LINES = """
CREATE TABLE lines AS
SELECT id AS order_id, line.quantity AS quantity, line.price::DECIMAL(18, 2) AS price, line.gift_card AS gift_card,
    line.total_discount::DECIMAL(18, 2) AS discount,
    list_sum([a.amount::DECIMAL(18, 2) FOR a IN line.discount_allocations]) AS allocated
FROM (SELECT id, unnest(line_items) AS line FROM orders)
"""
READ_PAYMENTS = """
CREATE TABLE payments AS
SELECT id AS order_id, name, test, sale.gateway AS gateway, sale.kind AS kind, sale.status AS status,
    sale.amount::DECIMAL(18, 2) AS amount, sale.authorization AS reference
FROM (SELECT id, name, test, unnest(transactions) AS sale FROM orders)
"""
READ_REFUNDS = """
CREATE TABLE refunds AS
SELECT id AS order_id, name, refund.created_at::TIMESTAMP AS created, refund.transactions[1].authorization AS reference,
    refund.transactions[1].amount::DECIMAL(18, 2) AS amount,
    coalesce(list_sum([l.subtotal::DECIMAL(18, 2) FOR l IN refund.refund_line_items]), 0)
        - coalesce(list_sum([a.amount::DECIMAL(18, 2) FOR a IN refund.order_adjustments]), 0) AS explained
FROM (SELECT id, name, unnest(refunds) AS refund FROM orders)
"""
READ_STRIPE = """
CREATE TABLE stripe AS
SELECT * REPLACE (amount::DECIMAL(18, 2) AS amount, fee::DECIMAL(18, 2) AS fee, net::DECIMAL(18, 2) AS net,
    created_utc::TIMESTAMP AS created_utc, available_on::DATE AS available_on)
    RENAME ("payment_metadata[order_name]" AS order_name, automatic_payout_id AS payout_id)
FROM read_csv(?, all_varchar = true)
"""
READ_PAYOUTS = """
CREATE TABLE payouts AS
SELECT * REPLACE (amount::DECIMAL(18, 2) AS amount, created_utc::TIMESTAMP AS created_utc,
    arrival_date::DATE AS arrival_date)
FROM read_csv(?, all_varchar = true)
"""


class Books:
    """A world's files in a DuckDB of their own, read without any of the generator's code."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.truth = world.truth
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(READ_ORDERS, [str(world.shopify_orders)])
        for statement in (READ_LINES, READ_PAYMENTS, READ_REFUNDS):
            self.connection.execute(statement)
        self.connection.execute(READ_STRIPE, [str(world.stripe_balance_transactions)])
        self.connection.execute(READ_PAYOUTS, [str(world.stripe_payouts)])
        self.main = read_main_account(world.bank_statement_it)
        self.online = read_online_account(world.bank_statement_en)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Run a query over the tables orders, lines, payments, refunds, stripe and payouts."""
        return self.connection.execute(query).fetchall()

    def money(self, query: str) -> Decimal:
        """Run a query that gives one sum."""
        ((value,),) = self.rows(query)
        return Decimal(0) if value is None else Decimal(str(value))

    def deposits(self) -> list[BankLine]:
        """Return what the bank says came from Stripe."""
        return [line for line in self.main if "STRIPE" in line.text and line.amount > 0]


@pytest.fixture(scope="session")
def quarter_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("quarter"), size="quarter")


@pytest.fixture(scope="session")
def small_years_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("years"), size=SMALL_YEARS)


@pytest.fixture(scope="session")
def quarter(quarter_world: World) -> Iterator[Books]:
    books = Books(quarter_world)
    yield books
    books.connection.close()


@pytest.fixture(scope="session")
def small_years(small_years_world: World) -> Iterator[Books]:
    books = Books(small_years_world)
    yield books
    books.connection.close()


@pytest.fixture(params=["quarter", "small_years"])
def books(request: pytest.FixtureRequest) -> Books:
    """Each world in turn: what holds for one holds for both."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Books)
    return found
