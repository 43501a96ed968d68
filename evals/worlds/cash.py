"""Will the money last: the statements of two banks over eighteen months as exported, with a ledger beside them.

Planted: three exports of one account whose periods overlap, the first made at midday, between two equal payments; two
exports of another account that meet; a third account in files of the same form; salaries and parking that are equal on
a day and are payments of their own; transfers between the accounts that take days; payments of customers as large as a
transfer and on its day; a transfer that had not arrived when the statements ended; money moved to an account whose
statements are not there; value added tax once a quarter.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from evals.casefiles import Unlike
from evals.cash_ahead import Flow, ahead
from evals.places import read_rows
from evals.world import World
from tools.demo.draws import draw
from tools.demo.money import english, euros, italian, plain

SEED = 8123
FIRST, LAST = date(2025, 3, 31), date(2026, 10, 4)
OPENING = {"main": 5_150_000, "shop": 420_000, "reserve": 0}
WEEKS = 13


@dataclass(frozen=True)
class Move:
    """A movement in whole cents; ``n`` tells movements of a day apart, ``what`` is a word of the form."""

    account: str
    day: date
    cents: int
    what: str
    who: int = 0
    n: int = 0


@dataclass(frozen=True)
class Export:
    """A file: which accounts over which days; ``short`` when its last day was not over."""

    file: str
    accounts: tuple[str, ...]
    first: date
    last: date
    short: bool = False


@dataclass(frozen=True)
class Bank:
    """How a bank writes its files. ``row`` gives the cells of a movement, its balance in cents."""

    head: tuple[str, ...]
    row: Callable[[Form, Move, int], tuple[str, ...]]
    exports: tuple[Export, ...]
    title: tuple[str, ...] = ()
    delimiter: str = ","
    newest_first: bool = False
    encoding: str = "utf-8"
    pending: tuple[str, ...] = ()
    """A row of the newest export that is no movement yet."""


@dataclass(frozen=True)
class Form:
    """A business's banks and words; ``numbers`` are the accounts' own."""

    banks: tuple[Bank, ...]
    words: Mapping[str, str]
    names: tuple[str, ...]
    numbers: Mapping[str, str]
    spoken: Mapping[str, str]
    """What the plan calls each account."""
    seed: int
    takings: int
    """Cents of an average receipt."""
    silent: frozenset[str] = frozenset()
    """Transfers whose words do not say that they are ones."""


def write_cash(root: Path, form: Form) -> World:
    """The same business in the files of any banks."""
    moves = movements(form)
    data = root / "data"
    data.mkdir(parents=True)
    for bank in form.banks:
        for export in bank.exports:
            _write(data / export.file, form, bank, export, moves)
    return World(data, lambda out, variant: _check(out, form, moves, variant))


# The movements


def _days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def movements(form: Form) -> list[Move]:
    """All movements in the order in which they were booked."""
    found: list[Move] = []
    for day in _days():
        found += [*_regular(form, day), *_takings(form, day), *_spent(form, day), *_moved(day)]
    found.sort(key=lambda move: move.day)
    return [Move(one.account, one.day, one.cents, one.what, one.who, n) for n, one in enumerate(found)]


def _regular(form: Form, day: date) -> list[Move]:
    month = day.year * 12 + day.month
    found = []
    if day.day == 1:
        found.append(Move("main", day, -230_000, "rent"))
    if day.day == 28:
        found += [Move("main", day, -215_000, "salary")] * 3
    if day.day == 10:
        found.append(Move("main", day, -118_000 - draw(form.seed, month, "tax", 9_000), "payroll"))
        found += [Move("main", day, 145_000, "retainer", who) for who in (1, 2, 3)]
    if day.day == 15:
        found.append(Move("main", day, -64_000, "loan"))
    if day.day == 20:
        found.append(Move("main", day, -5_990, "phone"))
    if day.day == 5 and day.month in (1, 4, 7, 10):
        found.append(Move("main", day, -89_000, "insurance"))
    if day.day == 10 and day.month in (2, 5, 8, 11):
        found.append(Move("main", day, -vat(form, day), "vat"))
    if day.day == 2:
        found.append(Move("shop", day, -1_490, "fee"))
    return found


def vat(form: Form, day: date) -> int:
    """The tax of the quarter before."""
    return 360_000 + draw(form.seed, day.year * 12 + day.month, "vat", 90_000)


def _takings(form: Form, day: date) -> list[Move]:
    at = day.toordinal()
    found = []
    for place in range((0, 0, 1, 1, 1)[draw(form.seed, at, "receipts", 5)] if day.weekday() < 5 else 0):
        cents = form.takings // 2 + draw(form.seed, at * 4 + place, "receipt", form.takings)
        found.append(Move("main", day, cents, "receipt", 4 + draw(form.seed, at * 4 + place, "payer", 20)))
    if day.weekday() == 1:
        found.append(Move("shop", day, 85_000 + draw(form.seed, at, "cards", 70_000), "cards"))
    if day.weekday() == 3 and day.day % 2:
        found += [Move("shop", day, -3_600, "beans")] * 2
    return found


def _spent(form: Form, day: date) -> list[Move]:
    at = day.toordinal()
    found = []
    if (day.weekday() < 5 or day.day % 3 == 0) and draw(form.seed, at, "buys", 5) < 3:
        cents = 8_000 + draw(form.seed, at, "bought", 95_000)
        found.append(Move("main", day, -cents, "supplier", draw(form.seed, at, "supplier", 12)))
    if day.weekday() == 2 and draw(form.seed, at, "parks", 3) == 0:
        found += [Move("main", day, -450, "parking")] * 2
    if day == date(2025, 12, 31):
        # The export made at midday has the first of two equal ones.
        found += [Move("main", day, -7_310, "supplier", 3), *[Move("main", day, -900, "parking")] * 2]
    return found


def _moved(day: date) -> list[Move]:
    found = []
    if day.day == 25:
        found.append(Move("shop", day, -400_000, "shop_to_main"))
    if (day - timedelta(days=2)).day == 25 and day <= LAST:
        found.append(Move("main", day, 400_000, "main_from_shop"))
        if day.month % 4 == 0:
            # As large as the transfer and on its day, and none.
            found.append(Move("main", day, 400_000, "receipt", 7))
    if day.day == 12 and day >= date(2025, 6, 1):
        found += [Move("main", day, -120_000, "main_to_reserve"), Move("reserve", day, 120_000, "reserve_from_main")]
    if day.day == 7 and day.month in (2, 5, 8, 11) and day >= date(2025, 11, 1):
        found.append(Move("reserve", day, -350_000, "reserve_to_main"))
    if day.day == 8 and day.month in (2, 5, 8, 11) and day >= date(2025, 11, 1):
        found.append(Move("main", day, 350_000, "main_from_reserve"))
    if day in (date(2025, 9, 17), date(2026, 3, 18), date(2026, 8, 19)):
        found.append(Move("main", day, -150_000, "elsewhere"))
    if day == date(2026, 10, 3):
        # On its way when the statements end.
        found.append(Move("shop", day, -50_000, "shop_to_main"))
    return found


_PAIRED = {
    "shop_to_main": "main_from_shop",
    "main_to_reserve": "reserve_from_main",
    "reserve_to_main": "main_from_reserve",
}


def last_day(moves: Sequence[Move]) -> date:
    """Of the last movement, from which weeks are counted back."""
    return max(move.day for move in moves)


def pairs(moves: Sequence[Move]) -> list[tuple[Move, Move]]:
    """Each transfer with its arrival, in order; one that has not arrived has no pair."""
    found = []
    for out, into in _PAIRED.items():
        sent = [move for move in moves if move.what == out]
        arrived = [move for move in moves if move.what == into]
        for one in sent:
            fits = [two for two in arrived if 0 <= (two.day - one.day).days <= 2 and two.cents == -one.cents]
            found += [(one, two) for two in fits[:1]]
    return found


# The files


def _balances(moves: Sequence[Move]) -> dict[int, int]:
    held = dict(OPENING)
    found = {}
    for move in moves:
        held[move.account] += move.cents
        found[move.n] = held[move.account]
    return found


def exported(export: Export, moves: Sequence[Move]) -> list[Move]:
    """The movements in a file, oldest first."""
    within = [one for one in moves if one.account in export.accounts and export.first <= one.day <= export.last]
    return within[:-1] if export.short else within


def _write(file: Path, form: Form, bank: Bank, export: Export, moves: Sequence[Move]) -> None:
    balances = _balances(moves)
    rows = [bank.row(form, move, balances[move.n]) for move in exported(export, moves)]
    with file.open("w", encoding=bank.encoding, newline="") as lines:
        writer = csv.writer(lines, delimiter=bank.delimiter)
        for line in bank.title:
            writer.writerow([line.format(number=form.numbers[export.accounts[0]])])
        writer.writerow(bank.head)
        if bank.pending and export is bank.exports[-1]:
            writer.writerow(bank.pending)
        writer.writerows(reversed(rows) if bank.newest_first else rows)


def said(form: Form, move: Move) -> str:
    """The words of a movement, with a number of its own where such movements have one."""
    return form.words[move.what].format(n=40_000 + move.n, name=form.names[move.who], month=f"{move.day:%m/%Y}")


# The ledger


def _check(out: Path, form: Form, moves: Sequence[Move], variant: str) -> None:
    """Everything the plan writes is the ledger's, to the cent and to the movement."""
    _check_movements(out, form, moves)
    _check_accounts(out, form, moves)
    _check_transfers(out, form, moves)
    _check_weeks(out, form, moves)
    if variant != "past":
        _check_ahead(out, form, moves)


