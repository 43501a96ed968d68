"""Rules for one value of several: conditions, the first that is not empty, the largest and the smallest."""

from __future__ import annotations

from sqlglot import exp

from pipelines.inplace.kinds import (
    NULL,
    TEXT,
    CannotSayError,
    Kind,
    one_kind,
)
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    collated,
    grouped,
    is_text,
    named,
    only,
    says,
)


@says(
    "Case",
    name="case",
    examples=(
        "case when i > 1 then 'a' when i < 0 then v end",
        "case i when 1 then d else e end",
        "case when b then 1 else 2.5 end",
        "case when b then day else ts end",
        "case when b then d end",
    ),
)
def case(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first that holds."""
    only(node, "this", "ifs", "default")
    conditions: list[exp.Expr] = []
    for item in node.args["ifs"]:
        if node.this is None:
            conditions.append(scalars.truth(item.this, scope))
        else:
            one, other = scalars.pair(node.this, item.this, scope, "CASE")
            conditions.append(exp.EQ(this=grouped(one.tree), expression=grouped(other.tree)))
    default = node.args.get("default")
    values = [item.args["true"] for item in node.args["ifs"]] + ([default] if default is not None else [])
    said, found = one_of(scalars, values, scope, "CASE")
    ifs = [exp.If(this=condition, true=value) for condition, value in zip(conditions, said, strict=False)]
    return Typed(exp.Case(ifs=ifs, default=said[-1] if default is not None else None), found)


@says("If", name="if", examples=("if(b, i, l)", "if(i > 1, v, null)"))
def if_else(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One of two."""
    other = node.args.get("false")
    said, found = one_of(scalars, [node.args["true"], *([other] if other is not None else [])], scope, "IF")
    first = exp.If(this=scalars.truth(node.this, scope), true=said[0])
    return Typed(exp.Case(ifs=[first], default=said[1] if other is not None else None), found)


def one_of(scalars: Scalars, nodes: list[exp.Expr], scope: Scope, what: str) -> tuple[list[exp.Expr], Kind]:
    """Values of which one is taken, as one kind."""
    said = [scalars.say(item, scope) for item in nodes]
    found = one_kind([item.kind for item in said], what)
    if found.family not in ("text", "null", "boolean") and any(is_text(item) for item in nodes):
        raise CannotSayError(f"{what} of a text and {found.family}")
    trees = [cast_to(item.tree, found) if _needs_cast(item.kind, found) else item.tree for item in said]
    return [collated(tree) for tree in trees] if found == TEXT else trees, found


def _needs_cast(kind: Kind, wanted: Kind) -> bool:
    """Whether PostgreSQL would take a value for another type than the one wanted."""
    return wanted != NULL and (kind.family != wanted.family or kind == NULL) and wanted.family != "decimal"


@says(
    "Coalesce",
    examples=("coalesce(v, w, '')", "coalesce(d, 0)", "coalesce(i, l)", "coalesce(d, e)", "ifnull(day, other)"),
)
def coalesce(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first that is not empty."""
    only(node, "this", "expressions")
    trees, kind = one_of(scalars, [node.this, *node.expressions], scope, "coalesce()")
    return Typed(call("coalesce", *trees), kind)


@says("Nullif", examples=("nullif(v, '')", "nullif(i, 0)", "nullif(d, e)"))
def nullif(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Empty where the two are equal."""
    one, other = scalars.pair(node.this, node.expression, scope, "nullif()")
    same = exp.EQ(this=grouped(one.tree), expression=grouped(other.tree))
    empty = exp.If(this=same, true=exp.Null())
    return Typed(exp.Case(ifs=[empty], default=one.tree.copy()), one.kind)


@says(
    "Greatest",
    "Least",
    name="greatest, least",
    examples=(
        "greatest(i, l, 3)",
        "least(v, w)",
        "greatest(d, 0)",
        "least(day, other)",
    ),
)
def extreme(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The largest or smallest of several, empty ones aside."""
    only(node, "this", "expressions", "ignore_nulls")
    trees, kind = one_of(scalars, [node.this, *node.expressions], scope, named(node))
    if kind.family in ("boolean", "uuid"):
        raise CannotSayError(f"{named(node)} of {kind.family}")
    return Typed(call("greatest" if isinstance(node, exp.Greatest) else "least", *trees), kind)
