"""Put the rows of several inputs one below the other, columns matched by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue


class Params(Document):
    """What happens to columns that not every input has, and to rows that are alike."""

    missing: Literal["stop", "null"] = Field(
        default="stop", description="A column that an input lacks: refuse, or fill it with empty values of its type."
    )
    label: str | None = Field(default=None, description="New column that holds the name of the input a row came from.")
    distinct: bool = Field(default=False, description="Keep one of rows that are alike in all columns.")


arity: Final = (2, None)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"shop": {"columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}, "rows": [[1, "10.00"]]},
               "market": {"columns": {"total": "DECIMAL(18,2)", "id": "INTEGER", "stall": "VARCHAR"},
                          "rows": [["3.00", 1, "A4"]]}},
    "step": {"use": "union", "from": ["shop", "market"], "missing": "null", "label": "channel"},
    "rows": {"": [["shop", 1, "10.00", None], ["market", 1, "3.00", "A4"]]},
}  # fmt: skip
keywords: Final = (
    "append, stack tables, one below the other, combine files, put months together, same columns, all files "
    "together, add rows of another table, merge several sheets, several stores in one table, concatenate tables, "
    "below each other, last year and this year in one table, add the rows of, monthly files, twelve files"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """One SELECT an input, all with the same columns in the same order."""
    names: list[str] = []
    types: dict[str, tuple[str, Relation]] = {}
    for relation in inputs:
        for item in relation.fields:
            folded = item.name.casefold()
            if folded not in types:
                names.append(item.name)
                types[folded] = (item.type, relation)
            first, origin = types[folded]
            if family(first) != family(item.type) or (family(first) == "other" and first != item.type):
                raise scope.fail(
                    f"{item.name!r} is {first} in {origin.name} and {item.type} in {relation.name}.",
                    field="from",
                    hint="Cast one of them in a 'cast' step first.",
                    data={"column": item.name, "types": [first, item.type]},
                )
    _check_missing(params, inputs, names, scope)
    if params.label:
        scope.distinct([params.label, *names], "label")
    parts = [_part(params, relation, names, types) for relation in inputs]
    query: exp.Query = parts[0]
    for part in parts[1:]:
        query = exp.Union(this=query, expression=part, distinct=params.distinct)
    return Built({MAIN: query}, keys={MAIN: _keys(params, inputs)})


def _check_missing(params: Params, inputs: Sequence[Relation], names: Sequence[str], scope: StepScope) -> None:
    for relation in inputs if params.missing == "stop" else ():
        lacking = [name for name in names if relation.field(name) is None]
        if lacking:
            raise scope.fail(
                f"{relation.name} has no column {', '.join(lacking)}.",
                field="from",
                hint="Add it with a 'derive' or 'rename' step, or set missing: null to fill it with empty values.",
                data={"relation": relation.name, "missing": lacking},
            )


def _part(
    params: Params, relation: Relation, names: Sequence[str], types: Mapping[str, tuple[str, Relation]]
) -> exp.Select:
    projections: list[exp.Expr] = []
    if params.label:
        projections.append(aliased(exp.Literal.string(relation.name), params.label))
    for name in names:
        item = relation.field(name)
        if item is not None:
            projections.append(aliased(column(item.name), name))
        else:
            type_ = exp.DataType.build(types[name.casefold()][0], dialect="duckdb")
            projections.append(aliased(exp.Cast(this=exp.Null(), to=type_), name))
    return select_from(relation.name, projections)


def _keys(params: Params, inputs: Sequence[Relation]) -> frozenset[frozenset[str]]:
    """What identifies a row in every input does so in the union together with the input's name."""
    if not params.label or len({relation.name for relation in inputs}) < len(inputs):
        return frozenset()
    shared = set(inputs[0].keys)
    for relation in inputs[1:]:
        folded = {frozenset(name.casefold() for name in key) for key in relation.keys}
        shared = {key for key in shared if frozenset(name.casefold() for name in key) in folded}
    return frozenset(key | {params.label} for key in shared)
