"""Rows that do not count: "revenue per customer, cancelled orders aside" leaves out orders and no customer."""

from __future__ import annotations

from copy import deepcopy

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Condition, During, Meaning, Nested, Out, Scope
from agents.builtin.schema.graph import Schema


def repair_sets(tags: list[Tag], meaning: Meaning, schema: Schema) -> None:
    """Put what is said of sets of rows where it can hold at all."""
    none_at_all(meaning.scope)
    none_afterwards(meaning.scope)
    counted_through(meaning.scope, schema)
    leave_out_rows(tags, meaning, schema)


def leave_out_rows(tags: list[Tag], meaning: Meaning, schema: Schema) -> None:
    """Where each row measured or looked at belongs to one of those that are left out, they are left out of these."""
    if not any(tag.kind == "neg" and tag.data == "except" for tag in tags):
        return
    kept = meaning.scope.conditions
    for held in [one for one in kept if isinstance(one, Nested) and one.kind == "none"]:
        said = held.scope.conditions[0] if len(held.scope.conditions) == 1 else None
        left = held.scope.table
        if not isinstance(said, Compare | During) or said.column[0] != left:
            continue
        tables = _measured(meaning, schema) or _looked_at(meaning)
        sets = [one for one in kept if isinstance(one, Nested) and one is not held and one.kind != "none"]
        at_hand = left in tables or all(schema.owns(table, left) for table in tables)
        through = [] if sets or _measured(meaning, schema) else _said_through(left, meaning, schema)
        if through:
            # "clients who had a crane, cancelled hires aside"
            kept.remove(held)
            said.negated = not said.negated
            meaning.scope.conditions = kept = [one for one in kept if one not in through]
            kept.append(Nested("exists", Scope(left, [said, *through], parent=meaning.scope)))
        elif tables and at_hand and not sets:
            said.negated = not said.negated
            kept[kept.index(held)] = said
        elif sets and not tables and all(one.scope.table and schema.owns(one.scope.table, left) for one in sets):
            # "customers who ordered twice, cancelled orders aside"
            kept.remove(held)
            said.negated = not said.negated
            for one in sets:
                one.scope.conditions.append(deepcopy(said))
        elif sets and not tables and all(_lies_between(left, one, meaning.scope, schema) for one in sets):
            # "clients who have had both a crane and a lift, cancelled hires aside": by a hire that was not cancelled
            kept.remove(held)
            said.negated = not said.negated
            for one in sets:
                one.scope = Scope(left, [deepcopy(said), *one.scope.conditions], parent=meaning.scope)


def _said_through(left: str, meaning: Meaning, schema: Schema) -> list[Condition]:
    """Conditions on things that rows of what is left out tie to what is asked for."""
    own = meaning.scope.table
    return [
        one
        for one in meaning.scope.conditions
        if isinstance(one, Compare)
        and one.column[0] not in {left, own}
        and not schema.owns(own, one.column[0])
        and schema.owns(left, one.column[0])
        and schema.owns(left, own)
    ]


def _lies_between(left: str, one: Nested, scope: Scope, schema: Schema) -> bool:
    """Whether rows of what is left out tie what is asked for to what is said of it, and say it in one way."""
    plain = one.kind == "exists" and all(isinstance(c, Compare) for c in one.scope.conditions)
    ties = schema.owns(left, one.scope.table) and schema.owns(left, scope.table)
    return plain and ties and one.scope.table not in {left, scope.table} and one.via is None


def _measured(meaning: Meaning, schema: Schema) -> set[str]:
    """Tables of which something is measured, other than how many there are of what is asked for."""
    outs = [*meaning.outs, *(out for out, _ in meaning.order), *(out for out, _, _ in meaning.having)]
    counted = {out.table for out in outs if out.kind == "count" and out.distinct}
    return {t for out in outs if out.is_measure for t in out.tables() if t in schema.tables} - counted


def _looked_at(meaning: Meaning) -> set[str]:
    """Tables beside that of the rows asked for, of which something is said."""
    said = {one.column[0] for one in meaning.scope.conditions if isinstance(one, Compare | During)}
    return said - {meaning.scope.table}


def counted_through(scope: Scope, schema: Schema) -> None:
    """As in "clients who had repairs by more than one mechanic": of each client's repairs, and not of each."""
    for held in [one for one in scope.conditions if isinstance(one, Nested)]:
        lines = held.scope
        for counted in [one for one in lines.conditions if isinstance(one, Nested) and one.kind == "measure"]:
            many = counted.out is not None and counted.out.kind == "count" and counted.op in {">", ">="}
            ways = [j for j in schema.joins if (j.table, j.parent) == (lines.table, counted.scope.table)]
            if held.kind != "exists" or not many or counted.value < 1 or len(ways) != 1 or counted.scope.conditions:
                continue
            lines.conditions.remove(counted)
            way = (lines.table, ways[0].columns[0])
            held.kind, held.op, held.value = "measure", counted.op, counted.value
            held.out = Out("count", column=way, table=lines.table, distinct=True)


def none_at_all(scope: Scope) -> None:
    """As in "clients who never hired a boat", told by rows of boat hires: none of these rows."""
    bare = [one for one in scope.conditions if isinstance(one, Nested) and not one.scope.conditions]
    none = {one.scope.table for one in bare if one.kind == "none"}
    for held in bare:
        if held.kind == "exists" and held.scope.table in none:
            scope.conditions.remove(held)


def none_afterwards(scope: Scope) -> None:
    """As in "customers who ordered last year but have not ordered since": no such row of theirs, and not within one."""
    for held in [one for one in scope.conditions if isinstance(one, Nested)]:
        none_afterwards(held.scope)
        inner = held.scope.conditions
        for again in [one for one in inner if isinstance(one, Nested) and one.kind == "none"]:
            plain = all(isinstance(one, Compare | During) for one in again.scope.conditions)
            if again.scope.table == held.scope.table and held.kind in {"exists", "measure"} and plain:
                inner.remove(again)
                again.scope.parent = scope
                again.alike = True
                scope.conditions.append(again)
