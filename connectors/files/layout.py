"""Where a table stands in a worksheet: its header rows among titles and merged cells, its columns, its last row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.files.archive import Sheet, column_letters
from connectors.files.blocks import FAR, asked_range, begins_with_a_row
from connectors.files.options import ReadOptions
from connectors.files.parts import named
from connectors.names import column_names, joined_headers
from spec.records import record

Cell = object
Grid = Mapping[int, tuple[Cell, ...]]


@record(frozen=True)
class Layout:
    """Where the table stands: header rows, first data row, columns from 1, and the last row of data."""

    header_row: int
    header_rows: int
    first: int
    last: int
    left: int
    right: int


def laid_out(options: ReadOptions, stated: frozenset[str], sheet: Sheet, grid: Grid) -> tuple[ReadOptions, list[str]]:
    """Complete header and columns from the first rows."""
    found: dict[str, object] = {}
    notes: list[str] = []
    if "header_row" not in stated and "range" not in stated:
        header, levels = _header(sheet, grid)
        found["header_row"] = header
        if "header_rows" not in stated:
            found["header_rows"] = levels
        if header > 1:
            notes.append(f"The header was found in row {header}; what stands above is left out.")
    completed = options.model_copy(update=found)
    if "range" not in stated:
        left, right = _span(completed, grid, sheet)
        if left > 1:
            completed = completed.model_copy(update={"range": f"{column_letters(left)}:{column_letters(right)}"})
    return completed, notes


def _header(sheet: Sheet, grid: Grid) -> tuple[int, int]:
    """First header row and how many there are; 0 when the table begins with data."""
    counts = {number: sum(cell not in {None, ""} for cell in row) for number, row in grid.items()}
    widest = max(counts.values(), default=0)
    for number, row in grid.items():
        filled = [cell for cell in row if cell not in {None, ""}]
        if not filled or len(filled) < max(2 if widest > 1 else 1, widest * 0.4):
            continue
        if not all(isinstance(cell, str) for cell in filled):
            return (0, 1)
        levels = 1
        while levels < 4 and _spans(sheet, number + levels - 1) and _is_text(grid.get(number + levels, ())):
            levels += 1
        return number, levels
    return (min(sheet.rows), 1)


def _spans(sheet: Sheet, row: int) -> bool:
    """Whether a header cell of this row stands over several columns."""
    return any(merged.top == row and merged.bottom == row and merged.right > merged.left for merged in sheet.merged)


def _is_text(row: Sequence[Cell]) -> bool:
    filled = [cell for cell in row if cell not in {None, ""}]
    return bool(filled) and all(isinstance(cell, str) for cell in filled)


def _span(options: ReadOptions, grid: Grid, sheet: Sheet) -> tuple[int, int]:
    """First and last column with something in the header, or in the first rows when there is none."""
    rows = (
        range(options.header_row, options.header_row + options.header_rows) if options.header_row else list(grid)[:20]
    )
    columns = [
        position
        for number in rows
        for position, cell in enumerate(grid.get(number, ()), start=1)
        if cell not in {None, ""}
    ]
    return (min(columns, default=1), max(columns, default=max(sheet.width, 1)))


def layout_of(options: ReadOptions, sheet: Sheet) -> Layout:
    """Rows and columns of the table as the options and the sheet's own rows say."""
    left, right, top, bottom = 1, max(sheet.width, 1), options.header_row, FAR
    if options.range:
        block = asked_range(options.range)
        left, right, bottom = block.left, block.right, block.bottom
        if begins_with_a_row(options.range):
            top = block.top if options.header_row else 0
    if options.header_row:
        first = top + options.header_rows + options.skip_rows
    else:
        start = re.search(r"\d+", options.range.split(":")[0]) if options.range else None
        first = (int(start[0]) if start else min(sheet.rows, default=1)) + options.skip_rows
    data = [row for row in sheet.rows if first <= row <= bottom]
    kept = data[: len(data) - options.skip_footer] if options.skip_footer else data
    return Layout(top, options.header_rows, first, kept[-1] if kept else first - 1, left, right)


def names_of(grid: Grid, options: ReadOptions, layout: Layout, sheet: Sheet) -> tuple[str, ...]:
    """The columns' names: header rows joined, what stands in a merged cell said for all that it covers."""
    width = layout.right - layout.left + 1
    if options.names:
        where: dict[str, str | int] = {"sheet": str(options.sheet or ""), "row": layout.header_row or layout.first}
        return named(options.names, width, where)
    if not options.header_row:
        return tuple(f"column{number}" for number in range(1, width + 1))
    levels: list[list[str | None]] = []
    for number in range(layout.header_row, layout.header_row + layout.header_rows):
        row = list(grid.get(number, ()))
        row += [None] * (layout.right - len(row))
        levels.append([None if cell is None else str(cell) for cell in row[layout.left - 1 : layout.right]])
    for merged in sheet.merged:
        # What stands in a merged cell holds for all columns that it covers.
        level = merged.top - layout.header_row
        if 0 <= level < len(levels) and layout.left <= merged.left <= layout.right:
            for column in range(merged.left + 1, min(merged.right, layout.right) + 1):
                levels[level][column - layout.left] = levels[level][merged.left - layout.left]
    names = column_names(joined_headers(levels))
    return names[: _used(levels, width)]


def _used(levels: Sequence[Sequence[str | None]], width: int) -> int:
    """Columns up to the last that has a header."""
    named = [position for level in levels for position, cell in enumerate(level, start=1) if cell and cell.strip()]
    return max(named, default=width)


def beside(grid: Grid, layout: Layout) -> list[str]:
    """What stands in the header's rows right behind the table's last column, up to the first blank cell."""
    found: list[str] = []
    rows = [grid.get(number, ()) for number in range(layout.header_row, layout.header_row + layout.header_rows)]
    at = layout.right
    while layout.header_row and (said := [str(row[at]) for row in rows if at < len(row) and row[at] not in {None, ""}]):
        found.append(" ".join(said))
        at += 1
    return found
