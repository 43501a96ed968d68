"""Write a demo world: the files of a small shop that a person would export, and the true answers beside them.

    <folder>/data/...        what an owner would hand over; point `--data` here
    <folder>/truth/...       truth.json and duplicates.csv; never read by anything but tests and the curious

Both sizes are the whole life of the online shop, so nothing is carried over from before. The same size, seed and
library versions give the same bytes, whatever the number of threads and the memory limit.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tools.demo.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from tools.demo.bank import Account
    from tools.demo.stripe import Payout

LAST_DAY = date(2026, 9, 30)
QUARTER_FIRST_DAY = date(2026, 7, 1)
YEARS_FIRST_DAY = date(2023, 10, 1)
QUARTER_ORDERS = 412
YEARS_ORDERS = 50_000
PRICES_VALID_FROM = date(2026, 9, 1)
FEWEST, MOST = 2_000, 10_000_000
QUARTER_SEED, YEARS_SEED = 2109, 1093
# At most so many orders of each planted kind, however large the world.
_MOST_PLANTED = 500


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files of a world lie under its root."""

    root: Path

    @property
    def data(self) -> Path:
        """The folder to point `--data` at."""
        return self.root / "data"

    @property
    def truth_folder(self) -> Path:
        """Holds what no pipeline should read."""
        return self.root / "truth"

    @property
    def truth_file(self) -> Path:
        """The truth as JSON."""
        return self.truth_folder / "truth.json"

    @property
    def duplicates(self) -> Path:
        """The known doubles: customer_id, duplicate_id, kind."""
        return self.truth_folder / "duplicates.csv"

    @property
    def shopify_orders(self) -> Path:
        """Orders, a JSON object a line."""
        return self.data / "shopify_orders.ndjson"

    @property
    def stripe_balance_transactions(self) -> Path:
        """Stripe's balance transactions."""
        return self.data / "stripe_balance_transactions.csv"

    @property
    def stripe_payouts(self) -> Path:
        """Stripe's payouts."""
        return self.data / "stripe_payouts.csv"

    @property
    def bank_statement_it(self) -> Path:
        """The main account, Italian locale, Windows-1252."""
        return self.data / "bank_statement_it.csv"

    @property
    def bank_statement_en(self) -> Path:
        """The online account, US dates, UTF-8 with a byte order mark."""
        return self.data / "bank_statement_en.csv"

    @property
    def customers(self) -> Path:
        """Customers, some of them twice."""
        return self.data / "customers.csv"

    @property
    def ad_spend(self) -> Path:
        """Advertising reports with corrections."""
        return self.data / "ad_spend.csv"

    @property
    def supplier_price_list(self) -> Path:
        """A supplier's workbook."""
        return self.data / "supplier_price_list.xlsx"

    @property
    def ledger(self) -> Path:
        """The books, SQLite."""
        return self.data / "ledger.sqlite"


@dataclass(frozen=True, slots=True)
class World(Layout):
    """A written world: where it is, and what is true of it."""

    truth: Truth


@dataclass(frozen=True, slots=True)
class _Plan:
    name: str
    seed: int
    first: date
    orders: int


@dataclass(frozen=True, slots=True)
class _Money:
    payouts: Sequence[Payout]
    wire_fees: dict[str, int]
    main: Account
    online: Account


def _plan(size: Literal["quarter", "years"] | int, seed: int | None) -> _Plan:
    match size:
        case "quarter":
            return _Plan("quarter", QUARTER_SEED if seed is None else seed, QUARTER_FIRST_DAY, QUARTER_ORDERS)
        case "years":
            return _Plan("years", YEARS_SEED if seed is None else seed, YEARS_FIRST_DAY, YEARS_ORDERS)
        case int() if FEWEST <= size <= MOST:
            return _Plan(str(size), YEARS_SEED if seed is None else seed, YEARS_FIRST_DAY, size)
        case _:
            raise ValueError(
                f"A demo world is 'quarter', 'years' or a number of orders from {FEWEST:,} to {MOST:,}, not {size!r}."
            )


def _place(plants: dict[int, str], index: int, part: str) -> None:
    while index in plants:
        index += 1
    plants[index] = part