def _check_movements(out: Path, form: Form, moves: Sequence[Move]) -> None:
    counted: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows(out / "movements.csv"):
        counted[row["account"], row["day"], row["amount"]] += 1
    due: dict[tuple[str, str, str], int] = defaultdict(int)
    for move in moves:
        due[form.spoken[move.account], move.day.isoformat(), plain(move.cents)] += 1
    if counted != due:
        wrong = sorted(key for key in counted.keys() | due.keys() if counted[key] != due[key])
        raise Unlike(f"{len(wrong)} movements are counted otherwise: {[(k, counted[k], due[k]) for k in wrong[:4]]}.")
    exported_ = sum(len(exported(export, moves)) for bank in form.banks for export in bank.exports)
    twice = [row for row in rows(out / "left_out.csv") if row["left_out"] == "in another export, too"]
    if len(twice) != exported_ - len(moves):
        raise Unlike(f"{len(twice)} movements of overlaps are left out, not {exported_ - len(moves)}.")


def _check_accounts(out: Path, form: Form, moves: Sequence[Move]) -> None:
    found = {row["account"]: (row["opening"], row["balance"]) for row in rows(out / "accounts.csv")}
    due = {}
    for account, name in form.spoken.items():
        own = sum(move.cents for move in moves if move.account == account)
        due[name] = (plain(OPENING[account]), plain(OPENING[account] + own))
    if found != due:
        raise Unlike(f"The accounts hold {found}, not {due}.")


