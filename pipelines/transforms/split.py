"""Split text at a separator, or wherever a pattern matches: into columns, or into rows.

With ``into`` each part becomes a column, and the text itself stays. Without it each part becomes a row, in the place of
the text. Spaces around a part are taken off, and a blank part is empty. A text of more parts than there are columns
stops the run, unless ``extra`` says what becomes of them; one of fewer parts leaves the last columns empty. It is told
where no text at all holds the separator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import patterns, proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings

PARTS, PART = "_parts", "_part"


class Params(Document):
    """A column of text, its separator, and what its parts become."""

    column: str = Field(description="Column of text to split.")
    by: Strings = Field(
        default=(",",),
        description="Separator as it stands, or several of which each separates; a comma by default.",
    )
    pattern: str | None = Field(
        default=None,
        min_length=1,
        description="In place of by: pattern (regular expression) of which each match separates, e.g. '[-/]|[0-9]+x'.",
    )
    into: Strings = Field(default=(), description="New columns, one for each part; without them each part is a row.")
    extra: Literal["stop", "last", "drop"] = Field(
        default="stop",
        description="With into, a text of more parts: nothing is published, the rest stays in the last column (with "
        "at: end in the first), or it is left out.",
    )
    at: Literal["start", "end"] = Field(
        default="start", description="With into: parts are counted from the start, or from the end of the text."
    )
    name: str | None = Field(default=None, description="For rows: column of the part; the column itself by default.")
    position: str | None = Field(default=None, description="For rows: new column that numbers the parts from 1.")
    trim: bool = Field(default=True, description="Take off the spaces around each part.")
    drop_empty: bool = Field(default=False, description="For rows: leave out blank parts, and texts that are empty.")

    @model_validator(mode="after")
    def _of_one_kind(self) -> Params:
        for_rows = {"name": self.name, "position": self.position, "drop_empty": self.drop_empty}
        given = [name for name, value in for_rows.items() if value]
        if self.into and given:
            raise ValueError(f"{', '.join(given)} is for rows: leave out 'into'")
        if not all(self.by):
            raise ValueError("a separator has at least one letter")
        if self.pattern is not None and "by" in self.model_fields_set:
            raise ValueError("say where to split by separators ('by') or by a pattern ('pattern')")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"drinks": {"columns": {"id": "INTEGER", "mix": "VARCHAR"}, "primary_key": ["id"],
                          "rows": [[1, "gin, lime"], [2, "rum"], [3, None]]}},
    "step": {"use": "split", "from": "drinks", "column": "mix", "name": "part", "position": "place"},
    "rows": {"": [[1, 1, "gin"], [1, 2, "lime"], [2, 1, "rum"], [3, 1, None]]},
}  # fmt: skip
keywords: Final = (
    "split text, comma separated, separate first and last name, delimiter, into columns, into rows, text to "
    "columns, part before the dash, several values in one cell, tags separated by commas, part of a code, after the "
    "slash, separate, postcode and town, first and last name, cut at the dash, break apart, take apart, before and "
    "after a sign, split at a regular expression, regex split, split by a pattern, several separators, survey "
    "answers in one cell, multiple answers, tick boxes, check all that apply"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The parts as a list, then one column an element, or one row."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    if family(item.type) != "text":
        raise scope.fail(
            f"{item.name!r} is {item.type}, not text.", field="column", hint="For a list use the 'explode' step."
        )
    if params.pattern is not None:
        patterns.check(params.pattern, "pattern", scope)
    return _to_columns(params, item, relation, scope) if params.into else _to_rows(params, item, relation, scope)


def _parts(params: Params, name: str) -> exp.Expr:
    """The list of a text's parts; NULL of NULL."""
    text: exp.Expr = column(name)
    if params.pattern is not None:
        return exp.Anonymous(this="regexp_split_to_array", expressions=[text, exp.Literal.string(params.pattern)])
    first, *others = params.by
    for other in others:
        text = exp.Replace(this=text, expression=exp.Literal.string(other), replacement=exp.Literal.string(first))
    return exp.Split(this=text, expression=exp.Literal.string(first))


def _clean(part: exp.Expr, params: Params) -> exp.Expr:
    if not params.trim:
        return exp.Nullif(this=part, expression=exp.Literal.string(""))
    return exp.Nullif(this=exp.Trim(this=part), expression=exp.Literal.string(""))