def _plants(plan: _Plan) -> dict[int, str]:
    """Choose which orders play a part in an exception, spread evenly; a gift card is sold before it is spent."""
    from tools.demo.draws import draw

    orders, plants = plan.orders, dict[int, str]()
    quarter = plan.name == "quarter"
    counts = {"dispute": 1500, "stripe_refund": 2500, "gift_part": 400}
    # Early enough that the dispute and the refund still fall inside the period.
    windows = {"dispute": (8, 45), "stripe_refund": (30, 70), "gift_part": (50, 80)} if quarter else {}
    for part, every in counts.items():
        count = 1 if quarter else min(_MOST_PLANTED, orders // every)
        low, high = windows.get(part, (4, 94))
        start, span = orders * low // 100, orders * (high - low) // 100
        for place in range(count):
            index = start + (place * span + draw(plan.seed, place, f"plant {part}", span)) // count
            _place(plants, index, part)
            if part == "gift_part":
                _place(plants, index - max(orders * 3 // 100, 40), "gift_sale")
    return plants


def _wire_fees(payouts: Sequence[Payout], seed: int) -> dict[str, int]:
    """Let the bank take a fee from one payout in twelve, never from the first or the last."""
    from tools.demo.draws import draw

    inner = payouts[1:-1]
    count = max(1, len(payouts) // 12)
    chosen = [inner[(place * len(inner) + draw(seed, place, "wire", len(inner))) // count] for place in range(count)]
    return {payout.id: 350 + 50 * draw(seed, payout.day.number, "wire fee", 19) for payout in chosen}


def _connect(scratch: Path, *, threads: int | None, memory_limit: str) -> DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(str(scratch / "build.duckdb"))
    connection.execute("SET memory_limit = ?", [memory_limit])
    connection.execute("SET TimeZone = 'UTC'")
    # The order of rows in a table is the order in which they are written to a file.
    connection.execute("SET preserve_insertion_order = true")
    if threads is not None:
        connection.execute("SET threads = ?", [threads])
    return connection


def write_world(
    folder: Path,
    *,
    size: Literal["quarter", "years"] | int,
    seed: int | None = None,
    threads: int | None = None,
    memory_limit: str = "1GB",
) -> World:
    """Write a world under `folder` and return where it is and what is true of it.

    `quarter` is 412 orders from 1 July to 30 September 2026 with exactly five exceptions; `years` is 50,000 orders in
    the three years up to the same day; a number scales the latter. Files of a world written there before are
    replaced. Raises ValueError for another size.
    """
    plan = _plan(size, seed)
    layout = Layout(folder)
    layout.data.mkdir(parents=True, exist_ok=True)
    layout.truth_folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as scratch:
        connection = _connect(Path(scratch), threads=threads, memory_limit=memory_limit)
        try:
            return _build(layout, plan, connection, Path(scratch))
        finally:
            connection.close()


def _build(layout: Layout, plan: _Plan, connection: DuckDBPyConnection, scratch: Path) -> World:
    from tools.demo import ads, bank, orders, stripe
    from tools.demo.calendar import payout_days, rome_midnight, trading_days
    from tools.demo.catalogue import catalogue_lists
    from tools.demo.statements import run_file

    first, last, seed = plan.first, LAST_DAY, plan.seed
    run_file(connection, "draws", seed=seed)
    run_file(connection, "people", **catalogue_lists())
    orders.build_orders(
        connection,
        trading_days(first, last, plan.orders, seed),
        _plants(plan),
        end_second=rome_midnight(last + timedelta(days=1)),
    )
    tuesdays = payout_days(first, last, seed)
    payouts = stripe.build_balance(connection, first - timedelta(days=1), last, tuesdays, seed=seed)
    wire_fees = _wire_fees(payouts, seed)

    monthly = sum(payout.cents for payout in payouts) // max(1, round((last - first).days / 30.4))
    reports = ads.report_ads(first, last, monthly * 8 // 100, seed)
    main = bank.main_account(first, last, payouts, wire_fees, monthly, seed)
    online = bank.online_account(first, last, main, ads.billed_by_month(reports), monthly, seed)

    orders.write_shopify_orders(connection, layout.shopify_orders, scratch / "part.ndjson")
    stripe.write_stripe(connection, layout.stripe_balance_transactions, layout.stripe_payouts)
    bank.write_italian(layout.bank_statement_it, main)
    bank.write_english(layout.bank_statement_en, online)
    ads.write_ads(layout.ad_spend, reports)
    truth = _tell_truth(layout, plan, connection, _Money(payouts, wire_fees, main, online))
    layout.truth_file.write_text(truth.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return World(layout.root, truth)


def _tell_truth(layout: Layout, plan: _Plan, connection: DuckDBPyConnection, money: _Money) -> Truth:
    """Write the files whose writers know the answers about them, and put all the answers together."""
    from tools.demo import answers, customers, ledger, supplier
    from tools.demo.statements import run_file

    run_file(connection, "truth")
    shopify = answers.shopify_truth(connection)
    stripe = answers.stripe_truth(connection, money.payouts)
    bank = answers.bank_truth(money.payouts, money.wire_fees, money.main, money.online, LAST_DAY)
    walk, residual = answers.walk_to_bank(shopify, stripe, bank)
    exceptions = answers.planted_exceptions(connection, money.payouts, money.wire_fees)
    people, doubles = customers.write_customers(connection, layout.customers, layout.duplicates)
    clearing = ledger.write_ledger(
        connection, layout.ledger, first=plan.first, last=LAST_DAY, main=money.main, online=money.online
    )
    return Truth(
        size=plan.name,
        seed=plan.seed,
        first_day=plan.first,
        last_day=LAST_DAY,
        shopify=shopify,
        stripe=stripe,
        bank=bank,
        supplier=supplier.write_price_list(layout.supplier_price_list, PRICES_VALID_FROM, plan.seed),
        ledger=answers.ledger_truth(clearing, stripe, bank),
        customers=people,
        duplicate_customers=doubles,
        walk=walk,
        residual=residual,
        payouts=answers.payout_truths(connection, money.payouts, money.wire_fees),
        exceptions=exceptions,
        exception_counts=dict(Counter(exception.kind for exception in exceptions)),
    )
