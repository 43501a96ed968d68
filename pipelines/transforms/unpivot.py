"""Turn columns into rows: one row for each of the named columns, with the column's name and its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, quoted, table_of
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings

LABELS = "labels"


def _as_labels(value: object) -> object:
    if isinstance(value, str):
        return {value: value}
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return {item: item for item in value}
    return value


class Params(Document):
    """Columns to rows."""

    columns: Annotated[dict[str, str], BeforeValidator(_as_labels)] = Field(
        min_length=1,
        description="Columns that become rows, as a list, or as a mapping of column to the label it gets.",
        json_schema_extra={"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]},
    )
    name: str = Field(default="name", description="New column that holds the label.")
    value: str = Field(default="value", description="New column that holds the value.")
    keep: Strings = Field(default=(), description="Columns that stay; all others when empty.")
    drop_empty: bool = Field(default=False, description="Leave out rows whose value is empty.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"budget": {"columns": {"team": "VARCHAR", "jan": "INTEGER", "feb": "INTEGER"},
                          "primary_key": ["team"], "rows": [["A", 10, 20], ["B", 5, None]]}},
    "step": {"use": "unpivot", "from": "budget", "columns": ["jan", "feb"], "name": "month", "value": "amount",
             "drop_empty": True},
    "rows": {"": [["A", "jan", 10], ["A", "feb", 20], ["B", "jan", 5]]},
}  # fmt: skip


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Each row once for each label, with the value that the label stands for."""
    (relation,) = inputs
    spread = scope.fields(list(params.columns), relation, "columns")
    labels = dict(zip((item.name for item in spread), params.columns.values(), strict=True))
    for item in spread[1:]:
        if family(item.type) != family(spread[0].type):
            raise scope.fail(
                f"{spread[0].name} is {spread[0].type} and {item.name} is {item.type}; one column cannot hold both.",
                field="columns",
                hint="Cast one of them in a 'cast' step first.",
                data={"types": [spread[0].type, item.type]},
            )
    if len(set(labels.values())) < len(labels):
        raise scope.fail("Two columns get the same label.", field="columns", hint="Give each its own.")
    kept = [item.name for item in scope.fields(params.keep, relation, "keep")]
    if not kept:
        kept = [name for name in relation.names if name not in labels]
    scope.distinct([*kept, params.name, params.value], "name")
    query = _query(params, relation, kept, labels)
    keys = frozenset(key | {params.name} for key in relation.keys if key <= set(kept))
    return Built({MAIN: query}, keys={MAIN: keys})


def _query(params: Params, relation: Relation, kept: Sequence[str], labels: Mapping[str, str]) -> exp.Select:
    rows = exp.Values(
        expressions=[exp.Tuple(expressions=[exp.Literal.string(label)]) for label in labels.values()],
        alias=exp.TableAlias(this=quoted(LABELS), columns=[quoted(params.name)]),
    )
    value = exp.Case(
        ifs=[
            exp.If(
                this=exp.EQ(this=column(params.name, LABELS), expression=exp.Literal.string(label)),
                true=column(name, "t"),
            )
            for name, label in labels.items()
        ]
    )
    query = exp.Select(
        expressions=[
            *(aliased(column(name, "t"), name) for name in kept),
            column(params.name, LABELS),
            aliased(value, params.value),
        ],
        from_=exp.From(this=table_of(relation.name, "t")),
        joins=[exp.Join(this=rows, kind="CROSS")],
    )
    if params.drop_empty:
        query.set("where", exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))))
    return query
