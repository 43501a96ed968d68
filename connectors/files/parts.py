"""A table that is a part of a CSV file: a range of cells, a block among blank ones, what stands below a header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.files import text
from connectors.files.blocks import Block, Cells, Titled, asked_range, begins_with_a_row, below, blocks, numbered
from connectors.files.heads import Head, head_of, split
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
    if isinstance(options.table, int):
        found = [block for block, _ in _tables(path, compression, dialect)]
        return Area(numbered(found, options, options.table, where), levels)
    seen = _Seen()
    titled = Titled(options.table, where)
    header: tuple[int, int, int] | None = None
    for number, found_record, values in _values(path, compression, dialect):
        if seen.add(number, found_record, values) and header is None:
            columns = titled.columns(number, values)
            header = (number, *columns) if columns else None
    if header is None:
        raise titled.missing()
    return Area(below(seen.cells, *header, max(levels, 1)), max(levels, 1))


class _Seen:
    """Which rows hold something, and where; a broken record is taken to be as wide as the one above it."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._filled: list[int] = []

    def add(self, number: int, found: Record, values: Sequence[str]) -> bool:
        """Whether the row has values, after it was taken in."""
        bits = sum(1 << at for at, value in enumerate(values, start=1) if value.strip())
        if found.problem and self._rows and self._rows[-1] == number - 1:
            bits = self._filled[-1]
        if bits:
            self._rows.append(number)
            self._filled.append(bits)
        return bool(values) and bool(bits)

    @property
    def cells(self) -> Cells:
        return Cells(self._rows, self._filled)


def heads_of(path: Path, compression: text.Compression, dialect: Dialect) -> list[Head]:
    """Where in each table of the file its header stands."""
    return [head for _, head in _tables(path, compression, dialect)]


def _tables(path: Path, compression: text.Compression, dialect: Dialect) -> list[tuple[Block, Head]]:
    """The file's tables: its blocks of cells, each cut where a further header stands in it."""
    seen = _Seen()
    rows: dict[int, Sequence[str]] = {}
    for number, found, values in _values(path, compression, dialect):
        seen.add(number, found, values)
        rows[number] = values
    tables: list[tuple[Block, Head]] = []
    for block in blocks(seen.cells):
        # Records of another width are no part of what is looked at; their cells are the file's, not the block's.
        numbers = [number for number in range(block.top, block.bottom + 1) if rows[number]]
        cut = [_trimmed(rows[number], block) for number in numbers]
        for first, last in split(cut):
            width = max(len(cells) for cells in cut[first : last + 1])
            bottom = numbers[last + 1] - 1 if last + 1 < len(numbers) else block.bottom
            part = Block(numbers[first], block.left, bottom, block.left + width - 1)
            tables.append((part, head_of(cut[first : last + 1])))
    return tables


def _trimmed(values: Sequence[str], block: Block) -> list[str]:
    """The block's cells of a record, as many as the record has."""
    return list(values[block.left - 1 : block.right])


def _values(path: Path, compression: text.Compression, dialect: Dialect) -> Iterator[tuple[int, Record, Sequence[str]]]:
    """Each record with its number from 1 as a spreadsheet counts it, blank ones too, and its values."""
    splitter = Splitter(dialect, 0, blank=True)
    with text.reachable(path), text.open_plain(path, compression) as stream:
        for number, found in enumerate(splitter.records(stream), start=1):
            values = [] if found.problem else splitter.values(found)
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
    width = 0
    for number, found, values in _values(path, compression, dialect):
        if number == block.top:
            width = len(values)
        if number < first:
            continue
        if number > block.bottom:
            return
        if found.problem:
            yield found
            continue
        cells = _cut(values, block)
        is_short = len(values) < min(block.right, width)
        if values and (len(values) > width or is_short):
            # Which cell there is one too many, or too few, is not known, and so neither is where the others belong.
            yield Record(found.line, found.raw, f"{len(values)} values where {width} are expected")
        elif any(cell.strip() for cell in cells):
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
