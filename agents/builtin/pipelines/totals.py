"""Proofs of an answer that is planned: what its groups add up to is what the rows behind them add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spec.base import JsonValue

if TYPE_CHECKING:
    from sqlglot import exp

_CENT = "0.01"


def totals_of(query: str) -> list[tuple[str, Mapping[str, JsonValue]]]:
    """For each sum and count by groups over joined tables, in words, the check that no row was counted twice or lost.

    Only where rows are left out by columns of the table that is added up: what else decides cannot be said of it alone.
    Of one table nothing can be lost or doubled, so there is nothing to prove.
    """
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(query, dialect="duckdb")
    plain = isinstance(tree, exp.Select) and len(list(tree.find_all(exp.Select))) == 1
    if not plain or not tree.args.get("group"):
        return []
    if any(tree.args.get(part) for part in ("having", "qualify", "distinct", "limit", "with_")):
        return []
    tables = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    first = next(tree.find_all(exp.Table)).alias_or_name
    if len(tables) < 2:
        return []
    found: list[tuple[str, Mapping[str, JsonValue]]] = []
    for item in tree.expressions:
        made = _measure(item.unalias(), first)
        if made is None or not item.alias:
            continue
        alias, value = made
        where = tree.args.get("where")
        if where is not None and {column.table for column in where.find_all(exp.Column)} != {alias}:
            continue
        params: dict[str, JsonValue] = {
            "value": exp.Sum(this=exp.column(item.alias, quoted=True)).sql(dialect="duckdb"),
            "to": tables[alias],
            "to_value": _bare(value),
            "tolerance": _CENT,
        }
        if where is not None:
            params["to_where"] = _bare(where.this)
        found.append((f"{item.alias} of all groups together is that of all rows of {tables[alias]} that count", params))
    return found


def _measure(value: exp.Expr, first: str) -> tuple[str, exp.Expr] | None:
    """The table whose rows are added up or counted, and the figure over its rows alone."""
    from sqlglot import exp

    if isinstance(value, exp.Sum) and isinstance(value.this, exp.Column) and value.this.table:
        return value.this.table, value
    if isinstance(value, exp.Count) and isinstance(value.this, exp.Star) and not value.find_ancestor(exp.Filter):
        return first, value
    return None


def _bare(value: exp.Expr) -> str:
    """The expression with its columns unqualified, as a check reads them."""
    from sqlglot import exp

    def one(node: exp.Expr) -> exp.Expr:
        return exp.column(node.name, quoted=True) if isinstance(node, exp.Column) else node

    return value.transform(one).sql(dialect="duckdb")
