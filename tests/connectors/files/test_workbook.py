"""Excel as people lay it out, and Parquet."""

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import openpyxl
import pytest
from connector_cases import Read
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from connectors.contract import Discovered, Place
from connectors.files import connector as files
from spec.errors import DataError, DriftError

Reads = Callable[..., Read]
Layout = list[list[object]]


def workbook(path: Path, sheets: dict[str, Layout], merged: dict[str, list[str]] | None = None) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
        for cells in (merged or {}).get(name, []):
            page.merge_cells(cells)
    book.save(path)
    return path


def found_in(path: Path, **options: object) -> list[Discovered]:
    place = Place("files", path.parent, location=path.name)
    return list(files.discover(place, options=options or None))  # type: ignore[arg-type]


PRICES: Layout = [
    ["Acme price list"],
    ["valid from 1 September"],
    [],
    ["Item", None, "Price", None, "Available"],
    ["code", "name", "EUR", "per 100", None],
    ["001", "Cup", 4.8, "456,00", dt.date(2026, 10, 4)],
    ["002", "Plate", 9.8, "2.479,50", dt.date(2026, 9, 6)],
    ["003", "Bowl", 26.1, "1.000,00", dt.date(2026, 9, 7)],
    ["Total", None, 40.7],
    ["Prices without VAT"],
]
MERGED = ["A4:B4", "C4:D4", "E4:E5"]


def test_a_price_list_is_found_among_titles_merged_headers_and_totals(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "prices.xlsx", {"List": PRICES}, {"List": MERGED})
    [found] = found_in(path)
    assert found.name == "prices"
    assert found.source.columns == {
        "Item code": "VARCHAR",
        "Item name": "VARCHAR",
        "Price EUR": "DECIMAL(18,2)",
        "Price per 100": "DECIMAL(18,2)",
        "Available": "DATE",
    }
    read = reads(found, tmp_path)
    assert read.rows == [
        ("001", "Cup", "4.80", "456.00", "2026-10-04"),
        ("002", "Plate", "9.80", "2479.50", "2026-09-06"),
        ("003", "Bowl", "26.10", "1000.00", "2026-09-07"),
    ]
    assert read.reading.expected_rows == 3
    assert sum("total or a note" in warning for warning in read.reading.warnings) == 2


def test_next_month_s_list_may_be_longer_and_have_no_total(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "prices.xlsx", {"List": PRICES}, {"List": MERGED})
    [found] = found_in(path)
    longer: Layout = [*PRICES[:8], ["004", "Jug", 12.5, "1.200,00", dt.date(2026, 9, 8)]]
    workbook(path, {"List": longer}, {"List": MERGED})
    read = reads(found, tmp_path)
    assert read.reading.rows == 4
    assert ("004", "Jug", "12.50", "1200.00", "2026-09-08") in read.rows


def test_bad_cells_set_their_row_aside_with_its_number(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "prices.xlsx", {"List": PRICES}, {"List": MERGED})
    [found] = found_in(path)
    bad: Layout = [*PRICES[:6], ["002", "Plate", "on request", "2.479,50", "soon"], *PRICES[7:]]
    workbook(path, {"List": bad}, {"List": MERGED})
    [(file, row, reason, record)] = reads(found, tmp_path).quarantined
    assert (file, row) == ("prices.xlsx/List", 7)
    assert reason == "not a number with at most 2 decimals: Price EUR; not a date: Available"
    assert "on request" in record


def test_each_sheet_is_a_table_named_after_file_and_sheet(tmp_path: Path) -> None:
    table: Layout = [["id", "n"], [1, 2]]
    path = workbook(tmp_path / "shop.xlsx", {"Orders 2026": table, "Returns": table, "Empty": []})
    found = found_in(path)
    assert [item.name for item in found] == ["shop_Orders_2026", "shop_Returns"]
    assert [item.source.stream for item in found] == ["Orders 2026", "Returns"]
    assert any("Empty" in warning for warning in found[0].warnings)


