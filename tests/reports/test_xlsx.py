"""The workbook: exact numbers, real dates, totals as formulas, text that stays text, the same bytes each time."""

import csv
import re
import subprocess
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet
from report_rows import FAILED, Made, make, meta_of, reconciliation

from reports.cells import fits, sheet_name
from reports.formats import xlsx
from reports.provenance import figure_provenance
from spec.errors import LimitError, UsageError
from spec.run import Quarantined

FOOTING = "computed without a model · spec 3f9a1c0d5e7b · data as of 5 Oct 2026, 00:30 (Europe/Rome)"
INJECTIONS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "=1+1", "＝1")


def book(made: Made, folder: Path, *, values: bool = False) -> Workbook:
    return load_workbook(made.write(folder, "xlsx")[0], data_only=values)


def sheet(found: Workbook, name: str) -> Worksheet:
    made = found[name]
    assert isinstance(made, Worksheet)
    return made


def cell(found: Worksheet, address: str) -> Cell:
    made = found[address]
    assert isinstance(made, Cell)
    return made


def column(found: Worksheet, letter: str) -> list[object]:
    return [item.value for item in found[letter]]


def table(**fields: object) -> dict[str, object]:
    return {"kind": "table", "from": "t", **fields}


def test_the_reconciliation_has_its_sheets_in_order_the_summary_first(tmp_path: Path) -> None:
    found = book(reconciliation(), tmp_path)
    assert found.sheetnames == ["Summary", "Per payout", "Exceptions", "Chart data", "Origin of figures"]


def test_totals_are_formulas_whose_stored_value_is_the_exact_sum(tmp_path: Path) -> None:
    payouts = sheet(book(reconciliation(), tmp_path), "Per payout")
    stored = sheet(book(reconciliation(), tmp_path, values=True), "Per payout")
    assert [payouts.cell(16, at).value for at in (1, 3, 4, 7)] == [
        "Total", "=SUBTOTAL(9,C2:C15)", "=SUBTOTAL(9,D2:D15)", "=SUBTOTAL(9,G2:G15)",
    ]  # fmt: skip
    for at in range(3, 8):
        rows = [Decimal(str(stored.cell(row, at).value)) for row in range(2, 16)]
        total = stored.cell(16, at).value
        assert isinstance(total, int | float)
        assert Decimal(str(total)) == sum(rows)


def test_money_is_a_number_with_the_currency_in_its_format(tmp_path: Path) -> None:
    payouts = sheet(book(reconciliation(), tmp_path), "Per payout")
    gross = cell(payouts, "D2")
    assert gross.value == 4019.37
    assert gross.number_format == "[$€]#,##0.00;-[$€]#,##0.00"
    assert cell(payouts, "C2").number_format == "#,##0"
    italian = sheet(book(reconciliation(language="it"), tmp_path), "Per payout")
    assert cell(italian, "D2").number_format == "#,##0.00 [$€]"


def test_dates_are_dates_in_the_business_s_time_zone(tmp_path: Path) -> None:
    found = book(reconciliation(), tmp_path)
    assert cell(sheet(found, "Per payout"), "B2").value == datetime.fromisoformat("2026-07-09")
    straddling = cell(sheet(found, "Exceptions"), "B4")
    assert straddling.value == datetime.fromisoformat("2026-08-01T00:10")
    assert straddling.number_format == "d mmm yyyy hh:mm"


def test_headings_are_frozen_filtered_and_repeated_on_paper(tmp_path: Path) -> None:
    payouts = sheet(book(reconciliation(), tmp_path), "Per payout")
    assert payouts.freeze_panes == "B2"
    assert payouts.auto_filter.ref == "A1:G15"
    assert payouts.print_title_rows == "$1:$1"
    assert [item.value for item in payouts[1]][:3] == ["Payout", "Arrived", "Orders"]


def test_the_footing_is_in_the_summary_and_at_the_foot_of_every_printed_sheet(tmp_path: Path) -> None:
    found = book(reconciliation(), tmp_path)
    assert FOOTING in column(sheet(found, "Summary"), "B")
    for name in found.sheetnames:
        foot = sheet(found, name).oddFooter
        assert foot is not None
        assert FOOTING in str(foot.left.text)


def test_a_title_that_begins_with_a_year_or_has_an_ampersand_is_printed_as_it_is(tmp_path: Path) -> None:
    head = sheet(book(reconciliation(title="2026 R&D"), tmp_path), "Summary").oddHeader
    assert head is not None
    assert (head.left.size, str(head.left.text).strip()) == (8, "2026 R&&D")


