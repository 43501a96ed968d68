"""Ratios, shares and differences: two measures, each with conditions of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.builtin.meaning import Compare, Condition, Out, Scope
from agents.builtin.phrases import MODIFIERS, read_phrase

if TYPE_CHECKING:
    from agents.builtin.parse import Reader


def read_composite(reader: Reader, target: list[Out]) -> None:
    """Read "ratio of A to B", "percentage of A that ...", "difference between A and B" from the cursor on."""
    tag = reader.cursor.take()
    if tag.kind == "share":
        _share(reader, target, float(tag.data))
        return
    stop = "to" if tag.kind == "ratio" and "between" not in tag.text else "and"
    left = _part(reader, stop)
    if left is not None and tag.kind == "ratio" and reader.cursor.kind() == "group":
        # "the number of A in each B to the total number of A": a share of the whole.
        reader.cursor.take()
        reader._group_list()  # noqa: SLF001
    if left is None or reader.cursor.done or reader.cursor.text() not in {stop, "to", "over", "and their"}:
        reader.meaning.problems.append(f"unused:{tag.text}")
        return
    reader.cursor.take()
    right = _part(reader, "")
    if right is None:
        reader.meaning.problems.append(f"unused:{tag.text}")
        return
    _common(reader, left, right)
    if left.is_measure != right.is_measure:
        for part in (left, right):
            if part.kind == "column" and part.column and reader.schema.columns[part.column].kind == "number":
                part.kind, part.func = "agg", "sum"
    kind = "ratio" if tag.kind == "ratio" else "difference"
    made = Out(kind, parts=[left, right])
    if (
        kind == "ratio"
        and reader.meaning.groups
        and not right.conditions
        and (left.kind, left.table, left.column) == (right.kind, right.table, right.column)
    ):
        made = Out("share", parts=[left], scale=1.0)
    if not reader.root.table:
        tables = sorted(left.tables() | right.tables())
        reader.root.table = tables[0] if tables else ""
    target.append(made)
    reader.state.list_of = "where"


def _part(reader: Reader, stop: str) -> Out | None:
    """One measure with its conditions, up to the stop word, a grouping, an order or the end."""
    cursor = reader.cursor
    phrase = read_phrase(cursor)
    if phrase.empty:
        return None
    out = reader._measure(phrase)  # noqa: SLF001
    if out is None:
        plain = reader._plain(phrase)  # noqa: SLF001
        if plain is None and phrase.values and phrase.values[-1].links:
            plain = Out("entity", table=phrase.values[-1].links[0].table)
        if plain is None:
            return None
        out = reader.count_of(plain.table) if plain.kind == "entity" else plain
    table = out.table or (out.column[0] if out.column else "")
    scope = Scope(table, parent=None)
    saved = reader.state.scope, reader.state.last, reader.root, reader.focus
    reader.state.scope, reader.state.last, reader.root, reader.focus = scope, [], scope, [out]
    for tag in phrase.values:
        reader._value(tag)  # noqa: SLF001
    for tag in phrase.equals:
        reader._equal(phrase, tag)  # noqa: SLF001
    reader.state.list_of = "where"
    while not cursor.done and cursor.kind() not in {"end", "group", "order", "direction", "ratio"}:
        if stop and cursor.text() == stop and cursor.kind(1) in MODIFIERS:
            break
        before = cursor.at
        reader._step([])  # noqa: SLF001
        if cursor.at == before:
            reader._leftover(cursor.take())  # noqa: SLF001
    out.conditions = scope.conditions
    reader.state.scope, reader.state.last, reader.root, reader.focus = saved
    return out


def _common(reader: Reader, left: Out, right: Out) -> None:
    """What is said once, at the end, holds for both measures: "... in the city of Rome"."""
    keys = {_about(condition) for condition in left.conditions}
    if not keys:
        return
    shared: list[Condition] = [c for c in right.conditions if _about(c) not in keys]
    if len(shared) < len(right.conditions):
        right.conditions = [c for c in right.conditions if c not in shared]
        reader.root.conditions += shared


def _about(condition: Condition) -> object:
    if isinstance(condition, Compare):
        return condition.column
    return type(condition).__name__


def _share(reader: Reader, target: list[Out], scale: float) -> None:
    """ "percentage of orders that were paid"; without a condition, each group's part of the whole."""
    cursor = reader.cursor
    if cursor.text() == "of":
        cursor.take()
    phrase = read_phrase(cursor)
    out = reader._measure(phrase)  # noqa: SLF001
    if out is None:
        plain = reader._plain(phrase)  # noqa: SLF001
        if plain is None:
            reader.meaning.problems.append("unused:share")
            return
        if plain.kind == "column" and plain.column and reader.schema.columns[plain.column].kind == "number":
            out = Out("agg", column=plain.column, func="sum")
        else:
            out = Out("count", table=plain.table or (plain.column[0] if plain.column else ""))
    made = Out("share", parts=[out], scale=scale)
    table = out.table or (out.column[0] if out.column else "")
    reader.root.table = reader.root.table or table
    target.append(made)
    scope = Scope(table, parent=None)
    saved = reader.state.scope, reader.root
    reader.state.scope, reader.root = scope, scope
    for tag in phrase.values:
        reader._value(tag)  # noqa: SLF001
    reader.state.list_of = "where"
    while not cursor.done and cursor.kind() not in {"end", "group", "order", "direction"}:
        before = cursor.at
        reader._step([])  # noqa: SLF001
        if cursor.at == before:
            reader._leftover(cursor.take())  # noqa: SLF001
    made.conditions = scope.conditions
    reader.state.scope, reader.root = saved
    reader.state.scope = reader.root
