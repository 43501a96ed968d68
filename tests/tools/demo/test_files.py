"""The files look like real exports, mess included, and are the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import openpyxl
import pytest

from tools.demo.catalogue import catalogue_lists
from tools.demo.draws import draw
from tools.demo.statements import run_file
from tools.demo.truth import Truth
from tools.demo.world import World, write_world

if TYPE_CHECKING:
    from tests.tools.demo.conftest import Books


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(quarter_world: World, tmp_path: Path) -> None:
    again = write_world(tmp_path / "a", size="quarter", threads=1, memory_limit="300MB")
    more = write_world(tmp_path / "b", size="quarter", threads=5)
    assert digests(again.root) == digests(more.root) == digests(quarter_world.root)
    assert again.truth == quarter_world.truth


def test_the_scaled_world_is_the_same_bytes_with_any_number_of_threads(
    small_years_world: World, tmp_path: Path
) -> None:
    again = write_world(tmp_path, size=6_000, threads=1, memory_limit="300MB")
    assert digests(again.root) == digests(small_years_world.root)


def test_another_seed_gives_another_quarter_with_five_exceptions_of_its_own(
    quarter_world: World, tmp_path: Path
) -> None:
    other = write_world(tmp_path, size="quarter", seed=7)
    assert other.truth.shopify.orders == 412
    assert set(other.truth.exception_counts.values()) == {1}
    assert len(other.truth.exceptions) == 5
    assert other.truth.shopify.gross != quarter_world.truth.shopify.gross
    assert other.truth.residual == Decimal("0.00")


@pytest.mark.parametrize("seed", range(100, 106))
def test_every_seed_gives_a_quarter_with_one_exception_of_each_kind(seed: int, tmp_path: Path) -> None:
    truth = write_world(tmp_path, size="quarter", seed=seed).truth
    assert sorted(truth.exception_counts.values()) == [1, 1, 1, 1, 1]
    assert truth.residual == Decimal("0.00")
    assert all(exception.amount > 0 for exception in truth.exceptions)


def test_a_world_replaces_the_one_written_there_before(quarter_world: World, tmp_path: Path) -> None:
    write_world(tmp_path, size="quarter", seed=7)
    again = write_world(tmp_path, size="quarter")
    assert digests(again.root) == digests(quarter_world.root)


def test_the_data_folder_holds_the_nine_files_and_no_truth(quarter_world: World) -> None:
    assert sorted(path.name for path in quarter_world.data.iterdir()) == [
        "ad_spend.csv",
        "bank_statement_en.csv",
        "bank_statement_it.csv",
        "customers.csv",
        "ledger.sqlite",
        "shopify_orders.ndjson",
        "stripe_balance_transactions.csv",
        "stripe_payouts.csv",
        "supplier_price_list.xlsx",
    ]
    assert sorted(path.name for path in quarter_world.root.iterdir()) == ["data", "truth"]


def test_the_truth_file_reads_back_as_the_same_truth(quarter_world: World) -> None:
    text = (quarter_world.truth_folder / "truth.json").read_text(encoding="utf-8")
    assert Truth.model_validate_json(text) == quarter_world.truth


@pytest.mark.parametrize("size", [0, 412, 1_999, 10_000_001])
def test_a_size_that_cannot_be_is_refused_and_nothing_is_written(size: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'quarter', 'years' or a number of orders from 2,000 to 10,000,000"):
        write_world(tmp_path / "world", size=size)
    assert not (tmp_path / "world").exists()


def test_the_smallest_scaled_world_keeps_every_payout_positive(tmp_path: Path) -> None:
    truth = write_world(tmp_path, size=2_000).truth
    assert all(payout.payout > 0 for payout in truth.payouts)
    assert truth.residual == Decimal("0.00")


def test_money_in_the_orders_is_text_with_two_decimals_as_shopify_writes_it(quarter: Books) -> None:
    first = quarter.world.shopify_orders.read_text(encoding="utf-8").splitlines()[0]
    assert re.search(r'"total_price":"\d+\.\d\d"', first)
    assert re.search(r'"created_at":"2026-06-30T22:\d\d:\d\dZ"', first), "the first order is July's in Rome only"


def test_test_orders_are_there_and_have_no_charge(quarter: Books) -> None:
    assert quarter.truth.shopify.test_orders >= 5
    assert quarter.rows("SELECT count(*) FROM orders JOIN stripe ON order_name = name WHERE test") == [(0,)]


def test_the_quarter_has_the_noise_of_a_real_shop(quarter: Books) -> None:
    assert quarter.money("SELECT count(*) FROM orders WHERE financial_status = 'refunded'") >= 3
    assert quarter.money("SELECT count(*) FROM orders WHERE financial_status = 'partially_refunded'") >= 10
    assert quarter.money("SELECT count(*) FROM orders WHERE len(refunds) > 1") >= 1
    assert quarter.money("SELECT count(*) FROM orders WHERE discounts > 0") >= 30
    assert quarter.money("SELECT count(*) FROM lines WHERE gift_card") >= 3
    assert quarter.truth.shopify.wholesale_orders >= 3


def test_the_italian_statement_is_windows_1252_with_semicolons_and_decimal_commas(quarter_world: World) -> None:
    raw = quarter_world.bank_statement_it.read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    text = raw.decode("cp1252")
    assert "SOCIETÀ" in text
    assert "€" in text
    assert re.search(r";-?\d\.\d{3},\d\d;", text)
    assert re.match(r"\d\d/\d\d/2026;", text.splitlines()[1])


def test_the_english_statement_starts_with_a_byte_order_mark_and_quotes_thousands(quarter_world: World) -> None:
    raw = quarter_world.bank_statement_en.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfDate,")
    assert re.search(rb',"\d,\d{3}\.\d\d",', raw)
    assert b"STRIPE" not in raw.upper()


def test_the_bank_names_a_payout_in_full_in_part_or_not_at_all(small_years: Books) -> None:
    ids = {told.id for told in small_years.truth.payouts}
    tails = {identity[-8:].upper() for identity in ids}
    deposits = small_years.deposits()
    full = [line for line in deposits if any(identity in line.text for identity in ids)]
    part = [line for line in deposits if line not in full and any(tail in line.text for tail in tails)]
    assert len(full) > 10
    assert len(part) > 10
    assert len(deposits) - len(full) - len(part) > 10


def test_orders_name_customers_who_are_in_the_list(books: Books) -> None:
    with books.world.customers.open(encoding="utf-8", newline="") as file:
        people = {row["customer_id"]: row["email"] for row in csv.DictReader(file)}
    assert len(people) == books.truth.customers
    for customer, email in books.rows("SELECT DISTINCT customer, email FROM orders"):
        assert people[str(customer)] == email


def test_the_known_doubles_are_the_same_person_with_one_phone(books: Books) -> None:
    with books.world.customers.open(encoding="utf-8", newline="") as file:
        people = {row["customer_id"]: row for row in csv.DictReader(file)}
    with (books.world.truth_folder / "duplicates.csv").open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file))
    assert len(pairs) == books.truth.duplicate_customers
    assert {pair["kind"] for pair in pairs} == {"case", "dots", "typo", "second_mail"}
    for pair in pairs:
        one, other = people[pair["customer_id"]], people[pair["duplicate_id"]]
        assert one["phone"].replace(" ", "") == other["phone"].replace(" ", "")
        assert one["email"] != other["email"]
    phones = [row["phone"].replace(" ", "") for row in people.values()]
    assert len(set(phones)) == len(people) - len(pairs), "nobody else shares a phone"


def test_the_last_report_of_each_advertising_day_is_what_the_card_paid(books: Books) -> None:
    with books.world.ad_spend.open(encoding="utf-8", newline="") as file:
        reports = list(csv.DictReader(file))
    final: dict[tuple[str, str], Decimal] = {}
    for row in sorted(reports, key=lambda row: row["reported_at"]):
        if row["platform"] == "Meta":
            final[row["date"], row["campaign_id"]] = Decimal(row["spend"])
    assert len(reports) > len({(row["date"], row["campaign_id"]) for row in reports}), "some days are corrected"
    paid = -sum(line.amount for line in books.online if line.text.startswith("META"))
    assert sum(final.values()) == paid


def test_the_price_list_has_titles_merged_headers_text_prices_bad_rows_and_a_total(quarter_world: World) -> None:
    sheet = openpyxl.load_workbook(quarter_world.supplier_price_list)["Listino"]
    told = quarter_world.truth.supplier
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A5:C5", "D5:E5", "F5:G5", "H5:H6"}
    rows = list(sheet.iter_rows(min_row=7, values_only=True))
    assert rows[-1][0] == "Totale"
    good = [
        row
        for row in rows[:-1]
        if row[0] is not None and isinstance(row[3], (int, float)) and isinstance(row[7], datetime)
    ]
    bad = [number for number, row in enumerate(rows[:-1], start=7) if row not in good]
    assert (len(good), tuple(bad)) == (told.good_rows, told.bad_rows)
    assert sum(Decimal(str(row[3])) for row in good) == told.unit_price_sum
    texts = [str(row[4]) for row in good]
    assert sum(Decimal(text.replace(".", "").replace(",", ".")) for text in texts) == told.hundred_price_sum
    assert any("." in text for text in texts)


def test_python_and_sql_draw_the_same_numbers() -> None:
    with duckdb.connect() as connection:
        run_file(connection, "draws", seed=42)
        run_file(connection, "people", **catalogue_lists())
        numbers = connection.execute("SELECT i, u(i, 'a name') % 1000 FROM range(500) AS t(i)").fetchall()
    assert numbers == [(index, draw(42, index, "a name", 1000)) for index in range(500)]
    assert len({value for _, value in numbers}) > 350


@pytest.mark.bench
def test_a_large_world_takes_seconds_and_is_the_same_bytes_with_any_number_of_threads(tmp_path: Path) -> None:
    started = time.monotonic()
    one = write_world(tmp_path / "a", size=300_000, threads=1)
    assert time.monotonic() - started < 60
    many = write_world(tmp_path / "b", size=300_000, threads=4)
    assert one.truth.residual == Decimal("0.00")
    assert digests(one.root) == digests(many.root), "these tables have several row groups, read side by side"
    shutil.rmtree(tmp_path)  # over a gigabyte that pytest would keep
