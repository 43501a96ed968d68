"""What there is in a database: each table and view as a source, with its keys and types that hold its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.attached.dialect import Dialect
from connectors.attached.stored import UNCOUNTED, Relation, Stored
from connectors.contract import Discovered, Place
from connectors.names import distinct, table_name
from spec.catalog import Column, ForeignKey, Table
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OWN_PREFIX = "_dreflow_"
"""What our own tables in a destination are called; they are no data."""


def discovered(dialect: Dialect, connection: DuckDBPyConnection, alias: str, place: Place) -> list[Discovered]:
    """All tables and views of the attached database; DataError where this user sees none."""
    relations = [item for item in dialect.relations(connection, alias) if not item.name.startswith(OWN_PREFIX)]
    if not relations:
        raise DataError(
            "The database has no tables that this user can see.",
            hint="Check the database and the user's rights.",
        )
    names: dict[tuple[str, str], str] = {}
    for relation in relations:
        parts = [relation.schema] if relation.schema not in {"", dialect.default_schema} else []
        names[relation.schema, relation.name] = distinct(table_name(*parts, relation.name), names.values())
    return [_discovered(dialect, connection, alias, place, relation, names) for relation in relations]


def _discovered(
    dialect: Dialect,
    connection: DuckDBPyConnection,
    alias: str,
    place: Place,
    relation: Relation,
    names: Mapping[tuple[str, str], str],
) -> Discovered:
    stored, warnings = _sized(dialect, connection, alias, relation, dialect.columns(connection, alias, relation))
    foreign = tuple(
        ForeignKey(columns=columns, table=names[schema, other], references=references)
        for columns, schema, other, references in relation.foreign_keys
        if (schema, other) in names
    )
    source = Source(
        connector=dialect.name,
        connection=place.connection,
        location=place.location if place.url is None else None,
        stream=relation.dotted,
        columns={column.name: column.type for column in stored},
        primary_key=relation.primary_key,
        foreign_keys=foreign,
    )
    name = names[relation.schema, relation.name]
    described = Table(
        name=name,
        columns=tuple(
            Column(name=column.name, type=column.type, nullable=column.nullable, description=column.description)
            for column in stored
        ),
        primary_key=relation.primary_key,
        foreign_keys=foreign,
        description=relation.description,
        rows=_rows(dialect, connection, alias, relation),
    )
    return Discovered(name, source, described, tuple(warnings))


def _rows(dialect: Dialect, connection: DuckDBPyConnection, alias: str, relation: Relation) -> int | None:
    """The database's own estimate, a count where it has none, nothing for a view, whose count may take hours."""
    if relation.rows != UNCOUNTED:
        return relation.rows
    query = exp.select(exp.Count(this=exp.Star())).from_(relation.remote())
    return sql.whole(dialect.asked(connection, alias, query)[0])


def _sized(
    dialect: Dialect, connection: DuckDBPyConnection, alias: str, relation: Relation, columns: Sequence[Stored]
) -> tuple[list[Stored], list[str]]:
    """Measure what the catalog leaves open: the scale of numbers that have none, and whether 0 and 1 are all."""
    measures: dict[str, tuple[exp.Expression, exp.Expression]] = {}
    for column in columns:
        if column.unsized:
            measures[column.name] = dialect.measured(column.name)
        elif column.may_be_boolean:
            node = sql.column(column.name)
            other = sql.template("count(CASE WHEN :x <> 0 AND :x <> 1 THEN 1 END)", x=node)
            measures[column.name] = (other, exp.Count(this=node.copy()))
    if not measures:
        return list(columns), []
    query = exp.select(*(part for pair in measures.values() for part in pair)).from_(relation.remote())
    found = dialect.asked(connection, alias, query)
    pairs = {name: (sql.whole(found[2 * at]), sql.whole(found[2 * at + 1])) for at, name in enumerate(measures)}
    warnings: list[str] = []
    return [_measured(column, pairs.get(column.name), warnings) for column in columns], warnings


def _measured(column: Stored, found: tuple[int, int] | None, warnings: list[str]) -> Stored:
    if found is None:
        return column
    if column.may_be_boolean:
        others, values = found
        return replace(column, type="BOOLEAN") if values and not others else column
    digits, scale = found[0], max(found[1], 2)
    if digits + scale > 38:
        warnings.append(f"Numbers of {column.name!r} have more than 38 digits or are none (NaN); it is read as text.")
        return replace(column, type="VARCHAR")
    warnings.append(f"{column.name!r} has no precision that 38 digits hold; its values have up to {scale} decimals.")
    return replace(column, type=f"DECIMAL(38,{scale})")
