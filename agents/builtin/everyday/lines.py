"""Lines of a thing, each so many at a price: what they come to is the thing's amount."""

from __future__ import annotations

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import DOUBT, Compare, Meaning, Nested, Out, Ref, Scope
from agents.builtin.schema.graph import Schema


def add_up_lines(tags: list[Tag], meaning: Meaning, schema: Schema) -> None:
    """What the lines of a thing come to is the thing's amount: an order's value is that of all its lines.

    As in "average order value", "which order had the highest value", "customers who spent more than 500".
    """
    asked = meaning.scope.table
    for out in meaning.outs:
        if _is_amount(out, schema) and out.kind == "agg" and out.func == "avg" and out.column:
            owner = _owner_named(tags, out.column[0], meaning, schema)
            if owner:
                lines = Out("agg", column=out.column, func="sum")
                things = Out("count", column=owner, table=owner[0], distinct=True)
                out.kind, out.func, out.parts, out.column = "ratio", "", [lines, things], None
            else:
                meaning.problems.append(f"{DOUBT}the average would be one of lines")
    for out, _ in meaning.order:
        if out.kind == "column" and _is_amount(out, schema) and out.column and not _of_lines(meaning, out.column[0]):
            out.kind, out.func = "agg", "sum"
            keys = [one for one in meaning.outs if not one.is_measure]
            meaning.groups += [one for one in keys if one not in meaning.groups]
    kept = meaning.scope.conditions
    for place, held in enumerate(kept):
        if not isinstance(held, Compare) or schema.columns[held.column].product is None or held.negated:
            continue
        if asked and asked != held.column[0] and isinstance(number := held.values[0], int | float):
            inner = Scope(held.column[0], parent=meaning.scope)
            many = Out("agg", column=held.column, func="sum")
            kept[place] = Nested("measure", inner, many, held.op, float(number))


def _is_amount(out: Out, schema: Schema) -> bool:
    return out.column is not None and schema.columns[out.column].product is not None


def _of_lines(meaning: Meaning, lines: str) -> bool:
    """Whether lines themselves are asked for."""
    return any(out.kind in {"entity", "column"} and lines in out.tables() for out in meaning.outs)


def _owner_named(tags: list[Tag], lines: str, meaning: Meaning, schema: Schema) -> Ref | None:
    """The column of lines that points at what they make up, where that is named and nothing is told for each of it."""
    keys = {out.table for out in meaning.groups if out.kind == "entity"}
    named = [tag.links[0].table for tag in tags if tag.links and tag.links[0].kind == "table"]
    pointing = [
        (lines, join.columns[0])
        for join in schema.joins
        if join.table == lines and join.parent in named and join.parent not in keys and len(join.columns) == 1
    ]
    return pointing[0] if len(pointing) == 1 and lines not in named else None
