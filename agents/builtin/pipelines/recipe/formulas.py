"""Formulas in words over columns: "qty times price", "arrival plus nights", "(gross - fee) / 2"."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.recipe.values import number_at, percent_at, today
from agents.builtin.pipelines.recipe.words import column_at
from agents.builtin.pipelines.recipe.work import Rows

Found = tuple[int, exp.Expr]
_SUM: tuple[tuple[re.Pattern[str], type[exp.Binary]], ...] = (
    (re.compile(r"\s*(?:\+|\bplus\b)\s*", re.IGNORECASE), exp.Add),
    (re.compile(r"\s*(?:[-−–]|\bminus\b|\bless\b)\s*", re.IGNORECASE), exp.Sub),
)
_PRODUCT: tuple[tuple[re.Pattern[str], type[exp.Binary]], ...] = (
    (re.compile(r"\s*(?:\*|×|\btimes\b|\bmultiplied\s+by\b|\bx\b)\s*", re.IGNORECASE), exp.Mul),
    (re.compile(r"\s*(?:/|÷|\bdivided\s+by\b|\bover\b)\s*", re.IGNORECASE), exp.Div),
)


DEEPEST = 20
"""Brackets within brackets that are read."""


def formula_at(text: str, at: int, rows: Rows, *, depth: int = 0) -> Found | None:
    """(end, expression) of at least one operation over columns and numbers."""
    if depth > DEEPEST:
        return None
    found = _chain(
        text, at, rows, _SUM, lambda place: _chain(text, place, rows, _PRODUCT, lambda p: _part(text, p, rows, depth))
    )
    return found if found and isinstance(found[1], exp.Binary) else None


def _chain(
    text: str,
    at: int,
    rows: Rows,
    operations: tuple[tuple[re.Pattern[str], type[exp.Binary]], ...],
    read: Callable[[int], Found | None],
) -> Found | None:
    first = read(at)
    if first is None:
        return None
    end, found = first
    while True:
        for pattern, node in operations:
            glue = pattern.match(text, end)
            more = (_percent(text, glue.end(), node) or read(glue.end())) if glue else None
            if more is not None:
                right = exp.Paren(this=more[1]) if isinstance(more[1], exp.Binary) else more[1]
                if node in (exp.Add, exp.Sub) and _is_date(found, rows) and not _is_date(right, rows):
                    # Days that are added to a date are a plain integer.
                    right = exp.cast(right, "INTEGER")
                end, found = more[0], node(this=found, expression=right)
                break
        else:
            return end, found


def _percent(text: str, at: int, node: type[exp.Binary]) -> Found | None:
    """A percentage of something: "net times 22%" is net * 0.22; "net plus 22%" is not said of what."""
    found = percent_at(text, at) if node in (exp.Mul, exp.Div) else None
    return (found[0], exp.Literal.number(f"{found[1] / 100:f}")) if found else None


def _is_date(expression: exp.Expr, rows: Rows) -> bool:
    return isinstance(expression, exp.Placeholder) or type_of(expression, rows).startswith("DATE")


def _part(text: str, at: int, rows: Rows, depth: int) -> Found | None:
    if text[at : at + 1] == "(":
        inner = formula_at(text, at + 1, rows, depth=depth + 1)
        close = re.compile(r"\s*\)").match(text, inner[0]) if inner else None
        return (close.end(), exp.Paren(this=inner[1])) if inner and close else None
    if found := re.compile(r"today\b", re.IGNORECASE).match(text, at):
        return found.end(), today()
    number = number_at(text, at)
    if number is not None:
        return number
    column = column_at(text, at, rows)
    return (column[0], name(column[1])) if column else None


def type_of(expression: exp.Expr, rows: Rows) -> str:
    """A type near enough to tell dates, numbers and texts apart: the plan's own types are the compiler's."""
    types = [rows.columns.get(column.name, "") for column in expression.find_all(exp.Column)]
    dates = [type_ for type_ in types if type_.startswith("DATE")]
    if dates and len(dates) == 1 and not expression.find(exp.Placeholder):
        return dates[0]
    if dates:
        return "BIGINT"
    if expression.find(exp.Div):
        return "DOUBLE"
    decimal = next((type_ for type_ in types if type_.startswith("DECIMAL")), None)
    return decimal or next(iter(types), "BIGINT")
