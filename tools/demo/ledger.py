"""The shop's own books in SQLite: double entry, a day's sales at a time, kept by somebody who trusts Shopify.

What only Stripe or the bank knows is not in them, so the account 1400 (owed by Stripe) ends too high by exactly the
chargebacks, their fees, the refunds made in Stripe alone and the wire fees.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.demo.catalogue import VAT_PERCENT
from tools.demo.money import plain
from tools.demo.statements import run_file

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from tools.demo.bank import Account

STRIPE_CLEARING = "1400"
ACCOUNTS = (
    ("1010", "Banca Tevere c/c", "asset"),
    ("1020", "Conto online", "asset"),
    (STRIPE_CLEARING, "Crediti verso Stripe", "asset"),
    ("2300", "Buoni regalo in circolazione", "liability"),
    ("2600", "Erario c/IVA e contributi", "liability"),
    ("3000", "Capitale", "equity"),
    ("4000", "Vendite", "income"),
    ("4090", "Resi su vendite", "income"),
    ("5000", "Acquisti merci", "expense"),
    ("6100", "Commissioni Stripe", "expense"),
    ("6200", "Affitto", "expense"),
    ("6210", "Energia", "expense"),
    ("6300", "Stipendi", "expense"),
    ("6400", "Pubblicità", "expense"),
    ("6900", "Spese bancarie e servizi", "expense"),
)

_TABLES = """
CREATE TABLE accounts (code TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL);
CREATE TABLE journal_entries (
    id INTEGER PRIMARY KEY, entry_date DATE NOT NULL, description TEXT NOT NULL, source TEXT NOT NULL
);
CREATE TABLE journal_lines (
    id INTEGER PRIMARY KEY,
    entry_id INTEGER NOT NULL REFERENCES journal_entries (id),
    account_code TEXT NOT NULL REFERENCES accounts (code),
    debit DECIMAL(14, 2) NOT NULL,
    credit DECIMAL(14, 2) NOT NULL
);
"""


@dataclass(slots=True)
class _Journal:
    entries: list[tuple[date, str, str, tuple[tuple[str, int], ...]]] = field(default_factory=list)

    def book(self, day: date, text: str, source: str, *lines: tuple[str, int]) -> None:
        """Add an entry; debits are positive cents, credits negative, and they must cancel out."""
        if sum(cents for _, cents in lines) != 0:
            raise AssertionError(f"The entry {text!r} of {day} does not balance: {lines}")
        kept = tuple((account, cents) for account, cents in lines if cents != 0)
        if kept:
            self.entries.append((day, text, source, kept))


def _book_shop(journal: _Journal, connection: DuckDBPyConnection) -> None:
    run_file(connection, "books")
    for day, charged, redeemed, tax, gifts, count in connection.table("daily_sales").fetchall():
        sold = charged + redeemed - tax - gifts
        journal.book(
            day, f"Vendite online, {count} ordini", "shopify",
            (STRIPE_CLEARING, charged), ("2300", redeemed - gifts), ("2600", -tax), ("4000", -sold),
        )  # fmt: skip
    for day, cents, count in connection.table("daily_refunds").fetchall():
        tax = (cents * VAT_PERCENT + (100 + VAT_PERCENT) // 2) // (100 + VAT_PERCENT)
        journal.book(
            day, f"Rimborsi online, {count}", "shopify",
            ("4090", cents - tax), ("2600", tax), (STRIPE_CLEARING, -cents),
        )  # fmt: skip
    for day, cents in connection.table("monthly_fees").fetchall():
        journal.book(day, f"Commissioni Stripe {day:%m/%Y}", "stripe", ("6100", cents), (STRIPE_CLEARING, -cents))


def write_ledger(
    connection: DuckDBPyConnection, path: Path, *, first: date, last: date, main: Account, online: Account
) -> int:
    """Write the books of the period and return in cents what they say Stripe owes at its end."""
    journal = _Journal()
    journal.book(
        first, "Apertura", "manual",
        ("1010", main.opening), ("1020", online.opening), ("3000", -main.opening - online.opening),
    )  # fmt: skip
    _book_shop(journal, connection)
    for own, account in (("1010", main), ("1020", online)):
        for line in account.movements:
            # A transfer between the two is in both statements and booked once.
            if line.day <= last and not (own == "1020" and line.against == "1010"):
                journal.book(line.day, line.text, "bank", (own, line.cents), (line.against, -line.cents))
    journal.entries.sort(key=lambda entry: (entry[0], entry[2] != "manual", entry[2], entry[1]))
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as books, books:
        books.executescript(_TABLES)
        books.executemany("INSERT INTO accounts VALUES (?, ?, ?)", ACCOUNTS)
        for number, (day, text, source, lines) in enumerate(journal.entries, start=1):
            books.execute("INSERT INTO journal_entries VALUES (?, ?, ?, ?)", (number, day.isoformat(), text, source))
            books.executemany(
                "INSERT INTO journal_lines (entry_id, account_code, debit, credit) VALUES (?, ?, ?, ?)",
                [(number, account, plain(max(cents, 0)), plain(max(-cents, 0))) for account, cents in lines],
            )
    return sum(cents for *_, lines in journal.entries for account, cents in lines if account == STRIPE_CLEARING)
