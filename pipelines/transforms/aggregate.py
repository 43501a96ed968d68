"""One row for each group, with measures such as sum(amount) or count(*); without groups, one row for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines.contract import MAIN, NAMES_OR_EXPRESSIONS, Built, Expression, as_mapping
from pipelines.expressions import aliased, has_aggregate, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue


class Params(Document):
    """Groups and measures."""

    group_by: Annotated[dict[str, Expression], BeforeValidator(as_mapping)] = Field(
        default={},
        description="Columns to group by, as a list of names, or as a mapping of a new name to an expression.",
        json_schema_extra=NAMES_OR_EXPRESSIONS,
    )
    measures: dict[str, Expression] = Field(
        default={}, description="New column to an aggregate over each group's rows, e.g. total: sum(amount)."
    )
    where: Expression | None = Field(
        default=None, description="Condition on the input's rows that count; all when empty."
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"region": "VARCHAR", "total": "DECIMAL(18,2)"},
                          "rows": [["North", "10.00"], ["North", "2.50"], ["South", "1.00"]]}},
    "step": {"use": "aggregate", "from": "orders", "group_by": ["region"],
             "measures": {"orders": "count(*)", "total": "sum(total)"}},
    "rows": {"": [["North", 2, "12.50"], ["South", 1, "1.00"]]},
}  # fmt: skip
keywords: Final = (
    "turnover and revenue by region, "
    "group by, total, sum up, add up, count, how many, average, mean, median, minimum, maximum, per customer, by "
    "month, summary, summarise, totals for each, distinct count, number of orders, subtotal, pivot table totals, "
    "string list of each group, smallest, largest, lowest and highest, earliest date, latest date, first and last "
    "order date, sum of hours, revenue by country, per shop, by product and month, roll up, one line per customer, "
    "mean value, how much, number of customers, totals by category, spend of each supplier, average per"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Group expressions, then measures."""
    (relation,) = inputs
    if not params.group_by and not params.measures:
        raise scope.fail("There is nothing to compute.", field="measures", hint="For instance rows: count(*).")
    scope.distinct([*params.group_by, *params.measures], "measures")
    projections: list[exp.Expr] = []
    groups: list[exp.Expr] = []
    for name, text in params.group_by.items():
        group = _group(name, text, relation, scope)
        groups.append(group)
        known = isinstance(group, exp.Column) and name.casefold() == group.name.casefold()
        projections.append(group.copy() if known else aliased(group.copy(), name))
    for name, text in params.measures.items():
        field = f"measures.{name}"
        measure = scope.expression(text, relation, field, aggregates=True)
        if not has_aggregate(measure):
            raise scope.fail(
                f"{text!r} is not one value for a group.",
                field=field,
                hint="Wrap it in sum(...), count(...), min(...) or max(...), or group by it.",
                data={"expression": text},
            )
        projections.append(aliased(measure, name))
    query = select_from(relation.name, projections)
    if params.where is not None:
        query.set("where", exp.Where(this=scope.condition(params.where, relation, "where")))
    if groups:
        query.set("group", exp.Group(expressions=groups))
    return Built({MAIN: query})


def _group(name: str, text: str, relation: Relation, scope: StepScope) -> exp.Expr:
    field = f"group_by.{name}"
    group = scope.expression(text, relation, field)
    if isinstance(group, exp.Literal):
        # GROUP BY 1 means the first column, not the number.
        raise scope.fail("A constant makes no groups.", field=field, hint="Group by a column or an expression of one.")
    return group
