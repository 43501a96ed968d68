"""Functions of texts on the list."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from pipelines.inplace.kinds import (
    BIGINT,
    BOOLEAN,
    TEXT,
    CannotSayError,
)
from pipelines.inplace.operators import as_text
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

SPACES: Final = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""What DuckDB's trim takes away: the separators of Unicode, and neither tabs nor ends of lines."""


@says("Length", name="length, len", examples=("length(v)", "len(w)"))
def length(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Characters; of a list, how many parts."""
    only(node, "this", "binary", "encoding")
    said = scalars.of(node.this, scope, "text", "list")
    if said.kind.family == "list":
        return Typed(cast_to(call("cardinality", said.tree), BIGINT), BIGINT)
    return Typed(cast_to(call("char_length", scalars.text(node.this, scope)), BIGINT), BIGINT)


@says(
    "Trim", "ltrim", "rtrim", name="trim, ltrim, rtrim", examples=("trim(v)", "ltrim(v)", "rtrim(v)", "trim(v, 'ab')")
)
def trim(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without spaces, or stated characters, at its ends."""
    if isinstance(node, exp.Anonymous):
        function: str | None = str(node.name).lower()
        value, which = (*node.expressions, None)[:2]
    else:
        only(node, "this", "expression", "position")
        function = {"": "btrim", "LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or ""))
        value, which = node.this, node.expression
    if function is None or (which is not None and not (is_text(which) and which.name)):
        raise CannotSayError("trim() of characters that are computed")
    characters = words(which.name) if which is not None else words(SPACES)
    return Typed(call(function, scalars.text(value, scope), characters), TEXT)


@says("Replace", examples=("replace(v, 'a', '-')", "replace(v, 'ab', w)", "replace(v, '', 'x')"))
def replace(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Every occurrence."""
    only(node, "this", "expression", "replacement")
    parts = [scalars.text(item, scope) for item in (node.this, node.expression, node.args["replacement"])]
    return Typed(call("replace", *parts), TEXT)


@says("Substring", examples=("substr(v, 1, 2)", "substring(v, 2)", "substr(v, 3, 0)"))
def substring(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """From a place, so many characters; both are written as constants, since from the end the engines differ."""
    only(node, "this", "start", "length")
    start, size = literal_of(node.args.get("start")), node.args.get("length")
    many = literal_of(size)
    if start is None or start < 1 or (size is not None and (many is None or many < 0)):
        raise CannotSayError("substring() from a place that is not a constant from 1 on")
    rest = [number(start)] if many is None else [number(start), number(many)]
    return Typed(call("substr", scalars.text(node.this, scope), *rest), TEXT)


@says("Left", "Right", name="left, right", examples=("left(v, 2)", "right(v, 2)", "left(v, 0)", "right(v, 1)"))
def side(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first or last so many characters, a constant."""
    size = literal_of(node.expression)
    if size is None or size < 0:
        raise CannotSayError(f"{named(node)} of a length that is no constant")
    function = "left" if isinstance(node, exp.Left) else "right"
    return Typed(call(function, scalars.text(node.this, scope), number(size)), TEXT)


@says("SplitPart", examples=("split_part(v, 'a', 1)", "split_part(v, ' ', 2)"))
def split_part(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The part of that number, counted from 1."""
    only(node, "this", "delimiter", "part_index")
    border, place = node.args["delimiter"], literal_of(node.args.get("part_index"))
    if not is_text(border) or not border.name or place is None or place < 1:
        raise CannotSayError("split_part() by a border or a place that is no constant")
    return Typed(call("split_part", scalars.text(node.this, scope), words(border.name), number(place)), TEXT)


@says("StrPosition", name="strpos, position, instr", examples=("strpos(v, 'b')", "strpos(v, '')", "position('a' in w)"))
def position(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Where a text stands in another, from 1; 0 where it does not."""
    only(node, "this", "substr")
    found = call("strpos", scalars.text(node.this, scope), scalars.text(node.args["substr"], scope))
    return Typed(cast_to(found, BIGINT), BIGINT)


@says("Contains", examples=("contains(v, 'a')", "contains(v, w)"))
def contains(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text stands in another."""
    only(node, "this", "expression")
    found = call("strpos", scalars.text(node.this, scope), scalars.text(node.expression, scope))
    return Typed(exp.GT(this=found, expression=number(0)), BOOLEAN)


@says("StartsWith", name="starts_with, prefix", examples=("starts_with(v, 'a')", "starts_with(v, w)"))
def starts_with(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text begins so."""
    only(node, "this", "expression")
    return Typed(call("starts_with", scalars.text(node.this, scope), scalars.text(node.expression, scope)), BOOLEAN)


@says("Concat", examples=("concat(v, w)", "concat(v, '-', i, d)", "concat(day, b)"))
def concat(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One text after the other, empty ones left out."""
    only(node, "expressions", "safe", "coalesce")
    texts = [as_text(scalars.say(item, scope)) for item in node.expressions]
    return Typed(call("concat", *texts), TEXT)


@says("ConcatWs", examples=("concat_ws('; ', v, w)", "concat_ws('-', v, null, i)"))
def concat_ws(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Texts with a border between, empty ones left out."""
    only(node, "expressions", "safe", "coalesce")
    border, *rest = node.expressions
    texts = [as_text(scalars.say(item, scope)) for item in rest]
    return Typed(call("concat_ws", scalars.text(border, scope), *texts), TEXT)


@says("Pad", name="lpad, rpad", examples=("lpad(v, 5, '0')", "rpad(v, 3, 'xy')", "lpad(v, 1, '-')"))
def pad(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Filled up, or cut, to so many characters."""
    only(node, "this", "expression", "fill_pattern", "is_left")
    size, fill = literal_of(node.expression), node.args.get("fill_pattern")
    if size is None or size < 0 or fill is None or not is_text(fill) or not fill.name:
        raise CannotSayError(f"{named(node)} with a length or a filling that is no constant")
    function = "lpad" if node.args.get("is_left") else "rpad"
    return Typed(call(function, scalars.text(node.this, scope), number(size), words(fill.name)), TEXT)


@says("MD5", examples=("md5(v)",))
def md5(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The hash of the text's bytes, as hex."""
    only(node, "this")
    return Typed(call("md5", scalars.text(node.this, scope)), TEXT)


@says("Upper", "Lower", name="upper, lower", examples=("upper(v)", "lower(w)", "lower(v || w)"))
def letter_case(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Letter by letter, as DuckDB does, whatever the database's own rules are."""
    only(node, "this")
    from pipelines.inplace.letters import letters

    function = "upper" if isinstance(node, exp.Upper) else "lower"
    text = scalars.text(node.this, scope)
    before, after = letters(function)
    plain = exp.EQ(this=call("octet_length", text.copy()), expression=call("char_length", text.copy()))
    # PostgreSQL looks each letter up in the whole list, so a text of plain letters does not come by it.
    quick = exp.If(this=plain, true=call(function, text))
    return Typed(
        collated(exp.Case(ifs=[quick], default=call("translate", text.copy(), words(before), words(after)))), TEXT
    )
