"""Excel workbooks: the table is found among titles, merged headers, totals and notes, and its place is written down.

A worksheet's numbers are binary fractions; they are read with the 15 digits that Excel itself shows, so 9.8 stays 9.8.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import conform, sql
from connectors.contract import Discovered, Reading
from connectors.drift import compare
from connectors.extensions import load as load_extension
from connectors.files import archive, text
from connectors.files.archive import Entry, Sheet, column_letters, column_number
from connectors.files.delimited import quarantined
from connectors.files.options import ReadOptions
from connectors.looking import scratch
from connectors.names import column_names, joined_headers
from connectors.profile import Profile, key_of, profile, spelling_of
from connectors.spelling import plain_options
from spec.catalog import Column, Table
from spec.errors import DataError, nearest
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOOKED_AT = 200
_KINDS_FROM = 2000
_TOTAL = re.compile(
    r"(grand |general )?(total|totals|totale|totali|totaal|totales|gesamt|summe|suma|sum|somme|subtotal|sub-total)\b.*",
    re.IGNORECASE,
)
Cell = object


@record(frozen=True)
class Layout:
    """Where the table stands: header rows, first data row, columns from 1, and the last row of data."""

    header_row: int
    header_rows: int
    first: int
    last: int
    left: int
    right: int


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """A table for each visible worksheet that holds one."""
    with text.reachable(path), archive.guarded(path) as book:
        entries, is_1904 = archive.sheets(book, path)
        wanted = (
            [_entry(entries, options.sheet, path)]
            if options.sheet
            else [entry for entry in entries if not entry.hidden]
        )
        seen = [(entry, archive.facts(book, entry, path)) for entry in wanted]
    hidden = [entry.name for entry in entries if entry.hidden and not options.sheet]
    filled = [(entry, sheet) for entry, sheet in seen if sheet.rows]
    if not filled:
        raise DataError("The workbook is empty.", hint="No worksheet of it holds a value.", where={"file": str(path)})
    found = []
    for entry, sheet in filled:
        given = options.model_copy(update={"sheet": entry.name, "serial_dates": 1904 if is_1904 else 1900})
        suffix = f"\x00{entry.name}" if len(filled) > 1 and not options.sheet else ""
        found.append(_discover_sheet(path, location, given, stated, sheet, suffix))
    notes = []
    empty = [entry.name for entry, sheet in seen if not sheet.rows]
    if empty:
        notes.append(f"Left out, since they are empty: {', '.join(empty)}.")
    if hidden:
        notes.append(f"Left out, since they are hidden: {', '.join(hidden)}.")
    first = found[0]
    return [Discovered(first.name, first.source, first.table, (*first.warnings, *notes), first.choices), *found[1:]]


def _entry(entries: Sequence[Entry], name: str | None, path: Path) -> Entry:
    if name is None:
        return next((entry for entry in entries if not entry.hidden), entries[0])
    for entry in entries:
        if entry.name.casefold() == name.casefold():
            return entry
    known = [entry.name for entry in entries]
    near = nearest(name, known)
    raise DataError(
        f"The workbook has no worksheet {name!r}.",
        hint=f"Did you mean {near!r}?" if near else f"It has: {', '.join(known)}.",
        where={"file": str(path), "sheet": name},
        data={"unknown": name, "known": known},
    )


def _discover_sheet(
    path: Path, location: str, options: ReadOptions, stated: frozenset[str], sheet: Sheet, suffix: str
) -> Discovered:
    grid = _cells(path, options.sheet, 1, _LOOKED_AT)
    options, notes = _laid_out(options, stated, sheet, grid)
    layout = _layout(options, sheet)
    names = _names(grid, options, layout, sheet)
    body = _cells(path, options.sheet, layout.first, min(layout.last, layout.first + _KINDS_FROM - 1))
    kinds = {name: _kinds(body, layout.left + offset) for offset, name in enumerate(names)}
    with scratch() as connection:
        raw = _raw(connection, path, options, layout, names, "raw")
        if "skip_totals" not in stated and "skip_footer" not in stated:
            left_out = _without_footer(connection, raw, names)
            options = options.model_copy(update={"skip_totals": bool(left_out)})
            notes += _told(left_out)
        rows = sql.count(connection, raw)
        found = _judged(connection, raw, names, kinds)
        key = key_of(connection, raw, found.types, options.sheet or "")
    spelled = {name: value for name, value in spelling_of(found).items() if name not in stated}
    options = options.model_copy(update=spelled)
    if sheet.uncomputed:
        notes.append(f"{sheet.uncomputed} formulas have no result yet; open the workbook in Excel and save it.")
    if not rows:
        notes.append("The worksheet has a header and no rows.")
    source = Source(
        connector="files",
        location=location,
        stream=options.sheet,
        options=plain_options(options),
        columns=found.types,
        primary_key=key,
    )
    columns = tuple(Column(name=name, type=type_) for name, type_ in found.types.items())
    table = Table(name=suffix, columns=columns, rows=rows, primary_key=key)
    return Discovered(suffix, source, table, (*notes, *found.warnings), tuple(found.choices))


# --- where the table stands ---------------------------------------------------------------------------------------


def _cells(path: Path, sheet: str | None, first: int, last: int) -> dict[int, tuple[Cell, ...]]:
    """Rows by number, as Python values."""
    import openpyxl

    with warnings.catch_warnings():
        # It warns of drawings and rules that it would lose on saving; we never save.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            page = book[sheet] if sheet else book.worksheets[0]
            page.reset_dimensions()
            rows = page.iter_rows(min_row=first, max_row=last, values_only=True)
            return {number: tuple(row) for number, row in enumerate(rows, start=first)}
        finally:
            book.close()


def _laid_out(
    options: ReadOptions, stated: frozenset[str], sheet: Sheet, grid: Mapping[int, tuple[Cell, ...]]
) -> tuple[ReadOptions, list[str]]:
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


def _header(sheet: Sheet, grid: Mapping[int, tuple[Cell, ...]]) -> tuple[int, int]:
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


def _span(options: ReadOptions, grid: Mapping[int, tuple[Cell, ...]], sheet: Sheet) -> tuple[int, int]:
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


def _layout(options: ReadOptions, sheet: Sheet) -> Layout:
    """Rows and columns of the table as the options and the sheet's own rows say."""
    left, right, top, bottom = 1, max(sheet.width, 1), options.header_row, 0
    if options.range:
        found = re.fullmatch(r"([A-Za-z]+)(\d*):([A-Za-z]+)(\d*)", options.range)
        if found is None:
            raise DataError(f"{options.range!r} is no range of cells.", hint="It looks like A5:H200 or B:H.")
        left, right = column_number(found[1].upper()), column_number(found[3].upper())
        if found[2]:
            top = int(found[2]) if options.header_row else 0
        bottom = int(found[4] or 0)
    if options.header_row:
        first = top + options.header_rows + options.skip_rows
    else:
        start = re.search(r"\d+", options.range.split(":")[0]) if options.range else None
        first = (int(start[0]) if start else min(sheet.rows, default=1)) + options.skip_rows
    data = [row for row in sheet.rows if row >= first and (not bottom or row <= bottom)]
    kept = data[: len(data) - options.skip_footer] if options.skip_footer else data
    return Layout(top, options.header_rows, first, kept[-1] if kept else first - 1, left, right)


