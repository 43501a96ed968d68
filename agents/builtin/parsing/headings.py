"""What rows are told apart by: names in place of codes, and no heading where nothing is written down."""

from __future__ import annotations

from agents.builtin.language.words import split_name
from agents.builtin.meaning import Compare, Meaning, Out
from agents.builtin.parsing.parse import Reader
from agents.builtin.schema.choose import label_columns, names_rows
from agents.builtin.schema.graph import Schema

_KEYS_SAID = frozenset("id ids key keys code codes number numbers no nr".split())


def by_what_is_pointed_at(meaning: Meaning, reader: Reader) -> None:
    """As in "shipments per status", where rows hold a code of it: by what the code stands for, which has a name."""
    named = [tag for tag in reader.cursor.tags if tag.kind != "howmany"]  # "number of" names no key
    if _KEYS_SAID & {part for tag in named for word in tag.text.split() for part in split_name(word)}:
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


def ties_by_name(outs: list[Out], meaning: Meaning, schema: Schema) -> list[Out]:
    """As in "the cast of a play", where rows only tie people to plays: they go by what they tie, not by a text of it.

    What a condition names already is not shown again.
    """
    found: list[Out] = []
    for out in outs:
        parents = list(dict.fromkeys(join.parent for join in schema.joins if join.table == out.table))
        if out.kind != "entity" or len(parents) < 2 or schema.keys.get(out.table) or names_rows(schema, out.table):
            found.append(out)
            continue
        named = {c.column[0] for c in meaning.scope.conditions if isinstance(c, Compare) and c.op == "="}
        shown = [Out("entity", table=parent) for parent in parents if parent not in named]
        found += shown or [out]
    return found


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
    """As in "which reason is most common", "when did each agent last sell one": that none was given is no reason."""
    ranked = meaning.limit and meaning.order and meaning.order[0][0].is_measure
    measures = [out for out in meaning.outs if out.is_measure]
    dated = all(o.func in {"max", "min"} and o.column and schema.columns[o.column].kind == "date" for o in measures)
    for out in meaning.outs if ranked or (measures and dated) else []:
        if out.kind != "column" or out.column is None:
            continue
        column = schema.columns[out.column]
        if column.stats.filled < column.stats.rows and column.kind == "text":
            meaning.scope.conditions.append(Compare(column.ref, "notnull"))
            meaning.assumptions.append(f"rows without {column.name} are left out")
