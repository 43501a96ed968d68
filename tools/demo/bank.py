"""Two bank accounts: the main one in Rome, which gets Stripe's deposits, and an online one that pays for ads."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tools.demo.calendar import add_business_days
from tools.demo.draws import code, draw
from tools.demo.money import english, italian

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tools.demo.stripe import Payout

# The exports were taken some days after the period, so that the deposit of its last payout is in them.
EXPORT_DAYS_LATER = 5


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of a statement; `against` is the ledger account on the other side, `payout` the id of a deposit's."""

    day: date
    cents: int
    reason: str
    text: str
    against: str
    payout: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A statement: where it starts and all its lines in order."""

    opening: int
    movements: tuple[Movement, ...]

    def balance_on(self, day: date) -> int:
        """Return the balance in cents at the end of `day`."""
        return self.opening + sum(movement.cents for movement in self.movements if movement.day <= day)


SUPPLIERS = (
    "CERAMICHE DERUTA DI NICOLÒ FÈ SNC",
    "TESSITURA UMBRA SOCIETÀ COOPERATIVA",
    "LEGNI D'ULIVO SRL",
    "METALCUCINA SPA",
    "CARTIERA DELL'ANIENE SRL",
)


def _deposit_text(payout: Payout, seed: int, *, short: bool) -> str:
    """Write the bank's line; the payout's id is there in full, in part or, where the amount tells, not at all."""
    number = payout.day.number
    luck = 5 if short else draw(seed, number, "deposit text", 10)
    reference = payout.id if luck < 3 else payout.id[-8:].upper() if luck < 7 else "BOTTEGA OSTIENSE"
    trace = 100_000_000 + draw(seed, number, "deposit trace", 900_000_000)
    return f"BONIFICO SEPA DA STRIPE TECHNOLOGY EUROPE LTD CAUSALE STRIPE PAYOUT {reference} TRN {trace}"


def stripe_deposits(payouts: Sequence[Payout], wire_fees: dict[str, int], seed: int) -> list[Movement]:
    """Return one deposit a payout, short by its wire fee where one was taken."""
    return [
        Movement(
            payout.day.booked,
            payout.cents - wire_fees.get(payout.id, 0),
            "Bonifico a vostro favore",
            _deposit_text(payout, seed, short=payout.id in wire_fees),
            "1400",
            payout.id,
        )
        for payout in payouts
    ]


def _months(first: date, last: date) -> list[date]:
    starts = [first.replace(day=1)]
    while (following := (starts[-1] + timedelta(days=32)).replace(day=1)) <= last:
        starts.append(following)
    return starts


def _month_on_main(month: date, base: int, seed: int) -> list[Movement]:
    """Return a month's running costs on the main account; `base` is what Stripe pays in an average month."""
    index = month.year * 12 + month.month
    found = []

    def pay(day: int, cents: int, reason: str, text: str, against: str) -> None:
        found.append(Movement(add_business_days(month.replace(day=day), 0), -cents, reason, text, against))

    label = f"{month:%m/%Y}"
    pay(
        1,
        base * 11 // 500_000 * 5000,
        "Disposizione",
        f"AFFITTO LOCALE VIA OSTIENSE {label} SOCIETÀ IMMOBILIARE FÀVARO",
        "6200",
    )
    pay(5, 750, "Competenze", f"CANONE MENSILE CONTO € 7,50 {label}", "6900")
    pay(10, base * (80 + draw(seed, index, "power", 50)) // 10000, "Addebito diretto", "ENERGIA ELETTRICA SDD", "6210")
    pay(16, base * (60 + draw(seed, index, "tax", 30)) // 1000, "Delega F24", f"F24 IVA E CONTRIBUTI {label}", "2600")
    pay(20, base // 10 // 100 * 100, "Giroconto", "GIROCONTO A VS. CONTO ONLINE PUBBLICITÀ", "1020")
    for place, name in enumerate(("MARTA LEONI", "IVO SANTINI")):
        pay(27, base * (10 + place) // 100 + 1337, "Stipendi", f"EMOLUMENTI {label} {name}", "6300")
    for place in range(4):
        day = 3 + place * 6 + draw(seed, index * 8 + place, "supplier day", 5)
        cents = base * (60 + draw(seed, index * 8 + place, "supplier pay", 40)) // 1000
        invoice = 100 + draw(seed, index * 8 + place, "supplier invoice", 900)
        name = SUPPLIERS[draw(seed, index * 8 + place, "supplier", len(SUPPLIERS))]
        pay(day, cents, "Disposizione", f"PAGAMENTO FATTURA {invoice}/{month:%y} {name}", "5000")
    return found


def main_account(
    first: date, last: date, payouts: Sequence[Payout], wire_fees: dict[str, int], base: int, seed: int
) -> Account:
    """Build the main account from `first` to some days after `last`; money comes back from online once a quarter."""
    until = last + timedelta(days=EXPORT_DAYS_LATER)
    found = stripe_deposits(payouts, wire_fees, seed)
    for month in _months(first, until):
        found += _month_on_main(month, base, seed)
        if month.month % 3 == 2:
            day = add_business_days(month.replace(day=12), 0)
            found.append(Movement(day, base // 200_000 * 10_000, "Giroconto", "GIROCONTO DA VS. CONTO ONLINE", "1020"))
    kept = [movement for movement in found if first <= movement.day <= until]
    kept.sort(key=lambda movement: (movement.day, -movement.cents, movement.text))
    return Account(base * 3 // 2, tuple(kept))


def online_account(
    first: date, last: date, main: Account, billed: dict[tuple[str, str], int], base: int, seed: int
) -> Account:
    """Build the online account: the other side of the main one's transfers, and the ads of each month before."""
    until = last + timedelta(days=EXPORT_DAYS_LATER)
    found = []
    for movement in main.movements:
        if movement.against == "1020":
            text = "Transfer from main account" if movement.cents < 0 else "Transfer to main account"
            found.append(Movement(movement.day, -movement.cents, "Transfer", text, "1010"))
    for number, ((month, platform), cents) in enumerate(sorted(billed.items())):
        start = date.fromisoformat(f"{month}-01")
        day = (start + timedelta(days=32)).replace(day=2)  # the month after
        rate = 10_600 + draw(seed, start.year * 12 + start.month, "dollar", 900)
        paid = cents if platform == "Meta" else (cents * 10_000 + rate // 2) // rate
        reference = code(seed, number, "card", 8).upper()
        text = "META PLATFORMS IRELAND ADS" if platform == "Meta" else "GOOGLE ADS IRELAND"
        detail = "" if platform == "Meta" else f" USD {english(cents)} @ {rate / 10_000:.4f}"
        found.append(Movement(day, -paid, "Card payment", f"{text}{detail} REF {reference}", "6400"))
    found += [
        Movement(start.replace(day=3), -1290, "Subscription", "SHOP APP SUITE MONTHLY PLAN", "6900")
        for start in _months(first, until)
    ]
    kept = [movement for movement in found if first <= movement.day <= until]
    kept.sort(key=lambda movement: (movement.day, -movement.cents, movement.text))
    return Account(base // 3 // 100 * 100, tuple(kept))


def write_italian(path: Path, account: Account) -> None:
    """Write the main account as an Italian bank does: Windows-1252, semicolons, dd/mm/yyyy, 1.234,56."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(
            (
                "Data contabile",
                "Data valuta",
                "Causale",
                "Descrizione operazione",
                "Importo",
                "Divisa",
                "Saldo contabile",
            )
        )
        balance = account.opening
        for line in account.movements:
            balance += line.cents
            day = f"{line.day:%d/%m/%Y}"
            writer.writerow((day, day, line.reason, line.text, italian(line.cents), "EUR", italian(balance)))


def write_english(path: Path, account: Account) -> None:
    """Write the online account: UTF-8 with a byte order mark, commas, MM/DD/YYYY, "1,234.56"."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(("Date", "Type", "Description", "Amount", "Currency", "Balance"))
        balance = account.opening
        for line in account.movements:
            balance += line.cents
            writer.writerow(
                (f"{line.day:%m/%d/%Y}", line.reason, line.text, english(line.cents), "EUR", english(balance))
            )
