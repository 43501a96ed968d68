"""How a CSV or TSV file is written: its encoding, delimiter, quotes and header, found in its first records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.files import text
from connectors.files.dialects import USUAL, dialect_found, sample_of
from connectors.files.heads import further_heads, head_of
from connectors.files.options import NO_ESCAPE, ReadOptions
from connectors.files.parts import named
from connectors.files.records import Dialect, Splitter
from connectors.files.signatures import other_than_text
from connectors.names import column_names, filled_right, joined_headers
from spec.errors import DataError
from spec.records import record

_SNIFFED = 256 << 10
_SNIFFED_RECORDS = 500
_EXPECTED = {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", None}


@record(frozen=True)
class Sniffed:
    """The completed options, what is to be told about them, and the lines at which further tables begin."""

    options: ReadOptions
    notes: list[str]
    further: list[int]


def dialect_of(options: ReadOptions) -> Dialect:
    """The dialect the options state."""
    return Dialect(options.separator, options.quote, options.escape or options.quote)


def sniff(path: Path, options: ReadOptions, stated: frozenset[str]) -> Sniffed:
    """Complete the options that are not ``stated`` from the file's first 256 kB.

    Raises DataError where the file is empty or no text, or its delimiter cannot be told.
    """
    compression = text.compression_of(path, options.compression)
    sample = text.head(path, compression, _SNIFFED)
    whole = len(sample) < _SNIFFED
    found: dict[str, object] = {}
    notes: list[str] = []
    where: dict[str, str | int] = {"file": str(path)}
    if "encoding" not in stated:
        found["encoding"] = _encoding(path, compression, sample, whole=whole)
    encoding = str(found.get("encoding", options.encoding))
    decoded = sample.decode(encoding, "replace").lstrip("\ufeff")
    other = other_than_text(sample, decoded)
    if other is not None:
        raise DataError(f"This is {other[0]}, so no table can be read from it.", hint=other[1], where=where)
    if "line_end" not in stated and "\n" not in decoded and "\r" in decoded.rstrip("\r"):
        found["line_end"] = "cr"
    if found.get("line_end", options.line_end) == "cr":
        notes.append("Lines end with a carriage return alone, and are read as lines.")
        decoded = decoded.replace("\r", "\n")
    if not whole:
        decoded = decoded[: decoded.rfind("\n") + 1] or decoded
    if not decoded.strip():
        raise DataError("The file is empty.", hint="Export it again; it should at least have a header.", where=where)
    completed = options.model_copy(update=found)
    if completed.format == "tsv" or ".tsv" in [suffix.lower() for suffix in path.suffixes]:
        completed = completed.model_copy(update={"delimiter": completed.separator if completed.delimiter else "\t"})
    dialect = dialect_found(
        decoded, dialect_of(completed),
        delimiter="delimiter" in stated or completed.delimiter == "\t", quote="quote" in stated,
        escape="escape" in stated, where=where,
    )  # fmt: skip
    completed = completed.model_copy(update=_as_options(dialect, completed, stated))
    notes += [*_encoded(found), *_said(dialect)]
    if completed.is_part or "header_row" in stated:
        return Sniffed(completed, notes, [])
    rows = [(one, values) for one, values in sample_of(decoded, dialect, _SNIFFED_RECORDS) if not one.problem]
    if not rows:
        return Sniffed(completed.model_copy(update={"header_row": 0}), notes, [])
    head = head_of([values for _, values in rows])
    header_row = rows[head.first][0].line if head.rows else 0
    levels = max(head.rows, 1) if "header_rows" not in stated else completed.header_rows
    completed = completed.model_copy(update={"header_row": header_row, "header_rows": levels})
    if header_row > 1:
        notes.append(f"The header was found in line {header_row}; what stands above is left out.")
    if head.rows > 1:
        notes.append(f"The header is taken to be the {head.rows} rows from line {header_row} on.")
    lines = [one.line for one, _ in rows]
    ends = [one.line + one.raw.count(b"\n") for one, _ in rows]
    blank = [False, *(line > end + 1 for end, line in zip(ends, lines[1:], strict=False))]
    further = further_heads([values for _, values in rows], head, blank)
    return Sniffed(completed, notes, [lines[at] for at in further])


def _encoded(found: Mapping[str, object]) -> list[str]:
    """What to say of an encoding that was found and is not what files have as a rule."""
    name = found.get("encoding")
    return (
        [f"The text is taken to be written in {name}; if not, set the option encoding."]
        if name not in _EXPECTED
        else []
    )


def _as_options(dialect: Dialect, options: ReadOptions, stated: frozenset[str]) -> dict[str, object]:
    found: dict[str, object] = {"delimiter": dialect.delimiter}
    if "quote" not in stated and dialect.quote != options.quote:
        found["quote"] = dialect.quote
    if "escape" not in stated and dialect.escape != dialect.quote:
        found["escape"] = dialect.escape
    return found


def _said(dialect: Dialect) -> list[str]:
    """What is unusual about a dialect, for a person to see."""
    said = []
    if dialect.delimiter not in USUAL:
        name = {" ": "a space"}.get(dialect.delimiter, repr(dialect.delimiter))
        said.append(f"Values are taken to be separated by {name}.")
    if dialect.quote not in {'"', ""}:
        said.append(f"Values are taken to be quoted with {dialect.quote}.")
    if dialect.escape == NO_ESCAPE:
        said.append("Quotes inside quotes are not marked: one before a delimiter or a line's end is taken to close.")
    elif dialect.escape != dialect.quote:
        said.append(f"Quotes inside quotes are taken to stand behind {dialect.escape}.")
    return said


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
    return names_of(levels, options, {"file": shown, "line": max(options.header_row, 1)})


def names_of(levels: list[list[str]], options: ReadOptions, where: Mapping[str, str | int]) -> tuple[str, ...]:
    """Columns' names from the header's rows (or, without a header, from a row of data, which has as many)."""
    if options.names:
        return named(options.names, max(len(level) for level in levels), where)
    if not options.header_row and isinstance(options.table, int | None):
        return tuple(f"column{number}" for number in range(1, len(levels[0]) + 1))
    if len(levels) > 1:
        levels = [[cell or "" for cell in filled_right(level)] for level in levels[:-1]] + [levels[-1]]
    # Where each row of the header says the same, nothing was merged: it was written more than once.
    return column_names(joined_headers(levels, repeats=all(level == levels[0] for level in levels)))
