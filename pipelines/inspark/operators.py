"""Operators whose Spark spelling is its own: division, patterns, intervals, joined texts and casts."""

from __future__ import annotations

from typing import Final, cast

from sqlglot import exp

from pipelines.inplace import operators
from pipelines.inplace.kinds import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    MOMENTS,
    TEXT,
    TIMESTAMP,
    CannotSayError,
    Kind,
    kind_in,
    one_kind,
)
from pipelines.inplace.scalars import RULES, Scalars, Scope, Typed, call, cast_to, grouped, is_text, number, only, words
from pipelines.inspark.rules import says_spark

FIRST_DAY: Final = "0001-01-01"


@says_spark("Like", name="like", examples=RULES["Like"].examples)
def like(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """With % and _ and no way to write them as themselves; a backslash is one to Spark, unless it is doubled."""
    only(node, "this", "expression", "negate")
    left, right = (scalars.of(item, scope, "text").tree for item in (node.this, node.expression))
    doubled = call("replace", right, words("\\"), words("\\\\"))
    tree = exp.Like(this=grouped(left), expression=doubled)
    return Typed(exp.Not(this=exp.Paren(this=tree)) if node.args.get("negate") else tree, BOOLEAN)


@says_spark("Add", "Sub", "Mul", name="+ - *", examples=RULES["Add"].examples)
def arithmetic(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """As there, but for intervals of a computed number of units."""
    span = None if isinstance(node, exp.Mul) else spanned(scalars, node.expression, scope)
    if span is None:
        return operators.arithmetic(scalars, node, scope)
    only(node, "this", "expression")
    left = scalars.of(node.this, scope, *MOMENTS)
    moment = cast_to(left.tree, TIMESTAMP)
    return Typed(type(node)(this=moment, expression=span), TIMESTAMP)


def spanned(scalars: Scalars, node: exp.Expr, scope: Scope) -> exp.Expr | None:
    """``to_days(n)`` and its like as an interval, None for anything else."""
    name = "to_days" if isinstance(node, exp.ToDays) else node.name.lower() if isinstance(node, exp.Anonymous) else ""
    place = _PLACES.get(name)
    if place is None:
        return None
    (size,) = [node.this] if isinstance(node, exp.ToDays) else node.expressions
    many = cast_to(scalars.of(size, scope, "integer").tree, INTEGER)
    return call("make_interval", *(number(0) for _ in range(place)), many)


_PLACES: Final = {"to_years": 0, "to_months": 1, "to_weeks": 2, "to_days": 3, "to_hours": 4}
"""Which argument of make_interval it is."""


@says_spark("Div", name="/", examples=(*RULES["Div"].examples, "i / (f * 0)"))
def division(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Floating-point always; by zero it gives infinity, or NaN for zero itself, where Spark would stop."""
    said = operators.division(scalars, node, scope)
    for literal in said.tree.find_all(exp.Literal):
        if literal.is_string and literal.name == "-0":
            # How zero below zero is written.
            literal.replace(words("-0.0"))
    return said


@says_spark("IntDiv", name="//", examples=("i // 3", "l // i", "-i // 2", "(l * 9000000) // 7"))
def whole_division(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Cut off towards zero; by zero it is empty."""
    only(node, "this", "expression")
    left, right = (scalars.of(item, scope, "integer") for item in (node.this, node.expression))
    found = one_kind([left.kind, right.kind], "a division")
    return Typed(cast_to(call("div", left.tree, call("nullif", right.tree, number(0))), found), found)


@says_spark("DPipe", name="||", examples=(*RULES["DPipe"].examples, "z || v"))
def joined(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One text after the other; with an empty value, empty."""
    left, right = (as_text(scalars.say(item, scope)) for item in (node.this, node.expression))
    return Typed(exp.DPipe(this=grouped(left), expression=grouped(right)), TEXT)


@says_spark(
    "Cast",
    name="cast",
    examples=(
        *RULES["Cast"].examples,
        "cast(least(f, 2.5) as integer)",
        "cast(z as varchar)",
        "cast(d as decimal(18, 0))",
        "cast(day - 5000000 as varchar)",
        "cast(day + 3000000 as varchar)",
    ),
)
def conversion(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """As there; to whole numbers rounded, exact ones half away from zero and floating point half to even."""
    wanted, inner = kind_in(cast("exp.DataType", node.args["to"])), node.this
    if isinstance(inner, exp.Placeholder | exp.Null) or is_text(inner):
        return operators.conversion(scalars, node, scope)
    said = scalars.say(inner, scope)
    if wanted == TEXT:
        return Typed(as_text(said), TEXT)
    if wanted.family == "integer" and said.kind.family in ("decimal", "double"):
        whole = call("rint", said.tree) if said.kind == DOUBLE else call("round", said.tree, number(0))
        return Typed(cast_to(whole, wanted), wanted)
    return operators.conversion(scalars, node, scope)


def as_text(said: Typed) -> exp.Expr:
    """A value as DuckDB writes it."""
    family = said.kind.family
    if family == "text":
        return said.tree
    if family in ("integer", "huge", "boolean", "uuid", "null"):
        return cast_to(said.tree, TEXT)
    if family == "decimal":
        # A number in the middle of a computation carries what decimals it has; its kind says how many are shown.
        return cast_to(cast_to(said.tree, Kind("decimal", scale=said.kind.scale)), TEXT)
    if family in (*MOMENTS, "instant"):
        return _moment_text(said)
    raise CannotSayError(f"{family} as text")


def _moment_text(said: Typed) -> exp.Expr:
    """Spark writes a sign before years beyond 9999 and before the first, DuckDB none and a mark behind the day."""
    tree = grouped(said.tree)
    plain, zone = cast_to(tree, TEXT), words("+00" if said.kind.family == "instant" else "")
    late = exp.DPipe(this=exp.Trim(this=plain.copy(), expression=words("+"), position="LEADING"), expression=zone)
    year = call("year", tree.copy())
    is_zero = exp.EQ(this=year.copy(), expression=number(0))
    least = exp.Case(ifs=[exp.If(this=is_zero, true=number(4))], default=number(5))
    signed = call("greatest", call("length", cast_to(year.copy(), TEXT)), least)
    rest = call("substring", plain.copy(), exp.Add(this=signed, expression=number(1)))
    before = cast_to(exp.Paren(this=exp.Sub(this=number(1), expression=year)), TEXT)
    digits = call("lpad", before, call("greatest", number(4), call("length", before.copy())), words("0"))
    day, clock = call("substring", rest, number(1), number(6)), call("substring", rest.copy(), number(7))
    early = call("concat", digits, day, words(" (BC)"), clock, zone.copy())
    is_early = exp.LT(this=tree.copy(), expression=cast_to(words(FIRST_DAY), DATE))
    return exp.Case(ifs=[exp.If(this=is_early, true=early)], default=late)
