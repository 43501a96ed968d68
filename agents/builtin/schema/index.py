"""What the planner knows of one data view: schema graph, keys and values, read once and kept with the view."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.builtin.language.words import fold
from agents.builtin.schema.ages import add_ages
from agents.builtin.schema.codetables import code_columns, read_codes
from agents.builtin.schema.graph import Col, Schema, Stats, build_schema, kind_of
from agents.builtin.schema.keys import find_joins
from agents.builtin.schema.products import add_products
from agents.builtin.schema.roles import add_roles
from agents.builtin.schema.spans import add_spans
from agents.builtin.schema.stored import read_kinds
from agents.builtin.schema.values import MAX_DISTINCT, ValueIndex
from agents.contract import DataView
from spec.base import JsonValue
from spec.catalog import Table

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass
class Index:
    """Schema and values of a view."""

    schema: Schema
    values: ValueIndex
    linker: object = None
    ask: Callable[[tuple[str, str], str], str | None] = lambda _ref, _phrase: None


_KEPT: weakref.WeakKeyDictionary[DataView, Index] = weakref.WeakKeyDictionary()

_BUILDING: weakref.WeakKeyDictionary[DataView, threading.Lock] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def index_of(data: DataView) -> Index:
    """The view's index, built on first use: one query a table for statistics, one a text column for its values."""
    with _LOCK:
        building = _BUILDING.setdefault(data, threading.Lock())
    # Conversations that share a view wait for the one that came first, instead of each reading everything.
    with building:
        known = _KEPT.get(data)
        if known is None:
            known = _KEPT[data] = _build(data)
        return known


def share_index(view: DataView, data: DataView) -> None:
    """Let a view of the same tables have the index of the data beneath."""
    _KEPT[view] = index_of(data)


def _build(data: DataView) -> Index:
    stats: dict[tuple[str, str], Stats] = {}
    for table in data.catalog.tables:
        stats.update(_table_stats(data, table))
    schema = build_schema(data.catalog, stats)
    values = ValueIndex()
    for column in schema.columns.values():
        if column.kind == "text" and column.stats.distinct > 0:
            _add_values(data, values, column)

    def inclusion(child: Col, parent: Col) -> float:
        if not child.stats.filled or not parent.stats.filled:
            return 1.0
        own, its = values.by_column.get(child.ref), values.by_column.get(parent.ref)
        if own is not None and its is not None and not {child.ref, parent.ref} & values.partial:
            return len(own & its) / len(own) if own else 1.0
        return _share(data, child, parent)

    read_kinds(schema, values)
    _in_english(schema, values)
    find_joins(schema, data.catalog, values, inclusion)
    _read_codes(data, schema, values)
    add_products(schema)
    add_ages(schema)
    add_spans(schema)
    add_roles(schema, values)
    return Index(schema, values, ask=_asker(weakref.ref(data)))


_MOST_WORDS = 40


def _in_english(schema: Schema, values: ValueIndex) -> None:
    """Values of few sorts in the language of the names are found under their English words too."""
    if schema.language is None:
        return
    for ref, held in values.by_column.items():
        if len(held) <= _MOST_WORDS:
            for value in held:
                said = schema.language.name_words(fold(value))
                if said is not None and fold(value) != " ".join(said):
                    values.also(ref, value, " ".join(said))


def _read_codes(data: DataView, schema: Schema, values: ValueIndex) -> None:
    from sqlglot import exp

    rows: dict[str, list[tuple[str, ...]]] = {}
    for table, columns in code_columns(schema).items():
        wanted = [exp.column(exp.to_identifier(column.name, quoted=True)) for column in columns if column is not None]
        found = data.rows(exp.select(*wanted).from_(table_ref(table)), limit=MAX_DISTINCT)
        rows[table] = [tuple(map(str, row)) for row in found if None not in row]
    read_codes(schema, values, rows)


def _asker(view: weakref.ref[DataView]) -> Callable[[tuple[str, str], str], str | None]:
    """Look a phrase up in a column that has more values than are held; the view is not kept alive by it."""
    known: dict[tuple[tuple[str, str], str], str | None] = {}

    def ask(ref: tuple[str, str], phrase: str) -> str | None:
        from sqlglot import exp

        data = view()
        if data is None:
            return None
        if (ref, phrase) not in known:
            column = exp.column(exp.to_identifier(ref[1], quoted=True))
            test = exp.EQ(this=exp.Lower(this=column), expression=exp.Lower(this=exp.Literal.string(phrase)))
            lowest = exp.select(exp.Min(this=column.copy())).from_(table_ref(ref[0])).where(test)
            found = data.scalars(lowest)
            known[ref, phrase] = str(found[0]) if found and found[0] is not None else None
        return known[ref, phrase]

    return ask


def _table_stats(data: DataView, table: Table) -> dict[tuple[str, str], Stats]:
    from sqlglot import exp

    if not table.columns:
        return {}
    wanted: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for column in table.columns:
        ref = exp.column(exp.to_identifier(column.name, quoted=True))
        wanted += [exp.Count(this=ref), exp.Count(this=exp.Distinct(expressions=[ref.copy()]))]
        if kind_of(column.type) in {"date", "number"}:
            wanted += [exp.Min(this=ref.copy()), exp.Max(this=ref.copy())]
        else:
            wanted += [exp.Null(), exp.Null()]
    aliased = [exp.alias_(part, f"c{place}") for place, part in enumerate(wanted)]
    found = data.scalars(exp.select(*aliased).from_(table_ref(table.name)))
    rows = _whole(found[0])
    return {
        (table.name, column.name): Stats(
            rows, _whole(found[4 * i + 1]), _whole(found[4 * i + 2]), found[4 * i + 3], found[4 * i + 4]
        )
        for i, column in enumerate(table.columns)
    }


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int) else 0


def table_ref(name: str) -> exp.Table:
    """A quoted reference to a table; ``schema.table`` stays one name, as the catalog has it."""
    from sqlglot import exp

    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _add_values(data: DataView, values: ValueIndex, column: Col) -> None:
    from sqlglot import exp

    ref = exp.column(exp.to_identifier(column.name, quoted=True))
    query = (
        exp.select(ref)
        .from_(table_ref(column.table))
        .where(exp.Not(this=exp.Is(this=ref.copy(), expression=exp.Null())))
    )
    if column.stats.distinct > MAX_DISTINCT:
        values.partial.add(column.ref)
    rows: Sequence[Sequence[JsonValue]] = data.rows(query.distinct(), limit=MAX_DISTINCT)
    values.add(column.table, column.name, [str(row[0]) for row in rows])


def _share(data: DataView, child: Col, parent: Col) -> float:
    from sqlglot import exp

    own = exp.column(exp.to_identifier(child.name, quoted=True))
    its = exp.column(exp.to_identifier(parent.name, quoted=True))
    inner = exp.select(its).from_(table_ref(parent.table))
    distinct = exp.Count(this=exp.Distinct(expressions=[own]))
    inside = exp.Filter(
        this=distinct.copy(), expression=exp.Where(this=exp.In(this=own.copy(), query=inner.subquery()))
    )
    found = data.scalars(exp.select(exp.alias_(distinct, "a"), exp.alias_(inside, "b")).from_(table_ref(child.table)))
    total = _whole(found[0])
    return _whole(found[1]) / total if total else 1.0
