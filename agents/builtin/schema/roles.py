"""Roles: where two columns of a table point at one other table, as home and away team do, each is a table of its own.

The table that is pointed at is held once more for each role, under a name such as ``teams (home)``. Which role a
question means is found in ``spokenroles``.
"""

from __future__ import annotations

from dataclasses import replace

from agents.builtin.language.words import stem
from agents.builtin.schema.graph import Join, Role, Schema
from agents.builtin.schema.values import ValueIndex

_KEYS = frozenset(stem(word) for word in "id key code no number name uid uuid ref reference fk".split())


def add_roles(schema: Schema, values: ValueIndex) -> None:
    """Hold the tables that several columns of one table point at once a role; joins go to the roles."""
    pairs: dict[tuple[str, str], list[Join]] = {}
    for join in schema.joins:
        if len(join.columns) == 1:
            pairs.setdefault((join.table, join.parent), []).append(join)
    for (child, parent), joins in pairs.items():
        if (len(joins) < 2 or _is_relation(schema, child, parent)) and child != parent:
            continue
        named = [(join, _role_words(schema, join)) for join in joins]
        for join, words in named:
            if words and len({w for _, w in named}) == len(named):
                _add(schema, values, join, words, own=child == parent)


def _is_relation(schema: Schema, child: str, parent: str) -> bool:
    """A table that only says which rows of one other table go together, as neighbours do: either side is meant."""
    keyed = {name for join in schema.joins if join.table == child for name in join.columns}
    parents = {join.parent for join in schema.joins if join.table == child}
    said = [c for c in schema.of(child) if c.name not in keyed and not c.is_id and c.stats.distinct > 1]
    return not said and parents == {parent}


def _role_words(schema: Schema, join: Join) -> tuple[str, ...]:
    owner = {stem(word) for word in schema.tables[join.parent]}
    words = schema.columns[join.table, join.columns[0]].words
    said = tuple(word for word in words if stem(word) not in _KEYS | owner)
    return tuple(word for word in said if word != "by") or said


def _add(schema: Schema, values: ValueIndex, join: Join, words: tuple[str, ...], *, own: bool) -> None:
    name = f"{join.parent} ({' '.join(words)})"
    if name in schema.tables:
        name = f"{join.parent} ({' '.join(words)} of {join.table})"
    schema.tables[name] = words if own else (*words, *schema.tables[join.parent])
    schema.roles[name] = Role(join.parent, join.table, words, own=own)
    for column in schema.of(join.parent):
        held = replace(column, table=name, words=(*words, *column.words))
        schema.columns[held.ref] = held
        if column.ref in values.by_column:
            values.by_column[held.ref] = values.by_column[column.ref]
    schema.keys[name] = schema.keys.get(join.parent, ())
    schema.rows[name] = schema.rows.get(join.parent, 0)
    schema.joins[schema.joins.index(join)] = replace(join, parent=name)
