"""Loading into MySQL or MariaDB: append and merge in one InnoDB transaction; replace by one RENAME TABLE with the
state.

DDL commits by itself here, so a table cannot be swapped inside a transaction. RENAME TABLE is atomic over several
tables:
the new table and a new copy of the state table change places with the old ones in the same statement.
Text is utf8mb4 and compared by its bytes. Instants are stored as DATETIME(6) in UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit

from connectors import extensions
from connectors.contract import Place
from connectors.destination import (
    STATE_COLUMNS,
    STATE_TABLE,
    Promise,
    Raw,
    TableLoad,
    equal,
    qualified,
    spell,
    staging_prefix,
)
from connectors.loading import DUCK, Mapped, Row, TableSession, decimal_of, is_nested
from spec.errors import AccessError, BusyError, DataError, DreflowError, LimitError, SpecError, TransientError

if TYPE_CHECKING:
    import pymysql
    from duckdb import DuckDBPyConnection

    Connection = pymysql.Connection[pymysql.cursors.Cursor]

promise: Promise = "atomic rename"
CONNECT_SECONDS = 10
LOCK_SECONDS = 30
GONE_SECONDS = 3
_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "tinyint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "int",
    "INTEGER": "int",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "double",
    "DOUBLE": "double",
    "DATE": "date",
    "TIME": "time(6)",
    "TIMESTAMP": "datetime(6)",
    "BLOB": "longblob",
}
_LOGIN_REFUSED, _NO_DATABASE, _NO_RIGHT = {1045, 1698}, {1044, 1049}, {1142, 1227}
_NO_SPACE, _LOST, _BUSY = {1021, 1114, 3}, {2002, 2003, 2006, 2013, 2055, 1927, 1053}, {1205, 1213}


def open_session(place: Place, engine: DuckDBPyConnection) -> MysqlSession:
    """Log in twice: with the driver, which publishes, and with DuckDB's extension, which copies."""
    import duckdb
    import pymysql

    if not place.url:
        raise AccessError(
            "The destination has no address.",
            hint="Save a connection with 'dreflow connectors add' and name it in the spec.",
            where={"connection": place.connection or ""},
        )
    parts = urlsplit(place.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 3306
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    database = unquote(parts.path.removeprefix("/"))
    try:
        connection = pymysql.connect(
            host=host,
            port=port,
            user=user,
            password=password,
            database=database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
        )
    except pymysql.Error as error:
        raise _explained(error, place.connection or "") from error
    alias = "dest_" + hashlib.sha256(f"{host}:{port}/{database}".encode()).hexdigest()[:10]
    options = {"HOST": host, "PORT": str(port), "USER": user, "PASSWORD": password, "DATABASE": database}
    stated = ", ".join(f"{key} {_text(value)}" for key, value in options.items())
    extensions.load(engine, "mysql_scanner")
    try:
        # Through a secret, so that no password stands in any statement, setting or error.
        engine.execute(f"CREATE OR REPLACE TEMPORARY SECRET {alias} (TYPE mysql, {stated})")
        engine.execute(f"ATTACH '' AS {alias} (TYPE mysql, SECRET {alias})")
    except duckdb.Error as error:
        raise TransientError(
            "MySQL answered once and then not again.", hint="Run it again.", where={"host": host}
        ) from error
    return MysqlSession(engine, alias, connection, database)


class MysqlSession(TableSession):
    """As ``connectors.destination.Session``."""

    quote: ClassVar[str] = "`"
    mark: ClassVar[str] = "%s"
    text_type: ClassVar[str] = "longtext"
    # MariaDB knows no other name for the table of a plain DELETE.
    delete: ClassVar[str] = "DELETE t FROM {target} AS t WHERE {gone}"

    def __init__(self, engine: DuckDBPyConnection, alias: str, connection: Connection, database: str) -> None:
        super().__init__(engine, alias)
        self._connection = connection
        self._database = database
        version = str(self.query("SELECT VERSION()")[0][0])
        # Not padded: in a padded collation 'a' and 'a ' are one key.
        self._collation = "utf8mb4_nopad_bin" if "mariadb" in version.casefold() else "utf8mb4_0900_bin"
        self.query("SET time_zone = '+00:00'")
        self.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION'")

    def mapped(self, kind: str, *, key: bool) -> Mapped:
        """As ``TableSession``; a text of a key may have 255 characters, as many as an index holds."""
        upper = kind.upper()
        if is_nested(kind):
            return Mapped("longtext", as_json=True)
        if upper in _TYPES:
            return Mapped(_TYPES[upper])
        if upper in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS"}:
            return Mapped("datetime(6)", "TIMESTAMP")
        if upper in {"HUGEINT", "UBIGINT", "UHUGEINT"}:
            return Mapped("decimal(38,0)", "DECIMAL(38,0)")
        if upper == "UUID":
            return Mapped("char(36)", "VARCHAR")
        decimal = decimal_of(kind)
        if decimal:
            return Mapped(f"decimal({decimal[0]},{decimal[1]})")
        return Mapped("varchar(255)" if key else "longtext", "VARCHAR")

    def query(self, sql: str, values: Sequence[str] = ()) -> list[Row]:
        """As ``TableSession``."""
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, tuple(values) if values else None)
                return list(cursor.fetchall())
        except (pymysql.Error, OSError) as error:
            raise _explained(error) from error

    def tables(self, prefix: str) -> list[tuple[str | None, str]]:
        """As ``TableSession``."""
        found = self.query(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND LEFT(table_name, CHAR_LENGTH(%s)) = %s",
            [prefix, prefix],
        )
        return [(None, str(row[0])) for row in found]

    def types(self, schema: str | None, table: str) -> dict[str, str]:
        """As ``TableSession``."""
        self.at(schema, table)
        found = self.query(
            "SELECT column_name, column_type FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
        return {str(row[0]): str(row[1]) for row in found}

    def at(self, schema: str | None, table: str) -> Raw:
        """As ``TableSession``; what is a schema elsewhere is a database here, and a connection has one."""
        if schema not in (None, self._database):
            raise SpecError(
                f"The connection is to the database {self._database!r} and not to {schema!r}.",
                hint="Name the table alone, or use a connection to that database.",
                where={"table": f"{schema}.{table}"},
            )
        return qualified(self.quote, table)

    def engine_table(self, load: TableLoad) -> Raw:
        """As ``TableSession``."""
        return qualified(DUCK, self.alias, self._database, load.staging)

    def refresh(self) -> None:
        """As ``TableSession``: the extension remembers the tables it saw."""
        self.engine.execute("CALL mysql_clear_cache()")

    def table_options(self) -> str:
        """As ``TableSession``."""
        return f" ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE {self._collation}"

    def state_type(self, column: str) -> str:
        """As ``TableSession``; the key columns fit an index."""
        return "varchar(255)" if column in {"pipeline", "load"} else "longtext"

    def lock(self, pipeline: str) -> None:
        """As ``TableSession``: a named lock, which the server lets go when the connection ends.

        Waits a moment, because a server takes one to notice that the client of a killed run is gone.
        """
        name = staging_prefix(pipeline) + self._database[:20]
        if self.query("SELECT GET_LOCK(%s, %s)", [name, str(GONE_SECONDS)])[0][0] != 1:
            raise BusyError(
                f"Another run of {pipeline!r} is publishing to this database.", hint="Wait for it to end and run again."
            )

    def analyze(self, load: TableLoad) -> None:
        """As ``TableSession``."""
        self.query(self.spell("ANALYZE TABLE {table}", table=self.at(load.schema, load.staging)))

    def update(self, load: TableLoad, target: str, staging: str, columns: Sequence[str]) -> str:
        """As ``TableSession``."""
        pairs = Raw(", ".join(f"t.{self.name(column)} = s.{self.name(column)}" for column in columns))
        return self.spell(
            "UPDATE {target} AS t JOIN {staging} AS s ON {keys} SET {pairs}",
            target=target,
            staging=staging,
            pairs=pairs,
            keys=equal(self.quote, "t", "s", load.primary_key),
        )

    def sum_text(self, column: str) -> str:
        """As ``TableSession``."""
        return f"CAST(SUM({column}) AS CHAR)"

    def rename(self, schema: str | None, table: str, to: str) -> None:
        """As ``TableSession``."""
        self.query(self.spell("RENAME TABLE {table} TO {to}", table=self.at(schema, table), to=self.at(schema, to)))

    def commit(self, loads: Sequence[TableLoad]) -> None:
        """As ``Session``. A table that is not there yet is put in place like a replaced one."""
        self._hold_state()
        self.ensure_state(None)
        swapped = [load for load in loads if load.write == "replace" or not self.types(load.schema, load.name)]
        added = [load for load in loads if load not in swapped]
        if added:
            self._add(added)
        if swapped:
            self._swap(swapped)

    def disconnect(self) -> None:
        """As ``TableSession``."""
        import duckdb
        import pymysql

        with suppress(pymysql.Error):
            # One that was lost is closed already.
            self._connection.close()
        try:
            self.engine.execute(spell("DETACH {alias}", DUCK, alias=self.alias))
        except duckdb.Error:
            # The engine's own connection was lost, or it was interrupted; closing the engine lets go of it.
            return

    def _hold_state(self) -> None:
        """Other pipelines share the state table, and copying it must not lose a row that one of them writes
        meanwhile.
        """
        name = "dreflow_state_" + hashlib.sha256(self._database.encode()).hexdigest()[:20]
        if self.query("SELECT GET_LOCK(%s, %s)", [name, str(LOCK_SECONDS)])[0][0] != 1:
            raise BusyError("Another run is publishing to this database.", hint="Wait for it to end and run again.")

    def _add(self, loads: Sequence[TableLoad]) -> None:
        self.query("START TRANSACTION")
        try:
            for load in loads:
                self.publish(load)
                self.remove(load)
                self.save_state(load)
        except BaseException:
            self._roll_back()
            raise
        self.query("COMMIT")
        for load in loads:
            # Not inside: dropping a table commits here.
            self.discard(load)

    def _roll_back(self) -> None:
        try:
            self.query("ROLLBACK")
        except TransientError:
            # The connection is gone, and the server rolls back what it did.
            return

    def _swap(self, loads: Sequence[TableLoad]) -> None:
        prefix = f"{staging_prefix(loads[0].pipeline)}x"
        state, old_state = f"{prefix}_state", f"{prefix}_state_old"
        for leftover in (state, old_state):
            self.query(self.spell("DROP TABLE IF EXISTS {table}", table=self.at(None, leftover)))
        self.ensure_state(None, state)
        columns = list(STATE_COLUMNS)
        self.query(
            self.spell(
                "INSERT INTO {new} ({columns}) SELECT {columns} FROM {old}", new=state, old=STATE_TABLE, columns=columns
            )
        )
        pairs, leftovers = [], [old_state]
        for number, load in enumerate(loads):
            self.save_state(load, state)
            if self.types(load.schema, load.name):
                old = f"{prefix}_old_{number}"
                pairs.append(self._renamed(load.name, old))
                leftovers.append(old)
            pairs.append(self._renamed(load.staging, load.name))
        pairs += [self._renamed(STATE_TABLE, old_state), self._renamed(state, STATE_TABLE)]
        self.query(f"RENAME TABLE {', '.join(pairs)}")
        for leftover in leftovers:
            self.query(self.spell("DROP TABLE {table}", table=self.at(None, leftover)))

    def _renamed(self, table: str, to: str) -> str:
        return self.spell("{table} TO {to}", table=self.at(None, table), to=self.at(None, to))


def _explained(error: Exception, connection: str = "") -> DreflowError:
    import pymysql

    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    text = str(error.args[1]) if len(error.args) > 1 else type(error).__name__
    where = {"connection": connection} if connection else {}
    if code in _LOGIN_REFUSED:
        return AccessError("MySQL refused the login.", hint="Check user and password of the connection.", where=where)
    if code in _NO_DATABASE | _NO_RIGHT:
        return AccessError(f"MySQL refused: {text}", hint="Check the database and the rights of its user.", where=where)
    if code in _NO_SPACE:
        return LimitError(
            f"MySQL has no room left: {text}", hint="Free some space there and run it again.", where=where
        )
    if code in _BUSY:
        return BusyError(
            "Another session holds what this one needs.", hint="Run it again.", where=where, data={"code": code}
        )
    if code in _LOST or isinstance(error, pymysql.InterfaceError | OSError):
        return TransientError(
            "The connection to MySQL failed or was lost.",
            hint="Run it again; it goes on where it stopped, and nothing is published twice.",
            where=where,
            data={"engine": text},
        )
    return DataError(f"MySQL refused: {text}", hint="Nothing was published.", where=where, data={"code": code})


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
