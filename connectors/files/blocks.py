"""Tables among the cells of a worksheet or a CSV file: blocks of cells with nothing around them, and their headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from connectors.files.archive import column_letters, column_number
from connectors.files.options import ReadOptions
from spec.errors import DataError, SpecError, nearest
from spec.records import record

_RANGE = re.compile(r"([A-Za-z]{1,3})(\d*):([A-Za-z]{1,3})(\d*)")
FAR = 1 << 40
"""The last row of a range without an end."""
_SHOWN = 6


@record(frozen=True)
class Block:
    """Cells of a table: rows and columns from 1, ends included. ``bottom`` of a table without an end is far away."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def cells(self) -> str:
        """As a spreadsheet names it: ``B3:F20``."""
        return f"{column_letters(self.left)}{self.top}:{column_letters(self.right)}{self.bottom}"


@record(frozen=True)
class Cells:
    """All cells of a place: numbers of the rows that hold something, and which columns of each do, as bits.

    Bit ``1 << 1`` is the first column.
    """

    rows: Sequence[int]
    filled: Sequence[int]


def blocks(cells: Cells) -> list[Block]:
    """The blocks of two rows and two columns at least, from the top, and from the left where they begin alike.

    A blank row or a blank column ends a block.
    """
    pairs = list(zip(cells.rows, cells.filled, strict=True))
    found = [block for block in _cut(pairs) if block.bottom > block.top and block.right > block.left]
    return sorted(found, key=lambda block: (block.top, block.left))


def _cut(rows: Sequence[tuple[int, int]]) -> Iterator[Block]:
    for run in _runs(rows):
        bits = 0
        for _, filled in run:
            bits |= filled
        stretches = list(_stretches(bits))
        if len(stretches) == 1 and len(run) == len(rows):
            left, right = stretches[0]
            yield Block(run[0][0], left, run[-1][0], right)
            continue
        for left, right in stretches:
            mask = mask_of(left, right)
            yield from _cut([(row, filled & mask) for row, filled in run if filled & mask])


def _runs(rows: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    start = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at][0] != rows[at - 1][0] + 1:
            yield rows[start:at]
            start = at


def _stretches(bits: int) -> Iterator[tuple[int, int]]:
    """First and last column of each run of columns that hold something."""
    column = 0
    while bits >> column:
        while not bits >> column & 1:
            column += 1
        left = column
        while bits >> column & 1:
            column += 1
        yield left, column - 1


def mask_of(left: int, right: int) -> int:
    """The bits of these columns."""
    return (1 << (right + 1)) - (1 << left)


