"""Which cells of which files and worksheets are a source, and the columns that say where a row comes from."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from connector_cases import TABLE, Read
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Discovered, Place
from connectors.files import connector as files
from connectors.files.blocks import Cells, blocks
from spec.errors import DataError, DriftError, SpecError, UnsupportedError
from spec.pipeline import Source

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]
Load = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def load(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> Load:
    """Rows of a source that is written by hand, in the order of its first column."""

    def read(location: str, columns: dict[str, str], stream: str | None = None, **options: object) -> object:
        source = Source(location=location, stream=stream, columns=columns, options=options)
        files.read(source, Place("files", tmp_path, location=location), staging, TABLE)
        return staging.execute("FROM loaded ORDER BY ALL").fetchall()

    return read  # type: ignore[return-value]


def book(path: Path, sheets: dict[str, list[list[object]]], hidden: str = "") -> None:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
        page.sheet_state = "hidden" if name == hidden else "visible"
    made.save(path)


# --- columns that say where a row comes from ----------------------------------------------------------------------


def test_rows_are_numbered_in_the_order_of_the_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nzoe\nanna\n", encoding="utf-8")
    assert load("a.csv", {"Row": "BIGINT", "name": "VARCHAR"}, row_number_column="Row") == [(1, "zoe"), (2, "anna")]


def test_rows_of_a_long_file_are_numbered_in_its_order(load: Load, tmp_path: Path) -> None:
    # Longer than what one thread of DuckDB takes at once, so that several would read it.
    lines = [f"{number},{'x' * 100}" for number in range(1, 300_001)]
    (tmp_path / "a.csv").write_text("\n".join(["n,t", *lines]) + "\n", encoding="utf-8")
    columns = {"n": "BIGINT", "t": "VARCHAR", "Row": "BIGINT"}
    rows = load("a.csv", columns, row_number_column="Row")
    assert len(rows) == 300_000
    assert all(row[0] == row[2] for row in rows)


def test_a_row_that_is_set_aside_keeps_its_number(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n5\nsix\n7\n", encoding="utf-8")
    assert load("a.csv", {"Row": "BIGINT", "n": "BIGINT"}, row_number_column="Row") == [(1, 5), (3, 7)]


def test_rows_of_a_worksheet_and_of_parquet_are_numbered(load: Load, tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", {"S": [["Prices"], ["name", "n"], ["zoe", 1], [], ["anna", 2]]})
    columns = {"Row": "BIGINT", "name": "VARCHAR", "n": "BIGINT"}
    assert load("a.xlsx", columns, row_number_column="Row", header_row=2) == [(1, "zoe", 1), (2, "anna", 2)]
    pq.write_table(pa.table({"name": ["zoe", "anna"], "n": pa.array([1, 2], pa.int64())}), tmp_path / "a.parquet")
    assert load("a.parquet", columns, row_number_column="Row") == [(1, "zoe", 1), (2, "anna", 2)]


def test_each_row_says_its_file_and_folder(load: Load, tmp_path: Path) -> None:
    for place in ("2025/north", "2025/south", "2026"):
        (tmp_path / "shops" / place).mkdir(parents=True)
        name = place.replace("/", "-")
        (tmp_path / "shops" / place / f"{name}.csv").write_text(f"n\n{len(name)}\n", encoding="utf-8")
    (tmp_path / "shops" / "all.csv").write_text("n\n1\n", encoding="utf-8")
    columns = {"File": "VARCHAR", "n": "BIGINT", "Folder": "VARCHAR", "Row": "BIGINT"}
    options = {"file_name_column": "File", "folder_name_column": "Folder", "row_number_column": "Row"}
    wanted = [
        ("2025-north.csv", 10, "2025/north", 1),
        ("2025-south.csv", 10, "2025/south", 1),
        ("2026.csv", 4, "2026", 1),
        ("all.csv", 1, "shops", 1),
    ]
    assert load("shops", columns, pattern="**/*.csv", **options) == wanted
    assert load("shops/**/*.csv", columns, **options) == wanted


def test_records_of_json_say_their_file_and_have_no_row_number(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"n": 1}, {"n": 2}]', encoding="utf-8")
    (tmp_path / "b.ndjson").write_text('{"n": 3}\n', encoding="utf-8")
    columns = {"n": "BIGINT", "File": "VARCHAR"}
    wanted = [(1, "a.json"), (2, "a.json"), (3, "b.ndjson")]
    assert load(".", columns, pattern="*json", file_name_column="File") == wanted
    with pytest.raises(UnsupportedError, match="have no row number"):
        load("a.json", {"n": "BIGINT", "Row": "BIGINT"}, row_number_column="Row")


def test_a_column_that_is_made_has_to_be_declared(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n", encoding="utf-8")
    with pytest.raises(SpecError) as told:
        load("a.csv", {"n": "BIGINT"}, file_name_column="File")
    assert told.value.hint == "Add it to the source's columns: File: VARCHAR."
    with pytest.raises(SpecError, match="is a name, so it is VARCHAR"):
        load("a.csv", {"n": "BIGINT", "File": "BIGINT"}, file_name_column="File")
    with pytest.raises(SpecError, match="Only a workbook has worksheets"):
        load("a.csv", {"n": "BIGINT", "S": "VARCHAR"}, sheet_name_column="S")


def test_a_column_is_not_made_over_one_of_the_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,Row\n1,9\n", encoding="utf-8")
    with pytest.raises(DataError, match="there already") as told:
        load("a.csv", {"n": "BIGINT", "Row": "BIGINT"}, row_number_column="Row")
    assert told.value.where["file"] == "a.csv"


def test_discovery_lists_the_columns_that_are_made(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "n\n5\n6\n", row_number_column="Row", file_name_column="File")
    assert found.source.columns == {"n": "BIGINT", "Row": "BIGINT", "File": "VARCHAR"}
    assert [column.name for column in found.table.columns] == ["n", "Row", "File"]
    assert reads(found, tmp_path).rows == [("5", "1", "a.csv"), ("6", "2", "a.csv")]


# --- which worksheets ---------------------------------------------------------------------------------------------

MONTHS: dict[str, list[list[object]]] = {
    "2026-01": [["item", "n"], ["cup", 1]],
    "2026-02": [["item", "n"], ["bowl", 2], ["cup", 3]],
    "Notes": [["free text"]],
    "2026-03": [["item", "n"], ["lamp", 9]],
}


def test_all_worksheets_that_match_are_one_source(load: Load, tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", MONTHS, hidden="2026-03")
    columns = {"Month": "VARCHAR", "item": "VARCHAR", "n": "BIGINT", "Row": "BIGINT"}
    options = {"sheet_name_column": "Month", "row_number_column": "Row"}
    rows = [("2026-01", "cup", 1, 1), ("2026-02", "bowl", 2, 1), ("2026-02", "cup", 3, 2)]
    assert load("a.xlsx", columns, sheet="2026-*", **options) == rows
    assert load("a.xlsx", columns, sheet=["2026-02", "2026-01"], **options) == rows
    assert load("a.xlsx", columns, stream="2026-*", **options) == rows
    assert load("a.xlsx", columns, stream="2026-03", **options) == [("2026-03", "lamp", 9, 1)]
    with pytest.raises(DataError, match="No worksheet of the workbook matches") as told:
        load("a.xlsx", columns, sheet="2027-*", **options)
    assert told.value.hint == "It has: 2026-01, 2026-02, Notes."


def test_a_worksheet_that_is_not_like_the_others_is_told(load: Load, tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", MONTHS)
    with pytest.raises(DriftError) as told:
        load("a.xlsx", {"item": "VARCHAR", "n": "BIGINT"}, sheet="*")
    assert told.value.where == {"file": "a.xlsx", "sheet": "Notes"}


def test_discovery_of_several_worksheets_is_one_table(tmp_path: Path, reads: Reads) -> None:
    book(tmp_path / "a.xlsx", MONTHS, hidden="2026-03")
    place = Place("files", tmp_path, location="a.xlsx")
    (found,) = files.discover(place, options={"sheet": "2026-*", "sheet_name_column": "Month"})
    assert found.source.stream is None
    assert found.source.options["sheet"] == "2026-*"
    assert "One source of 2 worksheets, described by 2026-01." in found.warnings
    assert [row[2] for row in reads(found, tmp_path).rows] == ["2026-02", "2026-01", "2026-02"]


# --- which cells --------------------------------------------------------------------------------------------------

SEVERAL: list[list[object]] = [
    ["Sales of the shop", None, None, None, None, None],
    [],
    ["item", "n", None, "Who", "Share", None],
    ["cup", 1, None, "Zoe", 0.5, None],
    ["bowl", 2, None, "Anna", 0.25, None],
    ["lamp", 4, None, None, None, None],
    [],
    ["item", "stock", None, None, None, "a note"],
    ["cup", 10, None, None, None, None],
]
ITEMS = [("bowl", 2), ("cup", 1), ("lamp", 4)]


def as_csv(path: Path, rows: list[list[object]]) -> None:
    lines = [",".join("" if cell is None else f'"{cell}"' for cell in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_table_with_a_header_of_two_rows_is_whole_where_cells_are_merged(load: Load, tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    for row in (
        ["Region", "Q1", None, "Q2", None, None, "Who"],
        [None, "Units", "Value", "Units", "Value", None, "Zoe"],
        ["North", 1, 2, 3, 4, None, "Anna"],
    ):
        page.append(row)
    page.merge_cells("B1:C1")
    page.merge_cells("D1:E1")
    made.save(tmp_path / "a.xlsx")
    names = ["Region", "Q1 Units", "Q1 Value", "Q2 Units", "Q2 Value"]
    columns = {name: "VARCHAR" if name == "Region" else "BIGINT" for name in names}
    assert load("a.xlsx", columns, table=["Region", "Q1"], header_rows=2) == [("North", 1, 2, 3, 4)]


def test_discovery_says_which_tables_a_worksheet_seems_to_hold(tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", {"S": SEVERAL})
    said = " ".join(files.discover(Place("files", tmp_path, location="a.xlsx"))[0].warnings)
    assert "seems to hold several tables: 1 in" in said
    assert "{table: 2}" in said
    book(tmp_path / "b.xlsx", {"S": [["item", "n"], ["cup", 1], [], ["bowl", 2], ["lamp", 4]]})
    assert "several tables" not in " ".join(files.discover(Place("files", tmp_path, location="b.xlsx"))[0].warnings)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_several_tables_of_a_sheet_are_read_by_number_header_or_range(load: Load, tmp_path: Path, kind: str) -> None:
    as_csv(tmp_path / "a.csv", SEVERAL)
    book(tmp_path / "a.xlsx", {"S": SEVERAL})
    name = f"a.{kind}"
    items = {"item": "VARCHAR", "n": "BIGINT"}
    people = {"Who": "VARCHAR", "Share": "DECIMAL(18,2)"}
    shares = [("Anna", pytest.approx(0.25)), ("Zoe", pytest.approx(0.5))]
    assert load(name, items, table=1) == ITEMS
    assert load(name, people, table=2) == shares
    assert load(name, {"item": "VARCHAR", "stock": "BIGINT"}, table=3) == [("cup", 10)]
    assert load(name, items, table=["item", "N"]) == ITEMS
    assert load(name, people, table="Share") == shares
    assert load(name, {"item": "VARCHAR", "stock": "BIGINT"}, table=["item", "stock"]) == [("cup", 10)]
    assert load(name, people, range="D3:E5") == shares
    assert load(name, people, range="D3:E") == shares
    assert load(name, {"A": "VARCHAR", "B": "BIGINT"}, range="A4:B6", header_row=0, names=["A", "B"]) == ITEMS
    numbered = {"Row": "BIGINT", **items}
    assert load(name, numbered, table=1, row_number_column="Row") == [(1, "cup", 1), (2, "bowl", 2), (3, "lamp", 4)]


def test_a_stream_names_the_second_table_of_a_worksheet(load: Load, tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", {"S": SEVERAL, "T#2": [["x", "y"], [1, 2]]})
    columns = {"Sheet": "VARCHAR", "Who": "VARCHAR", "Share": "DECIMAL(18,2)"}
    assert len(load("a.xlsx", columns, stream="S#2", sheet_name_column="Sheet")) == 2
    assert load("a.xlsx", {"x": "BIGINT", "y": "BIGINT"}, stream="T#2") == [(1, 2)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_that_is_not_there_is_refused_with_what_is(load: Load, tmp_path: Path, kind: str) -> None:
    as_csv(tmp_path / "a.csv", SEVERAL)
    book(tmp_path / "a.xlsx", {"S": SEVERAL})
    with pytest.raises(DataError, match="no table 7 here; there are 3") as told:
        load(f"a.{kind}", {"x": "VARCHAR"}, table=7)
    assert told.value.hint == "They are 1: A3:B6, 2: D3:E5, 3: A8:B9."
    with pytest.raises(DataError, match="no table here whose header holds 'item', 'price'") as told:
        load(f"a.{kind}", {"x": "VARCHAR"}, table=["item", "price"])
    assert told.value.hint == "Row 3 has some of them, but not 'price'."
    assert told.value.where["row"] == 3
    assert told.value.where["file"] == f"a.{kind}"
    with pytest.raises(DataError) as told:
        load(f"a.{kind}", {"x": "VARCHAR"}, table="Shares")
    assert told.value.hint == "Did you mean 'Share'?"


@pytest.mark.parametrize("text", ["5:9", "A5", "H1:A9", "A9:B2"])
def test_a_range_that_is_none_is_refused(load: Load, tmp_path: Path, text: str) -> None:
    as_csv(tmp_path / "a.csv", SEVERAL)
    book(tmp_path / "a.xlsx", {"S": SEVERAL})
    for kind in ("csv", "xlsx"):
        with pytest.raises(SpecError) as told:
            load(f"a.{kind}", {"x": "VARCHAR"}, range=text)
        assert told.value.where == {"field": "options.range"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_header_of_two_rows_over_a_table_among_others(load: Load, tmp_path: Path, kind: str) -> None:
    rows: list[list[object]] = [
        ["Price list"],
        [],
        ["Item", "Price", "Price"],
        ["Item", "EUR", "CHF"],
        ["cup", 4, 5],
        [],
        ["The end"],
    ]
    as_csv(tmp_path / "a.csv", rows)
    book(tmp_path / "a.xlsx", {"S": rows})
    columns = {"Item": "VARCHAR", "Price EUR": "BIGINT", "Price CHF": "BIGINT"}
    assert load(f"a.{kind}", columns, table=["Item", "Price"], header_rows=2) == [("cup", 4, 5)]
    assert load(f"a.{kind}", columns, table=1, header_rows=2) == [("cup", 4, 5)]
    with pytest.raises(DriftError):
        load(f"a.{kind}", columns, table=1)


def test_names_take_the_place_of_the_header(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeffAries,3/20\nTaurus,4/20\n", encoding="utf-8")
    columns = {"sign": "VARCHAR", "from": "VARCHAR"}
    rows = [("Aries", "3/20"), ("Taurus", "4/20")]
    assert load("a.csv", columns, header_row=0, names=["sign", "from"]) == rows
    assert load("a.csv", columns, names=["sign", "from"]) == rows[1:]
    with pytest.raises(DataError, match="gives 1 names, and the table has 2 columns"):
        load("a.csv", columns, names=["sign"])


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(2, 5), st.integers(2, 4)), min_size=1, max_size=5
    )
)
@settings(deadline=None)
def test_tables_one_below_the_other_are_found_each_by_itself(shapes: list[tuple[int, int, int, int]]) -> None:
    rows: list[int] = []
    filled: list[int] = []
    wanted = []
    row = 0
    for gap, left, height, width in shapes:
        row += gap + 1
        wanted.append((row, left, row + height - 1, left + width - 1))
        for _ in range(height):
            rows.append(row)
            filled.append(sum(1 << column for column in range(left, left + width)))
            row += 1
        row -= 1
    found = blocks(Cells(rows, filled))
    assert [(block.top, block.left, block.bottom, block.right) for block in found] == wanted


# --- totals and notes at the end of a CSV file ----------------------------------------------------------------------


def test_a_total_at_the_end_of_a_csv_file_is_left_out_and_told(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    text = "centre;travel;pay\n100 Sales;10;5\n200 Ops;2;3\n;;\nGrand total;12;8\nas of July;;\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    columns = {"centre": "VARCHAR", "travel": "BIGINT", "pay": "BIGINT"}
    source = Source(location="a.csv", columns=columns, options={"delimiter": ";", "skip_totals": True})
    reading = files.read(source, Place("files", tmp_path, location="a.csv"), staging, TABLE)
    assert staging.execute("SELECT centre FROM loaded WHERE centre IS NOT NULL ORDER BY 1").fetchall() == [
        ("100 Sales",),
        ("200 Ops",),
    ]
    assert [note for note in reading.warnings if "Grand total" in note]
    assert reading.rows == reading.expected_rows


def test_the_total_at_the_end_of_a_csv_file_is_held_against_its_rows(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    (tmp_path / "a.csv").write_text("centre,pay\nSales,5\nOps,3\nTotal,9\n", encoding="utf-8")
    options: dict[str, object] = {"skip_totals": True, "totals": ["pay"]}
    source = Source(location="a.csv", columns={"centre": "VARCHAR", "pay": "BIGINT"}, options=options)
    reading = files.read(source, Place("files", tmp_path, location="a.csv"), staging, TABLE)
    assert [(one.column, one.said, one.summed) for one in reading.totals] == [("pay", "9", "8")]
