"""Keys and joins that nobody declared: found from names, and proven on the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from agents.builtin.language.words import split_name, stem
from agents.builtin.schema.graph import Col, Join, Schema, names_key_of
from agents.builtin.schema.references import find_references, holds_people
from agents.builtin.schema.values import ValueIndex
from spec.catalog import Catalog

Inclusion = Callable[[Col, Col], float]
_GENERIC = frozenset({"id", "key", "code", "name", "no", "number"})
_CODED = frozenset(stem(word) for word in "code id key symbol iso".split())
# A longer last word is a word of its own, and no shortened table.
_LONGEST_PREFIX = 4
_NUMBERED = frozenset({"no", "number", "nr", "code", "by"})


def find_joins(schema: Schema, catalog: Catalog, values: ValueIndex, inclusion: Inclusion) -> None:
    """Fill ``keys`` and ``joins``. ``inclusion(child, parent)`` is the share of the child's values the parent has."""
    declared = _declared(catalog)
    candidates = {table: _key_candidates(schema, table) for table in schema.tables}
    homes = _homes(schema, candidates)
    found: dict[tuple[str, str], Join] = {}
    for child in schema.columns.values():
        if any(join.table == child.table and child.name in join.columns for join in declared) or _at_home(
            schema, child
        ):
            continue
        own = _by_prefix(child, candidates, inclusion)
        own = own or _own_reference(schema, child, candidates[child.table], inclusion)
        if own is not None:
            found[child.ref] = own
            continue
        best: tuple[float, Join] | None = None
        for parent in homes:
            if parent.table == child.table or not _comparable(child, parent):
                continue
            cost = _name_cost(schema, child, parent)
            if cost is None:
                continue
            share = inclusion(child, parent)
            if share < (0.75 if cost <= 1.0 else 0.95):
                continue
            join = Join(child.table, (child.name,), parent.table, (parent.name,), cost + (1 - share))
            if best is None or join.cost < best[0]:
                best = (join.cost, join)
        if best is not None:
            found[child.ref] = best[1]
    joins = [*declared, *_without_mirrors(schema, list(found.values()))]
    known = [(join.table, name) for join in joins for name in join.columns]
    joins += find_references(schema, values, candidates, known, inclusion)
    schema.joins = sorted(set(joins), key=lambda j: (j.table, j.columns, j.parent, j.keys))
    for table in catalog.tables:
        schema.keys[table.name] = table.primary_key or _primary(schema, table.name, candidates[table.name])
    _mark_keys(schema)


def _mark_keys(schema: Schema) -> None:
    """Numbers that tell rows apart, here or where they point, are counted and never added up or compared."""
    refs = {(join.table, name) for join in schema.joins for name in join.columns}
    refs |= {(table, names[0]) for table, names in schema.keys.items() if len(names) == 1}
    referring = {(join.table, name) for join in schema.joins for name in join.columns}
    for ref in refs:
        column = schema.columns[ref]
        if column.kind == "number" and (
            ref in referring or {column.words[-1], column.core[-1]} & _NUMBERED or _numbers_rows(column)
        ):
            schema.columns[ref] = replace(column, keyed=True)
    for column in list(schema.columns.values()):
        whole = column.kind == "number" and not column.type.upper().startswith(("DOUBLE", "FLOAT", "DECIMAL"))
        if whole and len(column.words) > 1 and column.words[-1] == "by":
            schema.columns[column.ref] = replace(column, keyed=True)


_MEASURED = frozenset(
    stem(word) for word in "year month week day hour date age rank ranking position place level round stage".split()
)


def _numbers_rows(column: Col) -> bool:
    """Whether a key counts its rows through without a gap, as a till does: only a running number does so."""
    stats = column.stats
    if stats.rows < 20 or {stem(word) for word in column.words} & _MEASURED:
        return False
    low, high = stats.low, stats.high
    return isinstance(low, int) and isinstance(high, int) and high - low + 1 == stats.rows


_OVER = frozenset(
    stem(word)
    for word in "manager boss supervisor parent lead leader head mentor referrer referred referral predecessor".split()
)

_BEFORE = frozenset(stem(word) for word in "parent predecessor".split())


def _own_reference(schema: Schema, child: Col, candidates: list[Col], inclusion: Inclusion) -> Join | None:
    """As manager_id of employees: rows that point at other rows of their own table."""
    others = {stem(word) for table, words in schema.tables.items() if table != child.table for word in words}
    words = {stem(word) for word in child.words}
    if not words & _OVER or words & _OVER & others or child.unique:
        return None
    elsewhere = any(holds_people(schema, table) for table in schema.tables if table != child.table)
    if not words & _BEFORE and elsewhere and not holds_people(schema, child.table):
        return None  # a match has no match for its coach
    for parent in candidates:
        if parent.name != child.name and _comparable(child, parent) and child.stats.distinct > 1:
            share = inclusion(child, parent)
            if share >= 0.99:
                return Join(child.table, (child.name,), child.table, (parent.name,), 1.1)
    return None


def _by_prefix(child: Col, candidates: Mapping[str, list[Col]], inclusion: Inclusion) -> Join | None:
    """As lead_t, where t_id is the key of one table only: what is said before is the part that its rows play."""
    said = split_name(child.name)
    if len(said) < 2 or len(said[-1]) > _LONGEST_PREFIX or child.kind != "number" or child.unique:
        return None
    keys = [
        column
        for columns in candidates.values()
        for column in columns[:1]
        if len(words := split_name(column.name)) == 2 and words[0] == said[-1] and words[1] in _GENERIC | _NUMBERED
    ]
    if len(keys) != 1 or keys[0].table == child.table or not _comparable(child, keys[0]):
        return None
    if not child.stats.distinct or inclusion(child, keys[0]) < 0.99:
        return None
    return Join(child.table, (child.name,), keys[0].table, (keys[0].name,), 1.1)


