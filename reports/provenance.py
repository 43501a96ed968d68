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
RANGE = "dreflow_provenance"
"""Defined name of the cells that hold it in a workbook, whatever the sheet is called."""
HEADINGS = (
    "Figure", "Label", "Shown", "Value", "Step", "Computed as", "Where", "Rows", "Source columns", "SQL", "Run", "Spec",
)  # fmt: skip
_VERSION = 1


def packed(document: ReportDocument) -> list[str]:
    """One line of JSON a figure, in document order."""
    return [
        json.dumps({"version": _VERSION, **asdict(origin)}, ensure_ascii=False, sort_keys=True)
        for origin in document.origins.values()
    ]


def spread(origin: Provenance) -> tuple[str, ...]:
    """One figure as the cells under ``HEADINGS``."""
    columns = "\n".join(origin.origins)
    return (
        origin.figure, origin.label, origin.shown, origin.value, origin.step, origin.expression, origin.where or "",
        str(origin.rows), columns, origin.sql, origin.run_id, origin.spec_digest,
    )  # fmt: skip


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
    found = _from_workbook(path) if path.suffix.casefold() == ".xlsx" else _from_page(path)
    if not found:
        raise UsageError(
            "This file is not a report of DReflowPro, or one without figures.",
            hint="Name the .html or .xlsx file that a run wrote.",
            where={"file": path.name},
        )
    return {origin.figure: origin for origin in found}


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


def _from_page(path: Path) -> list[Provenance]:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8", errors="replace"))
    found = []
    for line in filter(str.strip, reader.text.splitlines()):
        plain = json.loads(line)
        plain.pop("version")
        found.append(Provenance(**{**plain, "origins": tuple(plain["origins"])}))
    return found


def _from_workbook(path: Path) -> list[Provenance]:
    from openpyxl import load_workbook

    book = load_workbook(path, data_only=True)
    try:
        named = book.defined_names.get(RANGE)
        if named is None:
            return []
        (sheet, cells), *_ = named.destinations
        return [_gathered([str(cell.value or "") for cell in row]) for row in book[sheet][cells]]
    finally:
        book.close()


def _gathered(texts: list[str]) -> Provenance:
    figure, label, shown, value, step, expression, where, rows, columns, sql, run_id, digest = texts
    return Provenance(
        figure=figure,
        label=label,
        value=value,
        shown=shown,
        step=step,
        expression=expression,
        where=where or None,
        rows=int(rows),
        sql=sql,
        spec_digest=digest,
        run_id=run_id,
        origins=tuple(columns.split("\n")) if columns else (),
    )
