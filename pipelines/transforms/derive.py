"""Compute columns from each row; a name that exists is replaced where it stands.

Every expression sees the input's columns only, so their order does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, split_order
from spec.base import Document, JsonValue
from spec.errors import SpecError


class Params(Document):
    """New column to its expression."""

    columns: dict[str, Expression] = Field(min_length=1, description="Column name to the expression that computes it.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"gross": "DECIMAL(18,2)", "fee": "DECIMAL(18,2)"}, "rows": [["10.00", "0.59"]]}},
    "step": {"use": "derive", "from": "orders", "columns": {"net": "gross - fee"}},
    "rows": {"": [["10.00", "0.59", "9.41"]]},
}


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the new ones."""
    (relation,) = inputs
    new: dict[str, tuple[str, str]] = {}
    for name, text in params.columns.items():
        if name.casefold() in new:
            raise scope.fail(f"The column {name!r} is derived twice.", field=f"columns.{name}", hint="Name it once.")
        new[name.casefold()] = (name, text)
    projections: list[exp.Expr] = []
    for name in relation.names:
        replaced = new.pop(name.casefold(), None)
        if replaced is None:
            projections.append(column(name))
        else:
            projections.append(aliased(_expression(replaced, params, relation, scope), replaced[0]))
    projections += [aliased(_expression(item, params, relation, scope), item[0]) for item in new.values()]
    kept = {item.name for item in projections if isinstance(item, exp.Column)}
    order = relation.order if all(split_order(item)[0] in kept for item in relation.order) else ()
    return Built({MAIN: select_from(relation.name, projections)}, order={MAIN: order})


def _expression(item: tuple[str, str], params: Params, relation: Relation, scope: StepScope) -> exp.Expr:
    name, text = item
    try:
        return scope.expression(text, relation, f"columns.{name}")
    except SpecError as error:
        unknown = str(error.data.get("unknown", "")).casefold()
        if unknown in {other.casefold() for other in params.columns if other.casefold() != name.casefold()}:
            raise scope.fail(
                f"{error.data['unknown']!r} is derived in this same step.",
                field=f"columns.{name}",
                hint="Expressions see the input's columns only; use it in a further 'derive' step.",
                data=error.data,
            ) from None
        raise
