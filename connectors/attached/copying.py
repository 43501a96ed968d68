"""One statement that copies a table.

A column whose type DuckDB would change on the way (a ``numeric`` without precision becomes DOUBLE) is cast exactly by
the database itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import conform, sql
from connectors.attached.dialect import Dialect
from connectors.attached.stored import Relation, Stored
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def query(
    dialect: Dialect, alias: str, relation: Relation, source: Source, stored: Mapping[str, Stored], since: str | None
) -> exp.Select:
    """The copying SELECT: a scan of the attached table, or of a query that the database runs."""
    columns = {name: stored[name.casefold()] for name in source.columns}
    if any(column.pushed for column in columns.values()):
        picked = [
            exp.alias_(
                dialect.exactly(column, source.columns[name]),
                sql.identifier(name),
            )
            for name, column in columns.items()
        ]
        pushed = exp.select(*picked).from_(relation.remote())
        scanned = dialect.push(alias, from_cursor(dialect, pushed, source, stored, since))
        texts = {name: sql.column(name) for name in columns}
        return exp.select(*_casts(texts, columns, source)).from_(scanned)
    texts = {name: sql.column(column.name) for name, column in columns.items()}
    scan = exp.select(*_casts(texts, columns, source)).from_(relation.local(alias))
    return from_cursor(dialect, scan, source, stored, since)


def refuse_unfitting(
    dialect: Dialect,
    connection: DuckDBPyConnection,
    alias: str,
    relation: Relation,
    source: Source,
    stored: Mapping[str, Stored],
) -> None:
    """Raise DataError where the table has values that the declared types would change."""
    conditions = {
        name: condition
        for name, declared in source.columns.items()
        if (condition := dialect.unfitting(stored[name.casefold()], declared)) is not None
    }
    if not conditions:
        return
    counts = [sql.template("count(CASE WHEN :bad THEN 1 END)", bad=condition) for condition in conditions.values()]
    found = dialect.asked(connection, alias, exp.select(*counts).from_(relation.remote()))
    for name, number in zip(conditions, found, strict=True):
        if sql.whole(number):
            raise DataError(
                f"{number} values of {name!r} do not fit {source.columns[name]} without being changed.",
                hint="Plan again, so that the column gets a size that holds them.",
                where={"table": relation.dotted, "column": name},
                data={"type": source.columns[name], "values": sql.whole(number)},
            )


def from_cursor(
    dialect: Dialect, query: exp.Select, source: Source, stored: Mapping[str, Stored], since: str | None
) -> exp.Select:
    """The query with rows from the cursor on, and those that have none, only."""
    if source.cursor is None or since is None:
        return query
    column, type_ = stored.get(source.cursor.casefold()), source.columns.get(source.cursor)
    if column is None or type_ is None:
        raise conform.no_cursor(source)
    conditions = [dialect.since(column, since, type_)]
    if column.nullable:
        conditions.append(sql.template(":x IS NULL", x=sql.column(column.name)))
    return query.where(sql.any_of(conditions))


def _casts(texts: Mapping[str, exp.Expression], columns: Mapping[str, Stored], source: Source) -> list[exp.Expression]:
    picked: list[exp.Expression] = []
    for name, text in texts.items():
        declared, have = source.columns[name], columns[name].type
        arrives = columns[name].arrives
        node = sql.template(arrives, x=text) if arrives else text
        value = node if declared.upper() == have.upper() and not columns[name].unsized else sql.cast(node, declared)
        if declared.upper() == "BOOLEAN" and have.upper() == "TINYINT":
            value = sql.template(
                "CASE WHEN :x IN (0, 1) THEN :x = 1 WHEN :x IS NOT NULL THEN error(:word) END",
                x=node,
                word=f"{name} holds other values than 0 and 1",
            )
        picked.append(exp.Alias(this=value, alias=sql.identifier(name)))
    return picked
