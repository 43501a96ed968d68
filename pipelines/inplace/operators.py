"""Operators on the list: comparison, arithmetic and casts, as both engines compute them."""

from __future__ import annotations

from typing import cast

from sqlglot import exp

from pipelines.inplace.kinds import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    EXACT,
    HUGE,
    INTEGER,
    MOMENTS,
    NULL,
    NUMBERS,
    TEXT,
    TIMESTAMP,
    CannotSayError,
    Kind,
    built,
    comparable,
    kind_in,
    one_kind,
)
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    bare_literal,
    call,
    cast_to,
    collated,
    constant,
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


@says("Literal", name="constants", examples=("1", "3000000000", "1.50", "'it''s \\ a text'", "1e3"))
def literal(_: Scalars, node: exp.Expr, __: Scope) -> Typed:
    """Numbers and texts."""
    return bare_literal(cast("exp.Literal", node))


@says("Boolean", name="true and false", examples=("true", "false"))
def boolean(_: Scalars, node: exp.Expr, __: Scope) -> Typed:
    """Truth values."""
    return Typed(exp.Boolean(this=node.this), BOOLEAN)


@says("Null", name="null", examples=("nullif(i, i)",))
def null(_: Scalars, __: exp.Expr, ___: Scope) -> Typed:
    """The empty value."""
    return Typed(exp.Null(), NULL)