def _check_transfers(out: Path, form: Form, moves: Sequence[Move]) -> None:
    found = rows(out / "transfers.csv")
    paired = sorted(
        (row["account"], row["day"], row["to_account"], row["to_day"], row["amount"])
        for row in found
        if row["to_account"]
    )
    due = sorted(
        (form.spoken[a.account], a.day.isoformat(), form.spoken[b.account], b.day.isoformat(), plain(b.cents))
        for a, b in pairs(moves)
    )
    if paired != due:
        odd = set(paired) ^ set(due)
        raise Unlike(f"{len(paired)} transfers are paired, not {len(due)}: {sorted(odd)[:4]}.")
    if sum(Decimal(row["net"]) for row in found if row["to_account"]):
        raise Unlike("The paired transfers do not net to zero.")
    alone = sorted((row["account"], row["day"], row["net"]) for row in found if not row["to_account"])
    kept = {move.n for pair in pairs(moves) for move in pair}
    apart = [move for move in moves if move.n not in kept and _says_so(form, move)]
    if alone != sorted((form.spoken[m.account], m.day.isoformat(), plain(m.cents)) for m in apart):
        raise Unlike(f"Transfers without a partner are {alone}.")


def _says_so(form: Form, move: Move) -> bool:
    return (move.what in _PAIRED or move.what == "elsewhere") and move.what not in form.silent


