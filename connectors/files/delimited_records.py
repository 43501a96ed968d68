"""A delimited file record by record: the sound ones as a table of text, the broken ones told apart."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import conform, sql
from connectors.files import text
from connectors.files.delimited_file import Part, lines_before, reader_options
from connectors.files.options import ReadOptions
from connectors.files.parts import PLAIN, rows_of
from connectors.files.records import Dialect, Record, Splitter
from connectors.files.sniffing import dialect_of
from connectors.trees import exp
from spec.errors import DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PROFILED = 16 << 20
"""Bytes of a file that are profiled; of a larger one, this much spread over all of it."""
_MOST_BROKEN = 1_000_000


def raw_table(
    connection: DuckDBPyConnection, part: Part, options: ReadOptions, name: str, *, sample: bool = False
) -> tuple[exp.Table, list[Record]]:
    """The sound records as a temporary table of text with ``__line`` and ``__row``, and the broken ones.

    ``__row`` counts all records, from 1. ``sample`` takes some 16 MB, spread over the file, instead of all of it.
    """
    dialect = dialect_of(options) if part.area is None else PLAIN
    splitter = Splitter(dialect, len(part.names))
    broken: list[Record] = []
    table = exp.Table(this=sql.identifier(name))
    with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".csv") as sound:
        pending: list[tuple[int, Record]] = []
        separator = dialect.delimiter.encode()
        for number, record in enumerate(_records(part, options, splitter, sample=sample), start=1):
            if record.problem:
                broken.append(record)
                if len(broken) > _MOST_BROKEN:
                    raise DataError(
                        f"More than {_MOST_BROKEN:,} lines are broken: {record.problem}.",
                        hint="The file's delimiter, quote or encoding is probably not what the options say.",
                        where={"file": part.shown, "line": record.line},
                    )
                continue
            pending.append((number, record))
            if len(pending) > options.skip_footer:
                row, kept = pending.pop(0) if options.skip_footer else pending.pop()
                text_of = kept.raw if part.area else _canonical(kept, splitter, dialect)
                sound.write(b"%d%b%d%b%b\n" % (kept.line, separator, row, separator, text_of))
        sound.flush()
        broken = _without_footer(broken, [record for _, record in pending])
        names = (conform.LINE, conform.ROW, *part.names)
        read = _sound_reader(Path(sound.name), dialect, names, options)
        query = exp.select(
            exp.alias_(sql.cast(sql.column(conform.LINE), "BIGINT"), sql.identifier(conform.LINE)),
            *(sql.column(column) for column in (conform.ROW, *part.names)),
        ).from_(read)
        sql.run(connection, sql.drop(table))
        sql.run(connection, sql.create(table, query, temporary=True))
    return table, broken


def _canonical(record: Record, splitter: Splitter, dialect: Dialect) -> bytes:
    """The record with every value that needs quotes in double ones, so that DuckDB cannot read it another way."""
    raw = record.raw
    if b'"' not in raw and b"\r" not in raw and (not dialect.quote or dialect.quote.encode() not in raw):
        return raw
    values = [value.replace('"', '""') for value in splitter.values(record)]
    quoted = [f'"{value}"' if value else "" for value in values]
    return dialect.delimiter.join(quoted).encode()


def _without_footer(broken: list[Record], footer: Sequence[Record]) -> list[Record]:
    if not footer:
        return broken
    return [record for record in broken if record.line < footer[0].line]


def _records(part: Part, options: ReadOptions, splitter: Splitter, *, sample: bool) -> Iterator[Record]:
    if part.area is not None:
        # A part is cut out of the whole, so all of it is looked at.
        yield from rows_of(part.file, part.compression, dialect_of(options), part.area, skip=options.skip_rows)
        return
    skip = lines_before(part, options)
    with text.reachable(part.file), text.open_plain(part.file, part.compression) as stream:
        size = part.file.stat().st_size
        if not sample or size <= PROFILED or part.compression != "none":
            yield from splitter.records(stream, skip=skip)
            return
        # Sixteen stretches over the file: the start alone may not hold the values that decide.
        stretch = PROFILED // 16
        for number in range(16):
            stream.seek(size * number // 16)
            block = stream.read(stretch)
            lines = io.BytesIO(block[: block.rfind(b"\n") + 1])
            # A stretch may begin inside a quoted value, so what looks broken in it need not be.
            found = splitter.records(lines, skip=1 if number else skip)
            yield from (record for record in found if not number or not record.problem)


def _sound_reader(path: Path, dialect: Dialect, names: Sequence[str], options: ReadOptions) -> exp.Expression:
    """DuckDB's reader for the sound records as they were written out."""
    named = reader_options(Dialect(dialect.delimiter), dict.fromkeys(names, "VARCHAR"), options)
    # DuckDB's buffer is a multiple of the longest line, so the generous bound stays out of the fast way.
    named |= {"max_line_size": 17_000_000, "buffer_size": 68_000_000, "new_line": "\\n"}
    return sql.call("read_csv", str(path), **named)
