"""Whose lists were read: parents of a child stream, records that have a list inside, also where the list is empty."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import sql
from connectors.files.pointers import ENTRY, Keys
from connectors.http import exact, tables
from connectors.http.asking import at
from connectors.http.staged import lines
from spec.base import JsonValue
from spec.errors import SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OWNERS = "__owners"


def note(files: Sequence[Path], made: tables.Made, into: DuckDBPyConnection, table: exp.Table) -> bool:
    """Make the table of owners of the rows in ``table``, where the source asks for it; whether it did.

    Raises SpecError where the columns that name an owner do not stand with the parent.
    """
    gone = made.source.gone
    if gone is None or not gone.within:
        return False
    paths = made.paths()
    inside = (*made.explode, ENTRY) if made.options.explode else None
    for name in gone.within:
        path = paths[name]
        is_parents = path[0] == "parent" if inside is None else path[: len(inside)] != inside
        if not is_parents:
            raise SpecError(
                f"{name!r} does not say whose a row of {made.source.stream!r} is.",
                hint="Name in gone.within the columns that come from the parent.",
                where={"field": "gone.within"},
                data={"unknown": name},
            )
    own = sql.sibling(table, OWNERS)
    kinds = {name: made.source.columns[name] for name in gone.within}
    columns = [exp.alias_(sql.cast(exp.null(), type_), sql.identifier(name)) for name, type_ in kinds.items()]
    sql.run(into, sql.drop(own))
    sql.run(into, sql.create(own, exp.select(*columns).where(exp.false())))
    found = list(dict.fromkeys(_owners(files, made, [paths[name] for name in gone.within])))
    if found:
        # One statement with a list for each column: a statement for each owner would take minutes.
        lists = [sql.cast(exp.Unnest(expressions=[exp.Placeholder()]), type_) for type_ in kinds.values()]
        into.execute(sql.text(exp.insert(exp.select(*lists), own)), [list(one) for one in zip(*found, strict=True)])
    return True


def _owners(files: Sequence[Path], made: tables.Made, paths: Sequence[Keys]) -> Iterator[tuple[str, ...]]:
    for _, line in lines(files):
        kept = cast("dict[str, JsonValue]", exact.parsed(line))
        if kept["page"] is None:
            # A list that the system did not give is not one that is empty.
            continue
        if not made.options.explode:
            yield _texts([at(cast("JsonValue", kept), _pointer(path)) for path in paths])
            continue
        there = at(kept["page"], made.records)
        depth = len(made.list_of_records) + 1
        for item in there if isinstance(there, list) else [there]:
            yield _texts(
                [
                    at(kept["parent"], _pointer(p[1:])) if p[0] == "parent" else at(item, _pointer(p[depth:]))
                    for p in paths
                ]
            )


def _pointer(path: Keys) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def _texts(values: Sequence[JsonValue]) -> tuple[str, ...]:
    return tuple(value if isinstance(value, str) else json.dumps(value) for value in values)
