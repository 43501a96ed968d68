"""Whether customers come back: the orders of a web shop as exported, with guests among them and a ledger beside it.

Planted: guests under the number 0, the same address in other capitals and with spaces, customers with two addresses
under one number, customers who were guests before they had a number, refunds in rows of their own (some with no order
in the export), orders given back in full, and orders that were never paid.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from evals.casefiles import Unlike
from evals.places import read_rows
from evals.world import World
from tools.demo.draws import draw
from tools.demo.money import italian, plain

SEED = 6011
# The shop's own time: its export names no zone.
FIRST = datetime.fromisoformat("2025-08-01T08:00:00")
MONTHS = 14
PEOPLE = 420
GONE = ("cancelled", "failed", "pending", "hold")


@dataclass(frozen=True)
class Order:
    """A row of the export. ``number`` is the customer's, 0 for guests."""

    id: int
    placed: datetime
    state: str
    number: int
    mail: str
    total: int
    is_refund: bool = False

    @property
    def counts(self) -> bool:
        """Whether something was bought and kept."""
        return not self.is_refund and self.state not in (*GONE, "refunded")


def write(root: Path) -> World:
    """The orders as WooCommerce's exports have them."""
    return write_cohorts(root, ENGLISH)


def write_cohorts(root: Path, form: Form) -> World:
    """The same orders in an export of any form; ``truth/truth.json`` has the ledger."""
    orders = _orders()
    data = root / "data"
    data.mkdir(parents=True)
    _write(data / form.file, form, orders)
    (root / "truth").mkdir()
    ledger = {identity: _ledger(orders, identity) for identity in _SAME}
    (root / "truth" / "truth.json").write_text(json.dumps(ledger, indent=1), encoding="utf-8")
    return World(data, lambda out, identity: _check(out, orders, identity or "email"))


# The orders


def _orders() -> list[Order]:
    made = [order for person in range(PEOPLE) for order in _of(person)]
    made.sort(key=lambda order: (order.placed, order.mail))
    return [Order(5000 + at, *_rest(order)) for at, order in enumerate(made)]


def _rest(order: Order) -> tuple[datetime, str, int, str, int, bool]:
    return order.placed, order.state, order.number, order.mail, order.total, order.is_refund


def _of(person: int) -> list[Order]:
    """One person's orders: the first one in some month, further ones ever more rarely, a few refunds."""
    first = FIRST + timedelta(days=draw(SEED, person, "first", 30 * MONTHS - 5), hours=draw(SEED, person, "hour", 12))
    count = (1, 1, 1, 2, 2, 3, 5)[draw(SEED, person, "count", 7)]
    made: list[Order] = []
    for at in range(count):
        index = person * 16 + at
        placed = first + timedelta(days=sum(3 + draw(SEED, person * 16 + step, "gap", 70) for step in range(at)))
        if placed >= FIRST + timedelta(days=30 * MONTHS):
            break
        state = (
            "completed",
            "completed",
            "completed",
            "processing",
            "completed",
            "completed",
            "completed",
            "refunded",
            GONE[index % 4],
            "completed",
        )[draw(SEED, index, "state", 10)]
        total = 1_500 + draw(SEED, index, "total", 18_000)
        made.append(Order(0, placed, state, _number(person, at), _mail(person, at), total))
        if draw(SEED, index, "refund", 25) == 0:
            made.append(
                Order(
                    0,
                    placed + timedelta(days=6),
                    "completed",
                    _number(person, at),
                    _mail(person, at),
                    -total // 2,
                    True,
                )
            )
    if person % 60 == 7:
        # What was bought before the export begins was given back in it: no order, and so no customer.
        return [Order(0, first, "completed", _number(person, 0), _mail(person, 0), -4_900, True)]
    return made


def _number(person: int, at: int) -> int:
    """A third are always guests, a third had a number from the second order on, a third from the start."""
    kind = person % 3
    return 0 if kind == 0 or (kind == 1 and at == 0) else 300 + person


def _mail(person: int, at: int) -> str:
    plain_ = f"person{person}@mail.example"
    if person % 11 == 4 and at % 2:
        plain_ = f"p.{person}@work.example"
    writing: Callable[[str], str] = (str.lower, str.lower, str.title, str.upper, lambda mail: f" {mail} ")[
        draw(SEED, person * 16 + at, "writing", 5)
    ]
    return writing(plain_)


# The file


@dataclass(frozen=True)
class Form:
    """How a shop writes its export."""

    file: str
    columns: Mapping[str, str]
    words: Mapping[str, str]
    date: str
    delimiter: str = ","
    decimal_comma: bool = False


