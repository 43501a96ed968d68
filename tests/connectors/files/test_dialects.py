"""Files in odd dialects, with several headers and tables: read as they are meant, or refused, never another table."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import duckdb
import pytest
from connector_cases import TABLE, Read
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Discovered, Place
from connectors.files import connector as files
from connectors.files.heads import further_heads, head_of
from spec.base import JsonValue
from spec.errors import DataError

Discover = Callable[..., Discovered]
Reads = Callable[..., Read]
Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Writing:
    """A way to write a table."""

    delimiter: str
    quote: str
    escape: str
    everything: bool
    line_end: str
    encoding: str

    def cell(self, text: str) -> str:
        marks = (self.delimiter, self.delimiter[0], self.quote, "\n", '"')
        if not self.everything and text and not any(mark in text for mark in marks) and text == text.strip():
            return text
        return self.quote + text.replace(self.quote, self.escape + self.quote) + self.quote if text else text

    def text(self, header: tuple[str, ...], rows: Rows) -> str:
        lines = [self.delimiter.join(self.cell(text) for text in row) for row in (header, *rows)]
        return self.line_end.join(lines) + self.line_end


def made(random: Random) -> tuple[Writing, Rows]:
    """Any writing, and rows of texts that hold the signs of all of them."""
    quote = random.choice("\"'")
    writing = Writing(
        random.choice([",", ";", "\t", "|", ", ", "||", "~|~", "^", "\x1f"]),
        quote,
        random.choice(["\\", quote]),
        random.random() < 0.5,
        random.choice(["\n", "\r\n", "\r"]),
        random.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    )
    rows: Rows = []
    for number in range(1, random.randint(4, 16)):
        one, two = ("".join(random.choices("abc éß,;|^~'\" \t.", k=random.randint(0, 12))).strip() for _ in range(2))
        rows.append((str(number), one, two, f"2026-07-{number + 1:02}"))
    return writing, rows


HEADER = ("id", "name", "what it is", "day")
TABLES = 150


def loaded_as_text(path: Path) -> tuple[tuple[str, ...], Rows, int]:
    """Header, rows and how many lines are set aside of a file's first table, without a word on how it is written."""
    place = Place("files", path.parent, location=path.name)
    found = files.discover(place)[0]
    words: dict[str, JsonValue] = {"null_values": [], "true_values": [], "false_values": []}
    columns = dict.fromkeys(found.source.columns, "VARCHAR")
    source = found.source.model_copy(update={"columns": columns, "options": {**found.source.options, **words}})
    with duckdb.connect() as connection:
        reading = files.read(source, place, connection, TABLE)
        rows = connection.execute("SELECT coalesce(COLUMNS(*), '') FROM loaded").fetchall()
    return tuple(columns), [tuple(map(str, row)) for row in rows], sum(one.rows for one in reading.quarantined)


