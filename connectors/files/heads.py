"""Which records of a CSV file are its header, how many rows make it, and where a further table begins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from spec.records import record

Cells = Sequence[str]
_NOTHING = {"-", "--", "n/a", "na", "nan", "null", "none", "nil", "?", "tbd", "tba", "unknown", "."}
_MOST_LEVELS = 5
_BELOW = 200


@record(frozen=True)
class Head:
    """The header: the position of its first row among the rows given, and how many rows make it; 0 for none."""

    first: int
    rows: int


def head_of(rows: Sequence[Cells]) -> Head:
    """The first row that is as wide as most and holds names; no rows of header where the first such row is data."""
    widths = Counter(len(cells) for cells in rows)
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    first = next(position for position, cells in enumerate(rows) if len(cells) == usual)
    # A title row padded with delimiters is as wide as the table, and blank but for one cell.
    while usual > 2 and first + 1 < len(rows) and sum(bool(cell.strip()) for cell in rows[first]) <= 1:
        if len(rows[first + 1]) != usual:
            break
        first += 1
    if usual > 2:
        first = _below_block(rows, first, usual)
    levels = 1
    below = [cells for cells in rows[first + 1 :] if len(cells) == usual]
    while levels < _MOST_LEVELS and len(below) > 1 and _goes_on(rows[first], below[0], below[1:]):
        below, levels = below[1:], levels + 1
    return Head(first, levels if are_names(rows[first + levels - 1], below, levels) else 0)


def _below_block(rows: Sequence[Cells], first: int, usual: int) -> int:
    """The row of names below a block that says of what and when the table is: an account, a period, a shop.

    Its rows are padded with delimiters to the table's width and fill a few cells at its left; a header fills more,
    and stands above values.
    """
    filled = [_filled(cells) for cells in rows]
    at = first
    # From the left: the upper row of a header stands over columns further right.
    while at < len(rows) and len(rows[at]) == usual and filled[at] <= min(2, (usual - 1) // 2):
        if filled[at] != _filled(rows[at][: filled[at]]):
            break
        at += 1
    if at == first or at >= len(rows) or len(rows[at]) != usual or filled[at] * 2 <= usual:
        return first
    below = [cells for cells in rows[at + 1 :] if len(cells) == usual]
    said = [_filled(cells) for cells in below if _filled(cells)]
    is_fuller = sum(number * 2 > usual for number in said) * 2 > len(said)
    return at if below and is_fuller and are_names(rows[at], below) else first


def _filled(cells: Cells) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _goes_on(header: Cells, cells: Cells, below: Sequence[Cells]) -> bool:
    """Whether the row under a header's is one of its rows: the same again, or words above columns of values.

    A word in one column of numbers may be a missing number, so it takes two such columns, and no value in any.
    """
    if [cell.strip() for cell in cells] == [cell.strip() for cell in header]:
        return True
    columns = [position for position in range(len(cells)) if _holds_values(below[:_BELOW], position)]
    words = [cells[position].strip() for position in columns if cells[position].strip()]
    return len(words) > 1 and not any(is_value(word) or word.casefold() in _NOTHING for word in words)


def _holds_values(rows: Sequence[Cells], position: int) -> bool:
    found = [row[position].strip() for row in rows if position < len(row) and row[position].strip()]
    return len(found) > 1 and all(is_value(cell) for cell in found)


def are_names(cells: Cells, below: Sequence[Cells], levels: int = 1) -> bool:
    """Whether a row holds names of columns and no values; ``below`` are rows as wide as it."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or (any(is_value(cell) for cell in filled) and not _only_look_like_values(cells, below)):
        return False
    if not below or levels > 1:
        return True
    # Where words stand above values, the same words further below are the header of another table.
    others = [row for row in below if list(row) != list(cells)]
    if any(cell.strip() and _holds_values(others, position) for position, cell in enumerate(cells)):
        below = others
    # A row of words above rows of words is a header unless its words are values that come again.
    again = sum(
        1 for position, cell in enumerate(cells) if cell.strip() and any(row[position] == cell for row in below)
    )
    return again * 2 <= len(filled)


def _only_look_like_values(cells: Cells, below: Sequence[Cells]) -> bool:
    """Whether the columns tell names from data: words stand above values, and what looks like one above words.

    A header may be a whole sentence, with an address or a price in it. In a row of data each value has its like below.
    """
    columns = [[row[position].strip() for row in below if row[position].strip()] for position in range(len(cells))]
    pairs = [
        (is_value(cell), [is_value(value) for value in column]) for cell, column in zip(cells, columns, strict=True)
    ]
    words_above_values = any(not named and values and all(values) for named, values in pairs)
    return words_above_values and not any(named and (any(values) or not values) for named, values in pairs)


def is_value(cell: str) -> bool:
    """Whether a cell is a number, an amount, a date or an address and no name of a column."""
    return (
        bool(re.fullmatch(r"[+-]?[\d.,' ]*\d[\d.,' ]*%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|[€$£].*\d", cell))
        or "@" in cell
    )


def further_heads(rows: Sequence[Cells], head: Head, after_blank: Sequence[bool]) -> list[int]:
    """Positions of the rows at which another table begins.

    That is a row that says the header's names again, or a row of names from which on rows have another width, or one
    behind a blank row whose words stand between values. ``after_blank`` tells the rows that a blank one stands before.
    """
    found: list[int] = []
    names = {cell.strip().casefold() for cell in rows[head.first] if cell.strip()} if head.rows else set()
    start = head.first + max(head.rows, 1)
    for at in range(start + 1, len(rows)):
        cells = [cell.strip() for cell in rows[at]]
        filled = [cell for cell in cells if cell]
        if len(filled) < 2 or any(is_value(cell) for cell in filled):
            continue
        same = sum(cell.casefold() in names for cell in filled)
        above, below = rows[start:at], rows[at + 1 : at + 1 + _BELOW]
        is_again = len(names) > 1 and same >= 2 and same * 5 >= len(filled) * 4
        if is_again or _is_wider(cells, above, below) or (after_blank[at] and _is_between(cells, above, below)):
            found.append(at)
            names |= {cell.casefold() for cell in filled}
            start = at + 1
    return found


def _is_wider(cells: Cells, above: Sequence[Cells], below: Sequence[Cells]) -> bool:
    """Whether rows had one width up to here and have another, of which this is the first and has its names."""
    widths = {len(row) for row in above[-3:]}
    following = [row for row in below[:3] if len(row) == len(cells)]
    if len(cells) in widths or len(widths) != 1 or len(above) < 2 or len(following) < min(len(below), 2) or not below:
        return False
    return any(_are_values(following, position) for position in range(len(cells)))


def _is_between(cells: Cells, above: Sequence[Cells], below: Sequence[Cells]) -> bool:
    alike = [row for row in below if len(row) == len(cells)]
    return any(
        bool(cell) and _are_values(above, position) and _are_values(alike, position)
        for position, cell in enumerate(cells)
    )


def _are_values(rows: Sequence[Cells], position: int) -> bool:
    found = [row[position].strip() for row in rows if position < len(row) and row[position].strip()]
    return bool(found) and all(is_value(cell) for cell in found)


def split(rows: Sequence[Cells]) -> Iterator[tuple[int, int]]:
    """First and last position of each table in rows without a blank one among them."""
    starts = [0, *further_heads(rows, head_of(rows), [False] * len(rows))] if rows else []
    for at, start in enumerate(starts):
        yield start, (starts[at + 1] if at + 1 < len(starts) else len(rows)) - 1