def _without_footer(connection: DuckDBPyConnection, raw: exp.Table, names: Sequence[str]) -> list[tuple[int, str]]:
    """Take totals and notes off the end, told by their words: a count would one month cut a row of data.

    Returns the row numbers with the first text of each.
    """
    if len(names) < 2:
        return []
    line = sql.column(conform.LINE)
    query = exp.select(line, *(sql.column(name) for name in names)).from_(raw)
    tail = sql.rows(connection, query.order_by(exp.Ordered(this=line.copy(), desc=True)).limit(7))
    found: list[tuple[int, str]] = []
    for number, *row in tail[:-1]:
        filled = [str(cell).strip() for cell in row if cell is not None]
        is_total = bool(_TOTAL.fullmatch(filled[0]))
        is_note = len(filled) == 1 and len(names) > 2 and not re.fullmatch(r"[\d.,-]+", filled[0])
        if not is_total and not is_note:
            break
        found.append((sql.whole(number), filled[0]))
    if found:
        first = found[-1][0]
        sql.run(connection, exp.delete(raw.copy()).where(sql.template(":x >= :first", x=line.copy(), first=first)))
    return found


def _told(left_out: Sequence[tuple[int, str]]) -> list[str]:
    return [
        f"Row {number} is left out, since it holds a total or a note: {words[:40]!r}." for number, words in left_out
    ]


