"""Columns under the names that a connector gives them, instead of those that their places make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from connectors.contract import Discovered
from connectors.files.pointers import parse, paths_of, spell
from connectors.names import distinct
from spec.base import JsonValue


def renamed(found: Iterable[Discovered], names: Mapping[str, str]) -> list[Discovered]:
    """The tables with some columns renamed; ``names`` has places (``/total/amount``, ``/lines/*/price/amount``)."""
    return [_renamed(one, {parse(place): name for place, name in names.items()}) for one in found]


def _renamed(found: Discovered, names: Mapping[tuple[str, ...], str]) -> Discovered:
    source = found.source
    fields = cast("dict[str, str]", source.options.get("fields", {}))
    paths = paths_of(source.columns, fields)
    given: dict[str, str] = {}
    for column, path in paths.items():
        if path in names:
            others = {*given.values(), *(one for one in source.columns if one != column)}
            given[column] = distinct(names[path], others)
    if not given:
        return found

    def name(column: str) -> str:
        return given.get(column, column)

    options: dict[str, JsonValue] = {}
    for option, value in source.options.items():
        by_column = isinstance(value, dict) and value.keys() <= source.columns.keys()
        options[option] = {name(key): item for key, item in value.items()} if by_column else value  # type: ignore[union-attr]
    options["fields"] = cast(
        "JsonValue",
        {**{name(key): item for key, item in fields.items()}, **{given[one]: spell(paths[one]) for one in given}},
    )
    columns = {name(column): type_ for column, type_ in source.columns.items()}
    key = tuple(name(column) for column in source.primary_key)
    table = found.table.model_copy(
        update={
            "columns": tuple(one.model_copy(update={"name": name(one.name)}) for one in found.table.columns),
            "primary_key": tuple(name(column) for column in found.table.primary_key),
        }
    )
    changed = source.model_copy(update={"options": options, "columns": columns, "primary_key": key})
    choices = tuple(replace(one, column=name(one.column)) for one in found.choices)
    return replace(found, source=changed, table=table, choices=choices)
