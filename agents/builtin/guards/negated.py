"""Negations over several values: "not red or blue" is neither, "not by Ada Byron" is one person and no two words."""

from __future__ import annotations

from itertools import pairwise

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Condition, Either, Meaning
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Schema

_JOINTS = frozenset({"or", "and", "nor", ","})


def keep_negation(tags: list[Tag], meaning: Meaning, schema: Schema) -> None:
    """Let a "not" reach all values and parts of a name that it stands before; what it cannot reach is a problem."""
    if not any(tag.kind == "neg" for tag in tags):
        return
    conditions = meaning.scope.conditions
    _whole_names(tags, conditions, schema)
    _all_values(tags, conditions)
    for either in [c for c in conditions if isinstance(c, Either)]:
        columns = {c.column for c in either.options if isinstance(c, Compare)}
        labels = {ref for ref in columns if ref in label_columns(schema, ref[0])}
        if len(labels) > 1 and not all(isinstance(c, Compare) and c.negated for c in either.options):
            meaning.problems.append("lost:'or' behind a negation")


def _all_values(tags: list[Tag], conditions: list[Condition]) -> None:
    joined = _joined_values(tags)
    for place, condition in enumerate(list(conditions)):
        options = condition.options if isinstance(condition, Either) else conditions[place : place + 2]
        plain = [c for c in options if isinstance(c, Compare) and c.op == "="]
        if len(plain) != len(options) or len(plain) < 2 or not plain[0].negated:
            continue
        values = tuple(value for one in plain for value in one.values)
        if len({one.column for one in plain}) > 1 or not {str(value) for value in values} <= joined:
            continue
        merged = Compare(plain[0].column, "=", values, negated=True)
        taken = [condition] if isinstance(condition, Either) else list(options)
        conditions[place : place + len(taken)] = [merged]
        return


def _joined_values(tags: list[Tag]) -> set[str]:
    """Values of a list behind a "not"."""
    found: set[str] = set()
    for before, joint, after in zip(tags, tags[1:], tags[2:], strict=False):
        if joint.text.lower() in _JOINTS and _is_value(before) and _is_value(after):
            found |= {str(before.links[0].value), str(after.links[0].value)}
    return found


def _whole_names(tags: list[Tag], conditions: list[Condition], schema: Schema) -> None:
    for first, second in pairwise(list(conditions)):
        if not isinstance(first, Compare) or not isinstance(second, Compare) or not first.negated or second.negated:
            continue
        labels = label_columns(schema, first.column[0])
        parts = first.column != second.column and {first.column, second.column} <= set(labels)
        if first.op == second.op == "=" and parts and _touching(tags, first, second):
            second.negated = True
            place = conditions.index(first)
            conditions[place : place + 2] = [Either([first, second])]


def _touching(tags: list[Tag], first: Compare, second: Compare) -> bool:
    """Whether two values stand side by side, as the parts of a name do."""
    return any(
        _is_value(one) and _is_value(two) and one.links[0].ref == first.column and two.links[0].ref == second.column
        for one, two in pairwise(tags)
    )


def _is_value(tag: Tag) -> bool:
    return bool(tag.links) and tag.links[0].kind == "value"
