"""Regular expressions, whose Spark spelling is Java's."""

from __future__ import annotations

from sqlglot import exp

from pipelines.inplace.kinds import BOOLEAN, TEXT, CannotSayError
from pipelines.inplace.pattern import Pattern
from pipelines.inplace.regexes import pattern_of, plain_text, run_of
from pipelines.inplace.scalars import RULES, Scalars, Scope, Typed, call, is_text, literal_of, number, only, words
from pipelines.inspark.rules import says_spark


def _written(pattern: Pattern, *, whole: bool = False) -> exp.Expr:
    # Java's $ also stands before a last end of line.
    start, end = "^" if pattern.at_start or whole else "", r"\z" if pattern.at_end or whole else ""
    return words(f"{start}(?:{pattern.body}){end}")


@says_spark("RegexpLike", name="regexp_matches", examples=RULES["RegexpLike"].examples)
def matches(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a part of a text matches."""
    only(node, "this", "expression")
    return Typed(call("regexp_like", scalars.text(node.this, scope), _written(pattern_of(node))), BOOLEAN)


@says_spark("RegexpFullMatch", name="regexp_full_match", examples=RULES["RegexpFullMatch"].examples)
def matches_whole(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a whole text matches."""
    only(node, "this", "expression")
    return Typed(call("regexp_like", scalars.text(node.this, scope), _written(pattern_of(node), whole=True)), BOOLEAN)


@says_spark("RegexpReplace", examples=RULES["RegexpReplace"].examples[:-1])
def replaced(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Every run of some characters, not the first alone, by a constant, in which Java would read $ as a part."""
    only(node, "this", "expression", "replacement", "modifiers", "single_replace")
    modifiers = node.args.get("modifiers")
    if not isinstance(modifiers, exp.Expr) or not is_text(modifiers) or modifiers.name != "g":
        raise CannotSayError("regexp_replace() without 'g', or with more")
    new = plain_text(node.args.get("replacement"), node).replace("$", r"\$")
    text = scalars.text(node.this, scope)
    return Typed(call("regexp_replace", text, _written(run_of(node)), words(new)), TEXT)


@says_spark("RegexpExtract", examples=RULES["RegexpExtract"].examples)
def extracted(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first run of some characters; the empty text where there is none."""
    only(node, "this", "expression", "group", "null_if_pos_overflow")
    if literal_of(node.args.get("group")) != 0:
        raise CannotSayError("regexp_extract() of a part")
    return Typed(call("regexp_extract", scalars.text(node.this, scope), _written(run_of(node)), number(0)), TEXT)
