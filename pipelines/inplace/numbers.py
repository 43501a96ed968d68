"""Functions of numbers on the list."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from pipelines.inplace.kinds import (
    BIGINT,
    DOUBLE,
    EXACT,
    NUMBERS,
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
    literal_of,
    number,
    only,
    says,
    words,
)


@says("Abs", examples=("abs(i)", "abs(d)", "abs(f)", "abs(l)"))
def absolute(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without its sign."""
    said = scalars.of(node.this, scope, *NUMBERS)
    return Typed(call("abs", said.tree), said.kind)


@says("Sign", examples=("sign(i)", "sign(d)"))
def sign(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """-1, 0 or 1."""
    said = scalars.of(node.this, scope, *EXACT)
    return Typed(cast_to(call("sign", said.tree), Kind("integer", width=1)), Kind("integer", width=1))


@says(
    "Ceil", "Floor", name="ceil, floor", examples=("ceil(d)", "floor(d)", "ceil(f)", "floor(f)", "floor(e)", "ceil(i)")
)
def to_whole(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The next whole number."""
    only(node, "this")
    said = scalars.of(node.this, scope, *NUMBERS)
    function = "ceil" if isinstance(node, exp.Ceil) else "floor"
    if said.kind.family == "decimal":
        return Typed(call(function, said.tree), Kind("decimal"))
    return Typed(call(function, cast_to(said.tree, DOUBLE)), DOUBLE)


@says(
    "Round",
    examples=(
        "round(d, 1)",
        "round(d)",
        "round(e, 2)",
        "round(d, 5)",
        "round(i, 2)",
        "round(d, -1)",
        "round(i, -2)",
        "round(f, 2)",
        "round(f)",
        "round(d / 3, 2)",
        "round(-f, 1)",
    ),
)
def rounded(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Half away from zero, at a constant number of decimals."""
    only(node, "this", "decimals")
    stated = node.args.get("decimals")
    places = 0 if stated is None else literal_of(stated)
    if places is None or abs(places) > MOST_PLACES:
        raise CannotSayError("round() to a number of decimals that is no constant")
    said = scalars.of(node.this, scope, "integer", "decimal", "double")
    if said.kind.family == "integer":
        if places >= 0:
            return said
        tens = call("round", cast_to(said.tree, Kind("huge")), number(places))
        return Typed(cast_to(tens, said.kind), said.kind)
    if said.kind.family == "decimal":
        scale = min(max(places, 0), said.kind.scale)
        tree = call("round", said.tree, number(places)) if places < said.kind.scale else said.tree
        return Typed(tree, Kind("decimal", scale=scale))
    if places < 0:
        raise CannotSayError("round() of floating point to tens")
    return Typed(rounded_double(said.tree, places), DOUBLE)


MOST_PLACES: Final = 15


def rounded_double(tree: exp.Expr, places: int) -> exp.Expr:
    """As DuckDB computes it: multiplied, rounded half away from zero (PostgreSQL's round goes to even), divided.

    Where the multiplication leaves the range the value stays as it is, which is what DuckDB gives.
    """
    power = cast_to(exp.Literal.string("1" + "0" * places), DOUBLE)
    large: exp.Expr = grouped(exp.Mul(this=grouped(tree), expression=power)) if places else grouped(tree)
    cut = call("trunc", large)
    rest = exp.Sub(this=large.copy(), expression=cut.copy())
    away = exp.GTE(this=call("abs", rest), expression=cast_to(exp.Literal.string("0.5"), DOUBLE))
    more = exp.Case(ifs=[exp.If(this=away, true=call("sign", large.copy()))], default=cast_to(number(0), DOUBLE))
    whole: exp.Expr = exp.Paren(this=exp.Add(this=cut, expression=more))
    if places:
        whole = exp.Div(this=whole, expression=power.copy(), typed=True, safe=False)
    is_huge = exp.GTE(this=call("abs", grouped(tree.copy())), expression=cast_to(words("1e290"), DOUBLE))
    return exp.Case(ifs=[exp.If(this=is_huge, true=tree.copy())], default=whole)


@says("Explode", name="unnest(generate_series(...))", examples=())
def counted_rows(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A row for each whole number of a stretch, once in a list of columns."""
    only(node, "this")
    numbers, select = node.this, node.parent.parent if isinstance(node.parent, exp.Alias) else None
    if not isinstance(numbers, exp.GenerateSeries) or not isinstance(select, exp.Select):
        raise CannotSayError("unnest()")
    if len([item for item in select.expressions if item.find(exp.Explode)]) > 1:
        raise CannotSayError("several lists as rows")
    only(numbers, "start", "end")
    ends = [scalars.of(numbers.args[end], scope, "integer").tree for end in ("start", "end")]
    return Typed(call("generate_series", *(cast_to(item, BIGINT) for item in ends)), BIGINT)


@says("Trunc", examples=("trunc(d)", "trunc(f)", "trunc(-e)", "trunc(i / 3)"))
def truncated(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without decimals."""
    only(node, "this")
    said = scalars.of(node.this, scope, "decimal", "double")
    return Typed(call("trunc", said.tree), Kind("decimal") if said.kind.family == "decimal" else DOUBLE)


@says("Sqrt", examples=("sqrt(abs(f))",))
def square_root(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The square root; of less than zero both stop."""
    said = scalars.of(node.this, scope, *NUMBERS)
    return Typed(call("sqrt", cast_to(said.tree, DOUBLE)), DOUBLE)
