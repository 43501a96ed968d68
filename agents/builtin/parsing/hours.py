"""Time that is added up: "how many hours" of rows that hold a length in minutes, and never the hours of a day."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.builtin.meaning import Meaning, Out
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.walk import outs_of

_MINUTES = {"minute": 1.0, "minutes": 1.0, "hours": 60.0, "min": 1.0, "minimum": 1.0, "hour": 60.0, "second": 1 / 60}
_OF_ONE = frozenset("per rate price pay".split())
_ASKED = {"hour": 60.0, "minute": 1.0}


def time_spent(schema: Schema, unit: str) -> Out | None:
    """So many hours or minutes in all, where one column alone holds a length of time; None where none or several do."""
    lengths = [(column, factor) for column in schema.columns.values() if (factor := _length(column, schema))]
    if unit not in _ASKED or len(lengths) != 1:
        return None
    column, factor = lengths[0]
    total = Out("agg", column=column.ref, func="sum")
    ratio = _ASKED[unit] / factor
    return total if ratio == 1 else Out("formula", func="/", parts=[total, Out("number", scale=ratio)])


_SO_LONG = r"(?P<many>\d+|half an|an?|one|two|three|four)[ -](?P<unit>hour|minute|min)s?"
_LONG = (
    re.compile(
        r"(?<!than )(?<!over )(?<!under )(?<!least )(?<!most )(?<!last )(?<!past )(?<!next )"
        rf"\b{_SO_LONG}(?:[- ]long)? (?P<noun>[a-z]+)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?P<noun>[a-z]+) (?:of|lasting|that (?:last|lasts|lasted|take|takes|took)) "
        rf"{_SO_LONG}\b",
        re.IGNORECASE,
    ),
)
_MANY = {"half an": 0.5, "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}


def lasting(text: str, table_of: Callable[[str], str], schema: Schema) -> str:
    """As in "one hour repairs", "visits of 30 minutes": those whose one length of time is that."""
    for pattern in _LONG:
        found = pattern.search(text)
        table = table_of(found["noun"].lower()) if found is not None else ""
        lengths = [(column, factor) for column in schema.of(table) if (factor := _length(column, schema))]
        if found is None or len(lengths) != 1:
            continue
        column, factor = lengths[0]
        said = _MANY.get(found["many"].lower()) or float(found["many"])
        many = said * _ASKED["hour" if found["unit"].lower() == "hour" else "minute"] / factor
        return f"{text[: found.start()]}{found['noun']} with {column.name} {many:g}{text[found.end() :]}"
    return text


def hours_of_days(meaning: Meaning, schema: Schema) -> list[str]:
    """Problems: hours of a column that holds days alone."""
    outs = [out for out in outs_of(meaning) if out.grain == "hour" and out.column is not None]
    days = any(
        schema.columns[out.column].kind == "date" and not schema.columns[out.column].has_time
        for out in outs
        if out.column
    )
    return ["unclear:hour"] if days else []


def _length(column: Col, schema: Schema) -> float:
    """How many minutes one of a column's numbers is; 0 where it holds no length of time that adds up."""
    words = set(column.words)
    if column.kind != "number" or column.is_id or column.table in schema.roles or words & _OF_ONE:
        return 0.0
    return next((factor for word, factor in _MINUTES.items() if word in words), 0.0)
