"""Turn the values of one column into columns, with one measure or several for each.

With ``measures`` each value gets a column for each of them, ``2026 Sales`` and ``2026 Cost``, named as ``names`` says.
The values are listed in the spec, so the columns are known before a run. A value that is not listed would drop its
rows' money unseen; a run that finds one publishes nothing, unless ``other`` names a column that gathers the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, NAMES_OR_EXPRESSIONS, Built, Expression, ImpliedCheck, as_mapping
from pipelines.expressions import aliased, column, function_name, has_aggregate, select_from
from pipelines.functions import AGGREGATES
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.transforms.aggregate import shown, varying
from spec.base import Document, JsonValue

MOST_COLUMNS: Final = 500
VALUE, MEASURE = "{value}", "{measure}"


def _as_named(value: object) -> object:
    if isinstance(value, dict):
        return tuple((item, name) for item, name in value.items())
    if isinstance(value, list | tuple) and all(not isinstance(item, list | tuple) for item in value):
        return tuple((item, "empty" if item is None else str(item)) for item in value)
    return value


class Params(Document):
    """Rows to columns."""

    by: Annotated[dict[str, Expression], BeforeValidator(as_mapping)] = Field(
        default={},
        description="Columns that stay, one row for each combination, as a list of names, or as a mapping of a new "
        "name to an expression.",
        json_schema_extra=NAMES_OR_EXPRESSIONS,
    )
    column: str = Field(description="Column whose values become columns.")
    values: Annotated[tuple[tuple[JsonValue, str], ...], BeforeValidator(_as_named)] = Field(
        min_length=1,
        description="The values, as a list (each names its column) or as a mapping of value to column name.",
        json_schema_extra={
            "anyOf": [{"type": "array"}, {"type": "object", "additionalProperties": {"type": "string"}}]
        },
    )
    measure: Expression | None = Field(default=None, description="Aggregate for each new column, e.g. sum(amount).")
    measures: dict[str, Expression] = Field(
        default={},
        description="In place of measure: several, name to aggregate, e.g. {Sales: sum(sales), Orders: count(*)}.",
    )
    names: str = Field(
        default=f"{VALUE} {MEASURE}", description="With measures: how the columns are called, e.g. '{measure} {value}'."
    )
    other: str | None = Field(default=None, description="Column for all values that are not listed.")
    fill: int | str | None = Field(default=None, description="Value where there are no rows, e.g. 0; empty otherwise.")

    @model_validator(mode="after")
    def _measured(self) -> Params:
        if (self.measure is None) == (not self.measures):
            raise ValueError("either measure (one aggregate) or measures (name to aggregate) is to be stated")
        if self.measures and not (VALUE in self.names and MEASURE in self.names):
            raise ValueError(f"names is to hold {VALUE} and {MEASURE}, so that no two columns have one name")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"month": "VARCHAR", "channel": "VARCHAR", "total": "DECIMAL(18,2)"},
                         "rows": [["07", "web", "5.00"], ["07", "shop", "2.00"], ["08", "web", "1.50"]]}},
    "step": {"use": "pivot", "from": "sales", "by": "month", "column": "channel", "values": ["web", "shop"],
             "measure": "sum(total)", "fill": 0},
    "rows": {"": [["07", "5.00", "2.00"], ["08", "1.50", "0.00"]]},
}  # fmt: skip
keywords: Final = (
    "rows to columns, cross table, crosstab, wide, months as columns, one column for each, matrix, spread, values "
    "of a column as headers, side by side, a column for each value, one column per, split a column out into "
    "several, pivot several value columns, sales and cost of each year side by side, spreadsheet layout, row labels "
    "and column labels, categories across the top, turn rows into columns"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """One aggregate a value, each over its own rows."""
    (relation,) = inputs
    columns = len(params.values) * max(1, len(params.measures))
    if columns > MOST_COLUMNS:
        raise scope.fail(
            f"It would make {columns:,} columns; {MOST_COLUMNS} can be read by anybody or anything.",
            field="values",
            hint="Keep the values as rows: an 'aggregate' step with the column in group_by has one row for each. Or "
            "name the few that matter and gather the rest with 'other'.",
            data={"columns": columns, "most": MOST_COLUMNS},
        )
    by = {name: scope.expression(text, relation, f"by.{name}") for name, text in params.by.items()}
    spread = scope.field(params.column, relation, "column")
    measures = _measures(params, relation, scope)
    listed = [_is(spread, value, scope) for value, _ in params.values]
    unlisted = exp.Not(this=exp.Paren(this=exp.or_(*(_certain(test) for test in listed))))
    tests = [(name, test) for (_, name), test in zip(params.values, listed, strict=True)]
    if params.other:
        tests.append((params.other, unlisted))
    spreads = {
        _called(params, name, measured): _filled(_only(measure, test), params)
        for name, test in tests
        for measured, measure in measures.items()
    }
    scope.distinct([*by, *(_called(params, name, measured) for name, _ in tests for measured in measures)], "values")
    projections: list[exp.Expr] = [shown(name, params.by[name], group) for name, group in by.items()]
    projections += [aliased(value, name) for name, value in spreads.items()]
    query = select_from(relation.name, projections)
    if groups := varying(by.values()):
        query.set("group", exp.Group(expressions=groups))
    checks = () if params.other else (_drift(relation, spread, unlisted, scope),)
    return Built({MAIN: query}, checks=checks)


def _measures(params: Params, relation: Relation, scope: StepScope) -> dict[str, exp.Expr]:
    """Name to aggregate; the one measure has no name."""
    stated = {f"measures.{name}": text for name, text in params.measures.items()}
    if params.measure is not None:
        stated = {"measure": params.measure}
    found: dict[str, exp.Expr] = {}
    for field, text in stated.items():
        tree = scope.expression(text, relation, field, aggregates=True)
        if not has_aggregate(tree):
            raise scope.fail("The measure is not one value for a group.", field=field, hint="For instance sum(amount).")
        found[field.partition(".")[2]] = tree
    return found


def _called(params: Params, value: str, measure: str) -> str:
    """The name of one value's column for one measure."""
    return params.names.replace(VALUE, value).replace(MEASURE, measure) if measure else value