def _names(grid: Mapping[int, tuple[Cell, ...]], options: ReadOptions, layout: Layout, sheet: Sheet) -> tuple[str, ...]:
    width = layout.right - layout.left + 1
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


# --- what the cells hold ------------------------------------------------------------------------------------------


def _kinds(body: Mapping[int, tuple[Cell, ...]], column: int) -> set[str]:
    found: set[str] = set()
    for row in body.values():
        cell = row[column - 1] if column <= len(row) else None
        if cell is None or cell == "":
            continue
        if isinstance(cell, bool):
            found.add("bool")
        elif isinstance(cell, datetime):
            found.add("date" if cell.time() == time(0) else "timestamp")
        elif isinstance(cell, date):
            found.add("date")
        elif isinstance(cell, time):
            found.add("time")
        elif isinstance(cell, int | float):
            found.add("number")
        else:
            found.add("text")
    return found


def _judged(
    connection: DuckDBPyConnection, raw: exp.Table, names: Sequence[str], kinds: Mapping[str, set[str]]
) -> Profile:
    """Types by the kinds of cells; columns of texts are judged by their own spelling, apart from those of numbers."""
    known: dict[str, str] = {}
    for name in names:
        held = kinds[name] - {"text"}
        if held and held <= {"date", "timestamp"}:
            known[name] = "TIMESTAMP" if "timestamp" in held else "DATE"
        elif held == {"bool"} and "text" not in kinds[name]:
            known[name] = "BOOLEAN"
        elif held and held != {"number"}:
            known[name] = "VARCHAR"
    texts = [name for name in names if name not in known and kinds[name] == {"text"}]
    numbers = [name for name in names if name not in known and name not in texts]
    found = profile(connection, raw, numbers, likely=".")
    other = profile(connection, raw, texts, quoted=texts)
    found.types = {name: known.get(name) or found.types.get(name) or other.types[name] for name in names}
    found.styles = {
        name: (other.decimal, other.thousands) for name in texts if other.types[name].startswith(("DECIMAL", "DOUBLE"))
    }
    found.currency = tuple(sorted({*found.currency, *other.currency}))
    found.negative = found.negative or other.negative
    found.date_format |= other.date_format
    found.timestamp_format |= other.timestamp_format
    found.null_values = tuple(sorted({*found.null_values, *other.null_values}))
    found.warnings += other.warnings
    found.choices += other.choices
    for name, type_ in known.items():
        if type_ in {"DATE", "TIMESTAMP"} and "text" in kinds[name]:
            found.warnings.append(
                f"Column {name!r} holds dates and some texts; rows with a text that is no date are set aside."
            )
    return found


def _raw(
    connection: DuckDBPyConnection, path: Path, options: ReadOptions, layout: Layout, names: Sequence[str], called: str
) -> exp.Table:
    """The table's cells as text with ``__line``, blank rows left out."""
    load_extension(connection, "excel")
    raw = exp.Table(this=sql.identifier(called))
    sql.run(connection, sql.drop(raw))
    columns = [column_letters(layout.left + offset) for offset in range(len(names))]
    if layout.last < layout.first:
        nothing = [exp.alias_(sql.cast(exp.null(), "VARCHAR"), sql.identifier(name)) for name in names]
        number = exp.alias_(sql.cast(sql.value(0), "BIGINT"), sql.identifier(conform.LINE))
        sql.run(connection, sql.create(raw, exp.select(number, *nothing).where(exp.false()), temporary=True))
        return raw
    cells = f"{columns[0]}{layout.first}:{columns[-1]}{layout.last}"
    sheet: dict[str, sql.Plain | exp.Expression] = {"sheet": options.sheet} if options.sheet else {}
    page = sql.call("read_xlsx", str(path), all_varchar=True, header=False, range=cells, stop_at_empty=False, **sheet)
    numbered = exp.select(
        exp.alias_(sql.template("row_number() OVER () + :above", above=layout.first - 1), sql.identifier(conform.LINE)),
        exp.Star(),
    ).from_(page)
    marks = ["", *options.null_values]
    picked = [
        exp.alias_(sql.template(_FIFTEEN, x=sql.column(letters), marks=marks), sql.identifier(name))
        for letters, name in zip(columns, names, strict=True)
    ]
    is_filled = sql.any_of([sql.template("trim(:x) <> ''", x=sql.column(letters)) for letters in columns])
    query = exp.select(sql.column(conform.LINE), *picked).from_(numbered.subquery("page")).where(is_filled)
    sql.run(connection, sql.create(raw, query, temporary=True))
    return raw


