"""Loading into PostgreSQL: staged by binary COPY, then published in one transaction with the state."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from connectors.contract import Place
from connectors.destination import Promise, Raw, TableLoad, advisory_key, equal, qualified, spell
from connectors.loading import Mapped, Row, TableSession, decimal_of, is_nested
from spec.errors import AccessError, BusyError, DataError, DreflowError, LimitError, TransientError, UnsupportedError

if TYPE_CHECKING:
    import psycopg
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

promise: Promise = "transactional"
CONNECT_SECONDS = 10
SILENCE_SECONDS = 120
TRIES = 15
OLDEST_SERVER = 140000
"""The first that takes the seconds of a timestamp exactly; older ones compute nothing for us."""
_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "UUID": "uuid",
    "BLOB": "bytea",
    "INTERVAL": "interval",
}


def open_session(place: Place, engine: DuckDBPyConnection) -> PostgresSession:
    """Log in twice: with the driver, which publishes, and with DuckDB's extension, which copies."""
    connection = _connect(place)
    info = connection.info
    alias = "dest_" + hashlib.sha256(f"{info.host}:{info.port}/{info.dbname}".encode()).hexdigest()[:10]
    attach(engine, alias, info)
    return PostgresSession(engine, alias, connection)


def attach(engine: DuckDBPyConnection, alias: str, info: psycopg.ConnectionInfo) -> None:
    """Attach through a secret, so that no password stands in any statement, setting or error."""
    import duckdb

    from connectors import extensions

    extensions.load(engine, "postgres_scanner")
    options = {
        "HOST": info.host,
        "PORT": str(info.port),
        "USER": info.user,
        "PASSWORD": info.password,
        "DATABASE": info.dbname,
    }
    stated = ", ".join(f"{key} {_text(value)}" for key, value in options.items() if value)
    try:
        engine.execute(f"CREATE OR REPLACE TEMPORARY SECRET {alias} (TYPE postgres, {stated})")
        engine.execute(f"ATTACH '' AS {alias} (TYPE postgres, SECRET {alias})")
    except duckdb.Error as error:
        raise TransientError(
            "PostgreSQL answered once and then not again.", hint="Run it again.", where={"host": info.host}
        ) from error


def _connect(place: Place) -> psycopg.Connection:
    import psycopg

    if not place.url:
        raise AccessError(
            "The destination has no address.",
            hint="Save a connection with 'dreflow connectors add' and name it in the spec.",
            where={"connection": place.connection or ""},
        )
    try:
        return psycopg.connect(
            place.url.replace("postgresql+psycopg://", "postgresql://"),
            connect_timeout=CONNECT_SECONDS,
            # A server that vanished without a word is found out, also in the middle of a commit.
            keepalives_idle=30,
            tcp_user_timeout=SILENCE_SECONDS * 1000,
        )
    except psycopg.OperationalError as error:
        raise _explained(error, place.connection or "") from error


def _explained(error: psycopg.Error, connection: str = "") -> DreflowError:
    import psycopg

    state, text = error.sqlstate or "", str(error).split("\n")[0]
    where = {"connection": connection} if connection else {}
    if state.startswith("28") or "authentication failed" in text or "no password supplied" in text:
        return AccessError(
            "PostgreSQL refused the login.", hint="Check user and password of the connection.", where=where
        )
    if state in {"3D000", "42501"} or "does not exist" in text:
        return AccessError(
            f"PostgreSQL refused: {text}", hint="Check the database and the rights of its user.", where=where
        )
    if state.startswith("53"):
        return LimitError(
            f"PostgreSQL has no room left: {text}", hint="Free some space there and run it again.", where=where
        )
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return TransientError(
            "The connection to PostgreSQL failed or was lost.",
            hint="Run it again; it goes on where it stopped, and nothing is published twice.",
            where=where,
            data={"engine": text},
        )
    return DataError(
        f"PostgreSQL refused: {text}", hint="Nothing was published.", where=where, data={"sqlstate": state}
    )