ENGLISH = Form(
    file="woocommerce_orders.csv",
    columns={
        "id": "order_id",
        "type": "type",
        "placed": "date_created",
        "state": "status",
        "number": "customer_id",
        "name": "billing_first_name",
        "mail": "billing_email",
        "total": "order_total",
    },
    words={
        "order": "shop_order",
        "refund": "shop_order_refund",
        "completed": "wc-completed",
        "processing": "wc-processing",
        "refunded": "wc-refunded",
        "cancelled": "wc-cancelled",
        "failed": "wc-failed",
        "pending": "wc-pending",
        "hold": "wc-on-hold",
    },
    date="%Y-%m-%d %H:%M:%S",
)
ITALIAN = Form(
    file="vendite_negozio.csv",
    columns={
        "mail": "Posta elettronica",
        "number": "Codice cliente",
        "total": "Totale",
        "placed": "Data",
        "id": "Numero ordine",
        "state": "Stato",
    },
    words={
        "order": "",
        "refund": "",
        "completed": "Completato",
        "processing": "Spedito",
        "refunded": "Rimborsato",
        "cancelled": "Annullato",
        "failed": "Fallito",
        "pending": "In attesa",
        "hold": "Sospeso",
    },
    date="%d/%m/%Y",
    delimiter=";",
    decimal_comma=True,
)


def _write(file: Path, form: Form, orders: Sequence[Order]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter=form.delimiter)
        writer.writerow(form.columns.values())
        for order in orders:
            row = {
                "id": str(order.id),
                "type": form.words["refund" if order.is_refund else "order"],
                "placed": order.placed.strftime(form.date),
                "state": form.words[order.state],
                "number": str(order.number),
                "name": ("Ada", "Ben", "Cleo")[order.id % 3],
                "mail": order.mail,
                "total": (italian if form.decimal_comma else plain)(order.total),
            }
            writer.writerow([row[field] for field in form.columns])


# The ledger


def _mail_of(order: Order) -> str | None:
    return order.mail.strip().lower() or None


def _number_of(order: Order) -> str | None:
    return str(order.number) if order.number else None


_SAME: Mapping[str, tuple[Callable[[Order], str | None], ...]] = {
    "email": (_mail_of,),
    "id": (_number_of,),
    "both": (_mail_of, _number_of),
}


def _persons(orders: Sequence[Order], identity: str) -> dict[int, str]:
    """Order to person: what shares a name of any sort is one, however long the chain."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    named: dict[int, str] = {}
    for order in orders:
        names = [f"{at}:{value}" for at, of in enumerate(_SAME[identity]) if (value := of(order))]
        for name in names:
            parent[root(name)] = root(names[0])
        if names:
            named[order.id] = names[0]
    return {order: root(name) for order, name in named.items()}


def _ledger(orders: Sequence[Order], identity: str) -> dict[str, dict[str, object]]:
    """Month of the first order to the number of customers, and to how many bought so many months later."""
    counted = [order for order in orders if order.counts]
    persons = _persons(counted, identity)
    months: dict[str, set[int]] = defaultdict(set)
    for order in counted:
        if order.id in persons:
            months[persons[order.id]].add(order.placed.year * 12 + order.placed.month - 1)
    since: dict[int, Counter[int]] = defaultdict(Counter)
    for bought in months.values():
        since[min(bought)].update(month - min(bought) for month in bought)
    last = max(month for bought in months.values() for month in bought)
    return {
        f"{first // 12}-{first % 12 + 1:02}-01": {
            "customers": counts[0],
            "months": {str(number): counts[number] for number in range(min(last - first, 12) + 1)},
        }
        for first, counts in sorted(since.items())
    }


def _check(out: Path, orders: Sequence[Order], identity: str) -> None:
    """Every cohort has the ledger's customers in every month, months that have not come are empty, each row is told."""
    due = _ledger(orders, identity)
    found = {row["first_month"]: row for row in _rows(out / "cohorts.csv")}
    if sorted(found) != sorted(due):
        raise Unlike(f"The cohorts are of {sorted(found)}, not of {sorted(due)}.")
    for first, cohort in due.items():
        months = cohort["months"]
        assert isinstance(months, dict)
        row = found[first]
        seen = {number: row[f"month_{number}"] for number in map(str, range(13))}
        if int(row["customers"]) != cohort["customers"] or seen != {
            number: str(months[number]) if number in months else "" for number in map(str, range(13))
        }:
            raise Unlike(f"The cohort of {first} is {seen} of {row['customers']}, not {cohort}.")
    people = len(set(_persons([order for order in orders if order.counts], identity).values()))
    if sum(int(row["customers"]) for row in found.values()) != people:
        raise Unlike(
            f"The cohorts hold {sum(int(row['customers']) for row in found.values())} customers, not {people}."
        )
    kept = _persons([order for order in orders if order.counts], identity)
    aside = sorted(str(order.id) for order in orders if order.id not in kept)
    if sorted(row["order_ref"] for row in _rows(out / "left_out.csv")) != aside:
        raise Unlike("The orders left out are not those that should be.")


def _rows(file: Path) -> list[dict[str, str]]:
    head, *rows = read_rows(file)
    return [dict(zip(head, row, strict=True)) for row in rows]
