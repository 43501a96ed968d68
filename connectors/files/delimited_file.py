"""A delimited file as it is given to DuckDB: as UTF-8, with its header's columns, from its first row of data."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors import conform, sql
from connectors.files import text
from connectors.files.options import ReadOptions
from connectors.files.parts import Area, header_of, located
from connectors.files.records import Dialect, Splitter
from connectors.files.sniffing import dialect_of, header_names, names_of
from connectors.trees import exp
from spec.records import record


@record(frozen=True)
class Part:
    """One file to read, as UTF-8: where its bytes are, what to call it, and its columns in the file's order."""

    file: Path
    shown: str
    compression: text.Compression
    names: tuple[str, ...]
    area: Area | None = None
    """Where its table stands, if that is a part of its cells."""


@contextlib.contextmanager
def prepared(path: Path, shown: str, options: ReadOptions) -> Iterator[Part]:
    """The file as UTF-8, with the columns its header states."""
    compression = text.compression_of(path, options.compression)
    with text.reachable(path), text.as_utf8(path, options.encoding, compression, options.line_end) as (plain, packed):
        yield _part(plain, shown, packed, options)


def _part(path: Path, shown: str, packed: text.Compression, options: ReadOptions) -> Part:
    if not options.is_part:
        return Part(path, shown, packed, header_names(path, shown, options, packed))
    dialect = dialect_of(options)
    area = located(path, packed, dialect, options, shown)
    levels = header_of(path, packed, dialect, area, shown)
    names = names_of(levels, options, {"file": shown, "row": area.block.top})
    return Part(path, shown, packed, names, area)


def lines_before(part: Part, options: ReadOptions) -> int:
    """Lines before the first row of data: a name in quotes may go over several, and a row of names with it."""
    rows = options.first_data_row - 1
    if not options.header_row:
        return rows
    with text.reachable(part.file), text.open_plain(part.file, part.compression) as stream:
        records = Splitter(dialect_of(options), len(part.names)).records(stream, skip=options.header_row - 1)
        names = list(itertools.islice(records, options.header_rows))
    return rows + sum(record.raw.count(b"\n") for record in names)


def reader(part: Part, options: ReadOptions, types: Mapping[str, str]) -> exp.Expression:
    """DuckDB's reader for a file, its columns as text but those with a type of their own."""
    columns = {name: types.get(name, "VARCHAR") for name in part.names}
    named = reader_options(dialect_of(options), columns, options)
    found = sql.call(
        "read_csv", str(part.file), compression=part.compression, skip=lines_before(part, options), **named
    )
    if not options.row_number_column:
        return found
    # Over nothing, DuckDB numbers the rows as they come, and they come in the order of the file.
    number = sql.cast(sql.template("row_number() OVER ()"), "BIGINT" if types else "VARCHAR")
    return exp.select(exp.Star(), exp.alias_(number, sql.identifier(conform.ROW))).from_(found).subquery("numbered")


def reader_options(
    dialect: Dialect, columns: Mapping[str, str], options: ReadOptions
) -> dict[str, sql.Plain | exp.Expression]:
    """How DuckDB's reader is told to read the dialect, and to find nothing out by itself."""
    return {
        "columns": dict(columns),
        "auto_detect": False,
        "header": False,
        "delim": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "nullstr": ["", *options.null_values],
        "strict_mode": True,
    }
