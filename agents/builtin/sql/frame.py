"""One SELECT under construction: its tables, joins and conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from agents.builtin.meaning import Meaning, Out, Ref, Scalar
from agents.builtin.schema.graph import Apart, Join, Schema
from agents.builtin.schema.index import Index, table_ref


class CannotBuildError(Exception):
    """The meaning has no single honest query; the text says why."""


@dataclass
class Frame:
    """One SELECT under construction: its tables by alias, joins and conditions."""

    builder: Base
    aliases: dict[str, str] = field(default_factory=dict)
    first: str = ""
    joins: list[tuple[str, exp.Expr]] = field(default_factory=list)
    where: list[exp.Expr] = field(default_factory=list)
    tree: list[Join] = field(default_factory=list)
    outer: bool = False

    def column(self, ref: Ref) -> exp.Expr:
        if ref[0] not in self.aliases:
            raise CannotBuildError(f"{ref[0]} is not joined")
        since = self.builder.schema.columns[ref].since
        if since:
            return self.builder.years_since(self.column((ref[0], since)))
        span = self.builder.schema.columns[ref].span
        if span is not None:
            first, last = (self.column((ref[0], name)) for name in span)
            return between(first, last, self.builder.schema.columns[ref].words[-1])
        apart = self.builder.schema.columns[ref].apart
        if apart is not None:
            timed = all(self.builder.schema.columns[one].has_time for one in apart.days)
            return between(self.column(apart.first), self._later(apart), "fractions" if timed else "days")
        product = self.builder.schema.columns[ref].product
        if product is not None:
            many, price = (self.column((ref[0], name)) for name in product)
            return exp.paren(exp.Mul(this=many, expression=price))
        node: exp.Expr = exp.column(
            exp.to_identifier(ref[1], quoted=True), table=exp.to_identifier(self.aliases[ref[0]], quoted=True)
        )
        if self.builder.schema.columns[ref].cast:
            node = exp.TryCast(
                this=node, to=exp.DataType.build(self.builder.schema.columns[ref].cast, dialect="duckdb")
            )
        if self.builder.schema.columns[ref].pattern:
            written = exp.Literal.string(self.builder.schema.columns[ref].pattern)
            node = exp.cast(exp.Anonymous(this="TRY_STRPTIME", expressions=[node, written]), "DATE")
        if self.builder.schema.columns[ref].type.upper() in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}:
            node = exp.AtTimeZone(this=node, zone=exp.Literal.string(self.builder.timezone))
        return node

    def _later(self, apart: Apart) -> exp.Expr:
        """The later of two days, looked for in the rows that belong to the row at hand where it is one of theirs."""
        if apart.join is None:
            return self.column(apart.last)
        inner = Frame(self.builder)
        inner.start(apart.last[0])
        tie = Frame(self.builder, aliases={**inner.aliases, apart.join.parent: self.aliases[apart.join.parent]})
        inner.where.append(tie.on(apart.join))
        pick = exp.Min if apart.pick == "first" else exp.Max
        return inner.select(pick(this=inner.column(apart.last))).subquery()

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

    def on(self, join: Join) -> exp.Expr:
        self.builder.joined.add(join)
        parts = [
            exp.EQ(this=self.column((join.table, own)), expression=self.column((join.parent, key)))
            for own, key in zip(join.columns, join.keys, strict=True)
        ]
        return exp.and_(*parts)

    def select(self, *wanted: exp.Expr) -> exp.Select:
        query = exp.select(*wanted).from_(self._named(self.first))
        for table, on in self.joins:
            query = query.join(self._named(table), on=on, join_type="left" if self.outer else "inner")
        return query.where(*self.where) if self.where else query

    def _named(self, table: str) -> exp.Expr:
        alias = self.aliases[table]
        ref = table_ref(self.builder.schema.real(table))
        return ref if alias == table else exp.alias_(ref, exp.to_identifier(alias, quoted=True), table=True)


class Base:
    """What all parts of the builder share: the index, the time zone and the aliases in use."""

    def __init__(self, index: Index, timezone: str, *, contains: bool = False, today: date | None = None) -> None:
        self.contains = contains
        self.today = today
        self.meaning: Meaning | None = None
        self.joined: set[Join] = set()
        self.index = index
        self.schema: Schema = index.schema
        self.timezone = timezone
        self.used: dict[str, int] = {}
        self.notes: list[str] = []

    def alias(self, table: str) -> str:
        role = self.schema.roles.get(table)
        table = "_".join((*role.words, role.table)) if role is not None else table
        count = self.used[table] = self.used.get(table, 0) + 1
        return table if count == 1 else f"{table}_{count}"

    def years_since(self, day: exp.Expr) -> exp.Expr:
        """Full years from a day to the day of the request, which is written into the query."""
        if self.today is None:
            raise CannotBuildError("an age without the day on which it is asked for")
        today = exp.cast(exp.Literal.string(self.today.isoformat()), "DATE")
        return exp.Anonymous(this="DATE_SUB", expressions=[exp.Literal.string("year"), exp.cast(day, "DATE"), today])

    def build(self, meaning: Meaning) -> exp.Query:
        """The query of a meaning."""
        raise NotImplementedError

    def _node(self, frame: Frame, out: Out, meaning: Meaning) -> exp.Expr:
        raise NotImplementedError


def literal(value: Scalar) -> exp.Expr:
    """A constant."""
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float):
        return exp.Literal.number(int(value) if value == int(value) else value)
    return exp.Literal.string(value)


def clock(text: str) -> str:
    """As in "1pm" as 13:00:00."""
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


_CLOCK = re.compile(r"\d{1,2}(?::\d{2}(?::\d{2})?\s*(?:[ap]m)?|\s*[ap]m)$", re.IGNORECASE)


def is_clock(text: str) -> bool:
    """Whether a text is a time of day, as 9am and 17:30."""
    return _CLOCK.match(text.strip()) is not None


def between(first: exp.Expr, last: exp.Expr, unit: str) -> exp.Expr:
    """How many days (``days``, or ``fractions`` of days too) or else hours with their fractions lie between two times.

    Where both say the time of day, what takes from late one evening to early next morning has not taken a day.
    """
    if unit == "days":
        return exp.func("DATE_DIFF", exp.Literal.string("day"), first, last, dialect="duckdb")
    seconds = exp.func("DATE_DIFF", exp.Literal.string("second"), first, last, dialect="duckdb")
    unit_seconds = 86400 if unit == "fractions" else 3600
    return exp.paren(exp.Div(this=exp.cast(seconds, "DOUBLE"), expression=exp.Literal.number(unit_seconds)))


def cut(node: exp.Expr, grain: str) -> exp.Expr:
    """The first day of the unit that a date lies in; of weekdays the name; of years the year.

    An hour is one of the day, 0 to 23: nobody asks for the hours of three years.
    """
    if grain == "hour":
        return exp.cast(exp.Extract(this=exp.var("HOUR"), expression=node), "INT")
    if grain == "year":
        return exp.cast(exp.Extract(this=exp.var("YEAR"), expression=node), "INT")
    if grain == "weekday":
        return exp.func("DAYNAME", node, dialect="duckdb")
    return exp.cast(exp.func("DATE_TRUNC", exp.Literal.string(grain), node, dialect="duckdb"), "DATE")


def quoted(name: str) -> exp.Column:
    """A quoted reference to a result column."""
    return exp.column(exp.to_identifier(name, quoted=True))
