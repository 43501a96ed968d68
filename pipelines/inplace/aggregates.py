"""Aggregates and windows on the list."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from pipelines.inplace.kinds import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    EXACT,
    HUGE,
    INTEGER,
    NULL,
    NUMBERS,
    TEXT,
    CannotSayError,
    Kind,
)
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    grouped,
    is_text,
    literal_of,
    named,
    number,
    only,
    says,
    sorted_by,
    words,
)


@says("Count", examples=("count(*)", "count(v)", "count(distinct v)", "count(distinct i)"))
def count(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Rows, values that are not empty, or how many different ones."""
    only(node, "this", "big_int")
    if node.this is None or isinstance(node.this, exp.Star):
        return Typed(exp.Count(this=exp.Star()), BIGINT)
    tree, _ = _counted(scalars, node.this, scope)
    return Typed(exp.Count(this=tree), BIGINT)


def _counted(scalars: Scalars, node: exp.Expr, scope: Scope) -> tuple[exp.Expr, Kind]:
    """The value of an aggregate, once for each different value where that is asked."""
    if isinstance(node, exp.Distinct):
        only(node, "expressions")
        if len(node.expressions) != 1:
            raise CannotSayError("DISTINCT over several columns")
        said = scalars.say(node.expressions[0], scope)
        return exp.Distinct(expressions=[said.tree]), said.kind
    said = scalars.say(node, scope)
    return said.tree, said.kind