def test_the_summary_tells_tiles_as_numbers_the_sentence_the_checks_and_the_reading(tmp_path: Path) -> None:
    summary = sheet(book(reconciliation(), tmp_path), "Summary")
    rows = [[item.value for item in row] for row in summary.iter_rows()]
    labels = next(at for at, row in enumerate(rows) if "Residual" in row)
    assert rows[labels][1:6] == ["Shopify sales", "Stripe fees", "Refunds", "Deposits", "Residual"]
    assert rows[labels + 1][1:6] == [48211.9, -1512.67, -2318.4, 40126.72, 0]
    text = "\n".join(str(value) for value in column(summary, "B") if value)
    assert "what is left over is €0.00." in text
    assert "All 3 checks passed." in text
    assert "Gift cards are a liability, not a sale." in text
    assert "by payout id and to the bank" in text


def test_a_failed_check_and_rows_set_aside_stand_above_the_figures(tmp_path: Path) -> None:
    meta = meta_of([FAILED], [Quarantined(table="orders", rows=3, reason="not a date: paid_at")])
    told = [str(value) for value in column(sheet(book(reconciliation(meta), tmp_path), "Summary"), "B") if value]
    assert told.index("Not every check passed. Data as of 5 Oct 2026, 00:30 (Europe/Rome).") < told.index("Summary")
    assert any("found 40111.72. One deposit is short by 15.00." in line for line in told)
    assert "3 rows of orders were set aside: not a date: paid_at" in told


@pytest.mark.parametrize("streamed", [False, True])
def test_text_that_looks_like_a_formula_stays_text_when_opened_and_when_edited(
    streamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "_STREAMED", 0 if streamed else 10**9)
    values = ", ".join("('" + text.replace("'", "''") + "')" for text in INJECTIONS)
    setup = f"CREATE TABLE t AS SELECT name, 1 AS a, 2 AS b FROM (VALUES {values}) v(name)"
    made = make(setup, table(order_by="name", sheet="T"))
    found = sheet(book(made, tmp_path), "T")
    cells = [cell(found, f"A{row}") for row in range(2, 2 + len(INJECTIONS))]
    assert {str(item.value).replace("_x000D_", "\r") for item in cells} == set(INJECTIONS)
    for item in cells:
        assert item.data_type in {"s", "inlineStr"}
        assert bool(item.quotePrefix) == (str(item.value)[0] in "=+-@\t\r" or str(item.value).startswith("_x000D_"))
    with ZipFile(tmp_path / "report.xlsx") as parts:
        for name in (part for part in parts.namelist() if "worksheets/sheet" in part):
            assert not re.findall(r"<f>(?!SUBTOTAL)", parts.read(name).decode())


def test_a_chart_s_title_is_no_reference_and_a_long_paragraph_no_row_that_excel_refuses(tmp_path: Path) -> None:
    made = make(
        "CREATE TABLE t AS SELECT 'a' AS name, 1 AS n",
        {"kind": "text", "text": "A very long story. " * 900},
        {"kind": "chart", "chart": "bar", "title": "=1+1", "from": "t", "x": "name", "y": "n"},
    )
    heights = [float(row.height or 0) for row in sheet(book(made, tmp_path), "Summary").row_dimensions.values()]
    assert 300 < max(heights) <= 409
    with ZipFile(tmp_path / "report.xlsx") as parts:
        chart = parts.read("xl/charts/chart1.xml").decode()
    assert "<c:f>1+1" not in chart
    assert "\u200b=1+1</a:t>" in chart


@pytest.mark.parametrize(
    "hostile", ["=1+1", "<x>&\"'", "a\x01b", "x" * 40_000, "_x0041_", "🧀" * 20_000, "שלום", "a\uffffb"]
)
@pytest.mark.parametrize("streamed", [False, True])
def test_any_text_gives_a_workbook_that_opens(
    hostile: str, streamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if streamed:
        monkeypatch.setattr(xlsx, "_STREAMED", 0)
    quoted = hostile.replace("'", "''").replace("\x01", "' || chr(1) || '")
    figures = {hostile[:200]: {"from": "t", "value": "max(name)", "format": "text"}}
    made = make(
        f"CREATE TABLE t AS SELECT '{quoted}' AS name, 1 AS n",
        {"kind": "tiles", "figures": figures},
        table(title=hostile[:100], columns=[{"name": "name", "label": hostile[:200]}]),
        {"kind": "chart", "chart": "bar", "title": hostile[:100], "from": "t", "x": "name", "y": "n"},
        title=hostile[:200],
    )
    found = book(made, tmp_path)
    # openpyxl leaves OOXML's escapes in strings that stand in their cells; Excel reads them.
    text = str(sheet(found, found.sheetnames[1])["A2"].value)
    kept = unescape(text) if streamed else text
    expected = hostile.replace("\x01", "\ufffd").replace("\uffff", "\ufffd")
    if len(expected.encode("utf-16-le")) // 2 > 32_767:
        assert expected.startswith(kept.removesuffix("…"))
        assert len(kept.encode("utf-16-le")) // 2 in {32_766, 32_767}
        notes = [str(value) for value in column(sheet(found, "Summary"), "B") if value]
        assert any("32,767 characters" in note for note in notes)
    else:
        assert kept == expected


def test_numbers_longer_than_excel_keeps_are_text_and_their_total_is_no_formula(tmp_path: Path) -> None:
    made = make(
        "CREATE TABLE t AS SELECT 12345678901234.56::DECIMAL(38,2) AS amount, 1234567890123456789 AS ledger, 2 AS n "
        "UNION ALL SELECT 1.10, 5, 3",
        table(columns=[{"name": name, "total": True} for name in ("amount", "ledger", "n")]),
    )
    found = sheet(book(made, tmp_path), "Part")
    assert [found.cell(row, 1).value for row in (2, 3, 4)] == [1.1, "12345678901234.56", "12345678901235.66"]
    assert [found.cell(row, 2).value for row in (2, 3, 4)] == [5, "1234567890123456789", "1234567890123456794"]
    assert found.cell(4, 3).value == "=SUBTOTAL(9,C2:C3)"
    notes = [str(value) for value in column(sheet(book(made, tmp_path), "Summary"), "B") if value]
    assert any(note.startswith("Part, Amount: Excel keeps 15 digits") for note in notes)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20))
