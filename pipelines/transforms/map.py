"""Replace values of a column by others: spellings by one spelling, codes by names, days by numbers.

Text is compared letter by letter, unless ``ignore_case`` is set, which also leaves spaces around it aside. What is not
listed stays as it is, becomes ``default``, or stops the run, as ``otherwise`` says; an empty value stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, constant, family, split_order
from spec.base import Document, JsonValue


def _as_text_keys(value: object) -> object:
    # YAML reads 1: Sales and true: yes with keys that are no texts.
    if isinstance(value, dict):
        return {str(key).lower() if isinstance(key, bool) else str(key): new for key, new in value.items()}
    return value


class Params(Document):
    """A column, its values, and what they become."""

    column: str = Field(description="Column whose values are replaced.")
    values: Annotated[dict[str, JsonValue], BeforeValidator(_as_text_keys)] = Field(
        min_length=1, description="Value to what it becomes, e.g. Rood: Road."
    )
    into: str | None = Field(default=None, description="New column for the result; the column itself by default.")
    otherwise: Literal["keep", "null", "stop"] | None = Field(
        default=None,
        description="A value that is not listed: it stays (keep, the default), is emptied, or nothing is published.",
    )
    default: JsonValue = Field(default=None, description="What every value that is not listed becomes.")
    ignore_case: bool = Field(default=False, description="Compare without regard to case and to spaces around.")

    @model_validator(mode="after")
    def _one_rest(self) -> Params:
        if self.otherwise is not None and self.default is not None:
            raise ValueError("values that are not listed either become the default, or follow 'otherwise'")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"bikes": {"columns": {"id": "INTEGER", "kind": "VARCHAR"}, "primary_key": ["id"],
                         "rows": [[1, "Road"], [2, "Rood"], [3, "gravle"], [4, None]]}},
    "step": {"use": "map", "from": "bikes", "column": "kind", "values": {"Rood": "Road", "Gravle": "Gravel"},
             "ignore_case": True},
    "rows": {"": [[1, "Road"], [2, "Road"], [3, "Gravel"], [4, None]]},
}  # fmt: skip
keywords: Final = (
    "recode, replace values, rename categories, mapping table, translate codes, change values to others, yes no to "
    "true false, month names to numbers, abbreviations to full names, lookup list in the plan, replace country "
    "codes by names, group values under a new label, translate, replace one value by another, codes into words, "
    "male female, categories renamed by a list"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """One CASE over the values, in place or as a further column."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    into = params.into or item.name
    if into.casefold() != item.name.casefold():
        scope.distinct([*relation.names, into], "into")
    value = exp.Case(
        ifs=[
            exp.If(this=_is(item, text, params, scope), true=_constant(new, scope))
            for text, new in _listed(params, scope)
        ],
        default=_rest(item, params, scope),
    )
    names = [name for name in relation.names if name != item.name or params.into not in (None, item.name)]
    replaced = [
        aliased(value, into) if name == item.name and name not in names else column(name) for name in relation.names
    ]
    projections = replaced if item.name not in names else [*replaced, aliased(value, into)]
    kept = all(split_order(one)[0] in names for one in relation.order)
    return Built(
        {MAIN: select_from(relation.name, projections)},
        order={MAIN: relation.order if kept else ()},
        checks=(_check(item, params, relation, scope),) if params.otherwise == "stop" else (),
    )


def _listed(params: Params, scope: StepScope) -> list[tuple[str, JsonValue]]:
    if params.ignore_case:
        seen: dict[str, str] = {}
        for text in params.values:
            folded = text.strip().lower()
            if folded in seen:
                raise scope.fail(
                    f"{seen[folded]!r} and {text!r} are the same value without regard to case.",
                    field="values",
                    hint="List it once.",
                )
            seen[folded] = text
    return list(params.values.items())


def _is(item: Column, text: str, params: Params, scope: StepScope) -> exp.Expr:
    if family(item.type) != "text":
        return exp.EQ(this=column(item.name), expression=scope.literal(text, item.type, "values"))
    if not params.ignore_case:
        return exp.EQ(this=column(item.name), expression=exp.Literal.string(text))
    folded = exp.Lower(this=exp.Trim(this=column(item.name)))
    return exp.EQ(this=folded, expression=exp.Literal.string(text.strip().lower()))


def _constant(value: JsonValue, scope: StepScope) -> exp.Expr:
    if isinstance(value, list | dict):
        raise scope.fail("A value becomes a text, a number, true or false.", field="values", hint="Write one of these.")
    if isinstance(value, float):
        # As a DECIMAL: the text of a number is exact.
        return exp.Literal.number(repr(value))
    return constant(value)


def _rest(item: Column, params: Params, scope: StepScope) -> exp.Expr:
    if params.default is not None:
        empty = exp.Is(this=column(item.name), expression=exp.Null())
        return exp.Case(ifs=[exp.If(this=empty, true=exp.Null())], default=_constant(params.default, scope))
    if (params.otherwise or "keep") != "keep":
        return exp.Null()
    if family(item.type) == "text" and any(not isinstance(new, str | None) for new in params.values.values()):
        raise scope.fail(
            f"{item.name!r} holds text, and some values become something else, so what is not listed cannot stay.",
            field="values",
            hint="Set otherwise: null or otherwise: stop, or a default.",
        )
    return column(item.name)


def _check(item: Column, params: Params, relation: Relation, scope: StepScope) -> ImpliedCheck:
    listed = exp.or_(*(_is(item, text, params, scope) for text, _ in _listed(params, scope)))
    there = exp.Not(this=exp.Is(this=column(item.name), expression=exp.Null()))
    bad = select_from(relation.name, [column(item.name), aliased(proofs.count_all(), "rows")])
    bad.set("where", exp.Where(this=exp.and_(there, exp.Not(this=exp.Paren(this=listed)))))
    bad.set("group", exp.Group(expressions=[column(item.name)]))
    query = proofs.no_rows(
        bad.copy(),
        f"the values of {item.name} are those listed",
        f" values of {item.name} are not listed",
        f" value of {item.name} is not listed",
    )
    return ImpliedCheck("map_values", scope.name, "block", query, (relation.name,), evidence=bad)
