"""SQLite databases.

SQLite keeps any value in any column, whatever the column's declared type, and has no decimals. So values are read as
text, with the 15 digits that SQLite's own REAL carries, and become types as a file's values do: exactly, or by the
policy.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import Field
from sqlglot import exp

from connectors import conform, readings, sql
from connectors.contract import Capability, Discovered, Place, Preview, QuarantinedRows, Reading
from connectors.drift import compare, known_names
from connectors.extensions import load
from connectors.looking import preview_rows, scratch
from connectors.names import distinct, table_name
from connectors.profile.findings import spelling_of
from connectors.profile.judging import profile
from connectors.spelling import Spelling, Strings, parse_options, plain_options
from spec.base import JsonValue
from spec.catalog import Column, ForeignKey, Table
from spec.errors import AccessError, DataError, SpecError, TransientError, nearest
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

can: frozenset[Capability] = frozenset({"discover", "read", "incremental", "write"})
_WAIT_S = 5.0
_ATTACHED = "dreflow_source"
_PROFILED = 200_000


class ReadOptions(Spelling):
    """How a SQLite table is read."""

    left_out: Strings = Field(default=(), description="Columns that are not read: those that hold binary data.")


@record(frozen=True)
class _Kinds:
    """How many values of a column SQLite stores as which type."""

    integer: int
    real: int
    text: int
    blob: int


def check(place: Place) -> None:
    """Open the database and read its list of tables."""
    with _open(place) as database:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()


def discover(place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
    """All tables and views, with keys from the database's own catalog and types from the values."""
    wanted = parse_options(ReadOptions, options)
    with _open(place) as database, scratch() as connection:
        _attach(connection, place)
        names = _tables(database)
        if not names:
            raise DataError(
                "The database has no tables.", hint="Is it the right file?", where={"file": str(place.path)}
            )
        taken: list[str] = []
        found = []
        for name in names:
            called = distinct(table_name(name), taken)
            taken.append(called)
            found.append(_discover_table(connection, database, place, name, called, wanted, frozenset(options or {})))
    return found


def read(
    source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table, *, since: str | None = None
) -> Reading:
    """Read ``source.stream``; its count and the sums of its DECIMAL columns are compared with SQLite's own."""
    options = parse_options(ReadOptions, source.options)
    if not source.stream:
        raise SpecError("The source names no table.", hint="Set stream to a table of the database.")
    sql.run(into, sql.drop(table))
    sql.run(into, sql.drop(sql.sibling(table, conform.QUARANTINE)))
    with _open(place) as database:
        # The transaction is the snapshot: with it open, a writer's change shows in data_version and is told below.
        database.execute("BEGIN")
        where: dict[str, str | int] = {"file": str(place.path), "table": source.stream}
        present = [name for name in _columns(database, source.stream, place) if name not in options.left_out]
        names = known_names(source, present)
        warnings = compare(source, names, where, fill=False)
        own = {name.casefold(): stored for name, stored in zip(names, present, strict=True)}
        stored = {name: own[name.casefold()] for name in source.columns}
        version = _version(database)
        expected = sql.whole(
            database.execute(_spell(exp.select("count(*)").from_(_table(source.stream)))).fetchone()[0]
        )
        _attach(into, place)
        try:
            outcome = _load(into, source, options, table, place, stored)
        finally:
            into.execute(f"DETACH {_ATTACHED}")
        sums = {} if since else _sums(database, into, source, options, table, outcome, stored)
        database.execute("COMMIT")
        changed = _version(database) != version
    rows = outcome.rows + outcome.quarantined
    if rows != expected:
        if changed:
            raise TransientError("The database was changed while it was read.", hint="Run again.", where=where)
        raise DataError(
            f"{rows} rows were read where SQLite counts {expected}.", hint="Check the file's integrity.", where=where
        )
    return _finished(source, into, table, outcome, expected, sums, warnings, place, options, since)


