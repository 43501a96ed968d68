"""A workbook an accountant can go on working in: real numbers and dates, totals as formulas, the charts Excel's own."""

from __future__ import annotations

import re
from datetime import UTC
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from reports.cells import EXCEL_ROWS, Cells, fits, sheet_name
from reports.chart import Chart, ChartCells, Series, unit
from reports.data import RunData
from reports.document import ChartFrame, Column, ReportDocument, Table
from reports.drawing import lines_needed, text_width
from reports.provenance import HEADINGS, RANGE, spread
from reports.summary import Summary
from reports.values import UNWRITABLE, Look, Value
from spec.errors import LimitError

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

PALETTE = {
    "s0": "#2A6F97", "s1": "#D08C2E", "s2": "#3F8F83", "s3": "#8A5A94", "s4": "#B5523F", "s5": "#7A8B3C",
    "s6": "#5D6B7A", "s7": "#A57C52", "up": "#3F8F6B", "down": "#C05A45", "sum": "#33475B",
}  # fmt: skip
_STREAMED = 400_000
"""Cells beyond which rows are written through to disk; XlsxWriter keeps some 200 bytes of memory for each otherwise."""
_TEXT = Look("text")
_HEADING = {
    "bold": True,
    "bg_color": "#F1EEE7",
    "bottom": 1,
    "bottom_color": "#1B1F24",
    "text_wrap": True,
    "valign": "bottom",
}
_RULE = {"bottom": 1, "bottom_color": "#E6E3DC", "valign": "vcenter"}
_TOTAL = {"bold": True, "top": 1, "top_color": "#1B1F24", "valign": "vcenter"}


def write(document: ReportDocument, data: RunData, path: Path) -> None:
    """Write the workbook. LimitError where a table has more rows than a worksheet."""
    from xlsxwriter import Workbook

    tables = [block for section in document.sections for block in section.blocks if isinstance(block, Table)]
    for table in tables:
        _refuse_too_long(table)
    streamed = sum(table.rows * len(table.columns) for table in tables) > _STREAMED
    book = Workbook(str(path), {"constant_memory": streamed, "in_memory": False, "use_zip64": streamed})
    with book:
        book.set_calc_mode("auto")
        now = document.meta.now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        told = {"title": document.title, "subject": document.subtitle, "comments": document.footing}
        book.set_properties({**{key: UNWRITABLE.sub("", text) for key, text in told.items()}, "created": now})
        _Workbook(document, data, book).fill()


def _refuse_too_long(table: Table) -> None:
    if table.rows > EXCEL_ROWS - 2:
        raise LimitError(
            f"A worksheet holds {EXCEL_ROWS:,} rows, and this table has {table.rows:,}.",
            hint="Save it with 'outputs' as CSV or Parquet, or show fewer rows in the report, summed up or filtered.",
            where={"table": table.title or table.id},
            data={"rows": table.rows, "most": EXCEL_ROWS - 2},
        )


