"""Ways in which somebody else's words come into a conversation: written as real files, databases and definitions."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

COLUMNS = ("id", "region", "channel", "amount", "day", "note")
ROWS = (
    (1, "North", "web", "10.50", "2026-09-01"),
    (2, "South", "web", "20.00", "2026-09-02"),
    (2, "South", "web", "20.00", "2026-09-02"),
    (3, "North", "wholesale", "100.00", "2026-09-03"),
    (4, "South", "web", "1.25", "2026-09-04"),
)
USUAL = "as usual"
"""What stands in the last column of every row but the fourth, which says what the case is about."""
LONGEST_SHEET = 31
LONGEST_FILE = 80


def _rows(said: str) -> list[tuple[int | str, ...]]:
    return [(*row, said if row[0] == 3 else USUAL) for row in ROWS]


def _csv(folder: Path, name: str, columns: Sequence[str], said: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(_rows(said))
    (folder / name).write_text(text.getvalue(), encoding="utf-8", newline="")
    return name


def cell(folder: Path, said: str) -> str:
    """In a cell of a CSV file."""
    return _csv(folder, "orders.csv", COLUMNS, said)


def header(folder: Path, said: str) -> str:
    """As a column's header."""
    return _csv(folder, "orders.csv", (*COLUMNS[:-1], said), USUAL)


def file_name(folder: Path, said: str) -> str:
    """As a file's name, as far as a file system takes it."""
    plain = re.sub(r"[/\x00-\x1f]", "_", said)[:LONGEST_FILE]
    return _csv(folder, f"{plain}.csv", COLUMNS, USUAL)


def sheet_name(folder: Path, said: str) -> str:
    """As a sheet's name, as far as Excel takes it."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", said)[:LONGEST_SHEET].strip("'")
    sheet.append(COLUMNS)
    for number, region, channel, amount, day, note in _rows(USUAL):
        sheet.append([number, region, channel, float(amount), day, note])
    book.save(folder / "orders.xlsx")
    return "orders.xlsx"


def _database(folder: Path, table: str, columns: Sequence[str], *, beside: str = "") -> str:
    from sqlglot import exp

    def quoted(name: str) -> str:
        return exp.to_identifier(name, quoted=True).sql(dialect="sqlite")

    kinds = ("INTEGER", "TEXT", "TEXT", "DECIMAL(18,2)", "DATE", "TEXT")
    listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip(columns, kinds, strict=True))
    with closing(sqlite3.connect(folder / "shop.db")) as made:
        made.execute(f"CREATE TABLE {quoted(table)} ({listed} {beside})")
        row = exp.Values(expressions=[exp.Tuple(expressions=[exp.Placeholder() for _ in columns])])
        insert = exp.insert(row, exp.table_(table, quoted=True))
        made.executemany(insert.sql(dialect="sqlite"), _rows(USUAL))
        made.commit()
    return "shop.db"


def sqlite_table(folder: Path, said: str) -> str:
    """As a table's name."""
    return _database(folder, said, COLUMNS)


def sqlite_column(folder: Path, said: str) -> str:
    """As a column's name."""
    return _database(folder, "orders", (*COLUMNS[:-1], said))


def sqlite_comment(folder: Path, said: str) -> str:
    """As a comment of the statement that made the table, which SQLite keeps as it was written."""
    return _database(folder, "orders", COLUMNS, beside=f"/* {said.replace('*/', '* /')} */")


def refusing_database(folder: Path, said: str) -> None:
    """A database that answers ``said`` to every row written to it; it stands where the plan's load goes."""
    from sqlglot import exp

    message = exp.Literal.string(said).sql(dialect="sqlite")
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "shop.db")) as made:
        made.execute(
            "CREATE TABLE totals (id BIGINT, region TEXT, channel TEXT, amount DECIMAL_TEXT(18,2), day DATE, note TEXT)"
        )
        made.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON totals BEGIN SELECT RAISE(ABORT, {message}); END")
        made.commit()


def json_key(folder: Path, said: str) -> str:
    """As a key of JSON documents."""
    return _documents(folder, (*COLUMNS[:-1], said), USUAL)


def json_value(folder: Path, said: str) -> str:
    """As a value of a JSON document."""
    return _documents(folder, COLUMNS, said)


def _documents(folder: Path, keys: Sequence[str], said: str) -> str:
    rows = [dict(zip(keys, row, strict=True)) for row in _rows(said)]
    (folder / "orders.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return "orders.json"


def nothing(folder: Path, said: str) -> str:
    """In no file: a definition or the chat itself says it."""
    del said
    return _csv(folder, "orders.csv", COLUMNS, USUAL)


def quotation(text: str, said: str) -> str:
    """A message with the words quoted beneath it, as mail programs and chats do it."""
    return text + "\n" + "\n".join(f"> {line}" for line in said.split("\n"))


def saying(text: str, said: str) -> str:
    """A message that tells what a note says."""
    return f'{text}. The note of order 3 says: "{said}"'


FILES: Mapping[str, Callable[[Path, str], str]] = {
    "cell": cell,
    "header": header,
    "file_name": file_name,
    "sheet_name": sheet_name,
    "sqlite_table": sqlite_table,
    "sqlite_column": sqlite_column,
    "sqlite_comment": sqlite_comment,
    "json_key": json_key,
    "json_value": json_value,
}
"""Carriers that are written; each gives the name of what a conversation looks at."""
CHAT: Mapping[str, Callable[[str, str], str]] = {"chat_quotation": quotation, "chat_saying": saying}
"""Carriers that are said by the person, beside what they ask for."""
REFUSES: Mapping[str, Callable[[Path, str], None]] = {"sqlite_error": refusing_database}
"""Carriers that a run meets where it writes; they are given the folder of the approved plan."""