def preview(source: Source, place: Place, *, limit: int = 20) -> Preview:
    """The first rows as they will be read, at most ``limit``."""
    return preview_rows(read, source, place, limit)


@contextlib.contextmanager
def _open(place: Place) -> Iterator[sqlite3.Connection]:
    """The database, read-only."""
    path = place.path
    where: dict[str, str | int] = {"file": str(path)}
    if not path.is_file():
        raise DataError("There is no such database file.", hint="Check the path.", where=where)
    try:
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_WAIT_S, isolation_level=None)
    except sqlite3.OperationalError:
        raise AccessError("The database file cannot be opened.", hint="Check its rights.", where=where) from None
    try:
        yield database
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise TransientError("The database is locked by a writer.", hint="Run again.", where=where) from None
        raise DataError(f"SQLite says: {error}.", where=where) from None
    except sqlite3.DatabaseError as error:
        hint = "Is it a SQLite file, and whole?"
        raise DataError(f"The database cannot be read: {error}.", hint=hint, where=where) from None
    finally:
        database.close()


def _attach(connection: DuckDBPyConnection, place: Place) -> None:
    load(connection, "sqlite_scanner")
    connection.execute("SET sqlite_all_varchar = true")
    path = sql.text(sql.value(str(place.path)))
    connection.execute(f"ATTACH {path} AS {_ATTACHED} (TYPE sqlite, READ_ONLY)")


def _table(name: str) -> exp.Table:
    return exp.Table(this=sql.identifier(name))


def _attached(name: str) -> exp.Table:
    return exp.Table(this=sql.identifier(name), db=sql.identifier("main"), catalog=sql.identifier(_ATTACHED))


def _spell(query: exp.Expression) -> str:
    return query.sql(dialect="sqlite")


def _tables(database: sqlite3.Connection) -> list[str]:
    query = """SELECT name FROM sqlite_master WHERE type IN ('table', 'view')
    AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 9) <> '_dreflow_' ORDER BY rowid"""
    return [str(row[0]) for row in database.execute(query)]


def _columns(database: sqlite3.Connection, stream: str, place: Place) -> dict[str, str]:
    """Column names with their declared types."""
    found = {
        str(row[0]): str(row[1]) for row in database.execute("SELECT name, type FROM pragma_table_info(?)", [stream])
    }
    if not found:
        known = _tables(database)
        near = nearest(stream, known)
        raise DataError(
            f"The database has no table {stream!r}.",
            hint=f"Did you mean {near!r}?" if near else f"It has: {', '.join(known) or 'none'}.",
            where={"file": str(place.path), "table": stream},
            data={"unknown": stream, "known": known},
        )
    return found


def _version(database: sqlite3.Connection) -> object:
    return database.execute("PRAGMA data_version").fetchone()


def _kinds(database: sqlite3.Connection, name: str, columns: Sequence[str]) -> dict[str, _Kinds]:
    counts = [
        f"count(CASE WHEN typeof({_spell(sql.column(column))}) = '{kind}' THEN 1 END)"
        for column in columns
        for kind in ("integer", "real", "text", "blob")
    ]
    row = database.execute(
        _spell(exp.select(*(sql.template(count) for count in counts)).from_(_table(name)))
    ).fetchone()
    return {column: _Kinds(*row[4 * place : 4 * place + 4]) for place, column in enumerate(columns)}


