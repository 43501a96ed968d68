"""A view over a folder of CSV files, for suites and tests: typed by ``_schema.sql`` or by sniffing alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from spec.base import JsonValue
from spec.catalog import Catalog, Column, Table
from spec.pipeline import Definition, Source

if TYPE_CHECKING:
    import duckdb
    from sqlglot import exp


class FolderView:
    """Each CSV file of a folder as a table, typed by its ``_schema.sql`` or, if not ``typed``, by sniffing."""

    def __init__(self, folder: Path, *, typed: bool = True) -> None:
        import duckdb

        self.folder = folder
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect(":memory:")
        schema = folder / "_schema.sql"
        if typed and schema.is_file():
            for statement in _without_constraints(schema.read_text(encoding="utf-8")):
                self.connection.execute(statement)
        names = []
        for path in sorted(folder.glob("*.csv")):
            name = path.stem.replace('"', '""')
            file = str(path).replace("'", "''")
            if typed and schema.is_file():
                self.connection.execute(f"COPY \"{name}\" FROM '{file}' (HEADER, DELIMITER ',', QUOTE '\"')")
            else:
                self.connection.execute(f"CREATE TABLE \"{name}\" AS FROM read_csv('{file}', header = true)")
            names.append(path.stem)
        self._catalog = Catalog(tables=tuple(self._table(name) for name in names))
        self._sources = {
            re.sub(r"\W", "_", table.name): Source(
                location=str(folder / f"{table.name}.csv"),
                columns={column.name: column.type for column in table.columns},
            )
            for table in self._catalog.tables
        }
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def _table(self, name: str) -> Table:
        described = self.connection.execute(
            (
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER "
                "BY ordinal_position"
            ),
            [name],
        ).fetchall()
        count = self.connection.table(f'"{name}"').count("*").fetchone()
        columns = tuple(Column(name=column, type=type_) for column, type_ in described)
        return Table(name=name, columns=columns, rows=count[0] if count else None)

    @property
    def catalog(self) -> Catalog:
        return self._catalog

    @property
    def sources(self) -> Mapping[str, Source]:
        return self._sources

    @property
    def definitions(self) -> Mapping[str, Definition]:
        return {}

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]:
        found = self.connection.execute(query.sql(dialect="duckdb")).fetchmany(limit)
        return [[_json(value) for value in row] for row in found]

    def scalars(self, query: exp.Query) -> Sequence[object]:
        return self.connection.execute(query.sql(dialect="duckdb")).fetchone() or ()


def _without_constraints(schema: str) -> list[str]:
    """The same tables without their keys: the order in which files are loaded must not matter."""
    import duckdb

    with duckdb.connect(":memory:") as scratch:
        scratch.execute(schema)
        columns = scratch.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "ORDER BY table_name, ordinal_position"
        ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column, type_ in columns:
        tables.setdefault(table, []).append(f'"{column}" {type_}')
    return [f'CREATE TABLE "{table}" ({", ".join(parts)})' for table, parts in tables.items()]


def _json(value: object) -> JsonValue:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