def test_a_missing_sheet_is_met_with_the_likeliest_one(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "shop.xlsx", {"Orders": [["id"], [1]]})
    [found] = found_in(path)
    with pytest.raises(DataError, match="Did you mean 'Orders'") as caught:
        reads(found, tmp_path, stream="Order")
    assert caught.value.where["sheet"] == "Order"
    assert caught.value.data["known"] == ["Orders"]


def test_a_renamed_header_is_drift(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "shop.xlsx", {"Orders": [["id", "Quantity"], [1, 2]]})
    [found] = found_in(path)
    workbook(path, {"Orders": [["id", "Qty Ord.", "extra"], [1, 2, 3]]})
    with pytest.raises(DriftError) as caught:
        reads(found, tmp_path)
    assert caught.value.data["added"] == ["Qty Ord.", "extra"]
    assert caught.value.data["missing"] == ["Quantity"]


def test_fractions_are_read_with_the_digits_that_excel_shows(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["id", "x"], [1, 0.1 + 0.2], [2, 9.8], [3, 1.1 * 3]]})
    [found] = found_in(path)
    assert found.source.columns["x"] == "DECIMAL(18,2)"
    assert reads(found, tmp_path).rows == [("1", "0.30"), ("2", "9.80"), ("3", "3.30")]


def test_dates_times_and_booleans_keep_their_kind(tmp_path: Path, reads: Reads) -> None:
    row: list[object] = [dt.datetime(2026, 7, 1, 10, 30), True, "yes"]  # noqa: DTZ001 - a worksheet has no zones
    path = workbook(tmp_path / "a.xlsx", {"S": [["at", "paid", "word"], row, row]})
    [found] = found_in(path)
    assert found.source.columns == {"at": "TIMESTAMP", "paid": "BOOLEAN", "word": "VARCHAR"}
    assert reads(found, tmp_path).rows[0] == ("2026-07-01 10:30:00", "true", "yes")


def test_a_time_of_day_is_one_and_a_duration_is_told_to_be_days(tmp_path: Path, reads: Reads) -> None:
    row: list[object] = ["A", dt.time(8, 30), dt.timedelta(hours=36)]
    path = workbook(tmp_path / "a.xlsx", {"S": [["who", "start", "worked"], row, ["B", dt.time(17, 5), row[2]]]})
    [found] = found_in(path)
    assert found.source.columns == {"who": "VARCHAR", "start": "TIME", "worked": "DECIMAL(18,2)"}
    assert "Column 'worked' holds durations, which are read as days: 1.5 is 36 hours." in found.warnings
    assert reads(found, tmp_path).rows == [("A", "08:30:00", "1.50"), ("B", "17:05:00", "1.50")]


def test_subtotals_among_the_rows_are_told_and_stay(tmp_path: Path, reads: Reads) -> None:
    rows: list[list[object]] = [["shop", "n"], ["North", 2], ["South", 3], ["Subtotal", 5], ["East", 4], ["West", 1]]
    [found] = found_in(workbook(tmp_path / "a.xlsx", {"S": rows}))
    assert [said for said in found.warnings if "before adding up" in said]
    assert len(reads(found, tmp_path).rows) == 5


def test_dates_are_read_by_the_workbook_s_own_count_of_days_where_no_option_says_it(
    tmp_path: Path, reads: Reads
) -> None:
    rows: list[list[str | int | dt.date]] = [["id", "day"], [1, dt.date(2026, 9, 1)], [2, dt.date(2026, 9, 2)]]
    for epoch in (CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904):
        path = tmp_path / "a.xlsx"
        book = openpyxl.Workbook()
        book.epoch = epoch
        page = book.worksheets[0]
        for row in rows:
            page.append(row)
        book.save(path)
        [found] = found_in(path)
        plain = {name: value for name, value in found.source.options.items() if name != "serial_dates"}
        assert plain != found.source.options
        bare = replace(found, source=found.source.model_copy(update={"options": plain}))
        assert [row[1] for row in reads(bare, tmp_path).rows] == ["2026-09-01", "2026-09-02"]


