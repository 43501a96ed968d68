"""What a drafted answer gives on its data."""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp

from agents.contract import Draft
from evals.dataview import FolderView
from evals.harness import OWN_CASES


def rows_of(view: FolderView, drafted: object) -> list[list[object]]:
    """The rows of an answer; fails where there is none."""
    assert isinstance(drafted, Draft), drafted
    query = sqlglot.parse_one(str(drafted.spec.steps[-1].params["query"]), dialect="duckdb")
    assert isinstance(query, exp.Query)
    return [list(row) for row in view.rows(query)]


@cache
def view_of(name: str) -> FolderView:
    """The tables of one of the worlds that our own questions are asked over."""
    return FolderView(OWN_CASES / name / "tables")


def figures(view: FolderView, drafted: object) -> list[tuple[object, ...]]:
    """The rows of an answer as DuckDB gives them, in no order of their own; fails where there is none."""
    assert isinstance(drafted, Draft), drafted
    return by_hand(view, str(drafted.spec.steps[-1].params["query"]))


def by_hand(view: FolderView, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query, in no order of their own."""
    return sorted(view.connection.execute(sql).fetchall(), key=str)
