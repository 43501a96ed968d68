"""Where a figure comes from, carried inside the document itself.

A report is mailed, printed and asked about months later, when its run's folder may be gone. So each format embeds the
provenance of all its figures, and ``dreflow explain FILE#FIGURE`` reads it from the file alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

from reports.document import Provenance, ReportDocument
from spec.errors import UsageError, unknown_name

ELEMENT = "provenance"
"""Id of the element that holds it in HTML."""
PROPERTY = "dreflow provenance"
"""Worksheet that holds it in a workbook, kept out of sight; one JSON object a row."""
_VERSION = 1


def packed(document: ReportDocument) -> list[str]:
    """One line of JSON a figure, in document order."""
    return [
        json.dumps({"version": _VERSION, **asdict(origin)}, ensure_ascii=False, sort_keys=True)
        for origin in document.origins.values()
    ]


def figure_provenance(path: Path, figure: str) -> Provenance:
    """Where that figure of a written report comes from; UsageError for a file or figure that is not there."""
    known = provenance_of(path)
    if figure not in known:
        error = unknown_name("figure", figure, known)
        raise UsageError(error.message, hint=error.hint, where={"file": path.name}, data=error.data)
    return known[figure]


def provenance_of(path: Path) -> dict[str, Provenance]:
    """All figures of a written HTML or XLSX report; UsageError for a file that carries none."""
    if not path.is_file():
        raise UsageError("There is no such report.", where={"file": str(path)})
    lines = _from_workbook(path) if path.suffix.casefold() == ".xlsx" else _from_page(path)
    if not lines:
        raise UsageError(
            "This file is not a report of DReflowPro.",
            hint="Name the .html or .xlsx file that a run wrote.",
            where={"file": path.name},
        )
    found = (json.loads(line) for line in lines)
    origins = (
        Provenance(**{**item, "origins": tuple(item["origins"])})
        for item in ({key: value for key, value in plain.items() if key != "version"} for plain in found)
    )
    return {origin.figure: origin for origin in origins}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script" and ("id", ELEMENT) in attrs

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's own signature
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def _from_page(path: Path) -> list[str]:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8", errors="replace"))
    return [line for line in reader.text.splitlines() if line.strip()]


def _from_workbook(path: Path) -> list[str]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        if PROPERTY not in book.sheetnames:
            return []
        return [str(row[0]) for row in book[PROPERTY].iter_rows(values_only=True) if row[0]]
    finally:
        book.close()
