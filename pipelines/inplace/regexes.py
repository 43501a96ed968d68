"""Regular expressions on the list: whether a text matches, and runs of one kind of characters taken out or replaced."""

from __future__ import annotations

from sqlglot import exp

from pipelines.inplace.kinds import BOOLEAN, TEXT, CannotSayError
from pipelines.inplace.pattern import Pattern, read
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    grouped,
    is_text,
    literal_of,
    named,
    only,
    says,
    words,
)


def pattern_of(node: exp.Expr) -> Pattern:
    """The pattern of a function, which is written as a constant."""
    if not is_text(node.expression):
        raise CannotSayError(f"{named(node)} by a pattern that is computed")
    return read(node.expression.name)


def run_of(node: exp.Expr) -> Pattern:
    """The same, of which there is one match at a place: engines take the first way to match or the longest."""
    found = pattern_of(node)
    if not found.is_run:
        raise CannotSayError(f"{named(node)} by a pattern of several parts")
    return found


def plain_text(node: exp.Expr | None, what: exp.Expr) -> str:
    """What replaces a match: a constant, in which nothing stands for what was matched."""
    if not isinstance(node, exp.Expr) or not is_text(node) or "\\" in node.name:
        raise CannotSayError(f"{named(what)} by something that is computed or stands for a part")
    return str(node.name)


def _written(pattern: Pattern, *, whole: bool = False) -> exp.Expr:
    start, end = "^" if pattern.at_start or whole else "", "$" if pattern.at_end or whole else ""
    return words(f"{start}(?:{pattern.body}){end}")


@says(
    "RegexpLike",
    name="regexp_matches",
    examples=(
        "regexp_matches(v, '[0-9]')",
        r"regexp_matches(w, '\s')",
        "regexp_matches(v, '^a.*c$')",
        "regexp_matches(v, '(a|ß|\U0001f600)[^a-c]?')",
        r"regexp_matches(v || w, '\W\S')",
        r"regexp_matches(w, 'b$')",
        r"regexp_matches(v, '[\w.+-]{2,}')",
    ),
)
def matches(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a part of a text matches."""
    only(node, "this", "expression")
    text = grouped(scalars.text(node.this, scope))
    return Typed(exp.RegexpLike(this=text, expression=_written(pattern_of(node))), BOOLEAN)


@says(
    "RegexpFullMatch",
    name="regexp_full_match",
    examples=(
        "regexp_full_match(v, '[a-z]+')",
        r"regexp_full_match(w, '.*\d?')",
        "regexp_full_match(v, 'abc|B')",
        "regexp_full_match(v, '.*')",
        r"regexp_full_match(v, '\D*')",
    ),
)
def matches_whole(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a whole text matches."""
    only(node, "this", "expression")
    text = grouped(scalars.text(node.this, scope))
    return Typed(exp.RegexpLike(this=text, expression=_written(pattern_of(node), whole=True)), BOOLEAN)


@says(
    "RegexpReplace",
    examples=(
        r"regexp_replace(v, '[^0-9a-z]+', '-', 'g')",
        r"regexp_replace(w, '\s', '', 'g')",
        r"regexp_replace(v, ' +$', '', 'g')",
        r"regexp_replace(w, '^[ \t]+', '$1 &', 'g')",
        "regexp_replace(v, '[a-z]', '*')",
    ),
)
def replaced(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A run of some characters, or with 'g' every one, by a constant."""
    only(node, "this", "expression", "replacement", "modifiers", "single_replace")
    modifiers = node.args.get("modifiers")
    if modifiers is not None and not (is_text(modifiers) and modifiers.name == "g"):
        raise CannotSayError("regexp_replace() with more than 'g'")
    new, pattern = plain_text(node.args.get("replacement"), node), run_of(node)
    flags = [words("g")] if modifiers is not None else []
    return Typed(call("regexp_replace", scalars.text(node.this, scope), _written(pattern), words(new), *flags), TEXT)


@says(
    "RegexpExtract",
    examples=(
        "regexp_extract(v, '[a-z]+')",
        r"regexp_extract(w, '\d{1,2}')",
        r"regexp_extract(v, '\S+$')",
        "regexp_extract(v, '^[A-Z]')",
    ),
)
def extracted(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first run of some characters; the empty text where there is none."""
    only(node, "this", "expression", "group", "null_if_pos_overflow")
    if literal_of(node.args.get("group")) != 0:
        raise CannotSayError("regexp_extract() of a part")
    text, pattern = scalars.text(node.this, scope), run_of(node)
    none = exp.If(this=exp.Not(this=exp.Is(this=grouped(text.copy()), expression=exp.Null())), true=words(""))
    return Typed(call("coalesce", call("substring", text, _written(pattern)), exp.Case(ifs=[none])), TEXT)
