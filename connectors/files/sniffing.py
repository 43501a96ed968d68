"""How a CSV or TSV file is written: its encoding, delimiter, quotes and header, found in its first records."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.files import text
from connectors.files.options import ReadOptions
from connectors.files.parts import named
from connectors.files.records import Dialect, Splitter
from connectors.names import column_names, filled_right, joined_headers
from spec.errors import DataError

_SNIFFED = 256 << 10
_SNIFFED_RECORDS = 500


def dialect_of(options: ReadOptions) -> Dialect:
    """The dialect the options state."""
    return Dialect(options.separator, options.quote, options.escape or options.quote)


def sniff(path: Path, options: ReadOptions, stated: frozenset[str]) -> ReadOptions:
    """Complete the options that are not ``stated`` from the file's first 256 kB."""
    compression = text.compression_of(path, options.compression)
    sample = text.head(path, compression, _SNIFFED)
    whole = len(sample) < _SNIFFED
    found: dict[str, object] = {}
    if "encoding" not in stated:
        found["encoding"] = _encoding(path, compression, sample, whole=whole)
    encoding = str(found.get("encoding", options.encoding))
    decoded = sample.decode(encoding, "replace").lstrip("\ufeff")
    if not whole:
        decoded = decoded[: decoded.rfind("\n") + 1] or decoded
    if not decoded.strip():
        raise DataError(
            "The file is empty.", hint="Export it again; it should at least have a header.", where={"file": str(path)}
        )
    if "\n" not in decoded and "\r" in decoded:
        raise DataError(
            "The file's lines end with a carriage return alone, as on computers of the last century.",
            hint="Save it again as CSV with ordinary line ends.",
            where={"file": str(path)},
        )
    if "delimiter" not in stated:
        found["delimiter"] = _delimiter(decoded, path, options)
    delimiter = str(found.get("delimiter", options.separator))
    if (
        "quote" not in stated
        and '"' not in decoded
        and re.search(rf"(?:^|{re.escape(delimiter)})'[^'\n]*'(?:{re.escape(delimiter)}|$)", decoded, re.MULTILINE)
    ):
        found["quote"] = "'"
    quote = str(found.get("quote", options.quote))
    if "escape" not in stated and f"\\{quote}" in decoded and f"{quote}{quote}" not in decoded:
        found["escape"] = "\\"
    completed = options.model_copy(update=found)
    if "header_row" not in stated and not completed.is_part:
        completed = completed.model_copy(update={"header_row": _header_row(decoded, dialect_of(completed))})
    return completed


def _encoding(path: Path, compression: text.Compression, sample: bytes, *, whole: bool) -> str:
    found = text.detect_encoding(sample, whole=whole)
    if found != "utf-8" or whole or not sample.isascii():
        return found
    # The start of a file may be plain ASCII and its umlauts come later, so look on until one is met.
    with text.reachable(path), text.open_plain(path, compression) as stream:
        while block := stream.read(1 << 20):
            if not block.isascii():
                rest = block + stream.read(1 << 20)
                return text.detect_encoding(_from_line_start(rest), whole=False)
    return found


def _from_line_start(block: bytes) -> bytes:
    return block[block.find(b"\n") + 1 :]


def _delimiter(decoded: str, path: Path, options: ReadOptions) -> str:
    if options.format == "tsv" or ".tsv" in [suffix.lower() for suffix in path.suffixes]:
        return "\t"
    scores: list[tuple[float, int, str]] = []
    for rank, delimiter in enumerate((",", ";", "\t", "|")):
        widths = Counter(len(fields) for fields in _fields(decoded, Dialect(delimiter)) if fields)
        wide = {width: number for width, number in widths.items() if width > 1}
        if not wide:
            continue
        width, number = max(wide.items(), key=lambda item: (item[1], item[0]))
        scores.append((number / sum(widths.values()), width, delimiter if rank >= 0 else ""))
    if not scores:
        return ","
    best = max(score for score, _, _ in scores)
    return max((item for item in scores if item[0] >= best - 0.1), key=lambda item: item[1])[2]


