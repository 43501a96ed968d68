"""The inside of an .xlsx file: a zip that is looked at before it is unpacked, and what its sheets' XML tells."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from spec.errors import DataError, LimitError
from spec.records import record

MAX_UNPACKED = 2 << 30
_MAX_ENTRIES = 20_000
_BLOCK = 1 << 20
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ROW = re.compile(rb'\br="(\d+)"')
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_FILLED = re.compile(rb'<c r="([A-Z]+)\d+"[^>]*?>(?:<f.*?(?:/>|</f>))?<(?:v|is)>', re.DOTALL)
_UNCOMPUTED = re.compile(rb"<c [^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>")


@record(frozen=True)
class Merged:
    """A merged range: rows and columns from 1, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """What the XML of a worksheet tells."""

    rows: list[int] = field(default_factory=list)
    """Numbers of the rows that hold a value."""
    filled: list[int] = field(default_factory=list)
    """For each of these rows the columns that hold one, as bits: 1 << 1 is column A."""
    width: int = 0
    merged: list[Merged] = field(default_factory=list)
    uncomputed: int = 0
    """Formulas without a result."""


@record(frozen=True)
class Entry:
    """A worksheet of a workbook, and where its XML is."""

    name: str
    part: str
    hidden: bool


def guarded(path: Path) -> zipfile.ZipFile:
    """Open the zip after its table of contents was found to be bearable; nothing is unpacked for that."""
    where: dict[str, str | int] = {"file": str(path)}
    with path.open("rb") as stream:
        start = stream.read(8)
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        hint = "Save it again as .xlsx."
        if start == _OLE:
            hint = "It is an old .xls file or is protected by a password: open it and save it as .xlsx without one."
        raise DataError("This is not an Excel workbook.", hint=hint, where=where) from None
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or len(entries) > _MAX_ENTRIES:
        archive.close()
        raise LimitError(
            f"The workbook would unpack to {unpacked / 2**30:.1f} GB in {len(entries)} parts.",
            hint=f"At most {MAX_UNPACKED >> 30} GB are read; export the sheet as CSV instead.",
            where=where,
            data={"unpacked_bytes": unpacked, "limit_bytes": MAX_UNPACKED},
        )
    return archive


def sheets(archive: zipfile.ZipFile, path: Path) -> tuple[list[Entry], bool]:
    """The worksheets in order, and whether days count from 1904."""
    # Only a workbook needs it; a run that reads a CSV starts without.
    import xml.etree.ElementTree as ET

    try:
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - expat bounds entity expansion
        links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - as above
    except (KeyError, ET.ParseError, zipfile.BadZipFile):
        raise DataError(
            "The workbook is damaged.", hint="Open it and save it again.", where={"file": str(path)}
        ) from None
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    found = []
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_RELATION, ""), "").removeprefix("/")
        part = target if target.startswith("xl/") else f"xl/{target}"
        if "chartsheet" not in part:
            found.append(Entry(sheet.get("name", ""), part, sheet.get("state", "visible") != "visible"))
    properties = book.find(f"{_MAIN}workbookPr")
    return found, properties is not None and properties.get("date1904") in {"1", "true"}


def facts(archive: zipfile.ZipFile, entry: Entry, path: Path) -> Sheet:
    """Read a worksheet's XML once, row by row."""
    found = Sheet()
    try:
        with archive.open(entry.part) as stream:
            for piece in _pieces(stream):
                _take(piece, found)
    except (KeyError, zipfile.BadZipFile, EOFError):
        raise DataError(
            "The worksheet is damaged.",
            hint="Open it and save it again.",
            where={"file": str(path), "sheet": entry.name},
        ) from None
    return found


def _take(piece: bytes, found: Sheet) -> None:
    if piece.startswith(b"<row"):
        end = piece.find(b"</row>")
        cells = piece if end < 0 else piece[:end]
        filled = _FILLED.findall(cells)
        if filled:
            number = _ROW.search(piece[: piece.find(b">")])
            found.rows.append(int(number[1]) if number else (found.rows[-1] if found.rows else 0) + 1)
            bits = 0
            for letters in filled:
                bits |= _bit(letters)
            found.filled.append(bits)
            found.width = max(found.width, bits.bit_length() - 1)
        found.uncomputed += len(_UNCOMPUTED.findall(cells)) if b"<f" in cells else 0
        piece = piece[end:] if end >= 0 else b""
    for left, top, right, bottom in _MERGED.findall(piece):
        found.merged.append(Merged(int(top), column_number(left.decode()), int(bottom), column_number(right.decode())))


@functools.cache
def _bit(letters: bytes) -> int:
    return 1 << column_number(letters.decode())


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The XML cut before each row."""
    rest = b""
    while block := stream.read(_BLOCK):
        *whole, rest = re.split(rb"(?=<row[ >])", rest + block)
        yield from whole
    yield rest


def column_number(letters: str) -> int:
    """A column's number from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """A column's letters."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
