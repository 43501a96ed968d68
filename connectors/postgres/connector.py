"""PostgreSQL, through DuckDB's extension: read-only, in one repeatable-read snapshot, decimals exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import sql
from connectors.attached.database import Database
from connectors.attached.dialect import from_epoch
from connectors.attached.servers import CONNECT_TIMEOUT_S, address_of, forget_login, log_in, reach
from connectors.attached.stored import Relation, Stored
from connectors.contract import Capability, Place
from connectors.extensions import load
from spec.errors import SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

can: frozenset[Capability] = frozenset({"discover", "read", "incremental", "write"})
_SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

_RELATIONS = """
SELECT n.nspname AS schema_name, c.relname AS table_name, coalesce(obj_description(c.oid, 'pg_class'), '') AS about,
  CAST(CASE WHEN c.relkind IN ('r', 'm', 'p') THEN c.reltuples END AS bigint) AS row_count,
  ARRAY(SELECT CAST(a.attname AS text)
    FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY u(num, pos)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num
    WHERE k.conrelid = c.oid AND k.contype = 'p' ORDER BY u.pos) AS primary_key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1, 2
"""
_FOREIGN_KEYS = """
SELECT n.nspname AS schema_name, c.relname AS table_name, fn.nspname AS other_schema, fc.relname AS other_table,
  ARRAY(SELECT CAST(a.attname AS text) FROM unnest(k.conkey) WITH ORDINALITY u(num, pos)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.pos) AS own_columns,
  ARRAY(SELECT CAST(a.attname AS text) FROM unnest(k.confkey) WITH ORDINALITY u(num, pos)
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.pos) AS other_columns
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class fc ON fc.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = fc.relnamespace
WHERE k.contype = 'f' ORDER BY k.conname
"""
_COLUMNS = """
SELECT n.nspname AS schema_name, c.relname AS table_name, a.attname AS column_name, t.typname AS type_name,
  t.typtype AS type_kind, coalesce(e.typname, '') AS element, a.atttypmod AS modifier, a.attnotnull AS required,
  coalesce(col_description(c.oid, a.attnum), '') AS about
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t0 ON t0.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN t0.typtype = 'd' THEN t0.typbasetype ELSE t0.oid END
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2, a.attnum
"""
_EXACT = {
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "oid": "UINTEGER",
    "bool": "BOOLEAN",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "uuid": "UUID",
    "bytea": "BLOB",
    "interval": "INTERVAL",
    "text": "VARCHAR",
    "varchar": "VARCHAR",
    "bpchar": "VARCHAR",
    "name": "VARCHAR",
    "json": "VARCHAR",
    "jsonb": "VARCHAR",
}
_LISTS = {
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "varchar": "VARCHAR",
}


class Postgres(Database):
    """Everything is asked of the server's own catalog, inside the transaction that copies."""

    name = "postgres"
    default_schema = "public"
    text_type = "TEXT"

    def attach(self, connection: DuckDBPyConnection, place: Place, alias: str) -> None:
        """As ``Dialect.attach``."""
        address = address_of(place, 5432)
        reach(address)
        load(connection, "postgres_scanner")
        mode = address.query.get("sslmode", "")
        if mode and mode not in _SSL_MODES:
            raise SpecError(f"There is no sslmode {mode!r}.", hint=f"There is: {', '.join(sorted(_SSL_MODES))}.")
        extra = f"connect_timeout={CONNECT_TIMEOUT_S}" + (f" sslmode={mode}" if mode else "")
        log_in(connection, alias, address, kind="postgres", name="PostgreSQL", options=extra)

    def detach(self, connection: DuckDBPyConnection, alias: str) -> None:
        """Let go of the database and forget the login."""
        super().detach(connection, alias)
        forget_login(connection, alias)

    def push(self, alias: str, query: exp.Query) -> exp.Expression:
        """As ``Dialect.push``."""
        return sql.call("postgres_query", alias, query.sql(dialect="postgres"))

    def relations(self, connection: DuckDBPyConnection, alias: str) -> Sequence[Relation]:
        """As ``Dialect.relations``."""
        foreign: dict[tuple[str, str], list[tuple[tuple[str, ...], str, str, tuple[str, ...]]]] = {}
        for schema, table, other_schema, other, own, others in self._asked(connection, alias, _FOREIGN_KEYS):
            key = (_words(own), str(other_schema), str(other), _words(others))
            foreign.setdefault((str(schema), str(table)), []).append(key)
        return [
            Relation(
                schema=str(schema),
                name=str(table),
                description=str(about),
                rows=None if rows is None else sql.whole(rows),
                primary_key=_words(key),
                foreign_keys=tuple(foreign.get((str(schema), str(table)), ())),
            )
            for schema, table, about, rows, key in self._asked(connection, alias, _RELATIONS)
        ]

    def columns(self, connection: DuckDBPyConnection, alias: str, relation: Relation) -> Sequence[Stored]:
        """As ``Dialect.columns``."""
        asked = sql.call("postgres_query", alias, _COLUMNS)
        query = (
            exp.select("*")
            .from_(asked)
            .where(
                sql.template(
                    "schema_name = :schema AND table_name = :table", schema=relation.schema, table=relation.name
                )
            )
        )
        return [
            _stored(str(name), str(type_), str(kind), str(element), sql.whole(modifier), not required, str(about))
            for _, _, name, type_, kind, element, modifier, required, about in sql.rows(connection, query)
        ]

    def measured(self, column: str) -> tuple[exp.Expression, exp.Expression]:
        """As ``Dialect.measured``."""
        node = sql.column(column)
        digits = sql.template(
            """coalesce(max(CASE WHEN CAST(:x AS TEXT) IN ('NaN', 'Infinity', '-Infinity') THEN 39
            ELSE length(CAST(trunc(abs(:x)) AS TEXT)) END), 0)""",
            x=node,
        )
        decimals = exp.Coalesce(
            this=exp.Max(this=sql.call("scale", sql.call("trim_scale", node.copy()))),
            expressions=[exp.Literal.number(0)],
        )
        return digits, decimals

    def arrives_changed(self, column: Stored) -> exp.Expression | None:
        """As ``Dialect.arrives_changed``: DuckDB reads the NaN of a ``numeric`` as 0."""
        if column.unsized or not column.type.startswith("DECIMAL") or column.pushed:
            return None
        return sql.template(":x = CAST('NaN' AS DECIMAL)", x=sql.column(column.name))

    def moment(self, connection: DuckDBPyConnection, alias: str, place: Place) -> datetime:
        """When the transaction began, by the server's clock."""
        del place
        asked = "SELECT CAST(extract(epoch FROM now()) AS double precision) AS a1"
        return from_epoch(self._asked(connection, alias, asked)[0][0])

    def _asked(self, connection: DuckDBPyConnection, alias: str, query: str) -> list[sql.Row]:
        return sql.rows(connection, exp.select("*").from_(sql.call("postgres_query", alias, query)))


