"""What customers owe: invoices of two systems as exported, with the mess of such exports, and a ledger beside it.

Planted: customers written in several ways, names that are nearly the same and are not, drafts and voids with open
amounts, parts paid, credits that name an invoice (one larger than what is left of it) and credits that name none, a
payment on account, invoices without a due date, documents carried over from the old system that stand in both, two
currencies, a row for each line in the newer export, and the books' two accounts of what customers owe.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from evals.casefiles import Unlike
from evals.places import read_rows
from evals.world import World
from tools.demo.draws import draw
from tools.demo.money import english, euros, italian, plain

SEED = 5077
AS_OF = date(2026, 10, 6)
"""The day of the run that the ledger's ages are of."""
INVOICES, OLD_INVOICES = 190, 48
CUSTOMERS: tuple[tuple[str, ...], ...] = (
    ("Müller & Söhne GmbH", "MULLER & SOHNE GMBH", "Müller  & Söhne, GmbH"),
    ("Caffè Centrale", "CAFFE CENTRALE", "Caffè Centrale "),
    ("O'Brien Joinery Ltd", "O Brien Joinery Ltd."),
    ("Northwind Traders", "NORTHWIND TRADERS"),
    ("Northwind Tradres",),
    ("Acme Ltd",),
    ("Acme Limited", "ACME LIMITED"),
    ("Lindqvist Design AB", "Lindqvist Design  AB"),
    ("Ferrari Arredi Srl", "FERRARI ARREDI SRL"),
    ("Ferreri Arredi Srl",),
    *(
        (name,)
        for name in (
            "Bakery on Elm Street",
            "Blue Harbor Hotels",
            "Casa Verde",
            "Dunder Paper",
            "Estudio Luna",
            "Fjord Outfitters",
            "Green Valley School",
            "Hotel Adler",
            "Ivy Lane Florist",
            "Jasper Clinics",
            "Kite & Crane",
            "La Maison Bleue",
            "Orchard Foods",
            "Pine Ridge Lodge",
            "Quay Books",
            "Riverside Dental",
            "Sol y Mar",
            "Tall Oaks Gardening",
        )
    ),
)
NEAR = {
    ("Acme Limited", "Acme Ltd"),
    ("Ferrari Arredi Srl", "Ferreri Arredi Srl"),
    ("Northwind Traders", "Northwind Tradres"),
}
"""Names that are nearly the same and are of different customers."""
AGES = ("not_late", "days_1_30", "days_31_60", "days_61_90", "days_over_90")


@dataclass(frozen=True)
class Paper:
    """An invoice, a credit or a payment; amounts in whole cents, what is left of credits below zero."""

    system: str
    number: str
    customer: int
    written: str
    kind: str
    state: str
    issued: date
    due: date | None
    currency: str
    total: int
    left: int
    reference: str = ""
    lines: int = 1

    @property
    def counts(self) -> bool:
        """Whether it is owed or credited at all."""
        return self.state not in ("draft", "void")


def write(root: Path) -> World:
    """The exports of an accounting system in English and of the one before it, and a trial balance."""
    return write_receivables(root, ENGLISH)


def write_receivables(root: Path, form: Form) -> World:
    """The same papers in an export of any form; ``truth/truth.json`` has the ledger."""
    papers = _papers()
    data = root / "data"
    data.mkdir(parents=True)
    for system in ("new", "old"):
        _write_papers(data, form, system, [paper for paper in papers if paper.system == system])
    _write_books(data, form, papers)
    ledger = {age_from: _ledger(papers, age_from) for age_from in ("due", "issued")}
    (root / "truth").mkdir()
    (root / "truth" / "truth.json").write_text(json.dumps(ledger, indent=1, ensure_ascii=False), encoding="utf-8")
    return World(data, lambda out, age_from: _check(out, papers, age_from or "due"))


# The papers