def _discover_table(
    connection: DuckDBPyConnection,
    database: sqlite3.Connection,
    place: Place,
    name: str,
    called: str,
    wanted: ReadOptions,
    stated: frozenset[str],
) -> Discovered:
    declared = _columns(database, name, place)
    kinds = _kinds(database, name, list(declared))
    left_out = tuple(column for column in declared if kinds[column].blob or "BLOB" in declared[column].upper())
    columns = [column for column in declared if column not in left_out]
    raw = exp.Table(this=sql.identifier("raw"))
    sql.run(connection, sql.drop(raw))
    query = exp.select(*(sql.column(column) for column in columns)).from_(_attached(name)).limit(_PROFILED)
    sql.run(connection, sql.create(raw, query, temporary=True))
    rows = sql.whole(database.execute(_spell(exp.select("count(*)").from_(_table(name)))).fetchone()[0])
    known = {
        column: type_ for column in columns if (type_ := _known(declared[column], kinds[column], connection, column))
    }
    quoted = [column for column in columns if kinds[column].text and not kinds[column].integer + kinds[column].real]
    found = profile(connection, raw, columns, known=known, quoted=quoted)
    warnings = list(found.warnings)
    warnings += [f"Column {column!r} holds binary data and is left out." for column in left_out]
    money = [column for column in columns if kinds[column].real and found.types[column].startswith("DECIMAL")]
    if money:
        warnings.append(f"Stored as floating point and read as decimals: {', '.join(money)}.")
    if rows > _PROFILED:
        warnings.append(f"Types were found on the first {_PROFILED:,} rows; a value that differs is set aside.")
    spelled = {key: value for key, value in spelling_of(found).items() if key not in stated}
    options = wanted.model_copy(update={**spelled, "left_out": left_out})
    key, foreign = _keys(database, name)
    source = Source(
        connector="sqlite",
        location=place.location,
        stream=name,
        options=plain_options(options),
        columns=found.types,
        primary_key=key,
        foreign_keys=foreign,
    )
    described = Table(
        name=called,
        columns=tuple(Column(name=column, type=type_) for column, type_ in found.types.items()),
        primary_key=key,
        foreign_keys=foreign,
        rows=rows,
    )
    return Discovered(called, source, described, tuple(warnings), tuple(found.choices))


def _known(declared: str, kinds: _Kinds, connection: DuckDBPyConnection, column: str) -> str | None:
    """The type where the stored kinds leave no doubt."""
    if kinds.integer and not kinds.real + kinds.text:
        if declared.upper() in {"BOOLEAN", "BOOL"}:
            values = exp.select(sql.template("count_if(:x NOT IN ('0', '1'))", x=sql.column(column))).from_(
                sql.column("raw")
            )
            return "BOOLEAN" if sql.row(connection, values)[0] == 0 else "BIGINT"
        if not any(word in declared.upper() for word in ("DEC", "NUM", "REAL", "FLOA", "DOUB", "MONEY")):
            return "BIGINT"
    return None


def _keys(database: sqlite3.Connection, name: str) -> tuple[tuple[str, ...], tuple[ForeignKey, ...]]:
    """Primary and foreign keys as the database declares them."""
    primary = database.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [name])
    key = tuple(str(row[0]) for row in primary)
    grouped: dict[int, list[tuple[str, str, str | None]]] = {}
    query = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    for number, other, column, referenced in database.execute(query, [name]):
        grouped.setdefault(number, []).append((other, column, referenced))
    foreign = []
    for parts in grouped.values():
        other = parts[0][0]
        # A reference without columns means the other table's primary key.
        references = [referenced for _, _, referenced in parts]
        target = tuple(str(item) for item in references) if all(references) else _keys(database, other)[0]
        foreign.append(
            ForeignKey(columns=tuple(column for _, column, _ in parts), table=table_name(other), references=target)
        )
    return key, tuple(foreign)


