"""Bad input: a clear error that names the place and the next step, or rows set aside; nothing lost, nothing dropped."""

import gzip
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_cases import Read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Discovered, Place
from connectors.files import connector as files
from connectors.files.archive import MAX_UNPACKED
from spec.errors import DataError, DriftError, LimitError, SpecError, UnsupportedError

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]
BROKEN = 'id,amount\n1,2.50\n2,3.50,too,many\n3\n4,"never closed\n5,4.50\n"x"y,1\n6,5.50\n'


def test_broken_lines_are_set_aside_with_line_and_reason(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    read = reads(discovered("a.csv", BROKEN), tmp_path)
    assert read.rows == [("1", "2.50"), ("5", "4.50"), ("6", "5.50")]
    assert read.quarantined == [
        ("a.csv", 3, "4 values where 2 are expected", "2,3.50,too,many"),
        ("a.csv", 4, "1 values where 2 are expected", "3"),
        ("a.csv", 5, "a quote is opened and never closed", '4,"never closed'),
        ("a.csv", 7, "text stands after a closing quote", '"x"y,1'),
    ]
    assert read.reading.expected_rows == 7


def test_broken_lines_stop_the_run_where_that_is_the_policy(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        reads(discovered("a.csv", BROKEN), tmp_path, on_error="stop")
    assert caught.value.where["line"] == 3
    assert caught.value.where["file"] == "a.csv"
    assert caught.value.data["broken_lines"] == 4


BAD_VALUE = "id,amount,day\n" + "".join(f"{n},{n}.50,2026-07-{n:02}\n" for n in range(1, 29)) + "29,oops,2026-02-30\n"


@pytest.fixture
def with_bad_value(discovered: Discover) -> Discovered:
    found = discovered("a.csv", BAD_VALUE)
    assert found.source.columns == {"id": "BIGINT", "amount": "DECIMAL(18,2)", "day": "DATE"}
    return found


def test_an_unreadable_value_sets_its_row_aside(with_bad_value: Discovered, reads: Reads, tmp_path: Path) -> None:
    read = reads(with_bad_value, tmp_path)
    assert read.reading.rows == 28
    assert read.reading.expected_rows == 29
    [(file, line, reason, record)] = read.quarantined
    assert (file, line) == ("a.csv", 30)
    assert reason == "not a number with at most 2 decimals: amount; not a date: day"
    assert record == '{"id":"29","amount":"oops","day":"2026-02-30"}'


def test_an_unreadable_value_becomes_nothing_and_is_counted(
    with_bad_value: Discovered, reads: Reads, tmp_path: Path
) -> None:
    read = reads(with_bad_value, tmp_path, on_error="null")
    assert read.reading.rows == 29
    assert read.reading.nulled == {"amount": 1, "day": 1}
    assert ("29", None, None) in read.rows


def test_an_unreadable_value_stops_the_run(with_bad_value: Discovered, reads: Reads, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        reads(with_bad_value, tmp_path, on_error="stop")
    assert caught.value.where == {"file": "a.csv", "line": 30, "column": "amount"}
    assert "'oops'" in str(caught.value)


def test_a_secret_column_s_value_is_in_no_error(with_bad_value: Discovered, reads: Reads, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        reads(with_bad_value, tmp_path, on_error="stop", sensitive={"amount": "secret"})
    assert "oops" not in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("DECIMAL(18,2)", "12.345"),
        ("BIGINT", "7.5"),
        ("BIGINT", "0x1F"),
        ("BIGINT", "1e-3"),
        ("DECIMAL(18,2)", "1e-3"),
        ("BIGINT", "9223372036854775808"),
        ("DATE", "2026-07-01 10:00:00"),
        ("DATE", "2026-02-30"),
        ("TIMESTAMP", "2026-07-01T10:00:00+02:00"),
        ("TIMESTAMP WITH TIME ZONE", "2026-07-01 10:00:00"),
        ("BOOLEAN", "maybe"),
        ("DECIMAL(18,2)", "1,5"),
        ("DECIMAL(4,2)", "123.45"),
    ],
)
def test_a_value_is_never_bent_to_fit_its_type(
    discovered: Discover, reads: Reads, tmp_path: Path, type_: str, value: str
) -> None:
    found = discovered("a.csv", f'id,x\n1,"{value}"\n')
    read = reads(found, tmp_path, columns={"id": "BIGINT", "x": type_}, options={"format": "csv"})
    assert read.rows == []
    assert [row[1] for row in read.quarantined] == [2]


def test_bad_bytes_set_their_line_aside(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    good = "".join(f"{number},Müller Söhne\n" for number in range(20))
    found = discovered("a.csv", f"id,name\n{good}".encode() + b"20,\xff\xfe\n21,last\n")
    assert "encoding" not in found.source.options
    read = reads(found, tmp_path)
    assert read.reading.rows == 21
    assert [(line, reason) for _, line, reason, _ in read.quarantined] == [
        (22, "bytes that are no text in the file's encoding")
    ]


def test_a_byte_that_an_encoding_does_not_have_sets_its_line_aside(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", b"id,name\n1,caf\xe9\n2,\x81\n", encoding="cp1252")
    read = reads(found, tmp_path)
    assert read.rows == [("1", "café")]
    assert [row[1] for row in read.quarantined] == [3]


def test_nul_bytes_set_their_line_aside(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    read = reads(discovered("a.csv", b"id,name\n1,a\x00b\n2,c\n"), tmp_path)
    assert read.rows == [("2", "c")]
    assert read.quarantined == [("a.csv", 2, "holds a NUL byte", "1,a\\x00b")]


def test_a_line_of_100_mb_is_set_aside_and_the_others_are_read(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", b"id,note\n1,x\n2,y\n")
    (tmp_path / "a.csv").write_bytes(b"id,note\n1,x\n2," + b"a" * 100_000_000 + b"\n3,z\n")
    read = reads(found, tmp_path)
    assert read.rows == [("1", "x"), ("3", "z")]
    [(_, line, reason, record)] = read.quarantined
    assert (line, reason) == (3, "longer than 16 MB")
    assert len(record) < 3000
    assert read.reading.expected_rows == 3


def test_an_ndjson_line_of_100_mb_is_set_aside(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.ndjson", '{"id":1,"note":"x"}\n')
    (tmp_path / "a.ndjson").write_bytes(b'{"id":1,"note":"x"}\n{"id":2,"note":"' + b"a" * 100_000_000 + b'"}\n')
    read = reads(found, tmp_path)
    assert read.rows == [("1", "x")]
    assert [(row[1], row[2]) for row in read.quarantined] == [(2, "longer than 16 MB")]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.ndjson"])
def test_an_empty_file_is_an_error_that_names_it(discovered: Discover, name: str) -> None:
    with pytest.raises(DataError, match="empty") as caught:
        discovered(name, "")
    assert name in str(caught.value.where["file"])
    assert caught.value.hint


def test_a_file_that_became_empty_is_an_error(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "id\n1\n")
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(DataError, match="no header"):
        reads(found, tmp_path)


def test_a_header_without_rows_is_an_empty_table_and_says_so(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "id,amount\n")
    assert any("no rows" in warning for warning in found.warnings)
    read = reads(found, tmp_path)
    assert (read.reading.rows, read.reading.expected_rows) == (0, 0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file") as caught:
        files.discover(Place("files", tmp_path, location="orders.csv"))
    assert "orders.csv" in str(caught.value.where["file"])


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    with pytest.raises(UnsupportedError, match="format"):
        files.discover(Place("files", tmp_path, location="a.bin"))


def test_a_renamed_column_is_proposed(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "id,Quantity\n1,2\n")
    (tmp_path / "a.csv").write_text("id,Qty Ord.\n1,2\n")
    with pytest.raises(DriftError, match=r"Was 'Quantity' renamed to 'Qty Ord\.'") as caught:
        reads(found, tmp_path)
    assert caught.value.data == {
        "added": ["Qty Ord."],
        "missing": ["Quantity"],
        "retyped": {},
        "declared": ["id", "Quantity"],
        "present": ["id", "Qty Ord."],
    }


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.csv", "id,amount\n1,1.10\n2,2.20\n", "id,amount\n1,one\n2,two\n3,\n"),
        ("a.csv", "id,day\n1,2026-07-01\n2,2026-07-02\n", "id,day\n1,01.07.2026\n2,02.07.2026\n"),
        ("a.ndjson", '{"id":1,"n":1}\n{"id":2,"n":2}\n', '{"id":1,"n":"x"}\n{"id":2,"n":"y"}\n'),
    ],
)
@pytest.mark.parametrize("on_error", ["quarantine", "null"])
def test_a_column_of_which_nothing_can_be_read_is_drift_and_not_an_empty_table(
    discovered: Discover, reads: Reads, tmp_path: Path, name: str, before: str, after: str, on_error: str
) -> None:
    found = discovered(name, before)
    (tmp_path / name).write_text(after, encoding="utf-8")
    for drift in ("ask", "freeze", "evolve"):
        with pytest.raises(DriftError, match="in all 2 values"):
            reads(found, tmp_path, on_error=on_error, drift=drift)
    read = reads(found, tmp_path, on_error=on_error, drift="quarantine")
    assert sum(one.rows for one in read.reading.quarantined) + sum(read.reading.nulled.values()) == 2


def test_one_value_that_cannot_be_read_is_no_drift(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "id,amount\n1,1.10\n2,2.20\n")
    (tmp_path / "a.csv").write_text("id,amount\n1,one\n2,\n", encoding="utf-8")
    assert reads(found, tmp_path).reading.quarantined[0].rows == 1


def test_the_values_of_a_secret_column_stand_in_no_drift(discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    found = discovered("a.csv", "id,amount\n1,1.10\n2,2.20\n")
    (tmp_path / "a.csv").write_text("id,amount\n1,sentinel-a\n2,sentinel-b\n", encoding="utf-8")
    with pytest.raises(DriftError) as caught:
        reads(found, tmp_path, sensitive={"amount": "secret"})
    assert "sentinel" not in f"{caught.value} {caught.value.to_json()}"


def test_a_mistyped_option_is_met_with_the_likeliest_one(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="Did you mean 'delimiter'"):
        files.discover(Place("files", tmp_path, location="a.csv"), options={"delimitr": ";"})


def test_an_excel_file_that_unpacks_to_10_gb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        block = bytes(1 << 24)
        for part in range(3):
            with archive.open(f"xl/worksheets/sheet{part}.xml", "w", force_zip64=True) as entry:
                for _ in range(45):
                    entry.write(block)
    # 2.1 GB are really packed; the table of contents then says 10 GB for one part, as a crafted file's would.
    assert sum(entry.file_size for entry in zipfile.ZipFile(path).infolist()) > MAX_UNPACKED
    with pytest.raises(LimitError, match="would unpack") as caught:
        files.discover(Place("files", tmp_path, location="bomb.xlsx"))
    assert "bomb.xlsx" in str(caught.value.where["file"])
    assert path.stat().st_size < 20_000_000


def test_what_is_no_workbook_is_told_from_one_with_a_password(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"plain text")
    (tmp_path / "b.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100))
    with pytest.raises(DataError, match=r"Save it again as \.xlsx"):
        files.discover(Place("files", tmp_path, location="a.xlsx"))
    with pytest.raises(DataError, match="password"):
        files.discover(Place("files", tmp_path, location="b.xlsx"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(lines=st.lists(st.text(st.sampled_from('1x",;\t .é\x00'), max_size=10), min_size=1, max_size=25))
def test_rows_and_rows_set_aside_are_all_the_records(
    lines: list[str], discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "a,b\n1,x\n2,y\n")
    (tmp_path / "a.csv").write_text("a,b\n" + "\n".join(lines) + "\n", encoding="utf-8")
    read = reads(found, tmp_path, drift="quarantine")
    assert read.reading.expected_rows == len(read.rows) + len(read.quarantined)
    # No quoted line end can be sound here but one that two quotes really enclose, so each line is in one record.
    assert read.reading.expected_rows <= len([line for line in lines if line])


SPELLED = st.sampled_from(
    "1|2.5|2.50|19.999|-0.01|+7| 7 |1e2|1e-3|12345678901|007|1_000|.5|5.|x||9999999999999999.99|99999999999999999|0x1F|"
    "1,5|"
    "0.000000001|2026-07-01|2026-7-1|2026-07-01 10:00|2026-07-01 10:00:00|2026-07-01T10:00:00Z|"
    "2026-07-01 10:00:00.123456|true|No|on".split("|")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    type_=st.sampled_from(["BIGINT", "DECIMAL(18,2)", "DECIMAL(12,4)", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN"]),
    values=st.lists(SPELLED, min_size=1, max_size=4),
)
def test_a_broken_line_changes_how_no_other_line_is_read(
    type_: str, values: list[str], discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "n,x\n1,a\n2,b\n")
    lines = "".join(f'{number},"{value}"\n' for number, value in enumerate(values))
    told = {"columns": {"n": "BIGINT", "x": type_}, "options": {"format": "csv"}, "drift": "quarantine"}
    (tmp_path / "a.csv").write_text(f"n,x\n{lines}")
    alone = reads(found, tmp_path, **told)
    (tmp_path / "a.csv").write_text(f"n,x\n{lines}broken\n")
    beside = reads(found, tmp_path, **told)
    assert beside.rows == alone.rows
    assert len(beside.quarantined) == len(alone.quarantined) + 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (random.Random(3).randbytes(5000), "not text"),
        (b"\x89PNG\r\n\x1a\n" + random.Random(4).randbytes(3000), "a picture"),
        (b"PK\x03\x04" + random.Random(5).randbytes(300), "a ZIP archive or an Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "a file packed with gzip"),
    ],
    ids=["noise", "picture", "archive", "packed"],
)
def test_what_is_no_text_is_refused_with_what_it_looks_like(content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"This is {what}, so no table") as caught:
        files.discover(Place("files", tmp_path, location="sales.csv"))
    assert str(caught.value.where["file"]).endswith("sales.csv")


@pytest.mark.parametrize("start", ["MZ", "PAR1", "name\x1b[0m", "n\x82m\x82"])
def test_a_text_with_an_odd_start_is_read(start: str, discovered: Discover, reads: Reads, tmp_path: Path) -> None:
    text = f"{start},amount\n" + "".join(f"n{number},{number}\n" for number in range(40))
    read = reads(discovered("a.csv", text), tmp_path)
    assert len(read.rows) == 40