def _to_columns(params: Params, item: Column, relation: Relation, scope: StepScope) -> Built:
    scope.distinct([*relation.names, *params.into], "into")
    if params.extra == "last" and (len(params.by) > 1 or params.pattern is not None):
        raise scope.fail(
            "With several separators, or a pattern, it is not known which stood in the rest.",
            field="extra",
            hint="Use one separator, or extra: drop.",
        )
    scope.distinct([*relation.names, PARTS], "column")
    listed = select_from(
        relation.name, [*(column(name) for name in relation.names), aliased(_parts(params, item.name), PARTS)]
    )
    values = [_element(params, place) for place in range(len(params.into))]
    query = exp.Select(
        expressions=[
            *(column(name) for name in relation.names),
            *(aliased(_clean(value, params), name) for name, value in zip(params.into, values, strict=True)),
        ],
        from_=exp.From(this=proofs.subquery(listed, "listed")),
    )
    checks = [_check(params, item, relation, scope)] if params.extra == "stop" else []
    if len(params.into) > 1:
        checks.append(_some(params, item, relation, scope))
    return Built({MAIN: query}, keys={MAIN: relation.keys}, order={MAIN: relation.order}, checks=tuple(checks))


def _element(params: Params, place: int) -> exp.Expr:
    """The part of the new column at that place, from 0."""
    count = len(params.into)
    from_end = params.at == "end"
    number = _number(place - count) if from_end else _number(place + 1)
    takes_rest = params.extra == "last" and place == (0 if from_end else count - 1)
    if not takes_rest:
        return exp.Anonymous(this="list_extract", expressions=[column(PARTS), number])
    start, end = (_number(1), number) if from_end else (number, exp.Anonymous(this="len", expressions=[column(PARTS)]))
    rest = exp.Anonymous(this="list_slice", expressions=[column(PARTS), start, end])
    return exp.Anonymous(this="array_to_string", expressions=[rest, exp.Literal.string(params.by[0])])


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def _check(params: Params, item: Column, relation: Relation, scope: StepScope) -> ImpliedCheck:
    count = exp.Anonymous(this="len", expressions=[_parts(params, item.name)])
    bad = select_from(relation.name, [column(name) for name in relation.names])
    bad.set("where", exp.Where(this=exp.GT(this=count, expression=_number(len(params.into)))))
    query = proofs.no_rows(
        bad.copy(),
        f"{item.name} has at most {len(params.into)} parts",
        " rows have more; say with 'extra' what becomes of them",
        " row has more; say with 'extra' what becomes of them",
    )
    return ImpliedCheck("split_parts", scope.name, "block", query, (relation.name,), evidence=bad)


def _some(params: Params, item: Column, relation: Relation, scope: StepScope) -> ImpliedCheck:
    """A separator that stands in no text at all is likely the wrong one; looking for it ends at the first text."""

    def there(condition: exp.Expr) -> exp.Expr:
        rows = exp.Select(expressions=[_number(1)], from_=exp.From(this=table_of(relation.name)))
        return exp.Exists(this=rows.where(condition, copy=False))

    text = column(item.name)
    if params.pattern is not None:
        held, what = patterns.matches(text, params.pattern), f"the pattern {params.pattern}"
    else:
        each = [exp.Contains(this=text.copy(), expression=exp.Literal.string(by)) for by in params.by]
        held, what = exp.or_(*each, copy=False), f"the separator {' or '.join(repr(by) for by in params.by)}"
    filled = exp.NEQ(this=exp.Trim(this=text.copy()), expression=exp.Literal.string(""))
    found = exp.Select(expressions=[aliased(exp.or_(there(held), exp.Not(this=there(filled)), copy=False), "passed")])
    passed = column("passed")
    query = proofs.verdict(
        passed,
        exp.Literal.string(f"some {item.name} holds {what}"),
        exp.Case(
            ifs=[exp.If(this=passed.copy(), true=exp.Literal.string("some do"))],
            default=exp.Literal.string("none does, so that nothing is split"),
        ),
        exp.Literal.string(""),
        proofs.subquery(found, "looked"),
    )
    return ImpliedCheck("split_separator", scope.name, "warn", query, (relation.name,))


def _to_rows(params: Params, item: Column, relation: Relation, scope: StepScope) -> Built:
    name = params.name or item.name
    number = params.position or "_position"
    kept = [other for other in relation.names if other != item.name]
    scope.distinct([*kept, name, number, PART], "name")
    parts = exp.Coalesce(this=_parts(params, item.name), expressions=[exp.Array(expressions=[exp.Literal.string("")])])
    count = exp.Anonymous(this="len", expressions=[parts.copy()])
    unnested = select_from(
        relation.name,
        [
            *(column(other) for other in kept),
            aliased(exp.Explode(this=exp.GenerateSeries(start=_number(1), end=count)), number),
            aliased(exp.Explode(this=parts), PART),
        ],
    )
    value = _clean(column(PART), params)
    shown: list[exp.Expr] = []
    for other in relation.names:
        if other != item.name:
            shown.append(column(other))
            continue
        if params.position:
            shown.append(column(number))
        shown.append(aliased(value.copy(), name))
    query = exp.Select(expressions=shown, from_=exp.From(this=proofs.subquery(unnested, "unnested")))
    if params.drop_empty:
        query.set("where", exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))))
    keys = (
        frozenset(key | {number} for key in relation.keys if item.name not in key) if params.position else frozenset()
    )
    return Built({MAIN: query}, keys={MAIN: keys}, checks=(_some(params, item, relation, scope),))
