"""CSV and TSV: the dialect and header are found once (``sniffing``) and written down, and reading follows them."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from connectors import conform, sql
from connectors.contract import Discovered, QuarantinedRows, Reading
from connectors.drift import known_names
from connectors.files import made, text
from connectors.files.options import ReadOptions
from connectors.files.parts import PLAIN, Area, header_of, located, rows_of
from connectors.files.records import Dialect, Record, Splitter, count_records
from connectors.files.sniffing import dialect_of, header_names, names_of
from connectors.files.torn import has_torn_values
from connectors.trees import exp
from spec.errors import DataError
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


PROFILED = 16 << 20
"""Bytes of a file that are profiled; of a larger one, this much spread over all of it."""
_BROKEN = -1
_OTHER_BACKSLASH = re.compile(rb"\\[^\\\"]")
_MOST_BROKEN = 1_000_000
CARRIED_ON = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.NotImplementedException,
    duckdb.OutOfRangeException,
)


@record(frozen=True)
class Part:
    """One file to read, as UTF-8: where its bytes are, what to call it, and its columns in the file's order."""

    file: Path
    shown: str
    compression: text.Compression
    names: tuple[str, ...]
    area: Area | None = None
    """Where its table stands, if that is a part of its cells."""


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
    skip = _lines_before(part, options)
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


def _lines_before(part: Part, options: ReadOptions) -> int:
    """Lines before the first row of data: a name in quotes may go over several, and a row of names with it."""
    rows = options.first_data_row - 1
    if not options.header_row:
        return rows
    with text.reachable(part.file), text.open_plain(part.file, part.compression) as stream:
        records = Splitter(dialect_of(options), len(part.names)).records(stream, skip=options.header_row - 1)
        names = list(itertools.islice(records, options.header_rows))
    return rows + sum(record.raw.count(b"\n") for record in names)


def _reader(part: Part, options: ReadOptions, types: Mapping[str, str]) -> exp.Expression:
    """DuckDB's reader for a file, its columns as text but those with a type of their own."""
    columns = {name: types.get(name, "VARCHAR") for name in part.names}
    named = _reader_options(dialect_of(options), columns, options)
    found = sql.call(
        "read_csv", str(part.file), compression=part.compression, skip=_lines_before(part, options), **named
    )
    if not options.row_number_column:
        return found
    # Over nothing, DuckDB numbers the rows as they come, and they come in the order of the file.
    number = sql.cast(sql.template("row_number() OVER ()"), "BIGINT" if types else "VARCHAR")
    return exp.select(exp.Star(), exp.alias_(number, sql.identifier(conform.ROW))).from_(found).subquery("numbered")


def _sound_reader(path: Path, dialect: Dialect, names: Sequence[str], options: ReadOptions) -> exp.Expression:
    """DuckDB's reader for the sound records as they were written out."""
    named = _reader_options(Dialect(dialect.delimiter), dict.fromkeys(names, "VARCHAR"), options)
    # DuckDB's buffer is a multiple of the longest line, so the generous bound stays out of the fast way.
    named |= {"max_line_size": 17_000_000, "buffer_size": 68_000_000, "new_line": "\\n"}
    return sql.call("read_csv", str(path), **named)


def _reader_options(
    dialect: Dialect, columns: Mapping[str, str], options: ReadOptions
) -> dict[str, sql.Plain | exp.Expression]:
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


@dataclass
class Loaded:
    """What reading one file brought."""

    rows: int
    expected: int
    outcome: conform.Outcome
    broken: int


def load(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    *,
    policy: conform.Policy,
    hidden: frozenset[str],
    append: bool,
    drift: str,
    found: text.Content,
) -> Loaded:
    """Read one file into ``table``: in one statement if all of it is sound, else record by record."""
    texts = texts_of(part, columns, options)
    before, first = (sql.count(connection, table), sql.next_row(connection, table)) if append else (0, 0)
    if not options.skip_footer and not found.has_nul and part.area is None and _is_duckdbs(dialect_of(options), part):
        expected: int | None = None
        for usual in (True, False):
            rows = _fast(connection, part, options, table, columns, texts, append=append, usual=usual)
            if rows == _BROKEN:
                break
            if rows is None:
                continue
            rows -= before
            if rows != expected:
                expected = _expected(part, options, rows, found.lines)
            is_doubtful = rows == expected and (
                _has_a_value_more(connection, part, options, rows, found.separators)
                or _may_have_torn_values(connection, part, options, table, columns, texts, first=first)
            )
            if rows == expected and not is_doubtful:
                return Loaded(rows, expected, conform.Outcome(rows=rows), 0)
            _take_back(connection, table, append=append, first=first)
            if is_doubtful:
                break
    return _careful(
        connection, part, options, table, columns, texts, policy=policy, hidden=hidden, append=append, drift=drift
    )