def _fields(decoded: str, dialect: Dialect) -> Iterator[list[str]]:
    """Records as the standard library cuts them: lenient, and good enough to look at."""
    reader = csv.reader(
        io.StringIO(decoded.replace("\x00", ""), newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar="\\" if dialect.escape == "\\" else None,
        doublequote=dialect.escape != "\\",
    )
    with contextlib.suppress(csv.Error):
        for number, fields in enumerate(reader):
            if number >= _SNIFFED_RECORDS:
                return
            yield fields


def _header_row(decoded: str, dialect: Dialect) -> int:
    """The first line whose record is as wide as most and holds names; 0 when the first such record is data."""
    reader = Splitter(dialect, 0)
    records = list(reader.records(io.BytesIO(decoded.encode())))[:_SNIFFED_RECORDS]
    values = [reader.values(record) for record in records]
    widths = Counter(len(fields) for fields in values)
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    first = next(position for position, fields in enumerate(values) if len(fields) == usual)
    # A title row padded with delimiters is as wide as the table, and blank but for one cell.
    while usual > 2 and first + 1 < len(values) and sum(bool(cell.strip()) for cell in values[first]) <= 1:
        if len(values[first + 1]) != usual:
            break
        first += 1
    names = values[first]
    below = [fields for fields in values[first + 1 :] if len(fields) == usual]
    if _are_names(names, below):
        return records[first].line
    return 0


def _are_names(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or (any(_is_value(cell) for cell in filled) and not _only_look_like_values(cells, below)):
        return False
    if not below:
        return True
    # A row of words above rows of words is a header unless its words are values that come again.
    again = sum(
        1 for position, cell in enumerate(cells) if cell.strip() and any(row[position] == cell for row in below)
    )
    return again * 2 <= len(filled)


def _only_look_like_values(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the columns tell names from data: words stand above values, and what looks like one above words.

    A header may be a whole sentence, with an address or a price in it. In a row of data each value has its like below.
    """
    columns = [[row[position].strip() for row in below if row[position].strip()] for position in range(len(cells))]
    pairs = [
        (_is_value(cell), [_is_value(value) for value in column]) for cell, column in zip(cells, columns, strict=True)
    ]
    words_above_values = any(not named and values and all(values) for named, values in pairs)
    return words_above_values and not any(named and (any(values) or not values) for named, values in pairs)


def _is_value(cell: str) -> bool:
    return (
        bool(re.fullmatch(r"[+-]?[\d.,' ]*\d[\d.,' ]*%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|[€$£].*\d", cell))
        or "@" in cell
    )


def header_names(path: Path, shown: str, options: ReadOptions, compression: text.Compression) -> tuple[str, ...]:
    """Column names as the file's header states them; ``column1`` and so on when it has none."""
    dialect = dialect_of(options)
    reader = Splitter(dialect, 0)
    with text.reachable(path), text.open_plain(path, compression) as stream:
        skip = max(options.header_row - 1, 0)
        levels: list[list[str]] = []
        for record in reader.records(stream, skip=skip):
            levels.append(reader.values(record))
            if not options.header_row or len(levels) == options.header_rows:
                break
    if not levels:
        place: dict[str, str | int] = {"file": shown}
        if options.header_row > 1:
            place["line"] = options.header_row
        raise DataError("The file has no header.", hint="It is empty, or shorter than header_row says.", where=place)
    levels[0][0] = levels[0][0].lstrip("\ufeff").strip('"')
    return names_of(levels, options, {"file": shown, "line": max(options.header_row, 1)})


def names_of(levels: list[list[str]], options: ReadOptions, where: Mapping[str, str | int]) -> tuple[str, ...]:
    """Columns' names from the header's rows (or, without a header, from a row of data, which has as many)."""
    if options.names:
        return named(options.names, max(len(level) for level in levels), where)
    if not options.header_row and isinstance(options.table, int | None):
        return tuple(f"column{number}" for number in range(1, len(levels[0]) + 1))
    if len(levels) > 1:
        levels = [[cell or "" for cell in filled_right(level)] for level in levels[:-1]] + [levels[-1]]
    return column_names(joined_headers(levels))