def _is(spread: Column, value: JsonValue, scope: StepScope) -> exp.Expr:
    if value is None:
        return exp.Is(this=column(spread.name), expression=exp.Null())
    return exp.EQ(this=column(spread.name), expression=scope.literal(value, spread.type, "values"))


def _certain(test: exp.Expr) -> exp.Expr:
    """The test with an empty value counting as no match."""
    return exp.Coalesce(this=exp.Paren(this=test.copy()), expressions=[exp.false()])


def _only(measure: exp.Expr, test: exp.Expr) -> exp.Expr:
    """Each aggregate of the measure over the rows for which the test is true."""
    holder = exp.Paren(this=measure.copy())
    calls = [node for node in holder.walk() if function_name(node) in AGGREGATES]
    for call in calls:
        parent = call.parent
        if isinstance(parent, exp.Filter):
            where = parent.expression
            where.set("this", exp.and_(where.this, test.copy(), copy=False))
        else:
            filtered = exp.Filter()
            call.replace(filtered)
            filtered.set("this", call)
            filtered.set("expression", exp.Where(this=test.copy()))
    inner: exp.Expr = holder.this
    return inner


def _filled(value: exp.Expr, params: Params) -> exp.Expr:
    if params.fill is None:
        return value
    return exp.Coalesce(this=value, expressions=[_number(params.fill)])


def _number(value: int | str) -> exp.Expr:
    if isinstance(value, int):
        return exp.Literal.number(value)
    return exp.Literal.string(value)


def _drift(relation: Relation, spread: Column, unlisted: exp.Expr, scope: StepScope) -> ImpliedCheck:
    bad = select_from(relation.name, [column(spread.name), aliased(proofs.count_all(), "rows")])
    bad.set("where", exp.Where(this=unlisted.copy()))
    bad.set("group", exp.Group(expressions=[column(spread.name)]))
    query = proofs.no_rows(
        bad.copy(),
        f"the values of {spread.name} are those listed",
        f" values of {spread.name} are not listed",
        f" value of {spread.name} is not listed",
    )
    return ImpliedCheck("pivot_values", scope.name, "block", query, (relation.name,), evidence=bad)
