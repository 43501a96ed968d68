"""From a meaning to SQL, as a SQLGlot tree: joins that do not multiply rows, and an order that leaves no tie open."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from agents.builtin.choose import label_columns, names_rows
from agents.builtin.index import Index, table_ref
from agents.builtin.meaning import Beyond, Compare, Condition, During, Either, Meaning, Nested, Out, Ref, Scalar, Scope
from agents.builtin.schema import Join, Schema
from agents.builtin.words import fold, split_name

_OPS: dict[str, type[exp.Binary]] = {"=": exp.EQ, "!=": exp.NEQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


class CannotBuildError(Exception):
    """The meaning has no single honest query; the text says why."""


@dataclass
class Frame:
    """One SELECT under construction: its tables by alias, joins and conditions."""

    builder: Builder
    aliases: dict[str, str] = field(default_factory=dict)
    first: str = ""
    joins: list[tuple[str, exp.Expression]] = field(default_factory=list)
    where: list[exp.Expression] = field(default_factory=list)
    tree: list[Join] = field(default_factory=list)

    def column(self, ref: Ref) -> exp.Expression:
        if ref[0] not in self.aliases:
            raise CannotBuildError(f"{ref[0]} is not joined")
        node: exp.Expression = exp.column(
            exp.to_identifier(ref[1], quoted=True), table=exp.to_identifier(self.aliases[ref[0]], quoted=True)
        )
        if self.builder.schema.columns[ref].type.upper() in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}:
            node = exp.AtTimeZone(this=node, zone=exp.Literal.string(self.builder.timezone))
        return node

    def start(self, table: str) -> None:
        self.first = table
        self.aliases[table] = self.builder.alias(table)

    def add(self, join: Join) -> None:
        """Join the table that is not here yet."""
        new = join.parent if join.table in self.aliases else join.table
        if new in self.aliases:
            return
        self.aliases[new] = self.builder.alias(new)
        self.joins.append((new, self.on(join)))
        self.tree.append(join)

    def on(self, join: Join) -> exp.Expression:
        parts = [
            exp.EQ(this=self.column((join.table, own)), expression=self.column((join.parent, key)))
            for own, key in zip(join.columns, join.keys, strict=True)
        ]
        return exp.and_(*parts)

    def select(self, *wanted: exp.Expression) -> exp.Select:
        query = exp.select(*wanted).from_(self._named(self.first))
        for table, on in self.joins:
            query = query.join(self._named(table), on=on, join_type="inner")
        return query.where(*self.where) if self.where else query

    def _named(self, table: str) -> exp.Expression:
        alias = self.aliases[table]
        ref = table_ref(table)
        return ref if alias == table else exp.alias_(ref, exp.to_identifier(alias, quoted=True), table=True)


class Builder:
    """Builds one query. Instances are used once."""

    def __init__(self, index: Index, timezone: str, *, contains: bool = False) -> None:
        self.contains = contains
        self.index = index
        self.schema: Schema = index.schema
        self.timezone = timezone
        self.used: dict[str, int] = {}
        self.notes: list[str] = []

    def alias(self, table: str) -> str:
        count = self.used[table] = self.used.get(table, 0) + 1
        return table if count == 1 else f"{table}_{count}"

    # -- the whole ---------------------------------------------------------------------------------------------

    def build(self, meaning: Meaning) -> exp.Query:
        """The query of a meaning. Raises CannotBuildError where tables cannot be joined or rows would be counted twice."""
        if any(out.kind == "per" for out in meaning.outs):
            return self._per(meaning)
        apart = self._apart(meaning)
        if apart is not None:
            return apart
        frame = self._frame(meaning)
        measured = any(
            o.is_measure for o in [*meaning.outs, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]
        )
        fanned = self._fanned_amount(frame, meaning) if measured else None
        if fanned is not None:
            return self._deduplicated(frame, meaning, fanned)
        names = Names()
        wanted: list[exp.Expression] = []
        shown: list[tuple[Out, list[str]]] = []
        for out in meaning.outs:
            made = []
            for label, node in self._nodes(frame, out, meaning):
                name = names.free(label)
                made.append(name)
                wanted.append(exp.alias_(node, exp.to_identifier(name, quoted=True)))
            shown.append((out, made))
        group = self._group_nodes(frame, meaning) if measured else []
        order = [(self._order_node(frame, out, meaning), descending) for out, descending in meaning.order]
        if meaning.limit == 1 and meaning.ties and order:
            return self._first_with_ties(frame, meaning, wanted, group, order[0], names)
        query = frame.select(*wanted)
        if meaning.distinct:
            query = query.distinct()
        query = self._grouped(frame, query, group, meaning)
        return self._ordered(query, meaning, order, wanted, group, measured)

    def _apart(self, meaning: Meaning) -> exp.Query | None:
        """A ratio or difference of totals of different tables: each is computed by itself."""
        if meaning.groups or len(meaning.outs) != 1 or meaning.scope.conditions:
            return None
        out = meaning.outs[0]
        if out.kind not in {"ratio", "difference"} or not all(part.is_measure for part in out.parts):
            return None
        tables = [part.tables() for part in out.parts]
        if tables[0] == tables[1]:
            return None
        nodes = []
        for part in out.parts:
            inner = Scope(part.table or (part.column[0] if part.column else ""), list(part.conditions))
            bare = Out(part.kind, part.column, part.table, part.func, part.grain, part.distinct)
            nodes.append(exp.paren(self.build(Meaning(inner, [bare])), copy=False))
        if out.kind == "difference":
            node: exp.Expression = exp.Sub(this=nodes[0], expression=nodes[1])
        else:
            node = exp.Div(
                this=exp.cast(nodes[0], "DOUBLE"), expression=exp.func("NULLIF", nodes[1], exp.Literal.number(0))
            )
        return exp.select(exp.alias_(node, exp.to_identifier(self._name(out), quoted=True)))

    def _frame(self, meaning: Meaning) -> Frame:
        tables = {meaning.scope.table}
        for out in [*meaning.outs, *meaning.groups, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]:
            tables |= out.tables()
        tables.discard("")
        if not tables:
            raise CannotBuildError("no table")
        frame = Frame(self)
        start = meaning.scope.table or sorted(tables)[0]
        found = self.schema.steiner(tables)
        if found is None:
            raise CannotBuildError("these tables do not belong together")
        frame.start(start)
        self._connect(frame, list(found[1]))
        self._conditions(frame, meaning.scope, meaning.scope.conditions)
        return frame

    def _connect(self, frame: Frame, joins: list[Join]) -> None:
        left = list(joins)
        while left:
            ready = [join for join in left if join.table in frame.aliases or join.parent in frame.aliases]
            if not ready:
                raise CannotBuildError("these tables do not belong together")
            for join in ready:
                frame.add(join)
                left.remove(join)

    # -- outputs -----------------------------------------------------------------------------------------------

    def _nodes(self, frame: Frame, out: Out, meaning: Meaning) -> list[tuple[str, exp.Expression]]:
        if out.kind == "entity":
            return [(self._label(ref), frame.column(ref)) for ref in label_columns(self.schema, out.table)]
        return [(self._name(out), self._node(frame, out, meaning))]

    def _node(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expression:
        if out.kind == "column" and out.column:
            return frame.column(out.column)
        if out.kind == "grain" and out.column:
            return cut(frame.column(out.column), out.grain)
        if out.kind == "entity":
            return frame.column(label_columns(self.schema, out.table)[0])
        if out.kind == "count":
            return self._count(frame, out, meaning)
        if out.kind == "agg" and out.column:
            return self._aggregate(frame, out)
        if out.kind == "agg" and out.parts:
            if any(self._fans(frame, table) for table in out.tables()):
                raise CannotBuildError("rows would be counted more than once")
            return exp.func(out.func.upper(), self._node(frame, out.parts[0], meaning), dialect="duckdb")
        if out.kind in {"ratio", "difference"}:
            left, right = (self._node(frame, part, meaning) for part in out.parts)
            if out.kind == "difference":
                return self._difference(out, left, right)
            return exp.Div(this=exp.cast(left, "DOUBLE"), expression=exp.func("NULLIF", right, exp.Literal.number(0)))
        if out.kind == "share":
            return self._share(frame, out, meaning)
        if out.kind == "rank":
            over = exp.Ordered(this=self._node(frame, out.parts[0], meaning), desc=True, nulls_first=False)
            return exp.Window(this=exp.func("RANK"), order=exp.Order(expressions=[over]))
        if out.kind == "number":
            return literal(out.scale)
        if out.kind == "formula":
            return self._formula(frame, out, meaning)
        raise CannotBuildError(f"{out.kind} has no expression")

    def _difference(self, out: Out, left: exp.Expression, right: exp.Expression) -> exp.Expression:
        kinds = {self.schema.columns[part.column].kind for part in out.parts if part.column}
        if kinds == {"date"} and all(part.column for part in out.parts):
            return exp.func("DATE_DIFF", exp.Literal.string("day"), left, right, dialect="duckdb")
        return exp.Sub(this=exp.paren(left), expression=exp.paren(right))

    def _formula(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expression:
        left, right = (exp.paren(self._node(frame, part, meaning)) for part in out.parts)
        if out.func == "/":
            return exp.Div(this=exp.cast(left, "DOUBLE"), expression=exp.func("NULLIF", right, exp.Literal.number(0)))
        return {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}[out.func](this=left, expression=right)

    def _count(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expression:
        inner: exp.Expression
        if out.grain and out.column:
            node = (
                cut(frame.column(out.column), out.grain)
                if self.schema.columns[out.column].kind == "date"
                else frame.column(out.column)
            )
            inner = exp.Distinct(expressions=[node])
        elif out.column:
            inner = exp.Distinct(expressions=[frame.column(out.column)]) if out.distinct else frame.column(out.column)
        else:
            table = out.table or meaning.scope.table
            keys = self.schema.keys.get(table, ())
            if self._fans(frame, table):
                if not keys:
                    raise CannotBuildError(f"rows of {table} would be counted more than once")
                inner = exp.Distinct(expressions=[frame.column((table, keys[0]))])
            elif not keys and self._spread(table):
                inner = exp.Distinct(expressions=[frame.column(label_columns(self.schema, table)[0])])
            elif out.distinct and not keys:
                inner = exp.Distinct(expressions=[frame.column(ref) for ref in label_columns(self.schema, table)[:1]])
            else:
                inner = exp.Star()
        if not out.conditions:
            return exp.Count(this=inner)
        test = exp.and_(*[self._condition(frame, out_scope(out), c) for c in out.conditions])
        if isinstance(inner, exp.Distinct):
            kept = exp.Case(ifs=[exp.If(this=test, true=inner.expressions[0])])
            return exp.Count(this=exp.Distinct(expressions=[kept]))
        return exp.Count(this=exp.Case(ifs=[exp.If(this=test, true=exp.Literal.number(1))]))

    def _spread(self, table: str) -> bool:
        """One thing over several rows: no key, and a name that repeats."""
        label = self.schema.columns[label_columns(self.schema, table)[0]]
        return (
            label.kind == "text" and label.core[-1:] in {("name",), ("title",)} and not names_rows(self.schema, table)
        )

    def _aggregate(self, frame: Frame, out: Out) -> exp.Expression:
        assert out.column is not None
        column = self.schema.columns[out.column]
        node = frame.column(out.column)
        if column.kind == "bool":
            node = exp.cast(node, "INTEGER")
        if out.conditions:
            test = exp.and_(*[self._condition(frame, out_scope(out), c) for c in out.conditions])
            node = exp.Case(ifs=[exp.If(this=test, true=node)])
        if out.distinct:
            node = exp.Distinct(expressions=[node])
        return exp.func(out.func.upper(), node, dialect="duckdb")

    def _share(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expression:
        part = out.parts[0]
        whole = self._node(frame, part, meaning)
        if out.conditions:
            kept = Out(part.kind, part.column, part.table, part.func, part.grain, part.distinct, list(out.conditions))
            top = self._node(frame, kept, meaning)
            below: exp.Expression = whole
        elif meaning.groups:
            top = whole
            below = exp.Window(this=exp.Sum(this=whole.copy()))
        else:
            raise CannotBuildError("a share needs to say of what")
        ratio = exp.Div(this=exp.cast(top, "DOUBLE"), expression=exp.func("NULLIF", below, exp.Literal.number(0)))
        if out.scale == 1.0:
            return ratio
        return exp.Mul(this=exp.paren(ratio), expression=exp.Literal.number(int(out.scale)))

    def _group_nodes(self, frame: Frame, meaning: Meaning) -> list[exp.Expression]:
        nodes: list[exp.Expression] = []
        for out in meaning.groups:
            if out.kind == "entity":
                refs = (
                    [(out.table, key) for key in self.schema.keys.get(out.table, ())]
                    if names_rows(self.schema, out.table)
                    else []
                )
                refs += [ref for ref in label_columns(self.schema, out.table) if ref not in refs]
                nodes += [frame.column(ref) for ref in refs]
            elif not out.is_measure:
                nodes.append(self._node(frame, out, meaning))
                # Rows of one name are still different rows when the table has a key and the label names its rows.
                if (
                    out.kind == "column"
                    and out.column
                    and out.column in label_columns(self.schema, out.column[0])
                    and names_rows(self.schema, out.column[0])
                ):
                    nodes += [
                        frame.column((out.column[0], key))
                        for key in self.schema.keys.get(out.column[0], ())
                        if key != out.column[1]
                    ]
        unique: list[exp.Expression] = []
        for node in nodes:
            if node not in unique:
                unique.append(node)
        return unique

    def _order_node(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expression:
        node = self._node(frame, out, meaning)
        if (
            out.kind == "column"
            and meaning.groups
            and out.column
            and not any(g.column == out.column for g in meaning.groups)
        ):
            measured = any(o.is_measure for o in meaning.outs)
            if measured or meaning.groups:
                return exp.Max(this=node)
        return node

    def _grouped(self, frame: Frame, query: exp.Select, group: list[exp.Expression], meaning: Meaning) -> exp.Select:
        if group:
            query = query.group_by(*group)
        for out, op, number in meaning.having:
            query = query.having(_OPS[op](this=self._node(frame, out, meaning), expression=literal(number)))
        return query

    def _ordered(
        self,
        query: exp.Select,
        meaning: Meaning,
        order: list[tuple[exp.Expression, bool]],
        wanted: list[exp.Expression],
        group: list[exp.Expression],
        measured: bool,
    ) -> exp.Query:
        keys: list[exp.Expression] = []
        terms: list[exp.Expression] = []
        outputs = [node.this for node in wanted if isinstance(node, exp.Alias)]
        names = [node.alias for node in wanted if isinstance(node, exp.Alias)]

        def put(node: exp.Expression, descending: bool) -> None:
            if node in keys:
                return
            keys.append(node)
            term: exp.Expression = node.copy()
            if node in outputs:
                term = exp.column(exp.to_identifier(names[outputs.index(node)], quoted=True))
            elif meaning.distinct:
                return
            terms.append(exp.Ordered(this=term, desc=descending, nulls_first=False))

        for node, descending in order:
            put(node, descending)
        if group:
            for node in [*group, *outputs]:
                put(node, False)
        elif not measured:
            for node in outputs:
                put(node, False)
        if terms and (group or not measured):
            query = query.order_by(*terms)
        if meaning.limit and (group or not measured):
            query = query.limit(meaning.limit)
        return query

    def _first_with_ties(
        self,
        frame: Frame,
        meaning: Meaning,
        wanted: list[exp.Expression],
        group: list[exp.Expression],
        order: tuple[exp.Expression, bool],
        names: Names,
    ) -> exp.Query:
        """The first of an order, and all that tie with it."""
        rank = names.free("place")
        window = exp.Window(
            this=exp.func("RANK"),
            order=exp.Order(expressions=[exp.Ordered(this=order[0], desc=order[1], nulls_first=False)]),
        )
        inner = frame.select(*wanted, exp.alias_(window, exp.to_identifier(rank, quoted=True)))
        inner = self._grouped(frame, inner, group, meaning)
        inner = inner.where(exp.Not(this=exp.Is(this=order[0].copy(), expression=exp.Null()))) if not group else inner
        columns = [
            exp.column(exp.to_identifier(node.alias, quoted=True)) for node in wanted if isinstance(node, exp.Alias)
        ]
        query = exp.select(*columns).from_(inner.subquery(exp.to_identifier("ranked", quoted=True)))
        query = query.where(
            exp.EQ(this=exp.column(exp.to_identifier(rank, quoted=True)), expression=exp.Literal.number(1))
        )
        if not any(o.is_measure for o in meaning.outs):
            query = query.distinct()
        return query.order_by(*[exp.Ordered(this=column.copy(), nulls_first=False) for column in columns])

    # -- rows that would be counted twice ----------------------------------------------------------------------

    def _fans(self, frame: Frame, table: str) -> bool:
        """Whether a row of the table can stand more than once among the joined rows."""
        seen, queue = {table}, [table]
        while queue:
            at = queue.pop()
            for join in frame.tree:
                if at == join.parent and join.table not in seen:
                    return True
                if at == join.table and join.parent not in seen:
                    seen.add(join.parent)
                    queue.append(join.parent)
        return False

    def _fanned_amount(self, frame: Frame, meaning: Meaning) -> Out | None:
        measures = [o for o in [*meaning.outs, *(o for o, _ in meaning.order)] if o.is_measure]
        for out in measures:
            if out.kind == "agg" and out.column and out.func not in {"max", "min"} and self._fans(frame, out.column[0]):
                others = [o for o in measures if o.kind == "agg" and o.column and o.column[0] != out.column[0]]
                if not others:
                    return out
        return None

    def _deduplicated(self, frame: Frame, meaning: Meaning, out: Out) -> exp.Query:
        """Each row of the measured table once a group, then the aggregate."""
        assert out.column is not None
        table = out.column[0]
        keys = self.schema.keys.get(table, ())
        measures = [o for o in [*meaning.outs, *(o for o, _ in meaning.order)] if o.is_measure]
        simple = all(
            o.kind in {"agg", "count"}
            and not o.conditions
            and (o.column is None or o.column[0] == table)
            and (not o.table or o.table == table or o.column)
            for o in measures
        )
        if not keys or not simple or meaning.having:
            raise CannotBuildError(f"rows of {table} would be counted more than once")
        names = Names()
        inner: list[exp.Expression] = []
        shown: list[tuple[Out, list[str]]] = []
        for group in meaning.groups:
            made = []
            if group.kind == "entity":
                for key in self.schema.keys.get(group.table, ()):
                    inner.append(
                        exp.alias_(
                            frame.column((group.table, key)),
                            exp.to_identifier(names.free(f"{group.table}_{key}"), quoted=True),
                        )
                    )
            for label, node in self._nodes(frame, group, meaning):
                name = names.free(label)
                made.append(name)
                inner.append(exp.alias_(node, exp.to_identifier(name, quoted=True)))
            shown.append((group, made))
        groups = [node.alias for node in inner]
        for key in keys:
            inner.append(
                exp.alias_(frame.column((table, key)), exp.to_identifier(names.free(f"key_{key}"), quoted=True))
            )
        held: dict[Ref, str] = {}
        for measure in measures:
            if measure.column and measure.column not in held:
                held[measure.column] = names.free(f"of_{measure.column[1]}")
                inner.append(
                    exp.alias_(frame.column(measure.column), exp.to_identifier(held[measure.column], quoted=True))
                )
        rows = frame.select(*inner).distinct().subquery(exp.to_identifier("once", quoted=True))

        def node_of(o: Out) -> exp.Expression:
            if o.kind == "count":
                return exp.Count(this=exp.Star())
            assert o.column is not None
            return exp.func(o.func.upper(), _quoted(held[o.column]), dialect="duckdb")

        wanted: list[exp.Expression] = []
        for o in meaning.outs:
            if o.is_measure:
                wanted.append(exp.alias_(node_of(o), exp.to_identifier(names.free(self._name(o)), quoted=True)))
            else:
                wanted += [
                    _quoted(name)
                    for g, made in shown
                    if g is o or (g.kind, g.column, g.table, g.grain) == (o.kind, o.column, o.table, o.grain)
                    for name in made
                ]
        query = exp.select(*wanted).from_(rows)
        if groups:
            query = query.group_by(*[_quoted(name) for name in groups])
            order = [
                exp.Ordered(this=node_of(o), desc=descending, nulls_first=False)
                for o, descending in meaning.order
                if o.is_measure
            ]
            order += [exp.Ordered(this=_quoted(name), nulls_first=False) for name in groups]
            query = query.order_by(*order)
            if meaning.limit:
                query = query.limit(meaning.limit)
        return query

    def _per(self, meaning: Meaning) -> exp.Query:
        """An average of counts: "average number of orders per customer"."""
        out = next(o for o in meaning.outs if o.kind == "per")
        if len(out.parts) < 2 or len(meaning.outs) > 1:
            raise CannotBuildError("an average number needs to say per what")
        inner = Meaning(meaning.scope, [out.parts[0]], [out.parts[1]])
        frame = self._frame(inner)
        counted = exp.alias_(self._node(frame, out.parts[0], inner), exp.to_identifier("n", quoted=True))
        grouped = frame.select(counted).group_by(*self._group_nodes(frame, inner))
        value = exp.func(out.func.upper(), _quoted("n"), dialect="duckdb")
        name = f"average_{self._name(out.parts[0])}"
        return exp.select(exp.alias_(value, exp.to_identifier(name, quoted=True))).from_(
            grouped.subquery(exp.to_identifier("counts", quoted=True))
        )

    # -- conditions --------------------------------------------------------------------------------------------

    def _conditions(self, frame: Frame, scope: Scope, conditions: list[Condition]) -> None:
        """Put conditions into the frame: directly, through owners (many to one), else as EXISTS on a side branch."""
        aside: dict[str, list[Condition]] = {}
        for condition in conditions:
            if isinstance(condition, Nested) and condition.kind == "exists" and not condition.scope.limit:
                inner = condition.scope
                if not inner.conditions and all(
                    self.schema.path(start, inner.table) is None for start in frame.aliases
                ):
                    self.notes.append(f"loose:{inner.table}")
                    continue
                if inner.table in frame.aliases or self._reach(frame, inner.table):
                    self._conditions(frame, inner, inner.conditions)
                    continue
            table = self._home(condition)
            if table is not None and table not in frame.aliases and not self._reach(frame, table):
                aside.setdefault(table, []).append(condition)
                continue
            frame.where.append(self._condition(frame, scope, condition))
        for table in sorted(aside):
            frame.where.append(self._exists(frame, scope, Scope(table, aside[table])))

    def _home(self, condition: Condition) -> str | None:
        if isinstance(condition, Compare | During | Beyond):
            return condition.column[0]
        if isinstance(condition, Nested) and condition.kind == "in":
            return condition.via[0] if condition.via else condition.scope.table
        if isinstance(condition, Either):
            homes = {self._home(option) for option in condition.options}
            return homes.pop() if len(homes) == 1 else None
        return None

    def _reach(self, frame: Frame, table: str) -> bool:
        """Join the table when each row at hand has at most one of it."""
        options = []
        for start in sorted(frame.aliases):
            found = self.schema.path(start, table)
            if found is not None and self._owners(start, found[1]):
                options.append((found[0], start, found[1]))
        if not options:
            return False
        for join in min(options, key=lambda option: (option[0], option[1]))[2]:
            frame.add(join)
        return table in frame.aliases

    def _owners(self, start: str, steps: tuple[Join, ...]) -> bool:
        at = start
        for join in steps:
            if join.table != at:
                return False
            at = join.parent
        return True

    def _condition(self, frame: Frame, scope: Scope, condition: Condition) -> exp.Expression:
        if isinstance(condition, Either):
            return exp.paren(
                exp.or_(
                    *[self._condition(frame, scope, self._reachable(frame, option)) for option in condition.options]
                )
            )
        if isinstance(condition, Nested):
            return self._nested(frame, scope, condition)
        if condition.column[0] not in frame.aliases and not self._reach(frame, condition.column[0]):
            return self._exists(frame, scope, Scope(condition.column[0], [condition]))
        if isinstance(condition, During):
            return self._during(frame, condition)
        if isinstance(condition, Beyond):
            return self._beyond(frame, condition)
        return self._compare(frame, condition)

    def _reachable(self, frame: Frame, condition: Condition) -> Condition:
        del frame
        return condition

    def _nested(self, frame: Frame, scope: Scope, nested: Nested) -> exp.Expression:
        inner = nested.scope
        if nested.kind == "in":
            return self._in(frame, nested)
        if nested.kind == "measure":
            assert nested.out is not None
            sub = self._branch(frame, scope, inner)
            value = self._node(sub, nested.out, Meaning(inner, [nested.out]))
            query = sub.select(value).subquery()
            left: exp.Expression = (
                exp.func("COALESCE", query, exp.Literal.number(0)) if nested.out.kind == "count" else query
            )
            return _OPS[nested.op](this=left, expression=literal(nested.value))
        found = self._exists(frame, scope, inner)
        return exp.Not(this=found) if nested.kind == "none" else found

    def _exists(self, frame: Frame, scope: Scope, inner: Scope) -> exp.Expression:
        return exp.Exists(this=self._branch(frame, scope, inner).select(exp.Literal.number(1)))

    def _branch(self, frame: Frame, scope: Scope, inner: Scope) -> Frame:
        """A sub-select over the path from the nearest table at hand to the inner one, tied to the row at hand."""
        starts = [scope.table] if scope.table in frame.aliases else sorted(frame.aliases)
        options = [
            (found[0], start, found[1])
            for start in starts
            if (found := self.schema.path(start, inner.table)) is not None
        ]
        if not options:
            raise CannotBuildError(f"{inner.table} does not belong to {', '.join(starts)}")
        _, start, steps = min(options, key=lambda option: (option[0], option[1]))
        if not steps:
            raise CannotBuildError(f"{inner.table} compared with itself")
        sub = Frame(self)
        first = steps[0].other(start)
        sub.start(first)
        tie = Frame(self, aliases={**sub.aliases, start: frame.aliases[start]})
        sub.where.append(tie.on(steps[0]))
        for join in steps[1:]:
            sub.add(join)
        self._conditions(sub, inner, inner.conditions)
        return sub

    def _in(self, frame: Frame, nested: Nested) -> exp.Expression:
        inner = nested.scope
        keys = self.schema.keys.get(inner.table, ())
        ref = (inner.table, keys[0]) if keys else label_columns(self.schema, inner.table)[0]
        if nested.via is not None:
            join = next(
                j for j in self.schema.joins if (j.table, j.columns[0]) == nested.via and j.parent == inner.table
            )
            return exp.In(
                this=frame.column(nested.via), query=self._members(inner, (inner.table, join.keys[0])).subquery()
            )
        if inner.table not in frame.aliases and not self._reach(frame, inner.table):
            raise CannotBuildError(f"{inner.table} is not one per row")
        return exp.In(this=frame.column(ref), query=self._members(inner, ref).subquery())

    def _members(self, inner: Scope, ref: Ref) -> exp.Query:
        """The values of a column over a set of rows."""
        meaning = Meaning(
            inner, [Out("column", column=ref)], order=inner.order, limit=inner.limit, ties=inner.limit == 1
        )
        if any(o.is_measure for o, _ in inner.order):
            meaning.groups = [Out("column", column=ref)]
        return self.build(meaning)

    def _during(self, frame: Frame, condition: During) -> exp.Expression:
        column = self.schema.columns[condition.column]
        node = frame.column(condition.column)
        period = condition.period
        tests: list[exp.Expression] = []
        if column.kind == "date":
            if period.start:
                tests.append(exp.GTE(this=node, expression=_date(period.start.isoformat())))
            if period.end:
                tests.append(exp.LT(this=node.copy(), expression=_date(period.end.isoformat())))
        else:
            tests = self._calendar_columns(frame, condition)
        made = exp.and_(*tests)
        return exp.Not(this=exp.paren(made)) if condition.negated else made

    def _calendar_columns(self, frame: Frame, condition: During) -> list[exp.Expression]:
        """Year and month kept in columns of their own."""
        period, (table, _) = condition.period, condition.column
        year = next((c for c in self.schema.of(table) if c.core == ("year",)), None)
        month = next((c for c in self.schema.of(table) if c.core == ("month",)), None)
        if year is None or year.kind != "number":
            raise CannotBuildError(f"{table} has no date")
        tests: list[exp.Expression] = []
        if period.month and period.year:
            if month is None:
                raise CannotBuildError(f"{table} has no month")
            tests.append(exp.EQ(this=frame.column(year.ref), expression=literal(period.year)))
            return [*tests, self._month_is(frame, month.ref, period.month)]
        whole = all(day is None or (day.month, day.day) == (1, 1) for day in (period.start, period.end))
        if not whole:
            raise CannotBuildError(f"{table} keeps no days")
        if period.start:
            tests.append(exp.GTE(this=frame.column(year.ref), expression=literal(period.start.year)))
        if period.end:
            tests.append(exp.LT(this=frame.column(year.ref), expression=literal(period.end.year)))
        if period.start and period.end and period.end.year == period.start.year + 1:
            return [exp.EQ(this=frame.column(year.ref), expression=literal(period.start.year))]
        return tests

    def _month_is(self, frame: Frame, ref: Ref, month: int) -> exp.Expression:
        if self.schema.columns[ref].kind == "number":
            return exp.EQ(this=frame.column(ref), expression=literal(month))
        name = _MONTH_NAMES[month - 1]
        stored = [
            v
            for v in sorted(self.index.values.by_column.get(ref, ()))
            if fold(v) in {name, name[:3], str(month), f"{month:02d}"}
        ]
        return exp.In(this=frame.column(ref), expressions=[exp.Literal.string(v) for v in stored or [name.title()]])

    def _beyond(self, frame: Frame, condition: Beyond) -> exp.Expression:
        sub = Frame(self)
        sub.start(condition.scope.table)
        self._conditions(sub, condition.scope, condition.scope.conditions)
        value = sub.select(self._node(sub, condition.out, Meaning(condition.scope, [condition.out]))).subquery()
        return _OPS[condition.op](this=frame.column(condition.column), expression=value)

    def _compare(self, frame: Frame, condition: Compare) -> exp.Expression:
        node = frame.column(condition.column)
        column = self.schema.columns[condition.column]
        made: exp.Expression
        if condition.other is not None:
            made = _OPS[condition.op](this=node, expression=frame.column(condition.other))
        elif condition.op == "null":
            made = exp.Is(this=node, expression=exp.Null())
        elif condition.op == "notnull":
            made = exp.Not(this=exp.Is(this=node, expression=exp.Null()))
        elif condition.op == "day":
            made = self._weekday(node, column.ref, condition.values)
        elif condition.op in {"start", "end", "in", "has"}:
            made = _like(node, condition.op, str(condition.values[0]))
        elif (
            self.contains
            and condition.op == "="
            and column.kind == "text"
            and all(isinstance(v, str) for v in condition.values)
        ):
            made = exp.or_(*[_like(node.copy(), "in", str(value)) for value in condition.values])
        elif len(condition.values) > 1:
            made = exp.In(this=node, expressions=[literal(value) for value in condition.values])
        elif (
            column.kind == "text"
            and isinstance(condition.values[0], int | float)
            and not isinstance(condition.values[0], bool)
        ):
            made = _OPS[condition.op](this=node, expression=exp.Literal.string(f"{condition.values[0]}"))
        elif column.kind == "time":
            made = _OPS[condition.op](
                this=node, expression=exp.cast(exp.Literal.string(clock(str(condition.values[0]))), "TIME")
            )
        else:
            made = _OPS[condition.op](this=node, expression=literal(condition.values[0]))
        if (
            condition.negated
            and self._is_spread(condition.column)
            and condition.column not in label_columns(self.schema, column.table)
        ):
            return self._none_of(frame, condition)
        return exp.Not(this=exp.paren(made)) if condition.negated else made

    def _is_spread(self, ref: Ref) -> bool:
        return not self.schema.keys.get(ref[0]) and self._spread(ref[0])

    def _none_of(self, frame: Frame, condition: Compare) -> exp.Expression:
        """Not any of the rows over which one thing is spread."""
        table = condition.column[0]
        label = label_columns(self.schema, table)[0]
        sub = Frame(self)
        sub.start(table)
        sub.where.append(self._compare(sub, Compare(condition.column, condition.op, condition.values)))
        sub.where.append(exp.EQ(this=sub.column(label), expression=frame.column(label)))
        return exp.Not(this=exp.Exists(this=sub.select(exp.Literal.number(1))))

    def _weekday(self, node: exp.Expression, ref: Ref, days: tuple[Scalar, ...]) -> exp.Expression:
        if self.schema.columns[ref].kind == "text":
            wanted = {_DAYS[int(day)] for day in days} | {_DAYS[int(day)][:3] for day in days}
            stored = [v for v in sorted(self.index.values.by_column.get(ref, ())) if fold(v) in wanted]
            return exp.In(this=node, expressions=[exp.Literal.string(v) for v in stored or sorted(wanted)])
        number = exp.Extract(this=exp.var("ISODOW"), expression=node)
        return exp.In(this=number, expressions=[literal(int(day) + 1) for day in days])

    # -- names -------------------------------------------------------------------------------------------------

    def _label(self, ref: Ref) -> str:
        return fold("_".join(split_name(ref[1]))) or ref[1]

    def _name(self, out: Out) -> str:
        """A name for a result column: what was computed of what."""
        if out.kind == "grain":
            return out.grain
        if out.kind == "column" and out.column:
            return out.column[1]
        if out.kind == "count":
            return (
                f"{out.column[1]}_count"
                if out.column
                else f"{'_'.join(self.schema.tables.get(out.table, ('row',)))}_count"
            )
        if out.kind == "agg" and out.column:
            word = {"sum": "total", "avg": "average", "max": "highest", "min": "lowest"}.get(out.func, out.func)
            core = "_".join(self.schema.columns[out.column].core)
            return core if core.startswith(word) else f"{word}_{core}"
        return out.kind


class Names:
    """Result column names, each used once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def free(self, wanted: str) -> str:
        name, count = wanted, 1
        while name.casefold() in self.taken:
            count += 1
            name = f"{wanted}_{count}"
        self.taken.add(name.casefold())
        return name