def _is_duckdbs(dialect: Dialect, part: Part) -> bool:
    """Whether DuckDB reads the dialect as we do; what it reads is held against an independent count anyway."""
    if len(dialect.delimiter.encode()) > 4 or dialect.quote not in {'"', ""}:
        return False
    if dialect.escape != "\\":
        return dialect.escape == dialect.quote
    # DuckDB leaves out a backslash before anything; here it is a sign like others but before a quote and itself.
    with text.open_plain(part.file, part.compression) as stream:
        rest = b""
        while block := stream.read(1 << 20):
            if _OTHER_BACKSLASH.search(rest + block):
                return False
            rest = block[-1:]
    return True


def texts_of(part: Part, columns: Mapping[str, str], options: ReadOptions) -> dict[str, exp.Expression]:
    """Each declared column as text of the file, NULL for one that the file lacks; ``__row`` for the row's number."""
    present = {name.casefold(): name for name in part.names}
    if options.row_number_column:
        present[options.row_number_column.casefold()] = conform.ROW
    return {
        name: sql.column(present[name.casefold()]) if name.casefold() in present else sql.cast(exp.null(), "VARCHAR")
        for name in columns
    }


def _fast(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    texts: Mapping[str, exp.Expression],
    *,
    append: bool,
    usual: bool,
) -> int | None:
    """Rows of ``table`` after one statement, None when a value is not as it should be, _BROKEN when a line is not."""
    query = (_usual_query if usual else _strict_query)(part, options, columns, texts)
    try:
        sql.run(connection, exp.insert(query, table) if append else sql.create(table, query))
    except CARRIED_ON as error:
        # Only a value can be read in another way; a line that the reader cannot cut stays so.
        return None if "onver" in str(error) or conform.UNREADABLE in str(error) else _BROKEN
    return sql.count(connection, table)


def _strict_query(
    part: Part, options: ReadOptions, columns: Mapping[str, str], texts: Mapping[str, exp.Expression]
) -> exp.Select:
    return conform.strict_query(_reader(part, options, {}), texts, columns, options)


def _usual_query(
    part: Part, options: ReadOptions, columns: Mapping[str, str], texts: Mapping[str, exp.Expression]
) -> exp.Select:
    ways = {name: conform.usual(texts[name], name, type_, options) for name, type_ in columns.items()}
    read = {node.name: ways[name].reader for name, node in texts.items() if isinstance(node, exp.Column)}
    picked = [exp.Alias(this=way.pick, alias=sql.identifier(name)) for name, way in ways.items()]
    # Rows that a condition leaves out are missed in the count, and the file is read in another way.
    conditions = [
        sql.template("(:condition) IS NOT FALSE", condition=way.condition) for way in ways.values() if way.condition
    ]
    query = exp.select(*picked).from_(_reader(part, options, read))
    return query.where(*conditions) if conditions else query


def _take_back(connection: DuckDBPyConnection, table: exp.Table, *, append: bool, first: int) -> None:
    if not append:
        sql.run(connection, sql.drop(table))
        return
    # Rows were only added behind the others, so those from the old end on are this file's.
    sql.run(connection, exp.delete(table).where(sql.template("rowid >= :first", first=first)))


def _expected(part: Part, options: ReadOptions, rows: int, lines: int | None) -> int:
    """How many records the file has, counted without DuckDB: by its lines if that agrees, else record by record."""
    skip = _lines_before(part, options)
    if lines is not None and part.compression == "none" and lines - skip == rows:
        return rows
    with text.open_plain(part.file, part.compression) as stream:
        return count_records(stream, dialect_of(options), len(part.names), skip=skip)


def _has_a_value_more(
    connection: DuckDBPyConnection, part: Part, options: ReadOptions, rows: int, separators: int | None
) -> bool:
    """Whether some line may have an empty value more than there are columns.

    DuckDB takes such a line without a word, which moves all values if the empty one stands in its middle. As many
    separators as the rows need are proof enough; where more of them stand in quotes, the line itself is looked for.
    """
    width, separator = len(part.names), options.separator.encode()
    if separators is not None and part.compression == "none":
        with text.open_plain(part.file, part.compression) as stream:
            above = sum(line.count(separator) for line in itertools.islice(stream, _lines_before(part, options)))
        if separators - above == rows * (width - 1):
            return False
    if not text.has_line_that_ends_with(part.file, part.compression, separator):
        return False
    # One column more, which is nothing where a line does not reach it and an empty text where one does.
    names = [f"c{number}" for number in range(width + 1)]
    named = _reader_options(dialect_of(options), dict.fromkeys(names, "VARCHAR"), options)
    named |= {"nullstr": ["\x01"], "null_padding": True, "skip": _lines_before(part, options)}
    reader = sql.call("read_csv", str(part.file), compression=part.compression, **named)
    query = exp.select(exp.Count(this=sql.column(names[-1]))).from_(reader)
    try:
        return sql.whole(sql.row(connection, query)[0]) > 0
    except duckdb.Error:
        # Padding and line breaks in quotes do not go together; record by record it can be told.
        return True


