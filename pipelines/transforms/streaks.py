"""Number stretches of rows that belong together: streaks of equal values, sessions between pauses.

Rows are looked at in their order, within ``per``. A new stretch begins with the first row, and with each row where one
of the columns of ``same`` differs from the row before, where more than ``gap`` lies between the two rows, or where
``starts`` is true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.sqltree import as_type, number, or_else, over, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings

BEGINS, STRETCH = "_begins", "_stretch"


class Params(Document):
    """In which order rows are looked at, and where a new stretch begins."""

    order: Strings = Field(min_length=1, description="Order of the rows, e.g. 'played_at'; total within per.")
    per: Strings = Field(default=(), description="Columns whose equal rows are looked at among themselves.")
    same: Strings = Field(default=(), description="A new stretch begins where one of these columns changes.")
    gap: str | int | None = Field(
        default=None,
        description="A new stretch begins where more than this lies between a row and the one before, by the first "
        "column of the order: '30 minutes', '1 day', or a number where that column is one.",
    )
    starts: Expression | None = Field(default=None, description="Condition that is true of a row that begins one.")
    name: str = Field(default="streak", description="New column: the number of the stretch, from 1 within per.")
    position: str | None = Field(default=None, description="New column: the row's place in its stretch, from 1.")
    length: str | None = Field(default=None, description="New column: how many rows the stretch has.")

    @model_validator(mode="after")
    def _begins_somewhere(self) -> Params:
        if not self.same and self.gap is None and self.starts is None:
            raise ValueError("say where a new stretch begins: same, gap or starts")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"games": {"columns": {"day": "DATE", "won": "BOOLEAN"}, "primary_key": ["day"],
                         "rows": [["2026-05-01", True], ["2026-05-03", True], ["2026-05-04", False],
                                  ["2026-05-09", True]]}},
    "step": {"use": "streaks", "from": "games", "order": "day", "same": "won", "position": "game", "length": "games"},
    "rows": {"": [["2026-05-01", True, 1, 1, 2], ["2026-05-03", True, 1, 2, 2], ["2026-05-04", False, 2, 1, 1],
                  ["2026-05-09", True, 3, 1, 1]]},
}  # fmt: skip
keywords: Final = (
    "consecutive, in a row, winning streak, session, visits, 30 minutes of inactivity, gaps and islands, runs of "
    "equal values, group changes, stretch, period of the same status, how long in a state, days in a row, current "
    "streak, inactivity, half an hour without a click, several days in a row, unbroken, how long did it last, phases, "
    "blocks of the same value, longest run of wins, merge overlapping date ranges, running total that resets"
)
UNITS: Final = ("second", "minute", "hour", "day", "week", "month", "year")


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """A mark on each row that begins a stretch, and how many marks there are up to each row."""
    (relation,) = inputs
    new = [item for item in (params.name, params.position, params.length) if item is not None]
    scope.distinct([*relation.names, *new], "name")
    scope.distinct([*relation.names, BEGINS, STRETCH], "name")
    per = [column(item.name) for item in scope.fields(params.per, relation, "per")]
    scope.require_total(params.per, params.order, relation, "Which row comes before", "order")
    order = scope.order(params.order, relation, "order")
    kept = [column(name) for name in relation.names]
    begins = when(exp.or_(*_begins(params, relation, per, order, scope), copy=False), number(1), number(0))
    marked = select_from(relation.name, [*kept, aliased(begins, BEGINS)])
    counted = over(exp.Sum(this=column(BEGINS)), per, order, start="UNBOUNDED")
    stretched = exp.Select(
        expressions=[*(item.copy() for item in kept), aliased(as_type(counted, "BIGINT"), STRETCH)],
        from_=exp.From(this=proofs.subquery(marked, "marked")),
    )
    within = [*per, column(STRETCH)]
    values = [aliased(column(STRETCH), params.name)]
    if params.position is not None:
        values.append(aliased(over(exp.RowNumber(), within, order), params.position))
    if params.length is not None:
        values.append(aliased(over(proofs.count_all(), within), params.length))
    query = exp.Select(
        expressions=[*(item.copy() for item in kept), *values],
        from_=exp.From(this=proofs.subquery(stretched, "stretched")),
    )
    return Built({MAIN: query}, keys={MAIN: relation.keys}, order={MAIN: relation.order})


def _begins(
    params: Params, relation: Relation, per: Sequence[exp.Expr], order: Sequence[exp.Ordered], scope: StepScope
) -> list[exp.Expr]:
    found: list[exp.Expr] = [proofs.equals(over(exp.RowNumber(), per, order), number(1))]
    for item in scope.fields(params.same, relation, "same"):
        before = over(exp.Lag(this=column(item.name)), per, order)
        found.append(exp.NullSafeNEQ(this=column(item.name), expression=before))
    if params.gap is not None:
        found.append(_pause(params.gap, per, order, relation, scope))
    if params.starts is not None:
        truth = scope.condition(params.starts, relation, "starts")
        found.append(or_else(exp.Paren(this=truth), exp.false()))
    return found


def _pause(
    gap: str | int, per: Sequence[exp.Expr], order: Sequence[exp.Ordered], relation: Relation, scope: StepScope
) -> exp.Expr:
    first = order[0].this
    (type_,) = scope.binder.types(select_from(relation.name, [aliased(first.copy(), "v")]), scope.where("order"))
    before = over(exp.Lag(this=first.copy()), per, order)
    descending = bool(order[0].args.get("desc"))
    earlier, later = (first.copy(), before) if descending else (before, first.copy())
    if family(type_) == "number":
        if not isinstance(gap, int) and not re.fullmatch(r"\d+(\.\d+)?", gap):
            raise scope.fail(f"The order is by numbers, so the gap is one, not {gap!r}.", field="gap", hint="E.g. 1.")
        limit: exp.Expr = exp.Literal.number(str(gap))
    else:
        told = re.fullmatch(r"([1-9]\d*) ([a-z]+?)s?", str(gap))
        if told is None or told[2] not in UNITS or family(type_) != "date":
            raise scope.fail(
                f"{gap!r} is no pause between values of {type_}.",
                field="gap",
                hint="Write for instance '30 minutes' or '1 day', and order by a date or an instant first.",
            )
        limit = exp.Interval(this=exp.Literal.string(told[1]), unit=exp.Var(this=told[2].upper()))
    return exp.GT(this=later, expression=exp.Paren(this=exp.Add(this=earlier, expression=limit)))
