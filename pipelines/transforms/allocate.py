"""Split an amount over rows so that the parts add up to it exactly, in proportion or in order.

In proportion to ``by`` (equal parts where it is left out), each row gets what is due to it rounded down to
``decimals``; the units that are left go to the rows to which most was cut off, one each (largest remainder). With
``up_to`` rows are filled in order instead: each takes what is left of the amount, up to its own limit.

Every run proves that the parts of each group add up to its amount. An amount that is empty gives empty parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression, ImpliedCheck, Severity
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family, ordered
from pipelines.sqltree import as_type, is_null, is_there, minus, number, or_else, over, plus, rest, times, when, whole
from spec.base import Document, JsonValue
from spec.pipeline import Strings

TOTAL, WEIGHT, UNITS, SHARE, CUT, LEFT = "_total", "_weight", "_units", "_share", "_cut", "_left"
SCALE = 9
"""Decimals of a weight that count."""
NARROW = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")


class Params(Document):
    """What is split, over which rows, and how."""

    amount: Expression = Field(
        description="What is split: a column that is the same in all rows of a group, or an expression, e.g. 100."
    )
    by: Expression = Field(default="1", description="Weight of a row, e.g. sales; the parts are in proportion to it.")
    per: Strings = Field(default=(), description="Columns whose equal rows share one amount; none: all rows share it.")
    decimals: int = Field(default=2, ge=0, le=9, description="Decimals of a part; 0 gives whole numbers.")
    up_to: Expression | None = Field(
        default=None, description="Fill rows in order in place of in proportion: the most that a row can take."
    )
    order: Strings = Field(
        default=(),
        description="Which row comes first: where the same was cut off of several, or in which order rows are filled. "
        "Total within per.",
    )
    name: str = Field(default="part", description="New column that holds the part.")

    @model_validator(mode="after")
    def _one_way(self) -> Params:
        if self.up_to is not None and "by" in self.model_fields_set:
            raise ValueError("say in proportion to what (by), or up to which limit rows are filled in order (up_to)")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"shops": {"columns": {"shop": "VARCHAR", "sales": "INTEGER"}, "primary_key": ["shop"],
                         "rows": [["A", 1], ["B", 1], ["C", 1]]}},
    "step": {"use": "allocate", "from": "shops", "amount": 100, "by": "sales", "order": "shop", "name": "rent"},
    "rows": {"": [["A", 1, "33.34"], ["B", 1, "33.33"], ["C", 1, "33.33"]]},
}  # fmt: skip
keywords: Final = (
    "distribute, split a cost, apportion, share out, spread an invoice over departments, pro rata, percentages that "
    "add up to 100, rounding that adds up, largest remainder, overhead, budget by month, shipping cost over order "
    "lines, fill in order, first in first out, FIFO, use up stock, waterfall, apply a payment to the oldest "
    "invoices, share a bill, divide between, cents that are left over, adds up exactly, split over departments, "
    "proportionally, by weight"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Whole units throughout, so that no rounding comes in."""
    (relation,) = inputs
    scope.distinct([*relation.names, params.name], "name")
    scope.distinct([*relation.names, TOTAL, WEIGHT, UNITS, SHARE, CUT, LEFT], "per")
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    scope.require_total(per, params.order, relation, "Which row gets a unit that is left", "order")
    amount, _ = _exact(params.amount, "amount", relation, scope)
    weight, kind = _exact(params.by if params.up_to is None else params.up_to, "by", relation, scope)
    order = scope.order(params.order, relation, "order")
    scale = params.decimals
    units = _weighed(weight, kind) if params.up_to is None else _scaled(weight, scale)
    with_units = select_from(
        relation.name,
        [
            *(column(name) for name in relation.names),
            aliased(_scaled(amount, scale), TOTAL),
            aliased(or_else(units, number(0)), WEIGHT),
            *(aliased(item.this.copy(), f"_o{place}") for place, item in enumerate(order)),
        ],
    )
    sort = [ordered(column(f"_o{place}"), bool(item.args.get("desc"))) for place, item in enumerate(order)]
    inner = _proportional(relation, with_units, per, sort) if params.up_to is None else _filled(
        relation, with_units, per, sort
    )  # fmt: skip
    query = exp.Select(
        expressions=[
            *(column(name) for name in relation.names),
            aliased(_amount_of(column(UNITS), scale), params.name),
        ],
        from_=exp.From(this=proofs.subquery(inner, "parts")),
    )
    return Built(
        {MAIN: query},
        keys={MAIN: relation.keys},
        order={MAIN: relation.order},
        checks=(_sane(params, relation, with_units, per, scope), _adds_up(relation, inner, per, scope)),
    )


