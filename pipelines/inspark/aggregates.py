"""Aggregates and windows whose Spark spelling is its own."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from pipelines.inplace import aggregates
from pipelines.inplace.kinds import DOUBLE, HUGE, NUMBERS, TEXT, CannotSayError, Kind
from pipelines.inplace.scalars import RULES, Scalars, Scope, Typed, call, cast_to, grouped, is_text, number, only, words
from pipelines.inspark.rules import says_spark

_SUMMED: Final = Kind("decimal", precision=28)
"""Whole numbers are summed as decimals: 64 bits, in which Spark sums them, are less than DuckDB's 128."""


@says_spark("Sum", examples=(*RULES["Sum"].examples, "sum(l * 9000000)"))
def total(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Exact of exact numbers."""
    said = aggregates.total(scalars, node, scope)
    if said.kind == HUGE:
        _widen(said.tree)
    return said


def _widen(tree: exp.Expr) -> None:
    for summed in tree.find_all(exp.Sum):
        value = summed.this.expressions[0] if isinstance(summed.this, exp.Distinct) else summed.this
        value.replace(cast_to(value.copy(), _SUMMED))


@says_spark("Avg", name="avg", examples=(*RULES["Avg"].examples, "avg(l * 9000000)"))
def mean(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Of exact numbers the exact sum by the number of values, divided once, as DuckDB does."""
    only(node, "this")
    said = scalars.of(node.this, scope, *NUMBERS)
    value = cast_to(said.tree, _SUMMED) if said.kind.family == "integer" else said.tree
    scaled: exp.Expr = exp.Sum(this=value)
    counted: exp.Expr = exp.Count(this=said.tree.copy())
    if said.kind.scale:
        power = exp.Literal.number("1" + "0" * said.kind.scale)
        scaled = exp.Mul(this=scaled, expression=power)
        counted = exp.Mul(this=counted, expression=power.copy())
    below = cast_to(call("nullif", grouped(counted), number(0)), DOUBLE)
    divided = exp.Div(this=cast_to(scaled, DOUBLE), expression=below, typed=True, safe=False)
    return Typed(exp.Paren(this=divided), DOUBLE)


@says_spark("GroupConcat", name="string_agg", examples=RULES["GroupConcat"].examples)
def string_agg(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Texts of a group in a stated order, empty ones left out."""
    only(node, "this", "separator")
    order, border = node.this, node.args.get("separator")
    if not isinstance(order, exp.Order) or (border is not None and not is_text(border)):
        raise CannotSayError("string_agg() without an order, or with a border that is no constant")
    text = scalars.text(order.this, scope)
    joined = call("listagg", text, words(border.name if border is not None else ","))
    within = exp.Order(expressions=aggregates.ordered(scalars, order.expressions, scope))
    return Typed(exp.WithinGroup(this=joined, expression=within), TEXT)


@says_spark("Window", name="over (...)", examples=RULES["Window"].examples)
def window(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A value over neighbouring rows, whose order is stated; without one only a whole group is summed up."""
    said = aggregates.window(scalars, node, scope)
    is_whole = node.args.get("spec") is None and isinstance(node.this, _OF_WHOLE_GROUPS)
    if node.args.get("order") is None and not is_whole:
        raise CannotSayError("a window without an order")
    return said


_OF_WHOLE_GROUPS: Final = (exp.Sum, exp.Count, exp.CountIf, exp.Min, exp.Max, exp.Avg, exp.LogicalAnd, exp.LogicalOr)
