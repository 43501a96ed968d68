"""Compute columns from each row; a name that exists is replaced where it stands.

An expression may use other new columns of the same step, whichever is written first. A name that the input has means
the input's column throughout, also where this step replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, parse_expression, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, split_order
from spec.base import Document, JsonValue


class Params(Document):
    """New column to its expression."""

    columns: dict[str, Expression] = Field(min_length=1, description="Column name to the expression that computes it.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"gross": "DECIMAL(18,2)", "fee": "DECIMAL(18,2)"}, "rows": [["10.00", "0.59"]]}},
    "step": {"use": "derive", "from": "orders",
             "columns": {"net": "gross - fee", "kind": "case when net > 5 then 'large' else 'small' end"}},
    "rows": {"": [["10.00", "0.59", "9.41", "large"]]},
}  # fmt: skip
keywords: Final = (
    "calculate, compute, calculated field, formula, new column, add a column, if then else, case when, margin, "
    "profit, price times quantity, percentage of two columns, difference between two columns, round, add vat, net "
    "from gross, subtract, multiply, divide, flag rows, yes or no column, label by a condition, combine two texts, "
    "concatenate, days between two dates, age from date of birth, convert a time zone, local time to UTC, format a "
    "number as text"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, then the new ones; those that others use are computed in a query inside."""
    (relation,) = inputs
    scope.distinct(list(params.columns), "columns")
    made = {name.casefold(): name for name in params.columns if relation.field(name) is None}
    read = {name: _read(name, text, relation, made, scope) for name, text in params.columns.items()}
    uses = {name: {made[item] for item in names & set(made)} for name, names in read.items()}
    seen, inner, done = relation, None, list[str]()
    for number, level in enumerate(_levels(list(made.values()), uses, scope), start=1):
        kept = [column(name) for name in seen.names]
        values = [aliased(_expression(name, params, seen, scope), name) for name in level]
        query = _from(inner, relation, [*kept, *values])
        seen, inner, done = scope.staged(number, query, relation, "columns"), query, [*done, *level]
    projections: list[exp.Expr] = [
        aliased(_expression(name, params, seen, scope), name) if name is not None else column(old)
        for old, name in _placed(relation, params)
    ]
    projections += [
        column(name) if name in done else aliased(_expression(name, params, seen, scope), name)
        for name in made.values()
    ]
    replaced = {old for old, name in _placed(relation, params) if name is not None}
    order = relation.order if all(split_order(item)[0] not in replaced for item in relation.order) else ()
    return Built(
        {MAIN: _from(inner, relation, projections)}, order={MAIN: order}, notes=_notes(params, relation, read, scope)
    )


def _from(inner: exp.Select | None, relation: Relation, projections: Sequence[exp.Expr]) -> exp.Select:
    if inner is None:
        return select_from(relation.name, projections)
    return exp.Select(expressions=list(projections), from_=exp.From(this=proofs.subquery(inner.copy(), "computed")))


def _placed(relation: Relation, params: Params) -> list[tuple[str, str | None]]:
    """Each column of the input with the name under which the step replaces it, if it does."""
    new = {name.casefold(): name for name in params.columns}
    return [(old, new.get(old.casefold())) for old in relation.names]


def _read(name: str, text: str, relation: Relation, made: Mapping[str, str], scope: StepScope) -> set[str]:
    """The columns that an expression speaks of, case folded; a dotted name by its first part."""
    whole = text.strip()
    # A name as it stands is that column, whatever its characters.
    if relation.field(whole) or whole.casefold() in made:
        return {whole.casefold()}
    tree = parse_expression(text, scope.where(f"columns.{name}"), scope.parameters)
    return {node.parts[0].name.casefold() for node in tree.find_all(exp.Column)}


def _levels(made: Sequence[str], uses: Mapping[str, set[str]], scope: StepScope) -> list[list[str]]:
    """The new columns that others use, each after those that it uses itself."""
    needed = set().union(*uses.values())
    levels: list[list[str]] = []
    done: set[str] = set()
    while needed - done:
        level = [name for name in made if name in needed - done and uses[name] <= done]
        if not level:
            circle = ", ".join(name for name in made if name in needed - done)
            raise scope.fail(
                f"These columns are computed from each other: {circle}.",
                field="columns",
                hint="One of them has to be computed from columns of the input alone. For the value of the row before, "
                "use a 'window' step with lag(...).",
                data={"columns": [name for name in made if name in needed - done]},
            )
        levels.append(level)
        done |= set(level)
    return levels


def _notes(params: Params, relation: Relation, read: Mapping[str, set[str]], scope: StepScope) -> tuple[str, ...]:
    """What reads a column as it comes in although this step replaces it, which a reader may take the other way."""
    found: list[str] = []
    for old, replaced in _placed(relation, params):
        if replaced is None:
            continue
        if replaced != old:
            found.append(
                f"{scope.name}: {replaced} replaces the column {old}, since case does not tell names apart; give it "
                "another name to keep both."
            )
        readers = [name for name, names in read.items() if name != replaced and old.casefold() in names]
        if readers:
            found.append(
                f"{scope.name}: {', '.join(readers)} reads {old} as it comes in, not as this step replaces it."
            )
    return tuple(found)


def _expression(name: str, params: Params, relation: Relation, scope: StepScope) -> exp.Expr:
    return scope.expression(params.columns[name], relation, f"columns.{name}")
