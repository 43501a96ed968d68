"""From a meaning to SQL, as a SQLGlot tree: no join multiplies rows, and no order leaves a tie open."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from agents.builtin.meaning import Compare, During, Meaning, Out, Ref, Scope
from agents.builtin.schema.choose import called, label_columns, names_rows
from agents.builtin.schema.graph import Join
from agents.builtin.sql.frame import CannotBuildError, Frame, cut, literal, quoted
from agents.builtin.sql.outputs import Nodes
from agents.builtin.sql.where import OPS


class Builder(Nodes):
    """Builds one query. Instances are used once."""

    def build(self, meaning: Meaning) -> exp.Query:
        """The query of a meaning. Raises CannotBuildError where tables do not join or rows would count twice."""
        self.meaning = self.meaning or meaning
        if any(out.kind == "per" for out in meaning.outs):
            return self._per(meaning)
        if meaning.having and not meaning.groups and any(out.is_measure for out in meaning.outs):
            return self._number_of_sets(meaning)
        apart = self._apart(meaning)
        if apart is not None:
            return apart
        if (each := self._measured_apart(meaning)) is not None:
            return self._side_by_side(meaning, each)
        frame = self._frame(meaning)
        measured = any(
            o.is_measure for o in [*meaning.outs, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]
        )
        fanned = self._fanned_amount(frame, meaning) if measured else None
        if fanned is not None:
            return self._deduplicated(frame, meaning, fanned)
        names = Names()
        wanted: list[exp.Expr] = []
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
        if meaning.limit and order and (meaning.within or meaning.ties):
            return self._first_with_ties(frame, meaning, wanted, group, order[0], names)
        query = frame.select(*wanted)
        if meaning.distinct:
            query = query.distinct()
        query = self._grouped(frame, query, group, meaning)
        if meaning.shown is not None:
            return self._part_shown(query, meaning, meaning.shown)
        return self._ordered(query, meaning, order, wanted, group, measured)

    def _part_shown(self, query: exp.Select, meaning: Meaning, shown: During) -> exp.Query:
        """Of a course over all time the rows of one period."""
        grain = next(out for out in meaning.groups if out.kind == "grain")
        name, first = self._name(grain), shown.period.start
        assert first is not None
        tests: list[exp.Expr] = [exp.GTE(this=quoted(name), expression=cut(_day(first), grain.grain))]
        if shown.period.end is not None:
            tests.append(exp.LT(this=quoted(name), expression=_day(shown.period.end)))
        inner = query.subquery(exp.to_identifier("course", quoted=True))
        names = [node.alias for node in query.expressions]
        outer = exp.select(*[quoted(one) for one in names]).from_(inner).where(*tests)
        return outer.order_by(*[exp.Ordered(this=quoted(one), nulls_first=False) for one in [name, *names]])

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
            node: exp.Expr = exp.Sub(this=nodes[0], expression=nodes[1])
        else:
            node = exp.Div(
                this=exp.cast(nodes[0], "DOUBLE"), expression=exp.func("NULLIF", nodes[1], exp.Literal.number(0))
            )
            node = node if out.scale == 1.0 else exp.Mul(this=exp.paren(node), expression=literal(out.scale))
        return exp.select(exp.alias_(node, exp.to_identifier(self._name(out), quoted=True)))

    def _measured_apart(self, meaning: Meaning) -> str | None:
        """The thing told apart where figures of two tables stand at it, of which neither belongs to the other."""
        entities = [out.table for out in meaning.groups if out.kind == "entity"]
        each = entities[0] if len(entities) == 1 else ""
        measures = [out for out in meaning.outs if out.is_measure]
        beside = all(out.kind == "entity" or (out.column or ("",))[0] == each for out in meaning.groups)
        plain = all(out.kind in {"count", "agg"} and not out.parts and not out.conditions for out in measures)
        of_each = all(isinstance(c, Compare) and c.column[0] == each for c in meaning.scope.conditions)
        tables = {min(out.tables(), default="") for out in measures}
        if not (each and beside and plain and of_each) or meaning.having or meaning.within or meaning.ties:
            return None
        if len(tables) < 2 or len(self.schema.keys.get(each, ())) != 1 or each in tables:
            return None
        below = all(self._is_owned(table, each) for table in tables)
        chained = any(self._is_owned(one, other) for one in tables for other in tables if one != other)
        return each if below and not chained else None

    def _side_by_side(self, meaning: Meaning, each: str) -> exp.Query:
        """As in "number of bookings and total paid per member": each figure of its own rows, none of them twice."""
        meaning.assumptions.append(f"{each} without any are shown with 0")
        measures = [out for out in meaning.outs if out.is_measure]
        told = [out for out in [*meaning.outs, *meaning.groups] if not out.is_measure]
        frame = self._frame(Meaning(Scope(each, meaning.scope.conditions), told))
        key = (each, self.schema.keys[each][0])
        figures: dict[int, exp.Expr] = {}
        for out in measures:
            inner = Meaning(Scope(min(out.tables())), [out], [Out("entity", table=each)])
            rows = self._frame(inner)
            same = exp.EQ(this=rows.column(key), expression=frame.column(key))
            figure: exp.Expr = rows.select(self._node(rows, out, inner)).where(same).subquery()
            if out.kind == "count" or out.func == "sum":
                figure = exp.Coalesce(this=figure, expressions=[exp.Literal.number(0)])
            figures[id(out)] = figure
        names, wanted = Names(), []
        for out in meaning.outs:
            made = [(self._name(out), figures[id(out)])] if out.is_measure else self._nodes(frame, out, meaning)
            wanted += [exp.alias_(node, exp.to_identifier(names.free(label), quoted=True)) for label, node in made]
        outputs = [quoted(node.alias) for node in wanted]
        order = [
            exp.Ordered(this=outputs[meaning.outs.index(out)], desc=descending, nulls_first=False)
            for out, descending in meaning.order
            if out in meaning.outs and len(outputs) == len(meaning.outs)
        ]
        order += [exp.Ordered(this=one, nulls_first=False) for one in [*outputs, frame.column(key)]]
        query = frame.select(*wanted).order_by(*order)
        return query.limit(meaning.limit) if meaning.limit else query

    def _frame(self, meaning: Meaning) -> Frame:
        tables = {meaning.scope.table}
        for out in [
            *meaning.outs,
            *meaning.groups,
            *meaning.within,
            *(o for o, _ in meaning.order),
            *(o for o, _, _ in meaning.having),
        ]:
            tables |= out.tables()
        tables.discard("")
        if not tables:
            raise CannotBuildError("it is not clear which of its tables is meant")
        frame = Frame(self)
        start = meaning.scope.table or min(tables)
        found = self.schema.steiner(tables)
        if found is None:
            raise CannotBuildError("these tables do not belong together")
        own = all(isinstance(c, Compare | During) and c.column[0] == meaning.everyone for c in meaning.scope.conditions)
        if meaning.everyone in tables and own and len(tables) > 1:
            start, frame.outer = meaning.everyone, True
        top = self._counted_apart(meaning)
        if top and not frame.outer:
            start, frame.outer = top, True
        frame.start(start)
        self._connect(frame, list(found[1]))
        if frame.outer and start == top:
            # Rows that belong to none of what is told apart are of no group.
            told = [out.table for out in meaning.groups if out.kind == "entity" and out.table != start]
            keys = [(table, key) for table in told for key in self.schema.keys.get(table, ())[:1]]
            frame.where += [exp.Not(this=exp.Is(this=frame.column(ref), expression=exp.Null())) for ref in keys]
        self._conditions(frame, meaning.scope, meaning.scope.conditions)
        return frame

    def _counted_apart(self, meaning: Meaning) -> str:
        """Of two tables measured side by side the one whose rows the other's belong to: those without any count too."""
        leaves = [leaf for out in meaning.outs if out.is_measure for leaf in _leaves(out)]
        tables = sorted({table for leaf in leaves for table in leaf.tables()} - {""})
        single = all(len(leaf.tables()) == 1 and not leaf.distinct for leaf in leaves)
        if len(tables) < 2 or not single or meaning.scope.conditions or meaning.having:
            return ""
        grouped = {table for out in meaning.groups for table in out.tables()}
        for top in tables:
            below = all(self._is_owned(other, top) for other in tables if other != top)
            if below and all(self._is_owned(top, table) for table in grouped):
                return top
        return ""

    def _is_owned(self, table: str, owner: str) -> bool:
        found = self.schema.path(table, owner)
        return found is not None and self._owners(table, found[1])

    def _connect(self, frame: Frame, joins: list[Join]) -> None:
        left = list(joins)
        while left:
            ready = [join for join in left if join.table in frame.aliases or join.parent in frame.aliases]
            if not ready:
                raise CannotBuildError("these tables do not belong together")
            for join in ready:
                frame.add(join)
                left.remove(join)

    def _group_nodes(self, frame: Frame, meaning: Meaning) -> list[exp.Expr]:
        nodes: list[exp.Expr] = []
        for out in meaning.groups:
            if out.kind == "entity":
                refs = (
                    [(out.table, key) for key in self.schema.keys.get(out.table, ())]
                    if names_rows(self.schema, out.table) or self._is_pointed_at(out.table)
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
                    and out.column in called(self.schema, out.column[0])
                    and names_rows(self.schema, out.column[0])
                ):
                    nodes += [
                        frame.column((out.column[0], key))
                        for key in self.schema.keys.get(out.column[0], ())
                        if key != out.column[1]
                    ]
        unique: list[exp.Expr] = []
        for node in nodes:
            if node not in unique:
                unique.append(node)
        return unique

    def _is_pointed_at(self, table: str) -> bool:
        """Whether other rows refer to the table's by its key: then rows of one name are different things."""
        keys = self.schema.keys.get(table, ())
        real = self.schema.real(table)
        labels = {ref[1] for ref in called(self.schema, table)}
        return not labels & set(keys) and any(
            self.schema.real(j.parent) == real and j.keys == keys for j in self.schema.joins
        )

    def _order_node(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:
        if out.kind == "grain" and out.grain == "weekday" and out.column and meaning.groups:
            day = exp.Extract(this=exp.var("ISODOW"), expression=frame.column(out.column))
            return exp.Min(this=day)  # Monday first, and not Friday
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

    def _grouped(self, frame: Frame, query: exp.Select, group: list[exp.Expr], meaning: Meaning) -> exp.Select:
        if group:
            query = query.group_by(*group)
        for out, op, number in meaning.having:
            query = query.having(OPS[op](this=self._node(frame, out, meaning), expression=literal(number)))
        return query

    def _ordered(
        self,
        query: exp.Select,
        meaning: Meaning,
        order: list[tuple[exp.Expr, bool]],
        wanted: list[exp.Expr],
        group: list[exp.Expr],
        measured: bool,
    ) -> exp.Query:
        keys: list[exp.Expr] = []
        terms: list[exp.Expr] = []
        outputs = [node.this for node in wanted if isinstance(node, exp.Alias)]
        names = [node.alias for node in wanted if isinstance(node, exp.Alias)]

        def put(node: exp.Expr, descending: bool) -> None:
            if node in keys:
                return
            keys.append(node)
            term: exp.Expr = node.copy()
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
        wanted: list[exp.Expr],
        group: list[exp.Expr],
        order: tuple[exp.Expr, bool],
        names: Names,
    ) -> exp.Query:
        """The first of an order, and all that tie with it."""
        rank = names.free("place")
        within = [self._node(frame, out, meaning) for out in meaning.within]
        window = exp.Window(
            this=exp.func("RANK"),
            partition_by=within or None,
            order=exp.Order(expressions=[exp.Ordered(this=order[0], desc=order[1], nulls_first=False)]),
        )
        inner = frame.select(*wanted, exp.alias_(window, exp.to_identifier(rank, quoted=True)))
        inner = self._grouped(frame, inner, group, meaning)
        inner = inner.where(exp.Not(this=exp.Is(this=order[0].copy(), expression=exp.Null()))) if not group else inner
        columns = [
            exp.column(exp.to_identifier(node.alias, quoted=True)) for node in wanted if isinstance(node, exp.Alias)
        ]
        query = exp.select(*columns).from_(inner.subquery(exp.to_identifier("ranked", quoted=True)))
        query = query.where(exp.LTE(this=quoted(rank), expression=exp.Literal.number(meaning.limit or 1)))
        if not any(o.is_measure for o in meaning.outs):
            query = query.distinct()
        several = (meaning.limit or 1) > 1 and not meaning.within and query.args.get("distinct") is None
        ranked = [quoted(rank)] if several else []
        return query.order_by(*[exp.Ordered(this=column.copy(), nulls_first=False) for column in [*ranked, *columns]])

    def _fanned_amount(self, frame: Frame, meaning: Meaning) -> Out | None:
        measures = [o for o in [*meaning.outs, *(o for o, _ in meaning.order)] if o.is_measure]
        for out in measures:
            if out.kind == "agg" and out.column and out.func not in {"max", "min"} and self._fans(frame, out.column[0]):
                others = [o for o in measures if o.kind == "agg" and o.column and o.column[0] != out.column[0]]
                if not others:
                    return out
        return None

    def _deduplicated(self, frame: Frame, meaning: Meaning, out: Out) -> exp.Query:  # noqa: C901 - one short branch a kind of phrase
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
        inner: list[exp.Expr] = []
        shown: list[tuple[Out, list[str]]] = []
        for group in meaning.groups:
            made = []
            if group.kind == "entity":
                inner += [
                    exp.alias_(
                        frame.column((group.table, key)),
                        exp.to_identifier(names.free(f"{group.table}_{key}"), quoted=True),
                    )
                    for key in self.schema.keys.get(group.table, ())
                ]
            for label, node in self._nodes(frame, group, meaning):
                name = names.free(label)
                made.append(name)
                inner.append(exp.alias_(node, exp.to_identifier(name, quoted=True)))
            shown.append((group, made))
        groups = [node.alias for node in inner]
        inner += [
            exp.alias_(frame.column((table, key)), exp.to_identifier(names.free(f"key_{key}"), quoted=True))
            for key in keys
        ]
        held: dict[Ref, str] = {}
        for measure in measures:
            if measure.column and measure.column not in held:
                held[measure.column] = names.free(f"of_{measure.column[1]}")
                inner.append(
                    exp.alias_(frame.column(measure.column), exp.to_identifier(held[measure.column], quoted=True))
                )
        rows = frame.select(*inner).distinct().subquery(exp.to_identifier("once", quoted=True))

        def node_of(o: Out) -> exp.Expr:
            if o.kind == "count":
                return exp.Count(this=exp.Star())
            assert o.column is not None
            return exp.func(o.func.upper(), quoted(held[o.column]), dialect="duckdb")

        wanted: list[exp.Expr] = []
        for o in meaning.outs:
            if o.is_measure:
                wanted.append(exp.alias_(node_of(o), exp.to_identifier(names.free(self._name(o)), quoted=True)))
            else:
                wanted += [
                    quoted(name)
                    for g, made in shown
                    if g is o or (g.kind, g.column, g.table, g.grain) == (o.kind, o.column, o.table, o.grain)
                    for name in made
                ]
        query = exp.select(*wanted).from_(rows)
        if groups:
            query = query.group_by(*[quoted(name) for name in groups])
            order = [
                exp.Ordered(this=node_of(o), desc=descending, nulls_first=False)
                for o, descending in meaning.order
                if o.is_measure
            ]
            order += [exp.Ordered(this=quoted(name), nulls_first=False) for name in groups]
            query = query.order_by(*order)
            if meaning.limit:
                query = query.limit(meaning.limit)
        return query

    def _number_of_sets(self, meaning: Meaning) -> exp.Query:
        """As in "how many customers have more than three orders", where customers are values of a column of orders."""
        out = meaning.outs[0]
        if len(meaning.outs) > 1 or out.kind != "count" or not out.column or not out.distinct or out.conditions:
            raise CannotBuildError("what is compared is said of each of several, and only the whole is asked for")
        each = Out("column", column=out.column)
        inner = Meaning(meaning.scope, [each], [each], having=meaning.having)
        frame = self._frame(inner)
        node = frame.column(out.column)
        sets = frame.select(node).where(exp.Not(this=exp.Is(this=node.copy(), expression=exp.Null())))
        rows = self._grouped(frame, sets, [node.copy()], inner).subquery(exp.to_identifier("counted", quoted=True))
        number = exp.alias_(exp.Count(this=exp.Star()), exp.to_identifier(self._name(out), quoted=True))
        return exp.select(number).from_(rows)

    def _per(self, meaning: Meaning) -> exp.Query:
        """An average of figures, each of one thing or day: "average number of orders per customer", also in groups."""
        out = next(o for o in meaning.outs if o.kind == "per")
        if len(out.parts) < 2 or any(o.is_measure for o in meaning.outs if o is not out):
            raise CannotBuildError("an average number needs to say per what")
        value, each = out.parts
        inner = Meaning(meaning.scope, [*meaning.groups, value], [*meaning.groups, each])
        frame = self._frame(inner)
        names = Names()
        figure = names.free("n")
        wanted: list[exp.Expr] = []
        for group in meaning.groups:
            for label, node in self._nodes(frame, group, inner):
                wanted.append(exp.alias_(node, exp.to_identifier(names.free(label), quoted=True)))
        told = [quoted(node.alias) for node in wanted]
        wanted.append(exp.alias_(self._node(frame, value, inner), exp.to_identifier(figure, quoted=True)))
        rows = frame.select(*wanted).group_by(*self._group_nodes(frame, inner))
        if each.kind == "grain":
            # Rows without a day are of no day.
            rows = rows.having(exp.Not(this=exp.Is(this=self._node(frame, each, inner), expression=exp.Null())))
        name = names.free(f"average_{self._name(value)}")
        averaged = exp.alias_(
            exp.func(out.func.upper(), quoted(figure), dialect="duckdb"), exp.to_identifier(name, quoted=True)
        )
        outer = exp.select(*told, averaged).from_(rows.subquery(exp.to_identifier("counts", quoted=True)))
        if told:
            keys = [exp.Ordered(this=one, nulls_first=False) for one in told]
            outer = outer.group_by(*told).order_by(*keys)
        return outer


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")


def _leaves(out: Out) -> list[Out]:
    """The measures that a measure is made of."""
    if out.kind in {"ratio", "difference", "formula"} and out.parts:
        return [leaf for part in out.parts for leaf in _leaves(part)]
    return [out] if out.kind != "number" else []


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