@says("Paren", name="parentheses", examples=("(i + 1) * 2",))
def paren(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """What stands in parentheses."""
    said = scalars.say(node.this, scope)
    return Typed(grouped(said.tree), said.kind)


@says(
    "EQ",
    "NEQ",
    "GT",
    "GTE",
    "LT",
    "LTE",
    name="= <> > >= < <=",
    examples=(
        "i = l",
        "v <> w",
        "d > e",
        "f >= d",
        "day < other",
        "day <= ts",
        "v < 'm'",
        "day = '2024-02-29'",
        "b = true",
        "v > w",
        "i > 1.5",
        "d = i",
    ),
)
def comparison(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Texts by their bytes; dates and timestamps with one another."""
    only(node, "this", "expression")
    one, other = scalars.pair(node.this, node.expression, scope, "a comparison")
    kind = type(node)
    return Typed(kind(this=grouped(sorted_by(one)), expression=grouped(other.tree)), BOOLEAN)


@says(
    "NullSafeEQ",
    "NullSafeNEQ",
    name="is [not] distinct from",
    examples=(
        "v is not distinct from w",
        "i is distinct from l",
        "d is not distinct from e",
    ),
)
def null_safe(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Equality that knows empty values as equal."""
    return comparison(scalars, node, scope)


@says("And", "Or", name="and, or", examples=("b and i > 1", "b or i > 1", "b and null"))
def connective(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Three-valued logic."""
    kind = type(node)
    left, right = scalars.truth(node.this, scope), scalars.truth(node.expression, scope)
    return Typed(kind(this=left, expression=right), BOOLEAN)


@says("Not", name="not", examples=("not b", "v not like 'a%'", "i not in (1, 2)"))
def negation(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The opposite; of what is neither, neither."""
    return Typed(exp.Not(this=grouped(scalars.truth(node.this, scope))), BOOLEAN)


@says("Is", name="is [not] null, is [not] true", examples=("v is null", "b is true", "i is not null", "b is not false"))
def is_one(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a value is empty, true or false."""
    only(node, "this", "expression")
    said = scalars.say(node.this, scope)
    right = node.expression
    if isinstance(right, exp.Boolean) and said.kind != BOOLEAN:
        raise CannotSayError(f"IS TRUE of {said.kind.family}")
    if not isinstance(right, exp.Null | exp.Boolean):
        raise CannotSayError("IS of something else")
    if said.kind == NULL:
        raise CannotSayError("IS NULL of an empty value")
    return Typed(exp.Is(this=grouped(said.tree), expression=right.copy()), BOOLEAN)


@says("In", name="in", examples=("i in (1, 2, 3)", "v in ('a', 'b')", "day in ('2024-02-29')", "d in (1, 2.5)"))
def among(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One of several values, or of a query's."""
    only(node, "this", "expressions", "query", "negate")
    query = node.args.get("query")
    tree: exp.Expr
    if query is not None:
        said = scalars.say(node.this, scope)
        inner, kinds = scalars.subquery(cast("exp.Subquery", query).this, scope)
        if len(kinds) != 1 or not comparable(said.kind, kinds[0]):
            raise CannotSayError("IN over a query of other values")
        tree = exp.In(this=grouped(said.tree), query=exp.Subquery(this=inner))
    else:
        parts = [scalars.pair(node.this, item, scope, "IN") for item in node.expressions]
        tree = exp.In(this=grouped(parts[0][0].tree), expressions=[part[1].tree for part in parts])
    return Typed(exp.Not(this=exp.Paren(this=tree)) if node.args.get("negate") else tree, BOOLEAN)


@says(
    "Between",
    name="between",
    examples=("i between 1 and 5", "v between 'a' and 'm'", "day between '2020-01-01' and other"),
)
def between(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Both ends are in."""
    only(node, "this", "low", "high")
    one, low = scalars.pair(node.this, node.args["low"], scope, "BETWEEN")
    _, high = scalars.pair(node.this, node.args["high"], scope, "BETWEEN")
    tree = exp.Between(this=grouped(sorted_by(one)), low=grouped(low.tree), high=grouped(high.tree))
    return Typed(tree, BOOLEAN)


@says("Like", name="like", examples=("v like 'a%'", "v like '%_b'", "v like '%\\%'", "v not like w"))
def like(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """With % and _ and no way to write them as themselves, which PostgreSQL is told."""
    only(node, "this", "expression", "negate")
    left, right = scalars.text(node.this, scope), scalars.of(node.expression, scope, "text").tree
    tree = exp.Escape(this=exp.Like(this=left, expression=grouped(right)), expression=words(""))
    return Typed(exp.Not(this=exp.Paren(this=tree)) if node.args.get("negate") else tree, BOOLEAN)


@says("Exists", name="exists", examples=())
def exists(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a query gives a row."""
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    query, _ = scalars.subquery(cast("exp.Query", inner), scope)
    return Typed(exp.Exists(this=query), BOOLEAN)


@says("Subquery", name="a query as a value", examples=())
def scalar_query(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The one value of a query."""
    only(node, "this")
    query, kinds = scalars.subquery(cast("exp.Query", node.this), scope)
    if len(kinds) != 1:
        raise CannotSayError("a query of several columns as a value")
    return Typed(exp.Subquery(this=query), kinds[0])


@says(
    "Add",
    "Sub",
    "Mul",
    name="+ - *",
    examples=(
        "i + 1",
        "l - i",
        "s * 2",
        "d + e",
        "d - 1",
        "d * e",
        "d * 1.5",
        "f * 2",
        "f + d",
        "day + 3",
        "day - other",
        "-i + l",
        "day - 2",
        "day + interval 1 month",
        "ts - interval 3 hour",
        "ts + interval 2 week",
        "d - (e - 1)",
        "other - to_days(abs(s))",
        "ts - to_months(s)",
        "day + to_years(2)",
    ),
)
def arithmetic(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Exact numbers stay exact; a date and a number of days, or an interval that is written out."""
    only(node, "this", "expression")
    kind = type(node)
    left = scalars.say(node.this, scope)
    if isinstance(node.expression, exp.Interval):
        if left.kind.family not in MOMENTS or kind is exp.Mul:
            raise CannotSayError(f"an interval and {left.kind.family}")
        moment = left.tree if left.kind == TIMESTAMP else cast_to(left.tree, TIMESTAMP)
        return Typed(kind(this=grouped(moment), expression=interval(node.expression)), TIMESTAMP)
    span = spanned(scalars, node.expression, scope)
    if span is not None and kind is not exp.Mul and left.kind.family in MOMENTS:
        moment = left.tree if left.kind == TIMESTAMP else cast_to(left.tree, TIMESTAMP)
        return Typed(kind(this=grouped(moment), expression=span), TIMESTAMP)
    right = scalars.say(node.expression, scope)
    families = (left.kind.family, right.kind.family)
    if families == ("date", "integer") and kind is not exp.Mul:
        return Typed(kind(this=grouped(left.tree), expression=cast_to(right.tree, INTEGER)), left.kind)
    if families == ("date", "date") and kind is exp.Sub:
        days = exp.Sub(this=grouped(left.tree), expression=grouped(right.tree))
        return Typed(cast_to(days, BIGINT), BIGINT)
    if not set(families) <= set(NUMBERS):
        raise CannotSayError(f"{node.key} of {families[0]} and {families[1]}")
    found = one_kind([left.kind, right.kind], "arithmetic")
    if found.family == "decimal" and kind is exp.Mul:
        found = Kind("decimal", scale=left.kind.scale + right.kind.scale)
    trees = [left.tree, right.tree]
    if found == DOUBLE:
        trees = [cast_to(item, DOUBLE) for item in trees]
    return Typed(kind(this=grouped(trees[0]), expression=grouped(trees[1])), found)


def spanned(scalars: Scalars, node: exp.Expr, scope: Scope) -> exp.Expr | None:
    """``to_days(n)`` and its like as an interval, None for anything else."""
    name = (
        "to_days" if isinstance(node, exp.ToDays) else str(node.name).lower() if isinstance(node, exp.Anonymous) else ""
    )
    unit = _SPANS.get(name)
    if unit is None:
        return None
    (size,) = [node.this] if isinstance(node, exp.ToDays) else node.expressions
    many = cast_to(scalars.of(size, scope, "integer").tree, INTEGER)
    return call("make_interval", exp.Kwarg(this=exp.Var(this=unit), expression=many))


_SPANS = {"to_days": "days", "to_weeks": "weeks", "to_months": "months", "to_years": "years", "to_hours": "hours"}


def interval(node: exp.Interval) -> exp.Expr:
    """An interval of a whole number of one unit."""
    only(node, "this", "unit")
    size = node.this.name if isinstance(node.this, exp.Literal) else ""
    unit = node.args["unit"].name.upper() if isinstance(node.args.get("unit"), exp.Var) else ""
    if not size.removeprefix("-").isdigit() or unit not in _UNITS:
        raise CannotSayError("an interval that is not a whole number of a unit")
    return exp.Cast(this=exp.Literal.string(f"{size} {unit.lower()}"), to=built("interval"))


_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")


@says("Neg", name="-", examples=("-i", "-d", "-f", "- (i + 1)"))
def minus(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The negative."""
    said = scalars.of(node.this, scope, *NUMBERS)
    return Typed(exp.Paren(this=exp.Neg(this=grouped(said.tree))), said.kind)


@says("Div", name="/", examples=("i / l", "d / e", "d / 4", "f / i", "1 / i", "i / 0", "f / (f - f)"))
def division(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Floating-point always; by zero it gives infinity, or NaN for zero itself, where PostgreSQL would stop."""
    left, right = (scalars.of(item, scope, *NUMBERS) for item in (node.this, node.expression))
    above, below = (grouped(cast_to(item.tree, DOUBLE)) for item in (left, right))
    # Marked as typed: SQLGlot would otherwise add casts of its own.
    plain = exp.Div(this=above, expression=below, typed=True, safe=False)
    if literal_of(node.expression):
        return Typed(plain, DOUBLE)
    infinity: exp.Expr = cast_to(words("Infinity"), DOUBLE)
    if right.kind == DOUBLE:
        is_negative = exp.EQ(this=cast_to(below.copy(), TEXT), expression=words("-0"))
        below_zero = exp.If(this=is_negative, true=cast_to(words("-Infinity"), DOUBLE))
        infinity = exp.Case(ifs=[below_zero], default=infinity)
    by_zero = exp.If(
        this=exp.EQ(this=below.copy(), expression=number(0)), true=exp.Mul(this=above.copy(), expression=infinity)
    )
    return Typed(exp.Case(ifs=[by_zero], default=plain), DOUBLE)


@says("IntDiv", name="//", examples=("i // 3", "l // i", "-i // 2", "cast(l as hugeint) // 7"))
def whole_division(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Cut off towards zero; by zero it is empty."""
    only(node, "this", "expression")
    left, right = (scalars.of(item, scope, "integer", "huge") for item in (node.this, node.expression))
    below = call("nullif", right.tree, number(0))
    found = one_kind([left.kind, right.kind], "a division")
    if found == HUGE:
        return Typed(call("div", left.tree, below), HUGE)
    return Typed(exp.Paren(this=exp.Div(this=grouped(left.tree), expression=below, typed=True, safe=False)), found)


@says("Mod", name="%", examples=("i % 3", "l % i", "-i % 4", "d % 7", "d % e"))
def remainder(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """With the sign of what is divided; by zero it is empty."""
    only(node, "this", "expression")
    left, right = (scalars.of(item, scope, *EXACT) for item in (node.this, node.expression))
    found = one_kind([left.kind, right.kind], "a remainder")
    return Typed(call("mod", left.tree, call("nullif", right.tree, number(0))), found)


@says("DPipe", name="||", examples=("v || w", "v || '-' || i", "v || d", "day || v", "b || v", "ts || v"))
def joined(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One text after the other; with an empty value, empty."""
    left, right = (as_text(scalars.say(item, scope)) for item in (node.this, node.expression))
    return Typed(exp.DPipe(this=grouped(left), expression=grouped(right)), TEXT)


@says(
    "Cast",
    name="cast",
    examples=(
        "cast(i as bigint)",
        "cast(i as varchar)",
        "cast(d as varchar)",
        "cast(d as integer)",
        "cast(d as decimal(18, 1))",
        "cast(i as decimal(18, 3))",
        "cast(i as double)",
        "cast(d as double)",
        "cast(ts as date)",
        "cast(day as timestamp)",
        "cast(b as varchar)",
        "cast(day as varchar)",
        "cast(ts as varchar)",
        "cast(ts - interval 1969 year as varchar)",
        "cast(other - 800000 as varchar)",
        "cast('2024-02-29' as date)",
        "cast(z as date)",
        "cast(null as varchar)",
        "cast('1.25' as decimal(9, 4))",
        "cast(l as hugeint)",
        "cast(e as bigint)",
        "cast(u as varchar)",
        "cast(d / 4 as integer)",
        "cast(i / 2 as bigint)",
    ),
)
def conversion(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Between exact numbers (rounded half away from zero), to floating point, of dates, and to text."""
    wanted = kind_in(cast("exp.DataType", node.args["to"]))
    inner = node.this
    if isinstance(inner, exp.Placeholder):
        return constant(scalars.parameters[inner.name], wanted)
    if is_text(inner):
        return constant(inner.name, wanted)
    said = scalars.say(inner, scope)
    have = said.kind.family
    if have == "null":
        return Typed(cast_to(exp.Null(), wanted), wanted)
    if wanted == TEXT:
        return Typed(as_text(said), TEXT)
    if (have, wanted.family) in _CASTS or (have in EXACT and wanted.family in (*EXACT, "double")):
        return Typed(cast_to(said.tree, wanted), wanted)
    if have == wanted.family:
        return Typed(said.tree, wanted)
    raise CannotSayError(f"CAST of {have} as {wanted.family}")


_CASTS = {
    ("date", "timestamp"),
    ("timestamp", "date"),
    ("instant", "date"),
    ("double", "double"),
    ("double", "integer"),
}


def as_text(said: Typed) -> exp.Expr:
    """A value as DuckDB writes it."""
    family = said.kind.family
    if family == "text":
        return collated(said.tree)
    if family == "null":
        return collated(cast_to(exp.Null(), TEXT))
    if family in ("integer", "huge", "boolean", "uuid", "time"):
        return collated(cast_to(said.tree, TEXT))
    if family == "decimal":
        # A number in the middle of a computation carries what decimals it has; its kind says how many are shown.
        return collated(cast_to(cast_to(said.tree, Kind("decimal", scale=said.kind.scale)), TEXT))
    if family in (*MOMENTS, "instant"):
        # Years before the first are marked in two ways: behind the clock, and before it.
        text = cast_to(said.tree, TEXT)
        return collated(call("regexp_replace", text, words(r"^(\S+)(.*) BC$"), words(r"\1 (BC)\2")))
    raise CannotSayError(f"{family} as text")


__all__ = ["arithmetic", "named"]