def asked_range(text: str) -> Block:
    """``A5:H200``, ``A5:H`` (to the end) or ``B:H`` (from the first row). Raises SpecError for anything else."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise SpecError(
            f"{text!r} is no range of cells.",
            hint="It looks like A5:H200, A5:H or B:H.",
            where={"field": "options.range"},
        )
    left, right = column_number(found[1].upper()), column_number(found[3].upper())
    block = Block(int(found[2] or 1), left, int(found[4] or FAR), right)
    if block.right < block.left or block.bottom < block.top:
        raise SpecError(
            f"The range {text!r} ends before it begins.",
            hint="Its first cell is the upper left one.",
            where={"field": "options.range"},
        )
    return block


def begins_with_a_row(text: str) -> bool:
    """Whether the range says its first row; without one, ``header_row`` does."""
    return any(letter.isdigit() for letter in text.split(":", maxsplit=1)[0])


def numbered(found: Sequence[Block], options: ReadOptions, number: int, where: dict[str, str | int]) -> Block:
    """The block of this number, without the rows above its header. Raises DataError when there are fewer."""
    if not 1 <= number <= len(found):
        there = ", ".join(f"{at}: {block.cells}" for at, block in enumerate(found[:_SHOWN], start=1))
        raise DataError(
            f"There is no table {number} here; there {'is' if len(found) == 1 else 'are'} {len(found)}.",
            hint=f"They are {there}." if found else "A table has two rows and two columns at least.",
            where=where,
            data={"tables": [block.cells for block in found]},
        )
    block = found[number - 1]
    top = block.top + max(options.header_row - 1, 0)
    if top > block.bottom:
        raise DataError(
            f"The header of table {number} would be below its last row, {block.bottom}.",
            hint="With the option table, header_row counts from the table's first row.",
            where={**where, "row": top},
        )
    return Block(top, block.left, block.bottom, block.right)


class Titled:
    """Looks for the row that holds the texts of a header, row by row from the top."""

    def __init__(self, texts: Sequence[str], where: dict[str, str | int]) -> None:
        self._wanted = [plain(text) for text in texts]
        self._texts = tuple(texts)
        self._where = where
        self._nearest: tuple[int, int, list[str]] = (0, 0, [])
        self._seen: list[str] = []

    def columns(self, row: int, cells: Sequence[object]) -> tuple[int, int] | None:
        """First and last column of the header in this row, None when it lacks a text of it."""
        found = [plain(cell) for cell in cells]
        held = [text for text in self._wanted if text in found]
        if len(held) < len(self._wanted):
            if len(held) > self._nearest[0]:
                self._nearest = (len(held), row, [text for text in self._texts if plain(text) not in found])
            self._seen += [str(cell).strip() for cell in cells if plain(cell)][: 200 - len(self._seen)]
            return None
        bits = sum(1 << at for at, text in enumerate(found, start=1) if text)
        for left, right in _stretches(bits):
            if all(text in found[left - 1 : right] for text in self._wanted):
                return left, right
        at = [found.index(text) + 1 for text in self._wanted]
        return min(at), max(at)

    def missing(self) -> DataError:
        """Say that no row holds all texts, and which comes nearest."""
        said = ", ".join(repr(text) for text in self._texts)
        _, row, lacking = self._nearest
        if row:
            hint = f"Row {row} has some of them, but not {', '.join(repr(text) for text in lacking)}."
        else:
            near = nearest(self._texts[0], self._seen)
            hint = f"Did you mean {near!r}?" if near else "The option table says texts of its header, or its number."
        where: dict[str, str | int] = {**self._where, "row": row} if row else {**self._where}
        return DataError(f"There is no table here whose header holds {said}.", hint=hint, where=where)


def below(cells: Cells, top: int, left: int, right: int, rows: int) -> Block:
    """The table under a header of so many rows: down to the first row that is blank in its columns.

    A column belongs to it when one row of its header says something: ``Q1`` may stand over two of them.
    """
    header = 0
    for row, filled in zip(cells.rows, cells.filled, strict=True):
        header |= filled if top <= row < top + rows else 0
    for first, last in _stretches(header) if rows > 1 else ():
        if first <= right and left <= last:
            left, right = min(left, first), max(right, last)
    mask = mask_of(left, right)
    bottom = top + rows - 1
    for row, filled in zip(cells.rows, cells.filled, strict=True):
        if row <= bottom:
            continue
        if row > bottom + 1 or not filled & mask:
            break
        bottom = row
    return Block(top, left, bottom, right)


def several(cells: Cells, grid: Mapping[int, Sequence[object]]) -> list[str]:
    """A note where a worksheet seems to hold more than one table: blocks that begin with a row of texts."""
    found = [(at, block) for at, block in enumerate(blocks(cells), start=1) if _has_header(block, grid)]
    if len(found) < 2:
        return []
    named = ", ".join(f"{at} in {block.cells}" for at, block in found[:_SHOWN])
    return [
        f"The worksheet seems to hold several tables: {named}. The option table reads one, as {{table: {found[1][0]}}}."
    ]


def _has_header(block: Block, grid: Mapping[int, Sequence[object]]) -> bool:
    for row in (block.top, block.top + 1):
        filled = [cell for cell in grid.get(row, ())[block.left - 1 : block.right] if cell not in {None, ""}]
        if len(filled) > 1:
            return all(isinstance(cell, str) for cell in filled)
    return False


def plain(cell: object) -> str:
    """A cell's text for comparison: case and spaces do not count."""
    return "" if cell is None else " ".join(str(cell).casefold().split())
