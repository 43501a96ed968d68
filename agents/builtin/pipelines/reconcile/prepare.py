"""Tables read so that roles can be found in them: amounts in units, fees as what was kept, one signed amount a row.

Exports differ in form and not in meaning: a fee may be negative, a statement may have a column for money in and one for
money out, amounts may be whole cents. A *reading* says how a table becomes the usual form. It is part of the plan as a
step of its own, and everything that is proven is proven through it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, text
from agents.contract import DataView
from spec.base import JsonValue
from spec.catalog import Catalog, Column, Table
from spec.pipeline import Definition, Source

AMOUNT = "DECIMAL(18,2)"
_KEY = "looked_up_by"


@dataclass(frozen=True)
class LookUp:
    """A column of each row that stands in another table: ``value`` of the row of ``table`` whose ``key`` is ``on``."""

    table: str
    on: str
    key: str
    value: str
    column: str
    """The column's name where it is looked up."""
    type: str


@dataclass(frozen=True)
class Reading:
    """``table`` is read as ``id``: its columns, some computed anew, of the rows where ``where`` holds.

    ``columns`` are new ones or replace those of their name, as (expression, type); with ``only`` no other column stays.
    An ``alias`` is another name and nothing else: the plan's own steps use some names that a table may have.
    ``looked_up`` columns come first, each of them may be looked up by the one before.
    """

    table: str
    id: str
    columns: Mapping[str, tuple[exp.Expr, str]]
    where: tuple[exp.Expr, ...] = ()
    only: bool = False
    key: tuple[str, ...] | None = None
    said: str = ""
    alias: bool = False
    looked_up: tuple[LookUp, ...] = ()


class Prepared:
    """A view of the data in which some tables are read in another way, under a name of their own."""

    def __init__(self, data: DataView, readings: Sequence[Reading] = ()) -> None:
        self._data = data
        self._catalog = data.catalog
        self.readings: list[Reading] = []
        for reading in readings:
            self.read(reading)

    @property
    def catalog(self) -> Catalog:
        """The tables, those that are read in another way in their new form only."""
        return self._catalog

    @property
    def sources(self) -> Mapping[str, Source]:
        """How a spec reads the tables as they are."""
        return self._data.sources

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """Agreed words."""
        return self._data.definitions

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]:
        """As the view beneath."""
        return self._data.rows(self._through(query), limit=limit)

    def scalars(self, query: exp.Query) -> Sequence[object]:
        """As the view beneath."""
        return self._data.scalars(self._through(query))

    def read(self, reading: Reading, *, beside: bool = False) -> Table:
        """Read a table in another way from now on; ``beside`` keeps the table as it was, too."""
        was = next(table for table in self._catalog.tables if table.name == reading.table)
        self.readings.append(reading)
        kept = [] if reading.only else [column for column in was.columns if column.name not in reading.columns]
        found = [Column(name=one.column, type=one.type) for one in reading.looked_up]
        new = found + [Column(name=column, type=type_) for column, (_, type_) in reading.columns.items()]
        key = was.primary_key if reading.key is None else reading.key
        now = Table(name=reading.id, columns=(*kept, *new), primary_key=key, rows=was.rows)
        tables = [now if table is was else table for table in self._catalog.tables]
        self._catalog = Catalog(tables=(*tables, was) if beside else tuple(tables))
        return now

    def origin(self, table: str) -> str:
        """The table as the data names it."""
        reading = self._reading(table)
        return table if reading is None else self.origin(reading.table)

    def sources_of(self, tables: Sequence[str]) -> dict[str, Source]:
        """What a plan over these tables reads, under the names that its steps use."""
        found: dict[str, Source] = {}
        for table in tables:
            chain = self._chain(table)
            plain = [reading for reading in chain if not reading.alias]
            first = plain[0].table if plain else table
            found[first] = self._data.sources[self.origin(first)]
            found |= self.sources_of([one.table for reading in chain for one in reading.looked_up])
        return found

    def write(self, draft: Draftsman, tables: Sequence[str]) -> None:
        """The steps by which these tables are read, each once, in order."""
        written: set[str] = set()
        for table in tables:
            self._write(draft, table, written)

    def _write(self, draft: Draftsman, table: str, written: set[str]) -> None:
        for reading in self._chain(table):
            if reading.alias or reading.id in written:
                continue
            written.add(reading.id)
            read = reading.table
            for number, one in enumerate(reading.looked_up, start=1):
                self._write(draft, one.table, written)
                known = f"{reading.id}_{one.column}"
                draft.step(
                    known, "select", one.table, columns={_KEY: text(name(one.key)), one.column: text(name(one.value))}
                )
                joined = f"{reading.id}_with_{number}"
                read = draft.step(joined, "join", read, known, how="left", on=[[one.on, _KEY]], take=[one.column])
            shown = {column: text(expression) for column, expression in self._shown(reading).items()}
            draft.step(reading.id, "select", read, columns=dict(shown), where=reading.where, note=reading.said)

    def said(self, tables: Sequence[str]) -> list[str]:
        """What was read in another way, in sentences."""
        found: list[str] = []
        for table in tables:
            reading = self._reading(table)
            while reading is not None:
                found += [reading.said] if reading.said and reading.said not in found else []
                reading = self._reading(reading.table)
        return found

    def _chain(self, table: str) -> list[Reading]:
        """The readings that lead to a table, the first one first."""
        chain: list[Reading] = []
        reading = self._reading(table)
        while reading is not None:
            chain.insert(0, reading)
            reading = self._reading(reading.table)
        return chain

    def _reading(self, table: str) -> Reading | None:
        return next((reading for reading in self.readings if reading.id == table), None)

    def _shown(self, reading: Reading) -> dict[str, exp.Expr]:
        kept: list[str] = []
        if not reading.only:
            earlier = self._reading(reading.table)
            raw = self._data.catalog.table(reading.table)
            names = list(self._shown(earlier)) if earlier else [column.name for column in raw.columns] if raw else []
            kept = [
                column
                for column in (*names, *(one.column for one in reading.looked_up))
                if column not in reading.columns
            ]
        return {column: name(column) for column in kept} | {
            column: expression.copy() for column, (expression, _) in reading.columns.items()
        }

    def _through(self, query: exp.Query) -> exp.Query:
        if not self.readings:
            return query

        def read(node: exp.Expr) -> exp.Expr:
            reading = self._reading(node.name) if isinstance(node, exp.Table) else None
            if reading is None:
                return node
            rows = exp.select(*(value.as_(column, quoted=True) for column, value in self._shown(reading).items()))
            rows = rows.from_(exp.Table(this=exp.to_identifier(reading.table, quoted=True)))
            for number, one in enumerate(reading.looked_up):
                known = exp.select(name(one.key).as_(f"{_KEY}_{number}"), name(one.value).as_(one.column, quoted=True))
                known = known.from_(exp.Table(this=exp.to_identifier(one.table, quoted=True)))
                on = exp.EQ(this=name(one.on), expression=exp.column(f"{_KEY}_{number}"))
                rows = rows.join(known.subquery(f"known_{number}"), on=on, join_type="left")
            if reading.where:
                rows = rows.where(*(condition.copy() for condition in reading.where))
            return self._through(rows).subquery(exp.to_identifier(node.alias_or_name, quoted=True))

        through = query.copy().transform(read)
        assert isinstance(through, exp.Query)
        return through