class _Workbook:
    """One workbook being written: the sheets are named first, because the first sheet links to the others."""

    def __init__(self, document: ReportDocument, data: RunData, book: Workbook) -> None:
        self.document = document
        self.data = data
        self.book = book
        self.cells = Cells(book, document.zone, document.language)
        self.taken: set[str] = set()
        self.sheets: dict[str, str] = {}

    def fill(self) -> None:
        say = self.document.language.say
        summary = self.sheet(say("summary"))
        frames: list[ChartFrame] = []
        places: list[tuple[Table, Worksheet]] = []
        for section in self.document.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    sheet = self.sheet(block.sheet or block.title or section.title)
                    self.sheets[block.id] = sheet.get_name()
                    places.append((block, sheet))
                elif isinstance(block, ChartFrame) and not block.chart.empty:
                    frames.append(block)
        for table, sheet in places:
            self.table(table, sheet)
        charts = self.charts(frames, self.sheet(say("chart_sheet"))) if frames else {}
        if self.document.origins:
            self.origins(self.sheet(say("origin_sheet")))
        Summary(self.document, self.cells, summary, self.sheets, charts).fill()

    def sheet(self, wanted: str) -> Worksheet:
        """A new worksheet whose printed pages carry the report's footing."""
        sheet = self.book.add_worksheet(sheet_name(wanted, self.taken))
        footing = self.document.footing.replace("&", "&&")
        title = UNWRITABLE.sub("", self.document.title).replace("&", "&&")[:100]
        sheet.set_paper(9)
        sheet.set_margins(left=0.5, right=0.5, top=0.75, bottom=0.75)
        # The space ends the font size: a title that begins with a year would be a size of two thousand points.
        sheet.set_header(f"&L&8 {title}&R&8 &A")
        sheet.set_footer(f"&L&8 {footing}&R&8 &P / &N")
        sheet.fit_to_pages(1, 0)
        return sheet

    # Tables

    def table(self, table: Table, sheet: Worksheet) -> None:
        """Headings in the first row, so that filters, pivots and other programs find them; totals below the rows."""
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.set_default_row(18)
        sheet.set_row(0, 24 if all(text_width(c.label) / 6.6 < 52 for c in table.columns) else 40)
        sheet.freeze_panes(1, 1 if len(table.columns) > 4 else 0)
        widths = [self.width(table, column, at) for at, column in enumerate(table.columns)]
        for at, column in enumerate(table.columns):
            sheet.set_column(at, at, widths[at])
            align = {"align": "right" if column.look.right else "left", "indent": 1}
            self.cells.text(sheet, 0, at, column.label, **_HEADING, **align)
        row = 1
        writers = [self.cells.writer(column.look, **_side(column)) for column in table.columns]
        texts = [at for at, column in enumerate(table.columns) if not column.look.right]
        for values in self.data.rows(table.query) if table.rows else ():
            self.height(sheet, row, [(values[at], widths[at]) for at in texts])
            for at, value in enumerate(values):
                writers[at](sheet, row, at, value)
            row += 1
        if row == 1:
            self.cells.text(sheet, 1, 0, table.empty, italic=True, font_color="#565E68")
            row = 2
        else:
            sheet.autofilter(0, 0, row - 1, len(table.columns) - 1)
        if any(column.total for column in table.columns):
            self.totals(table, sheet, row)

    def height(self, sheet: Worksheet, row: int, texts: list[tuple[Value, float]]) -> None:
        """A row is as high as its longest text needs, up to six lines."""
        long = [
            lines_needed(value, (width - 2) * 7.3)
            for value, width in texts
            if isinstance(value, str) and (len(value) > width - 2 or "\n" in value)
        ]
        if long and max(long) > 1:
            sheet.set_row(row, min(max(long), 6) * 15 + 3)

    def totals(self, table: Table, sheet: Worksheet, row: int) -> None:
        """SUBTOTAL follows the filter. Each formula carries the exact sum, for viewers that do not calculate."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        say = self.document.language.say
        for at, column in enumerate(table.columns):
            if column.total is None:
                self.cells.text(sheet, row, at, say("total") if at == 0 else "", **_TOTAL, indent=1)
                continue
            value = column.total.value
            if column.long_numbers or not isinstance(value, int | float | Decimal) or not fits(value):
                self.cells.put(sheet, row, at, value, column.look, **_TOTAL)
                continue
            first, last = xl_rowcol_to_cell(1, at), xl_rowcol_to_cell(row - 1, at)
            style = self.cells.style(num_format=self.cells.number_format(column.look), **_TOTAL)
            sheet.write_formula(row, at, f"=SUBTOTAL(9,{first}:{last})", style, value)

    def width(self, table: Table, column: Column, at: int) -> float:
        """Wide enough for the heading and what is shown of the rows, between 9 and 56 characters."""
        texts = [self.document.show(row[at], column.look) for row in islice(table.shown, 500)]
        money = 2 if column.look.format == "money" else 0
        total = [column.total.text] if column.total else []
        most = max((text_width(text) / 6.6 for text in [*texts, *total]), default=0) + money
        return min(max(most + 2, text_width(column.label) / 6.6 + 4, 9), 56)

    # Charts

    def charts(self, frames: list[ChartFrame], sheet: Worksheet) -> dict[str, NativeChart]:
        """Each chart's figures below one another on one sheet, and the charts made over them."""
        made: dict[str, NativeChart] = {}
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 12, 16)
        row = 0
        for frame in frames:
            self.cells.text(sheet, row, 0, frame.title or frame.chart.x_label, bold=True)
            made[frame.id], row = self.chart(frame, sheet, row + 1)
            row += 2
        return made

    def chart(self, frame: ChartFrame, sheet: Worksheet, row: int) -> tuple[NativeChart, int]:
        chart = frame.chart
        kind = unit(chart.kind)
        labels, written = _written(chart, self.document)
        self.cells.text(sheet, row, 0, chart.x_label, **_HEADING)
        for at, series in enumerate(written):
            self.cells.text(sheet, row, at + 1, series.name, align="right", **_HEADING)
        first = row + 1
        dated = chart.timed and len(labels) == len(chart.points)
        for number, name in enumerate(labels):
            row += 1
            if dated:
                self.cells.put(sheet, row, 0, chart.points[number], Look("datetime"))
            else:
                self.cells.text(sheet, row, 0, name)
            for at, series in enumerate(written):
                self.cells.put(sheet, row, at + 1, series.values[number], chart.look)
        cells = ChartCells(
            chart=chart,
            written=written,
            workbook=self.book,
            sheet=sheet.get_name(),
            first_row=first,
            last_row=row,
            number_format=self.cells.number_format(chart.look),
            date_format=self.document.language.excel_date if dated else "",
            palette=PALETTE,
            language=self.document.language,
        )
        native = kind.native(cells)
        # XlsxWriter takes a name that begins with '=' for a reference.
        title = re.sub(r"^(?==)", "\u200b", self.cells.clean(frame.title))
        native.set_title({"name": title, "name_font": {"size": 12, "bold": True}} if title else {"none": True})
        native.set_chartarea({"border": {"color": "#E2DFD8"}})
        return native, row

    # Origins

    def origins(self, sheet: Worksheet) -> None:
        """Where each figure comes from, for readers and for ``dreflow explain``, which finds it by a defined name."""
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 1)
        widths = (26, 26, 16, 16, 20, 40, 24, 9, 30, 60, 20, 24)
        for at, (heading, width) in enumerate(zip(HEADINGS, widths, strict=True)):
            sheet.set_column(at, at, width)
            self.cells.text(sheet, 0, at, heading, **_HEADING)
        row = 0
        for origin in self.document.origins.values():
            row += 1
            for at, text in enumerate(spread(origin)):
                self.cells.text(sheet, row, at, text, **_RULE)
        name = sheet.get_name().replace("'", "''")
        self.book.define_name(RANGE, f"='{name}'!$A$2:$L${row + 1}")


def _side(column: Column) -> dict[str, object]:
    return dict(_RULE) if column.look.right else {**_RULE, "indent": 1, "text_wrap": True}


def _written(chart: Chart, document: ReportDocument) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    """The columns on the sheet: the unit's own arrangement where it has one."""
    arrange = getattr(unit(chart.kind), "workbook_series", None)
    if arrange is None:
        return chart.labels, chart.series
    labels, series = arrange(chart, document.language)
    return labels, series
