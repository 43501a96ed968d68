"""Excel workbooks: the table is found among titles, merged headers, totals and notes, and its place is written down.

A worksheet's numbers are binary fractions; they are read with the 15 digits that Excel itself shows, so 9.8 stays 9.8.
"""

from __future__ import annotations

import fnmatch
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import conform, sql
from connectors.contract import Discovered, Reading
from connectors.drift import known_names
from connectors.extensions import load as load_extension
from connectors.files import archive, made, text
from connectors.files.archive import Entry, Sheet, column_letters
from connectors.files.aside import quarantined
from connectors.files.blocks import Cells, Titled, below, blocks, numbered, several
from connectors.files.footer import Footer, differing, own_totals, subtotals, told, without_footer
from connectors.files.layout import Cell, Layout, beside, laid_out, layout_of, names_of
from connectors.files.options import ReadOptions
from connectors.looking import scratch
from connectors.profile.findings import Profile, spelling_of
from connectors.profile.judging import profile
from connectors.profile.keys import key_of
from connectors.spelling import plain_options
from connectors.trees import exp
from spec.catalog import Column, Table
from spec.errors import DataError, nearest
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOOKED_AT = 200
_KINDS_FROM = 2000


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """A table for each visible worksheet that holds one."""
    with text.reachable(path), archive.guarded(path) as book:
        entries, is_1904 = archive.sheets(book, path)
        wanted = [entry for entry in entries if not entry.hidden]
        if options.sheet:
            entry, options = _chosen(entries, options, path)
            wanted = [entry]
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


def matching(path: Path, wanted: str | Sequence[str] | None) -> list[str]:
    """The worksheets that a source's ``sheet`` means, in the workbook's order: hidden ones only by their own name.

    Raises DataError where none matches.
    """
    with text.reachable(path), archive.guarded(path) as book:
        entries, _ = archive.sheets(book, path)
    if wanted is None or isinstance(wanted, str):
        if wanted is None or not is_pattern(wanted):
            return [_chosen(entries, ReadOptions(sheet=wanted), path)[0].name]
        wanted = (wanted,)
    found = {_entry(entries, one, path).name for one in wanted if not is_pattern(one)}
    for one in wanted:
        if is_pattern(one):
            there = [entry.name for entry in entries if not entry.hidden and _fits(entry.name, one)]
            if not there:
                raise DataError(
                    f"No worksheet of the workbook matches {one!r}.",
                    hint=f"It has: {', '.join(entry.name for entry in entries if not entry.hidden)}.",
                    where={"file": str(path), "sheet": one},
                )
            found.update(there)
    return [entry.name for entry in entries if entry.name in found]


def is_pattern(sheet: str) -> bool:
    """Whether this is no name of a worksheet, which can hold none of these characters."""
    return any(mark in sheet for mark in "*?[")


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.casefold(), pattern.casefold())