class PostgresSession(TableSession):
    """As ``connectors.destination.Session``."""

    quote: ClassVar[str] = '"'
    mark: ClassVar[str] = "%s"
    text_type: ClassVar[str] = "text"

    def __init__(self, engine: DuckDBPyConnection, alias: str, connection: psycopg.Connection) -> None:
        super().__init__(engine, alias)
        self._connection = connection
        connection.autocommit = True

    def mapped(self, kind: str, *, key: bool) -> Mapped:
        """As ``TableSession``."""
        del key
        upper = kind.upper()
        if is_nested(kind):
            return Mapped("json", as_json=True)
        if upper in _TYPES:
            return Mapped(_TYPES[upper])
        if upper == "TIMESTAMPTZ":
            return Mapped("timestamptz")
        if upper in {"HUGEINT", "UBIGINT", "UHUGEINT"}:
            # 38 digits; a larger one is refused by the cast.
            return Mapped("numeric(38,0)", "DECIMAL(38,0)")
        if upper == "JSON":
            return Mapped("json", "VARCHAR")
        if upper in {"TIMESTAMP_S", "TIMESTAMP_MS"}:
            return Mapped("timestamp", "TIMESTAMP")
        decimal = decimal_of(kind)
        return Mapped(f"numeric({decimal[0]},{decimal[1]})") if decimal else Mapped("text", "VARCHAR")

    def query(self, sql: str, values: Sequence[str] = ()) -> list[Row]:
        """As ``TableSession``."""
        import psycopg

        try:
            # A percent sign in a name would be read as a mark, but only where values are bound; no such statement has
            # names of the user.
            cursor = (
                self._connection.execute(sql.encode(), list(values))
                if values
                else self._connection.execute(sql.encode())
            )
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _explained(error) from error

    def tables(self, prefix: str) -> list[tuple[str | None, str]]:
        """As ``TableSession``."""
        found = self.query(
            "SELECT schemaname, tablename FROM pg_catalog.pg_tables WHERE starts_with(tablename, %s)", [prefix]
        )
        return [(str(row[0]), str(row[1])) for row in found]

    def types(self, schema: str | None, table: str) -> dict[str, str]:
        """As ``TableSession``."""
        found = self.query(
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a "
            "WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            [self.at(schema, table)],
        )
        return {str(row[0]): str(row[1]) for row in found}

    def lock(self, pipeline: str) -> None:
        """As ``TableSession``: a session-level advisory lock, which the server lets go when the connection ends.

        Waits a moment, because a server takes one to notice that the client of a killed run is gone.
        """
        for _ in range(TRIES):
            if self.query("SELECT pg_try_advisory_lock(CAST(%s AS bigint))", [str(advisory_key(pipeline))])[0][0]:
                return
            self.query("SELECT pg_sleep(0.2)")
        raise BusyError(
            f"Another run of {pipeline!r} is publishing to this database.", hint="Wait for it to end and run again."
        )

    def analyze(self, load: TableLoad) -> None:
        """As ``TableSession``: without it a merge may be planned for a handful of rows."""
        self.query(self.spell("ANALYZE {table}", table=self.at(load.schema, load.staging)))

    def stage(self, load: TableLoad, rows: exp.Table) -> int:
        """As ``Session``; makes the schema when it is not there."""
        self._make_schema(load)
        return super().stage(load, rows)

    def refresh(self) -> None:
        """As ``TableSession``: the extension remembers the tables it saw."""
        self.engine.execute("CALL pg_clear_cache()")

    def engine_table(self, load: TableLoad) -> Raw:
        """As ``TableSession``; a table without a schema is in the first one of the user's search path."""
        schema = load.schema or str(self.query("SELECT current_schema()")[0][0])
        return qualified('"', self.alias, schema, load.staging)

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
        import psycopg

        try:
            with self._connection.transaction():
                for load in loads:
                    self.ensure_state(load.schema)
                    if load.write == "replace":
                        self._replace(load)
                    else:
                        if self.types(load.schema, load.name):
                            # Rows that someone else adds between the update and the insert would make a merge fail.
                            self.query(
                                self.spell(
                                    "LOCK TABLE {t} IN SHARE ROW EXCLUSIVE MODE", t=self.at(load.schema, load.name)
                                )
                            )
                        self.publish(load)
                        self.remove(load)
                    self.save_state(load)
                    self.discard(load)
        except psycopg.Error as error:
            raise _explained(error) from error

    def begin(self) -> None:
        """Begin to compute in the database: all that follows, until ``settle``, sees it at one moment, and instants
        are read in UTC.

        Raises UnsupportedError where the server counts or sorts texts in another way than it was compiled for.
        """
        version = self._connection.info.server_version
        found = str(self.query("SHOW server_encoding")[0][0])
        if version < OLDEST_SERVER or found != "UTF8":
            raise UnsupportedError(
                f"This PostgreSQL is of version {version // 10000} with texts in {found}; to compute in it, version "
                f"{OLDEST_SERVER // 10000} and UTF8 are needed.",
                hint="Say engine: duckdb in the spec; the data is then read and computed here.",
                data={"version": version, "encoding": found},
            )
        first = self.query("SELECT (array_remove(current_schemas(true), pg_my_temp_schema()::regnamespace::name))[1]")
        if first[0][0] != "pg_catalog":
            raise UnsupportedError(
                "This user's search_path lets other functions stand before PostgreSQL's own.",
                hint="Take pg_catalog out of the search_path, where it is first by itself, or say engine: duckdb.",
                data={"first": str(first[0][0])},
            )
        self.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
        for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "standard_conforming_strings = on"):
            self.query(f"SET LOCAL {setting}")

    def settle(self) -> None:
        """End what ``begin`` began, and keep what was staged."""
        self.query("COMMIT")

    def forget(self) -> None:
        """End what ``begin`` began, and keep nothing of it."""
        self._connection.rollback()

    def interrupt(self) -> None:
        """Stop the statement that runs, from another thread."""
        self._connection.cancel()

    def stage_there(self, load: TableLoad, rows: str) -> int:
        """As ``stage``, of rows that a query of the database itself gives, in the columns' order; they do not leave it.

        Between ``begin`` and ``settle``.
        """
        self._make_schema(load)
        keys = set(load.primary_key) if load.write == "merge" else set()
        columns = {name: self.mapped(kind, key=name in keys) for name, kind in load.columns}
        self.create(load.schema, load.staging, columns, load.primary_key if load.write == "merge" else ())
        names = [name for name, _ in load.columns]
        self.query(
            self.spell(
                "INSERT INTO {table} ({columns}) {rows}",
                table=self.at(load.schema, load.staging), columns=names, rows=Raw(rows),
            )
        )  # fmt: skip
        self.rows[load.staging] = self._number(
            self.spell("SELECT COUNT(*) FROM {table}", table=self.at(load.schema, load.staging))
        )
        # From here on it is dropped when the session ends without a commit.
        self.pending[load.staging] = load
        self.analyze(load)
        return self.rows[load.staging]

    def disconnect(self) -> None:
        """As ``TableSession``."""
        import duckdb

        self._connection.close()
        try:
            self.engine.execute(spell("DETACH {alias}", self.quote, alias=self.alias))
        except duckdb.Error:
            # The engine's own connection was lost, or it was interrupted; closing the engine lets go of it.
            return

    def _make_schema(self, load: TableLoad) -> None:
        if load.schema is None:
            return
        if not self.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [load.schema]):
            self.query(self.spell("CREATE SCHEMA IF NOT EXISTS {schema}", schema=load.schema))

    def _replace(self, load: TableLoad) -> None:
        target = self.at(load.schema, load.name)
        if not self.types(load.schema, load.name):
            self.rename(load.schema, load.staging, load.name)
        elif self._is_plain(target):
            self.query(self.spell("DROP TABLE {target}", target=target))
            self.rename(load.schema, load.staging, load.name)
        else:
            # Views and foreign keys point at this very table, or it has rights granted on it: its rows are replaced.
            self.query(self.spell("DELETE FROM {target}", target=target))
            self.publish(replace(load, write="append"))

    def _is_plain(self, target: str) -> bool:
        """True for a table that nothing depends on and nobody was granted rights on."""
        dependent = self.query(
            "SELECT 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid "
            "WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = to_regclass(%s) AND r.ev_class <> d.refobjid "
            "UNION ALL SELECT 1 FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confrelid = to_regclass(%s) "
            "UNION ALL SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass(%s) "
            "AND (relacl IS NOT NULL OR relkind <> 'r' OR relrowsecurity) "
            "UNION ALL SELECT 1 FROM pg_catalog.pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
            [target] * 4,
        )
        return not dependent


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
