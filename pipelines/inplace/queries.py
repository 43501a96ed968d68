"""Whole SELECTs for another engine, table by table and column by column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlglot import exp

from pipelines.inplace import aggregates, alternatives, dates, lists, numbers, operators, readings, regexes, texts
from pipelines.inplace.aggregates import ordered
from pipelines.inplace.kinds import NULL, NUMBERS, CannotSayError, Kind, kind_of, one_kind
from pipelines.inplace.scalars import (
    RULES,
    Rule,
    Scalars,
    Scope,
    Typed,
    cast_to,
    collated,
    grouped,
    literal_of,
    only,
    quoted,
)
from pipelines.job import Field, Relation
from spec.base import JsonValue

LISTS: Final = (aggregates, alternatives, dates, lists, numbers, operators, readings, regexes, texts)
"""The modules whose rules are on the list."""


class Column(NamedTuple):
    """A column that a query gives."""

    name: str
    kind: Kind


Columns = list[Column]
Reach = Mapping[str, Columns]
"""Columns of named queries in front of a SELECT, by casefolded name."""


class Queries:
    """Says SELECTs over relations. ``place`` is the table that holds a relation, ``rules`` the engine's list, and
    ``mark`` stands before every alias of a table.
    """

    def __init__(
        self,
        relations: Mapping[str, Relation],
        place: Callable[[str], exp.Table],
        parameters: Mapping[str, JsonValue],
        *,
        rules: Mapping[str, Rule] = RULES,
        mark: str = "",
    ) -> None:
        self._mark = mark
        self._relations = {name.casefold(): relation for name, relation in relations.items()}
        self._place = place
        self._reach: Reach = {}
        self._scalars = Scalars(parameters, self._subquery, rules)

    def stage(self, query: exp.Query, fields: Sequence[Field]) -> exp.Query:
        """A query whose columns are exactly these. Raises CannotSayError naming what cannot be said."""
        wanted = [Column(item.name, held(item.name, item.type)) for item in fields]
        return self._query(query, None, wanted)[0]

    def _subquery(self, query: exp.Query, scope: Scope) -> tuple[exp.Query, list[Kind]]:
        said, columns = self._query(query, scope)
        return said, [column.kind for column in columns]

    def _query(self, query: exp.Expr, outer: Scope | None, wanted: Columns | None = None) -> tuple[exp.Query, Columns]:
        if isinstance(query, exp.Subquery) and not query.alias:
            only(query, "this")
            return self._query(query.this, outer, wanted)
        before = self._reach
        try:
            ctes = self._ctes(query, outer)
            if isinstance(query, exp.Select):
                said, columns = self._select(query, outer, wanted)
            elif isinstance(query, exp.SetOperation):
                said, columns = self._set(query, outer, wanted)
            else:
                raise CannotSayError(query.key.upper())
        finally:
            self._reach = before
        if ctes:
            said.set("with_", exp.With(expressions=ctes))
        return said, columns

    def _ctes(self, query: exp.Expr, outer: Scope | None) -> list[exp.Expr]:
        found = query.args.get("with_")
        if found is None:
            return []
        only(found, "expressions")
        said: list[exp.Expr] = []
        for cte in found.expressions:
            only(cte, "this", "alias")
            only(cte.args["alias"], "this")
            inner, columns = self._query(cte.this, outer)
            self._reach = {**self._reach, cte.alias.casefold(): columns}
            said.append(exp.CTE(this=inner, alias=exp.TableAlias(this=quoted(cte.alias))))
        return said

    def _set(self, query: exp.SetOperation, outer: Scope | None, wanted: Columns | None) -> tuple[exp.Query, Columns]:
        only(query, "this", "expression", "distinct", "with_")
        if wanted is None:
            sides = [self._query(side, outer)[1] for side in (query.this, query.expression)]
            if len(sides[0]) != len(sides[1]):
                raise CannotSayError("a union of different numbers of columns")
            wanted = [
                Column(one.name, whole(one_kind([one.kind, other.kind], "a union")))
                for one, other in zip(*sides, strict=True)
            ]
        left, right = (self._query(side, outer, wanted)[0] for side in (query.this, query.expression))
        kind = type(query)
        said = kind(
            this=left if isinstance(left, exp.Select) else exp.Subquery(this=left),
            expression=right if isinstance(right, exp.Select) else exp.Subquery(this=right),
            distinct=bool(query.args.get("distinct")),
        )
        return said, wanted

    def _select(self, query: exp.Select, outer: Scope | None, wanted: Columns | None) -> tuple[exp.Query, Columns]:
        only(
            query,
            "expressions",
            "from_",
            "joins",
            "where",
            "group",
            "having",
            "qualify",
            "distinct",
            "order",
            "limit",
            "with_",
        )
        tables: dict[str, tuple[str, Mapping[str, tuple[str, Kind]]]] = {}
        scope = Scope(tables, outer)
        said = exp.Select()
        conditions: list[exp.Expr] = []
        if query.args.get("from_") is not None:
            said.set("from_", exp.From(this=self._table(query.args["from_"].this, tables, outer)))
        joins = [self._join(item, tables, outer, conditions) for item in query.args.get("joins") or []]
        said.set("joins", [item for item in joins if item is not None])
        projections = self._projections(query, scope, wanted)
        said.set("expressions", [tree for tree, _ in projections])
        columns = [column for _, column in projections]
        if query.args.get("where") is not None:
            conditions.insert(0, self._scalars.truth(query.args["where"].this, scope))
        if conditions:
            said.set("where", exp.Where(this=exp.and_(*conditions, copy=False)))
        self._grouped(query, said, scope)
        distinct = query.args.get("distinct")
        if distinct is not None:
            only(distinct)
            said.set("distinct", exp.Distinct())
        if query.args.get("qualify") is not None:
            said = self._qualified(query, said, scope, columns)
        if query.args.get("limit") is not None:
            self._limited(query, said, scope)
        # Without a limit an order decides nothing: rows of a table have none.
        return said, columns

    def _projections(self, query: exp.Select, scope: Scope, wanted: Columns | None) -> list[tuple[exp.Expr, Column]]:
        items: list[exp.Expr] = []
        for item in query.expressions:
            items += _every_column(scope) if isinstance(item, exp.Star) and not _has_exceptions(item) else [item]
        if wanted is not None and len(wanted) != len(items):
            raise CannotSayError("columns whose number is not known")
        found: list[tuple[exp.Expr, Column]] = []
        for number, item in enumerate(items):
            inner = item.this if isinstance(item, exp.Alias) else item
            value = self._scalars.say(inner, scope)
            # One without a name is the value of a query, which nobody calls by any.
            name = wanted[number].name if wanted is not None else item.alias_or_name or f"_dreflow_c{number}"
            kind = wanted[number].kind if wanted is not None else whole(value.kind)
            found.append((exp.Alias(this=fitted(value, kind), alias=quoted(name)), Column(name, kind)))
        return found

    def _grouped(self, query: exp.Select, said: exp.Select, scope: Scope) -> None:
        group = query.args.get("group")
        if group is not None:
            only(group, "expressions")
            if any(isinstance(item, exp.Literal) for item in group.expressions):
                raise CannotSayError("GROUP BY a place in the list")
            said.set(
                "group", exp.Group(expressions=[self._scalars.say(item, scope).tree for item in group.expressions])
            )
        if query.args.get("having") is not None:
            said.set("having", exp.Having(this=self._scalars.truth(query.args["having"].this, scope)))

    def _qualified(self, query: exp.Select, said: exp.Select, scope: Scope, columns: Columns) -> exp.Select:
        """QUALIFY as a condition on the rows of a query inside."""
        if query.args.get("distinct") is not None or query.args.get("limit") is not None:
            raise CannotSayError("QUALIFY with DISTINCT or LIMIT")
        condition = self._scalars.truth(query.args["qualify"].this, _with_aliases(query, scope))
        said.append("expressions", exp.Alias(this=condition, alias=quoted(KEPT)))
        names = [exp.Column(this=quoted(column.name), table=quoted("q")) for column in columns]
        inner = exp.Subquery(this=said, alias=exp.TableAlias(this=quoted("q")))
        return exp.Select(
            expressions=list(names),
            from_=exp.From(this=inner),
            where=exp.Where(this=exp.Column(this=quoted(KEPT), table=quoted("q"))),
        )

    def _limited(self, query: exp.Select, said: exp.Select, scope: Scope) -> None:
        limit = literal_of(query.args["limit"].expression)
        if limit is None or query.args.get("distinct") is not None:
            raise CannotSayError("LIMIT by something that is no constant, or after DISTINCT")
        only(query.args["limit"], "expression")
        order = query.args.get("order")
        if order is not None:
            items = ordered(self._scalars, order.expressions, _with_aliases(query, scope))
            said.set("order", exp.Order(expressions=items))
        said.set("limit", exp.Limit(expression=exp.Literal.number(limit)))

    def _join(
        self,
        join: exp.Join,
        tables: dict[str, tuple[str, Mapping[str, tuple[str, Kind]]]],
        outer: Scope | None,
        conditions: list[exp.Expr],
    ) -> exp.Expr | None:
        only(join, "this", "on", "side", "kind")
        side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
        on = join.args.get("on")
        if kind in ("SEMI", "ANTI"):
            inside: dict[str, tuple[str, Mapping[str, tuple[str, Kind]]]] = {}
            table = self._table(join.this, inside, outer)
            scope = Scope({**tables, **inside}, outer)
            partner = exp.Select(
                expressions=[exp.Literal.number(1)],
                from_=exp.From(this=table),
                where=exp.Where(this=self._scalars.truth(on, scope)) if on is not None else None,
            )
            found: exp.Expr = exp.Exists(this=partner)
            conditions.append(found if kind == "SEMI" else exp.Not(this=found))
            return None
        if kind not in ("", "INNER", "CROSS", "OUTER") or side not in ("", "LEFT", "RIGHT", "FULL"):
            raise CannotSayError(f"{side} {kind} JOIN".strip())
        table = self._table(join.this, tables, outer)
        if on is None:
            if side:
                raise CannotSayError(f"{side} JOIN without a condition")
            return exp.Join(this=table, kind="CROSS")
        if side == "FULL" and not _is_equal_keys(on):
            raise CannotSayError("FULL JOIN by more than equal keys")
        condition = self._scalars.truth(on, Scope(tables, outer))
        return exp.Join(this=table, side=side or None, kind=None if side else "INNER", on=condition)

    def _table(
        self, node: exp.Expr, tables: dict[str, tuple[str, Mapping[str, tuple[str, Kind]]]], outer: Scope | None
    ) -> exp.Expr:
        """A table to read from; its columns are added to those in reach."""
        name = node.alias or node.name
        if not name or name.casefold() in tables:
            raise CannotSayError("a table without a name of its own")
        alias = self._mark + name
        source: exp.Expr
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            only(node, "this", "alias")
            source, columns = self._named(node)
            _no_columns(node)
        elif isinstance(node, exp.Subquery):
            only(node, "this", "alias")
            inner, columns = self._query(node.this, outer)
            _no_columns(node)
            source = exp.Subquery(this=inner)
        elif isinstance(node, exp.Values):
            source, columns = self._values(node, alias)
            tables[name.casefold()] = alias, {column.name.casefold(): (column.name, column.kind) for column in columns}
            return source
        else:
            raise CannotSayError(f"{node.key.upper()} in FROM")
        source.set("alias", exp.TableAlias(this=quoted(alias)))
        tables[name.casefold()] = alias, {column.name.casefold(): (column.name, column.kind) for column in columns}
        return source

    def _named(self, node: exp.Table) -> tuple[exp.Expr, Columns]:
        folded = node.name.casefold()
        if folded in self._reach:
            return exp.Table(this=quoted(node.name)), self._reach[folded]
        relation = self._relations.get(folded)
        if relation is None:
            raise CannotSayError(f"the table {node.name!r}")
        return self._place(relation.name), [Column(item.name, held(item.name, item.type)) for item in relation.fields]

    def _values(self, node: exp.Values, alias: str) -> tuple[exp.Expr, Columns]:
        only(node, "expressions", "alias")
        names = [item.name for item in node.args["alias"].args.get("columns") or []]
        empty = Scope({})
        rows = [[self._scalars.say(cell, empty) for cell in row.expressions] for row in node.expressions]
        if not names or any(len(row) != len(names) for row in rows):
            raise CannotSayError("VALUES without names")
        kinds = [whole(one_kind([row[place].kind for row in rows], "VALUES")) for place in range(len(names))]
        tuples = [
            exp.Tuple(expressions=[fitted(cell, kind, force=True) for cell, kind in zip(row, kinds, strict=True)])
            for row in rows
        ]
        said = exp.Values(
            expressions=tuples,
            alias=exp.TableAlias(this=quoted(alias), columns=[quoted(name) for name in names]),
        )
        return said, [Column(name, kind) for name, kind in zip(names, kinds, strict=True)]


KEPT: Final = "_dreflow_kept"


def held(name: str, type_text: str) -> Kind:
    """The kind of a column."""
    found = kind_of(type_text)
    if found is None:
        raise CannotSayError(f"the type {type_text} of the column {name!r}")
    quoted(name)
    return found


def whole(kind: Kind) -> Kind:
    """A kind that a column can have."""
    if kind == NULL:
        raise CannotSayError("a column of empty values without a type")
    return kind


def fitted(value: Typed, kind: Kind, *, force: bool = False) -> exp.Expr:
    """A value as a column of that kind; CannotSayError where that would change it."""
    have = value.kind
    if have != NULL and not have.is_like(kind):
        wider = have.family in NUMBERS and kind.family in NUMBERS
        wider = wider and NUMBERS.index(have.family) < NUMBERS.index(kind.family)
        wider = wider or (have.family == kind.family == "decimal" and have.scale < kind.scale)
        if not (wider or (have.family, kind.family) == ("date", "timestamp")):
            raise CannotSayError(f"{have.family} where DuckDB gives {kind.family}")
    is_column = isinstance(value.tree, exp.Column) and have == kind
    tree = value.tree if is_column and not force else cast_to(value.tree, kind)
    return collated(tree) if kind.family == "text" and not is_column else tree


def _with_aliases(query: exp.Select, scope: Scope) -> Scope:
    named = {item.alias.casefold(): item.this for item in query.expressions if isinstance(item, exp.Alias)}
    return Scope(scope.tables, scope.outer, named)


def _every_column(scope: Scope) -> list[exp.Expr]:
    return [
        exp.Column(this=quoted(name), table=exp.Identifier(this=folded, quoted=True))
        for folded, (_, columns) in scope.tables.items()
        for name, _ in columns.values()
    ]


def _has_exceptions(star: exp.Star) -> bool:
    if any(star.args.values()):
        raise CannotSayError("* with exceptions")
    return False


def _no_columns(node: exp.Expr) -> None:
    alias = node.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        raise CannotSayError("names for the columns of a table")


def _is_equal_keys(on: exp.Expr) -> bool:
    """Whether a condition is equalities of columns alone: PostgreSQL joins in full by nothing else."""
    if isinstance(on, exp.And):
        return _is_equal_keys(on.this) and _is_equal_keys(on.expression)
    if isinstance(on, exp.Paren):
        return _is_equal_keys(on.this)
    if not isinstance(on, exp.EQ) or not (isinstance(on.this, exp.Column) and isinstance(on.expression, exp.Column)):
        return False
    return on.this.table.casefold() != on.expression.table.casefold()


__all__ = ["Queries", "fitted", "grouped", "held"]
