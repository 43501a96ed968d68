"""Stripe's side: balance transactions in the order they happened and the weekly payouts they add up to.

A charge can be paid out three business days after it, anything else on the day after it. Each Tuesday's payout takes
all that is available and not paid out yet; what is left at the end of the period stays pending and has no payout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tools.demo.calendar import days_between, funds_available, utc_second
from tools.demo.catalogue import SHOP
from tools.demo.draws import code
from tools.demo.statements import run_file, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from tools.demo.calendar import PayoutDay

DISPUTE_FEE_CENTS = 2000
RADAR_CENTS_A_CHARGE = 2


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout as made: its id, its day and its whole amount in cents."""

    id: str
    day: PayoutDay
    cents: int


def _load_days(connection: DuckDBPyConnection, first: date, last: date, tuesdays: Sequence[PayoutDay]) -> None:
    """Say for each UTC day when its money is available and which Tuesday pays it, NULL where none does yet."""

    def paid_on(day: date) -> int | None:
        return next((tuesday.number for tuesday in tuesdays if tuesday.created >= day), None)

    rows, months = [], {}
    for day in days_between(first, last):
        available = funds_available(day)
        rows.append((day, available, paid_on(available), paid_on(day + timedelta(days=1))))
        months[f"{day:%Y-%m}"] = day
    connection.execute(
        "CREATE TABLE stripe_day (day DATE, charge_available DATE, charge_tuesday BIGINT, other_tuesday BIGINT)"
    )
    connection.executemany("INSERT INTO stripe_day VALUES (?, ?, ?, ?)", rows)
    connection.execute("CREATE TABLE billing (month VARCHAR, number BIGINT, second BIGINT)")
    billing = [(month, number, utc_second(day, 77400)) for number, (month, day) in enumerate(sorted(months.items()))]
    connection.executemany("INSERT INTO billing VALUES (?, ?, ?)", billing)


def _settle(connection: DuckDBPyConnection, tuesdays: Sequence[PayoutDay], seed: int) -> list[Payout]:
    """Make the payouts; a Tuesday with nothing to pay leaves its transactions, even negative ones, to the next."""
    net = dict(
        connection.execute(
            "SELECT tuesday, sum(cents - fee)::BIGINT FROM event WHERE tuesday IS NOT NULL GROUP BY tuesday"
        ).fetchall()
    )
    payouts: list[Payout] = []
    waiting: list[int] = []
    owed: list[tuple[int, int]] = []
    balance = 0
    for day in tuesdays:
        waiting.append(day.number)
        balance += net.get(day.number, 0)
        if balance > 0:
            payouts.append(Payout("po_1" + code(seed, day.number, "payout", 23), day, balance))
            owed += [(number, day.number) for number in waiting]
            waiting, balance = [], 0
    connection.execute("CREATE TABLE tuesday (tuesday BIGINT, payout BIGINT)")
    connection.executemany("INSERT INTO tuesday VALUES (?, ?)", owed)
    connection.execute(
        "CREATE TABLE payout (number BIGINT, id VARCHAR, cents BIGINT, created_s BIGINT, arrival DATE, booked DATE)"
    )
    connection.executemany(
        "INSERT INTO payout VALUES (?, ?, ?, ?, ?, ?)",
        [(p.day.number, p.id, p.cents, p.day.created_second, p.day.arrival, p.day.booked) for p in payouts],
    )
    return payouts


def build_balance(
    connection: DuckDBPyConnection, first: date, last: date, tuesdays: Sequence[PayoutDay], *, seed: int
) -> list[Payout]:
    """Make the tables `transaction` and `payout` from `orders`, and return the payouts.

    `first` is the UTC day of the first charge, a day before the shop's own first day because of the time zone.
    """
    _load_days(connection, first, last, tuesdays)
    run_file(connection, "events", dispute_fee=DISPUTE_FEE_CENTS, radar=RADAR_CENTS_A_CHARGE)
    payouts = _settle(connection, tuesdays, seed)
    run_file(connection, "transactions", shop=SHOP)
    return payouts


def write_stripe(connection: DuckDBPyConnection, transactions: Path, payouts: Path) -> None:
    """Write both exports as Stripe's reports spell them: UTC times, signed amounts with two decimals."""
    write_csv(connection, "stripe_export", transactions)
    write_csv(connection, "payout_export", payouts)
