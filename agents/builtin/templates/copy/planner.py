"""From "copy orders into books.duckdb every hour" to a draft."""

from __future__ import annotations

import re
from pathlib import PurePath

from agents.builtin.pipelines.columns import find_table
from agents.builtin.pipelines.loads import database_of
from agents.builtin.templates.copy.intent import Asked, read
from agents.contract import DataView, Draft, Question, Refusal, Request
from spec.catalog import Table
from spec.pipeline import Allow, Load, Pipeline, Source


def draft_copy(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """One source and one load a table; None where a word names none of the tables and none of the systems."""
    asked = read(request.text, request.timezone)
    if asked is None:
        return None
    tables = _tables(asked, data)
    if tables is None:
        return None
    sources = {table.name: _read(data.sources[table.name], whole=asked.whole) for table in tables}
    loads = tuple(_load(name, source, asked.place) for name, source in sources.items())
    timing = asked.timing
    every = f", {timing.reading}" if timing else ""
    reading = f"Copy {_all_of([table.name for table in tables])} into {asked.place}{every}."
    said = tuple(_said(name, sources[name]) for name in sources)
    assumptions = (*said, *((timing.assumption,) if timing and timing.assumption else ()))
    spec = Pipeline(
        name=_name(asked.place),
        title=f"Copy in {asked.place}",
        request=request.text,
        reading=reading,
        assumptions=assumptions,
        timezone=request.timezone,
        sources=sources,
        loads=loads,
        schedule=timing.schedule if timing else None,
        allow=Allow(tables=tuple(f"{asked.place}/{load.table}" for load in loads)),
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)


def _name(place: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", PurePath(place).stem.lower()).strip("_")
    return f"copy_in_{stem or 'database'}"


def _all_of(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _tables(asked: Asked, data: DataView) -> list[Table] | None:
    if asked.all:
        return list(data.catalog.tables)
    found: dict[str, Table] = {}
    for name in asked.names:
        meant = _named(name, data)
        if not meant:
            return None
        found |= {table.name: table for table in meant}
    return list(found.values())


def _named(words: str, data: DataView) -> list[Table]:
    """The table of that name, all tables of the system or connection of that name, or a table of a system."""
    systems = {word: tables for table in data.catalog.tables for word, tables in _systems(table, data).items()}
    asked = tuple(word.casefold() for word in words.split())
    told = [word for word in asked if word in systems]
    rest = " ".join(word for word in asked if word not in systems)
    one = find_table(words, data.catalog) or (find_table(rest, data.catalog) if told and rest else None)
    if one is not None:
        of_it = all(one.name in {table.name for table in systems[word]} for word in told)
        return [one] if of_it or find_table(words, data.catalog) else []
    if told and not rest:
        return [table for table in data.catalog.tables if all(table in systems[word] for word in told)]
    return []


def _systems(table: Table, data: DataView) -> dict[str, list[Table]]:
    """The words for what the table is from: its system and its connection, each with all tables from there."""
    source = data.sources[table.name]
    if source.connection is None:
        return {}
    found = {}
    for of, attribute in ((source.connector, "connector"), (source.connection, "connection")):
        there = [one for one in data.catalog.tables if getattr(data.sources[one.name], attribute) == of]
        found[of.casefold()] = there
    return found


def _read(source: Source, *, whole: bool) -> Source:
    if whole or source.cursor is None or not source.primary_key:
        return source
    return source.model_copy(update={"read": "incremental"})


def _load(name: str, source: Source, place: str) -> Load:
    connector = database_of(place)
    assert connector is not None  # the words were read for such a file
    merged = source.read == "incremental"
    return Load(
        from_=name,
        connector=connector,
        location=place,
        table=name,
        write="merge" if merged else "replace",
        primary_key=source.primary_key if merged else (),
    )


def _said(name: str, source: Source) -> str:
    if source.read != "incremental":
        return f"{name} is read whole each time and replaces what is there"
    back = f", and {source.lookback} before that" if source.lookback else ""
    keys = " and ".join(source.primary_key)
    since = f"of {name}, each run reads what has come since the last one by {source.cursor}{back}, merged by {keys}"
    return since if source.gone is not None else f"{since}; what is deleted there stays in the copy"