def test_a_decimal_that_is_written_as_a_number_comes_back_as_that_decimal(amount: Decimal) -> None:
    if fits(amount):
        assert Decimal(repr(float(f"{amount:.16G}"))) == amount


def test_every_digit_of_a_number_stands_in_the_file(tmp_path: Path) -> None:
    # XlsxWriter writes sixteen digits, and sixteen digits of the nearest double are not those of the decimal.
    made = make("CREATE TABLE t AS SELECT 9.12345678901234::DECIMAL(15,14) AS n", table())
    made.write(tmp_path, "xlsx")
    with ZipFile(tmp_path / "report.xlsx") as parts:
        assert "<v>9.12345678901234</v>" in parts.read("xl/worksheets/sheet2.xml").decode()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Per payout", "Per payout"),
        ("a/b:c*d?e[f]g\\h", "a b c d e f g h"),
        ("", "Sheet"),
        ("'''", "Sheet"),
        ("History", "History 1"),
        ("x" * 50, "x" * 31),
        ("🧀" * 20, "🧀" * 15),
        ("sUMMARY", "sUMMARY 2"),
    ],
)
def test_a_sheet_has_a_name_that_excel_takes(wanted: str, expected: str) -> None:
    assert sheet_name(wanted, {"summary"}) == expected


@given(st.lists(st.text(max_size=60), min_size=1, max_size=30))
def test_sheet_names_are_valid_and_unique_whatever_is_wanted(wanted: list[str]) -> None:
    taken: set[str] = set()
    names = [sheet_name(text, taken) for text in wanted]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 1 <= len(name.encode("utf-16-le", "surrogatepass")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert name == name.strip()
        assert not name.startswith("'")
        assert not name.endswith("'")


def test_empty_one_row_and_nulls_each_give_a_sheet(tmp_path: Path) -> None:
    setup = "CREATE TABLE none AS SELECT 1.00::DECIMAL(9,2) AS amount WHERE false; CREATE TABLE one AS SELECT 5 AS n;"
    setup += "CREATE TABLE nulls AS SELECT NULL::VARCHAR AS name, NULL::DATE AS day, NULL::DECIMAL(9,2) AS amount"
    made = make(
        setup,
        {"kind": "table", "from": "none", "title": "None", "empty": "Nothing came in.",
         "columns": [{"name": "amount", "total": True}]},
        {"kind": "table", "from": "one", "title": "One"},
        {"kind": "table", "from": "nulls", "title": "Nulls", "columns": [
            {"name": "name"}, {"name": "day"}, {"name": "amount", "total": True}]},
    )  # fmt: skip
    found = book(made, tmp_path, values=True)
    assert [row[0] for row in sheet(found, "None").iter_rows(values_only=True)] == ["Amount", "Nothing came in.", 0]
    assert sheet(found, "One")["A2"].value == 5
    assert [item.value for item in sheet(found, "Nulls")[2]] == [None, None, None]
    assert [item.value for item in sheet(found, "Nulls")[3]] == ["Total", None, 0]


def test_odd_values_are_written_as_what_they_are(tmp_path: Path) -> None:
    made = make(
        "CREATE TABLE t AS SELECT true AS yes, 'nan'::DOUBLE AS odd, TIME '09:30:00' AS at_time, "
        "DATE '1850-01-01' AS old, INTERVAL 90 MINUTE AS took, 0.1::DOUBLE AS tenth",
        table(),
    )
    row = [item.value for item in sheet(book(made, tmp_path), "Part")[2]]
    assert row == [True, "nan", time(9, 30), "1850-01-01", "1:30:00", 0.1]


def test_a_table_longer_than_a_worksheet_is_refused_with_advice_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "EXCEL_ROWS", 100)
    made = make("CREATE TABLE t AS SELECT i AS n FROM range(99) r(i)", table(title="Orders"))
    with pytest.raises(LimitError, match=r"holds 100 rows, and this table has 99.*CSV or Parquet"):
        made.write(tmp_path, "xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_large_table_is_streamed_and_all_of_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_STREAMED", 10_000)
    made = make(
        "CREATE TABLE t AS SELECT i AS id, i / 100::DECIMAL(9,2) AS amount, 'Name ' || i AS name, "
        "(i % 1000)::DECIMAL(9,2) AS money FROM range(20000) r(i)",
        table(columns=[{"name": "id"}, {"name": "money", "format": "money", "total": True}, {"name": "name"},
                       {"name": "amount"}]),
        keys={"t": ["id"]},
    )  # fmt: skip
    path = made.write(tmp_path, "xlsx")[0]
    found = load_workbook(path, read_only=True, data_only=True)
    rows = list(found["Part"].iter_rows(values_only=True))
    found.close()
    assert len(rows) == 20_002
    assert rows[19_999][:3] == (19_998, 998, "Name 19998")
    assert rows[-1][:2] == ("Total", 20 * 499_500)


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (reconciliation().write(tmp_path / name, "xlsx")[0].read_bytes() for name in ("a", "b"))
    assert first == second
    monkeypatch.setattr(xlsx, "_STREAMED", 0)
    first, second = (reconciliation().write(tmp_path / name, "xlsx")[0].read_bytes() for name in ("c", "d"))
    assert first == second


