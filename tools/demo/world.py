"""Write a demo world: the files of a small shop that a person would export, and the true answers beside them.

    <folder>/data/...        what an owner would hand over; point `--data` here
    <folder>/truth/...       truth.json and duplicates.csv; never read by anything but tests and the curious

Both sizes are the whole life of the online shop, so nothing is carried over from before. The same size, seed and
library versions give the same bytes, whatever the number of threads and the memory limit.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tools.demo.truth import ExceptionKind, PlantedException, SupplierTruth, Truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from tools.demo.calendar import PayoutDay
    from tools.demo.stripe import Payout

LAST_DAY = date(2026, 9, 30)
QUARTER_FIRST_DAY = date(2026, 7, 1)
YEARS_FIRST_DAY = date(2023, 10, 1)
QUARTER_ORDERS = 412
YEARS_ORDERS = 50_000
FEWEST, MOST = 2_000, 10_000_000
QUARTER_SEED, YEARS_SEED = 2109, 1093
# At most so many orders of each planted kind, however large the world.
_MOST_PLANTED = 500


@dataclass(frozen=True, slots=True)
class World:
    """Where a written world is, and what is true of it."""

    root: Path
    truth: Truth

    @property
    def data(self) -> Path:
        """The folder to point `--data` at."""
        return self.root / "data"

    @property
    def truth_folder(self) -> Path:
        """Holds `truth.json` and `duplicates.csv` (customer_id, duplicate_id, kind)."""
        return self.root / "truth"

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
class _Plan:
    name: str
    seed: int
    first: date
    orders: int


def _plan(size: Literal["quarter", "years"] | int, seed: int | None) -> _Plan:
    if size == "quarter":
        return _Plan("quarter", QUARTER_SEED if seed is None else seed, QUARTER_FIRST_DAY, QUARTER_ORDERS)
    orders = YEARS_ORDERS if size == "years" else size
    if not FEWEST <= orders <= MOST:
        raise ValueError(
            f"A demo world is 'quarter', 'years' or a number of orders from {FEWEST:,} to {MOST:,}, not {size!r}."
        )
    return _Plan(str(size), YEARS_SEED if seed is None else seed, YEARS_FIRST_DAY, orders)


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
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as scratch:
        connection = _connect(Path(scratch), threads=threads, memory_limit=memory_limit)
        try:
            return _build(folder, plan, connection, Path(scratch))
        finally:
            connection.close()


def _build(folder: Path, plan: _Plan, connection: DuckDBPyConnection, scratch: Path) -> World:
    from tools.demo import ads, answers, bank, customers, ledger, orders, stripe, supplier
    from tools.demo.calendar import payout_days, rome_midnight, trading_days
    from tools.demo.catalogue import catalogue_lists
    from tools.demo.statements import run_file

    first, last, seed = plan.first, LAST_DAY, plan.seed
    end = rome_midnight(last + timedelta(days=1))
    run_file(connection, "draws", seed=seed)
    run_file(connection, "people", **catalogue_lists())
    orders.build_orders(connection, trading_days(first, last, plan.orders, seed), _plants(plan), end_second=end)
    tuesdays: list[PayoutDay] = payout_days(first, last, seed)
    payouts = stripe.build_balance(connection, first - timedelta(days=1), last, tuesdays, seed=seed)
    wire_fees = _wire_fees(payouts, seed)

    months = max(1, round((last - first).days / 30.4))
    base = sum(payout.cents for payout in payouts) // months
    reports = ads.report_ads(first, last, base * 8 // 100, seed)
    main = bank.main_account(first, last, payouts, wire_fees, base, seed)
    online = bank.online_account(first, last, main, ads.billed_by_month(reports), base, seed)

    run_file(connection, "truth")
    shopify_truth = answers.shopify_truth(connection)
    stripe_truth = answers.stripe_truth(connection, payouts)
    bank_truth = answers.bank_truth(payouts, wire_fees, main, online, last)
    walk, residual = answers.walk_to_bank(shopify_truth, stripe_truth, bank_truth)
    exceptions = answers.planted_exceptions(connection, payouts, wire_fees)

    paths = _Paths(folder)
    orders.write_shopify_orders(connection, paths.data / "shopify_orders.ndjson", scratch / "part.ndjson")
    stripe.write_stripe(connection, paths.data / "stripe_balance_transactions.csv", paths.data / "stripe_payouts.csv")
    people, doubles = customers.write_customers(
        connection, paths.data / "customers.csv", paths.truth / "duplicates.csv"
    )
    bank.write_italian(paths.data / "bank_statement_it.csv", main)
    bank.write_english(paths.data / "bank_statement_en.csv", online)
    ads.write_ads(paths.data / "ad_spend.csv", reports)
    prices = supplier.write_price_list(paths.data / "supplier_price_list.xlsx", date(2026, 9, 1), seed)
    clearing = ledger.write_ledger(
        connection, paths.data / "ledger.sqlite", first=first, last=last, main=main, online=online
    )
    truth = Truth(
        size=plan.name,
        seed=seed,
        first_day=first,
        last_day=last,
        shopify=shopify_truth,
        stripe=stripe_truth,
        bank=bank_truth,
        supplier=SupplierTruth(
            good_rows=prices.good_rows,
            bad_rows=prices.bad_rows,
            unit_price_sum=prices.unit_price_sum,
            hundred_price_sum=prices.hundred_price_sum,
        ),
        ledger=answers.ledger_truth(clearing, stripe_truth, bank_truth),
        customers=people,
        duplicate_customers=doubles,
        walk=walk,
        residual=residual,
        payouts=answers.payout_truths(connection, payouts, wire_fees),
        exceptions=exceptions,
        exception_counts=_count(exceptions),
    )
    (paths.truth / "truth.json").write_text(truth.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return World(folder, truth)


def _count(exceptions: Sequence[PlantedException]) -> dict[ExceptionKind, int]:
    counts: dict[ExceptionKind, int] = {}
    for exception in exceptions:
        counts[exception.kind] = counts.get(exception.kind, 0) + 1
    return counts


class _Paths:
    def __init__(self, folder: Path) -> None:
        self.data, self.truth = folder / "data", folder / "truth"
        self.data.mkdir(exist_ok=True)
        self.truth.mkdir(exist_ok=True)
