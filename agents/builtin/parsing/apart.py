"""Two things of one column, of which no single row has both: "in May but not in June", "had A but not B"."""

from __future__ import annotations

from agents.builtin.meaning import Compare, During, Meaning, Nested, Scope
from agents.builtin.schema.graph import Schema


def never_both(meaning: Meaning, schema: Schema) -> None:
    """As in "stayed in May but not in June": none at all in June, for a day in May is never one in June."""
    for scope, parent in scopes_with_parents(meaning.scope):
        periods = [c for c in scope.conditions if isinstance(c, During)]
        for out in [c for c in periods if c.negated]:
            if not any(c.column == out.column and not c.negated and _apart(c, out) for c in periods):
                continue
            if parent is None:
                meaning.problems.append("unclear:not")
                continue
            scope.conditions.remove(out)
            inner = Scope(scope.table, [During(out.column, out.period)], parent=parent)
            parent.conditions.append(Nested("none", inner, alike=True))
        if parent is not None and _belongs(scope, parent, schema):
            _never_both_values(scope, parent)


def _belongs(scope: Scope, parent: Scope, schema: Schema) -> bool:
    """Whether the rows are so many of each one outside."""
    return scope.table in schema.tables and parent.table in schema.tables and schema.owns(scope.table, parent.table)


def _never_both_values(scope: Scope, parent: Scope) -> None:
    """As in "were given A but not B": none at all with B, for a row with A has no B."""
    told = [c for c in scope.conditions if isinstance(c, Compare) and c.op == "=" and c.other is None]
    for out in [c for c in told if c.negated]:
        if not any(c.column == out.column and not c.negated and not set(c.values) & set(out.values) for c in told):
            continue
        scope.conditions.remove(out)
        inner = Scope(scope.table, [Compare(out.column, "=", out.values)], parent=parent)
        parent.conditions.append(Nested("none", inner))


def _apart(a: During, b: During) -> bool:
    first, second = a.period, b.period
    return bool(first.end and second.start and first.end <= second.start) or bool(
        second.end and first.start and second.end <= first.start
    )


def scopes_with_parents(scope: Scope, parent: Scope | None = None) -> list[tuple[Scope, Scope | None]]:
    """A set of rows and those nested in it that are to be there, each with the one around it."""
    found = [(scope, parent)]
    for condition in scope.conditions:
        if isinstance(condition, Nested) and condition.kind == "exists":
            found += scopes_with_parents(condition.scope, scope)
    return found
