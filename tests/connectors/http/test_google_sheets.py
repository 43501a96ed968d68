"""A Google spreadsheet is read as people see it: each sheet a table, as a worksheet of a file would be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from vendor_trials import Trial, vendor_of

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.faults import Forbidden, Limited
from spec.errors import AccessError, DataError, DriftError, SpecError

LINK = "https://docs.google.com/spreadsheets/d/1AbC-dEf_9/edit#gid=0"
HEAD = ["id", "placed", "amount", "share", "paid", "customer"]
ORDERS: list[list[Any]] = [
    HEAD,
    [1, None, 10.5, 0.25, True, "Ann"],
    [2, None, 20, 0.5, False, "Ben"],
    [3, None, 1999.99, 1, True, "Zoë"],
]


@pytest.fixture
def vendor(vendor_specs_folder: Path) -> Vendor:
    return vendor_of("google_sheets", vendor_specs_folder, count=3, accepts={"t1"})


def trial(vendor: Vendor, folder: Path, spreadsheet: str = LINK) -> Trial:
    return Trial(
        "google_sheets", vendor, folder, {"spreadsheet": spreadsheet, "auth": "oauth2_code"},
        {"access_token": "t1", "expires_at": "2099-01-01T00:00:00+00:00"},
    )  # fmt: skip


def orders(vendor: Vendor, title: str = "Orders") -> Any:
    sheet = vendor.kept["spreadsheet"].sheet(title, ORDERS)  # type: ignore[attr-defined]
    for row in range(1, len(ORDERS)):
        sheet.put(row, 1, 45291 + row, "DATE")
        sheet.put(row, 3, ORDERS[row][3], "PERCENT")
    return sheet


def rows(staging: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    return staging.execute(f'FROM "{table}" ORDER BY 1').fetchall()


def test_a_sheet_is_a_table_with_its_days_truths_and_exact_numbers(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    orders(vendor)
    mine = trial(vendor, tmp_path)
    found = next(one for one in mine.discover() if one.name == "Orders")
    assert found.source.columns == {
        "id": "BIGINT", "placed": "DATE", "amount": "DECIMAL(18,2)", "share": "DECIMAL(18,2)", "paid": "BOOLEAN",
        "customer": "VARCHAR",
    }  # fmt: skip
    assert (found.source.connector, found.source.stream, found.source.location) == ("google_sheets", "Orders", None)
    reading = mine.read([found], staging)[0]
    assert (reading.rows, reading.expected_rows) == (3, 3)
    assert rows(staging, "Orders")[0] == (1, date(2024, 1, 1), Decimal("10.50"), Decimal("0.25"), True, "Ann")
    assert mine.violations() == []


def test_the_list_of_spreadsheets_is_a_table_beside_them(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    orders(vendor)
    mine = trial(vendor, tmp_path)
    found = mine.discover()
    assert [one.name for one in found][:2] == ["Orders", "spreadsheets"]
    listed = next(one for one in found if one.name == "spreadsheets")
    assert mine.read([listed], staging)[0].rows == 3
    assert mine.violations() == []


def test_without_a_spreadsheet_the_list_alone_is_offered(vendor: Vendor, tmp_path: Path) -> None:
    found = trial(vendor, tmp_path, "").discover()
    assert found[0].name == "spreadsheets"
    assert any("does not say its spreadsheet" in text for text in found[0].warnings)


def test_without_the_right_to_list_spreadsheets_the_sheets_are_there_and_it_is_said(
    vendor: Vendor, tmp_path: Path
) -> None:
    orders(vendor)
    vendor.faults = [Forbidden(stream="spreadsheets", times=None)]
    found = trial(vendor, tmp_path).discover()
    assert [one.name for one in found] == ["Orders"]
    assert any("spreadsheets is left out" in text for text in found[0].warnings)


def test_a_spreadsheet_that_is_not_shared_says_with_whom_to_share_it(vendor: Vendor, tmp_path: Path) -> None:
    vendor.faults = [Forbidden(stream="spreadsheet", times=None)]
    with pytest.raises(AccessError) as caught:
        trial(vendor, tmp_path).discover("Orders")
    assert "client_email" in caught.value.hint


def test_titles_above_the_header_blank_and_repeated_headers_and_ragged_rows_are_as_in_a_file(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor.kept["spreadsheet"].sheet(  # type: ignore[attr-defined]
        "Prices",
        [["Prices of 2026"], [], ["sku", "", "price", "price"], ["A", "x", 1, 2], ["B", "y", 3], ["C", None, 5, 6]],
    )
    mine = trial(vendor, tmp_path)
    found = mine.discover("Prices")[0]
    assert list(found.source.columns) == ["sku", "column2", "price", "price_2"]
    assert any("found in row 3" in text for text in found.warnings)
    mine.read([found], staging)
    assert rows(staging, "Prices") == [("A", "x", 1, 2), ("B", "y", 3, None), ("C", None, 5, 6)]


def test_a_merged_header_is_said_for_all_columns_that_it_covers(vendor: Vendor, tmp_path: Path) -> None:
    sheet = vendor.kept["spreadsheet"].sheet(  # type: ignore[attr-defined]
        "Plan", [["region", "2025", None, "2026", None], [None, "plan", "real", "plan", "real"], ["North", 1, 2, 3, 4]]
    )
    for left in (1, 3):
        sheet.merges.append(
            {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": left, "endColumnIndex": left + 2}
        )
    found = trial(vendor, tmp_path).discover("Plan")[0]
    assert list(found.source.columns) == ["region", "2025 plan", "2025 real", "2026 plan", "2026 real"]


def test_a_formula_error_is_named_with_its_cell_and_its_row_is_set_aside(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    sheet = orders(vendor)
    for row in range(4, 30):
        for column, value in enumerate([row, 45300 + row, 5.25, 0.1, True, "Cy"]):
            sheet.put(row, column, value, "DATE" if column == 1 else "")
    sheet.put(5, 2, "#REF!")
    mine = trial(vendor, tmp_path)
    found = mine.discover("Orders")[0]
    assert found.source.columns["amount"] == "DECIMAL(18,2)"
    assert any("'Orders' cannot be computed: C6: #REF!" in text for text in found.warnings)
    reading = mine.read([found], staging)[0]
    assert (reading.rows, reading.quarantined[0].rows) == (28, 1)
    aside = staging.execute('SELECT file, line, reason, record FROM "Orders__quarantine"').fetchone()
    assert aside is not None
    assert (aside[0], aside[1]) == ("google_sheets/mine/Orders", 6)
    assert "amount" in aside[2]
    assert "#REF!" in aside[3]
    assert any("C6: #REF!" in text for text in reading.warnings)


def test_moments_times_and_days_before_1900_are_what_the_sheet_shows(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    sheet = vendor.kept["spreadsheet"].sheet("Log", [["at", "clock", "born"]])  # type: ignore[attr-defined]
    for row, (moment, clock, born) in enumerate(
        [(45292.5, 0.375, -18260), (45293.25, 1 / 3, 20000), (45294, 0.5, 2)], 1
    ):
        sheet.put(row, 0, moment, "DATE_TIME")
        sheet.put(row, 1, clock, "TIME")
        sheet.put(row, 2, born, "DATE")
    mine = trial(vendor, tmp_path)
    found = mine.discover("Log")[0]
    assert found.source.columns["at"] == "TIMESTAMP"
    mine.read([found], staging)
    read = rows(staging, "Log")
    assert [str(row[0]) for row in read] == ["2024-01-01 12:00:00", "2024-01-02 06:00:00", "2024-01-03 00:00:00"]
    assert [str(row[1]) for row in read] == ["09:00:00", "08:00:00", "12:00:00"]
    assert [str(row[2]) for row in read] == ["1850-01-01", "1954-10-03", "1900-01-01"]


def test_a_large_sheet_is_read_in_ranges_of_bounded_size_and_each_row_once(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    many = [["id", "name"], *([number, f"n{number}"] for number in range(1, 7001))]
    vendor.kept["spreadsheet"].sheet("Big one", many, rows=7200, columns=26)  # type: ignore[attr-defined]
    mine = trial(vendor, tmp_path)
    found = mine.discover("Big one")[0]
    ranges = [dict(call.query).get("ranges") for call in vendor.calls]
    assert sorted(str(one) for one in ranges if one) == sorted([
        "'Big one'!A1:Z1923", "'Big one'!A1924:Z3846", "'Big one'!A3847:Z5769", "'Big one'!A5770:Z7200",
    ])  # fmt: skip
    reading = mine.read([found], staging)[0]
    assert (reading.rows, reading.expected_rows) == (7000, 7000)
    assert staging.execute('SELECT count(DISTINCT id), min(id), max(id) FROM "Big_one"').fetchone() == (7000, 1, 7000)
    assert mine.violations() == []


def test_a_sheet_whose_header_changed_is_drift(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    sheet = orders(vendor)
    mine = trial(vendor, tmp_path)
    found = mine.discover("Orders")
    sheet.put(0, 2, "total")
    with pytest.raises(DriftError) as caught:
        mine.read(found, staging)
    assert "amount" in caught.value.message


def test_a_sheet_that_is_gone_is_said_with_those_there_are(
    vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    sheet = orders(vendor)
    mine = trial(vendor, tmp_path)
    found = mine.discover("Orders")
    sheet.title = "Orders 2026"
    with pytest.raises(SpecError) as caught:
        mine.read(found, staging, pages="later")
    assert "Orders 2026" in caught.value.hint


def test_hidden_and_empty_sheets_are_left_out_and_told(vendor: Vendor, tmp_path: Path) -> None:
    orders(vendor)
    orders(vendor, "Secret").hidden = True
    vendor.kept["spreadsheet"].sheet("Blank")  # type: ignore[attr-defined]
    found = trial(vendor, tmp_path).discover()
    assert [one.name for one in found] == ["Orders", "spreadsheets", "spreadsheets_owners"]
    assert any("hidden or no tables: Secret" in text for text in found[0].warnings)
    assert any("'Blank' is empty" in text for text in found[0].warnings)


@pytest.mark.parametrize("title", ["It's {ours}", "売上", "a/b!c", "2026"])
def test_a_sheet_may_have_any_name(
    title: str, vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    orders(vendor, title)
    mine = trial(vendor, tmp_path)
    found = mine.discover(title)
    assert found[0].source.stream == title
    assert mine.read(found, staging)[0].rows == 3
    assert mine.violations() == []


def test_a_busy_google_is_waited_for(vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    orders(vendor)
    vendor.faults = [Limited(nth=2, wait=9)]
    mine = trial(vendor, tmp_path)
    assert mine.read(mine.discover("Orders"), staging)[0].rows == 3
    assert sum(mine.waits) >= 8


def test_the_first_rows_are_shown(vendor: Vendor, tmp_path: Path) -> None:
    orders(vendor)
    mine = trial(vendor, tmp_path)
    source = mine.discover("Orders")[0].source
    shown = mine.unit.preview(source, mine.place(), limit=2)
    assert (len(shown.rows), shown.truncated) == (2, True)


def test_no_secret_is_in_what_is_kept(vendor: Vendor, tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    orders(vendor)
    vendor.accepts = {"sentinel-token"}
    mine = Trial(
        "google_sheets", vendor, tmp_path, {"spreadsheet": LINK, "auth": "oauth2_code"},
        {"access_token": "sentinel-token", "expires_at": "2099-01-01T00:00:00+00:00"},
    )  # fmt: skip
    mine.read(mine.discover("Orders"), staging)
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"sentinel-token" not in kept


def test_nothing_at_all_says_so(vendor_specs_folder: Path, tmp_path: Path) -> None:
    empty = vendor_of("google_sheets", vendor_specs_folder, count=0, accepts={"t1"})
    with pytest.raises(DataError) as caught:
        trial(empty, tmp_path).discover()
    assert "nothing to read" in caught.value.message
