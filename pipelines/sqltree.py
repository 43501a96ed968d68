"""Short names for the nodes that steps build their SQL of: numbers, texts, calls, casts and windows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp


def number(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def text(value: str) -> exp.Expr:
    """A constant text."""
    return exp.Literal.string(value)


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function of the engine."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def as_type(value: exp.Expr, type_: str) -> exp.Expr:
    """CAST(value AS type)."""
    return exp.Cast(this=value, to=exp.DataType.build(type_, dialect="duckdb"))


def plus(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """(left + right)."""
    return exp.Paren(this=exp.Add(this=left, expression=right))


def minus(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """(left - right)."""
    return exp.Paren(this=exp.Sub(this=left, expression=right))


def times(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """(left * right)."""
    return exp.Paren(this=exp.Mul(this=left, expression=right))


def whole(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """(left // right), cut towards zero."""
    return exp.Paren(this=exp.IntDiv(this=left, expression=right))


def rest(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """(left % right)."""
    return exp.Paren(this=exp.Mod(this=left, expression=right))


def when(test: exp.Expr, value: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Expr:
    """CASE WHEN test THEN value ELSE otherwise END."""
    return exp.Case(ifs=[exp.If(this=test, true=value)], default=otherwise)


def is_null(value: exp.Expr) -> exp.Expr:
    """Value IS NULL."""
    return exp.Is(this=value, expression=exp.Null())


def is_there(value: exp.Expr) -> exp.Expr:
    """NOT value IS NULL."""
    return exp.Not(this=is_null(value))


def or_else(value: exp.Expr, other: exp.Expr) -> exp.Expr:
    """coalesce(value, other)."""
    return exp.Coalesce(this=value, expressions=[other])


def plus_days(date: exp.Expr, days: exp.Expr) -> exp.Expr:
    """A date some days later. By a number, because an interval would make a timestamp of each date and back."""
    return as_type(exp.Add(this=date, expression=as_type(days, "INTEGER")), "DATE")


def over(
    function: exp.Expr,
    partition: Sequence[exp.Expr] = (),
    order: Sequence[exp.Ordered] = (),
    *,
    start: str | None = None,
    end: str = "CURRENT ROW",
) -> exp.Window:
    """A window; ``start`` (``UNBOUNDED`` or a number of rows) gives it a frame of rows that ends at ``end``.

    ``end`` is ``CURRENT ROW``, or a number of rows before it.
    """
    spec = None
    if start is not None:
        ends = {"end": end} if end == "CURRENT ROW" else {"end": exp.Literal.number(int(end)), "end_side": "PRECEDING"}
        spec = exp.WindowSpec(kind="ROWS", start=start, start_side="PRECEDING", **ends)
    return exp.Window(
        this=function,
        partition_by=[item.copy() for item in partition],
        order=exp.Order(expressions=[item.copy() for item in order]) if order else None,
        spec=spec,
        over="OVER",
    )