# 16 and 17 digits are what a binary fraction needs to be written out; Excel computes and shows 15. Only texts with a
# decimal point or an exponent are meant: a long number without either may be an id.
_FIFTEEN = r"""CASE WHEN list_contains(:marks, :x) THEN NULL
WHEN length(:x) >= 16 AND regexp_full_match(:x, '-?[0-9]+(\.[0-9]{8,}([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)')
THEN printf('%.15g', TRY_CAST(:x AS DOUBLE)) ELSE :x END"""


# --- reading ------------------------------------------------------------------------------------------------------


def read(
    source: Source,
    options: ReadOptions,
    path: Path,
    shown: str,
    into: DuckDBPyConnection,
    table: exp.Table,
    *,
    append: bool,
) -> Reading:
    """Read the worksheet; rows that do not fit go aside with their row number."""
    options = options.model_copy(update={"sheet": source.stream or options.sheet})
    content = text.content(path, "none")
    with text.reachable(path), archive.guarded(path) as book:
        entry = _entry(archive.sheets(book, path)[0], options.sheet, path)
        sheet = archive.facts(book, entry, path)
    options = options.model_copy(update={"sheet": entry.name})
    layout = _layout(options, sheet)
    where: dict[str, str | int] = {"file": shown, "sheet": entry.name}
    if not sheet.rows or (options.header_row and layout.header_row > sheet.rows[-1]):
        raise DataError(
            "The worksheet has no header.", hint="It is empty, or shorter than header_row says.", where=where
        )
    top = layout.header_row or layout.first
    grid = _cells(path, entry.name, top, top + layout.header_rows - 1)
    names = _names(grid, options, layout, sheet)
    fill = options.union == "by_name"
    notes = compare(source.columns, names, where, policy=source.drift, fill=fill)
    if sheet.uncomputed:
        notes.append(f"{sheet.uncomputed} formulas have no result; open the workbook in Excel and save it.")
    raw = _raw(into, path, options, layout, names, f"{table.name}__raw")
    present = {name.casefold(): name for name in names}
    texts = {
        name: sql.column(present[name.casefold()]) if name.casefold() in present else sql.cast(exp.null(), "VARCHAR")
        for name in source.columns
    }
    left_out = _without_footer(into, raw, names) if options.skip_totals else []
    notes += _told(left_out)
    try:
        outcome = conform.load(
            into, raw, table, source.columns, options, policy=source.on_error, file=f"{shown}/{entry.name}",
            hidden=frozenset(name for name, kind in source.sensitive.items() if kind != "public"),
            append=append, texts=texts, drift=source.drift,
        )  # fmt: skip
    finally:
        sql.run(into, sql.drop(raw))
    expected = sum(layout.first <= row <= layout.last for row in sheet.rows) - len(left_out)
    if outcome.rows + outcome.quarantined != expected:
        notes.append(
            f"{expected} rows of the sheet hold something, {outcome.rows + outcome.quarantined} in the table's columns."
        )
    return Reading(
        rows=outcome.rows,
        expected_rows=expected if outcome.rows + outcome.quarantined == expected else None,
        quarantined=quarantined(table, outcome, 0),
        nulled=outcome.nulled,
        fingerprint=content.fingerprint,
        warnings=notes,
    )
