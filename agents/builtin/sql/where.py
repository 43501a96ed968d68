"""Conditions as SQL: directly, through owners, or as EXISTS on a side branch."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.language.words import fold
from agents.builtin.meaning import (
    Beyond,
    Compare,
    Condition,
    During,
    Either,
    Meaning,
    Nested,
    Out,
    Ref,
    Scalar,
    Scope,
    Shared,
)
from agents.builtin.schema.choose import label_columns, names_rows
from agents.builtin.schema.graph import Join
from agents.builtin.schema.years import holds_years
from agents.builtin.sql.frame import Base, CannotBuildError, Frame, clock, is_clock, literal, quoted

OPS: dict[str, type[exp.Binary]] = {"=": exp.EQ, "!=": exp.NEQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}
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


class Where(Base):
    """Puts conditions into frames."""

    def _conditions(self, frame: Frame, scope: Scope, conditions: list[Condition]) -> None:
        """Put conditions into the frame: directly, through owners (many to one), else as EXISTS on a side branch."""
        aside: dict[str, list[Condition]] = {}
        for condition in conditions:
            if isinstance(condition, Shared):
                others = [one for one in conditions if one is not condition]
                frame.where.append(self._shared(frame, scope, condition, others))
                continue
            if isinstance(condition, Nested) and condition.kind == "exists" and not condition.scope.limit:
                inner = condition.scope
                if not inner.conditions and all(
                    self.schema.path(start, inner.table) is None for start in frame.aliases
                ):
                    raise CannotBuildError(f"{inner.table} does not belong to {', '.join(sorted(frame.aliases))}")
                if inner.table in frame.aliases or self._reach(frame, inner.table):
                    self._conditions(frame, inner, inner.conditions)
                    continue
            table = self._home(condition)
            if table is not None and table not in frame.aliases and not self._reach(frame, table):
                aside.setdefault(table, []).append(condition)
                continue
            frame.where.append(self._condition(frame, scope, condition))
        self._merge_branches(frame, scope, aside)
        for table in sorted(aside):
            frame.where.append(self._exists(frame, scope, Scope(table, aside[table])))

    def _merge_branches(self, frame: Frame, scope: Scope, aside: dict[str, list[Condition]]) -> None:
        """As in "guests with late trips on the Swan": of two plain conditions on one way both hold for the same row."""
        starts = [scope.table] if scope.table in frame.aliases else sorted(frame.aliases)
        ways = {}
        for table in aside:
            found = [way for start in starts if (way := self.schema.path(start, table)) is not None]
            ways[table] = min(found, key=lambda way: way[0])[1] if found else ()
        for far in sorted(aside, key=lambda table: (-len(ways[table]), table)):
            for near in [t for t in sorted(aside) if t != far and t in {j.table for j in ways[far]}]:
                plain = [c for c in [*aside[near], *aside[far]] if isinstance(c, Compare | During)]
                if len(plain) == len(aside[near]) + len(aside[far]):
                    aside[far] += aside.pop(near)

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

    def _condition(self, frame: Frame, scope: Scope, condition: Condition) -> exp.Expr:
        if isinstance(condition, Either):
            return exp.paren(
                exp.or_(
                    *[self._condition(frame, scope, self._reachable(frame, option)) for option in condition.options]
                )
            )
        if isinstance(condition, Nested):
            return self._nested(frame, scope, condition)
        if isinstance(condition, Shared):
            raise CannotBuildError("what they share is said beside another condition")
        if condition.column[0] not in frame.aliases and not self._reach(frame, condition.column[0]):
            return self._exists(frame, scope, Scope(condition.column[0], [condition]))
        if isinstance(condition, Compare) and condition.other is not None and condition.other[0] not in frame.aliases:
            self._reach(frame, condition.other[0])
        if isinstance(condition, During):
            return self._during(frame, condition)
        if isinstance(condition, Beyond):
            return self._beyond(frame, condition)
        return self._compare(frame, condition)

    def _shared(self, frame: Frame, scope: Scope, condition: Shared, others: list[Condition]) -> exp.Expr:
        """As in "clients of Deal with the same email": what they share stands more than once among those of Deal."""
        sub = Frame(self)
        sub.start(scope.table)
        self._conditions(sub, Scope(scope.table), others)
        outer, inner = ([self._told(at, ref) for ref in condition.columns] for at in (frame, sub))
        several = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
        query = sub.select(*inner).group_by(*[node.copy() for node in inner]).having(several)
        left = outer[0] if len(outer) == 1 else exp.Tuple(expressions=outer)
        return exp.In(this=left, query=query.subquery())

    def _told(self, frame: Frame, ref: Ref) -> exp.Expr:
        """What a column says: of a text nothing of its capitals and of the blanks around it."""
        column, node = self.schema.columns[ref], frame.column(ref)
        if column.kind == "text":
            return exp.func("NULLIF", exp.Lower(this=exp.Trim(this=node)), exp.Literal.string(""))
        return node

    def _reachable(self, frame: Frame, condition: Condition) -> Condition:
        del frame
        return condition

    def _nested(self, frame: Frame, scope: Scope, nested: Nested) -> exp.Expr:
        inner = nested.scope
        if nested.kind == "in":
            return self._in(frame, nested)
        if nested.kind == "measure":
            assert nested.out is not None
            sub = self._branch(frame, scope, inner)
            value = self._node(sub, nested.out, Meaning(inner, [nested.out]))
            query = sub.select(value).subquery()
            if nested.average:
                return OPS[nested.op](this=query, expression=self._average_per(nested))
            left: exp.Expr = exp.func("COALESCE", query, exp.Literal.number(0)) if nested.out.kind == "count" else query
            if nested.against is not None:
                return OPS[nested.op](this=left, expression=frame.column(nested.against))
            return OPS[nested.op](this=left, expression=literal(nested.value))
        found = self._exists(frame, scope, inner)
        return exp.Not(this=found) if nested.kind == "none" else found

    def _average_per(self, nested: Nested) -> exp.Expr:
        """The average of a measure over those that have any rows, as a sub-select."""
        assert nested.out is not None
        keys = self.schema.keys.get(nested.average, ())
        if not keys:
            raise CannotBuildError(f"rows of {nested.average} have no key")
        inner = Scope(nested.scope.table, list(nested.scope.conditions))
        grouped = self.build(Meaning(inner, [nested.out], [Out("column", column=(nested.average, keys[0]))]))
        value = exp.func("AVG", quoted(grouped.named_selects[-1]))
        return exp.select(value).from_(grouped.subquery(exp.to_identifier("each", quoted=True))).subquery()

    def _exists(self, frame: Frame, scope: Scope, inner: Scope) -> exp.Expr:
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

    def _in(self, frame: Frame, nested: Nested) -> exp.Expr:
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

    def _during(self, frame: Frame, condition: During) -> exp.Expr:
        column = self.schema.columns[condition.column]
        node = frame.column(condition.column)
        period = condition.period
        tests: list[exp.Expr] = []
        if column.kind == "date":
            if period.start:
                tests.append(exp.GTE(this=node, expression=_date(period.start.isoformat())))
            if period.end:
                tests.append(exp.LT(this=node.copy(), expression=_date(period.end.isoformat())))
        else:
            tests = self._calendar_columns(frame, condition)
        made = exp.and_(*tests)
        return exp.Not(this=exp.paren(made)) if condition.negated else made

    def _calendar_columns(self, frame: Frame, condition: During) -> list[exp.Expr]:
        """Year and month kept in columns of their own."""
        period, (table, _) = condition.period, condition.column
        asked = self.schema.columns[condition.column]
        year = next((c for c in self.schema.of(table) if c.core == ("year",)), None)
        year = asked if holds_years(asked) else year
        month = next((c for c in self.schema.of(table) if c.core == ("month",)), None)
        if year is None or year.kind != "number":
            raise CannotBuildError(f"{table} has no date")
        tests: list[exp.Expr] = []
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

    def _month_is(self, frame: Frame, ref: Ref, month: int) -> exp.Expr:
        if self.schema.columns[ref].kind == "number":
            return exp.EQ(this=frame.column(ref), expression=literal(month))
        name = _MONTH_NAMES[month - 1]
        stored = [
            v
            for v in sorted(self.index.values.by_column.get(ref, ()))
            if fold(v) in {name, name[:3], str(month), f"{month:02d}"}
        ]
        return exp.In(this=frame.column(ref), expressions=[exp.Literal.string(v) for v in stored or [name.title()]])

    def _beyond(self, frame: Frame, condition: Beyond) -> exp.Expr:
        sub = Frame(self)
        sub.start(condition.scope.table)
        self._conditions(sub, condition.scope, condition.scope.conditions)
        value = sub.select(self._node(sub, condition.out, Meaning(condition.scope, [condition.out]))).subquery()
        return OPS[condition.op](this=frame.column(condition.column), expression=value)

    def _compare(self, frame: Frame, condition: Compare) -> exp.Expr:
        node = frame.column(condition.column)
        column = self.schema.columns[condition.column]
        made: exp.Expr
        if condition.other is not None:
            made = OPS[condition.op](this=node, expression=frame.column(condition.other))
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
            as_text = column.kind == "text"
            made = exp.In(this=node, expressions=[literal(str(v) if as_text else v) for v in condition.values])
        elif (
            column.kind == "text"
            and isinstance(condition.values[0], int | float)
            and not isinstance(condition.values[0], bool)
        ):
            made = OPS[condition.op](this=node, expression=exp.Literal.string(f"{condition.values[0]}"))
        elif column.kind == "date" and isinstance(condition.values[0], str) and is_clock(condition.values[0]):
            made = OPS[condition.op](
                this=exp.cast(node, "TIME"),
                expression=exp.cast(exp.Literal.string(clock(condition.values[0])), "TIME"),
            )
        elif column.kind == "time":
            made = OPS[condition.op](
                this=node, expression=exp.cast(exp.Literal.string(clock(str(condition.values[0]))), "TIME")
            )
        else:
            made = OPS[condition.op](this=node, expression=literal(condition.values[0]))
        if (
            condition.negated
            and self._is_spread(condition.column)
            and condition.column not in label_columns(self.schema, column.table)
        ):
            return self._none_of(frame, condition)
        return exp.Not(this=exp.paren(made)) if condition.negated else made

    def _is_spread(self, ref: Ref) -> bool:
        return not self.schema.keys.get(ref[0]) and self._spread(ref[0])

    def _none_of(self, frame: Frame, condition: Compare) -> exp.Expr:
        """Not any of the rows over which one thing is spread."""
        table = condition.column[0]
        label = label_columns(self.schema, table)[0]
        sub = Frame(self)
        sub.start(table)
        sub.where.append(self._compare(sub, Compare(condition.column, condition.op, condition.values)))
        sub.where.append(exp.EQ(this=sub.column(label), expression=frame.column(label)))
        return exp.Not(this=exp.Exists(this=sub.select(exp.Literal.number(1))))

    def _weekday(self, node: exp.Expr, ref: Ref, days: tuple[Scalar, ...]) -> exp.Expr:
        if self.schema.columns[ref].kind == "text":
            wanted = {_DAYS[int(day)] for day in days} | {_DAYS[int(day)][:3] for day in days}
            stored = [v for v in sorted(self.index.values.by_column.get(ref, ())) if fold(v) in wanted]
            return exp.In(this=node, expressions=[exp.Literal.string(v) for v in stored or sorted(wanted)])
        number = exp.Extract(this=exp.var("ISODOW"), expression=node)
        return exp.In(this=number, expressions=[literal(int(day) + 1) for day in days])

    def _spread(self, table: str) -> bool:
        """One thing over several rows: no key, and a name that repeats. What ties two others together is its own."""
        labels = [self.schema.columns[ref] for ref in label_columns(self.schema, table)[:1]]
        named = any(label.kind == "text" and label.core[-1:] in {("name",), ("title",)} for label in labels)
        ties = len({join.parent for join in self.schema.joins if join.table == table}) > 1
        return named and not ties and not names_rows(self.schema, table)


def _date(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "DATE")


def _like(node: exp.Expr, op: str, text: str) -> exp.Expr:
    """Starts with, ends with, contains; without regard to case. Signs of LIKE in the text stand for themselves."""
    low = exp.Lower(this=node)
    wanted = exp.Literal.string(text.casefold())
    if op == "start":
        return exp.StartsWith(this=low, expression=wanted)
    if op == "end":
        return exp.Anonymous(this="ENDS_WITH", expressions=[low, wanted])
    return exp.Contains(this=low, expression=wanted)