def _chosen(entries: Sequence[Entry], options: ReadOptions, path: Path) -> tuple[Entry, ReadOptions]:
    """The worksheet that the options mean; ``Sheet#2`` is the second table of the worksheet ``Sheet``."""
    name = options.sheet if isinstance(options.sheet, str) else None
    if name and not any(entry.name.casefold() == name.casefold() for entry in entries):
        numbered_sheet = re.fullmatch(r"(.+)#(\d+)", name)
        if numbered_sheet:
            name, options = numbered_sheet[1], options.model_copy(update={"table": int(numbered_sheet[2])})
    entry = _entry(entries, name, path)
    return entry, options.model_copy(update={"sheet": entry.name})


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
    asked = options
    options = placed(path, options, sheet, {"file": path.name, "sheet": str(options.sheet)})
    if asked.table is None:
        options, notes = laid_out(options, stated, sheet, grid)
        if "range" not in stated:
            notes = [*notes, *several(Cells(sheet.rows, sheet.filled), grid)]
    else:
        grid, notes = _cells(path, options.sheet, options.header_row or 1, options.header_row + _LOOKED_AT), []
    layout = layout_of(options, sheet)
    names = names_of(grid, options, layout, sheet)
    body = _cells(path, options.sheet, layout.first, min(layout.last, layout.first + _KINDS_FROM - 1))
    with scratch() as connection:
        raw = _raw(connection, path, options, layout, names, "raw")
        left_out: list[Footer] = []
        if "skip_totals" not in stated and "skip_footer" not in stated:
            left_out = without_footer(connection, raw, names)
            options = options.model_copy(update={"skip_totals": bool(left_out)})
            notes += told(left_out)
        notes += subtotals(connection, raw, names)
        end = left_out[-1].row if left_out else layout.last + 1
        data = {number: row for number, row in body.items() if number < end}
        kinds = {name: _kinds(data, layout.left + offset) for offset, name in enumerate(names)}
        rows = sql.count(connection, raw)
        found = _judged(connection, raw, names, kinds)
        key = key_of(connection, raw, found.types, str(options.sheet or ""))
        spelled = {name: value for name, value in spelling_of(found).items() if name not in stated}
        options = options.model_copy(update=spelled)
        texts = {name: sql.column(name) for name in names}
        totals = own_totals(connection, raw, left_out, texts, found.types, options)
    if "totals" not in stated:
        options = options.model_copy(update={"totals": tuple(one.column for one in totals if one.said == one.summed)})
    notes += differing(totals)
    if sheet.uncomputed:
        notes.append(f"{sheet.uncomputed} formulas have no result yet; open the workbook in Excel and save it.")
    if not rows:
        notes.append("The worksheet has a header and no rows.")
    if asked.table is not None:
        options = options.model_copy(update={"table": asked.table, "range": None, "header_row": asked.header_row})
    source = Source(
        connector="files",
        location=location,
        stream=str(options.sheet),
        options=plain_options(options),
        columns=found.types,
        primary_key=key,
    )
    columns = tuple(Column(name=name, type=type_) for name, type_ in found.types.items())
    table = Table(name=suffix, columns=columns, rows=rows, primary_key=key)
    return Discovered(suffix, source, table, (*notes, *found.warnings), tuple(found.choices))


def placed(path: Path, options: ReadOptions, sheet: Sheet, where: dict[str, str | int]) -> ReadOptions:
    """The options with ``range`` and ``header_row`` of the table that ``table`` means."""
    if options.table is None:
        return options
    cells = Cells(sheet.rows, sheet.filled)
    if isinstance(options.table, int):
        block = numbered(blocks(cells), options, options.table, where)
    else:
        titled = Titled(options.table, where)
        for number, row in _rows(path, str(options.sheet)):
            found = titled.columns(number, row)
            if found:
                block = below(cells, number, *found, options.header_rows)
                break
        else:
            raise titled.missing()
    header_row = block.top if options.header_row or not isinstance(options.table, int) else 0
    return options.model_copy(update={"range": block.cells, "header_row": header_row, "table": None})


