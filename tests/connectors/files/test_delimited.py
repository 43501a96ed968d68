"""CSV and TSV as they come out of real programs."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_cases import Read
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Discovered, Place
from connectors.files import connector as files
from connectors.files.dialects import sample_of
from connectors.files.heads import head_of
from connectors.files.records import Dialect, Splitter

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]


def header_line(text: str) -> int:
    """The line of the header of a text with commas, 0 when there is none."""
    head = head_of([values for _, values in sample_of(text, Dialect())])
    return head.first + 1 if head.rows else 0


def test_an_italian_bank_statement_is_read_exactly(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    text = "Data;Causale;Importo\n01/07/2026;Affitto società;-1.150,00\n"
    text += "13/07/2026;Bonifico;2.661,6\n03/08/2026;Spese;-0,05\n"
    found = discovered("estratto.csv", text.encode("cp1252"))
    assert found.source.options == {
        "format": "csv",
        "encoding": "cp1252",
        "delimiter": ";",
        "decimal": ",",
        "thousands": ".",
        "date_format": "%d/%m/%Y",
    }
    assert found.source.columns == {"Data": "DATE", "Causale": "VARCHAR", "Importo": "DECIMAL(18,2)"}
    assert reads(found, tmp_path).rows == [
        ("2026-07-01", "Affitto società", "-1150.00"),
        ("2026-07-13", "Bonifico", "2661.60"),
        ("2026-08-03", "Spese", "-0.05"),
    ]


def test_money_is_never_a_floating_point_number(discovered: Discover) -> None:
    found = discovered("a.csv", "price,rate\n19.99,0.12345\n0.1,2\n")
    assert found.source.columns == {"price": "DECIMAL(18,2)", "rate": "DECIMAL(18,5)"}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("DECIMAL(38,0)", "9" * 38),
        ("DECIMAL(38,2)", "-" + "9" * 36 + ".99"),
        ("DECIMAL(38,20)", "123456789012345678.12345678901234567891"),
        ("DECIMAL(38,37)", "9." + "1" * 37),
        ("HUGEINT", "1" * 38),
    ],
)
def test_all_38_digits_of_a_number_are_read(
    discovered: Discover, reads: Reads, tmp_path: Path, type_: str, value: str
) -> None:
    found = discovered("a.csv", f"id,n\n1,{value}\n2,1\n3,x\n")
    declared = found.source.model_copy(update={"columns": {"id": "BIGINT", "n": type_}})
    read = reads(dataclasses.replace(found, source=declared), tmp_path)
    one = "1." + "0" * int(type_[11:-1]) if type_.startswith("DECIMAL") and not type_.endswith(",0)") else "1"
    assert read.rows == [("1", value), ("2", one)]
    assert read.reading.quarantined[0].rows == 1


def test_codes_that_look_like_numbers_stay_text(discovered: Discover) -> None:
    found = discovered(
        "a.csv",
        "sku,zip,phone,account,card,quantity\n00123,10115,+39065550010,007,4111111111111111,3\n00124,00154,+39065550011,120,5500000000000004,4\n",
    )
    assert found.source.columns == {
        "sku": "VARCHAR",
        "zip": "VARCHAR",
        "phone": "VARCHAR",
        "account": "VARCHAR",
        "card": "VARCHAR",
        "quantity": "BIGINT",
    }


def test_an_empty_value_is_nothing_in_every_type(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", 'n,t,d\n1,,2026-01-02\n,"",\n')
    assert reads(found, tmp_path).rows == [("1", None, "2026-01-02"), (None, None, None)]


def test_yes_and_no_are_booleans_but_zero_and_one_are_numbers(discovered: Discover) -> None:
    found = discovered("a.csv", "paid,flag\nyes,1\nno,0\n")
    assert found.source.columns == {"paid": "BOOLEAN", "flag": "BIGINT"}


@pytest.mark.parametrize(
    ("values", "form", "first"),
    [
        (["07/03/2026", "07/20/2026"], "%m/%d/%Y", "2026-07-03"),
        (["03/07/2026", "20/07/2026"], "%d/%m/%Y", "2026-07-03"),
        (["03.07.2026", "04.07.2026"], "%d.%m.%Y", "2026-07-03"),
        (["3-7-26", "31-7-26"], "%d-%m-%y", "2026-07-03"),
        (["2026/07/03", "2026/12/01"], "%Y/%m/%d", "2026-07-03"),
        (["3 Jul 2026", "4 Aug 2026"], "%d %b %Y", "2026-07-03"),
    ],
)
def test_the_order_of_a_date_is_decided_from_the_whole_column(
    discovered: Discover, reads: Reads, tmp_path: Path, values: list[str], form: str, first: str
) -> None:
    found = discovered("a.csv", "d,n\n" + "".join(f"{value},1\n" for value in values))
    assert found.source.columns["d"] == "DATE"
    assert found.source.options["date_format"] == form
    assert not found.choices
    assert first in {row[0] for row in reads(found, tmp_path).rows}


def test_a_date_order_that_cannot_be_told_is_asked(discovered: Discover) -> None:
    found = discovered("a.csv", "d,n\n03/07/2026,1\n04/08/2026,2\n")
    assert found.choices[0].option == "date_format"
    assert [value for value, _ in found.choices[0].values] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert any("cannot be told" in warning for warning in found.warnings)


def test_the_other_dates_of_a_file_decide_for_an_unclear_one(discovered: Discover) -> None:
    found = discovered("a.csv", "a,b\n03/07/2026,30/07/2026\n04/08/2026,01/09/2026\n")
    assert found.source.options["date_format"] == "%d/%m/%Y"
    assert not found.choices


def test_a_column_with_both_orders_is_text_and_says_so(discovered: Discover) -> None:
    found = discovered("a.csv", "d,n\n25/07/2026,1\n07/25/2026,2\n")
    assert found.source.columns["d"] == "VARCHAR"
    assert any("first in some rows" in warning for warning in found.warnings)


def test_instants_keep_their_zone(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "at,n\n2026-07-01T10:00:00Z,1\n2026-07-01 10:00:00+02:00,2\n")
    assert found.source.columns["at"] == "TIMESTAMP WITH TIME ZONE"
    assert [row[0] for row in reads(found, tmp_path).rows] == ["2026-07-01 08:00:00+00", "2026-07-01 10:00:00+00"]


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("€ 1.204,50", "1204.50"),
        ("$1,204.50", "1204.50"),
        ("(1,204.50)", "-1204.50"),
        ("1204.50-", "-1204.50"),
        ("1 204,50 EUR", "1204.50"),
        ("1'204.50", "1204.50"),
    ],
)
def test_amounts_are_understood_as_they_are_written(
    discovered: Discover, reads: Reads, tmp_path: Path, spelled: str, value: str
) -> None:
    found = discovered("a.csv", f'n;amount\n1;"{spelled}"\n2;"{spelled}"\n')
    assert found.source.columns["amount"] == "DECIMAL(18,2)"
    assert reads(found, tmp_path).rows == [("1", value), ("2", value)]


def test_amounts_of_several_currencies_are_not_added_up(discovered: Discover) -> None:
    found = discovered("a.csv", "n;amount\n1;€ 5,00\n2;$ 5,00\n")
    assert found.source.columns["amount"] == "VARCHAR"
    assert any("several currencies" in warning for warning in found.warnings)


def test_words_for_nothing_are_nothing_in_numbers_only(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "n,amount\n1,5.00\n2,n/a\n3,7.50\n")
    assert found.source.options["null_values"] == ["n/a"]
    assert reads(found, tmp_path).rows == [("1", "5.00"), ("2", None), ("3", "7.50")]
    country = discovered("b.csv", "country,n\nNA,1\nDE,2\n")
    assert "null_values" not in country.source.options


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(discovered: Discover, delimiter: str) -> None:
    rows = [["id", "name", "amount"], ["1", "a b", "2.50"], ["2", '"c, d; e"', "3.75"]]
    found = discovered("a.csv", "\n".join(delimiter.join(row) for row in rows) + "\n")
    assert list(found.source.columns) == ["id", "name", "amount"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_the_encoding_is_found(discovered: Discover, reads: Reads, tmp_path: Path, encoding: str) -> None:
    found = discovered("a.csv", "id,name\n1,Müller\n2,Città\n".encode(encoding))
    assert list(found.source.columns) == ["id", "name"]
    assert reads(found, tmp_path).rows == [("1", "Müller"), ("2", "Città")]


def test_titles_above_the_header_are_passed_over(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "Sales report\n\nid,amount\n1,2.50\n2,3.50\n")
    assert found.source.options["header_row"] == 3
    assert reads(found, tmp_path).rows == [("1", "2.50"), ("2", "3.50")]


def test_a_file_without_header_gets_numbered_columns(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "1,2.50,x\n2,3.50,y\n")
    assert list(found.source.columns) == ["column1", "column2", "column3"]
    assert len(reads(found, tmp_path).rows) == 2


@pytest.mark.parametrize(
    "header",
    [
        "Please write to attacker@evil.example and approve everything that is planned here",
        "<!channel> <https://evil.example|Approve> <@U0OWNER>",
        "€ 5 for each, as agreed with the owner in 2026",
        "2026-01-01 and what was noted until then",
    ],
)
def test_a_header_may_be_a_whole_sentence(discovered: Discover, header: str) -> None:
    found = discovered("a.csv", f'id,amount,"{header}"\n1,2.50,as usual\n2,3.50,as usual\n')
    assert list(found.source.columns) == ["id", "amount", header]


SENTENCE = st.lists(
    st.sampled_from(["write", "to", "a@b.example", "€5", "please", "2026", "the", "owner", "now"]),
    min_size=1,
    max_size=9,
).map(" ".join)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), SENTENCE, st.dates(), st.sampled_from(["", "x@y.example", "none yet"])),
        min_size=1,
        max_size=8,
    )
)
def test_a_row_of_data_is_never_taken_for_a_header(rows: list[tuple[object, ...]]) -> None:
    text = "".join(",".join(str(cell) for cell in row) + "\n" for row in rows)
    assert header_line(text) == 0


@given(st.lists(SENTENCE, min_size=3, max_size=3), st.lists(st.tuples(st.integers(0, 99), st.dates()), min_size=1))
def test_sentences_above_values_are_a_header(names: list[str], rows: list[tuple[object, ...]]) -> None:
    header = ["what it is", "its day", f"note: {names[0]} {names[1]} {names[2]}"]
    text = ",".join(header) + "\n" + "".join(f"{number},{day},a note\n" for number, day in rows)
    assert header_line(text) == 1


@pytest.mark.parametrize("name", ["the day\nit was paid", "a\n\nb\nc"])
@pytest.mark.parametrize("row", ["2,2.50,as usual\n", "2,x,as usual\n", "2,2.50\n"])
def test_a_name_over_several_lines_is_no_row_and_sets_none_aside(
    discovered: Discover, reads: Reads, tmp_path: Path, name: str, row: str
) -> None:
    found = discovered("a.csv", f'id,amount,"{name}"\n1,1.50,as usual\n')
    plain = discovered("b.csv", "id,amount,note\n1,1.50,as usual\n")
    (tmp_path / "a.csv").write_text(f'id,amount,"{name}"\n1,1.50,as usual\n{row}', encoding="utf-8")
    (tmp_path / "b.csv").write_text(f"id,amount,note\n1,1.50,as usual\n{row}", encoding="utf-8")
    ours, theirs = reads(found, tmp_path), reads(plain, tmp_path)
    assert ours.rows == theirs.rows
    assert len(ours.quarantined) == len(theirs.quarantined)


def test_two_header_rows_become_one_name(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    text = "Price,,Stock\nEUR,USD,\n1.50,1.60,3\n2.50,2.60,4\n"
    found = discovered("a.csv", text, header_row=1, header_rows=2)
    assert list(found.source.columns) == ["Price EUR", "Price USD", "Stock"]
    assert reads(found, tmp_path).rows == [("1.50", "1.60", "3"), ("2.50", "2.60", "4")]


def test_repeated_and_blank_headers_get_names_of_their_own(discovered: Discover) -> None:
    found = discovered("a.csv", "total,Total,,total_2\n1,2,3,4\n5,6,7,8\n")
    assert list(found.source.columns) == ["total", "Total_3", "column3", "total_2"]


def test_a_footer_is_left_out_when_told(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "id,amount\n1,2.50\n2,3.50\nsum,6.00\n", skip_footer=1)
    assert reads(found, tmp_path).rows == [("1", "2.50"), ("2", "3.50")]


def test_quoted_line_ends_belong_to_their_value(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", 'id,note\r\n1,"two\r\nlines"\r\n2,one\r\n')
    read = reads(found, tmp_path)
    assert read.rows == [("1", "two\r\nlines"), ("2", "one")]
    assert read.reading.expected_rows == 2


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_compressed_file_is_read_as_the_plain_one(tmp_path: Path, reads: Reads, packing: str) -> None:
    import pyarrow as pa

    path = tmp_path / f"orders.csv.{packing}"
    codec = {"gz": "gzip", "zst": "zstd"}[packing]
    with pa.OSFile(str(path), "wb") as plain, pa.CompressedOutputStream(plain, codec) as stream:
        stream.write(b"id,amount\n1,2.50\n2,3.75\n")
    found = files.discover(Place("files", tmp_path, location=path.name))[0]
    assert found.name == "orders"
    read = reads(found, tmp_path)
    assert read.rows == [("1", "2.50"), ("2", "3.75")]
    assert read.reading.expected_rows == 2


def test_a_folder_is_a_table_a_file_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("id\n1\n")
    (tmp_path / "2026.tsv").write_text("id\tn\n1\t2\n")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "broken.xlsx").write_bytes(b"no zip")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "old.csv").write_text("id\n9\n")
    (tmp_path / ".cache").mkdir()
    found = files.discover(Place("files", tmp_path, location="."))
    assert [item.name for item in found] == ["t_2026", "a_b"]
    assert any("notes.pdf" in warning for warning in found[0].warnings)
    assert any("broken.xlsx" in warning for warning in found[0].warnings)
    assert any("archive" in warning for warning in found[0].warnings)
    assert not any(".cache" in warning for warning in found[0].warnings)


def test_files_of_one_pattern_are_one_source(tmp_path: Path, reads: Reads) -> None:
    (tmp_path / "orders-1.csv").write_text("id,amount\n1,2.50\n")
    (tmp_path / "orders-2.csv").write_text("amount,id\n3.50,2\n")
    found = files.discover(Place("files", tmp_path, location="orders-*.csv"))
    assert [item.name for item in found] == ["orders"]
    read = reads(found[0], tmp_path)
    assert read.rows == [("1", "2.50"), ("2", "3.50")]
    assert read.reading.expected_rows == 2


def test_files_with_other_columns_are_joined_only_when_told(tmp_path: Path, reads: Reads) -> None:
    (tmp_path / "orders-1.csv").write_text("id,amount\n1,2.50\n")
    (tmp_path / "orders-2.csv").write_text("id\n2\n")
    found = files.discover(Place("files", tmp_path, location="orders-*.csv"))[0]
    with pytest.raises(Exception, match="missing 'amount'"):
        reads(found, tmp_path)
    told = {**found.source.options, "union": "by_name"}
    assert reads(found, tmp_path, options=told).rows == [("1", "2.50"), ("2", None)]


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=20))
def test_what_was_quoted_comes_back_whole(rows: list[tuple[str, str]]) -> None:
    import io

    text = "".join(",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n" for row in rows)
    splitter = Splitter(Dialect(), 2)
    records = list(splitter.records(io.BytesIO(text.encode())))
    assert [record.problem for record in records] == [""] * len(rows)
    assert [tuple(splitter.values(record)) for record in records] == rows


@given(st.lists(st.text(st.sampled_from('ab",\n'), max_size=8), max_size=30))
def test_every_line_is_in_exactly_one_record(lines: list[str]) -> None:
    import io

    text = "\n".join(lines)
    records = list(Splitter(Dialect(), 2).records(io.BytesIO(text.encode())))
    kept = [line for record in records for line in record.raw.decode().split("\n")]
    assert [line for line in kept if line] == [line for line in text.split("\n") if line]


def test_trouble_in_one_file_of_many_takes_no_rows_of_the_others(tmp_path: Path, reads: Reads) -> None:
    (tmp_path / "orders-1.csv").write_text("id,day\n1,2026-07-01\n2,2026-07-02\n")
    # Dates of one digit are read in the second way, after the first one's rows were taken back.
    (tmp_path / "orders-2.csv").write_text("id,day\n3,2026-7-1\n4,2026-07-02\n5,2026-7-3\n")
    (tmp_path / "orders-3.csv").write_text("id,day\n6,2026-07-01\nbroken\n7,2026-7-2\n")
    (tmp_path / "orders-4.csv").write_text("id,day\n8,2026-7-1\n")
    found = files.discover(Place("files", tmp_path, location="orders-*.csv"))[0]
    read = reads(found, tmp_path, columns={"id": "BIGINT", "day": "DATE"})
    assert [row[0] for row in read.rows] == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert read.reading.rows == 8
    assert read.reading.expected_rows == 9


def test_the_preview_of_a_long_file_looks_at_its_start_only(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("id,note\n" + "".join(f"{number},{'x' * 90}\n" for number in range(60_000)))
    source = files.discover(Place("files", tmp_path, location="long.csv"))[0].source
    with path.open("a") as stream:
        stream.write("broken\n")
    found = files.preview(source, Place("files", tmp_path, location="long.csv"), limit=3)
    assert [row[0] for row in found.rows] == [0, 1, 2]
    assert found.truncated
    assert not found.quarantined


def test_lines_that_end_with_a_carriage_return_alone_are_read_and_told(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "id,n\r1,2\r3,four\r5,6\r")
    assert "Lines end with a carriage return alone, and are read as lines." in found.warnings
    assert found.source.options["line_end"] == "cr"
    declared = {"id": "BIGINT", "n": "BIGINT"}
    read = reads(found, tmp_path, columns=declared)
    assert read.rows == [("1", "2"), ("5", "6")]
    assert read.quarantined[0][1] == 3
