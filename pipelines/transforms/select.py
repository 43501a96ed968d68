"""Keep columns, in the order named, compute them anew under new names, or leave some out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines.contract import MAIN, NAMES_OR_EXPRESSIONS, Built, Expression, as_mapping
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, split_order
from spec.base import Document, JsonValue
from spec.pipeline import Strings


class Params(Document):
    """Give ``columns`` or ``drop``, one of the two."""

    columns: Annotated[dict[str, Expression], BeforeValidator(as_mapping)] = Field(
        default={},
        description="Columns to keep, in this order, as a list; or a mapping of new column to expression.",
        json_schema_extra=NAMES_OR_EXPRESSIONS,
    )
    drop: Strings = Field(default=(), description="Columns to leave out; all others stay as they are.")
    where: Expression | None = Field(
        default=None, description="Condition on the input's rows that count; all when empty."
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "email": "VARCHAR", "total": "DECIMAL(18,2)"},
                          "rows": [[1, "a@x.com", "10.00"], [2, "b@x.com", "5.50"]]}},
    "step": {"use": "select", "from": "orders", "columns": ["total", "id"]},
    "rows": {"": [["10.00", 1], ["5.50", 2]]},
}  # fmt: skip
keywords: Final = (
    "choose columns, keep columns, drop columns, remove a column, column order, reorder columns, only these "
    "columns, leave out a column, hide fields, throw away columns, only need a few columns, bring the columns into "
    "an order"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """One projection a kept column."""
    (relation,) = inputs
    if bool(params.columns) == bool(params.drop):
        raise scope.fail("Say which columns to keep, or which to drop.", field="columns", hint="Give one of the two.")
    if params.columns:
        scope.distinct(list(params.columns), "columns")
        projections = [_projection(name, text, relation, scope) for name, text in params.columns.items()]
    else:
        left_out = {field.name for field in scope.fields(params.drop, relation, "drop")}
        projections = [column(name) for name in relation.names if name not in left_out]
    if not projections:
        raise scope.fail("No column would be left.", field="drop", hint="Keep at least one.")
    kept = {item.name for item in projections if isinstance(item, exp.Column)}
    order = relation.order if all(split_order(item)[0] in kept for item in relation.order) else ()
    query = select_from(relation.name, projections)
    if params.where is not None:
        query.set("where", exp.Where(this=scope.condition(params.where, relation, "where")))
    return Built({MAIN: query}, order={MAIN: order})


def _projection(name: str, text: str, relation: Relation, scope: StepScope) -> exp.Expr:
    if name == text:
        # A name as it stands, whatever characters it has, before it is read as an expression.
        return column(scope.fields([name], relation, "columns")[0].name)
    return aliased(scope.expression(text, relation, f"columns.{name}"), name)
