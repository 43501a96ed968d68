"""Loading into a SQLite file: staged in the file, then published in one transaction with the state.

SQLite has no decimals: a NUMERIC column would turn 10.10 into a binary fraction. So a DECIMAL is stored as exact text
in a
column declared ``DECIMAL_TEXT(p,s)``, which has text affinity, and which the sqlite connector reads back as that
DECIMAL.
Dates and times are ISO 8601 text under their own type names; instants end in ``Z``.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from connectors import extensions
from connectors.contract import Place
from connectors.destination import Promise, Raw, TableLoad, equal, qualified, spell
from connectors.loading import DUCK, Mapped, Row, TableSession, decimal_of, is_nested, plain
from spec.errors import AccessError, BusyError, DataError, DreflowError, LimitError, SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

promise: Promise = "transactional"
BUSY_SECONDS = 10.0
_TYPES = {
    "BOOLEAN": "BOOLEAN",
    "TINYINT": "BIGINT",
    "UTINYINT": "BIGINT",
    "SMALLINT": "BIGINT",
    "USMALLINT": "BIGINT",
    "INTEGER": "BIGINT",
    "UINTEGER": "BIGINT",
    "BIGINT": "BIGINT",
    "FLOAT": "DOUBLE",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "BLOB": "BLOB",
}


def open_session(place: Place, engine: DuckDBPyConnection) -> SqliteSession:
    """Open the file, made when it is not there."""
    import duckdb

    path = place.path
    alias = "dest_" + hashlib.sha256(str(path).encode()).hexdigest()[:10]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The run works in one thread at a time, but not always in the same one.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        extensions.load(engine, "sqlite_scanner")
        quoted = "'" + str(path).replace("'", "''") + "'"
        engine.execute(f"ATTACH {quoted} AS {alias} (TYPE sqlite)")
    except (sqlite3.Error, duckdb.Error, OSError) as error:
        raise AccessError(
            "This SQLite file cannot be opened for writing.",
            hint="Check that it is a SQLite database and that you may write to its folder.",
            where={"file": str(path)},
            data={"engine": str(error).split("\n")[0]},
        ) from error
    return SqliteSession(engine, alias, connection)


class SqliteSession(TableSession):
    """As ``connectors.destination.Session``."""

    quote: ClassVar[str] = '"'
    mark: ClassVar[str] = "?"
    text_type: ClassVar[str] = "TEXT"

    def __init__(self, engine: DuckDBPyConnection, alias: str, connection: sqlite3.Connection) -> None:
        super().__init__(engine, alias)
        self._connection = connection

    def mapped(self, kind: str, *, key: bool) -> Mapped:
        """As ``TableSession``."""
        del key
        upper = kind.upper()
        if is_nested(kind):
            return Mapped("TEXT", as_json=True)
        if upper in _TYPES:
            return Mapped(_TYPES[upper])
        if upper in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}:
            return Mapped("TIMESTAMPTZ_TEXT", "VARCHAR")
        if upper in {"HUGEINT", "UBIGINT", "UHUGEINT"}:
            return Mapped("DECIMAL_TEXT(38,0)", "VARCHAR")
        decimal = decimal_of(kind)
        return Mapped(f"DECIMAL_TEXT({decimal[0]},{decimal[1]})" if decimal else "TEXT", "VARCHAR")

    def query(self, sql: str, values: Sequence[str] = ()) -> list[Row]:
        """As ``TableSession``."""
        try:
            return self._connection.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise _explained(error) from error

    def tables(self, prefix: str) -> list[tuple[str | None, str]]:
        """As ``TableSession``."""
        found = self.query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1", [prefix]
        )
        return [(None, str(row[0])) for row in found]

    def types(self, schema: str | None, table: str) -> dict[str, str]:
        """As ``TableSession``."""
        del schema
        return {str(row[0]): str(row[1]) for row in self.query("SELECT name, type FROM pragma_table_info(?)", [table])}

    def lock(self, pipeline: str) -> None:
        """As ``TableSession``: SQLite has no lock of a name; the commit takes the whole file."""

    def at(self, schema: str | None, table: str) -> Raw:
        """As ``TableSession``; a SQLite file has one schema."""
        if schema not in (None, "main"):
            raise SpecError(
                f"A SQLite file has no schema {schema!r}.",
                hint="Name the table alone.",
                where={"table": f"{schema}.{table}"},
            )
        return qualified(self.quote, table)

    def engine_table(self, load: TableLoad) -> Raw:
        """As ``TableSession``."""
        return qualified(DUCK, self.alias, "main", load.staging)

    def measures_arrived(self, load: TableLoad, sent: Mapping[str, str | None]) -> dict[str, str | None]:
        """As ``TableSession``; read back through the engine, which sums the decimal texts exactly."""
        kinds = dict(load.columns)
        summed = [name for name in kinds if f"sum({name})" in sent]
        parts = [Raw("count(*)")]
        parts += [Raw(f"count({self.name(name)})") for name in kinds]
        parts += [Raw(f"sum(CAST({self.name(name)} AS {kinds[name]}))") for name in summed]
        statement = spell("SELECT {parts} FROM {table}", DUCK, parts=parts, table=self.engine_table(load))
        row = self.engine.execute(statement).fetchone() or ()
        labels = ["count(*)", *(f"count({name})" for name in kinds), *(f"sum({name})" for name in summed)]
        return {label: plain(value) for label, value in zip(labels, row, strict=True)}

    def update(self, load: TableLoad, target: str, staging: str, columns: Sequence[str]) -> str:
        """As ``TableSession``."""
        return self.spell(
            "UPDATE {target} AS t SET {pairs} FROM {staging} AS s WHERE {keys}",
            target=target,
            staging=staging,
            pairs=equal(self.quote, "", "s", columns, ", "),
            keys=equal(self.quote, "t", "s", load.primary_key),
        )

    def commit(self, loads: Sequence[TableLoad]) -> None:
        """As ``Session``."""
        self.query("BEGIN IMMEDIATE")
        try:
            for load in loads:
                self.ensure_state(load.schema)
                if load.write == "replace":
                    self.query(self.spell("DROP TABLE IF EXISTS {table}", table=self.at(load.schema, load.name)))
                self.publish(load)
                self.remove(load)
                self.save_state(load)
                self.discard(load)
            self.query("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def disconnect(self) -> None:
        """As ``TableSession``."""
        import duckdb

        self._connection.close()
        try:
            self.engine.execute(spell("DETACH {alias}", DUCK, alias=self.alias))
        except duckdb.Error:
            # An interrupted engine may still hold the file; closing the engine lets go of it.
            return


def _explained(error: sqlite3.Error) -> DreflowError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return BusyError(
            "Another program is writing to this SQLite file.",
            hint="Close it there and run again.",
            data={"engine": text},
        )
    if "full" in text or "disk I/O" in text:
        return LimitError("The disk is full; nothing was published.", hint="Free some space and run it again.")
    if "readonly" in text or "unable to open" in text:
        return AccessError("The SQLite file cannot be written.", hint="Check the rights on the file and its folder.")
    return DataError(f"SQLite refused: {text}", hint="Nothing was published.", data={"engine": text})
