"""Turn columns into rows: one row for each of the named columns, with the column's name and its value.

Labels that say several things ("New - Saddles") are taken apart with ``by`` into as many columns as ``name`` has. With
``sets`` several columns become one row together: item, price and number of each group of a menu.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines.contract import MAIN, Built, as_mapping
from pipelines.expressions import aliased, column, quoted, table_of
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings

LABELS, ENTRY = "labels", "_entry"


class Params(Document):
    """Columns to rows."""

    columns: Annotated[dict[str, str], BeforeValidator(as_mapping)] = Field(
        default={},
        description="Columns that become rows, as a list, or as a mapping of column to the label it gets; all but "
        "those of keep when empty.",
        json_schema_extra={"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]},
    )
    sets: dict[str, dict[str, str]] = Field(
        default={},
        description="In place of columns: label to its new columns, each with the column it comes from, e.g. Pizza: "
        "{item: Pizza, price: Pizza Price}.",
    )
    name: Strings = Field(
        default=("name",), min_length=1, description="New column that holds the label; several, with by, its parts."
    )
    by: str | None = Field(default=None, min_length=1, description="Separator of the parts of a label, e.g. ' - '.")
    value: str = Field(default="value", description="New column that holds the value; sets name their own.")
    keep: Strings = Field(default=(), description="Columns that stay; all others when empty.")
    drop_empty: bool = Field(default=False, description="Leave out rows whose value is empty; of sets, all values.")

    @model_validator(mode="after")
    def _of_one_kind(self) -> Params:
        if self.columns and self.sets:
            raise ValueError("say which columns become rows, or which sets of columns")
        if not self.columns and not self.sets and not self.keep:
            raise ValueError("say which columns become rows: columns, sets, or keep for all but those that stay")
        if (len(self.name) > 1) != (self.by is not None):
            raise ValueError("a label is taken apart by a separator ('by') into several columns ('name')")
        return self


@dataclass(frozen=True)
class Entry:
    """One row that each row becomes: the parts of its label, and new column to the column it comes from."""

    label: tuple[str, ...]
    values: Mapping[str, str]


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"budget": {"columns": {"team": "VARCHAR", "jan": "INTEGER", "feb": "INTEGER"},
                          "primary_key": ["team"], "rows": [["A", 10, 20], ["B", 5, None]]}},
    "step": {"use": "unpivot", "from": "budget", "columns": ["jan", "feb"], "name": "month", "value": "amount",
             "drop_empty": True},
    "rows": {"": [["A", "jan", 10], ["A", "feb", 20], ["B", "jan", 5]]},
}  # fmt: skip
keywords: Final = (
    "columns to rows, wide to long, melt, months across the top, one row for each month, headers to values, "
    "transpose, normalise a cross table, question columns into rows, months in columns, headers into rows, long "
    "format, list of month and value, columns jan to dec, turn the table on its side"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Each row once for each label, with the values that the label stands for."""
    (relation,) = inputs
    kept = [item.name for item in scope.fields(params.keep, relation, "keep")]
    entries = _entries(params, relation, kept, scope)
    spread = {name for entry in entries for name in entry.values.values()}
    kept = kept or [name for name in relation.names if name not in spread]
    values = list(dict.fromkeys(name for entry in entries for name in entry.values))
    for name in values:
        _one_type(name, entries, relation, scope)
    if len({entry.label for entry in entries}) < len(entries):
        raise scope.fail("Two columns get the same label.", field="columns", hint="Give each its own.")
    scope.distinct([*kept, *params.name, *values], "name")
    query = _query(params, relation, kept, entries, values)
    keys = frozenset(key | set(params.name) for key in relation.keys if key <= set(kept))
    return Built({MAIN: query}, keys={MAIN: keys})


def _entries(params: Params, relation: Relation, kept: Sequence[str], scope: StepScope) -> list[Entry]:
    if params.sets:
        found: list[Entry] = []
        for label, columns in params.sets.items():
            field = f"sets.{label}"
            known = scope.fields(list(columns.values()), relation, field)
            named = dict(zip(columns, (item.name for item in known), strict=True))
            found.append(Entry(_parts(label, params, field, scope), named))
        return found
    labels = params.columns or {name: name for name in relation.names if name not in kept}
    items = scope.fields(list(labels), relation, "columns")
    return [
        Entry(_parts(label, params, "columns", scope), {params.value: item.name})
        for item, label in zip(items, labels.values(), strict=True)
    ]


def _parts(label: str, params: Params, field: str, scope: StepScope) -> tuple[str, ...]:
    if params.by is None:
        return (label,)
    parts = tuple(part.strip() for part in label.split(params.by))
    if len(parts) != len(params.name):
        raise scope.fail(
            f"{label!r} has {len(parts)} parts, and there are {len(params.name)} columns for them.",
            field=field,
            hint="Name as many columns as a label has parts, or give such a column a label of its own.",
            data={"label": label, "parts": list(parts)},
        )
    return parts


def _one_type(name: str, entries: Sequence[Entry], relation: Relation, scope: StepScope) -> None:
    """One column can hold the values of all sets."""
    items = [relation.field(entry.values[name]) for entry in entries if name in entry.values]
    known = [item for item in items if item is not None]
    for item in known[1:]:
        if family(item.type) != family(known[0].type):
            raise scope.fail(
                f"{known[0].name} is {known[0].type} and {item.name} is {item.type}; one column cannot hold both.",
                field="sets" if len(entries[0].values) > 1 else "columns",
                hint="Cast one of them in a 'cast' step first.",
                data={"types": [known[0].type, item.type]},
            )


def _query(
    params: Params, relation: Relation, kept: Sequence[str], entries: Sequence[Entry], values: Sequence[str]
) -> exp.Select:
    rows = exp.Values(
        expressions=[
            exp.Tuple(expressions=[exp.Literal.number(place), *(exp.Literal.string(part) for part in entry.label)])
            for place, entry in enumerate(entries)
        ],
        alias=exp.TableAlias(this=quoted(LABELS), columns=[quoted(ENTRY), *(quoted(name) for name in params.name)]),
    )
    chosen = {name: _chosen(name, entries) for name in values}
    query = exp.Select(
        expressions=[
            *(aliased(column(name, "t"), name) for name in kept),
            *(column(name, LABELS) for name in params.name),
            *(aliased(value, name) for name, value in chosen.items()),
        ],
        from_=exp.From(this=table_of(relation.name, "t")),
        joins=[exp.Join(this=rows, kind="CROSS")],
    )
    if params.drop_empty:
        filled = [exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())) for value in chosen.values()]
        query.set("where", exp.Where(this=exp.or_(*filled, copy=False)))
    return query


def _chosen(name: str, entries: Sequence[Entry]) -> exp.Case:
    return exp.Case(
        ifs=[
            exp.If(
                this=exp.EQ(this=column(ENTRY, LABELS), expression=exp.Literal.number(place)),
                true=column(entry.values[name], "t"),
            )
            for place, entry in enumerate(entries)
            if name in entry.values
        ]
    )