@pytest.mark.parametrize("seed", [2, 20261126])
def test_of_tables_in_any_dialect_none_is_read_as_another(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    misread = []
    for number in range(TABLES):
        writing, rows = made(random)
        path = tmp_path / f"{number}.csv"
        path.write_bytes(writing.text(HEADER, rows).encode(writing.encoding))
        try:
            header, read, aside = loaded_as_text(path)
        except DataError:
            continue
        if header != HEADER or Counter(read) - Counter(rows) or len(read) + aside != len(rows):
            misread.append(writing)
    assert misread == []


@pytest.mark.parametrize("inside", ["it\\'s", "it''s", "a;b"])
def test_one_value_in_other_quotes_is_enough_where_it_holds_what_is_quoted_for(tmp_path: Path, inside: str) -> None:
    (tmp_path / "a.csv").write_text(f"id;name;n\n1;plain;7\n2;'{inside}';8\n3;x;1\n", encoding="utf-8")
    meant = inside.replace("\\'", "'").replace("''", "'")
    assert loaded_as_text(tmp_path / "a.csv")[1:] == ([("1", "plain", "7"), ("2", meant, "8"), ("3", "x", "1")], 0)


@pytest.mark.parametrize("left_out", [(), ("more",)])
@pytest.mark.parametrize("torn", ['Ann"b, c",z', 'Ann "b, c",z', 'z,Ann"b, c"', 'Ann"b, c, d"'])
def test_a_value_without_a_delimiter_before_its_quote_sets_its_line_aside(
    discovered: Discover, reads: Reads, tmp_path: Path, torn: str, left_out: tuple[str, ...]
) -> None:
    found = discovered("a.csv", f'who,note,more\nBob,"q, r",w\n{torn}\nCid,6\' 2",5\' 11"\nDan,"say ""x, y""",v\n')
    columns = {name: "VARCHAR" for name in ("who", "note", "more") if name not in left_out}
    read = reads(found, tmp_path, columns=columns, left_out=left_out)
    assert {row[0] for row in read.rows} == {"Bob", "Cid", "Dan"}
    assert read.quarantined[0][1:3] == (3, "a quote is opened inside a value: a delimiter may be missing before it")


def test_a_delimiter_of_several_signs_is_whole_where_values_are_empty(tmp_path: Path) -> None:
    writing = Writing("~|~", '"', '"', everything=False, line_end="\n", encoding="utf-8")
    rows: Rows = [("1", "", "", "2026-07-02")] * 3
    (tmp_path / "a.csv").write_text(writing.text(HEADER, rows), encoding="utf-8")
    assert loaded_as_text(tmp_path / "a.csv") == (HEADER, rows, 0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ", ", "||", "~|~", "^", "\x1f", "::", "|~|"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_odd_delimiter_is_found(tmp_path: Path, delimiter: str, quote: str) -> None:
    writing = Writing(delimiter, quote, quote, everything=False, line_end="\n", encoding="utf-8")
    rows: Rows = [(str(n), f"name {n}{delimiter}x", "", f"2026-07-{n:02}") for n in range(1, 10)]
    (tmp_path / "a.csv").write_text(writing.text(HEADER, rows), encoding="utf-8")
    assert loaded_as_text(tmp_path / "a.csv") == (HEADER, rows, 0)


def test_what_is_unusual_about_a_dialect_is_told_and_part_of_the_spec(discovered: Discover) -> None:
    rows = "".join(f"{n}||'it''s {n}'||2026-07-0{n}\n" for n in range(1, 5))
    found = discovered("a.csv", "id||name||day\n" + rows)
    assert found.source.options == {"format": "csv", "delimiter": "||", "quote": "'"}
    assert "Values are taken to be separated by '||'." in found.warnings
    assert "Values are taken to be quoted with '." in found.warnings


def test_quotes_that_stand_bare_inside_quotes_are_read_and_told(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    text = 'id,name,n\n1,"pipe, 5" wide",10\n2,"a 7" one, too",20\n3,plain,30\n4,"and, "so" on",40\n'
    found = discovered("a.csv", text)
    assert found.source.options["escape"] == "none"
    assert any(warning.startswith("Quotes inside quotes are not marked") for warning in found.warnings)
    names = [row[1] for row in reads(found, tmp_path).rows]
    assert names == ['pipe, 5" wide', 'a 7" one, too', "plain", 'and, "so" on']


def test_one_stray_quote_is_a_broken_line_and_not_a_dialect(discovered: Discover) -> None:
    found = discovered("a.csv", 'id,name,n\n1,"cup, blue",10\n2,"a "7 one",20\n3,plain,30\n')
    assert "escape" not in found.source.options
    assert any("line 3: text stands after a closing quote" in warning for warning in found.warnings)


def test_a_backslash_before_anything_but_a_quote_is_a_sign_like_others(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", 'id,name\n1,"a \\"quoted\\" one, C:\\dir"\n2,"it\\\'s \\\\ \\"so\\""\n3,x\n')
    assert found.source.options["escape"] == "\\"
    assert [row[1] for row in reads(found, tmp_path).rows] == ['a "quoted" one, C:\\dir', 'it\\\'s \\ "so"', "x"]


def test_two_double_quotes_in_a_file_that_is_quoted_otherwise_are_not_guessed(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "id,name\n1,'a, b'\n2,'48\"\" wide, blue'\n3,'c, d'\n")
    read = reads(found, tmp_path)
    assert [row[1] for row in read.rows] == ["a, b", "c, d"]
    assert read.quarantined[0][1] == 3
    assert read.quarantined[0][2].startswith("two double quotes where values are quoted otherwise")


@pytest.mark.parametrize("row", ["1,,2026-07-01,5,", "1,2026-07-01,,5,", "1,2026-07-01,5,,", '1,"a,b",2026-07-01,5,'])
def test_an_empty_value_too_many_never_moves_the_others(
    discovered: Discover, reads: Reads, tmp_path: Path, row: str
) -> None:
    # DuckDB takes a line whose value too many is empty, and drops the last one.
    found = discovered("a.csv", f'id,day,n,note\n7,2026-07-02,"1",\n{row}\n8,2026-07-03,"2",\n')
    read = reads(found, tmp_path, columns=dict.fromkeys(("id", "day", "n", "note"), "VARCHAR"))
    assert [line[0] for line in read.rows] == ["7", "8"]
    assert read.quarantined[0][1:3] == (3, "5 values where 4 are expected")


@given(st.lists(st.sampled_from(["1,2,", "3,,4", ",,", "5,6,7", "8,,9,", "1,2,3,", ",,,", '"a,b",1,', '"x\ny",1,,'])))
@settings(deadline=None, max_examples=30)
def test_each_line_is_read_as_its_own_values_say(lines: list[str]) -> None:
    """Whatever stands at the lines' ends, DuckDB's reader and the count of each line's values agree."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("\n".join(["a,b,c", *lines]) + "\n", encoding="utf-8")
        place = Place("files", path.parent, location=path.name)
        columns = dict.fromkeys(("a", "b", "c"), "VARCHAR")
        source = files.discover(place, options={"header_row": 1, "delimiter": ","})[0].source
        with duckdb.connect() as connection:
            read = files.read(source.model_copy(update={"columns": columns}), place, connection, TABLE)
    sound = sum(line.replace('"a,b"', "x").count(",") == 2 for line in lines)
    assert read.rows == sound
    assert sum(one.rows for one in read.quarantined) == len(lines) - sound


def test_a_file_whose_delimiter_cannot_be_told_is_refused(discovered: Discover) -> None:
    lines = [f'{n} of {"very " * (n % 4)}many "parts, {n}" and "more"' for n in range(9)]
    with pytest.raises(DataError, match="the delimiter cannot be told") as told:
        discovered("a.csv", "\n".join(lines) + "\n")
    assert "option delimiter" in told.value.hint


@pytest.mark.parametrize(
    "lines",
    [
        ["name", "Ann Smith", "Bob Jones", "Cid Moss"],
        ["time", "08:15:00", "09:20:10", "10:00:00"],
        ["link", "https://a.example/x", "https://b.example/y"],
        ["sentence", "Well, it is so.", "It is.", "Yes, no, maybe."],
        ["key=value", "a=1", "b=2"],
        ["how many", "A big one", "A red one", "A low one", "A new one"],
    ],
)
def test_a_file_of_one_column_stays_one(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    header, rows, aside = loaded_as_text(tmp_path / "a.csv")
    assert len(header) == 1
    assert len(rows) + aside >= len(lines) - 1
    assert {row[0] for row in rows} <= set(lines)


def test_words_of_a_column_that_is_not_quoted_set_only_their_lines_aside(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    rows = [f'{n} 2026-07-0{n} Cup "a note, {n}" 5.00' for n in range(1, 7)]
    rows += [f'{n} 2026-07-0{n} Big Cup "a note, {n}" 5.00' for n in range(7, 10)]
    found = discovered("a.csv", "\n".join(["id day item note price", *rows]) + "\n")
    assert list(found.source.columns) == ["id", "day", "item", "note", "price"]
    read = reads(found, tmp_path)
    assert (len(read.rows), len(read.quarantined)) == (6, 3)


# --- headers ------------------------------------------------------------------------------------------------------


def test_a_second_row_of_names_above_columns_of_values_is_part_of_the_header(
    discovered: Discover, reads: Reads, tmp_path: Path
) -> None:
    found = discovered("a.csv", "Item,Price,,Stock\n,EUR,USD,pieces\ncup,1.50,1.60,3\nbowl,2.50,2.60,4\n")
    assert list(found.source.columns) == ["Item", "Price EUR", "Price USD", "Stock pieces"]
    assert "The header is taken to be the 2 rows from line 1 on." in found.warnings
    assert len(reads(found, tmp_path).rows) == 2


@pytest.mark.parametrize("first", ["cup,n/a,-", "cup,sold out,3", "cup,,", "cup,1,sold"])
def test_a_first_row_of_missing_numbers_is_data(discovered: Discover, first: str) -> None:
    found = discovered("a.csv", f"item,price,stock\n{first}\nbowl,2.50,4\nlamp,3.50,5\n")
    assert list(found.source.columns) == ["item", "price", "stock"]
    assert found.table.rows == 3


def test_a_header_that_was_written_twice_is_two_rows_of_it(discovered: Discover) -> None:
    found = discovered("a.csv", "item,price\nitem,price\ncup,1.50\nbowl,2.50\n")
    assert found.source.options["header_rows"] == 2
    assert found.table.rows == 2


# --- several tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "columns"),
    [
        (["item,price,n", "lamp,9.50,1", "sofa,8.50,2"], ["item", "price", "n"]),
        (["item,price", "lamp,9.50", "sofa,8.50"], ["item", "price"]),
        (["who,from,share,note", "Zoe,2026-07-01,0.5,a", "Anna,2026-07-02,0.5,b"], ["who", "from", "share", "note"]),
        (["", "who,since,share", "Zoe,2026-07-01,0.5", "Anna,2026-07-02,0.5"], ["who", "since", "share"]),
    ],
)
def test_a_further_table_in_a_file_is_a_table_of_its_own(
    tmp_path: Path, reads: Reads, second: list[str], columns: list[str]
) -> None:
    first = ["item,price,n", "cup,1.50,4", "bowl,2.50,5", "jug,3.50,6"]
    (tmp_path / "a.csv").write_text("\n".join(first + second) + "\n", encoding="utf-8")
    found = files.discover(Place("files", tmp_path, location="a.csv"))
    assert [one.name for one in found] == ["a", "a_2"]
    assert any("The file holds several tables" in warning for warning in found[0].warnings)
    assert [row[0] for row in reads(found[0], tmp_path).rows] == ["bowl", "cup", "jug"]
    assert list(found[1].source.columns) == columns
    assert len(reads(found[1], tmp_path).rows) == 2


def test_rows_after_a_blank_line_are_rows_of_the_same_table(discovered: Discover) -> None:
    found = discovered("a.csv", "item,price,n\ncup,1.50,4\n\nbowl,2.50,5\nnone left,,\n\njug,3.50,6\n")
    assert found.table.rows == 4
    assert "table" not in found.source.options


@given(st.lists(st.tuples(st.sampled_from(["cup", "jug", "n/a"]), st.integers(0, 99), st.dates()), min_size=2))
def test_no_row_of_data_begins_another_table(found: list[tuple[str, int, object]]) -> None:
    rows = [["item", "n", "day"], *[[str(cell) for cell in row] for row in found]]
    assert further_heads(rows, head_of(rows), [True] * len(rows)) == []


def test_two_double_quotes_are_text_in_a_line_that_has_none_of_the_stated_quotes(reads: Reads, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('page\n<b style=""x"">one</b>\n<i>two</i>\n', encoding="utf-8")
    options: dict[str, JsonValue] = {"format": "csv", "delimiter": "\t", "quote": "`"}
    place = Place("files", tmp_path, location="a.csv")
    source = files.discover(place)[0].source.model_copy(update={"options": options, "columns": {"page": "VARCHAR"}})
    with duckdb.connect() as connection:
        files.read(source, place, connection, TABLE)
        assert connection.execute("FROM loaded").fetchall() == [('<b style=""x"">one</b>',), ("<i>two</i>",)]
