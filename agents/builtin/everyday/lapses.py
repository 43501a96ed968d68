"""Lapses: how many days lie between two days of a row, or between its day and the first of those that belong to it.

No column holds them; they are computed for the question that speaks of them, under a name that says which two they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from agents.builtin.schema.graph import Apart, Col, Join, Schema, Stats
from agents.builtin.schema.index import Index

_NAMED = re.compile(r"\bdays_from_\w+_to_\w+")
PICKS = ("first", "last")


def lapse_name(first: str, last: str, pick: str = "") -> str:
    """What the days between two columns are called, as one word."""
    return re.sub(r"\W+", "_", f"days_from_{first}_to_{f'{pick}_' if pick else ''}{last}")


def with_lapses(text: str, index: Index) -> Index:
    """The index with the lapses that the text names; the index itself where it names none."""
    said = {name.casefold() for name in _NAMED.findall(text)}
    if not said:
        return index
    schema = index.schema
    made = [one for one in _lapses(schema) if one.name.casefold() in said and one.ref not in schema.columns]
    columns = {**schema.columns, **{one.ref: one for one in made}}
    return replace(index, schema=replace(schema, columns=columns), linker=None) if made else index


def _lapses(schema: Schema) -> Iterator[Col]:
    for table in schema.tables:
        if table in schema.roles:
            continue
        days = [column for column in schema.of(table) if column.kind == "date"]
        for first in days:
            for last in days:
                if first != last:
                    yield _column(schema, Apart(first.ref, last.ref))
            for join in schema.joins:
                if join.parent == table and join.table not in schema.roles and join.table != table:
                    for day in [c for c in schema.of(join.table) if c.kind == "date"]:
                        for pick in PICKS:
                            yield _column(schema, Apart(first.ref, day.ref, pick, join))


def _column(schema: Schema, apart: Apart) -> Col:
    table = apart.first[0]
    name = lapse_name(apart.first[1], apart.last[1], apart.pick)
    stats = Stats(schema.rows.get(table, 0), 0, 0)
    word = (name.casefold().replace("_", ""),)
    return Col(table, name, "BIGINT", word, word, "number", stats, apart=apart)


def only_way(schema: Schema, table: str, child: str) -> Join | None:
    """The one way in which rows of another table belong to a table's rows; None where there are several or none."""
    found = [join for join in schema.joins if (join.table, join.parent) == (child, table)]
    return found[0] if len(found) == 1 else None
