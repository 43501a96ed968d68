"""Definitions written in SQL, read exactly: "sum(total - refunded) FILTER (WHERE status = 'paid')" as a measure."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.errors import SqlglotError

from agents.builtin.meaning import DEFINED, Compare, Condition, Meaning, Out, Ref, Scalar, Scope
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.index import Index
from agents.builtin.sql.build import Builder
from agents.builtin.sql.frame import CannotBuildError

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "sum",
    exp.Avg: "avg",
    exp.Min: "min",
    exp.Max: "max",
    exp.Median: "median",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_ONE_WORD = re.compile(r"\s*\w+\s*\(\s*\w+\s*\)\s*")


class _NotReadableError(Exception):
    """The SQL has something that no measure of ours says."""


def is_measure(text: str) -> bool:
    """Whether a definition's expression computes over many rows. One aggregate of one word is read as words are."""
    tree = _parsed(text) if _ONE_WORD.fullmatch(text) is None else None
    return tree is not None and tree.find(exp.AggFunc) is not None


def measure_of(text: str, schema: Schema) -> Out | None:
    """The measure that an expression over the columns of one table says; None where it says something else."""
    tree = _parsed(text)
    table = _table_of(tree, schema) if tree is not None else None
    if tree is None or table is None:
        return None
    try:
        made = _measure(tree, table, schema)
    except _NotReadableError:
        return None
    made.label = DEFINED
    return made if made.is_measure else None


def query_of(text: str, index: Index, timezone: str) -> exp.Query | None:
    """The query with which such a measure is computed over all rows; None where there is no measure."""
    out = measure_of(text, index.schema)
    if out is None:
        return None
    try:
        return Builder(index, timezone).build(Meaning(Scope(min(out.tables())), [out]))
    except CannotBuildError:
        return None


def _parsed(text: str) -> exp.Expr | None:
    from sqlglot import parse_one

    try:
        return parse_one(text, read="duckdb")
    except SqlglotError:
        return None


def _table_of(tree: exp.Expr, schema: Schema) -> str | None:
    """The one table that has all the columns; None where there is none or more than one."""
    columns = list(tree.find_all(exp.Column))
    fitting = [
        table
        for table in schema.tables
        if table not in schema.roles
        and all(column.table.casefold() in {"", table.casefold()} for column in columns)
        and {column.name.casefold() for column in columns} <= {one.name.casefold() for one in schema.of(table)}
    ]
    return fitting[0] if len(fitting) == 1 else None


def _measure(node: exp.Expr, table: str, schema: Schema) -> Out:
    if isinstance(node, exp.Paren):
        return _measure(node.this, table, schema)
    if isinstance(node, exp.Literal) and not node.is_string:
        return Out("number", scale=float(node.name))
    if type(node) in _ARITHMETIC:
        parts = [_measure(part, table, schema) for part in (node.this, node.args["expression"])]
        return Out("formula", func=_ARITHMETIC[type(node)], parts=parts)
    if isinstance(node, exp.Filter):
        made = _aggregate(node.this, table, schema)
        made.conditions = _conditions(node.args["expression"].this, table, schema)
        return made
    return _aggregate(node, table, schema)


def _aggregate(node: exp.Expr, table: str, schema: Schema) -> Out:
    inner = node.this
    distinct = isinstance(inner, exp.Distinct)
    if distinct:
        if len(inner.expressions) != 1:
            raise _NotReadableError
        inner = inner.expressions[0]
    if isinstance(node, exp.Count):
        if isinstance(inner, exp.Star):
            return Out("count", table=table)
        if isinstance(inner, exp.Column):
            return Out("count", column=_ref(inner, table, schema), distinct=distinct)
        raise _NotReadableError
    func = _AGGREGATES.get(type(node))
    if func is None:
        raise _NotReadableError
    if isinstance(inner, exp.Column):
        return Out("agg", column=_ref(inner, table, schema), func=func, distinct=distinct)
    if distinct:
        raise _NotReadableError
    return Out("agg", func=func, parts=[_row(inner, table, schema)])


def _row(node: exp.Expr, table: str, schema: Schema) -> Out:
    """Arithmetic over the numbers of one row."""
    if isinstance(node, exp.Paren):
        return _row(node.this, table, schema)
    if isinstance(node, exp.Literal) and not node.is_string:
        return Out("number", scale=float(node.name))
    if isinstance(node, exp.Column):
        ref = _ref(node, table, schema)
        if schema.columns[ref].kind != "number":
            raise _NotReadableError
        return Out("column", column=ref)
    if type(node) in _ARITHMETIC:
        parts = [_row(part, table, schema) for part in (node.this, node.args["expression"])]
        return Out("formula", func=_ARITHMETIC[type(node)], parts=parts)
    raise _NotReadableError


def _conditions(node: exp.Expr, table: str, schema: Schema) -> list[Condition]:
    if isinstance(node, exp.Paren):
        return _conditions(node.this, table, schema)
    if isinstance(node, exp.And):
        parts = (node.this, node.args["expression"])
        return [condition for part in parts for condition in _conditions(part, table, schema)]
    if isinstance(node, exp.Not) and isinstance(node.this, exp.Is | exp.In | exp.Paren):
        (inner,) = _conditions(node.this, table, schema)
        if not isinstance(inner, Compare) or inner.negated:
            raise _NotReadableError
        if inner.op == "null":
            return [Compare(inner.column, "notnull")]
        return [Compare(inner.column, inner.op, inner.values, negated=True)]
    if not isinstance(node.this, exp.Column):
        raise _NotReadableError
    ref = _ref(node.this, table, schema)
    if isinstance(node, exp.Is) and isinstance(node.args["expression"], exp.Null):
        return [Compare(ref, "null")]
    if isinstance(node, exp.In) and node.expressions:
        return [Compare(ref, "=", tuple(_value(one) for one in node.expressions))]
    if type(node) in _COMPARISONS:
        return [Compare(ref, _COMPARISONS[type(node)], (_value(node.args["expression"]),))]
    raise _NotReadableError


def _value(node: exp.Expr) -> Scalar:
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.name)
        return int(node.name) if node.name.isdigit() else float(node.name)
    raise _NotReadableError


def _ref(column: exp.Column, table: str, schema: Schema) -> Ref:
    return next(one.ref for one in schema.of(table) if one.name.casefold() == column.name.casefold())