def _check_weeks(out: Path, form: Form, moves: Sequence[Move]) -> None:
    internal = {move.n for pair in pairs(moves) for move in pair}
    found = {row["week_to"]: row for row in rows(out / "weeks.csv")}
    for week in range(WEEKS):
        last = last_day(moves) - timedelta(days=7 * week)
        own = [move for move in moves if last - timedelta(days=7) < move.day <= last]
        outside = [move for move in own if move.n not in internal]
        usual = [move for move in outside if move.what != "vat" and not _says_so(form, move)]
        due = {
            "money_in": sum(move.cents for move in usual if move.cents > 0),
            "money_out": sum(move.cents for move in usual if move.cents < 0),
            "vat": sum(move.cents for move in outside if move.what == "vat"),
            "net": sum(move.cents for move in own),
            "balance": sum(OPENING.values()) + sum(move.cents for move in moves if move.day <= last),
        }
        row = found[last.isoformat()]
        seen = {column: row[column] for column in due}
        if seen != {column: plain(cents) for column, cents in due.items()}:
            raise Unlike(f"The week to {last} is {seen}, not {due}.")


def _check_ahead(out: Path, form: Form, moves: Sequence[Move]) -> None:
    """The forecast is what its description gives when it is computed in another way, and so is its test."""
    internal = {move.n for pair in pairs(moves) for move in pair}
    flows = [
        Flow(move.day, move.cents, "vat" if move.what == "vat" else _party(form, move))
        for move in moves
        if move.n not in internal
    ]
    moved = [Flow(move.day, move.cents, "") for move in moves if move.n in internal]
    # An account that was empty when its statements began was opened then, and hides nothing from before.
    start = max(min(one.day for one in moves if one.account == account) for account in OPENING if OPENING[account])
    weeks, tests = ahead(flows, moved, sum(OPENING.values()), start, last_day(moves))
    found = [(row["week_to"], row["balance"], row["low"], row["high"]) for row in rows(out / "forecast.csv")]
    if found != weeks:
        raise Unlike(f"The forecast is {found[:3]} ..., not {weeks[:3]} ....")
    tested = [(row["origin"], row["weeks_ahead"], row["forecast"], row["actual"]) for row in rows(out / "backtest.csv")]
    if sorted(tested) != sorted(tests):
        raise Unlike(f"The test is {sorted(tested)[:3]} ..., not {sorted(tests)[:3]} ....")


def _party(form: Form, move: Move) -> str:
    """What stays the same of a movement's words: no numbers, no capitals."""
    return " ".join(word for word in said(form, move).casefold().split() if not any(c.isdigit() for c in word))


def rows(file: Path) -> list[dict[str, str]]:
    """Rows of a written file by column."""
    head, *found = read_rows(file)
    return [dict(zip(head, row, strict=True)) for row in found]


# A German house bank and a British one


def _german(form: Form, move: Move, balance: int) -> tuple[str, ...]:
    name, _, purpose = said(form, move).partition(" | ")
    return f"{move.day:%d.%m.%Y}", f"{move.day:%d.%m.%Y}", name, purpose, italian(move.cents), italian(balance), "EUR"