def _exact(text: str, field: str, relation: Relation, scope: StepScope) -> tuple[exp.Expr, str]:
    """The expression and its type."""
    value = scope.expression(text, relation, field, windows=False)
    (found,) = scope.binder.types(select_from(relation.name, [aliased(value.copy(), "v")]), scope.where(field))
    if family(found) != "number" or found in ("FLOAT", "DOUBLE"):
        raise scope.fail(
            f"{text!r} is {found}, which does not add up exactly.",
            field=field,
            hint=f"Use an exact number, e.g. CAST({text} AS DECIMAL(18,6)).",
            data={"type": found},
        )
    return value, found


def _weighed(value: exp.Expr, type_: str) -> exp.Expr:
    """A weight in whole units; which ones is all the same, as parts are in proportion.

    In units of its own last decimal most weights are BIGINT, which takes half the time of those of SCALE decimals.
    """
    if type_ in NARROW:
        return as_type(value.copy(), "BIGINT")
    told = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", type_)
    if told is None or int(told[1]) > 18 or int(told[2]) > SCALE:
        return _scaled(value, SCALE)
    own = int(told[2])
    # DuckDB refuses a product of more than 18 digits of such a type, and of a wider one it takes twice as long.
    fits = exp.LT(this=exp.Abs(this=value.copy()), expression=number(10 ** (18 - 2 * own)))
    quick = as_type(times(exp.Paren(this=value.copy()), number(10**own)), "BIGINT")
    wide = as_type(times(as_type(value.copy(), f"DECIMAL(28,{own})"), number(10**own)), "BIGINT")
    return when(fits, quick, wide)


def _scaled(value: exp.Expr, decimals: int) -> exp.Expr:
    """The value in whole units of its last decimal that counts."""
    exact = as_type(value.copy(), f"DECIMAL(38,{decimals})")
    return as_type(times(as_type(exact, f"DECIMAL({38 - decimals},{decimals})"), number(10**decimals)), "HUGEINT")


def _amount_of(units: exp.Expr, decimals: int) -> exp.Expr:
    if decimals == 0:
        return as_type(units, "BIGINT")
    unit = as_type(exp.Literal.string(f"0.{'0' * (decimals - 1)}1"), f"DECIMAL({decimals + 1},{decimals})")
    return as_type(times(as_type(units, f"DECIMAL({27 - decimals},0)"), unit), f"DECIMAL(28,{decimals})")


def _proportional(relation: Relation, rows: exp.Select, per: Sequence[str], sort: Sequence[exp.Ordered]) -> exp.Select:
    group = [column(name) for name in per]
    kept = [*(column(name) for name in relation.names), column(TOTAL), column(WEIGHT)]
    kept += [column(item.this.name) for item in sort]
    every = over(exp.Sum(this=column(WEIGHT)), group)
    due = times(as_type(exp.Abs(this=column(TOTAL)), "HUGEINT"), column(WEIGHT))
    every_or_null = exp.Nullif(this=as_type(every, "HUGEINT"), expression=number(0))
    shared = exp.Select(
        expressions=[
            *kept,
            # Nothing to be in proportion to: right for an amount of 0, and any other is refused by a check.
            aliased(or_else(whole(due, every_or_null), number(0)), SHARE),
            aliased(or_else(rest(due.copy(), every_or_null.copy()), number(0)), CUT),
        ],
        from_=exp.From(this=proofs.subquery(rows, "units")),
    )
    # Rows without a weight come last, so that nothing goes to one while any other is there.
    most_cut = [ordered(column(CUT), True), *(item.copy() for item in sort)]
    left = minus(exp.Abs(this=column(TOTAL)), over(exp.Sum(this=column(SHARE)), group))
    one_more = when(exp.LTE(this=over(exp.RowNumber(), group, most_cut), expression=left), number(1), number(0))
    units = times(exp.Sign(this=column(TOTAL)), plus(column(SHARE), one_more))
    return exp.Select(
        expressions=[*kept, aliased(as_type(units, "HUGEINT"), UNITS)],
        from_=exp.From(this=proofs.subquery(shared, "shared")),
    )


