"""Regular expressions of a spec: RE2's, which take no longer than the text is long, so that none can hang a run."""

from __future__ import annotations

from sqlglot import exp

from pipelines.scope import StepScope
from spec.errors import SpecError


def check(pattern: str, field: str, scope: StepScope) -> None:
    """Refuse a pattern that cannot be read, at compile time rather than in the middle of a run."""
    test = exp.Anonymous(this="regexp_matches", expressions=[exp.Literal.string(""), exp.Literal.string(pattern)])
    try:
        scope.binder.constants([test], scope.where(field))
    except SpecError as error:
        raise scope.fail(
            f"The pattern {pattern!r} cannot be read: {error.message}",
            field=field,
            hint="Patterns are RE2's: a sign such as ( or + that stands for itself is written \\( or \\+; there is no "
            "looking ahead or behind, and no \\1 inside a pattern.",
        ) from None


def matches(text: exp.Expr, pattern: str) -> exp.Expr:
    """Whether the pattern is found anywhere in the text."""
    return exp.Anonymous(this="regexp_matches", expressions=[text, exp.Literal.string(pattern)])


def replaced(text: exp.Expr, pattern: str, new: str) -> exp.Expr:
    """The text with every match replaced; ``new`` may name groups of the pattern by number."""
    words = [exp.Literal.string(word) for word in (pattern, new, "g")]
    return exp.Anonymous(this="regexp_replace", expressions=[text, *words])


def first(text: exp.Expr, pattern: str) -> exp.Expr:
    """The first match: its first group where the pattern has one. Empty text where there is none."""
    return group(text, pattern, 1 if groups(pattern) else 0)


def group(text: exp.Expr, pattern: str, number: int) -> exp.Expr:
    """A group of the first match by its number, 0 for the whole; empty text where there is none."""
    return exp.Anonymous(
        this="regexp_extract", expressions=[text, exp.Literal.string(pattern), exp.Literal.number(number)]
    )


def every(text: exp.Expr, pattern: str, number: int) -> exp.Expr:
    """That group of every match, as a list."""
    return exp.Anonymous(
        this="regexp_extract_all", expressions=[text, exp.Literal.string(pattern), exp.Literal.number(number)]
    )


def groups(pattern: str) -> int:
    """How many groups take something: parentheses that are not escaped, in no class, and not ``(?:``."""
    return len(names(pattern))


def names(pattern: str) -> list[str]:
    """The name of each group that takes something, empty where it has none; ``(?P<city>...)`` is named city."""
    bare = pattern.replace("\\\\", "").replace("\\(", "").replace("\\[", "")
    found: list[str] = []
    in_class = False
    for place, letter in enumerate(bare):
        if letter == "[" and not in_class:
            in_class = True
        elif letter == "]":
            in_class = False
        elif letter == "(" and not in_class:
            if bare[place + 1 : place + 2] != "?":
                found.append("")
            elif bare[place + 1 : place + 3] == "?P" or bare[place + 1 : place + 3] == "?<":
                found.append(bare[place + 1 :].partition("<")[2].partition(">")[0])
    return found
