"""Questions put to the data while looking for roles; each is one read-only query with a number as its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from agents.builtin.pipelines.reconcile.prepare import Prepared, Reading
from agents.builtin.pipelines.reconcile.words import says
from spec.catalog import Column, Table

EXACT_DISTINCT_ROWS = 1_000_000
KEPT_KEYS = 20_000
FEW = 64
ROUGHLY_NOT = 0.15
_MONEY = re.compile(r"^(DECIMAL\(\d+,\s*[1-9]\d*\)|DOUBLE|FLOAT|REAL)$")
_KEY = re.compile(r"^(VARCHAR|UUID|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|DECIMAL\(\d+,\s*0\))$")
_DATE = re.compile(r"^(DATE|TIMESTAMP.*)$")


def ref(column: str, table: str | None = None) -> exp.Column:
    """A quoted column reference."""
    return exp.column(column, table=table, quoted=True)


def source(table: str, alias: str | None = None) -> exp.Table:
    """A quoted table reference."""
    named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True)) if alias else None
    return exp.Table(this=exp.to_identifier(table, quoted=True), alias=named)


def count_if(condition: exp.Expr) -> exp.Expr:
    """``count(*) FILTER (WHERE condition)``."""
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition))


@dataclass(frozen=True)
class Profile:
    """A table with, for each plain column, how many values and how many different ones it has."""

    table: Table
    rows: int
    filled: dict[str, int]
    distinct: dict[str, int]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def columns(self, pattern: re.Pattern[str]) -> list[Column]:
        """Columns whose type matches, that are not empty."""
        return [c for c in self.table.columns if pattern.match(c.type) and self.filled.get(c.name)]

    @property
    def money(self) -> list[Column]:
        """Columns with cents."""
        return self.columns(_MONEY)

    @property
    def keys(self) -> list[Column]:
        """Columns that could refer or be referred to."""
        return self.columns(_KEY)

    @property
    def dates(self) -> list[Column]:
        """Dates and instants."""
        return self.columns(_DATE)

    @property
    def texts(self) -> list[Column]:
        """Text columns."""
        return self.columns(re.compile("^VARCHAR$"))

    @property
    def unique(self) -> list[Column]:
        """Key columns with a value of its own in each row."""
        return [c for c in self.keys if self.distinct[c.name] >= self.filled[c.name] == self.rows > 0]

    @property
    def created(self) -> str | None:
        """The column of the day a row came to be, by name, else its first date."""
        dates = [column.name for column in self.dates]
        words = frozenset({"created", "date", "processed", "placed"})
        return next((date for date in dates if says(date, words)), dates[0] if dates else None)

    def labels(self, *, most: int = 40) -> list[Column]:
        """Text columns with few different values: kinds, states, methods."""
        return [c for c in self.texts if 1 <= self.distinct[c.name] <= most and self.distinct[c.name] < self.rows]


class Evidence:
    """Profiles of all tables, and the numbers that prove or disprove a role; asks each thing once."""

    def __init__(self, data: Prepared) -> None:
        self._data = data
        self._samples: dict[tuple[str, str], list[str]] = {}
        self._labels: dict[tuple[str, str], dict[str, int]] = {}
        self._some: dict[str, list[str]] = {}
        self._known: dict[tuple[str, str], frozenset[str] | None] = {}
        self.profiles = [self._profile(table) for table in data.catalog.tables]

    @property
    def view(self) -> Prepared:
        """The data as it is read."""
        return self._data

    def read(self, reading: Reading, *, beside: bool = False) -> None:
        """Read a table in another way from now on."""
        table = self._data.read(reading, beside=beside)
        gone = set() if beside else {reading.table}
        self.profiles = [p for p in self.profiles if p.name not in gone] + [self._profile(table)]

    def profile(self, name: str) -> Profile:
        """The profile of a table that exists."""
        return next(profile for profile in self.profiles if profile.name == name)

    def numbers(self, query: exp.Query) -> list[Decimal | None]:
        """The first row of a query whose columns are all numbers."""
        return [None if value is None else Decimal(str(value)) for value in self._data.scalars(query)]

    def values(self, query: exp.Query, *, limit: int = 1000) -> list[list[str | None]]:
        """Rows of a query as text."""
        return [[None if v is None else str(v) for v in row] for row in self._data.rows(query, limit=limit)]

    def sample(self, table: str, column: str) -> list[str]:
        """Up to 200 values of a column as text, the smallest ones; asked once."""
        if (table, column) not in self._samples:
            here = exp.cast(ref(column), "VARCHAR").as_("v")
            query = exp.select(here).from_(source(table)).where(ref(column).is_(exp.null()).not_())
            rows = self.values(query.order_by(exp.Literal.number(1)).limit(200))
            self._samples[table, column] = [value for (value,) in rows if value]
        return self._samples[table, column]

    def labels(self, table: str, column: str) -> dict[str, int]:
        """Different values of a label column with their counts, most frequent first; asked once."""
        if (table, column) in self._labels:
            return self._labels[table, column]
        query = (
            exp.select(exp.cast(ref(column), "VARCHAR"), exp.Count(this=exp.Star()))
            .from_(source(table))
            .where(ref(column).is_(exp.null()).not_())
            .group_by(ref(column))
            .order_by(exp.Ordered(this=exp.Literal.number(2), desc=True), exp.Literal.number(1))
        )
        found = {str(value): int(str(count)) for value, count in self.values(query)}
        self._labels[table, column] = found
        return found

    def share(self, part: Decimal | None, whole: Decimal | None) -> float:
        """Part / whole, 0 when there is nothing."""
        return float(part / whole) if part and whole else 0.0

    def inclusion(self, table: str, column: exp.Expr, parent: str, key: str, where: exp.Expr | None) -> float:
        """Share of the different values of ``column`` (over ``table``) that occur in ``parent.key``.

        A share that is far below what anybody looks for is that of some of the values.
        """
        told = exp.cast(column.copy(), "VARCHAR").as_("v")
        values = exp.select(told).distinct().from_(source(table)).where(told.this.is_(exp.null()).not_())
        if where is not None:
            values = values.where(where.copy())
        roughly = self._rough_inclusion(values, parent, key)
        if roughly is not None and roughly < ROUGHLY_NOT:
            return roughly
        known = exp.select(exp.cast(ref(key), "VARCHAR")).from_(source(parent))
        query = exp.select(exp.Count(this=exp.Star()), count_if(exp.In(this=ref("v"), query=known.subquery())))
        whole, part = self.numbers(query.from_(values.subquery("c")))
        return self.share(part, whole)

    def _rough_inclusion(self, values: exp.Select, parent: str, key: str) -> float | None:
        """The share among a few of these values; None where the parent's keys are too many to keep.

        Most pairs of columns have nothing to do with each other, and a query for each pair is what takes the time.
        """
        keys = self._keys(parent, key)
        if keys is None:
            return None
        text = values.sql(dialect="duckdb")
        if text not in self._some:
            mixed = exp.Anonymous(this="hash", expressions=[ref("v")])
            some = exp.select(ref("v")).from_(values.subquery("c")).order_by(mixed).limit(FEW)
            self._some[text] = [str(value) for (value,) in self.values(some, limit=FEW)]
        some_values = self._some[text]
        return sum(value in keys for value in some_values) / len(some_values) if some_values else 0.0

    def _keys(self, table: str, key: str) -> frozenset[str] | None:
        if (table, key) not in self._known:
            rows = self.profile(table).rows
            query = exp.select(exp.cast(ref(key), "VARCHAR")).distinct().from_(source(table))
            found = self.values(query, limit=rows) if rows <= KEPT_KEYS else None
            self._known[table, key] = None if found is None else frozenset(str(value) for (value,) in found)
        return self._known[table, key]

    def _profile(self, table: Table) -> Profile:
        plain = [c for c in table.columns if not re.search(r"STRUCT|\[\]|MAP|JSON|BLOB", c.type)]
        exact = (table.rows or 0) <= EXACT_DISTINCT_ROWS
        measures: list[exp.Expr] = [exp.Count(this=exp.Star())]
        for column in plain:
            here = ref(column.name)
            counted: exp.Expr = (
                exp.Count(this=exp.Distinct(expressions=[here.copy()]))
                if exact
                else exp.ApproxDistinct(this=here.copy())
            )
            measures += [exp.Count(this=here), counted]
        found = [int(number or 0) for number in self.numbers(exp.select(*measures).from_(source(table.name)))]
        filled = {column.name: found[1 + 2 * index] for index, column in enumerate(plain)}
        distinct = {column.name: found[2 + 2 * index] for index, column in enumerate(plain)}
        return Profile(table, found[0], filled, distinct)


def shape_of(values: Iterable[str]) -> str | None:
    r"""A regular expression for the common form of keys: ``#1001``, ``#1002`` give ``#\d+``; None when they differ.

    Only keys with a fixed lead and digits, or with at least four digits, can be told apart inside a sentence.
    """
    leads: set[str] = set()
    sizes: set[int] = set()
    for value in values:
        found = re.fullmatch(r"([^\d]{0,12}?)(\d+)", value)
        if found is None:
            return None
        leads.add(found[1])
        sizes.add(len(found[2]))
    if len(leads) != 1:
        return None
    lead = leads.pop()
    if not lead and min(sizes, default=0) < 4:
        return None
    digits = rf"\d{{{min(sizes)},{max(sizes)}}}" if not lead else r"\d+"
    return re.escape(lead) + digits


def any_of(column: exp.Expr, values: Sequence[str]) -> exp.Expr:
    """``column IN (values)``; false for no values."""
    if not values:
        return exp.false()
    return exp.In(this=column.copy(), expressions=[exp.Literal.string(value) for value in values])
