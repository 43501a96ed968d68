"""A small business whose every cent is known, written as the exports of systems that have little in common."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

START = date(2026, 7, 1)
WIRE_FEE = Decimal("7.50")


@dataclass
class Order:
    """One order; ``state`` is paid, pending, refunded or test."""

    number: int
    day: date
    total: Decimal
    state: str = "paid"


@dataclass
class Movement:
    """One movement at the processor; ``fee`` is positive where something was kept."""

    id: str
    kind: str
    order: int
    day: date
    amount: Decimal
    fee: Decimal
    payout: str = ""

    @property
    def net(self) -> Decimal:
        """What is left of it."""
        return self.amount - self.fee


@dataclass
class Business:
    """Orders, movements, payouts as (id, day, arrival, amount) and the statement as (day, text, amount)."""

    orders: list[Order] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    payouts: list[tuple[str, date, date, Decimal]] = field(default_factory=list)
    statement: list[tuple[date, str, Decimal]] = field(default_factory=list)


def business(seed: int, sender: str) -> Business:
    """Sixty orders: a refund both know, one the processor alone knows, a chargeback, a deposit short by a wire fee."""
    dice = random.Random(seed)
    made = Business()
    for number in range(60):
        total = Decimal(dice.randint(900, 25000)) / 100
        made.orders.append(Order(1001 + number, START + timedelta(days=number), total))
    made.orders[5].state, made.orders[9].state = "test", "pending"
    for order in made.orders:
        if order.state == "paid":
            fee = (order.total * Decimal("0.029") + Decimal("0.30")).quantize(Decimal("0.01"))
            _moved(made, "sale", order, 0, order.total, fee)
    known, unknown, disputed = made.orders[12], made.orders[20], made.orders[25]
    known.state = "refunded"
    _moved(made, "refund", known, 5, -known.total, Decimal(0))
    _moved(made, "refund", unknown, 6, Decimal("-5.00"), Decimal(0))
    _moved(made, "dispute", disputed, 7, -disputed.total, Decimal("15.00"))
    made.movements.sort(key=lambda movement: (movement.day, movement.id))
    _pay_out(made, sender)
    return made


def _moved(made: Business, kind: str, order: Order, later: int, amount: Decimal, fee: Decimal) -> None:
    number = len(made.movements) + 1
    made.movements.append(Movement(f"TX{number:05}", kind, order.number, order.day + timedelta(later), amount, fee))


def _pay_out(made: Business, sender: str) -> None:
    for week in range(1, 9):
        day = START + timedelta(days=7 * week - 1)
        rows = [movement for movement in made.movements if not movement.payout and movement.day < day]
        payout = f"PO{week:04}"
        for movement in rows:
            movement.payout = payout
        amount = sum((movement.net for movement in rows), Decimal(0))
        made.payouts.append((payout, day, day + timedelta(2), amount))
        arrived = amount - (WIRE_FEE if week == 4 else 0)
        made.statement.append((day + timedelta(2), f"{sender} {payout}", arrived))
        made.statement.append((day, "RENT OFFICE", Decimal("-410.00")))
    made.statement.append((START + timedelta(15), "TRANSFER FROM OWNER", Decimal("250.00")))
    made.statement.sort()


def write(folder: Path, name: str, head: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> None:
    """A CSV file; what is separated by semicolons is written as old systems do."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    (folder / name).write_bytes(text.getvalue().encode("cp1252" if delimiter == ";" else "utf-8"))


def _orders(folder: Path, made: Business) -> None:
    rows = [
        (order.number, order.day, "paid" if order.state == "test" else order.state, order.total, order.state == "test")
        for order in made.orders
    ]
    write(folder, "web_orders.csv", ["Order Number", "Placed", "State", "Order Total", "Is Test"], rows)


