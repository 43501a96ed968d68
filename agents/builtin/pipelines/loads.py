"""Tables to write in a database, as an owner names them."""

from __future__ import annotations

import re

from agents.builtin.pipelines.clauses import LoadInto
from agents.contract import Refusal
from spec.pipeline import Load

_DATABASES = {".duckdb": "duckdb", ".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite"}


def database_of(place: str) -> str | None:
    """The connector that writes a file of this name; None where it is none that tables go into."""
    ending = re.search(r"\.\w+$", place)
    return _DATABASES.get(ending[0].lower()) if ending else None


def load_into(wanted: LoadInto, relation: str) -> Load | Refusal:
    """The load, or why it cannot be."""
    ending = re.search(r"\.\w+$", wanted.place)
    keys = tuple(word for word in re.split(r"\s*,\s*|\s+and\s+", wanted.key) if word)
    if wanted.write == "merge" and not keys:
        return Refusal(
            message=f"To merge into {wanted.table} I need the column that identifies a row.",
            hint=f"Say for instance: merge it into the table {wanted.table} of {wanted.place} by id.",
        )
    if ending:
        connector = database_of(wanted.place)
        if connector is None:
            return Refusal(
                message=f"I cannot write tables into {wanted.place}.",
                hint="A database file ends in .duckdb or .sqlite.",
            )
        return Load(
            from_=relation, connector=connector, location=wanted.place, table=wanted.table, write=wanted.write,
            primary_key=keys,
        )  # fmt: skip
    return Refusal(
        message=f"There is no saved connection {wanted.place!r} to write to.",
        hint="Name a .duckdb or .sqlite file, or add the connection with 'dreflow connectors add'.",
    )
