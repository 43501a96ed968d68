"""What waits for the rest of the question: by which quantity a superlative ranks, and which column a hint names."""

from __future__ import annotations

from agents.builtin.meaning import Compare, Either, Meaning, Nested, Out, Ref, Scope
from agents.builtin.parsing.parse import Reader
from agents.builtin.schema.ages import age_column
from agents.builtin.schema.choose import date_columns, hinted_column
from agents.builtin.schema.graph import Schema


def settle_hints(reader: Reader) -> None:
    """What "how heavy" and the like ask for, as columns."""
    for outs in (reader.focus, reader.asked):
        for place, out in enumerate(outs):
            if out.kind == "hint":
                column = _hinted_anywhere(reader, tuple(out.label.split()))
                if column is None:
                    reader.meaning.problems.append(f"unknown:{out.label.split()[0]}")
                    outs[place] = Out("count", table=reader.root.table)
                else:
                    outs[place] = Out("column", column=column)
                    reader.root.table = column[0] if not reader.root.table else reader.root.table


def _hinted_anywhere(reader: Reader, hints: tuple[str, ...]) -> Ref | None:
    tables = [reader.root.table, *tables_of(reader.root)]
    for table in tables:
        years = age_column(reader.schema, table) if hints == ("age",) else None
        found = years or (hinted_column(reader.schema, table, hints) if table else None)
        if found:
            return found
    return None


def tables_of(scope: Scope) -> list[str]:
    """Tables that a scope's conditions are about."""
    tables = []
    for condition in scope.conditions:
        if isinstance(condition, Compare):
            tables.append(condition.column[0])
        elif isinstance(condition, Nested):
            tables += [condition.scope.table, *tables_of(condition.scope)]
        elif isinstance(condition, Either):
            tables += [option.column[0] for option in condition.options if isinstance(option, Compare)]
    return tables


def settle_order(reader: Reader) -> None:
    """Ranks by what was asked for, by the quantity that is hinted at, or by how many there are."""
    meaning, schema = reader.meaning, reader.schema
    kept: list[tuple[Out, bool]] = []
    for out, descending in meaning.order:
        settled: Out | None = out
        if out.kind == "pending":
            settled = next((o for o in [*reader.asked, *reader.focus] if o.is_measure), None)
            if settled is None and out.label:
                settled = _hint_through(reader, tuple(out.label.split()))
            if settled is None:
                meaning.problems.append("unused:superlative")
        elif out.kind == "auto":
            settled = next(
                (
                    o
                    for o in [*reader.asked, *reader.focus]
                    if o.kind == "column" and o.column and schema.columns[o.column].kind == "number"
                ),
                None,
            ) or next(iter([*reader.asked, *reader.focus]), None)
        elif out.kind == "count" and out.table == "?":
            settled = _popular(reader)
        elif out.kind == "count" and out.label == "popular":
            first = reader.focus[0].column if reader.focus and reader.focus[0].column else None
            settled = _popular_column(reader, first) if first else None
        if settled is not None:
            kept.append((settled, descending))
    meaning.order = kept


def _hint_through(reader: Reader, hints: tuple[str, ...]) -> Out | None:
    first = reader.focus[0] if reader.focus else None
    table = (first.table or (first.column[0] if first.column else "")) if first else ""
    for other in tables_of(reader.root):
        column = hinted_column(reader.schema, other, hints)
        if column:
            return Out("column", column=column)
    if hints[:1] == ("rating",) and table:
        for join in reader.schema.joins:
            if join.parent == table:
                column = hinted_column(reader.schema, join.table, hints)
                if column:
                    return Out("agg", column=column, func="avg")
    return None


def _popular(reader: Reader) -> Out | None:
    """The rows that point at the entity; which ones is clear only when there is one such table or one is spoken of."""
    first = reader.focus[0] if reader.focus else None
    table = first.table if first else ""
    spoken = [t for t in tables_of(reader.root) if t != table]
    selling = any("selling" in tag.text.lower() for tag in reader.cursor.tags)
    if spoken:
        return _units(reader.schema, spoken[0]) if selling else Out("count", table=spoken[0])
    children = sorted({join.table for join in reader.schema.joins if join.parent == table})
    if len(children) == 1 and (selling or _are_events(reader.schema, children[0])):
        return _units(reader.schema, children[0]) if selling else Out("count", table=children[0])
    reader.meaning.problems.append("unclear:popular")
    return None


def _are_events(schema: Schema, table: str) -> bool:
    """Whether rows happen, and are not things of which a list is kept: they have a day or tie several tables."""
    parents = {schema.real(join.parent) for join in schema.joins if join.table == table}
    return len(parents) > 1 or bool(date_columns(schema, table)) or schema.is_bridge(table)


def _popular_column(reader: Reader, column: Ref) -> Out:
    """As in "the most popular genre": by the one sort of rows that happens to what has it, where there is one."""
    children = sorted({j.table for j in reader.schema.joins if j.parent == column[0]})
    popular = {"popular", "busiest"} & reader.words
    if not popular or not children or any(t in children for t in tables_of(reader.root)):
        return Out("count", table=column[0])
    if len(children) == 1:
        return Out("count", table=children[0])
    reader.meaning.problems.append("unclear:popular")
    return Out("count", table=column[0])


def _units(schema: Schema, table: str) -> Out:
    """How much was sold: the quantities, where rows have one, else the rows."""
    for column in schema.of(table):
        if column.kind == "number" and column.core[-1:] in {("quantity",), ("unit",), ("units",)} and not column.is_id:
            return Out("agg", column=column.ref, func="sum")
    return Out("count", table=table)


def refuse_open_orders(meaning: Meaning, schema: Schema, scope: Scope) -> None:
    """Problems for the orders of inner sets that nothing settles."""
    for condition in scope.conditions:
        if not isinstance(condition, Nested):
            continue
        inner = condition.scope
        kept = []
        for out, descending in inner.order:
            if out.kind == "pending" or out.table == "?":
                meaning.problems.append("unused:superlative")
            else:
                kept.append((out, descending))
        inner.order = kept
        refuse_open_orders(meaning, schema, inner)