def _rows(path: Path, sheet: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """All rows with their numbers, as Python values."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        page = book[sheet]
        page.reset_dimensions()
        for number, row in enumerate(page.iter_rows(values_only=True), start=1):
            yield number, tuple(row)
    finally:
        book.close()


def _cells(path: Path, sheet: str | Sequence[str] | None, first: int, last: int) -> dict[int, tuple[Cell, ...]]:
    """Rows by number, as Python values."""
    import openpyxl

    with warnings.catch_warnings():
        # It warns of drawings and rules that it would lose on saving; we never save.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            page = book[str(sheet)] if sheet else book.worksheets[0]
            page.reset_dimensions()
            rows = page.iter_rows(min_row=first, max_row=last, values_only=True)
            return {number: tuple(row) for number, row in enumerate(rows, start=first)}
        finally:
            book.close()


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
        elif isinstance(cell, timedelta):
            found.add("duration")
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
        elif held == {"time"} and "text" not in kinds[name]:
            known[name] = "TIME"
        elif "duration" in held and held <= {"duration", "time", "number"}:
            continue
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
    found.warnings += [
        f"Column {name!r} holds durations, which are read as days: 1.5 is 36 hours."
        for name in numbers
        if "duration" in kinds[name]
    ]
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
        nothing.insert(0, exp.alias_(sql.cast(exp.null(), "VARCHAR"), sql.identifier(conform.ROW)))
        sql.run(connection, sql.create(raw, exp.select(number, *nothing).where(exp.false()), temporary=True))
        return raw
    cells = f"{columns[0]}{layout.first}:{columns[-1]}{layout.last}"
    sheet: dict[str, sql.Plain | exp.Expression] = {"sheet": str(options.sheet)} if options.sheet else {}
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
    # Blank rows are gone before the window counts.
    counted = sql.cast(sql.template("row_number() OVER (ORDER BY :line)", line=sql.column(conform.LINE)), "VARCHAR")
    picked.insert(0, exp.alias_(counted, sql.identifier(conform.ROW)))
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
        entries, is_1904 = archive.sheets(book, path)
        entry, options = _chosen(entries, options, path)
        sheet = archive.facts(book, entry, path)
    if not options.serial_dates:
        # The workbook says itself from which day its dates are counted.
        options = options.model_copy(update={"serial_dates": 1904 if is_1904 else 1900})
    where: dict[str, str | int] = {"file": shown, "sheet": entry.name}
    declared = made.unmade(source, options)
    options = placed(path, options, sheet, where)
    options, layout, names, moved = _found_again(declared, options, path, sheet)
    if not sheet.rows or (options.header_row and layout.header_row > sheet.rows[-1]):
        raise DataError(
            "The worksheet has no header.", hint="It is empty, or shorter than header_row says.", where=where
        )
    notes = [*moved, *made.compared(source, options, names, where)]
    if sheet.uncomputed:
        notes.append(f"{sheet.uncomputed} formulas have no result; open the workbook in Excel and save it.")
    raw = _raw(into, path, options, layout, names, f"{table.name}__raw")
    present = {name.casefold(): name for name in names}
    if options.row_number_column:
        present[options.row_number_column.casefold()] = conform.ROW
    texts = {
        name: sql.column(present[name.casefold()]) if name.casefold() in present else sql.cast(exp.null(), "VARCHAR")
        for name in source.columns
    }
    left_out = without_footer(into, raw, names) if options.skip_totals else []
    notes += told(left_out)
    columns = {name: type_ for name, type_ in source.columns.items() if name in options.totals}
    totals = own_totals(into, raw, left_out, texts, columns, options)
    if columns and not totals:
        notes.append("There is no total row that the rows could be held against.")
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
        totals=tuple(replace(one, sheet=entry.name) for one in totals),
        quarantined=quarantined(table, outcome, 0),
        nulled=outcome.nulled,
        fingerprint=content.fingerprint,
        warnings=notes,
    )


def _found_again(
    source: Source, options: ReadOptions, path: Path, sheet: Sheet
) -> tuple[ReadOptions, Layout, tuple[str, ...], list[str]]:
    """Where the table stands now: where the options say, or elsewhere where more of the declared headers are.

    A further line of titles moves the header without changing the table, so it is looked for before anything is read.
    """
    layout = layout_of(options, sheet)
    top = layout.header_row or layout.first
    grid = _cells(path, options.sheet, top, top + layout.header_rows - 1)
    names = known_names(source, names_of(grid, options, layout, sheet))
    here = _declared_among(source, names)
    if (
        here < len(source.columns)
        and options.header_row
        and not any(letter.isdigit() for letter in options.range or "")
    ):
        grid = _cells(path, options.sheet, 1, _LOOKED_AT)
        other, _ = laid_out(options.model_copy(update={"range": None}), frozenset(), sheet, grid)
        place = layout_of(other, sheet)
        there = known_names(source, names_of(grid, other, place, sheet))
        if other.header_row and _declared_among(source, there) > here:
            return other, place, tuple(there), [_moved(layout, place)]
    said = beside(grid, layout)
    notes = [f"Columns to the right of the table were left out: {', '.join(said)}."] if said else []
    return options, layout, tuple(names), notes


def _moved(was: Layout, now: Layout) -> str:
    if was.header_row != now.header_row:
        return f"The header was found in row {now.header_row} instead of row {was.header_row}."
    return f"The table was found in columns {column_letters(now.left)} to {column_letters(now.right)}."


def _declared_among(source: Source, names: Sequence[str]) -> int:
    there = {name.casefold() for name in names}
    return sum(name.casefold() in there for name in source.columns)
