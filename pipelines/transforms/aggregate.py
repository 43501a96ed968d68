"""One row for each group, with measures such as sum(amount) or count(*); without groups, one row for all.

``arg_max(city, seen)`` is the city of the row that was seen last, ``string_agg(name, ', ' order by name)`` a list,
``sum(amount) filter (where paid)`` counts some rows only, ``mode(kind order by kind)`` is the most frequent kind, of
several the first by that order. Which of several rows comes first has to be certain: say it inside the call,
``first(city order by seen desc, id)``. A text in ``group_by`` stands in each row, e.g. ``region: "'All'"``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, NAMES_OR_EXPRESSIONS, Built, Expression, ImpliedCheck, as_mapping
from pipelines.expressions import aliased, has_aggregate, select_from
from pipelines.job import Relation
from pipelines.orders import marked, plain_columns, with_ties_broken
from pipelines.scope import StepScope
from pipelines.sqltree import number
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
    "subtotal and grand total rows, a row for all, survivorship, latest value of each field, median, percentiles, "
    "turnover and revenue by region, group by, total, sum up, add up, count, how many, average, mean, median, "
    "minimum, maximum, per customer, by month, summary, summarise, totals for each, distinct count, number of orders, "
    "subtotal, pivot table totals, string list of each group, smallest, largest, lowest and highest, earliest date, "
    "latest date, first and last order date, sum of hours, revenue by country, per shop, by product and month, roll "
    "up, one line per customer, mean value, how much, number of customers, totals by category, spend of each "
    "supplier, average per, mode, most common value, most frequent value, which occurs most often"
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
        group = scope.expression(text, relation, f"group_by.{name}")
        groups.append(group)
        projections.append(shown(name, text, group))
    tied: list[exp.Expr] = []
    for name, text in params.measures.items():
        field = f"measures.{name}"
        measure = scope.expression(text, relation, field, aggregates=True, within=plain_columns(groups), mark=True)
        if not has_aggregate(measure):
            raise scope.fail(
                f"{text!r} is not one value for a group.",
                field=field,
                hint="Wrap it in sum(...), count(...), min(...) or max(...), or group by it.",
                data={"expression": text},
            )
        projections.append(aliased(measure, name))
        if marked(measure):
            tied.append(measure)
    groups = varying(groups)
    if not groups and not params.measures:
        raise scope.fail("A constant makes no groups.", field="group_by", hint="Group by a column as well.")
    query = select_from(relation.name, projections)
    if params.where is not None:
        query.set("where", exp.Where(this=scope.condition(params.where, relation, "where")))
    if groups:
        query.set("group", exp.Group(expressions=groups))
    return Built({MAIN: query}, checks=(_certain(query, tied, list(params.group_by), relation, scope),) if tied else ())


def _certain(
    query: exp.Select, tied: Sequence[exp.Expr], groups: Sequence[str], relation: Relation, scope: StepScope
) -> ImpliedCheck:
    """No measure depends on which of rows that tie comes first."""
    bad = query.copy()
    bad.set("expressions", bad.expressions[: len(groups)] or [aliased(number(1), "n")])
    differs = [
        exp.NullSafeNEQ(
            this=with_ties_broken(measure, descending=False), expression=with_ties_broken(measure, descending=True)
        )
        for measure in tied
    ]
    bad.set("having", exp.Having(this=exp.or_(*differs, copy=False)))
    query = proofs.no_rows(
        bad.copy(),
        "no measure depends on which of rows that tie comes first",
        " groups have rows that tie; say inside the call which comes first: first(name ORDER BY day DESC, id)",
        " group has rows that tie; say inside the call which comes first: first(name ORDER BY day DESC, id)",
    )
    return ImpliedCheck("order", scope.name, "block", query, (relation.name,), evidence=bad)


def shown(name: str, text: str, group: exp.Expr) -> exp.Expr:
    """What is grouped by, under its name; a column that keeps its own is spelled as it is, unless the step says how."""
    known = isinstance(group, exp.Column) and name == text and name.casefold() == group.name.casefold()
    return group.copy() if known else aliased(group.copy(), name)


def varying(groups: Iterable[exp.Expr]) -> list[exp.Expr]:
    """What rows are grouped by, without constants: GROUP BY 1 means the first column, not the number."""
    return [group for group in groups if not isinstance(group, exp.Literal)]
