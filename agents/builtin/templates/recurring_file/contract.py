"""The contract of the one table: which sheets are of one form, and one type and spelling for each of their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from agents.contract import DataView
from spec.base import JsonValue
from spec.pipeline import Source

_SPELLED = ("decimal", "thousands", "date_format", "timestamp_format")
"""Read options that may be given by column."""


@dataclass(frozen=True)
class Sheet:
    """One table of the data: its name in the spec, how a person calls it, and how it is read."""

    name: str
    title: str
    source: Source


def is_text(file: str) -> bool:
    """Whether a file is one that a spreadsheet opens as text."""
    return Path(file).suffix.lower() in {".csv", ".tsv"}


def alike_groups(data: DataView) -> list[tuple[Sheet, ...]]:
    """The sheets by their columns' names, the group with most of them first; then that with most columns."""
    files = {source.location for source in data.sources.values()}
    groups: dict[frozenset[str], list[Sheet]] = {}
    for name, source in data.sources.items():
        title = source.stream or name
        if source.stream and len(files) > 1:
            title = f"{source.stream} of {Path(source.location or name).name}"
        key = frozenset(column.casefold() for column in source.columns)
        groups.setdefault(key, []).append(Sheet(name, title, source))
    found = [tuple(group) for group in groups.values()]
    return sorted(found, key=lambda group: (-len(group), -len(group[0].source.columns)))


def agreed(sheets: Sequence[Sheet], data: DataView) -> list[Sheet]:
    """The sheets with one type for each column, wide enough for all of them, and its spelling where one had none.

    A column that is empty in a sheet has the type of the others. Rows are set aside by value; a new column is told and
    not used; rows below the data that hold totals or notes are left out, also where there was none so far.
    """
    types = _types(sheets, data)
    return [_with_types(one, sheets, types) for one in sheets]


def _types(sheets: Sequence[Sheet], data: DataView) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in sheets:
        for column, type_ in one.source.columns.items():
            if type_ == "VARCHAR" and _is_empty(one.name, column, data):
                continue
            folded = column.casefold()
            found[folded] = _widest(found[folded], type_) if folded in found else type_
    return found


def _is_empty(table: str, column: str, data: DataView) -> bool:
    query = exp.select(exp.Count(this=exp.column(column, quoted=True))).from_(exp.table_(table, quoted=True))
    (count,) = data.scalars(query)
    return not count


def _widest(one: str, other: str) -> str:
    """A type that holds the values of both; text where nothing else does."""
    if one == other:
        return one
    sizes = [_size(type_) for type_ in (one, other)]
    if all(sizes):
        scale = max(size[1] for size in sizes if size)
        whole = max(size[0] - size[1] for size in sizes if size)
        return f"DECIMAL({min(whole + scale, 38)},{scale})"
    if {one, other} == {"DATE", "TIMESTAMP"}:
        return "TIMESTAMP"
    return "VARCHAR"


def _size(type_: str) -> tuple[int, int] | None:
    """Digits and decimals of a number that is exact; None of anything else."""
    if type_ == "BIGINT":
        return (18, 0)
    found = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", type_)
    return (int(found[1]), int(found[2])) if found else None


def _with_types(one: Sheet, sheets: Sequence[Sheet], types: Mapping[str, str]) -> Sheet:
    columns = {column: types.get(column.casefold(), type_) for column, type_ in one.source.columns.items()}
    options: dict[str, JsonValue] = {**one.source.options}
    if options.get("format") == "xlsx":
        options["skip_totals"] = True
    for column, type_ in one.source.columns.items():
        if columns[column] != type_:
            _spelled_like(options, column, sheets)
    source = one.source.model_copy(update={"columns": columns, "options": options, "drift": "evolve"})
    return Sheet(one.name, one.title, source)


def _spelled_like(options: dict[str, JsonValue], column: str, sheets: Sequence[Sheet]) -> None:
    """Take over how another sheet spells a column that could not be told here."""
    for option in _SPELLED:
        own = options.get(option)
        for other in sheets:
            said = other.source.options.get(option)
            if isinstance(said, dict) and column in said and (own is None or isinstance(own, dict)):
                options[option] = {**(own or {}), column: said[column]}
                break
