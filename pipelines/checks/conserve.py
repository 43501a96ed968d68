"""A sum or a count survives a chain of steps: what goes in comes out, or is in one of the named rests.

For instance: the money of all orders equals that of the orders kept plus that of the orders set aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import BuiltCheck, Expression
from pipelines.expressions import aliased, column, has_aggregate, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue
from spec.pipeline import Names


def _as_decimal_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Tolerance = Annotated[str, BeforeValidator(_as_decimal_text)]


class Params(Document):
    """A measure, where it starts, and where else it may have gone."""

    measure: Expression = Field(description="Aggregate over the rows looked at, e.g. sum(total) or count(*).")
    from_: str = Field(alias="from", description="Source or step whose measure must survive.")
    from_measure: Expression | None = Field(
        default=None, description="The measure there, when its columns are named otherwise."
    )
    plus: Names = Field(default=(), description="Further outputs that hold a part, e.g. paid.rest.")
    tolerance: Tolerance = Field(default="0", description="Greatest difference, e.g. 0.01.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"},
    "tables": {"orders": {"columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"},
                          "rows": [[1, "10.00"], [2, "5.00"]]}},
    "check": {"check": "conserve", "measure": "sum(total)", "from": "orders"},
    "good": [[1, "10.00"], [2, "5.00"]],
    "bad": [[1, "10.00"]],
}  # fmt: skip


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """The measure at the start beside the sum of its parts."""
    start = scope.relation(params.from_, "from")
    before = total(
        params.from_measure or params.measure, start, scope, "from_measure" if params.from_measure else "measure"
    )
    parts = [on, *(scope.relation(name, "plus") for name in params.plus)]
    after: exp.Expr = exp.Paren(this=_part(params.measure, parts[0], scope, 0))
    for number, part in enumerate(parts[1:], start=1):
        after = exp.Add(this=after, expression=exp.Paren(this=_part(params.measure, part, scope, number)))
    query = compared(
        before, after, params.tolerance, scope, f"of {start.name}", f"of {' + '.join(p.name for p in parts)}"
    )
    return BuiltCheck(query, tuple(dict.fromkeys([start.name, *(part.name for part in parts)])))


def _part(measure: str, relation: Relation, scope: StepScope, number: int) -> exp.Subquery:
    return exp.Subquery(this=total(measure, relation, scope, "measure" if number == 0 else "plus"))


def total(measure: str, relation: Relation, scope: StepScope, field: str, where: str | None = None) -> exp.Select:
    """SELECT the aggregate, no rows counting as nothing."""
    value = scope.expression(measure, relation, field, aggregates=True)
    if not has_aggregate(value):
        raise scope.fail(f"{measure!r} is not one value.", field=field, hint="For instance sum(amount) or count(*).")
    raw = select_from(relation.name, [aliased(value.copy(), "v")])
    type_ = scope.binder.types(raw, scope.where(field))[0]
    if not any(word in type_ for word in ("INT", "DECIMAL", "DOUBLE", "FLOAT")):
        raise scope.fail(f"{measure!r} is {type_}, not a number.", field=field, hint="Use a sum or a count.")
    query = select_from(relation.name, [aliased(exp.Coalesce(this=value, expressions=[proofs.zero()]), "v")])
    if where is not None:
        query.set("where", exp.Where(this=scope.condition(where, relation, f"{field}_where")))
    return query


def compared(
    before: exp.Query, after: exp.Expr, tolerance: str, scope: StepScope, expected: str, found: str
) -> exp.Select:
    """Passes when the two numbers differ by no more than the tolerance; says both, and by how much."""
    try:
        limit = Decimal(tolerance)
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or limit < 0:
        raise scope.fail(f"{tolerance!r} is not a tolerance.", field="tolerance", hint="For instance 0.01.")
    both = exp.Select(expressions=[aliased(exp.Subquery(this=before), "a"), aliased(after, "b")])
    difference = exp.Sub(this=column("b"), expression=column("a"))
    within = exp.LTE(
        this=exp.Abs(this=difference.copy()),
        expression=exp.Cast(this=exp.Literal.string(format(limit, "f")), to=exp.DataType.build("DECIMAL(38,9)")),
    )
    return proofs.verdict(
        within,
        proofs.say(column("a"), f" {expected}"),
        proofs.say(column("b"), f" {found}"),
        proofs.say("difference ", exp.Paren(this=difference)),
        proofs.subquery(both, "both"),
    )
