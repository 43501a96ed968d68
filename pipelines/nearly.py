"""Keys that differ only in how they are written: in spaces, in case, or in zeros in front, as exports pad them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pipelines import proofs
from pipelines.contract import ImpliedCheck
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Field, Relation
from pipelines.scope import family

_BLANKS = (" ", "\t", "\r", "\n", "\u00a0", "\u202f", "\u3000")
"""Taken out one by one: a pattern would be slower, and no database but DuckDB means the same by it."""


def nearly_equal(
    step: str, left: Relation, right: Relation, pairs: Sequence[tuple[Field, Field]], side: str, beside: str
) -> ImpliedCheck | None:
    """Left keys without a partner that have one once spaces, case and leading zeros count for nothing; a warning.

    None where no key is text. ``side`` and ``beside`` are names for the two inputs.
    """
    if not any(family(a.type) == "text" for a, _ in pairs):
        return None
    exact = exp.and_(*(proofs.equals(column(a.name, side), column(b.name, beside)) for a, b in pairs), copy=False)
    alike = exp.and_(*(_alike(a, b, side, beside) for a, b in pairs), copy=False)
    bad = exp.Select(
        expressions=[aliased(column(a.name, side), a.name) for a, _ in pairs],
        from_=exp.From(this=table_of(left.name, side)),
        where=exp.Where(this=exp.and_(exp.Not(this=_partner(right, exact, beside)), _partner(right, alike, beside))),
        distinct=exp.Distinct(),
    )
    names = ", ".join(a.name for a, _ in pairs)
    query = proofs.no_rows(
        bad.copy(),
        f"no {names} differs from one of {right.name} in spaces, case or zeros in front alone",
        " values do, and so have no partner; clean both in a 'text' step first",
        " value does, and so has no partner; clean both in a 'text' step first",
    )
    return ImpliedCheck("join_nearly", step, "warn", query, (left.name, right.name), evidence=bad)


def _partner(right: Relation, condition: exp.Expr, beside: str) -> exp.Exists:
    one = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=table_of(right.name, beside)),
        where=exp.Where(this=condition),
    )
    return exp.Exists(this=one)


def _alike(a: Field, b: Field, side: str, beside: str) -> exp.Expr:
    left, right = column(a.name, side), column(b.name, beside)
    if family(a.type) != "text":
        return proofs.equals(left, right)
    return proofs.equals(_bare(left), _bare(right))


def _bare(text: exp.Expr) -> exp.Expr:
    bare: exp.Expr = exp.Lower(this=text)
    for blank in _BLANKS:
        bare = exp.Replace(this=bare, expression=exp.Literal.string(blank), replacement=exp.Literal.string(""))
    return exp.Trim(this=bare, expression=exp.Literal.string("0"), position="LEADING")
