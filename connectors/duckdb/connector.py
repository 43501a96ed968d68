"""DuckDB database files, attached read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.attached.database import Database
from connectors.attached.stored import Relation, Stored
from connectors.contract import Capability, Place
from spec.errors import DataError, TransientError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

can: frozenset[Capability] = frozenset({"discover", "read", "incremental", "write"})
_MOST_DIGITS = 38


class DuckDB(Database):
    """Types are DuckDB's own, so every column is a plain copy; an ENUM is read as the text it stands for."""

    name = "duckdb"
    default_schema = "main"

    def attach(self, connection: DuckDBPyConnection, place: Place, alias: str) -> None:
        """As ``Dialect.attach``; TransientError while another process writes to the file."""
        import duckdb

        where: dict[str, str | int] = {"file": str(place.path)}
        if not place.path.is_file():
            raise DataError("There is no such database file.", hint="Check the path.", where=where)
        path = sql.text(sql.value(str(place.path)))
        try:
            connection.execute(f"ATTACH {path} AS {alias} (READ_ONLY)")
        except duckdb.Error as error:
            if "lock" in str(error).casefold():
                raise TransientError(
                    "Another program is writing to the database.", hint="Close it, or run again later.", where=where
                ) from None
            first = str(error).splitlines()[0]
            raise DataError(f"DuckDB cannot open the file: {first}", hint="Is it a DuckDB file?", where=where) from None

    def push(self, alias: str, query: exp.Query) -> exp.Expression:
        """The query over the attached database, since nothing runs elsewhere."""
        for table in query.find_all(exp.Table):
            table.set("catalog", sql.identifier(alias))
        return query.subquery("pushed")

    def relations(self, connection: DuckDBPyConnection, alias: str) -> Sequence[Relation]:
        """As ``Dialect.relations``."""
        keys: dict[tuple[str, str], tuple[str, ...]] = {}
        foreign: dict[tuple[str, str], list[tuple[tuple[str, ...], str, str, tuple[str, ...]]]] = {}
        constraints = exp.select(
            "schema_name", "table_name", "constraint_type", "constraint_column_names", "referenced_table",
            "referenced_column_names",
        ).from_(sql.call("duckdb_constraints")).where(sql.template("database_name = :alias", alias=alias))  # fmt: skip
        for schema, table, kind, columns, other, references in sql.rows(connection, constraints):
            place = (str(schema), str(table))
            if kind == "PRIMARY KEY":
                keys[place] = _words(columns)
            elif kind == "FOREIGN KEY":
                foreign.setdefault(place, []).append((_words(columns), str(schema), str(other), _words(references)))
        tables = sql.template(
            """SELECT schema_name, table_name, comment, estimated_size FROM duckdb_tables()
            WHERE database_name = :alias AND NOT internal UNION ALL
            SELECT schema_name, view_name, comment, NULL FROM duckdb_views()
            WHERE database_name = :alias AND NOT internal
            ORDER BY 1, 2""",
            alias=alias,
        )
        return [
            Relation(
                schema=str(schema),
                name=str(name),
                description=str(about or ""),
                rows=None if size is None else sql.whole(size),
                primary_key=keys.get((str(schema), str(name)), ()),
                foreign_keys=tuple(foreign.get((str(schema), str(name)), ())),
            )
            for schema, name, about, size in sql.rows(connection, tables)
        ]

    def columns(self, connection: DuckDBPyConnection, alias: str, relation: Relation) -> Sequence[Stored]:
        """As ``Dialect.columns``."""
        query = sql.template(
            """SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
            WHERE database_name = :alias AND schema_name = :schema AND table_name = :table ORDER BY column_index""",
            alias=alias,
            schema=relation.schema,
            table=relation.name,
        )
        return [
            Stored(
                str(name),
                "VARCHAR" if str(type_).startswith("ENUM(") else str(type_),
                nullable=bool(nullable),
                description=str(about or ""),
            )
            for name, type_, nullable, about in sql.rows(connection, query)
        ]

    def summable(
        self, connection: DuckDBPyConnection, alias: str, relation: Relation, columns: Mapping[str, str]
    ) -> list[str]:
        """As ``Dialect.summable``: a sum of more than 38 digits would end the whole reading."""
        if not columns:
            return []
        largest = [sql.template("max(abs(:x))", x=sql.column(own)) for own in columns.values()]
        query = exp.select(exp.Count(this=exp.Star()), *largest).from_(relation.local(alias))
        rows, *found = sql.row(connection, query)
        count = len(str(rows))
        digits = [len(Decimal(str(value or 0)).as_tuple().digits) for value in found]
        return [name for name, most in zip(columns, digits, strict=True) if most + count <= _MOST_DIGITS]

    def moment(self, connection: DuckDBPyConnection, alias: str, place: Place) -> datetime:
        """When the file was last written."""
        del connection, alias
        return datetime.fromtimestamp(place.path.stat().st_mtime, tz=UTC)


def _words(found: object) -> tuple[str, ...]:
    return tuple(str(item) for item in found) if isinstance(found, list) else ()


_system = DuckDB()
check = _system.check
discover = _system.discover
preview = _system.preview
read = _system.read