def _filled(relation: Relation, rows: exp.Select, per: Sequence[str], sort: Sequence[exp.Ordered]) -> exp.Select:
    before = or_else(
        over(exp.Sum(this=column(WEIGHT)), [column(name) for name in per], sort, start="UNBOUNDED", end="1"), number(0)
    )
    takes = exp.Least(this=column(WEIGHT), expressions=[minus(column(TOTAL), before)])
    units = when(is_there(column(TOTAL)), exp.Greatest(this=number(0), expressions=[takes]))
    return exp.Select(
        expressions=[
            *(column(name) for name in relation.names),
            column(TOTAL),
            column(WEIGHT),
            aliased(as_type(units, "HUGEINT"), UNITS),
        ],
        from_=exp.From(this=proofs.subquery(rows, "units")),
    )


def _grouped(rows: exp.Select, per: Sequence[str], bad: exp.Expr) -> exp.Select:
    query = exp.Select(
        expressions=[*(column(name) for name in per), aliased(exp.Max(this=column(TOTAL)), "units_to_split")],
        from_=exp.From(this=proofs.subquery(rows, "rows")),
        having=exp.Having(this=bad),
    )
    query.set("group", exp.Group(expressions=[column(name) for name in per] or [exp.Tuple(expressions=[])]))
    return query


def _sane(params: Params, relation: Relation, rows: exp.Select, per: Sequence[str], scope: StepScope) -> ImpliedCheck:
    """One amount a group, no weight below zero, and something to be in proportion to."""
    several = exp.NEQ(this=exp.Min(this=column(TOTAL)), expression=exp.Max(this=column(TOTAL)))
    some_missing = exp.and_(
        exp.GT(this=proofs.count_all(), expression=exp.Count(this=column(TOTAL))),
        exp.GT(this=exp.Count(this=column(TOTAL)), expression=number(0)),
    )
    below = exp.LT(this=exp.Min(this=column(WEIGHT)), expression=number(0))
    bad: list[exp.Expr] = [several, exp.Paren(this=some_missing), below]
    if params.up_to is None:
        there = exp.NEQ(this=exp.Max(this=column(TOTAL)), expression=number(0))
        nothing = proofs.equals(exp.Sum(this=column(WEIGHT)), number(0))
        bad.append(exp.Paren(this=exp.and_(there, nothing)))
    else:
        bad.append(exp.LT(this=exp.Min(this=column(TOTAL)), expression=number(0)))
    found = _grouped(rows.copy(), per, exp.or_(*bad, copy=False))
    query = proofs.no_rows(
        found.copy(),
        "each group has one amount, and weights that are not negative and not all 0",
        " groups do not",
        " group does not",
    )
    return ImpliedCheck("allocate_groups", scope.name, "block", query, (relation.name,), evidence=found)


def _adds_up(relation: Relation, parts: exp.Select, per: Sequence[str], scope: StepScope) -> ImpliedCheck:
    """The parts of each group are its amount; of rows filled in order some may be left, which is said."""
    total, given = exp.Max(this=column(TOTAL)), exp.Sum(this=column(UNITS))
    bad = exp.and_(is_there(total), exp.or_(is_null(given), exp.NEQ(this=given.copy(), expression=total.copy())))
    found = _grouped(parts.copy(), per, bad)
    query = proofs.no_rows(
        found.copy(),
        "the parts of each group add up to its amount",
        " groups have an amount of which a part found no place",
        " group has an amount of which a part found no place",
    )
    in_order = not any(isinstance(node, exp.RowNumber) for node in parts.walk())
    severity: Severity = "warn" if in_order else "block"
    return ImpliedCheck("allocate_adds_up", scope.name, severity, query, (relation.name,), evidence=found)
