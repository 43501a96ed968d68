"""Lists of texts inside an expression: a text split at a border, and what is taken from the parts.

A list never leaves its expression: a column that holds one is on no list.
"""

from __future__ import annotations

from sqlglot import exp

from pipelines.inplace.kinds import BIGINT, BOOLEAN, LIST, TEXT, CannotSayError
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    collated,
    is_text,
    literal_of,
    named,
    number,
    only,
    says,
    words,
)


@says("Split", name="string_split", examples=("len(string_split(v, 'b'))", "string_split(w, ' ')[1]"))
def split(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The parts between the borders; an empty text has one, which PostgreSQL would leave out."""
    only(node, "this", "expression")
    border = node.expression
    if not is_text(border) or not border.name:
        raise CannotSayError(f"{named(node)} by a border that is no constant")
    text = scalars.text(node.this, scope)
    empty = exp.If(this=exp.EQ(this=text, expression=words("")), true=cast_to(words('{""}'), LIST))
    return Typed(exp.Case(ifs=[empty], default=call("string_to_array", text.copy(), words(border.name))), LIST)


@says(
    "ArraySize",
    name="array_length",
    examples=("array_length(string_split(v, 'a'))", "len(string_split(v || w, ' '))"),
)
def size(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """How many."""
    only(node, "this")
    return Typed(cast_to(call("cardinality", scalars.of(node.this, scope, "list").tree), BIGINT), BIGINT)


@says(
    "list_extract",
    "array_extract",
    "element_at",
    name="list_extract",
    examples=(
        "list_extract(string_split(v, 'b'), 2)",
        "list_extract(string_split(v, 'b'), -1)",
        "list_extract(string_split(w, 'b'), -2)",
        "list_extract(string_split(w, 'b'), 0)",
    ),
)
def element(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The one in that place, from 1, or from the end; none is empty."""
    parts, place = node.expressions
    return _taken(scalars.of(parts, scope, "list").tree, literal_of(place))


@says("Bracket", name="list[n]", examples=("string_split(v, 'b')[2]", "string_split(v, ' ')[-1]"))
def bracket(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise; the tree counts from 0."""
    (place,) = node.expressions
    found = literal_of(place)
    if found is None:
        raise CannotSayError("an element of a list")
    return _taken(scalars.of(node.this, scope, "list").tree, found + 1)


def _taken(parts: exp.Expr, place: int | None) -> Typed:
    if place is None:
        raise CannotSayError("an element of a list in a place that is no constant")
    if place == 0:
        return Typed(collated(cast_to(exp.Null(), TEXT)), TEXT)
    wanted: exp.Expr = number(place)
    if place < 0:
        wanted = exp.Add(this=call("cardinality", parts.copy()), expression=number(place + 1))
    # With its own offset, the generator leaves the place as it is.
    return Typed(
        collated(exp.Paren(this=exp.Bracket(this=exp.Paren(this=parts), expressions=[wanted], offset=1))), TEXT
    )


@says(
    "list_slice",
    name="list_slice",
    examples=(
        "array_to_string(list_slice(string_split(v, 'b'), 1, 1), '+')",
        "len(list_slice(string_split(w, ' '), 2, 9))",
        "len(list_slice(string_split(w, ' '), 0, 1))",
    ),
)
def part(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Those from one place to another, both of them constants."""
    places = [literal_of(item) for item in node.expressions[1:]]
    if len(places) != TWO or any(place is None or place < 0 for place in places):
        raise CannotSayError("list_slice() from or to a place that is no constant from 0 on")
    parts = scalars.of(node.expressions[0], scope, "list").tree
    start, end = (number(place or 0) for place in places)
    stretch = exp.Slice(this=start, expression=end)
    return Typed(exp.Paren(this=exp.Bracket(this=exp.Paren(this=parts), expressions=[stretch], offset=1)), LIST)


TWO = 2


@says(
    "ArrayToString",
    "array_to_string",
    name="array_to_string",
    examples=("array_to_string(string_split(v, 'b'), '-')", "array_to_string(string_split(w, ' '), '')"),
)
def joined(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One text of the parts, with a border between."""
    if isinstance(node, exp.Anonymous):
        parts, border = node.expressions
    else:
        only(node, "this", "expression")
        parts, border = node.this, node.expression
    if not is_text(border):
        raise CannotSayError(f"{named(node)} with a border that is no constant")
    found = call("array_to_string", scalars.of(parts, scope, "list").tree, words(border.name))
    return Typed(collated(found), TEXT)


@says(
    "ArrayContains",
    name="list_contains",
    examples=("list_contains(string_split(v, 'b'), 'a')", "list_contains(string_split(w, ' '), v)"),
)
def contains(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text is one of the parts."""
    only(node, "this", "expression", "ensure_variant", "check_null")
    parts = scalars.of(node.this, scope, "list").tree
    return Typed(exp.EQ(this=scalars.text(node.expression, scope), expression=call("any", parts)), BOOLEAN)


@says(
    "ArraySort",
    name="list_sort",
    examples=("array_to_string(list_sort(string_split(v, 'b')), ',')", "list_sort(string_split(w, ' '))[1]"),
)
def ordered(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """By their bytes, the least first."""
    only(node, "this", "nulls_first")
    return _again(scalars.of(node.this, scope, "list").tree, descending=False, by_place=False)


@says(
    "list_reverse",
    name="list_reverse",
    examples=("array_to_string(list_reverse(string_split(v, 'b')), ',')", "list_reverse(string_split(w, ' '))[1]"),
)
def backwards(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The last first."""
    (parts,) = node.expressions
    return _again(scalars.of(parts, scope, "list").tree, descending=True, by_place=True)


def _again(parts: exp.Expr, *, descending: bool, by_place: bool) -> Typed:
    """The list in another order; an empty value stays one, which a query of its parts would not say."""
    own, place = (exp.to_identifier(name, quoted=True) for name in ("_part", "_place"))
    value = exp.Column(this=own)
    key: exp.Expr = exp.Column(this=place) if by_place else collated(value.copy())
    numbered = exp.Unnest(
        expressions=[parts],
        alias=exp.TableAlias(this=exp.to_identifier("_parts", quoted=True), columns=[own.copy(), place.copy()]),
        offset=True,
    )
    query = exp.Select(
        expressions=[value],
        from_=exp.From(this=numbered),
        order=exp.Order(expressions=[exp.Ordered(this=key, desc=descending, nulls_first=descending)]),
    )
    is_empty = exp.If(this=exp.Is(this=exp.Paren(this=parts.copy()), expression=exp.Null()), true=exp.Null())
    return Typed(exp.Case(ifs=[is_empty], default=exp.Array(expressions=[query])), LIST)