def _stored(name: str, type_: str, kind: str, element: str, modifier: int, nullable: bool, about: str) -> Stored:
    if type_ == "numeric":
        precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0x7FF
        if modifier >= 4 and precision <= 38 and scale <= precision:
            return Stored(name, f"DECIMAL({precision},{scale})", nullable, about)
        return Stored(name, "DECIMAL(38,10)", nullable, about, pushed=":x", unsized=True)
    if type_ == "money":
        return Stored(name, "DECIMAL(19,2)", nullable, about, pushed="CAST(:x AS DECIMAL(19, 2))")
    if element:
        known = _LISTS.get(element)
        if known:
            return Stored(name, f"{known}[]", nullable, about)
        return Stored(name, "VARCHAR", nullable, about, pushed="CAST(:x AS TEXT)")
    if kind == "e":
        return Stored(name, "VARCHAR", nullable, about)
    known = _EXACT.get(type_)
    return (
        Stored(name, known, nullable, about) if known else Stored(name, "VARCHAR", nullable, about, "CAST(:x AS TEXT)")
    )


def _words(found: object) -> tuple[str, ...]:
    return tuple(cast("list[str]", found or []))


SYSTEM = Postgres()
check = SYSTEM.check
discover = SYSTEM.discover
preview = SYSTEM.preview
read = SYSTEM.read
