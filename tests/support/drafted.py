"""What a drafted answer gives on its data."""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp

from agents.contract import Draft
from evals.dataview import FolderView
from evals.harness import OWN_CASES


def rows_of(view: FolderView, drafted: object, *, whole: bool = False) -> list[list[object]]:
    """The rows of an answer; fails where there is none.

    Rows that come with all that they hold are told by their first column, the key, unless the ``whole`` is wanted.
    """
    query = _query(drafted)
    width = 1 if not whole and _shows_all(query, view) else None
    return [[*row[:width]] for row in view.rows(query)]


def _query(drafted: object) -> exp.Query:
    assert isinstance(drafted, Draft), drafted
    query = sqlglot.parse_one(str(drafted.spec.steps[-1].params["query"]), dialect="duckdb")
    assert isinstance(query, exp.Query)
    return query


def _shows_all(query: exp.Query, view: FolderView) -> bool:
    """Whether a query shows each column of one table, and nothing else."""
    shown = [one.unalias() for one in query.expressions]
    plain = [one.name for one in shown if isinstance(one, exp.Column)]
    held = [[column.name for column in table.columns] for table in view.catalog.tables]
    return len(plain) == len(shown) > 1 and plain in held


@cache
def view_of(name: str) -> FolderView:
    """The tables of one of the worlds that our own questions are asked over."""
    return FolderView(OWN_CASES / name / "tables")


def figures(view: FolderView, drafted: object) -> list[tuple[object, ...]]:
    """As ``rows_of``, as DuckDB gives the values, in no order of their own."""
    query = _query(drafted)
    width = 1 if _shows_all(query, view) else None
    return [row[:width] for row in by_hand(view, query.sql("duckdb"))]


def by_hand(view: FolderView, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query, in no order of their own."""
    return sorted(view.connection.execute(sql).fetchall(), key=str)
