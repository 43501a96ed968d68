"""Tables in Slack: rows in a fixed-width font, and all of them as a file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents import replies
from spec.base import JsonValue

ROWS, WIDTH, CELL = 15, 96, 32
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|DECIMAL|DOUBLE|FLOAT|REAL")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ODD = re.compile(r"[^\w\-]+")


@dataclass(frozen=True)
class Drawn:
    """Lines of a table; ``whole`` when nothing of it is left out."""

    lines: tuple[str, ...]
    rows: int
    whole: bool


def monospaced(table: replies.Table) -> Drawn:
    """The first rows, columns under one another, as many as one can read in a chat."""
    names = [column.name for column in table.columns]
    right = [bool(_NUMBER.match(column.type)) for column in table.columns]
    body = [[_cell(value) for value in row] for row in table.rows[:ROWS]]
    kept = _fitting([names, *body])
    grid = [[_cut(cell) for cell in row[:kept]] for row in (names, *body)]
    widths = [max(_width(row[at]) for row in grid) for at in range(kept)]
    lines = [_line(row, widths, right) for row in grid]
    lines.insert(1, "  ".join("─" * width for width in widths))
    cut = any(_width(cell) > CELL for row in (names, *body) for cell in row)
    return Drawn(tuple(lines), len(body), table.row_count == len(body) and kept == len(names) and not cut)


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, at_right in zip(row, widths, right, strict=False):
        room = " " * (width - _width(cell))
        padded.append(room + cell if at_right else cell + room)
    return "  ".join(padded).rstrip()


def _fitting(grid: Sequence[Sequence[str]]) -> int:
    """How many columns fit beside one another; the first always does."""
    total, count = 0, 0
    for at in range(len(grid[0])):
        total += max(_width(_cut(row[at])) for row in grid) + 2
        if at and total > WIDTH:
            break
        count += 1
    return count


def _cell(value: JsonValue) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def _cut(text: str) -> str:
    if _width(text) <= CELL:
        return text
    kept = ""
    for character in text:
        if _width(kept + character) >= CELL:
            break
        kept += character
    return f"{kept}…"


def _width(text: str) -> int:
    """Places in a fixed-width font: wide characters take two, marks none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def csv_of(table: replies.Table, rows: Iterable[Sequence[JsonValue]]) -> bytes:
    """Rows as CSV that a spreadsheet opens without computing anything of it.

    Text that begins like a formula gets an apostrophe in front, as spreadsheets themselves write it.
    """
    text = [column.type == "VARCHAR" for column in table.columns]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([_harmless(column.name) for column in table.columns])
    for row in rows:
        writer.writerow(
            [_harmless(value) if is_text else _plain(value) for value, is_text in zip(row, text, strict=True)]
        )
    # Excel takes a file without the mark for one in the old code page.
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _plain(value: JsonValue) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _harmless(value: JsonValue) -> str:
    text = _plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def file_name(title: str) -> str:
    """A name for a table's file."""
    stem = file_stem(title.removesuffix(".csv"))
    return f"{stem or 'table'}.csv"


def file_stem(title: str) -> str:
    """What of a title can name a file."""
    return _ODD.sub("-", title.strip().casefold()).strip("-")[:60]
