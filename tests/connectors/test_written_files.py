"""Files as other programs read them: exact values in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import openpyxl
import pytest
from sqlglot import exp, parse_one

from connectors.files.destination import format_of, prepare, write_file
from spec.errors import SpecError


def written(
    tmp_path: Path, file: str, select: str, order_by: tuple[str, ...] = (), values: dict[str, str] | None = None
) -> Path:
    query = parse_one(select, dialect="duckdb")
    assert isinstance(query, exp.Query)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        prepare(connection, [file])
        write_file(connection, query, tmp_path / file, order_by=order_by, values=values)
    return tmp_path / file


def test_csv_has_a_header_commas_and_quotes_where_they_are_needed(tmp_path: Path) -> None:
    select = "SELECT 1 AS \"a,b\", 'x,y' AS c, 'say \"hi\"' AS d, 'two\nlines' AS e, 'ü' AS f"
    path = written(tmp_path, "o.csv", select)
    assert path.read_bytes() == '"a,b",c,d,e,f\n1,"x,y","say ""hi""","two\nlines",ü\n'.encode()
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == ["1", "x,y", 'say "hi"', "two\nlines", "ü"]


def test_csv_tells_nothing_from_an_empty_text(tmp_path: Path) -> None:
    assert written(tmp_path, "o.csv", "SELECT '' AS a, NULL::VARCHAR AS b").read_text(encoding="utf-8") == 'a,b\n"",\n'


def test_csv_dates_and_instants_are_iso_8601(tmp_path: Path) -> None:
    select = (
        "SELECT DATE '2026-07-01' AS d, TIMESTAMP '2026-07-01 10:00:00' AS t, TIMESTAMP '2026-07-01 10:00:00.25' AS f, "
        "TIMESTAMPTZ '2026-07-01 10:00:00+02' AS z"
    )
    row = written(tmp_path, "o.csv", select).read_text(encoding="utf-8").splitlines()[1]
    assert row == "2026-07-01,2026-07-01T10:00:00,2026-07-01T10:00:00.25,2026-07-01T08:00:00Z"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1e-7", "0.0000001"), ("-1.25e-9", "-0.00000000125"), ("1e20", "100000000000000000000"), ("1.5", "1.5"),
        ("-2.5e17", "-250000000000000000"), ("0", "0.0"), ("123456.789", "123456.789"),
    ],
)  # fmt: skip
def test_csv_numbers_are_plain_decimals(tmp_path: Path, number: str, text: str) -> None:
    found = written(tmp_path, "o.csv", f"SELECT {number}::DOUBLE AS n").read_text(encoding="utf-8").splitlines()[1]
    assert float(found) == float(number)
    assert found == text
    assert "e" not in found


def test_csv_money_keeps_its_decimals(tmp_path: Path) -> None:
    select = "SELECT 1200.50::DECIMAL(18,2) AS a, 12345678901234567890.10::DECIMAL(38,2) AS b"
    assert written(tmp_path, "o.csv", select).read_text(encoding="utf-8") == "a,b\n1200.50,12345678901234567890.10\n"


def test_a_csv_value_that_looks_like_a_formula_is_left_as_it_is(tmp_path: Path) -> None:
    assert written(tmp_path, "o.csv", "SELECT '=1+1' AS a").read_text(encoding="utf-8") == "a\n=1+1\n"


@pytest.mark.parametrize("file", ["o.csv", "o.tsv"])
def test_what_a_spreadsheet_would_run_stands_after_an_apostrophe_where_that_is_wanted(
    tmp_path: Path, file: str
) -> None:
    texts = "SELECT unnest(['=1+1', '+1', '-1', '@x', chr(9) || '=1', 'a=b', '', NULL]) AS a, -1.5 AS n"
    path = tmp_path / file
    with duckdb.connect() as connection:
        query = parse_one(texts, dialect="duckdb")
        assert isinstance(query, exp.Query)
        write_file(connection, query, path, formulas="text")
        back = connection.execute(f"SELECT a, n FROM read_csv('{path}', all_varchar=true)").fetchall()
    assert [row[0] for row in back[:6]] == ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "a=b"]
    assert {row[1] for row in back} == {"-1.5"}, "a number is no text"


def test_tsv_is_separated_by_tabs(tmp_path: Path) -> None:
    text = written(tmp_path, "o.tsv", "SELECT 1 AS a, 'x\ty' AS b").read_text(encoding="utf-8")
    assert text == 'a\tb\n1\t"x\ty"\n'


