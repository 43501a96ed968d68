"""Writing steps down: expressions are built as trees and rendered once, names stay quoted where they must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from spec.base import JsonValue
from spec.pipeline import Check, Step


def text(node: exp.Expr) -> str:
    """An expression as it stands in a spec: DuckDB's dialect."""
    return node.sql(dialect="duckdb")


def name(column: str) -> exp.Column:
    """A column, quoted only when it has to be."""
    plain = column.replace("_", "a").isalnum() and not column[0].isdigit() and column == column.lower()
    return exp.column(column, quoted=not plain)


def money(value: str = "0") -> exp.Expr:
    """A decimal amount."""
    return exp.cast(exp.Literal.number(value), "DECIMAL(18,2)")


def or_zero(column: str) -> exp.Expr:
    """The column, 0 where it is empty."""
    return exp.Coalesce(this=name(column), expressions=[exp.Literal.number(0)])


def sum_where(amount: exp.Expr, condition: exp.Expr) -> exp.Expr:
    """The sum over rows for which the condition holds; 0 when there is none."""
    chosen = exp.Case(ifs=[exp.If(this=condition, true=amount)], default=exp.Literal.number(0))
    return exp.Sum(this=chosen)


def among(column: exp.Expr, values: Sequence[str]) -> exp.Expr:
    """``column IN (...)``; FALSE for no values."""
    if not values:
        return exp.false()
    return exp.In(this=column, expressions=[exp.Literal.string(value) for value in values])


class Draftsman:
    """Collects steps and checks in order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.checks: list[Check] = []

    def step(
        self, id_: str, use: str, *inputs: str, where: Sequence[exp.Expr] = (), note: str = "", **params: JsonValue
    ) -> str:
        """Add a step; returns its id, to be used as an input. ``where`` are conditions that must all hold."""
        plain: dict[str, JsonValue] = {"id": id_, "use": use, "from": list(inputs), **params}
        if where:
            plain["where"] = text(exp.and_(*where))
        if note:
            plain["note"] = note
        self.steps.append(Step.model_validate(plain))
        return id_

    def check(
        self, check: str, on: str, *, params: Mapping[str, JsonValue], severity: str = "block", note: str = ""
    ) -> None:
        """Add a check."""
        plain: dict[str, JsonValue] = {"check": check, "on": on, "severity": severity, **params}
        if note:
            plain["note"] = note
        self.checks.append(Check.model_validate(plain))