def out_scope(out: Out) -> Scope:
    """The scope that a measure's own conditions belong to."""
    return Scope(out.table or (out.column[0] if out.column else ""))


def cut(node: exp.Expression, grain: str) -> exp.Expression:
    """The first day of the unit that a date lies in."""
    return exp.cast(exp.func("DATE_TRUNC", exp.Literal.string(grain), node, dialect="duckdb"), "DATE")


def literal(value: Scalar) -> exp.Expression:
    """A constant."""
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float):
        return exp.Literal.number(int(value) if value == int(value) else value)
    return exp.Literal.string(value)


def _date(text: str) -> exp.Expression:
    return exp.cast(exp.Literal.string(text), "DATE")


def _quoted(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _like(node: exp.Expression, op: str, text: str) -> exp.Expression:
    """Starts with, ends with, contains; without regard to case. Signs of LIKE in the text stand for themselves."""
    low = exp.Lower(this=node)
    wanted = exp.Literal.string(text.casefold())
    if op == "start":
        return exp.StartsWith(this=low, expression=wanted)
    if op == "end":
        return exp.Anonymous(this="ENDS_WITH", expressions=[low, wanted])
    return exp.Contains(this=low, expression=wanted)


def clock(text: str) -> str:
    """ "1pm" as 13:00:00."""
    bare = text.lower().replace(" ", "")
    evening, morning = bare.endswith("pm"), bare.endswith("am")
    parts = bare.rstrip("apm").split(":")
    hour = int(parts[0])
    if evening and hour < 12:
        hour += 12
    if morning and hour == 12:
        hour = 0
    minute = parts[1] if len(parts) > 1 else "00"
    return f"{hour:02d}:{minute}:00"
