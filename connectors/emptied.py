"""Columns that a source no longer has and a plan keeps, as agreed: nobody asks for them, and nothing is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import sql
from connectors.trees import exp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from spec.pipeline import Source


def without(source: Source) -> Source:
    """The source as its connector reads it: with the columns that are there."""
    if not source.empty:
        return source
    gone = set(source.empty)
    return source.model_copy(
        update={
            "columns": {name: type_ for name, type_ in source.columns.items() if name not in gone},
            "known_as": {name: others for name, others in source.known_as.items() if name not in gone},
            "foreign_keys": tuple(key for key in source.foreign_keys if not gone & set(key.columns)),
            "empty": (),
        }
    )


def filled_up(source: Source, into: DuckDBPyConnection, table: exp.Table) -> None:
    """Give ``table``, read by ``without(source)``, all columns of the source in their order."""
    if not source.empty:
        return
    gone = set(source.empty)
    columns = [
        exp.alias_(sql.cast(exp.null(), type_) if name in gone else sql.column(name), sql.identifier(name))
        for name, type_ in source.columns.items()
    ]
    narrow = sql.sibling(table, "__there")
    sql.run(into, sql.drop(narrow))
    sql.run(into, sql.create(narrow, exp.select("*").from_(table.copy())))
    sql.run(into, sql.drop(table))
    sql.run(into, sql.create(table, exp.select(*columns).from_(narrow)))
    sql.run(into, sql.drop(narrow))


def told(source: Source) -> tuple[str, ...]:
    """What a run says of them."""
    if not source.empty:
        return ()
    return (f"Nothing is in {', '.join(source.empty)}, as agreed: the source no longer has it.",)
