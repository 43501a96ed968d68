"""Where a source's table lies in PostgreSQL, and how the database itself gives each column just as a read would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.attached.stored import Stored
from connectors.postgres.connector import SYSTEM
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@record(frozen=True)
class Lying:
    """A table of the database. The trees are PostgreSQL's own.

    ``columns`` are the source's, each before its cast to the declared type. ``unfitting`` and ``no_number`` are
    conditions on rows that the declared types would change; a table that has such a row is not read.
    """

    table: exp.Table
    columns: Mapping[str, exp.Expr]
    unfitting: Mapping[str, exp.Expr]
    no_number: Mapping[str, exp.Expr]
    warnings: Sequence[str]


def lying(source: Source, engine: DuckDBPyConnection, alias: str) -> Lying:
    """Find the source's table through the attached database. Raises DriftError where it has changed."""
    relation, stored, warnings = SYSTEM.found(engine, alias, source)
    columns = {name: stored[name.casefold()] for name in source.columns}
    unfitting = {name: SYSTEM.unfitting(column, source.columns[name]) for name, column in columns.items()}
    no_number = {name: _no_number(column) for name, column in columns.items()}
    return Lying(
        table=exp.Table(this=sql.identifier(relation.name), db=sql.identifier(relation.schema)),
        columns={name: SYSTEM.exactly(column, source.columns[name]) for name, column in columns.items()},
        unfitting={name: condition for name, condition in unfitting.items() if condition is not None},
        no_number={name: condition for name, condition in no_number.items() if condition is not None},
        warnings=warnings,
    )


def _no_number(column: Stored) -> exp.Expr | None:
    """NaN, which a number with decimals of PostgreSQL may be and one of DuckDB's may not."""
    if not column.type.startswith("DECIMAL") or column.pushed:
        # A number without a size is compared with what fits, which NaN does not.
        return None
    return sql.template(":x = CAST('NaN' AS DECIMAL)", x=sql.column(column.name))