def _british(form: Form, move: Move, balance: int) -> tuple[str, ...]:
    out, into = (plain(-move.cents), "") if move.cents < 0 else ("", english(move.cents))
    return f"{move.day:%d/%m/%Y}", said(form, move).replace(" | ", " "), out, into, english(balance)


GERMAN_AND_BRITISH = Form(
    banks=(
        Bank(
            head=(
                "Buchungstag",
                "Wertstellung",
                "Empfänger/Auftraggeber",
                "Verwendungszweck",
                "Betrag",
                "Saldo",
                "Währung",
            ),
            row=_german,
            exports=(
                Export("hausbank_umsaetze_2025.csv", ("main",), FIRST, date(2025, 12, 31), short=True),
                Export("hausbank_umsaetze_2026_h1.csv", ("main",), date(2025, 12, 1), date(2026, 6, 30)),
                Export("hausbank_umsaetze_2026_q3.csv", ("main",), date(2026, 6, 1), LAST),
            ),
            title=("Umsatzanzeige", "IBAN;{number}", ""),
            delimiter=";",
            newest_first=True,
        ),
        Bank(
            head=("Date", "Transaction description", "Paid out", "Paid in", "Balance"),
            row=_british,
            exports=(
                Export("Northgate statement 2025.csv", ("shop",), FIRST, date(2025, 12, 31)),
                Export("Northgate statement 2026.csv", ("shop",), date(2026, 1, 1), LAST),
                Export("Northgate reserve 2025-2026.csv", ("reserve",), FIRST, LAST),
            ),
        ),
    ),
    words={
        "rent": "Immobilien Weber | Miete Ladenlokal {month}",
        "salary": "Lohn und Gehalt | Gehalt {month}",
        "payroll": "Krankenkasse Nord | Beitrag {month}",
        "retainer": "{name} | Betreuung {month}",
        "loan": "Hausbank Kredit | Rate Darlehen 77-001",
        "phone": "Telefon AG | Rechnung {n}",
        "insurance": "Versicherungsverein | Betriebshaftpflicht {month}",
        "vat": "Finanzamt | Umsatzsteuer Voranmeldung {month}",
        "fee": "Account fee {month}",
        "receipt": "{name} | Rechnung RE{n}",
        "cards": "Card takings {n}",
        "beans": "Roastery Lane | order",
        "supplier": "Grosshandel {name} | Lieferung {n}",
        "parking": "Parkhaus am Markt | Parken",
        "shop_to_main": "Transfer to Hausbank | own account",
        "main_from_shop": "Laden Nord | Umbuchung von Northgate",
        "main_to_reserve": "Laden Nord | Umbuchung Steuerreserve",
        "reserve_from_main": "Transfer from own account | reserve",
        "reserve_to_main": "Transfer to own account | reserve",
        "main_from_reserve": "Laden Nord | Umbuchung Steuerreserve zurück",
        "elsewhere": "Laden Nord | Umbuchung Tagesgeld",
    },
    names=tuple(
        "Adler Bruns Claasen Dietz Ehlers Fromm Gerdes Harms Ihde Jansen Kroll Lammers Menke Nolte Onken Petersen "
        "Quast Reimers Stahl Tietjen Ulrich Vogt Wessel Zander".split()
    ),
    numbers={"main": "DE02 1203 0000 0000 2020 51", "shop": "", "reserve": ""},
    spoken={"main": "hausbank umsaetze", "shop": "Northgate statement", "reserve": "Northgate reserve"},
    seed=SEED,
    takings=68_000,
)


def write(root: Path) -> World:
    """A German bank's exports and a British one's."""
    return write_cash(root, GERMAN_AND_BRITISH)


def closing(form: Form, account: str) -> Decimal:
    """What is on an account in the end."""
    return euros(OPENING[account] + sum(move.cents for move in movements(form) if move.account == account))