def _declared(catalog: Catalog) -> list[Join]:
    joins = []
    for table in catalog.tables:
        for key in table.foreign_keys:
            parent = catalog.table(key.table)
            if parent is not None:
                joins.append(Join(table.name, key.columns, parent.name, key.references, 0.9 if key.declared else 1.0))
    return joins


def _key_candidates(schema: Schema, table: str) -> list[Col]:
    """Unique columns that look like keys, the likeliest first."""
    owner = schema.tables[table]
    columns = schema.of(table)
    scored = []
    for place, column in enumerate(columns):
        empty = column.stats.rows == 0
        if not (column.unique or (empty and names_key_of(owner, column))):
            continue
        if column.kind not in {"number", "text", "other"} or column.type.upper().startswith(
            ("DOUBLE", "FLOAT", "DECIMAL")
        ):
            continue
        score = 0.0
        if names_key_of(owner, column):
            score += 4
        elif column.is_id:
            score += 2
        if column.core and column.core[-1] in {"name", "title", "code", "symbol"}:
            score += 1.5
        if place == 0:
            score += 1
        if score > 0:
            scored.append((score, -place, column))
    return [column for _, _, column in sorted(scored, key=lambda entry: (-entry[0], -entry[1]))]


def _homes(schema: Schema, candidates: Mapping[str, list[Col]]) -> list[Col]:
    """For each column name the one table where it is at home: where the other tables' columns of that name point."""
    by_name: dict[str, list[Col]] = {}
    for columns in candidates.values():
        for column in columns:
            by_name.setdefault(column.name.casefold(), []).append(column)
    homes: list[Col] = []
    for columns in by_name.values():
        if columns[0].core[-1:] and columns[0].name.casefold() in _GENERIC:
            homes.extend(columns)
            continue
        homes.append(max(columns, key=lambda column: _home_score(schema, column)))
    return homes


def _home_score(schema: Schema, column: Col) -> tuple[float, int, int]:
    owner = schema.tables[column.table]
    others = [c for c in schema.of(column.table) if not c.is_id and c.name != column.name]
    named = 3.0 if names_key_of(owner, column) else 0.0
    overlap = len({stem(w) for w in owner} & {stem(w) for w in column.words})
    return named + overlap - 0.5 * len(owner), len(others), column.stats.distinct


def _comparable(child: Col, parent: Col) -> bool:
    if child.kind != parent.kind:
        return False
    return not child.type.upper().startswith(("DOUBLE", "FLOAT", "DECIMAL"))


def _name_cost(schema: Schema, child: Col, parent: Col) -> float | None:
    """How well the names say that the child points at the parent; None when they do not."""
    owner = tuple(stem(word) for word in schema.tables[parent.table])
    words = tuple(stem(word) for word in child.words)
    key = tuple(stem(word) for word in parent.core)
    full = tuple(stem(word) for word in parent.words)
    if child.name.casefold() == parent.name.casefold() and child.name.casefold() not in _GENERIC:
        return 1.0
    if words in {(*owner, *key), (*owner[-1:], *key), full} and words[:-1]:
        return 1.0
    if words in {owner, owner[-1:]} and not _is_label(parent):
        return 1.0
    if len(words) > len(owner) + len(key) and words[-len(owner) - len(key) :] == (*owner, *key):
        return 1.05
    short = split_name(child.name)[-1]
    if child.kind == "number" and words[-len(owner) :] == owner != words and len(short) <= 4 and short != words[-1]:
        return 1.1  # as in drop_wh, where wh is what the warehouses' own key begins with
    if child.kind == "text" and words[-len(owner) :] == owner != words and key[-1:] and key[-1] in _CODED:
        return 1.3  # FromPort holds codes of ports
    if child.kind == "text" and parent.stats.distinct >= 5 and child.stats.distinct >= 5 and _is_label(parent):
        # A text column all of whose values name rows elsewhere is a reference, whatever it is called.
        return 1.6
    return None


def _at_home(schema: Schema, child: Col) -> bool:
    """The table's own key points nowhere else."""
    return child.unique and names_key_of(schema.tables[child.table], child)


def _is_label(column: Col) -> bool:
    return column.kind == "text"


def _without_mirrors(schema: Schema, joins: list[Join]) -> list[Join]:
    """Where two tables point at each other by the same columns, the one with fewer rows is the parent's side."""
    kept: list[Join] = []
    for join in joins:
        mirror = next(
            (
                j
                for j in joins
                if (j.table, j.columns) == (join.parent, join.keys) and (j.parent, j.keys) == (join.table, join.columns)
            ),
            None,
        )
        if mirror is None:
            kept.append(join)
            continue
        own = _home_score(schema, schema.columns[join.parent, join.keys[0]])
        its = _home_score(schema, schema.columns[mirror.parent, mirror.keys[0]])
        if (own, join.parent) > (its, mirror.parent):
            kept.append(join)
    return kept


def _primary(schema: Schema, table: str, candidates: list[Col]) -> tuple[str, ...]:
    """The key that others point at, else the likeliest; nothing when no single column tells rows apart."""
    pointed = {join.keys[0] for join in schema.joins if join.parent == table}
    out = {name for join in schema.joins if join.table == table for name in join.columns}
    for column in candidates:
        if column.name in pointed:
            return (column.name,)
    for column in candidates:
        if column.name not in out:
            return (column.name,)
    return ()
