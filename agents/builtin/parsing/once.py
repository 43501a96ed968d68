"""What is shown once each: values that stand in several rows, and names reached through the rows of others."""

from __future__ import annotations

from agents.builtin.meaning import Meaning, Out
from agents.builtin.schema.choose import label_columns, names_rows
from agents.builtin.schema.graph import Schema


def should_be_once(meaning: Meaning, schema: Schema) -> bool:
    """Whether what is shown would repeat itself: values of columns and names of others are shown once each."""
    columns = [o for o in meaning.outs if o.kind in {"column", "entity"}]
    if len(columns) != len(meaning.outs) or not columns:
        return False
    if _names_of_others(columns, meaning, schema):
        return True
    for out in columns:
        if out.kind == "entity":
            if schema.keys.get(out.table):
                return False
            continue
        assert out.column is not None
        column = schema.columns[out.column]
        if column.kind in {"number", "date"} and not column.is_id:
            if schema.keys.get(column.table) or names_rows(schema, column.table):
                return False
            continue
        if column.unique or (out.column in label_columns(schema, out.column[0]) and schema.keys.get(column.table)):
            return False
    return True


def _names_of_others(columns: list[Out], meaning: Meaning, schema: Schema) -> bool:
    """As in "companies on an old plan": names reached through the rows of another table come once each."""
    tables = {table for out in columns for table in out.tables()}
    named = [out.column for out in columns if out.kind == "column" and out.column]
    if len(tables) != 1 or len(named) != len(columns) or meaning.scope.table in tables | {""}:
        return False
    return all(ref in label_columns(schema, ref[0]) for ref in named)