def _papers() -> list[Paper]:
    new = [_invoice(number) for number in range(INVOICES)]
    old = [_old_invoice(number) for number in range(OLD_INVOICES)]
    # Carried over: the newer system has them, too, and one was paid in part since.
    moved = [paper for paper in old if paper.left and paper.counts][:3]
    carried = [
        replace(paper, system="new", state="open", left=paper.left - (paper.left // 2 if place == 0 else 0))
        for place, paper in enumerate(moved)
    ]
    return [*new, *_credits(new), *carried, *old, *_old_credits(old)]


def _invoice(number: int) -> Paper:
    customer = draw(SEED, number, "customer", len(CUSTOMERS))
    issued = AS_OF - timedelta(days=draw(SEED, number, "age", 210))
    due = None if draw(SEED, number, "no due", 24) == 0 else issued + timedelta(days=(14, 30, 30, 60)[number % 4])
    total = 5_000 + draw(SEED, number, "total", 480_000)
    state = ("open", "open", "paid", "paid", "part", "open", "paid", "draft", "void", "open")[
        draw(SEED, number, "state", 10)
    ]
    left = {"paid": 0, "part": total - total // 3}.get(state, total)
    currency = "USD" if CUSTOMERS[customer][0] in ("Dunder Paper", "Pine Ridge Lodge", "Blue Harbor Hotels") else "EUR"
    if CUSTOMERS[customer][0] == "Kite & Crane":
        currency = ("EUR", "USD")[number % 2]
    return Paper(
        "new",
        f"INV-{1001 + number}",
        customer,
        _written(customer, number),
        "invoice",
        state,
        issued,
        due,
        currency,
        total,
        left,
        "" if number % 5 else f"PO {4400 + number}",
        1 + draw(SEED, number, "lines", 3),
    )


def _old_invoice(number: int) -> Paper:
    customer = draw(SEED, number, "old customer", len(CUSTOMERS))
    issued = date(2026, 3, 1) - timedelta(days=draw(SEED, number, "old age", 240))
    total = 8_000 + draw(SEED, number, "old total", 260_000)
    left = (0, total, total, total - total // 4)[draw(SEED, number, "old left", 4)]
    due = None if number == 11 else issued + timedelta(days=30)
    currency = "USD" if number % 9 == 0 else "EUR"
    return Paper(
        "old",
        str(20417 + number),
        customer,
        _written(customer, number + 1),
        "invoice",
        "open" if left else "paid",
        issued,
        due,
        currency,
        total,
        left,
    )


def _credits(invoices: Sequence[Paper]) -> list[Paper]:
    """Credits of the newer system: two on open invoices, one larger than its invoice, one on account, one used up."""
    whole = [paper for paper in invoices if paper.state == "open" and paper.left == paper.total and paper.due]
    first, second, third, fourth = whole[3], whole[8], whole[13], whole[21]
    amounts = (
        (first, first.total // 4, True),
        (second, second.total // 10, True),
        (third, third.total + 12_345, True),
        (fourth, 7_700, False),
    )
    made = [
        Paper(
            "new",
            f"CN-{number}",
            paper.customer,
            paper.written,
            "credit",
            "open",
            paper.issued + timedelta(days=3),
            None,
            paper.currency,
            -amount,
            -amount,
            paper.number if named else "",
        )
        for number, (paper, amount, named) in enumerate(amounts, 71)
    ]
    used = whole[30]
    return [
        *made,
        Paper(
            "new", "CN-75", used.customer, used.written, "credit", "paid", used.issued, None, used.currency, -9_900, 0
        ),
    ]


def _old_credits(invoices: Sequence[Paper]) -> list[Paper]:
    """A credit and a payment of the old system, neither of which names an invoice."""
    one, other = invoices[5], invoices[17]
    return [
        Paper(
            "old",
            "20498",
            one.customer,
            one.written,
            "credit",
            "open",
            one.issued,
            None,
            one.currency,
            -15_050,
            -15_050,
        ),
        Paper(
            "old",
            "EFT 88",
            other.customer,
            other.written,
            "payment",
            "open",
            other.issued,
            None,
            other.currency,
            -40_000,
            -12_500,
        ),
    ]


def _written(customer: int, number: int) -> str:
    forms = CUSTOMERS[customer]
    return forms[draw(SEED, number, "spelling", len(forms))]


# The files


@dataclass(frozen=True)
class Form:
    """How a system writes its export. ``columns`` name each field; a field without a name is not exported."""

    files: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    words: Mapping[str, str]
    dates: Mapping[str, str]
    delimiter: str = ","
    decimal_comma: bool = False
    grouped: bool = False

    def amount(self, cents: int) -> str:
        """An amount as this system writes it."""
        return italian(cents) if self.decimal_comma else english(cents) if self.grouped else plain(cents)


ENGLISH = Form(
    files={"new": "xero_sales_invoices.csv", "old": "quickbooks_old_balances.csv", "books": "trial_balance.csv"},
    columns={
        "new": {
            "customer": "ContactName",
            "mail": "EmailAddress",
            "number": "InvoiceNumber",
            "reference": "Reference",
            "issued": "InvoiceDate",
            "due": "DueDate",
            "total": "Total",
            "tax": "TaxTotal",
            "paid": "InvoiceAmountPaid",
            "left": "InvoiceAmountDue",
            "line": "Description",
            "line_amount": "LineAmount",
            "currency": "Currency",
            "kind": "Type",
            "state": "Status",
        },
        "old": {
            "kind": "Type",
            "issued": "Date",
            "number": "Num",
            "customer": "Name",
            "due": "Due Date",
            "total": "Amount",
            "left": "Open Balance",
            "currency": "Cur",
        },
        "books": {"code": "Code", "account": "Account", "debit": "Debit", "credit": "Credit"},
    },
    words={
        "new invoice": "Sales invoice",
        "new credit": "Sales credit note",
        "old invoice": "Invoice",
        "old credit": "Credit Memo",
        "old payment": "Payment",
        "open": "Awaiting Payment",
        "part": "Awaiting Payment",
        "paid": "Paid",
        "draft": "Draft",
        "void": "Voided",
        "receivable": "Accounts Receivable",
        "bank": "Bank account",
        "sales": "Sales",
        "costs": "Office costs",
    },
    dates={"new": "%d/%m/%Y", "old": "%m/%d/%Y"},
)
GERMAN = Form(
    files={"new": "ausgangsrechnungen.csv", "old": "altsystem.csv", "books": "summen_und_salden.csv"},
    columns={
        "new": {
            "kind": "Belegart",
            "number": "Belegnummer",
            "issued": "Belegdatum",
            "due": "Fälligkeit",
            "customer": "Kunde",
            "reference": "Bezug",
            "total": "Bruttobetrag",
            "left": "Offener Betrag",
            "currency": "Währung",
            "state": "Zustand",
        },
        "old": {
            "number": "Beleg",
            "customer": "Firma",
            "kind": "Art",
            "issued": "Datum",
            "due": "Zahlbar bis",
            "total": "Betrag",
            "left": "Restbetrag",
            "currency": "Devise",
        },
        "books": {"code": "Konto", "account": "Bezeichnung", "debit": "Soll", "credit": "Haben"},
    },
    words={
        "new invoice": "Rechnung",
        "new credit": "Gutschrift",
        "old invoice": "Rechnung",
        "old credit": "Gutschrift",
        "old payment": "Zahlung",
        "open": "Offen",
        "part": "Teilbezahlt",
        "paid": "Bezahlt",
        "draft": "Entwurf",
        "void": "Storniert",
        "receivable": "Forderungen",
        "bank": "Bank",
        "sales": "Erlöse",
        "costs": "Bürobedarf",
    },
    dates={"new": "%d.%m.%Y", "old": "%d.%m.%Y"},
    delimiter=";",
    decimal_comma=True,
)


def _write_papers(data: Path, form: Form, system: str, papers: Sequence[Paper]) -> None:
    columns = form.columns[system]
    by_line = "line" in columns
    rows = [_row(form, system, paper, line) for paper in papers for line in range(paper.lines if by_line else 1)]
    _write(data / form.files[system], form, columns, rows)


def _row(form: Form, system: str, paper: Paper, line: int) -> dict[str, str]:
    share = paper.total // paper.lines + (paper.total % paper.lines if line == 0 else 0)
    return {
        "customer": paper.written,
        "mail": f"accounts{paper.customer}@customers.example",
        "number": paper.number,
        "reference": paper.reference,
        "issued": paper.issued.strftime(form.dates[system]),
        "due": paper.due.strftime(form.dates[system]) if paper.due else "",
        "total": form.amount(paper.total),
        "tax": form.amount(paper.total // 6),
        "paid": form.amount(paper.total - paper.left),
        "left": form.amount(paper.left),
        "line": ("Design work", "Printing", "Delivery")[line],
        "line_amount": form.amount(share),
        "currency": paper.currency,
        "kind": form.words[f"{system} {paper.kind}"],
        "state": form.words[paper.state],
    }


def _write_books(data: Path, form: Form, papers: Sequence[Paper]) -> None:
    """A trial balance with an account of what customers owe in each currency."""
    words, rows = form.words, []
    for code, currency in (("1100", "EUR"), ("1101", "USD")):
        owed = sum(_owed(papers)[currency])
        rows.append(
            {"code": code, "account": f"{words['receivable']} {currency}", "debit": form.amount(owed), "credit": ""}
        )
    rows += [
        {"code": "1200", "account": words["bank"], "debit": form.amount(4_215_011), "credit": ""},
        {"code": "4000", "account": words["sales"], "debit": "", "credit": form.amount(21_540_000)},
        {"code": "6100", "account": words["costs"], "debit": form.amount(310_455), "credit": ""},
    ]
    _write(data / form.files["books"], form, form.columns["books"], rows)


def _write(file: Path, form: Form, columns: Mapping[str, str], rows: Iterable[Mapping[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter=form.delimiter)
        writer.writerow(columns.values())
        writer.writerows([row[field] for field in columns] for row in rows)


# The ledger


def _counted(papers: Sequence[Paper]) -> list[Paper]:
    """What counts: no drafts, no voids, and what was carried over only as the newer system has it."""
    newer = {paper.number for paper in papers if paper.system == "new"}
    return [paper for paper in papers if paper.counts and not (paper.system == "old" and paper.number in newer)]


def _owed(papers: Sequence[Paper]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for paper in _counted(papers):
        found[paper.currency].append(paper.left)
    return found


def _ledger(papers: Sequence[Paper], age_from: str) -> dict[str, object]:
    """What each customer owes by age, as (currency, customer's first name) to amounts."""
    counted = _counted(papers)
    open_ = {(paper.system, paper.number): paper.left for paper in counted if paper.kind == "invoice"}
    sums: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for paper in counted:
        if paper.kind == "invoice" or not paper.left:
            continue
        named = (paper.system, paper.reference)
        used = min(-paper.left, open_.get(named, 0))
        if named in open_:
            open_[named] -= used
        sums[paper.currency, paper.customer]["on_account"] -= -paper.left - used
    for paper in counted:
        left = open_.get((paper.system, paper.number), 0) if paper.kind == "invoice" else 0
        if left:
            sums[paper.currency, paper.customer][_age(paper, age_from)] += left
    customers = [
        {"currency": currency, "customer": CUSTOMERS[customer][0], "owed": str(euros(sum(amounts.values())))}
        | {age: str(euros(amounts[age])) for age in (*AGES, "on_account")}
        for (currency, customer), amounts in sorted(sums.items())
        if any(amounts.values())
    ]
    totals = {currency: str(euros(sum(left))) for currency, left in sorted(_owed(papers).items())}
    return {"as_of": AS_OF.isoformat(), "totals": totals, "customers": customers}


def _age(paper: Paper, age_from: str) -> str:
    since = (paper.due or paper.issued) if age_from == "due" else paper.issued
    days = (AS_OF - since).days
    return AGES[0 if days <= 0 else min((days - 1) // 30 + 1, 4)]


def _check(out: Path, papers: Sequence[Paper], age_from: str) -> None:
    """Every customer's sums by age are the ledger's; what is left out and kept apart is what was planted."""
    ledger = _ledger(papers, age_from)
    expected = ledger["customers"]
    assert isinstance(expected, list)
    ages = ("currency", "owed", *AGES, "on_account")
    due = sorted((_key(row["customer"]), *(row[age] for age in ages)) for row in expected)
    found = sorted((_key(row["customer"]), *(row[age] for age in ages)) for row in _rows(out / "per_customer.csv"))
    if due != found:
        odd = [row for row in found if row not in due][:3], [row for row in due if row not in found][:3]
        raise Unlike(f"What customers owe differs from the ledger: found {odd[0]}, due {odd[1]}.")
    _check_left_out(out, papers)
    pairs = {
        tuple(sorted((_key(row["customer"]), _key(row["also_written"]))))
        for row in _rows(out / "to_review.csv")
        if "apart" in row["what"]
    }
    planted = {tuple(sorted((_key(one), _key(other)))) for one, other in NEAR}
    if pairs != planted:
        raise Unlike(f"Names kept apart are {sorted(pairs)}, planted {sorted(planted)}.")
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in _rows(out / "open_invoices.csv"):
        totals[row["currency"]] += Decimal(row["amount"])
    if {currency: str(total) for currency, total in sorted(totals.items())} != ledger["totals"]:
        raise Unlike(f"The open invoices add up to {dict(totals)}, the books say {ledger['totals']}.")


def _check_left_out(out: Path, papers: Sequence[Paper]) -> None:
    counted = _counted(papers)
    due = sorted(paper.number for paper in papers if paper not in counted)
    found = sorted(row["number"] for row in _rows(out / "left_out.csv"))
    if found != due:
        raise Unlike(f"Left out are {sorted(set(found) ^ set(due))[:6]} that should not be, or should be and are not.")


def _rows(file: Path) -> list[dict[str, str]]:
    head, *rows = read_rows(file)
    return [dict(zip(head, row, strict=True)) for row in rows]


def _key(name: str) -> str:
    """The customer whose name is written so."""
    return next((forms[0] for forms in CUSTOMERS if name.strip() in {form.strip() for form in forms}), name)
