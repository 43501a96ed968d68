"""The cells of a sheet as a system tells them, and a workbook file made of them.

The file is one that the ``files`` connector reads: where the table stands in a sheet, what its header is and what a
column holds is judged there, and nowhere twice.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, cast
from xml.sax.saxutils import escape, quoteattr

from connectors.files.archive import Merged, column_letters
from spec.base import JsonValue
from spec.records import record
from spec.registry import Shelf

GRIDS = Shelf("connectors.http.grids", "way to tell cells")
Kind = Literal["number", "text", "truth", "date", "moment", "time", "error"]
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's days are in no zone
"""The day 0 of a sheet's serial numbers."""
# Below this day a workbook counts another way: it believes that 1900 had a 29th of February.
_FIRST_DAY = 61
_STYLES = {"date": 1, "moment": 2}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TOLD = 5


@record(frozen=True)
class CellValue:
    """A cell that holds something. ``text`` spells it: a number as it came, a day or time as its serial number, a truth
    as 1 or 0, an error as the sheet shows it.
    """

    kind: Kind
    text: str


Row = tuple[int, Mapping[int, CellValue]]
"""A row's number from 1, and its cells by column from 1."""


class Grid(Protocol):
    """A module of ``grids/``."""

    def rows(self, page: JsonValue) -> Iterator[Row]:
        """The rows of an answer that hold something; numbers in it are texts as they were spelled."""

    def merged(self, entry: JsonValue) -> Sequence[Merged]:
        """Ranges that are one cell, out of a sheet's entry in the list of sheets."""


def grid(name: str) -> Grid:
    """The way of that name."""
    return cast("Grid", GRIDS.load(name))


@record(frozen=True)
class Written:
    """What a workbook was made of: rows that hold something, and the first formula errors, as ``B5: #REF!``."""

    rows: int
    errors: int
    first_errors: tuple[str, ...]
    last: int = 0
    """Number of the last row that holds something."""

    def told(self, sheet: str) -> tuple[str, ...]:
        """The errors as a warning."""
        if not self.errors:
            return ()
        more = f" and {self.errors - len(self.first_errors)} more" if self.errors > len(self.first_errors) else ""
        noun = "A formula" if self.errors == 1 else f"{self.errors} formulas"
        return (f"{noun} of the sheet {sheet!r} cannot be computed: {', '.join(self.first_errors)}{more}.",)


def write_workbook(file: Path, sheet: str, rows: Iterator[Row], merged: Sequence[Merged]) -> Written:
    """Write a workbook with one sheet; ``rows`` come in the order of their numbers."""
    count = errors = last = 0
    first: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in _PARTS.items():
            book.writestr(name, _HEAD + content.replace("{sheet}", quoteattr(_clean(sheet))))
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as page:
            page.write((_HEAD + _SHEET).encode())
            for number, cells in rows:
                count, last = count + 1, number
                for column, cell in cells.items():
                    if cell.kind == "error":
                        errors += 1
                        first += [f"{column_letters(column)}{number}: {cell.text}"] if len(first) < _TOLD else []
                spelled = "".join(_cell(f"{column_letters(at)}{number}", cell) for at, cell in sorted(cells.items()))
                page.write(f'<row r="{number}">{spelled}</row>\n'.encode())
            page.write(f"</sheetData>{_merged(merged)}</worksheet>".encode())
    return Written(count, errors, tuple(first), last)


def _cell(place: str, cell: CellValue) -> str:
    if cell.kind == "number":
        return f'<c r="{place}"><v>{escape(cell.text)}</v></c>'
    if cell.kind == "truth":
        return f'<c r="{place}" t="b"><v>{cell.text}</v></c>'
    if cell.kind == "error":
        return f'<c r="{place}" t="e"><v>{escape(_clean(cell.text))}</v></c>'
    if cell.kind in _STYLES and float(cell.text) >= _FIRST_DAY:
        return f'<c r="{place}" s="{_STYLES[cell.kind]}"><v>{escape(cell.text)}</v></c>'
    text = cell.text if cell.kind == "text" else _spelled(cell)
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(_clean(text))}</t></is></c>'


def _spelled(cell: CellValue) -> str:
    """A time of day, or a day that a workbook cannot count, as text."""
    # Seconds rounded: a third of a day is no binary fraction.
    moment = EPOCH + timedelta(seconds=round(float(cell.text) * 86_400, 3))
    if cell.kind == "date":
        return moment.date().isoformat()
    return moment.isoformat(sep=" ") if cell.kind == "moment" else moment.time().isoformat()


def _merged(merged: Sequence[Merged]) -> str:
    if not merged:
        return ""
    ranges = "".join(
        f'<mergeCell ref="{column_letters(one.left)}{one.top}:{column_letters(one.right)}{one.bottom}"/>'
        for one in merged
    )
    return f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>'


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>\n'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name={sheet} sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # 14 is a day and 22 a day with a time, in every workbook.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>",
}
