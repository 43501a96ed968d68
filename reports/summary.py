"""A workbook's first sheet: what was asked, the answer, the charts, the checks, and where the rest is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reports.cells import Cells
from reports.chart import description
from reports.document import ChartFrame, Column, Paragraph, ReportDocument, Section, Table, TileRow
from reports.drawing import lines_needed
from reports.narrative import check_name, check_sentence, set_aside
from reports.values import UNWRITABLE

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart
    from xlsxwriter.worksheet import Worksheet

_ACROSS = 5
"""Columns the sheet is wide; tiles stand one in each."""
_WIDTH = 24
_ROW = 15.0
_TALLEST = 409.0
"""Points; Excel refuses a row that is higher."""
_PRINT_SCALE = 78
"""What the sheet is shrunk to where its width is made to fit a page upright."""
_PAGE = (11.69 - 1.5) * 72 / (_PRINT_SCALE / 100) - 40
"""Points of rows on a printed page of A4 at that scale, with a little to spare."""
_MUTED = "#565E68"
_RULE = "#E2DFD8"


class Summary:
    """Writes the sheet from top to bottom, since a streamed workbook takes rows in order only."""

    def __init__(
        self,
        document: ReportDocument,
        cells: Cells,
        sheet: Worksheet,
        sheets: Mapping[str, str],
        charts: Mapping[str, NativeChart],
    ) -> None:
        self.document = document
        self.cells = cells
        self.sheet = sheet
        self.sheets = sheets
        self.charts = charts
        self.row = 1
        self.height = 0.0
        """Points used on the present printed page."""
        self.breaks: list[int] = []

    def fill(self) -> None:
        say, meta = self.document.language.say, self.document.meta
        self.sheet.hide_gridlines(2)
        self.sheet.set_column(0, 0, 2)
        self.sheet.set_column(1, _ACROSS, _WIDTH)
        self.sheet.set_portrait()
        self.line(self.document.title, size=22, bold=True)
        if self.document.subtitle:
            self.line(self.document.subtitle, size=13, color=_MUTED)
        self.line(say("data_as_of", time=self.document.at(meta.as_of)), color=_MUTED)
        self.down()
        self.banner()
        for section in self.document.sections:
            self.section(section)
        if meta.reading or meta.assumptions:
            self.heading(say("understood"))
            if meta.reading:
                self.line(meta.reading)
            for text in meta.assumptions:
                self.line(f"•  {text}")
            self.down()
        self.checks()
        self.notes()
        self.down()
        self.line(self.document.footing, size=9, color=_MUTED)
        self.line(f"{meta.spec_digest} · {say('run', run=meta.run_id)}", size=9, color=_MUTED)
        self.sheet.set_h_pagebreaks(self.breaks)

    def line(self, text: str, *, size: int = 11, bold: bool = False, color: str = "#1B1F24", fill: str = "") -> None:
        """A line over the sheet's whole width, as high as its text needs."""
        props: dict[str, object] = {
            "font_size": size,
            "bold": bold,
            "font_color": color,
            "text_wrap": True,
            "valign": "top",
        }
        if fill:
            props["bg_color"] = fill
        style = self.cells.style(**props)
        height = lines_needed(text, _WIDTH * _ACROSS * 6.6 * 0.97, 10.8 * size / 11) * size * 1.42 + 2
        height = min(height, _TALLEST)
        self.sheet.set_row(self.row, height)
        self.sheet.merge_range(self.row, 1, self.row, _ACROSS, "", style)
        self.cells.text(self.sheet, self.row, 1, text, **props)
        self.down(height)

    def down(self, height: float = _ROW, *, rows: int = 1) -> None:
        """Go on below what was written; a printed page is full at some point."""
        self.row += rows
        self.height = self.height + height * rows if self.height + height * rows <= _PAGE else height * rows

    def heading(self, text: str) -> None:
        self.sheet.set_row(self.row, 24)
        for column in range(1, _ACROSS + 1):
            self.cells.text(
                self.sheet, self.row, column, text if column == 1 else "",
                bold=True, font_size=14, bottom=1, bottom_color="#C9C5BB", valign="vcenter",
            )  # fmt: skip
        self.down(24)
        self.sheet.set_row(self.row, 6)
        self.down(6)

    def banner(self) -> None:
        """Failed checks in words above everything else, and rows that were set aside."""
        failed = self.document.meta.failed
        if failed:
            told = self.document.language.say("banner", time=self.document.at(self.document.meta.as_of))
            self.line(told, bold=True, color="#9F2D20", fill="#FBEEEB")
            for check in failed:
                self.line(f"•  {check_sentence(check, self.document)}", color="#9F2D20", fill="#FBEEEB")
            self.down()
        for text in set_aside(self.document):
            self.line(text, color="#85590C", fill="#FBF3E2")
        if self.document.meta.quarantined:
            self.down()

    def section(self, section: Section) -> None:
        self.heading(section.title)
        for block in section.blocks:
            match block:
                case Paragraph():
                    texts = [piece if isinstance(piece, str) else piece.text for piece in block.pieces]
                    self.line("".join(texts), size=12)
                    self.down()
                case TileRow():
                    self.tiles(block)
                case Table():
                    self.link(block)
                case ChartFrame():
                    self.chart(block)

    def tiles(self, block: TileRow) -> None:
        """Labels above numbers, five in a row; the numbers are numbers, to be linked to and calculated with."""
        edge = {"left": 1, "right": 1, "left_color": _RULE, "right_color": _RULE, "bg_color": "#FFFFFF"}
        for start in range(0, len(block.figures), _ACROSS):
            shown = block.figures[start : start + _ACROSS]
            self.sheet.set_row(self.row, 20)
            for at, tile in enumerate(shown):
                self.cells.text(
                    self.sheet, self.row, at + 1, tile.label,
                    **edge, top=1, top_color=_RULE, font_color=_MUTED, indent=1, valign="vcenter", shrink=True,
                )  # fmt: skip
            self.down(20)
            self.sheet.set_row(self.row, 30)
            for at, tile in enumerate(shown):
                self.cells.put(
                    self.sheet, self.row, at + 1, tile.value, tile.look,
                    **edge, bottom=1, bottom_color=_RULE, bold=True, font_size=16, align="left", indent=1, shrink=True,
                )  # fmt: skip
            self.down(30)
            self.down()

    def link(self, table: Table) -> None:
        """The way to a table's sheet and how much is there."""
        say, name = self.document.language.say, self.sheets[table.id]
        count = say("one_row") if table.rows == 1 else say("rows", rows=self.document.language.number(table.rows, 0))
        target = "internal:'" + name.replace("'", "''") + "'!A1"
        style = self.cells.style(font_color="#1D5B79", underline=1)
        self.sheet.write_url(self.row, 1, target, style, self.cells.clean(name))
        self.cells.text(self.sheet, self.row, 2, count if table.rows else table.empty, font_color=_MUTED)
        self.down()
        totals = [column for column in table.columns if column.total]
        for start in range(0, len(totals), _ACROSS):
            self.totals(totals[start : start + _ACROSS])
        self.down()

    def totals(self, columns: list[Column]) -> None:
        for at, column in enumerate(columns):
            label = f"{self.document.language.say('total')}: {column.label}"
            self.cells.text(self.sheet, self.row, at + 1, label, font_color=_MUTED, font_size=9, shrink=True)
        self.down()
        for at, column in enumerate(columns):
            if column.total:
                self.cells.put(self.sheet, self.row, at + 1, column.total.value, column.look, align="left", bold=True)
        self.down()

    def chart(self, frame: ChartFrame) -> None:
        if frame.id in self.charts:
            rows = math.ceil(self.charts[frame.id].height / 20) + 1
            if self.height + rows * _ROW > _PAGE and self.height:
                self.breaks.append(self.row)
                self.height = 0.0
            self.sheet.insert_chart(self.row, 1, self.charts[frame.id], {"description": self.told(frame)})
            self.down(_ROW, rows=rows)
        else:
            self.line(frame.title, bold=True)
            self.line(self.document.language.say("chart_none"), color=_MUTED)
        for note in frame.chart.notes:
            self.line(note, size=9, color=_MUTED)
        self.down()

    def told(self, frame: ChartFrame) -> str:
        """The chart in words, for readers who cannot see it."""
        words = f"{frame.title}. {description(frame.chart, self.document.language)}"
        return UNWRITABLE.sub("\ufffd", words)[:1_000]

    def checks(self) -> None:
        checks = self.document.meta.checks
        if not checks:
            return
        say = self.document.language.say
        self.heading(say("checks"))
        if not self.document.meta.failed:
            self.line(say("all_passed", count=self.document.language.number(len(checks), 0)))
        for check in checks:
            good, kind = check.passed, "passed"
            if not good:
                kind = "warning" if check.severity == "warn" else "failed"
            color = "#2C6A4B" if good else "#85590C" if kind == "warning" else "#9F2D20"
            text = check_name(check, self.document) if good else check_sentence(check, self.document)
            found = f" ({check.found})" if good and check.found else ""
            self.line(f"{'✓' if good else '✕'}  {say(kind)} – {text}{found}", color=color)

    def notes(self) -> None:
        """What the workbook could not hold as it is."""
        notes = [
            self.document.language.say("long_numbers", column=f"{self.sheets[block.id]}, {column.label}")
            for section in self.document.sections
            for block in section.blocks
            if isinstance(block, Table)
            for column in block.columns
            if column.long_numbers
        ]
        if self.cells.cut:
            notes.append(self.document.language.say("cut_text", count=self.document.language.number(self.cells.cut, 0)))
        for note in notes:
            self.line(note, size=9, color=_MUTED)
