"""What a drafted answer gives on its data."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from agents.contract import Draft
from evals.dataview import FolderView


def rows_of(view: FolderView, drafted: object) -> list[list[object]]:
    """The rows of an answer; fails where there is none."""
    assert isinstance(drafted, Draft), drafted
    query = sqlglot.parse_one(str(drafted.spec.steps[-1].params["query"]), dialect="duckdb")
    assert isinstance(query, exp.Query)
    return [list(row) for row in view.rows(query)]