def _may_have_torn_values(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    texts: Mapping[str, exp.Expression],
    *,
    first: int,
) -> bool:
    """Whether a row of the file, in ``table`` from row ``first`` on, may have two halves of one value."""
    if not options.quote:
        return False
    read = {node.name for node in texts.values() if isinstance(node, exp.Column)}
    if not read >= set(part.names):
        # What the table leaves out may be such a half, too.
        return has_torn_values(connection, exp.select().from_(_reader(part, options, {})), part.names, options.quote)
    # What was read as a number or a date holds no quote.
    names = [name for name, type_ in columns.items() if type_ == "VARCHAR"]
    rows = exp.select().from_(table)
    if first:
        rows = rows.where(sql.template("rowid >= :first", first=first))
    return has_torn_values(connection, rows, names, options.quote)


def _careful(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    texts: Mapping[str, exp.Expression],
    *,
    policy: conform.Policy,
    hidden: frozenset[str],
    append: bool,
    drift: str,
) -> Loaded:
    raw, broken = raw_table(connection, part, options, f"{table.name}__raw")
    try:
        if broken and policy == "stop":
            first = broken[0]
            raise DataError(
                f"A line is broken: {first.problem}.",
                hint="Mend the line, or let the source's on_error be 'quarantine'.",
                where={"file": part.shown, "line": first.line},
                data={"broken_lines": len(broken)},
            )
        outcome = conform.load(
            connection, raw, table, columns, options,
            policy=policy, file=part.shown, hidden=hidden, append=append, texts=texts, drift=drift,
        )  # fmt: skip
        if broken:
            keep_broken(connection, table, part.shown, broken)
        for record in broken:
            reason = re.sub(r"^\d+ values where \d+", "more or fewer values than", record.problem)
            outcome.reasons[reason] = outcome.reasons.get(reason, 0) + 1
        expected = sql.count(connection, raw) + len(broken)
    finally:
        sql.run(connection, sql.drop(raw))
    return Loaded(outcome.rows, expected, outcome, len(broken))


def keep_broken(connection: DuckDBPyConnection, table: exp.Table, shown: str, broken: Sequence[Record]) -> None:
    """Add broken records to the quarantine beside ``table``."""
    aside = conform.quarantine_table(connection, table)
    # Three lists as parameters: an INSERT of its own for each of many lines would take minutes.
    lists = [sql.call("unnest", exp.Placeholder()) for _ in range(3)]
    statement = sql.text(exp.insert(exp.select(sql.value(shown), *lists), aside))
    for start in range(0, len(broken), 10_000):
        some = broken[start : start + 10_000]
        connection.execute(
            statement,
            [
                [record.line for record in some],
                [record.problem for record in some],
                [_shown(record.raw) for record in some],
            ],
        )


def _shown(raw: bytes) -> str:
    kept = raw.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    return kept if len(kept) <= 2000 else kept[:2000] + " ..."


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """The file's table, or each of its tables."""
    # A run reads files and never looks into them so.
    from connectors.files import delimited_discovery

    return delimited_discovery.discover(path, location, options, stated)


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
    """Read one file; what its header says is compared with the declared columns first."""
    packed = text.compression_of(path, options.compression)
    found = text.content(path, packed, options.separator.encode() if text.is_utf8(options.encoding) else b"")
    with prepared(path, shown, options) as found_part:
        part = replace(found_part, names=tuple(known_names(source, found_part.names)))
        warnings = made.compared(source, options, part.names, {"file": shown})
        hidden = frozenset(name for name, kind in source.sensitive.items() if kind != "public")
        loaded = load(
            into, part, options, table, source.columns,
            policy=source.on_error, hidden=hidden, append=append, drift=source.drift,
            found=found if part.file == path else replace(found, lines=None, separators=None),
        )  # fmt: skip
    return Reading(
        rows=loaded.rows,
        expected_rows=loaded.expected,
        quarantined=quarantined(table, loaded.outcome, loaded.broken),
        nulled=loaded.outcome.nulled,
        fingerprint=found.fingerprint,
        warnings=warnings,
    )


def quarantined(table: exp.Table, outcome: conform.Outcome, broken: int) -> tuple[QuarantinedRows, ...]:
    """The rows set aside, with their reasons in one line."""
    rows = outcome.quarantined + broken
    if not rows:
        return ()
    reasons = "; ".join(f"{reason} ({number})" for reason, number in outcome.reasons.items())
    return (QuarantinedRows(table.name + conform.QUARANTINE, rows, reasons),)
