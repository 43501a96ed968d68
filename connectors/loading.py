"""What the three databases with a driver of their own share: stage in bulk through DuckDB, publish through the driver.

Bulk rows go from DuckDB's extension into a staging table beside the target. The counts and sums of that copy are taken
by
the database itself. Publishing is then one transaction of the driver's connection: data, state, commit.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from connectors.destination import (
    STATE_COLUMNS,
    STATE_TABLE,
    Raw,
    StateRow,
    TableLoad,
    compare,
    equal,
    fits,
    identifier,
    qualified,
    refuse_implausible,
    spell,
    staging_prefix,
)
from spec.errors import DataError, LimitError, TransientError
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

DUCK = '"'
Row = tuple[object, ...]
_DECIMAL = re.compile(r"^(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)$", re.IGNORECASE)
_SUMMED = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
    "DECIMAL",
)
# "disk I/O error" is what SQLite says of a file that may not grow.
_FULL = ("no space left", "could not extend file", "is full", "disk full", "disk i/o error", "database or disk is full")
_NESTED = re.compile(r"(\]$)|^(STRUCT|MAP|UNION)\b", re.IGNORECASE)


@record(frozen=True)
class Mapped:
    """A column as the destination has it: its declared type, and the DuckDB type its values are cast to on the way."""

    declared: str
    sent_as: str | None = None
    as_json: bool = False


class TableSession(ABC):
    """As ``connectors.destination.Session``; a database fills in its spelling and its transaction."""

    quote: ClassVar[str]
    mark: ClassVar[str]
    """How a bound value is written in the driver's statements."""
    text_type: ClassVar[str]
    delete: ClassVar[str] = "DELETE FROM {target} AS t WHERE {gone}"

    def __init__(self, engine: DuckDBPyConnection, alias: str) -> None:
        self.engine = engine
        self.alias = alias
        self.rows: dict[str, int] = {}
        self.pending: dict[str, TableLoad] = {}

    @abstractmethod
    def mapped(self, kind: str, *, key: bool) -> Mapped:
        """How a column of that DuckDB type is stored; ``key`` when it is part of the primary key."""

    @abstractmethod
    def query(self, sql: str, values: Sequence[str] = ()) -> list[Row]:
        """Run one statement of the driver and give its rows, if any."""

    @abstractmethod
    def tables(self, prefix: str) -> list[tuple[str | None, str]]:
        """Schema and name of all tables whose name begins so."""

    @abstractmethod
    def types(self, schema: str | None, table: str) -> dict[str, str]:
        """A table's columns with their types as the database spells them; empty when there is no such table."""

    @abstractmethod
    def lock(self, pipeline: str) -> None:
        """Take the database's own lock on that pipeline, or raise BusyError."""

    @abstractmethod
    def update(self, load: TableLoad, target: str, staging: str, columns: Sequence[str]) -> str:
        """The statement that updates the target's rows that the staging table has by key."""

    @abstractmethod
    def commit(self, loads: Sequence[TableLoad]) -> None:
        """As ``Session``."""

    @abstractmethod
    def disconnect(self) -> None:
        """Close the driver's connection."""

    def states(self, pipeline: str, schema: str | None) -> Mapping[str, StateRow]:
        """As ``Session``."""
        if not self.types(schema, STATE_TABLE):
            return {}
        found = self.query(
            self.spell(
                "SELECT {columns} FROM {state} WHERE {pipeline} = {mark}",
                mark=Raw(self.mark),
                columns=("load", "run_id", "cursor", "spec_digest"),
                state=self.at(schema, STATE_TABLE),
                pipeline="pipeline",
            ),
            [pipeline],
        )
        return {str(row[0]): StateRow(str(row[1]), str(row[2]), str(row[3])) for row in found}

    def holds_table(self, schema: str | None, table: str) -> bool:
        """As ``Session``."""
        return bool(self.types(schema, table))

    def rows_there(self, schema: str | None, table: str) -> int:
        """As ``Session``."""
        if not self.types(schema, table):
            return 0
        return self._number(self.spell("SELECT COUNT(*) FROM {table}", table=self.at(schema, table)))

    def hold(self, pipeline: str) -> None:
        """As ``Session``."""
        self.lock(pipeline)
        for schema, table in self.tables(staging_prefix(pipeline)):
            if table not in self.rows:
                self.query(self.spell("DROP TABLE {table}", table=self.at(schema, table)))

    def inside(self, load: TableLoad) -> None:  # noqa: B027 - None is the answer
        """As ``Session``: the rows have to be copied over."""

    def stage(self, load: TableLoad, rows: exp.Table) -> int:
        """As ``Session``."""
        keys = set(load.primary_key) if load.write == "merge" else set()
        columns = {name: self.mapped(kind, key=name in keys) for name, kind in load.columns}
        self.pending[load.staging] = load
        self.create(load.schema, load.staging, columns, load.primary_key if load.write == "merge" else ())
        self.rows[load.staging] = 0
        self._send(load, rows, columns)
        sent = self._measures_sent(load, rows)
        compare(load, sent, self.measures_arrived(load, sent))
        self.rows[load.staging] = int(sent["count(*)"] or 0)
        self.analyze(load)
        return self.rows[load.staging]

    def gone(self, load: TableLoad) -> int:
        """As ``Session``."""
        if not load.removals or not self.types(load.schema, load.name):
            return 0
        there = self.rows_there(load.schema, load.name)
        for number, removal in enumerate(load.removals):
            keys = self.stage(load.keys_of(number), removal.rows)
            if removal.owners is not None:
                self.stage(load.owners_of(number), removal.owners)
            refuse_implausible(load, removal, keys=keys, gone=self._going(load, [number]), there=there)
        return self._going(load, range(len(load.removals)))

    def close(self) -> None:
        """As ``Session``."""
        with suppress(TransientError):
            for staging, load in self.pending.items():
                self.query(self.spell("DROP TABLE IF EXISTS {table}", table=self.at(load.schema, staging)))
        self.disconnect()

    def create(self, schema: str | None, table: str, columns: Mapping[str, Mapped], keys: Sequence[str]) -> None:
        """Create a table with exactly these columns."""
        parts = [Raw(f"{self.name(column)} {item.declared}") for column, item in columns.items()]
        if keys:
            parts.append(Raw(f"PRIMARY KEY ({', '.join(self.name(key) for key in keys)})"))
        self.query(
            self.spell("CREATE TABLE {table} ({parts})", table=self.at(schema, table), parts=parts)
            + self.table_options()
        )

    def table_options(self) -> str:
        """What stands after the columns of CREATE TABLE."""
        return ""

    def analyze(self, load: TableLoad) -> None:  # noqa: B027 - only a database that plans by statistics has something to do
        """Let the database know how large the staging table is, where it would not notice."""

    def measures_arrived(self, load: TableLoad, sent: Mapping[str, str | None]) -> dict[str, str | None]:
        """Counts and exact sums of the staging table, taken by the database."""
        names = [name for name, _ in load.columns]
        summed = [name for name in names if f"sum({name})" in sent]
        parts = [Raw("COUNT(*)")]
        parts += [Raw(f"COUNT({self.name(name)})") for name in names]
        parts += [Raw(self.sum_text(self.name(name))) for name in summed]
        row = self.query(
            self.spell("SELECT {parts} FROM {table}", parts=parts, table=self.at(load.schema, load.staging))
        )[0]
        labels = ["count(*)", *(f"count({name})" for name in names), *(f"sum({name})" for name in summed)]
        return {label: plain(value) for label, value in zip(labels, row, strict=True)}

    def sum_text(self, column: str) -> str:
        """An exact sum as text."""
        return f"SUM({column})"

    def publish(self, load: TableLoad) -> None:
        """Append or merge the staged rows into the target, or put the staging table in its place where there is
        none.
        """
        target, staging = self.at(load.schema, load.name), self.at(load.schema, load.staging)
        there = self.types(load.schema, load.name)
        if not there:
            self.rename(load.schema, load.staging, load.name)
            return
        fits(load, self.types(load.schema, load.staging), there)
        names = [name for name, _ in load.columns]
        if load.write == "append":
            self.query(
                self.spell(
                    "INSERT INTO {target} ({columns}) SELECT {columns} FROM {staging}",
                    target=target, columns=names, staging=staging,
                )
            )  # fmt: skip
            return
        others = [name for name in names if name not in load.primary_key]
        if others:
            self.query(self.update(load, target, staging, others))
        self.query(
            self.spell(
                "INSERT INTO {target} ({columns}) SELECT {columns} FROM {staging} AS s "
                "WHERE NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {keys})",
                target=target,
                columns=names,
                staging=staging,
                keys=equal(self.quote, "t", "s", load.primary_key),
            )
        )
        found = self.query(
            self.spell(
                "SELECT COUNT(*) FROM {staging} AS s WHERE EXISTS (SELECT 1 FROM {target} AS t WHERE {keys})",
                target=target,
                staging=staging,
                keys=equal(self.quote, "t", "s", load.primary_key),
            )
        )[0][0]
        compare(load, {"count(merged keys)": str(self.rows[load.staging])}, {"count(merged keys)": str(found)})

    def remove(self, load: TableLoad) -> None:
        """Take rows that are gone from the target, or mark them; what was merged a moment ago is there already."""
        for number, removal in enumerate(load.removals):
            if load.keys_of(number).staging not in self.rows:
                continue
            target, gone = self.at(load.schema, load.name), self._is_gone(load, [number])
            if removal.mark is None:
                self.query(self.spell(self.delete, target=target, gone=gone))
            else:
                self.query(
                    self.spell(
                        "UPDATE {target} AS t SET {mark} = TRUE WHERE {gone}",
                        target=target,
                        mark=removal.mark,
                        gone=gone,
                    )
                )

    def _going(self, load: TableLoad, numbers: Sequence[int]) -> int:
        target, gone = self.at(load.schema, load.name), self._is_gone(load, numbers)
        return self._number(self.spell("SELECT COUNT(*) FROM {target} AS t WHERE {gone}", target=target, gone=gone))

    def _is_gone(self, load: TableLoad, numbers: Sequence[int]) -> Raw:
        """The condition on rows of the target ``t``; one that is marked already is not gone again."""
        parts = []
        for number in numbers:
            removal = load.removals[number]
            found = self._is_in(load.keys_of(number))
            part = found if removal.kind == "listed" else f"NOT {found}"
            if removal.owners is not None:
                part = f"({part} AND {self._is_in(load.owners_of(number))})"
            parts.append(part)
        marks = {load.removals[number].mark for number in numbers} - {None}
        unmarked = [f"(t.{self.name(mark)} IS NULL OR NOT t.{self.name(mark)})" for mark in marks if mark]
        return Raw(" AND ".join([f"({' OR '.join(parts)})", *unmarked]))

    def _is_in(self, keys: TableLoad) -> str:
        """The condition that a row of the target ``t`` has a key that was staged."""
        return self.spell(
            "EXISTS (SELECT 1 FROM {keys} AS s WHERE {equal})",
            keys=self.at(keys.schema, keys.staging),
            equal=equal(self.quote, "t", "s", keys.primary_key),
        )

    def _number(self, sql: str) -> int:
        return int(str(self.query(sql)[0][0]))

    def discard(self, load: TableLoad) -> None:
        """Drop the staging tables, where publishing has not given one another name."""
        for one in (load, *load.beside()):
            self.query(self.spell("DROP TABLE IF EXISTS {table}", table=self.at(one.schema, one.staging)))
            self.pending.pop(one.staging, None)

    def rename(self, schema: str | None, table: str, to: str) -> None:
        """Give a table another name in its schema."""
        self.query(self.spell("ALTER TABLE {table} RENAME TO {to}", table=self.at(schema, table), to=to))

    def ensure_state(self, schema: str | None, table: str = STATE_TABLE) -> None:
        """Create the state table when it is not there."""
        parts = [Raw(f"{self.name(name)} {self.state_type(name)}") for name in STATE_COLUMNS]
        parts.append(Raw(f"PRIMARY KEY ({self.name('pipeline')}, {self.name('load')})"))
        create = self.spell("CREATE TABLE IF NOT EXISTS {table} ({parts})", table=self.at(schema, table), parts=parts)
        self.query(create + self.table_options())

    def state_type(self, column: str) -> str:
        """The type of a state column; all are text."""
        del column
        return self.text_type

    def save_state(self, load: TableLoad, table: str = STATE_TABLE) -> None:
        """Replace the load's row of the state table."""
        state = self.at(load.schema, table)
        self.query(
            self.spell(
                "DELETE FROM {state} WHERE {pipeline} = {mark} AND {load} = {mark}",
                mark=Raw(self.mark),
                state=state, pipeline="pipeline", load="load",
            ),
            [load.pipeline, load.label],
        )  # fmt: skip
        marks = Raw(", ".join(self.mark for _ in STATE_COLUMNS))
        self.query(
            self.spell(
                "INSERT INTO {state} ({columns}) VALUES ({marks})", state=state, columns=STATE_COLUMNS, marks=marks
            ),
            load.state_values(self.rows.get(load.staging, 0)),
        )

    def spell(self, template: str, **parts: str | Sequence[str]) -> str:
        """A statement in the database's own quotes."""
        return spell(template, self.quote, **parts)

    def name(self, text: str) -> str:
        """A quoted identifier of the database."""
        return identifier(text, self.quote)

    def at(self, schema: str | None, table: str) -> Raw:
        """A table as the driver names it."""
        return qualified(self.quote, schema, table)

    def engine_table(self, load: TableLoad) -> Raw:
        """The staging table as DuckDB names it."""
        return qualified(DUCK, self.alias, load.schema, load.staging)

    def refresh(self) -> None:
        """Let the engine see tables that the driver made."""
        return

    def _send(self, load: TableLoad, rows: exp.Table, columns: Mapping[str, Mapped]) -> None:
        import duckdb

        self.refresh()
        sent: list[str] = []
        for column, item in columns.items():
            value = identifier(column, DUCK)
            if item.as_json:
                value = f"CAST(to_json({value}) AS VARCHAR)"
            elif item.sent_as:
                value = f"CAST({value} AS {item.sent_as})"
            sent.append(Raw(value))
        statement = spell(
            "INSERT INTO {table} ({columns}) SELECT {sent} FROM {rows}",
            DUCK,
            table=self.engine_table(load),
            columns=list(columns),
            sent=sent,
            rows=Raw(rows.sql(dialect="duckdb")),
        )
        try:
            self.engine.execute(statement)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise self.sending_failed(load, error) from error

    def sending_failed(self, load: TableLoad, error: Exception) -> Exception:
        """The engine's error while copying, as one of ours."""
        text = str(error).split("\n")[0]
        lowered = text.casefold()
        if any(words in lowered for words in _FULL):
            return LimitError(
                "The destination has no space left; nothing was published.",
                hint="Free some space there and run it again.",
                where={"table": load.table},
                data={"engine": text},
            )
        lost = ("connection", "server closed", "terminat", "gone away", "eof", "broken pipe", "reset by peer")
        if any(words in lowered for words in lost):
            return TransientError(
                "The connection to the destination was lost; nothing was published.",
                hint="Run it again; it goes on where it stopped.",
                where={"table": load.table},
                data={"engine": text},
            )
        return DataError(
            f"The destination refused a row: {text}",
            hint="Nothing was published. Look at the value, or cast it in a step.",
            where={"table": load.table},
            data={"engine": text},
        )

    def _measures_sent(self, load: TableLoad, rows: exp.Table) -> dict[str, str | None]:
        import duckdb

        table = rows.sql(dialect="duckdb")
        names = [name for name, _ in load.columns]
        summed = [name for name, kind in load.columns if kind.upper().startswith(_SUMMED) and not _NESTED.search(kind)]
        counts = [Raw("count(*)"), *(Raw(f"count({identifier(name, DUCK)})") for name in names)]
        sums = [Raw(f"sum({identifier(name, DUCK)})") for name in summed]
        statement = spell("SELECT {parts} FROM {table}", DUCK, parts=[*counts, *sums], table=Raw(table))
        try:
            row = self.engine.execute(statement).fetchone() or ()
        except duckdb.OutOfRangeException:
            # A sum beyond 38 digits; the counts still tell whether everything arrived.
            summed = []
            row = (
                self.engine.execute(
                    spell("SELECT {parts} FROM {table}", DUCK, parts=counts, table=Raw(table))
                ).fetchone()
                or ()
            )
        labels = ["count(*)", *(f"count({name})" for name in names), *(f"sum({name})" for name in summed)]
        return {label: plain(value) for label, value in zip(labels, row, strict=True)}


def decimal_of(kind: str) -> tuple[int, int] | None:
    """Digits and decimals of a DECIMAL type."""
    found = _DECIMAL.match(kind.strip())
    return (int(found[1]), int(found[2])) if found else None


def is_nested(kind: str) -> bool:
    """True for lists, structs, maps and unions."""
    return bool(_NESTED.search(kind))


def plain(value: object) -> str | None:
    """A number as text without exponent and superfluous zeros, so that equal numbers are equal texts."""
    if value is None:
        return None
    number = Decimal(str(value))
    if number == number.to_integral_value():
        return str(int(number))
    return format(number.normalize(), "f")