def test_a_day_may_be_written_with_a_decimal_point(tmp_path: Path, reads: Reads) -> None:
    made = workbook(tmp_path / "made.xlsx", {"S": [["id", "day"], [1, dt.date(2026, 9, 1)], [2, dt.date(2026, 9, 2)]]})
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.namelist():
            # DuckDB writes every number so, and with it what a run publishes.
            new.writestr(part, re.sub(rb"<v>(\d+)</v>", rb"<v>\1.0</v>", old.read(part)))
    [found] = found_in(path)
    assert found.source.columns["day"] == "DATE"
    assert [row[1] for row in reads(found, tmp_path).rows] == ["2026-09-01", "2026-09-02"]


def test_a_table_that_starts_at_column_b_is_found(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [[], [None, "id", "n"], [None, 1, 2], [None, 3, 4]]})
    [found] = found_in(path)
    assert found.source.options["range"] == "B:C"
    assert reads(found, tmp_path).rows == [("1", "2"), ("3", "4")]


def test_a_stated_range_is_what_is_read(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["x"], ["id", "n"], [1, 2], [3, 4], [5, 6]]})
    [found] = found_in(path, range="A2:B4", header_row=2)
    assert reads(found, tmp_path).rows == [("1", "2"), ("3", "4")]


def test_formulas_without_results_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["id", "n"], [1, "=1+1"], [2, "=2+2"]]})
    [found] = found_in(path)
    assert any("2 formulas have no result" in warning for warning in found.warnings)


def test_an_empty_workbook_is_an_error(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": []})
    with pytest.raises(DataError, match="empty"):
        found_in(path)


def parquet(path: Path, query: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_parquet_keeps_its_own_types(tmp_path: Path, reads: Reads) -> None:
    path = parquet(
        tmp_path / "a.parquet", "SELECT 1::BIGINT AS id, 2.50::DECIMAL(12,2) AS amount, DATE '2026-07-01' AS d"
    )
    [found] = found_in(path)
    assert found.source.columns == {"id": "BIGINT", "amount": "DECIMAL(12,2)", "d": "DATE"}
    read = reads(found, tmp_path)
    assert read.rows == [("1", "2.50", "2026-07-01")]
    assert read.reading.expected_rows == 1


def test_a_retyped_parquet_column_is_drift(tmp_path: Path, reads: Reads) -> None:
    path = parquet(tmp_path / "a.parquet", "SELECT 1::BIGINT AS id, 2.50::DECIMAL(12,2) AS amount")
    [found] = found_in(path)
    parquet(path, "SELECT 1::BIGINT AS id, 2.5::DOUBLE AS amount")
    with pytest.raises(DriftError) as caught:
        reads(found, tmp_path)
    assert caught.value.data["retyped"] == {"amount": ["DECIMAL(12,2)", "DOUBLE"]}


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no PAR1")
    with pytest.raises(DataError, match="Parquet"):
        found_in(tmp_path / "a.parquet")


def test_a_header_that_moved_is_found_before_anything_is_read(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "prices.xlsx", {"List": PRICES}, {"List": MERGED})
    [found] = found_in(path)
    moved: Layout = [PRICES[0], ["second edition"], *PRICES[1:]]
    workbook(path, {"List": moved}, {"List": ["A5:B5", "C5:D5", "E5:E6"]})
    read = reads(found, tmp_path)
    assert ("001", "Cup", "4.80", "456.00", "2026-10-04") in read.rows
    assert len(read.rows) == 3
    assert "The header was found in row 5 instead of row 4." in read.reading.warnings


def test_a_header_that_moved_and_is_called_otherwise_is_drift_of_that_column_alone(
    tmp_path: Path, reads: Reads
) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["title"], ["id", "Quantity", "x"], [1, 2, 3], [4, 5, 6]]})
    [found] = found_in(path)
    workbook(path, {"S": [["title"], ["more"], ["id", "Qty Ord.", "x"], [1, 2, 3], [4, 5, 6]]})
    with pytest.raises(DriftError) as caught:
        reads(found, tmp_path)
    assert (caught.value.data["missing"], caught.value.data["added"]) == (["Quantity"], ["Qty Ord."])


