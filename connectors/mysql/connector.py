"""MySQL and MariaDB, through DuckDB's extension: read-only, decimals exact, instants in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.attached.database import Database
from connectors.attached.dialect import from_epoch
from connectors.attached.servers import address_of, forget_login, log_in, reach
from connectors.attached.stored import Relation, Stored
from connectors.contract import Capability, Place, Reading
from connectors.extensions import load
from spec.errors import SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

can: frozenset[Capability] = frozenset({"discover", "read", "incremental", "write"})
_SSL_MODES = {"disabled", "preferred", "required", "verify_ca", "verify_identity"}

_RELATIONS = """
SELECT table_name AS a1, table_comment AS a2, CASE WHEN table_type = 'BASE TABLE' THEN -1 END AS a3
FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1
"""
_KEYS = """
SELECT k.table_name AS a1, k.constraint_name AS a2, k.column_name AS a3,
  COALESCE(k.referenced_table_name, '') AS a4, COALESCE(k.referenced_column_name, '') AS a5
FROM information_schema.key_column_usage k
WHERE k.table_schema = DATABASE() AND (k.constraint_name = 'PRIMARY' OR k.referenced_table_name IS NOT NULL)
ORDER BY k.table_name, k.constraint_name, k.ordinal_position
"""
_COLUMNS = """
SELECT table_name AS a1, column_name AS a2, column_type AS a3, is_nullable AS a4, column_comment AS a5
FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
"""
_TYPES = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "mediumint": "INTEGER",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "year": "INTEGER",
    "bit": "BLOB",
    "binary": "BLOB",
    "varbinary": "BLOB",
    "tinyblob": "BLOB",
    "blob": "BLOB",
    "mediumblob": "BLOB",
    "longblob": "BLOB",
}


_FROM_EPOCH = "timezone('UTC', make_timestamp(CAST(CAST(:x AS DECIMAL(20, 6)) * 1000000 AS BIGINT)))"


class MySQL(Database):
    """A ``timestamp`` is asked for as seconds since 1970, so that no session's time zone changes it."""

    name = "mysql"
    default_schema = ""
    text_type = "CHAR"

    def attach(self, connection: DuckDBPyConnection, place: Place, alias: str) -> None:
        """As ``Dialect.attach``."""
        address = address_of(place, 3306)
        reach(address)
        load(connection, "mysql_scanner")
        mode = address.query.get("ssl-mode", address.query.get("ssl_mode", "")).lower()
        if mode and mode not in _SSL_MODES:
            raise SpecError(f"There is no ssl-mode {mode!r}.", hint=f"There is: {', '.join(sorted(_SSL_MODES))}.")
        # Ratings and other small numbers are declared tinyint(1) too; as BOOLEAN, 5 stars would become true.
        connection.execute("SET mysql_tinyint1_as_boolean = false")
        log_in(connection, alias, address, kind="mysql", name="MySQL", options=f"ssl_mode={mode}" if mode else "")

    def detach(self, connection: DuckDBPyConnection, alias: str) -> None:
        """Let go of the database and forget the login."""
        super().detach(connection, alias)
        forget_login(connection, alias)

    def push(self, alias: str, query: exp.Query) -> exp.Expression:
        """As ``Dialect.push``."""
        return sql.call("mysql_query", alias, query.sql(dialect="mysql"))

    def relations(self, connection: DuckDBPyConnection, alias: str) -> Sequence[Relation]:
        """As ``Dialect.relations``; a database is all that there is, so names need no schema."""
        keys: dict[str, list[str]] = {}
        foreign: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
        for table, constraint, column, other, referenced in self._asked(connection, alias, _KEYS):
            if other:
                parts = foreign.setdefault(str(table), {}).setdefault(str(constraint), [])
                parts.append((str(column), str(other), str(referenced)))
            else:
                keys.setdefault(str(table), []).append(str(column))
        return [
            Relation(
                schema="",
                name=str(name),
                description="" if str(about) == "VIEW" else str(about or ""),
                rows=None if rows is None else sql.whole(rows),
                primary_key=tuple(keys.get(str(name), ())),
                foreign_keys=tuple(
                    (tuple(own for own, _, _ in parts), "", parts[0][1], tuple(other for _, _, other in parts))
                    for parts in foreign.get(str(name), {}).values()
                ),
            )
            for name, about, rows in self._asked(connection, alias, _RELATIONS)
        ]

    def columns(self, connection: DuckDBPyConnection, alias: str, relation: Relation) -> Sequence[Stored]:
        """As ``Dialect.columns``; a ``tinyint(1)`` that holds 0 and 1 only becomes BOOLEAN at discovery."""
        asked = exp.select("*").from_(sql.call("mysql_query", alias, _COLUMNS))
        rows = sql.rows(connection, asked.where(sql.template("a1 = :table", table=relation.name)))
        return [
            _stored(str(name), str(type_).lower(), nullable=str(nullable) == "YES", about=str(about or ""))
            for _, name, type_, nullable, about in rows
        ]

    def measured(self, column: str) -> tuple[exp.Expression, exp.Expression]:
        """As ``Dialect.measured``."""
        digits = sql.template("coalesce(max(length(CAST(truncate(abs(:x), 0) AS CHAR))), 0)", x=sql.column(column))
        decimals = sql.template(
            "coalesce(max(length(trim(TRAILING '0' FROM substring_index(CAST(:x AS CHAR), '.', -1)))), 0)",
            x=sql.column(column),
        )
        return digits, decimals

    def carried(self, column: Stored) -> exp.Expression:
        """Text in a binary collation, which JSON has in MariaDB, would arrive as bytes."""
        node = sql.column(column.name)
        return sql.template("convert(:x USING utf8mb4)", x=node) if column.type == "VARCHAR" else node

    def since(self, column: Stored, since: str, type_: str) -> exp.Expression:
        """As ``Dialect.since``; instants are compared as seconds since 1970."""
        if column.pushed and type_.upper().startswith("TIMESTAMP"):
            seconds = datetime.fromisoformat(since).timestamp()
            left = sql.template(column.pushed, x=sql.column(column.name))
            return exp.GTE(this=left, expression=exp.Literal.number(f"{seconds:.6f}"))
        return super().since(column, since, type_)

    def arrives_empty(self, column: Stored) -> exp.Expression | None:
        """As ``Dialect.arrives_empty``: days of zeros, which stand for nothing and are not NULL."""
        if column.type not in {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}:
            return None
        return sql.template(":x = 0", x=sql.column(column.name))

    def moment(self, connection: DuckDBPyConnection, alias: str, place: Place) -> datetime:
        """The server's clock."""
        del place
        return from_epoch(self._asked(connection, alias, "SELECT UNIX_TIMESTAMP(NOW(6)) AS a1")[0][0])

    def verified(self, reading: Reading, relation: Relation) -> Reading:
        """As ``Database.verified``; but the copy and the count are two snapshots, so a writer may be between them."""
        differs = reading.rows != reading.expected_rows or any(one != other for one, other in reading.sums.values())
        if not differs or reading.expected_rows is None:
            return reading
        note = f"{relation.name} changed while it was read, or was not read whole: the counts differ."
        return replace(reading, expected_rows=None, sums={}, warnings=(*reading.warnings, note))

    def _asked(self, connection: DuckDBPyConnection, alias: str, query: str) -> list[sql.Row]:
        return sql.rows(connection, exp.select("*").from_(sql.call("mysql_query", alias, query)))


def _stored(name: str, declared: str, *, nullable: bool, about: str) -> Stored:
    base = re.split(r"[ (]", declared, maxsplit=1)[0]
    if base == "decimal":
        found = re.search(r"\((\d+),\s*(\d+)\)", declared)
        precision, scale = (int(found[1]), int(found[2])) if found else (10, 0)
        if precision <= 38:
            return Stored(name, f"DECIMAL({precision},{scale})", nullable, about)
        return Stored(name, "DECIMAL(38,10)", nullable, about, pushed=":x", unsized=True)
    if base == "timestamp":
        return Stored(name, "TIMESTAMP WITH TIME ZONE", nullable, about, "nullif(unix_timestamp(:x), 0)", _FROM_EPOCH)
    known = _TYPES.get(base, "VARCHAR")
    if "unsigned" in declared and base in {"tinyint", "smallint", "int", "mediumint", "bigint"}:
        known = "U" + known
    return Stored(name, known, nullable, about, may_be_boolean=declared.startswith("tinyint(1)"))


_system = MySQL()
check = _system.check
discover = _system.discover
preview = _system.preview
read = _system.read