@says("CountIf", examples=("count_if(b)", "count_if(i > 2)"))
def count_if(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Rows for which something is true; empty, and not 0, where it is neither true nor false for any row."""
    only(node, "this")
    condition = scalars.truth(node.this, scope)
    yes, no = exp.If(this=condition, true=number(1)), exp.If(this=exp.Not(this=condition.copy()), true=number(0))
    return Typed(cast_to(exp.Sum(this=exp.Case(ifs=[yes, no])), HUGE), HUGE)


@says(
    "Sum",
    examples=(
        "sum(i)",
        "sum(l)",
        "sum(d)",
        "sum(f)",
        "sum(d * e)",
        "sum(distinct d)",
        "sum(case when b then 1 else 0 end)",
    ),
)
def total(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Exact of exact numbers."""
    only(node, "this")
    tree, kind = _counted(scalars, node.this, scope)
    if kind.family not in NUMBERS:
        raise CannotSayError(f"sum() of {kind.family}")
    summed = exp.Sum(this=tree)
    if kind.family in ("integer", "huge"):
        return Typed(cast_to(summed, HUGE), HUGE)
    return Typed(summed, Kind(kind.family, scale=kind.scale))


@says("Avg", name="avg", examples=("avg(i)", "avg(d)", "avg(f)", "avg(l)", "round(avg(d), 2)"))
def mean(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Of exact numbers the exact sum by the number of values, divided once, as DuckDB does."""
    only(node, "this")
    said = scalars.of(node.this, scope, *NUMBERS)
    # PostgreSQL's own avg of floating point also sums the squares, which are out of its range from 1e154 on.
    power = exp.Literal.number("1" + "0" * said.kind.scale)
    scaled: exp.Expr = exp.Sum(this=said.tree)
    counted: exp.Expr = exp.Count(this=said.tree.copy())
    if said.kind.scale:
        scaled = exp.Mul(this=scaled, expression=power)
        counted = exp.Mul(this=counted, expression=power.copy())
    below = call("nullif", grouped(counted), number(0))
    return Typed(
        exp.Paren(
            this=exp.Div(this=cast_to(scaled, DOUBLE), expression=cast_to(below, DOUBLE), typed=True, safe=False)
        ),
        DOUBLE,
    )


@says("Min", "Max", name="min, max", examples=("min(i)", "max(d)", "min(v)", "max(day)", "min(ts)", "max(f)"))
def end(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first and last in order; texts by their bytes."""
    only(node, "this")
    said = scalars.say(node.this, scope)
    if said.kind.family in ("boolean", "uuid", "blob", "null", "float"):
        raise CannotSayError(f"{named(node)} of {said.kind.family}")
    return Typed(call("min" if isinstance(node, exp.Min) else "max", sorted_by(said)), said.kind)


@says("LogicalAnd", "LogicalOr", name="bool_and, bool_or", examples=("bool_and(b)", "bool_or(i > 1)"))
def all_or_any(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether all, or any, are true."""
    only(node, "this")
    function = "bool_and" if isinstance(node, exp.LogicalAnd) else "bool_or"
    return Typed(call(function, scalars.truth(node.this, scope)), BOOLEAN)


@says(
    "StddevSamp",
    "StddevPop",
    "Stddev",
    "Variance",
    "VariancePop",
    name="stddev, stddev_pop, var_samp, var_pop",
    examples=(
        "stddev(d)",
        "stddev_pop(i)",
        "var_samp(d)",
        "var_pop(i)",
    ),
)
def spread(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Of exact numbers; floating-point sums depend on their order by too much."""
    only(node, "this")
    said = scalars.of(node.this, scope, *EXACT)
    function = {"StddevPop": "stddev_pop", "Variance": "var_samp", "VariancePop": "var_pop"}.get(
        type(node).__name__, "stddev_samp"
    )
    return Typed(cast_to(call(function, cast_to(said.tree, Kind("decimal", scale=said.kind.scale))), DOUBLE), DOUBLE)


@says(
    "GroupConcat",
    name="string_agg",
    examples=("string_agg(v, ', ' order by v, key)", "string_agg(v, '' order by key desc)"),
)
def string_agg(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Texts of a group in a stated order, empty ones left out."""
    only(node, "this", "separator")
    order, border = node.this, node.args.get("separator")
    if not isinstance(order, exp.Order) or (border is not None and not is_text(border)):
        raise CannotSayError("string_agg() without an order, or with a border that is no constant")
    text = scalars.text(order.this, scope)
    joined = call("string_agg", text, words(border.name if border is not None else ","))
    joined.expressions[-1].replace(
        exp.Order(this=joined.expressions[-1].copy(), expressions=ordered(scalars, order.expressions, scope))
    )
    return Typed(joined, TEXT)


@says("Filter", name="filter (where ...)", examples=("sum(d) filter (where b)", "count(*) filter (where i > 1)"))
def filtered(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """An aggregate over some of the rows."""
    only(node, "this", "expression")
    if not isinstance(node.this, exp.Sum | exp.Count | exp.CountIf | exp.Min | exp.Max):
        raise CannotSayError(f"FILTER of {named(node.this)}")
    condition = scalars.truth(node.expression.this, scope)
    if isinstance(node.this, exp.CountIf):
        both = exp.CountIf(this=node.this.this.copy())
        said = count_if(scalars, both, scope)
    else:
        said = scalars.say(node.this, scope)
    inner = said.tree
    aggregate = inner.this if isinstance(inner, exp.Cast) else inner
    found = exp.Filter(this=aggregate.copy(), expression=exp.Where(this=condition))
    return Typed(cast_to(found, said.kind) if isinstance(inner, exp.Cast) else found, said.kind)


_RANKS: Final = {"RowNumber": "row_number", "Rank": "rank", "DenseRank": "dense_rank"}
_SHARES: Final = {"PercentRank": "percent_rank", "CumeDist": "cume_dist"}
_PLACES: Final = {"FirstValue": "first_value", "LastValue": "last_value"}
_AGGREGATES: Final = (exp.Sum, exp.Count, exp.CountIf, exp.Min, exp.Max, exp.Avg, exp.LogicalAnd, exp.LogicalOr)


@says(
    "Window",
    name="over (...)",
    examples=(
        "row_number() over (partition by b order by key)",
        "rank() over (order by i desc nulls last)",
        "dense_rank() over (partition by v order by d nulls last)",
        "ntile(3) over (order by key)",
        "lag(d) over (order by key)",
        "lead(v, 2) over (partition by b order by key)",
        "lag(i, 1, 0) over (order by key)",
        "first_value(v) over (partition by b order by key)",
        "last_value(d) over (order by key)",
        "sum(d) over (partition by b order by key)",
        "count(*) over ()",
        "sum(i) over (order by key rows between 2 preceding and current row)",
        "max(v) over (order by key rows between unbounded preceding and 1 preceding)",
        "avg(d) over (partition by b)",
        "percent_rank() over (order by key)",
        "cume_dist() over (order by i nulls last)",
        "nth_value(v, 2) over (order by key)",
    ),
)
def window(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A value over neighbouring rows. Frames count rows; a frame of nearby values is on no list."""
    only(node, "this", "partition_by", "order", "spec", "over")
    said = _over(scalars, node.this, scope)
    partition = [scalars.say(item, scope).tree for item in node.args.get("partition_by") or []]
    order = node.args.get("order")
    sorted_items = exp.Order(expressions=ordered(scalars, order.expressions, scope)) if order is not None else None
    spec = node.args.get("spec")
    if spec is not None:
        _check_frame(spec)
    cast_around = isinstance(said.tree, exp.Cast)
    # An average is a division of two aggregates, each of which needs the window.
    inner = said.tree.this if cast_around else said.tree

    def over(tree: exp.Expr) -> exp.Expr:
        return exp.Window(
            this=tree.copy(),
            partition_by=[item.copy() for item in partition],
            order=sorted_items.copy() if sorted_items is not None else None,
            spec=spec.copy() if spec is not None else None,
        )

    if isinstance(node.this, exp.Avg) and isinstance(inner, exp.Paren):
        tree: exp.Expr = inner.copy()
        for item in [*tree.find_all(exp.Sum), *tree.find_all(exp.Count)]:
            item.replace(over(item))
    else:
        tree = over(inner)
    return Typed(cast_to(tree, said.kind) if cast_around else tree, said.kind)


def _over(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    name = type(node).__name__
    if isinstance(node, exp.Anonymous) and not node.expressions and str(node.name).lower() in _RANKS.values():
        return Typed(call(str(node.name).lower()), BIGINT)
    if isinstance(node, _AGGREGATES):
        if isinstance(node.this, exp.Distinct):
            raise CannotSayError("DISTINCT in a window")
        return scalars.say(node, scope)
    if name in _RANKS:
        only(node)
        return Typed(call(_RANKS[name]), BIGINT)
    if name in _SHARES:
        only(node)
        return Typed(call(_SHARES[name]), DOUBLE)
    if isinstance(node, exp.Ntile):
        only(node, "this")
        parts = literal_of(node.this)
        if parts is None or parts < 1:
            raise CannotSayError("ntile() of a number that is no constant")
        return Typed(cast_to(call("ntile", number(parts)), BIGINT), BIGINT)
    if name in _PLACES:
        only(node, "this")
        said = scalars.say(node.this, scope)
        return Typed(call(_PLACES[name], said.tree), known(said.kind, name))
    if isinstance(node, exp.NthValue):
        only(node, "this", "offset")
        said, place = scalars.say(node.this, scope), literal_of(node.args.get("offset"))
        if place is None or place < 1:
            raise CannotSayError("nth_value() of a place that is no constant")
        return Typed(call("nth_value", said.tree, number(place)), known(said.kind, name))
    if isinstance(node, exp.Lag | exp.Lead):
        return _neighbour(scalars, node, scope)
    raise CannotSayError(f"{named(node)} in a window")


def _neighbour(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "offset", "default")
    function = "lag" if isinstance(node, exp.Lag) else "lead"
    said = scalars.say(node.this, scope)
    kind = known(said.kind, function)
    offset, default = node.args.get("offset"), node.args.get("default")
    steps = 1 if offset is None else literal_of(offset)
    if steps is None or steps < 0:
        raise CannotSayError(f"{function}() of a distance that is no constant")
    arguments = [said.tree, number(steps)]
    if default is not None:
        other = scalars.say(default, scope)
        if other.kind not in (NULL, kind) and not (kind.family in EXACT and other.kind.family == "integer"):
            raise CannotSayError(f"{function}() with a default of another type")
        arguments = [cast_to(said.tree, kind), number(steps), cast_to(other.tree, kind)]
    return Typed(call(function, *arguments), kind)


def known(kind: Kind, what: str) -> Kind:
    """A kind that is one."""
    if kind == NULL:
        raise CannotSayError(f"{what} of an empty value")
    return kind


def _check_frame(spec: exp.Expr) -> None:
    only(spec, "kind", "start", "start_side", "end", "end_side")
    if str(spec.args.get("kind")).upper() == "ROWS":
        for part in (spec.args.get("start"), spec.args.get("end")):
            if isinstance(part, exp.Expr) and literal_of(part) is None:
                raise CannotSayError("a frame whose size is no constant")
        return
    bounds = [str(spec.args.get(key) or "").upper() for key in ("start", "end")]
    if not set(bounds) <= {"UNBOUNDED", "CURRENT ROW"}:
        raise CannotSayError("a frame of nearby values")


def ordered(scalars: Scalars, items: list[exp.Expr], scope: Scope) -> list[exp.Expr]:
    """What rows are ordered by, each with the place of empty values spelled out."""
    found: list[exp.Expr] = []
    for item in items:
        only(item, "this", "desc", "nulls_first")
        said = scalars.say(item.this, scope)
        if literal_of(item.this) is not None or said.kind == NULL:
            raise CannotSayError("an order by a constant")
        tree = exp.Ordered(
            this=grouped(sorted_by(said)),
            desc=bool(item.args.get("desc")),
            nulls_first=bool(item.args.get("nulls_first")),
        )
        found.append(tree)
    return found


__all__ = ["INTEGER", "ordered", "window"]