def test_provenance_is_read_back_from_either_format(tmp_path: Path) -> None:
    made = reconciliation()
    page, workbook = made.write(tmp_path, "html", "xlsx")
    for name, origin in made.built().origins.items():
        assert figure_provenance(page, name) == origin
        assert figure_provenance(workbook, name) == origin


def test_a_figure_or_report_that_is_not_there_is_named_with_the_likeliest_one(tmp_path: Path) -> None:
    (workbook,) = reconciliation().write(tmp_path, "xlsx")
    with pytest.raises(UsageError, match="'summary-residual'"):
        figure_provenance(workbook, "summary-residul")
    with pytest.raises(UsageError, match="no such report"):
        figure_provenance(tmp_path / "other.html", "x")
    other = tmp_path / "other.html"
    other.write_text("<p>Hello</p>")
    with pytest.raises(UsageError, match="not a report"):
        figure_provenance(other, "x")


RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""
EVERY_SHEET_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def recalculated(soffice: str, workbook: Path, folder: Path) -> dict[str, list[list[str]]]:
    """Every sheet as LibreOffice computes it, after each stored total was spoilt."""
    spoilt = folder / "spoilt.xlsx"
    with ZipFile(workbook) as parts, ZipFile(spoilt, "w") as changed:
        for part in parts.infolist():
            content = parts.read(part)
            if "worksheets/sheet" in part.filename:
                content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1<v>1</v>", content)
            changed.writestr(part, content)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE)
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", EVERY_SHEET_AS_CSV,
         "--outdir", folder, spoilt],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return {
        path.stem.removeprefix("spoilt-"): list(csv.reader(StringIO(path.read_bytes().decode(), newline="")))
        for path in folder.glob("spoilt-*.csv")
    }


def test_a_spreadsheet_that_calculates_finds_the_same_totals(program: Callable[[str], str], tmp_path: Path) -> None:
    soffice = program("soffice")
    (workbook,) = reconciliation().write(tmp_path, "xlsx")
    sheets = recalculated(soffice, workbook, tmp_path)
    assert sheets["Per payout"][-1] == ["Total", "", "231", "54401.85", "-2835", "-1565.06", "50001.79"]
    assert sheets["Exceptions"][-1] == ["Total", "", "", "3689.61"]
    summary = [value for row in sheets["Summary"] for value in row]
    assert FOOTING in summary


def test_a_spreadsheet_takes_no_text_for_a_formula(program: Callable[[str], str], tmp_path: Path) -> None:
    soffice = program("soffice")
    values = ", ".join("('" + text.replace("'", "''") + "')" for text in INJECTIONS)
    made = make(f"CREATE TABLE t AS SELECT name FROM (VALUES {values}) v(name)", table(sheet="T"))
    shown = recalculated(soffice, made.write(tmp_path, "xlsx")[0], tmp_path)["T"]
    assert {row[0].strip("\r\n\t") for row in shown[1:]} == {text.strip("\r\t") for text in INJECTIONS}