def payouts_among_the_movements(folder: Path) -> None:
    """No table of payouts and no payout ids; fees are negative; the statement has a column in and a column out."""
    made = business(2, "WALLET TRANSFER")
    _orders(folder, made)
    kinds = {"sale": "Website Payment", "refund": "Payment Refund", "dispute": "Chargeback"}
    rows: list[tuple[object, ...]] = [
        (one.day, kinds[one.kind], one.amount, -one.fee, one.net, one.id, one.order) for one in made.movements
    ]
    rows += [
        (day, "General Withdrawal", -amount, 0, -amount, f"W{payout}", "") for payout, day, _, amount in made.payouts
    ]
    head = ["Date", "Type", "Gross", "Fee", "Net", "Transaction", "Invoice Number"]
    write(folder, "wallet_activity.csv", head, sorted(rows, key=lambda row: (str(row[0]), str(row[5]))))
    lines = [(day, text, -min(a, Decimal(0)) or "", max(a, Decimal(0)) or "") for day, text, a in made.statement]
    write(folder, "statement.csv", ["Date", "Description", "Paid out", "Paid in"], lines)


def whole_cents(folder: Path) -> None:
    """The processor counts in cents, shop and bank in units; a table is called as a step of the plan is."""
    made = business(4, "CARDCO PAYMENTS")
    _orders(folder, made)
    (folder / "web_orders.csv").rename(folder / "shop_orders.csv")
    kinds = {"sale": "charge", "refund": "refund", "dispute": "dispute"}
    rows = [
        (m.id, kinds[m.kind], *(int(part * 100) for part in (m.amount, m.fee, m.net)), m.day, m.payout, m.order)
        for m in made.movements
    ]
    write(folder, "balance.csv", ["id", "type", "amount", "fee", "net", "created", "payout", "order_no"], rows)
    paid = [(payout, int(amount * 100), arrival) for payout, _, arrival, amount in made.payouts]
    write(folder, "payouts.csv", ["id", "amount", "arrival_date"], paid)
    write(folder, "checking.csv", ["Date", "Memo", "Amount"], made.statement)


def fees_as_rows(folder: Path) -> None:
    """Each fee is a row of its own, and there is no net."""
    made = business(6, "MARKETPLACE EU")
    _orders(folder, made)
    rows: list[tuple[object, ...]] = []
    for one in made.movements:
        kind = {"sale": "Order", "refund": "Refund", "dispute": "Chargeback"}[one.kind]
        rows.append((one.id, kind, one.order, one.day, one.amount, one.payout))
        if one.fee:
            rows.append((f"F{one.id}", "Fee", one.order, one.day, -one.fee, one.payout))
    head = ["line_id", "transaction_type", "order_number", "posted", "amount", "settlement_id"]
    write(folder, "settlement_lines.csv", head, rows)
    paid = [(payout, arrival, amount) for payout, _, arrival, amount in made.payouts]
    write(folder, "settlements.csv", ["settlement_id", "deposit_date", "total_amount"], paid)
    write(folder, "bank.csv", ["date", "text", "amount"], made.statement)


def in_german(folder: Path) -> None:
    """German words, days and numbers, semicolons, and no column with the refund but a state that says it."""
    made = business(5, "ZAHLDIENST")

    def number(value: Decimal) -> str:
        return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")

    def day(value: date) -> str:
        return value.strftime("%d.%m.%Y")

    states = {"paid": "bezahlt", "pending": "offen", "refunded": "erstattet"}
    orders = [(f"B{o.number}", day(o.day), states[o.state], number(o.total)) for o in made.orders if o.state != "test"]
    write(folder, "bestellungen.csv", ["Bestellnummer", "Bestelldatum", "Status", "Gesamtbetrag"], orders, ";")
    kinds = {"sale": "Zahlung", "refund": "Rückerstattung", "dispute": "Rückbuchung"}
    rows = [
        (m.id, kinds[m.kind], f"B{m.order}", day(m.day), number(m.amount), number(m.fee), number(m.net), m.payout)
        for m in made.movements
    ]
    head = ["Vorgang", "Art", "Bestellung", "Datum", "Brutto", "Gebühr", "Netto", "Auszahlung"]
    write(folder, "bewegungen.csv", head, rows, ";")
    paid = [(payout, number(amount), day(arrival)) for payout, _, arrival, amount in made.payouts]
    write(folder, "auszahlungen.csv", ["Auszahlung", "Betrag", "Datum"], paid, ";")
    lines = [(day(on), text, number(amount)) for on, text, amount in made.statement]
    write(folder, "kontoauszug.csv", ["Buchungstag", "Verwendungszweck", "Betrag"], lines, ";")