def test_a_table_that_grew_in_the_middle_is_found_beside_its_old_columns(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [[], [None, "id", "n"], [None, 1, 2], [None, 3, 4]]})
    [found] = found_in(path)
    workbook(path, {"S": [[], [None, "id", "new", "n"], [None, 1, "x", 2], [None, 3, "y", 4]]})
    read = reads(found, tmp_path, drift="evolve")
    assert read.rows == [("1", "2"), ("3", "4")]
    assert "New columns were left out: new." in read.reading.warnings


def test_a_column_right_of_the_table_is_told(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [[], [None, "id", "n"], [None, 1, 2], [None, 3, 4]]})
    [found] = found_in(path)
    workbook(path, {"S": [[], [None, "id", "n", "new"], [None, 1, 2, "x"], [None, 3, 4, "y"]]})
    told = reads(found, tmp_path).reading.warnings
    assert "Columns to the right of the table were left out: new." in told


TOTALS: Layout = [["code", "Quantity", "Price"], ["A", 2, "1.000,50"], ["B", 3, "2,25"], ["Total", 5, "1.002,75"]]


def test_a_sheet_s_own_totals_are_held_against_its_rows(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": TOTALS})
    [found] = found_in(path)
    assert found.source.options["totals"] == ["Quantity", "Price"]
    said = [(one.column, one.row, one.said, one.summed) for one in reads(found, tmp_path).reading.totals]
    assert said == [("Quantity", 4, "5", "5"), ("Price", 4, "1002.75", "1002.75")]


def test_a_total_counts_the_readable_values_of_rows_that_are_set_aside(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": TOTALS})
    [found] = found_in(path)
    workbook(path, {"S": [TOTALS[0], TOTALS[1], ["B", 3, "n.d."], ["C", 4, "1,00"], ["Total", 9, "1.001,50"]]})
    read = reads(found, tmp_path)
    assert read.reading.quarantined[0].rows == 1
    assert [(one.said, one.summed) for one in read.reading.totals] == [("9", "9"), ("1001.50", "1001.50")]


def test_a_total_that_is_not_what_the_rows_add_up_to_is_told_and_not_promised(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [*TOTALS[:3], ["Total", 6, "1.002,75"]]})
    [found] = found_in(path)
    assert found.source.options["totals"] == ["Price"]
    assert "Row 4 says 6 for 'Quantity', and the rows add up to 5." in found.warnings
    workbook(path, {"S": [*TOTALS[:3], ["Total", 5, "1.002,76"]]})
    assert [(one.said, one.summed) for one in reads(found, tmp_path).reading.totals] == [("1002.76", "1002.75")]


def test_a_total_row_that_is_gone_is_told(tmp_path: Path, reads: Reads) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": TOTALS})
    [found] = found_in(path)
    workbook(path, {"S": TOTALS[:3]})
    assert "There is no total row that the rows could be held against." in reads(found, tmp_path).reading.warnings


def test_the_words_of_a_total_row_are_no_texts_among_dates(tmp_path: Path) -> None:
    day = dt.date(2026, 9, 1)
    path = workbook(tmp_path / "a.xlsx", {"S": [["day", "n", "x"], [day, 1, "a"], [day, 2, "b"], ["Total", 3, None]]})
    [found] = found_in(path)
    assert found.source.columns["day"] == "DATE"
    assert not any("some texts" in warning for warning in found.warnings)


@pytest.mark.parametrize("word", ["Gesamtsumme", "Insgesamt", "Somma", "Grand Total 2026", "Totale generale:", "Razem"])
def test_a_total_row_is_told_by_its_word_in_many_languages(tmp_path: Path, word: str) -> None:
    path = workbook(tmp_path / "a.xlsx", {"S": [["code", "n", "x"], ["A", 1, "p"], ["B", 2, "q"], [word, 3, None]]})
    [found] = found_in(path)
    assert found.table.rows == 2
    assert found.source.options["totals"] == ["n"]
