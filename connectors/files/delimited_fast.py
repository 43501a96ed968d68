"""A delimited file in one statement of DuckDB's, and the proofs that it read what is there.

DuckDB takes some files another way than they are meant, without a word; what is doubtful is read record by record.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import duckdb

from connectors import conform, sql
from connectors.files import text
from connectors.files.aside import CARRIED_ON
from connectors.files.delimited_file import Part, lines_before, reader, reader_options
from connectors.files.options import ReadOptions
from connectors.files.records import Dialect, count_records
from connectors.files.sniffing import dialect_of
from connectors.files.torn import has_torn_values
from connectors.trees import exp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BROKEN = -1
_OTHER_BACKSLASH = re.compile(rb"\\[^\\\"]")


def load(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    texts: Mapping[str, exp.Expression],
    *,
    append: bool,
    found: text.Content,
) -> int | None:
    """Rows of the file, all of them in ``table``; None where it has to be read record by record, with none left."""
    before, first = (sql.count(connection, table), sql.next_row(connection, table)) if append else (0, 0)

    def inside() -> int:
        return _separators_in_values(connection, part, options, table, columns, texts, first=first)

    # What stands at the end is told from data by its words, so whoever leaves a total out looks at the rows.
    has_footer = bool(options.skip_footer or options.skip_totals or options.totals)
    if not has_footer and not found.has_nul and part.area is None and _is_duckdbs(dialect_of(options), part):
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
                _has_a_value_more(connection, part, options, rows, found.separators, inside)
                or _may_have_torn_values(connection, part, options, table, columns, texts, first=first)
            )
            if rows == expected and not is_doubtful:
                if not usual or not _may_have_hollow_numbers(connection, part, options, table, columns, first=first):
                    return rows
                # A number that is none is seen by its text alone.
                _take_back(connection, table, append=append, first=first)
                continue
            _take_back(connection, table, append=append, first=first)
            if is_doubtful:
                break
    return None


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
    return conform.strict_query(reader(part, options, {}), texts, columns, options)


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
    query = exp.select(*picked).from_(reader(part, options, read))
    return query.where(*conditions) if conditions else query


def _take_back(connection: DuckDBPyConnection, table: exp.Table, *, append: bool, first: int) -> None:
    if not append:
        sql.run(connection, sql.drop(table))
        return
    # Rows were only added behind the others, so those from the old end on are this file's.
    sql.run(connection, exp.delete(table).where(sql.template("rowid >= :first", first=first)))


def _expected(part: Part, options: ReadOptions, rows: int, lines: int | None) -> int:
    """How many records the file has, counted without DuckDB: by its lines if that agrees, else record by record."""
    skip = lines_before(part, options)
    if lines is not None and part.compression == "none" and lines - skip == rows:
        return rows
    with text.open_plain(part.file, part.compression) as stream:
        return count_records(stream, dialect_of(options), len(part.names), skip=skip)


def _separators_in_values(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    texts: Mapping[str, exp.Expression],
    *,
    first: int,
) -> int:
    """How many separators stand in the texts of the table, from row ``first`` on: never more than in the file's."""
    # Each column of the file once, and none that is made, such as the file's own name.
    read = {texts[name].name: name for name, type_ in columns.items() if type_ == "VARCHAR" and name in texts}
    inside = 0
    for name in (name for own, name in read.items() if own in part.names and isinstance(texts[name], exp.Column)):
        count = sql.template(
            "sum(strlen(:x) - strlen(replace(:x, :mark, '')))", x=sql.column(name), mark=options.separator
        )
        rows = exp.select(sql.template("coalesce(:count, 0)", count=count)).from_(table)
        held = sql.template(
            "rowid >= :first AND contains(:x, :mark)", first=first, x=sql.column(name), mark=options.separator
        )
        inside += sql.whole(sql.row(connection, rows.where(held))[0])
    return inside


def _has_a_value_more(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    rows: int,
    separators: int | None,
    in_values: Callable[[], int],
) -> bool:
    """Whether some line may have an empty value more than there are columns.

    DuckDB takes such a line without a word, which moves all values if the empty one stands in its middle. As many
    separators as the rows need, with those that stand in values, are proof enough; where there are more (a value may
    have some that is not in the table), the line itself is looked for.
    """
    width, separator = len(part.names), options.separator.encode()
    if separators is not None and part.compression == "none":
        with text.open_plain(part.file, part.compression) as stream:
            above = sum(line.count(separator) for line in itertools.islice(stream, lines_before(part, options)))
        more = separators - above - rows * (width - 1)
        if more == 0 or (more > 0 and more == in_values()):
            return False
    if not text.has_line_that_ends_with(part.file, part.compression, separator):
        return False
    # One column more, which is nothing where a line does not reach it and an empty text where one does.
    names = [f"c{number}" for number in range(width + 1)]
    named = reader_options(dialect_of(options), dict.fromkeys(names, "VARCHAR"), options)
    named |= {"nullstr": ["\x01"], "null_padding": True, "skip": lines_before(part, options)}
    reader = sql.call("read_csv", str(part.file), compression=part.compression, **named)
    query = exp.select(exp.Count(this=sql.column(names[-1]))).from_(reader)
    try:
        return sql.whole(sql.row(connection, query)[0]) > 0
    except duckdb.Error:
        # Padding and line breaks in quotes do not go together; record by record it can be told.
        return True


def _may_have_hollow_numbers(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    *,
    first: int,
) -> bool:
    """Whether a 0 in the table may be a lone sign before blanks, such as accountants write for nothing.

    DuckDB's reader takes ``- `` for 0. Only a file with zeros is looked through: that takes a twentieth of reading it.
    """
    ways = {name: conform.usual(sql.column(name), name, type_, options) for name, type_ in columns.items()}
    zero = [sql.template(":x = 0", x=sql.column(name)) for name, way in ways.items() if way.reader == conform.EIGHT]
    rows = exp.select(exp.Literal.number(1)).from_(table).where(sql.template("rowid >= :first", first=first))
    if not zero or not sql.rows(connection, rows.where(sql.any_of(zero)).limit(1)):
        return False
    blanks = "".join(blank for blank in " \t\v\f" if blank not in options.separator)
    ends = rf"[{blanks}]+(?:[\r\n\"]|{re.escape(options.separator)})"
    signs = {sign: re.compile(re.escape(sign) + ends.encode()) for sign in (b"-", b"+")}
    return text.has_match(part.file, part.compression, signs)


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
        return has_torn_values(connection, exp.select().from_(reader(part, options, {})), part.names, options.quote)
    # What was read as a number or a date holds no quote.
    names = [name for name, type_ in columns.items() if type_ == "VARCHAR"]
    rows = exp.select().from_(table)
    if first:
        rows = rows.where(sql.template("rowid >= :first", first=first))
    return has_torn_values(connection, rows, names, options.quote)
