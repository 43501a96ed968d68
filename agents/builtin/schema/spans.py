"""Spans: how long each row lasted, where the data holds when it began and when it ended, and no length."""

from __future__ import annotations

from agents.builtin.language.words import stem
from agents.builtin.schema.choose import BIRTHS, LATER, date_columns, is_planned
from agents.builtin.schema.graph import Col, Schema, Stats

_LENGTHS = frozenset(stem(word) for word in "duration length minute minutes minimum hour hours days nights".split())


def add_spans(schema: Schema) -> None:
    """Give rows that begin and end the time in between: in hours where both say the time, else in days.

    Only where one day alone says when a row began, and one alone when it came to its end, as the days themselves bear
    out; not where a number says how long it took.
    """
    for table in list(schema.tables):
        ends = _ends_of(schema, table)
        if ends is None or any(_is_length(column) for column in schema.of(table)):
            continue
        begin, end = ends
        timed = all(column.has_time for column in ends)
        name = "duration_hours" if timed else "duration_days"
        rows = schema.rows.get(table, 0)
        schema.columns[table, name] = Col(
            table,
            name,
            "DOUBLE" if timed else "BIGINT",
            tuple(name.split("_")),
            tuple(name.split("_")),
            "number",
            Stats(rows, min(begin.stats.filled, end.stats.filled), 0),
            span=(begin.name, end.name),
        )


# What a beginning and its end are called, side by side: start_ts and end_ts.
_PAIRS = dict.fromkeys(
    tuple(stem(word) for word in pair.split())
    for pair in (
        "start end|started ended|begin end|began ended|starts ends|from until|from to|out back|checkin checkout|"
        "arrival departure|arrived departed|departure arrival|departed arrived|opened closed|open close|"
        "pickup return|picked returned|start finish|started finished|opened resolved|start stop"
    ).split("|")
)
_ENDS = frozenset(word for pair in _PAIRS for word in pair)
_TIMES = frozenset(stem(word) for word in "date day time at on ts timestamp dt datetime".split())


def _paired(schema: Schema, table: str) -> tuple[Col, Col] | None:
    """The one beginning and its end by what they are called."""
    days = [column for column in schema.of(table) if column.kind == "date"]
    owner = {stem(word) for word in schema.tables[table]}
    told = {c.ref: [word for word in c.words if stem(word) not in _TIMES | owner] for c in days}
    # "Check-in" is one word to a hotel; "start, started" says one thing twice.
    bare = {ref: {stem("".join(words))} & _ENDS or {stem(word) for word in words} for ref, words in told.items()}
    found = [
        (a, b) for a in days for b in days for first, last in _PAIRS if bare[a.ref] == {first} and bare[b.ref] == {last}
    ]
    if len(found) == 2 and found[0] == (found[1][1], found[1][0]):
        # A stay goes from arrival to departure and a flight the other way, as the days say.
        found = [
            (a, b) for a, b in found if None not in (a.stats.low, b.stats.low) and str(a.stats.low) < str(b.stats.low)
        ]
    return found[0] if len(found) == 1 else None


def _ends_of(schema: Schema, table: str) -> tuple[Col, Col] | None:
    if table in schema.roles:
        return None
    named = _paired(schema, table)
    if named is not None:
        return named
    days = [c for c in date_columns(schema, table) if not is_planned(c) and not BIRTHS & set(c.words)]
    later = [c for c in days if {stem(word) for word in c.words} & LATER]
    first = [c for c in days if c not in later]
    if len(first) != 1 or len(later) != 1:
        return None
    begin, end = first[0], later[0]
    if begin.stats.low is None or end.stats.low is None or str(begin.stats.low)[:10] > str(end.stats.low)[:10]:
        return None
    return begin, end


def _is_length(column: Col) -> bool:
    return column.kind == "number" and bool({stem(word) for word in column.words} & _LENGTHS)
