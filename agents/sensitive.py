"""Which columns hold personal data or secrets: as declared, else told by their names and by what their values are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from pipelines.quality.personal import VALUES, Kind, is_text, kind_of_name
from spec.catalog import Catalog, Column, Table
from spec.pipeline import Source

if TYPE_CHECKING:
    from sqlglot import exp

STRICT: frozenset[Kind] = frozenset({"email", "phone", "iban", "card", "birth", "identity", "network", "secret"})
"""Kinds that leave in a result only where the person speaks of them."""
SHARE = 0.05
"""Part of a column's values from which one kind of value makes the column personal."""
_NESTED = re.compile(r"\[\]|STRUCT|MAP|JSON|UNION", re.IGNORECASE)
_INSIDE: tuple[tuple[Kind, str], ...] = (("email", r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),)
"""A list or a record is personal as a whole where an address stands in it."""


__all__ = ["STRICT", "Mark", "Marks", "find_marks", "is_text", "kind_of_name", "table_of"]


@dataclass(frozen=True)
class Mark:
    """Why a column is kept from models elsewhere. ``how`` is declared, name or values."""

    kind: Kind
    how: Literal["declared", "name", "values"]


Marks = Mapping[tuple[str, str], Mark]
"""Table and column, both in lower case, to its mark."""


class Rows(Protocol):
    """What is needed of the data."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...

    def scalars(self, query: exp.Query) -> Sequence[object]: ...


def find_marks(data: Rows) -> Marks:
    """Every column that is personal or secret. Reads each table that has text columns whose names tell nothing."""
    marks: dict[tuple[str, str], Mark] = {}
    for table in data.catalog.tables:
        source = next((s for name, s in data.sources.items() if name.casefold() == table.name.casefold()), None)
        declared = {name.casefold(): level for name, level in (source.sensitive if source else {}).items()}
        open_ones: list[Column] = []
        for column in table.columns:
            key = (table.name.casefold(), column.name.casefold())
            level = declared.get(column.name.casefold(), column.sensitivity)
            by_name = kind_of_name(table.name, column)
            if level != "public":
                kind: Kind = "secret" if level == "secret" else by_name or "personal"
                marks[key] = Mark(kind, "declared")
            elif column.name.casefold() in declared:
                # Somebody looked at it and called it public.
                continue
            elif by_name is not None:
                marks[key] = Mark(by_name, "name")
            elif is_text(column.type) or _NESTED.search(column.type):
                open_ones.append(column)
        for column, found in _by_values(data, table, open_ones):
            marks[table.name.casefold(), column.name.casefold()] = Mark(found, "values")
    return marks


def _by_values(data: Rows, table: Table, columns: Sequence[Column]) -> list[tuple[Column, Kind]]:
    from sqlglot import exp

    if not columns:
        return []
    tests = [VALUES if is_text(column.type) else _INSIDE for column in columns]
    wanted: list[exp.Expr] = []
    for column, patterns in zip(columns, tests, strict=True):
        value: exp.Expr = exp.column(column.name, quoted=True)
        value = value if patterns is VALUES else exp.cast(value, "VARCHAR")
        wanted.append(exp.Count(this=value))
        for _, pattern in patterns:
            test = exp.Anonymous(this="regexp_matches", expressions=[value.copy(), exp.Literal.string(pattern)])
            wanted.append(exp.CountIf(this=test))
    named = [exp.alias_(one, f"c{place}") for place, one in enumerate(wanted)]
    counted = iter(int(str(one or 0)) for one in data.scalars(exp.select(*named).from_(table_of(table.name))))
    found: list[tuple[Column, Kind]] = []
    for column, patterns in zip(columns, tests, strict=True):
        filled = next(counted, 0)
        matching = [(kind, next(counted, 0)) for kind, _ in patterns]
        kinds = [kind for kind, count in matching if filled and count / filled >= SHARE]
        if kinds:
            found.append((column, kinds[0]))
    return found


def table_of(name: str) -> exp.Table:
    """A table under the name the catalog has for it."""
    from sqlglot import exp

    return exp.Table(this=exp.to_identifier(name, quoted=True))
