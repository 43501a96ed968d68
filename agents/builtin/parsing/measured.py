"""Two figures joined by "and": "number of refunds and refunded amount" asks for both of the same rows."""

from __future__ import annotations

from itertools import pairwise

from agents.builtin.meaning import Meaning
from agents.builtin.parsing.parse import Reader
from agents.builtin.schema.choose import adds_up_over, is_additive


def measured_beside(meaning: Meaning, reader: Reader) -> None:
    """An amount behind a figure is added up as well; what is no amount has to be said, for it tells no groups apart."""
    schema = reader.schema
    grouped = {group.column for group in meaning.groups if group.kind == "column"}
    for outs in (reader.focus, reader.asked):
        for before, out in pairwise(outs):
            if not before.is_measure or out.kind != "column" or out.column is None or out.column in grouped:
                continue
            column = schema.columns[out.column]
            if column.kind != "number" or column.is_id or column.core[-1:] == ("year",):
                continue
            if adds_up_over(schema, column) or is_additive(column, " ".join(column.core)):
                out.kind, out.func = "agg", "sum"
                meaning.assumptions.append(f"{column.name} is added up")
            else:
                meaning.problems.append(f"unclear:{column.name}")