def _load(
    into: DuckDBPyConnection,
    source: Source,
    options: ReadOptions,
    table: exp.Table,
    place: Place,
    stored: Mapping[str, str],
) -> conform.Outcome:
    """In one statement when every value is as declared, else with what is not set aside."""
    import duckdb

    stream = cast("str", source.stream)
    texts = {name: _text(stored[name], type_, options) for name, type_ in source.columns.items()}
    query = conform.strict_query(_attached(stream), texts, source.columns, options)
    try:
        sql.run(into, sql.create(table, query))
        return conform.Outcome(rows=sql.count(into, table))
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException):
        sql.run(into, sql.drop(table))
    raw = exp.Table(this=sql.identifier(f"{table.name}__raw"))
    number = exp.alias_(sql.template("row_number() OVER ()"), sql.identifier(conform.LINE))
    picked = [exp.alias_(text, sql.identifier(name)) for name, text in texts.items()]
    sql.run(into, sql.create(raw, exp.select(number, *picked).from_(_attached(stream)), temporary=True))
    hidden = frozenset(name for name, kind in source.sensitive.items() if kind != "public")
    try:
        return conform.load(
            into, raw, table, source.columns, options,
            policy=source.on_error, file=f"{place.path.name}/{stream}", hidden=hidden, drift=source.drift,
        )  # fmt: skip
    finally:
        sql.run(into, sql.drop(raw))


def _text(name: str, type_: str, options: ReadOptions) -> exp.Expression:
    """A column's text; an empty one is a value where texts are wanted, and nothing where something else is."""
    marks = [*options.null_values] if type_ == "VARCHAR" else ["", *options.null_values]
    if not marks:
        return sql.column(name)
    return sql.template("CASE WHEN list_contains(:marks, :x) THEN NULL ELSE :x END", x=sql.column(name), marks=marks)


def _sums(
    database: sqlite3.Connection,
    into: DuckDBPyConnection,
    source: Source,
    options: ReadOptions,
    table: exp.Table,
    outcome: conform.Outcome,
    stored: Mapping[str, str],
) -> dict[str, tuple[str, str]]:
    """Sums of decimal columns at the source, in whole units of the last decimal, and as loaded."""
    sized = {
        name: conform.decimal_size(type_)
        for name, type_ in source.columns.items()
        if type_.upper().startswith("DECIMAL")
    }
    names = [name for name, (_, scale) in sized.items() if scale <= 6]
    if (
        not names
        or outcome.quarantined
        or outcome.nulled
        or options.decimal != "."
        or options.thousands
        or options.currency
    ):
        return {}
    totals = [
        sql.template(
            "total(CAST(round(CAST(:x AS REAL) * :unit) AS INTEGER))",
            x=sql.column(stored[name]),
            unit=10 ** sized[name][1],
        )
        for name in names
    ]
    found = database.execute(_spell(exp.select(*totals).from_(_table(cast("str", source.stream))))).fetchone()
    sums = {}
    for name, total in zip(names, found, strict=True):
        loaded = sql.exact_sum(into, table, name)
        if abs(total) < 2**53 and loaded is not None:  # beyond, SQLite's total is no longer exact
            unit = Decimal(1).scaleb(-sized[name][1])
            sums[name] = (str((Decimal(total) * unit).quantize(unit)), str(loaded.quantize(unit)))
    return sums


def _finished(
    source: Source,
    into: DuckDBPyConnection,
    table: exp.Table,
    outcome: conform.Outcome,
    expected: int,
    sums: Mapping[str, tuple[str, str]],
    warnings: Sequence[str],
    place: Place,
    options: ReadOptions,
    since: str | None,
) -> Reading:
    aside: tuple[QuarantinedRows, ...] = ()
    if outcome.quarantined:
        reasons = "; ".join(f"{reason} ({number})" for reason, number in outcome.reasons.items())
        aside = (QuarantinedRows(table.name + conform.QUARANTINE, outcome.quarantined, reasons),)
    stamp = Path(place.path).stat()
    found = Reading(
        rows=outcome.rows,
        expected_rows=expected,
        sums=sums,
        quarantined=aside,
        nulled=outcome.nulled,
        fingerprint=f"{stamp.st_size}:{stamp.st_mtime_ns}",
        as_of=datetime.fromtimestamp(stamp.st_mtime, tz=UTC),
        warnings=tuple(warnings),
    )
    return readings.with_cursor(source, into, table, found, since, options)
