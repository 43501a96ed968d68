"""Readings that find nothing: no row, or figures over no rows. That is more often misread than true, so it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.builtin.meaning import Compare, Condition, Meaning, Nested
from agents.contract import DataView

if TYPE_CHECKING:
    from sqlglot import exp


def none_is_likely(meaning: Meaning, query: exp.Query) -> bool:
    """As in "products that were never sold", "only ordered once": that there is none is as good an answer as any.

    Where several tables meet, it is more likely that they do not meet in the way that was meant.
    """
    from sqlglot import exp

    if len({table.name for table in query.find_all(exp.Table)}) == 1:
        return True
    conditions = meaning.scope.conditions
    lacking = bool(conditions) and all(_lacks(condition) for condition in conditions)
    return bool(meaning.told) or (lacking and not meaning.groups)


def _lacks(condition: Condition) -> bool:
    if isinstance(condition, Nested):
        counted = condition.kind == "measure" and condition.out is not None and condition.out.kind == "count"
        return (condition.kind == "none" or counted) and not condition.scope.conditions
    return isinstance(condition, Compare) and condition.op == "null" and not condition.negated


def finds_nothing(data: DataView, query: exp.Query) -> bool:
    """Whether a reading gives no row, or one row in which nothing stands or everything is zero."""
    rows = data.rows(query.copy(), limit=2)
    if not rows:
        return True
    return len(rows) == 1 and all(str(value) in _NOTHING for value in rows[0])


_NOTHING = frozenset({"None", "0", "0.0", "0.00"})
