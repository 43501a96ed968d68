"""What a query's tree says about its result: each column's origins, whether it is exact, and which columns are keys.

It works step by step: a query is read over relations that are already known, so a pipeline of any length costs one
walk over each of its projections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import product

from sqlglot import exp

from pipelines.expressions import function_name, has_aggregate, is_inexact_node
from pipelines.functions import AGGREGATES
from pipelines.job import Field, Origin, Relation
from spec.records import record

Keys = frozenset[frozenset[str]]
MAX_KEYS = 8
MAX_TABLES = 5
NO_ORIGINS: frozenset[Origin] = frozenset()


@record(frozen=True, slots=True)
class Derived:
    """A query's result as its tree shows it; the fields' types are left empty."""

    fields: tuple[Field, ...]
    keys: Keys = frozenset()

    def field(self, name: str) -> Field | None:
        """The field of that name, as SQL compares names."""
        folded = name.casefold()
        return next((item for item in self.fields if item.name.casefold() == folded), None)


@record(frozen=True, slots=True)
class Seen:
    """One query within a tree, as an order check needs it: the rows it reads and the rows it gives.

    ``names`` and ``keys`` of what it reads are ``table.column``, because two tables may share a column's name.
    """

    query: exp.Query
    names: tuple[str, ...]
    keys: Keys
    result: Derived


Visit = Callable[[Seen], None]


def derive(query: exp.Query, relations: Mapping[str, Relation], visit: Visit | None = None) -> Derived:
    """Read a query whose tables are relations (by casefolded name) and whose stars are written out.

    ``visit`` is called for each SELECT and set operation of the tree, inner ones first.
    """
    known = {name: Derived(item.fields, item.keys) for name, item in relations.items()}
    return _Reader(visit).query(query, known, {})


def smallest(keys: Iterable[frozenset[str]]) -> Keys:
    """Keys without those that contain another, at most a handful, in a fixed order."""
    chosen: list[frozenset[str]] = []
    for key in sorted(keys, key=lambda item: (len(item), sorted(item))):
        if not any(other <= key for other in chosen):
            chosen.append(key)
    return frozenset(chosen[:MAX_KEYS])


class _Reader:
    """Reads queries, and shows each to whoever asked."""

    def __init__(self, visit: Visit | None) -> None:
        self.visit = visit

    def query(self, query: exp.Expr, known: dict[str, Derived], outer: dict[str, Derived]) -> Derived:
        with_ = query.args.get("with_")
        if with_ is not None:
            known = dict(known)
            for cte in with_.expressions:
                known[cte.alias.casefold()] = _renamed(self.query(cte.this, known, outer), cte.args.get("alias"))
        if isinstance(query, exp.Subquery):
            return self.query(query.this, known, outer)
        if isinstance(query, exp.SetOperation):
            return self.set_operation(query, known, outer)
        if isinstance(query, exp.Select):
            return self.select(query, known, outer)
        return Derived(())

    def set_operation(self, query: exp.SetOperation, known: dict[str, Derived], outer: dict[str, Derived]) -> Derived:
        left, right = self.query(query.this, known, outer), self.query(query.expression, known, outer)
        fields = tuple(
            replace(a, origins=a.origins | b.origins, exact=a.exact and b.exact)
            for a, b in zip(left.fields, right.fields, strict=False)
        )
        everything = frozenset({frozenset(field.name for field in fields)})
        keys = left.keys if not isinstance(query, exp.Union) else frozenset()
        result = Derived(fields, smallest(keys | everything) if query.args.get("distinct") else keys)
        if self.visit is not None:
            self.visit(Seen(query, tuple(field.name for field in fields), result.keys, result))
        return result

    def select(self, query: exp.Select, known: dict[str, Derived], outer: dict[str, Derived]) -> Derived:
        sources: dict[str, Derived] = {}
        visible: list[str] = []
        for item, kind in _from_items(query):
            name = item.alias_or_name.casefold()
            sources[name] = self.source(item, known, {**outer, **sources})
            if kind not in ("SEMI", "ANTI"):
                visible.append(name)
        scope = {**outer, **sources}
        fields: list[Field] = []
        plain: dict[tuple[str, str], str] = {}
        for projection in query.expressions:
            value = projection.this if isinstance(projection, exp.Alias) else projection
            name = projection.alias_or_name
            fields.append(Field(name, "", *self.facts(value, known, scope)))
            if isinstance(value, exp.Column):
                found = _find(value, sources)
                if found is not None:
                    plain.setdefault((found[0], found[1].name), name)
        result = Derived(tuple(fields), _keys(query, fields, sources, visible, plain))
        if self.visit is not None:
            self.show(query, sources, visible, result)
            for clause in ("where", "having", "qualify", "order"):
                self.subqueries(query.args.get(clause), known, scope)
            for join in query.args.get("joins") or ():
                self.subqueries(join.args.get("on"), known, scope)
        return result

    def show(self, query: exp.Select, sources: Mapping[str, Derived], visible: list[str], result: Derived) -> None:
        names = tuple(f"{name}.{field.name}" for name in visible for field in sources[name].fields)
        keys: set[frozenset[str]] = set()
        if not _unnests(query) and len(visible) < MAX_TABLES:
            for combination in product(*(sources[name].keys for name in visible)):
                pairs = zip(visible, combination, strict=True)
                keys.add(frozenset(f"{name}.{column}" for name, key in pairs for column in key))
        assert self.visit is not None
        self.visit(Seen(query, names, smallest(keys), result))

    def subqueries(self, clause: exp.Expr | None, known: dict[str, Derived], scope: dict[str, Derived]) -> None:
        for node in clause.walk(prune=lambda item: isinstance(item, exp.Query)) if clause is not None else ():
            if isinstance(node, exp.Query):
                self.query(node, known, scope)

    def source(self, item: exp.Expr, known: dict[str, Derived], scope: dict[str, Derived]) -> Derived:
        if isinstance(item, exp.Table) and isinstance(item.this, exp.Identifier):
            return _renamed(known.get(item.name.casefold(), Derived(())), item.args.get("alias"))
        if isinstance(item, exp.Subquery):
            return _renamed(self.query(item.this, known, scope), item.args.get("alias"))
        # UNNEST, a series or VALUES: every column comes from the columns that are named inside.
        exact, origins = self.facts(item, known, scope)
        alias = item.args.get("alias")
        names = [identifier.name for identifier in (alias.args.get("columns") or [])] if alias is not None else []
        return Derived(tuple(Field(name, "", exact, origins) for name in names or [item.alias_or_name or "unnest"]))

    def facts(
        self, value: exp.Expr, known: dict[str, Derived], scope: dict[str, Derived]
    ) -> tuple[bool, frozenset[Origin]]:
        """Whether no floating-point arithmetic is in the value, and the source columns that it is made of."""
        if isinstance(value, exp.Column):
            found = _find(value, scope)
            return (found[1].exact, found[1].origins) if found else (True, NO_ORIGINS)
        exact, origins = True, NO_ORIGINS
        for node in value.walk(prune=lambda item: isinstance(item, exp.Query)):
            if isinstance(node, exp.Query):
                for field in self.query(node, known, scope).fields:
                    exact, origins = exact and field.exact, origins | field.origins
            elif isinstance(node, exp.Column):
                found = _find(node, scope)
                if found is not None:
                    exact, origins = exact and found[1].exact, origins | found[1].origins
            elif isinstance(node, exp.IntDiv):
                exact = exact and _divides_integers(node, scope)
            elif is_inexact_node(node):
                exact = False
        return exact, origins


def _renamed(derived: Derived, alias: exp.Expr | None) -> Derived:
    columns = [identifier.name for identifier in (alias.args.get("columns") or [])] if alias is not None else []
    if not columns:
        return derived
    names = {field.name: new for field, new in zip(derived.fields, columns, strict=False)}
    fields = tuple(replace(field, name=names.get(field.name, field.name)) for field in derived.fields)
    return Derived(fields, frozenset(frozenset(names.get(name, name) for name in key) for key in derived.keys))


def _from_items(query: exp.Select) -> Iterable[tuple[exp.Expr, str]]:
    from_ = query.args.get("from_")
    if from_ is not None:
        yield from_.this, ""
    for join in query.args.get("joins") or ():
        yield join.this, join.kind or join.side


def _find(column: exp.Column, sources: Mapping[str, Derived]) -> tuple[str, Field] | None:
    if column.table:
        source = sources.get(column.table.casefold())
        field = source.field(column.name) if source else None
        return (column.table.casefold(), field) if field else None
    for name, source in sources.items():
        field = source.field(column.name)
        if field is not None:
            return name, field
    return None


def _divides_integers(node: exp.IntDiv, scope: Mapping[str, Derived]) -> bool:
    # Of decimals, DuckDB's // makes a DOUBLE. Whole days or months between two dates are whole, whatever the dates are.
    for operand in node.walk(prune=lambda item: isinstance(item, exp.DateDiff)):
        if isinstance(operand, exp.DateDiff):
            continue
        if isinstance(operand, exp.Literal) and not operand.is_int:
            return False
        if isinstance(operand, exp.Column):
            found = _find(operand, scope)
            if found is None or not found[1].type.upper().endswith(("INT", "INTEGER")):
                return False
    return True


def _keys(
    query: exp.Select,
    fields: list[Field],
    sources: Mapping[str, Derived],
    visible: list[str],
    plain: Mapping[tuple[str, str], str],
) -> Keys:
    found: set[frozenset[str]] = set()
    group = query.args.get("group")
    if group is not None:
        found |= _group_key(query, group)
    elif any(_aggregates(projection) for projection in query.expressions) or query.args.get("having"):
        found.add(frozenset())
    elif visible and not _unnests(query):
        choices = [sources[name].keys for name in visible]
        for combination in product(*choices) if len(visible) < MAX_TABLES else ():
            columns = [(name, column) for name, key in zip(visible, combination, strict=True) for column in key]
            if all(column in plain for column in columns):
                found.add(frozenset(plain[column] for column in columns))
    if query.args.get("distinct"):
        found.add(frozenset(field.name for field in fields))
    return smallest(found)


def _group_key(query: exp.Select, group: exp.Expr) -> set[frozenset[str]]:
    if any(group.args.get(kind) for kind in ("grouping_sets", "cube", "rollup", "all")):
        return set()
    by_sql: dict[str, str] = {}
    for position, projection in enumerate(query.expressions, start=1):
        value = projection.this if isinstance(projection, exp.Alias) else projection
        by_sql.setdefault(value.sql(), projection.alias_or_name)
        by_sql.setdefault(str(position), projection.alias_or_name)
        if isinstance(projection, exp.Alias):
            by_sql.setdefault(exp.column(projection.alias, quoted=True).sql(), projection.alias)
    names = [by_sql.get(item.sql()) for item in group.expressions]
    return {frozenset(name for name in names if name is not None)} if None not in names else set()


def _aggregates(projection: exp.Expr) -> bool:
    return has_aggregate(projection)


def _unnests(query: exp.Select) -> bool:
    if any(not isinstance(item, exp.Table | exp.Subquery) for item, _ in _from_items(query)):
        return True
    if any(isinstance(item, exp.Table) and not isinstance(item.this, exp.Identifier) for item, _ in _from_items(query)):
        return True
    return any(isinstance(node, exp.Explode | exp.Unnest) for item in query.expressions for node in item.walk())


def is_aggregate_call(node: exp.Expr) -> bool:
    """Whether the node itself calls an aggregate function."""
    return function_name(node) in AGGREGATES
