"""Walking a meaning: every condition and every output in it, however deep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.builtin.meaning import Beyond, Condition, Either, Meaning, Nested, Out, Scope


def conditions_of(meaning: Meaning) -> Iterator[Condition]:
    """Every condition, also those of single figures and those within others; of an "or" each side."""
    for out in [*meaning.outs, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]:
        for part in with_parts([out]):
            yield from within(part.conditions)
    yield from within(meaning.scope.conditions)


def within(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """The conditions and all that lie in them."""
    for condition in conditions:
        if isinstance(condition, Either):
            yield from within(condition.options)
            continue
        yield condition
        if isinstance(condition, Nested | Beyond):
            yield from within(condition.scope.conditions)


def outs_of(meaning: Meaning) -> list[Out]:
    """Every output that is shown, grouped by, ordered by or compared, with its parts."""
    outs = [*meaning.outs, *meaning.groups, *meaning.within]
    outs += [out for out, _ in meaning.order] + [out for out, _, _ in meaning.having]
    for condition in conditions_of(meaning):
        if isinstance(condition, Nested):
            outs += [condition.out] if condition.out is not None else []
            outs += [out for out, _ in condition.scope.order]
        elif isinstance(condition, Beyond):
            outs.append(condition.out)
    return list(with_parts(outs))


def with_parts(outs: Iterable[Out]) -> Iterator[Out]:
    """The outputs and what they are made of."""
    for out in outs:
        yield out
        yield from with_parts(out.parts)


def scopes_of(scope: Scope) -> Iterator[tuple[Scope, Nested | None]]:
    """A set of rows and those nested in it, each with the condition that holds it."""
    yield scope, None
    for condition in within(scope.conditions):
        if isinstance(condition, Nested):
            yield condition.scope, condition
