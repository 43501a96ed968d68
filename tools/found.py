"""What a saved connection can see: whose account it is, its tables, and the first rows of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.contract import DECLARED, connector
from spec.errors import DataError
from tools import connections
from tools.context import Context
from tools.values import Rows, json_value

if TYPE_CHECKING:
    from connectors.contract import Discovered, Place

ROWS = 10
"""Rows of the preview."""
TRIED = {
    "A": "tried on the real thing",
    "B": "tried on an emulator",
    "C": "tried on the vendor's own description",
    "D": "not tested: written from examples of the documentation",
    "E": "not tested",
}
"""How far a connector was tried, by its grade."""


@dataclass(frozen=True)
class SeenTable:
    """A table that the connection offers."""

    name: str
    columns: int
    description: str


@dataclass(frozen=True)
class Found:
    """What was found. ``preview`` are the first rows of the table ``preview_of``, None where nothing holds a row yet.

    ``tried`` says how far the connector was tried, ``remarks`` what a person should know.
    """

    name: str
    title: str
    account: str | None
    tried: str
    tables: tuple[SeenTable, ...]
    preview_of: str
    preview: Rows | None
    remarks: tuple[str, ...]


def found(context: Context, name: str) -> Found:
    """Look through a saved connection. Raises AccessError, TransientError and LimitError as they are met."""
    context.need("ask")
    saved = connections.known(context, name)
    account = connections.check(context, name)
    where = connections.place(context, connections.located(context, name, base=Path.cwd()), base=Path.cwd())
    grade, title = "A", saved.connector
    if DECLARED.has(saved.connector):
        definition = connections.system_of(saved.connector).definition
        grade, title = definition.proof.grade, definition.title
    remarks: list[str] = []
    try:
        offers = connector(saved.connector).discover(where)
    except DataError as error:
        # An account without a record yet is connected all the same.
        offers = ()
        remarks.append(error.message)
    remarks += [text for one in offers for text in one.warnings]
    chosen, rows = _first_rows(offers, where)
    tables = tuple(SeenTable(one.name, len(one.table.columns), one.table.description or "") for one in offers)
    return Found(name, title, account, TRIED[grade], tables, chosen, rows, tuple(dict.fromkeys(remarks)))


def _first_rows(offers: Sequence[Discovered], where: Place) -> tuple[str, Rows | None]:
    """The first table that holds a row, with its first rows."""
    for one in offers:
        if not one.table.columns:
            continue
        seen = connector(where.connector).preview(one.source, where, limit=ROWS)
        if seen.rows:
            names, types = zip(*seen.columns, strict=True)
            rows = tuple(tuple(json_value(cell) for cell in row) for row in seen.rows)
            return one.name, Rows(names, types, rows, seen.truncated)
    return "", None
