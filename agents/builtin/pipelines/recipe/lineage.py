"""Where a column's values come from: what the steps made of it, as an expression over a table of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlglot
from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from spec.catalog import Table

Traces = Mapping[str, Mapping[str, exp.Expr]]
"""For each column whose values can be looked up: the tables it comes from, each with the expression that gives it."""
_SAME = frozenset({"filter", "sort", "limit", "dedupe"})


def own(table: Table) -> Traces:
    """Columns of a table as it is."""
    return {column.name: {table.name: name(column.name)} for column in table.columns}


def traced(use: str, inputs: Sequence[Traces], params: Mapping[str, object]) -> Traces:
    """The columns after a step. One that is computed over groups, or of several tables, has no values to look up."""
    first = inputs[0]
    columns = params.get("columns")
    if use in _SAME:
        return first
    if use == "rename" and isinstance(columns, Mapping):
        return {str(columns.get(column, column)): found for column, found in first.items()}
    if use == "derive" and isinstance(columns, Mapping):
        kept = {column: found for column, found in first.items() if column not in columns}
        return {**kept, **_computed(columns, first)}
    if use == "select":
        return _selected(params, first)
    if use == "aggregate":
        groups = params.get("group_by", ())
        return _computed(groups if isinstance(groups, Mapping) else _as_they_are(groups), first)
    if use == "pivot":
        return _computed(_as_they_are(params.get("by", ())), first)
    if use == "join":
        others = {} if params.get("how") in ("semi", "anti") else _selected({"columns": params.get("take")}, inputs[1])
        return {**others, **first}
    if use == "union":
        shared = [column for column in first if all(column in other for other in inputs)]
        return {
            column: {table: value for one in inputs for table, value in one[column].items()}
            for column in shared
            if column != params.get("label")
        }
    return {}


def _selected(params: Mapping[str, object], first: Traces) -> Traces:
    columns, dropped = params.get("columns"), params.get("drop")
    if isinstance(columns, Mapping):
        return _computed(columns, first)
    if isinstance(columns, Sequence):
        return {column: found for column, found in first.items() if column in columns}
    gone = dropped if isinstance(dropped, Sequence) else ()
    return {column: found for column, found in first.items() if column not in gone}


def _as_they_are(columns: object) -> dict[str, str]:
    given = columns if isinstance(columns, Sequence) else ()
    return {str(column): name(str(column)).sql(dialect="duckdb") for column in given}


def _computed(columns: Mapping[str, object], first: Traces) -> Traces:
    found = {column: _value(str(shown), first) for column, shown in columns.items()}
    return {column: value for column, value in found.items() if value}


def _value(shown: str, first: Traces) -> Mapping[str, exp.Expr]:
    tree = sqlglot.parse_one(shown, dialect="duckdb")
    used = {column.name for column in tree.find_all(exp.Column)}
    if not used or tree.find(exp.Placeholder, exp.Parameter) or not all(column in first for column in used):
        return {}
    tables = set.intersection(*(set(first[column]) for column in used))
    if any(set(first[column]) != tables for column in used):
        return {}
    return {table: _over(tree, table, first) for table in sorted(tables)}


def _over(tree: exp.Expr, table: str, first: Traces) -> exp.Expr:
    def put(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        value = first[node.name][table]
        return value.copy() if isinstance(value, exp.Column) else exp.Paren(this=value.copy())

    return tree.copy().transform(put)
