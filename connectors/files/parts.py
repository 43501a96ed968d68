"""A table that is a part of a CSV file: a range of cells, a block among blank ones, what stands below a header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.files import text
from connectors.files.blocks import Block, Cells, Titled, asked_range, begins_with_a_row, below, numbered
from connectors.files.options import ReadOptions
from connectors.files.records import Dialect, Record, Splitter
from spec.errors import DataError
from spec.records import record

PLAIN = Dialect()
"""The dialect of the records that ``rows_of`` gives."""


@record(frozen=True)
class Area:
    """Where the table stands: rows as a spreadsheet counts them, its header in the first ``header_rows`` of them."""

    block: Block
    header_rows: int


def located(path: Path, compression: text.Compression, dialect: Dialect, options: ReadOptions, shown: str) -> Area:
    """The part that the options name. Raises DataError with file and row where it is not there."""
    where: dict[str, str | int] = {"file": shown}
    levels = options.header_rows if options.header_row else 0
    if options.table is None:
        block = asked_range(options.range or "")
        # As in a worksheet: columns alone leave the rows to header_row, a range with rows begins with its header.
        whole = not begins_with_a_row(options.range or "")
        top = options.header_row if whole and options.header_row else block.top
        return Area(Block(top, block.left, block.bottom, block.right), levels)
    rows, filled = [], []
    header: tuple[int, int, int] | None = None
    titled = None if isinstance(options.table, int) else Titled(options.table, where)
    for number, _, values in _values(path, compression, dialect):
        bits = sum(1 << at for at, value in enumerate(values, start=1) if value.strip())
        if titled is not None and header is None and bits:
            found = titled.columns(number, values)
            header = (number, *found) if found else None
        if bits:
            rows.append(number)
            filled.append(bits)
    cells = Cells(rows, filled)
    if isinstance(options.table, int):
        return Area(numbered(cells, options, options.table, where), levels)
    if titled is not None and header is None:
        raise titled.missing()
    top, left, right = header or (1, 1, 1)
    return Area(below(cells, top, left, right, max(levels, 1)), max(levels, 1))


def _values(path: Path, compression: text.Compression, dialect: Dialect) -> Iterator[tuple[int, Record, Sequence[str]]]:
    """Each record with its number from 1 as a spreadsheet counts it, blank ones too, and its values."""
    splitter = Splitter(dialect, 0, blank=True)
    with text.reachable(path), text.open_plain(path, compression) as stream:
        for number, found in enumerate(splitter.records(stream), start=1):
            values = [] if found.problem else splitter.values(found)
            if number == 1 and values:
                values[0] = values[0].lstrip("\ufeff")
            yield number, found, values


def header_of(path: Path, compression: text.Compression, dialect: Dialect, area: Area, shown: str) -> list[list[str]]:
    """The cells of the header's rows. Raises DataError where the file ends before."""
    block = area.block
    levels: list[list[str]] = []
    for number, _, values in _values(path, compression, dialect):
        if number >= block.top + max(area.header_rows, 1):
            break
        if number >= block.top:
            levels.append(_cut(values, block))
    if not levels:
        raise DataError(
            "The file has no row where its table should begin.",
            hint="It is shorter than the options range, table or header_row say.",
            where={"file": shown, "row": block.top},
        )
    return levels


def rows_of(path: Path, compression: text.Compression, dialect: Dialect, area: Area, *, skip: int) -> Iterator[Record]:
    """The records of the part's rows as they would stand in a plain file of their own, blank ones left out."""
    block = area.block
    first = block.top + area.header_rows + skip
    for number, found, values in _values(path, compression, dialect):
        if number < first:
            continue
        if number > block.bottom:
            return
        if found.problem:
            yield found
            continue
        cells = _cut(values, block)
        if any(cell.strip() for cell in cells):
            yield Record(found.line, plain_record(cells))


def plain_record(values: Sequence[str]) -> bytes:
    """The values as a record of the plain dialect."""
    quoted = ('"' + value.replace('"', '""') + '"' if value else "" for value in values)
    return ",".join(quoted).encode("utf-8", "surrogateescape")


def _cut(values: Sequence[str], block: Block) -> list[str]:
    cells = list(values[block.left - 1 : block.right])
    return cells + [""] * (block.right - block.left + 1 - len(cells))


def named(names: Sequence[str], width: int, where: Mapping[str, str | int]) -> tuple[str, ...]:
    """The names that the options give, as many as there are columns. Raises DataError where they are not."""
    if len(names) != width:
        raise DataError(
            f"The option names gives {len(names)} names, and the table has {width} columns.",
            hint="Give a name for each column, from left to right.",
            where=dict(where),
            data={"names": list(names), "columns": width},
        )
    return tuple(names)