@pytest.mark.parametrize("file", ["o.json", "o.ndjson"])
def test_json_keeps_what_a_number_would_lose(tmp_path: Path, file: str) -> None:
    select = (
        "SELECT 12.50::DECIMAL(18,2) AS money, 9007199254740993::BIGINT AS big, 7::BIGINT AS small, "
        "'nan'::DOUBLE AS n, 'inf'::DOUBLE AS i, 1.5::DOUBLE AS f, TIMESTAMPTZ '2026-07-01 10:00:00+02' AS z, "
        "DATE '2026-07-01' AS d, "
        "NULL::VARCHAR AS nothing, true AS yes, [1, 2] AS list"
    )
    text = written(tmp_path, file, select).read_text(encoding="utf-8")
    row = json.loads(text)[0] if file == "o.json" else json.loads(text.splitlines()[0])
    assert row == {
        "money": "12.50", "big": "9007199254740993", "small": 7, "n": None, "i": None, "f": 1.5,
        "z": "2026-07-01T08:00:00Z", "d": "2026-07-01", "nothing": None, "yes": True, "list": [1, 2],
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMPTZ"])
def test_a_day_without_end_is_nothing_in_json_and_workbooks_and_a_word_in_csv(tmp_path: Path, kind: str) -> None:
    select = f"SELECT 1 AS id, 'infinity'::{kind} AS until"
    assert json.loads(written(tmp_path, "o.ndjson", select).read_text(encoding="utf-8")) == {"id": 1, "until": None}
    sheet = openpyxl.load_workbook(written(tmp_path, "o.xlsx", select)).active
    assert sheet is not None
    assert [cell.value for cell in list(sheet.iter_rows())[1]] == [1, None]
    assert written(tmp_path, "o.csv", select).read_text(encoding="utf-8") == "id,until\n1,infinity\n"


def test_no_rows_are_an_empty_list_a_header_or_nothing(tmp_path: Path) -> None:
    select = "SELECT 1 AS a WHERE false"
    assert json.loads(written(tmp_path, "o.json", select).read_text(encoding="utf-8")) == []
    assert written(tmp_path, "o.csv", select).read_text(encoding="utf-8") == "a\n"
    assert written(tmp_path, "o.ndjson", select).read_text(encoding="utf-8") == ""


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers(tmp_path: Path) -> None:
    select = (
        "SELECT '=cmd|'' /C calc''!A0' AS formula, 12.50::DECIMAL(18,2) AS money, 7 AS n, DATE '2026-07-01' AS d, "
        "TIMESTAMPTZ '2026-07-01 10:00:00+02' AS z, 1234567890123456789::BIGINT AS long, NULL::VARCHAR AS nothing"
    )
    sheet = openpyxl.load_workbook(written(tmp_path, "o.xlsx", select)).active
    assert sheet is not None
    header, row = list(sheet.iter_rows())
    assert [cell.value for cell in header] == ["formula", "money", "n", "d", "z", "long", "nothing"]
    assert (row[0].data_type, row[0].value) == ("s", "=cmd|' /C calc'!A0")
    assert [row[1].value, row[2].value] == [12.5, 7]
    assert str(row[3].value).startswith("2026-07-01")
    assert str(row[4].value) == "2026-07-01 08:00:00"
    assert (row[5].data_type, row[5].value) == ("s", "1234567890123456789")
    assert row[6].value in (None, "")


def test_parquet_keeps_decimals_and_large_integers_exact(tmp_path: Path) -> None:
    select = (
        "SELECT 12.50::DECIMAL(18,2) AS m, 12345678901234567890::HUGEINT AS h, TIMESTAMPTZ '2026-07-01 10:00:00Z' AS z"
    )
    path = written(tmp_path, "o.parquet", select)
    found = duckdb.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
    assert [row[1] for row in found] == ["DECIMAL(18,2)", "DECIMAL(38,0)", "TIMESTAMP WITH TIME ZONE"]
    assert str(duckdb.execute(f"SELECT h FROM read_parquet('{path}')").fetchall()[0][0]) == "12345678901234567890"


def test_rows_stand_in_the_order_that_was_asked_for_with_nulls_last(tmp_path: Path) -> None:
    select = "SELECT * FROM (VALUES (1, 'b'), (2, NULL), (3, 'a'), (4, 'b')) t(\"the id\", name)"
    text = written(tmp_path, "o.csv", select, ("name", "the id desc")).read_text(encoding="utf-8")
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["3", "4", "1", "2"]


def test_values_of_parameters_are_bound(tmp_path: Path) -> None:
    text = written(tmp_path, "o.csv", "SELECT CAST($x AS VARCHAR) AS a", values={"x": "it's"}).read_text(
        encoding="utf-8"
    )
    assert text == "a\nit's\n"


def test_a_path_with_a_quote_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "Ada's files"
    folder.mkdir()
    assert written(folder, "o.csv", "SELECT 1 AS a").exists()


def test_an_ending_that_is_no_format_is_refused_with_those_that_are() -> None:
    with pytest.raises(SpecError, match="ending") as refused:
        format_of("report.docx")
    assert ".csv" in refused.value.hint
    assert format_of("A.CSV") == "csv"
    assert format_of("a.jsonl") == "ndjson"
