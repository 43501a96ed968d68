"""What rows are told apart by: names in place of codes, and no heading where nothing is written down."""

from __future__ import annotations

from agents.builtin.choose import label_columns
from agents.builtin.meaning import Compare, Meaning, Out
from agents.builtin.parse import Reader
from agents.builtin.schema import Schema

_KEYS_SAID = frozenset("id ids key keys code codes number numbers no nr".split())


def by_what_is_pointed_at(meaning: Meaning, reader: Reader) -> None:
    """As in "shipments per status", where rows hold a code of it: by what the code stands for, which has a name."""
    if _KEYS_SAID & reader.words:
        return
    schema = reader.schema
    for place, group in enumerate(meaning.groups):
        if group.kind != "column" or group.column is None:
            continue
        parents = [j.parent for j in schema.joins if (j.table, j.columns) == (group.column[0], (group.column[1],))]
        if len(parents) != 1 or any(out.kind == "entity" and out.table == parents[0] for out in meaning.groups):
            continue
        label = label_columns(schema, parents[0])[0]
        if schema.columns[label].kind == "text" and label[1] not in schema.keys.get(parents[0], ()):
            meaning.groups[place] = Out("entity", table=parents[0])


def values_there_are(meaning: Meaning, schema: Schema) -> None:
    """As in "which brands do we have": where none is written down, there is none."""
    out = meaning.outs[0] if len(meaning.outs) == 1 else None
    if not meaning.distinct or out is None or out.kind != "column" or out.column is None or meaning.order:
        return
    column = schema.columns[out.column]
    held = {c.column for c in meaning.scope.conditions if isinstance(c, Compare)}
    if column.kind == "text" and column.stats.filled < column.stats.rows and column.ref not in held:
        meaning.scope.conditions.append(Compare(column.ref, "notnull"))


def without_nothing(meaning: Meaning, schema: Schema) -> None:
    """As in "which reason is most common": that none was given is no reason."""
    ranked = meaning.limit and meaning.order and meaning.order[0][0].is_measure
    for out in meaning.outs if ranked else []:
        if out.kind != "column" or out.column is None:
            continue
        column = schema.columns[out.column]
        if column.stats.filled < column.stats.rows and column.kind == "text":
            meaning.scope.conditions.append(Compare(column.ref, "notnull"))
            meaning.assumptions.append(f"rows without {column.name} are left out")
