"""Dates that stay dates: cut to a month, or moved by whole days, months or years, a date has no time of day.

DuckDB makes a timestamp of such a date, which then stands as midnight in every file. Instants and timestamps stay what
they are, and so does a whole SELECT of an 'sql' step.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipelines.expressions import function_name
from pipelines.sqltree import as_type

TypeOf = Callable[[str], str | None]
"""The DuckDB type of a column."""

_WHOLE = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "DECADE", "CENTURY"})
_MOVING = frozenset({"to_days", "to_weeks", "to_months", "to_quarters", "to_years"})
_FIRST = exp.Coalesce | exp.Greatest | exp.Least | exp.Min | exp.Max | exp.Window | exp.Paren | exp.IgnoreNulls
_FIRST_TOO = exp.Lag | exp.Lead | exp.FirstValue | exp.LastValue | exp.AnyValue | exp.First | exp.Last


def days_stay_days(tree: exp.Expr, column_type: TypeOf) -> exp.Expr:
    """The tree with what is computed from dates alone, in whole days, as dates."""
    holder = exp.Paren(this=tree)
    # Inner ones first, so that each sees what its operands became.
    for node in reversed(list(holder.walk())):
        if _makes_a_midnight(node, column_type):
            parent = node.parent
            inner = exp.Paren(this=node.copy()) if isinstance(node, exp.Add | exp.Sub) else node.copy()
            if parent is not None:
                node.replace(as_type(inner, "DATE"))
    found: exp.Expr = holder.this
    found.pop()
    return found


def _makes_a_midnight(node: exp.Expr, column_type: TypeOf) -> bool:
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        unit = node.args.get("unit")
        return unit is not None and unit.name.upper() in _WHOLE and _is_date(node.this, column_type)
    if isinstance(node, exp.Add | exp.Sub | exp.DateAdd):
        return _is_whole(node.expression) and _is_date(node.this, column_type)
    return False


def _is_whole(node: exp.Expr) -> bool:
    """Whether an interval is one of whole days."""
    if isinstance(node, exp.Paren):
        return _is_whole(node.this)
    if isinstance(node, exp.Interval):
        unit = node.args.get("unit")
        return unit is not None and unit.name.upper().removesuffix("S") in _WHOLE
    if isinstance(node, exp.Mul):
        return _is_whole(node.this) or _is_whole(node.expression)
    return isinstance(node, exp.Func) and function_name(node) in _MOVING


def _is_date(node: exp.Expr, column_type: TypeOf) -> bool:
    if isinstance(node, exp.Column):
        return column_type(node.name) == "DATE"
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DType.DATE)
    if isinstance(node, exp.DateFromParts | exp.LastDay):
        return True
    if isinstance(node, exp.Case):
        branches = [case.args["true"] for case in node.args["ifs"]] + [node.args.get("default")]
        return all(branch is None or _is_date(branch, column_type) for branch in branches)
    if isinstance(node, _FIRST | _FIRST_TOO):
        return _is_date(node.this, column_type)
    return False