def in_tables_apart(folder: Path) -> None:
    """As an API tells it: which payout a movement is in stands in one table, which sale a claim is about in another."""
    made = business(9, "PAYBRIDGE")
    _orders(folder, made)
    kinds = {"sale": "payment", "refund": "refund", "dispute": "dispute"}
    sales = {one.order: f"CAP{one.id[2:]}" for one in made.movements if one.kind == "sale"}

    def memo(one: Movement) -> str:
        return f"Claim against {sales[one.order]}" if one.kind == "dispute" else f"Web order #{one.order} thank you"

    def moved(one: Movement) -> str:
        return sales[one.order] if one.kind == "sale" else f"{one.kind[:3].upper()}{one.id[2:]}"

    head = ["entry", "type", "object", "amount", "fee", "net", "occurred", "memo"]
    rows = [(m.id, kinds[m.kind], moved(m), m.amount, m.fee, m.net, m.day, memo(m)) for m in made.movements]
    write(folder, "bridge_entries.csv", head, rows)
    write(folder, "bridge_parts.csv", ["settlement", "entry"], [(m.payout, m.id) for m in made.movements if m.payout])
    write(folder, "bridge_settlements.csv", ["settlement", "created", "arrives", "amount"], made.payouts)
    claims = [(moved(m), sales[m.order], "lost") for m in made.movements if m.kind == "dispute"]
    write(folder, "bridge_claims.csv", ["claim", "capture", "outcome"], claims)
    captures = [(moved(m), memo(m), m.amount) for m in made.movements if m.kind == "sale"]
    write(folder, "bridge_captures.csv", ["capture", "memo", "gross"], captures)
    write(folder, "statement.csv", ["Date", "Description", "Amount"], made.statement)


def in_two_currencies(folder: Path) -> None:
    """Payouts, movements and orders of two currencies in the same tables."""
    made = business(8, "GATEWAY NV")
    currency = {payout: "EUR" if index % 2 else "USD" for index, (payout, *_) in enumerate(made.payouts)} | {"": "EUR"}
    of_order = {m.order: currency[m.payout] for m in made.movements if m.kind == "sale"}
    orders = [
        (o.number, o.day, o.state, o.total, of_order.get(o.number, "EUR")) for o in made.orders if o.state != "test"
    ]
    write(folder, "orders.csv", ["number", "placed_at", "state", "total", "currency"], orders)
    rows = [
        (m.id, m.kind, m.order, m.day, m.amount, m.fee, m.net, currency[m.payout], m.payout) for m in made.movements
    ]
    head = ["ref", "type", "merchant_reference", "booked", "gross", "commission", "net", "currency", "batch"]
    write(folder, "gateway_movements.csv", head, rows)
    paid = [(payout, arrival, amount, currency[payout]) for payout, _, arrival, amount in made.payouts]
    write(folder, "gateway_batches.csv", ["batch", "paid_on", "amount", "currency"], paid)
    write(folder, "bank.csv", ["date", "text", "amount"], made.statement)


def payouts_alone(folder: Path) -> None:
    """A report of payouts, without the movements in them."""
    made = business(7, "PAYLATER")
    _orders(folder, made)
    paid = [(payout, day, amount) for payout, day, _, amount in made.payouts]
    write(folder, "payout_report.csv", ["Payout ID", "Date", "Net"], paid)
    write(folder, "bank.csv", ["date", "text", "amount"], made.statement)


Writer = Callable[[Path], None]
