"""How an answer is best drawn: time as a line, amounts side by side as bars, parts of a whole as a pie."""

from __future__ import annotations

from collections.abc import Sequence

from agents.builtin.meaning import Meaning, Out
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Schema
from agents.contract import ChartHint

_MOST_BARS = 60
_MOST_SLICES = 6
_MOST_SERIES = 3


def chart_of(meaning: Meaning, names: Sequence[str], schema: Schema) -> ChartHint | None:
    """The chart for a query's columns; None for one figure, for plain rows and where there is too much to draw."""
    keys: list[tuple[Out, str]] = []
    values: list[tuple[Out, str]] = []
    left = list(names)
    for out in meaning.outs:
        width = len(label_columns(schema, out.table)) if out.kind == "entity" else 1
        taken, left = left[:width], left[width:]
        if not taken:
            return None
        (values if out.is_measure else keys).append((out, taken[-1]))
    drawn = [(out, name) for out, name in values if out.kind != "rank"]
    if not keys or not drawn or len(keys) > 2 or left:
        return None
    timed = [name for out, name in keys if _is_time(out, schema)]
    if timed:
        return (
            ChartHint(kind="line", x=timed[0], y=tuple(name for _, name in drawn[:_MOST_SERIES]))
            if len(keys) == 1
            else None
        )
    out, name = keys[-1]
    many = _how_many(out, schema)
    if many > _MOST_BARS and not meaning.limit:
        return None
    if len(drawn) == 1 and drawn[0][0].kind == "share" and not drawn[0][0].conditions and many <= _MOST_SLICES:
        return ChartHint(kind="pie", x=name, y=(drawn[0][1],))
    return ChartHint(kind="bar", x=name, y=tuple(series for _, series in drawn[:_MOST_SERIES]))


def _is_time(out: Out, schema: Schema) -> bool:
    if out.kind == "grain":
        return out.grain != "weekday"
    if out.column is None:
        return False
    column = schema.columns[out.column]
    return column.kind == "date" or column.core[-1:] == ("year",)


def _how_many(out: Out, schema: Schema) -> int:
    if out.kind == "entity":
        return schema.rows.get(out.table, 0)
    return schema.columns[out.column].stats.distinct if out.column else 0
