"""Ages: how many full years have passed since a birth, where the data holds its day and no age."""

from __future__ import annotations

from agents.builtin.meaning import Ref
from agents.builtin.schema.choose import BIRTHS
from agents.builtin.schema.graph import Col, Schema, Stats

AGE = "age"


def add_ages(schema: Schema) -> None:
    """Give rows with one day of birth the age that follows from it."""
    for table in list(schema.tables):
        births = [c for c in schema.of(table) if c.kind == "date" and BIRTHS & set(c.words)]
        known = any({AGE, "ages"} & set(column.words) for column in schema.of(table))
        if len(births) != 1 or known:
            continue
        stats = Stats(schema.rows.get(table, 0), births[0].stats.filled, 0)
        made = Col(table, AGE, "BIGINT", (AGE,), (AGE,), "number", stats, since=births[0].name)
        schema.columns[made.ref] = made


def age_column(schema: Schema, table: str) -> Ref | None:
    """The age of a table's rows that follows from a birth."""
    column = schema.columns.get((table, AGE))
    return column.ref if column is not None and column.since else None
