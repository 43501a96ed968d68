"""Turn a list in each row into rows, one for each element, numbered from 1.

Elements that are structs become columns: all of their fields, or those that ``fields`` says; with ``name`` they stay
whole. A row whose list is empty or missing gives no rows, unless ``keep_empty`` is set; ``<step>.empty`` holds those
rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, quoted, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from spec.base import Document, JsonValue
from spec.pipeline import Strings

ELEMENT = "_element"


def _as_paths(value: object) -> object:
    if isinstance(value, str):
        return {value: value}
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return {item.rpartition(".")[2]: item for item in value}
    return value


class Params(Document):
    """A column that holds lists, and what becomes of an element."""

    column: str = Field(description="Column that holds a list in each row.")
    fields: Annotated[dict[str, str], BeforeValidator(_as_paths)] = Field(
        default={},
        description="For elements that are structs: new column to the field's path, e.g. sku: variant.sku; or a list "
        "of fields; all of them when empty.",
        json_schema_extra={"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]},
    )
    name: str | None = Field(default=None, description="New column for the element itself; its list's name by default.")
    position: str = Field(default="position", description="New column that numbers the elements of a row from 1.")
    keep: Strings = Field(default=(), description="Columns that stay; all but the list when empty.")
    keep_empty: bool = Field(default=False, description="A row without elements stays, once, with empty values.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"empty": "Rows whose list is empty or missing."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "lines": "STRUCT(sku VARCHAR, qty INTEGER)[]"},
                          "primary_key": ["id"],
                          "rows": [[1, [{"sku": "mug", "qty": 2}, {"sku": "cup", "qty": 1}]], [2, []]]}},
    "step": {"use": "explode", "from": "orders", "column": "lines", "fields": ["sku", "qty"], "position": "line"},
    "rows": {"": [[1, 1, "mug", 2], [1, 2, "cup", 1]], "empty": [[2, []]]},
}  # fmt: skip
keywords: Final = (
    "list to rows, array, nested, JSON list, line items, unnest, flatten, tags in a list, order lines inside an "
    "order, each item of the list as a row, lines of an order from an API, array into rows"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The list unnested beside its positions, then the element's fields as columns."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    if not item.type.endswith("]"):
        raise scope.fail(f"{item.name!r} is {item.type}, not a list.", field="column", hint="Name a column of lists.")
    kept = [field.name for field in scope.fields(params.keep, relation, "keep")]
    kept = kept or [name for name in relation.names if name != item.name]
    element = params.name or item.name
    fields = params.fields or ({} if params.name else _fields_of(item.type))
    new = list(fields) or [element]
    scope.distinct([*kept, params.position, *new], "fields")
    scope.distinct([*kept, ELEMENT, params.position], "position")
    elements = _unnested(relation, item.name, kept, params)
    values = {name: _path(path) for name, path in fields.items()} or {element: column(ELEMENT)}
    query = exp.Select(
        expressions=[
            *(column(name) for name in kept),
            column(params.position),
            *(aliased(value, name) for name, value in values.items()),
        ],
        from_=exp.From(this=proofs.subquery(elements, "elements")),
    )
    found: dict[str, exp.Query] = {MAIN: query}
    if scope.wants("empty"):
        empty = select_from(relation.name, [column(name) for name in relation.names])
        empty.set("where", exp.Where(this=proofs.equals(_size(item.name), proofs.zero())))
        found["empty"] = empty
    keys = frozenset(key | {params.position} for key in relation.keys if key <= set(kept))
    return Built(found, keys={MAIN: keys})


def _fields_of(list_type: str) -> dict[str, str]:
    """The fields of the elements where these are structs, each under its own name."""
    element = exp.DataType.build(list_type.removesuffix("[]"), dialect="duckdb")
    return {item.name: item.name for item in element.expressions} if element.this == exp.DType.STRUCT else {}


def _size(name: str) -> exp.Expr:
    return exp.Coalesce(this=exp.Anonymous(this="len", expressions=[column(name)]), expressions=[proofs.zero()])


def _unnested(relation: Relation, name: str, kept: Sequence[str], params: Params) -> exp.Select:
    values: exp.Expr = column(name)
    numbers: exp.Expr = exp.GenerateSeries(start=exp.Literal.number(1), end=_size(name))
    if params.keep_empty:
        # UNNEST of two lists pads the shorter one with empty values, so a list of one empty number keeps the row.
        none = exp.Array(expressions=[exp.Cast(this=exp.Null(), to=proofs.BIGINT.copy())])
        numbers = exp.If(this=proofs.equals(_size(name), proofs.zero()), true=none, false=numbers)
    return select_from(
        relation.name,
        [
            *(column(item) for item in kept),
            aliased(exp.Explode(this=numbers), params.position),
            aliased(exp.Explode(this=values), ELEMENT),
        ],
    )


def _path(path: str) -> exp.Expr:
    found: exp.Expr = column(ELEMENT)
    for part in path.split("."):
        found = exp.Dot(this=found, expression=quoted(part))
    return found
