"""Keep the rows for which a condition is true; ``<step>.rest`` holds all others, so that nothing is lost unseen.

``status <> 'void'`` is neither true nor false where the status is empty, so such rows go to the rest. Where a condition
says what must not be, each run counts them and warns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression, ImpliedCheck
from pipelines.expressions import column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue


class Params(Document):
    """A condition."""

    where: Expression = Field(description="Condition on a row; rows for which it is false or null go to the rest.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"rest": "Rows for which the condition is false or null."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "test": "BOOLEAN"}, "rows": [[1, False], [2, True], [3, None]]}},
    "step": {"use": "filter", "from": "orders", "where": "not test"},
    "rows": {"": [[1, False]], "rest": [[2, True], [3, None]]},
}
keywords: Final = (
    "keep only, remove rows, where, exclude, drop rows, rows that match, greater than, older than, without "
    "cancelled orders, blank rows, delete rows, only this year, condition, leave out, without, only those, get rid "
    "of, take out, ignore, delete, cancelled, test orders, rows of one country"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The rows that pass, and the rest where someone reads it."""
    (relation,) = inputs
    condition = scope.condition(params.where, relation, "where")

    def rows(where: exp.Expr) -> exp.Select:
        query = select_from(relation.name, [column(name) for name in relation.names])
        query.set("where", exp.Where(this=where))
        return query

    found: dict[str, exp.Query] = {MAIN: rows(condition)}
    if scope.wants("rest"):
        is_true = exp.Is(this=exp.Paren(this=condition.copy()), expression=exp.true())
        found["rest"] = rows(exp.Not(this=exp.Paren(this=is_true)))
    checks = (_unknown(relation, condition, scope),) if _says_what_must_not_be(condition) else ()
    return Built(found, order=dict.fromkeys(found, relation.order), checks=checks)


def _says_what_must_not_be(condition: exp.Expr) -> bool:
    for node in condition.walk():
        negated = node.this.unnest() if isinstance(node, exp.Not) else None
        if isinstance(node, exp.NEQ) or (negated is not None and not isinstance(negated, exp.Is | exp.NullSafeEQ)):
            return True
    return False


def _unknown(relation: Relation, condition: exp.Expr, scope: StepScope) -> ImpliedCheck:
    rows = select_from(relation.name, [column(name) for name in relation.names])
    is_null = exp.Is(this=exp.Paren(this=condition.copy()), expression=exp.Null())
    rows.set("where", exp.Where(this=is_null))
    query = proofs.no_rows(
        rows.copy(),
        f"the condition is true or false for each row of {relation.name}",
        " rows for which it is neither, because a value is empty, are left out",
        " row for which it is neither, because a value is empty, is left out",
    )
    return ImpliedCheck("filter_unknown", scope.name, "warn", query, (relation.name,), evidence=rows)
