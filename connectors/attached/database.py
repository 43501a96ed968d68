"""What every attached database offers as a connector.

One statement copies a table, inside one transaction with the count and the sums that it is compared with.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from connectors import conform, sql
from connectors.attached import copying
from connectors.attached.dialect import Dialect
from connectors.attached.discovery import discovered
from connectors.attached.stored import Relation, Stored, fits
from connectors.attached.totals import as_loaded, totals
from connectors.contract import Discovered, Place, Preview, Reading
from connectors.drift import compare, known_names
from connectors.looking import preview_rows, scratch
from spec.base import JsonValue
from spec.errors import DataError, SpecError, nearest
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

_numbers = itertools.count(1)


class Database(Dialect):
    """A database that DuckDB attaches read-only."""

    def check(self, place: Place) -> None:
        """Attach and list the tables."""
        with scratch() as connection, self._attached(connection, place) as alias:
            self.relations(connection, alias)

    def discover(self, place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
        """All tables and views of the database, with keys from its own catalog."""
        _no_options(options)
        with scratch() as connection, self._attached(connection, place) as alias:
            return discovered(self, connection, alias, place)

    def preview(self, source: Source, place: Place, *, limit: int = 20) -> Preview:
        """The first rows of the table, at most ``limit``; no more are fetched."""

        def first(source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table) -> Reading:
            return self._read(source, place, into, table, since=None, limit=limit + 1)

        return preview_rows(first, source, place, limit)

    def read(
        self, source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table, *, since: str | None = None
    ) -> Reading:
        """Copy ``source.stream`` into ``table``; ``since`` is compared in the database."""
        return self._read(source, place, into, table, since=since, limit=None)

    def _read(
        self,
        source: Source,
        place: Place,
        into: DuckDBPyConnection,
        table: exp.Table,
        *,
        since: str | None,
        limit: int | None,
    ) -> Reading:
        sql.run(into, sql.drop(table))
        sql.run(into, sql.drop(sql.sibling(table, conform.QUARANTINE)))
        with self._attached(into, place) as alias:
            relation, stored, warnings = self.found(into, alias, source)
            # A preview shows the first rows; set back after the transaction, as a failed one refuses every statement.
            order = sql.order_not_kept(into) if limit is None else contextlib.nullcontext()
            with order, _transaction(into):
                copying.refuse_unfitting(self, into, alias, relation, source, stored)
                query = copying.query(self, alias, relation, source, stored, since)
                sql.run(into, sql.create(table, query.limit(limit) if limit is not None else query))
                as_of = self.moment(into, alias, place)
                if limit is not None:
                    return Reading(rows=sql.count(into, table), as_of=as_of)
                said = totals(self, into, alias, relation, source, stored, since)
            rows = sql.count(into, table)
        cursor = _highest(into, table, source)
        reading = Reading(
            rows=rows,
            expected_rows=said.rows,
            sums=as_loaded(into, table, said.sums),
            nulled=said.emptied,
            cursor=cursor,
            fingerprint=f"rows:{rows}:{cursor or ''}",
            as_of=as_of,
            warnings=warnings,
        )
        return self.verified(reading, relation)

    def verified(self, reading: Reading, relation: Relation) -> Reading:
        """The reading, if its count and sums are the database's own; within one snapshot they cannot differ."""
        where: dict[str, str | int] = {"table": relation.dotted}
        if reading.expected_rows is not None and reading.rows != reading.expected_rows:
            raise DataError(
                f"{reading.rows} rows were read where the database counts {reading.expected_rows}.", where=where
            )
        for column, (at_source, loaded) in reading.sums.items():
            if at_source != loaded:
                raise DataError(
                    f"The sum of {column!r} is {at_source} in the database and {loaded} as read.",
                    where={**where, "column": column},
                )
        return reading

    def found(
        self, connection: DuckDBPyConnection, alias: str, source: Source
    ) -> tuple[Relation, dict[str, Stored], list[str]]:
        """The source's table as it is now in the attached database: the relation, its columns by the casefolded name
        that the spec has for them, and warnings. Raises DriftError where it is no longer what the spec was made for.
        """
        _no_options(source.options)
        if not source.stream:
            raise SpecError("The source names no table.", hint="Set stream to schema.table.")
        relation = self._relation(connection, alias, source.stream)
        there = self.columns(connection, alias, relation)
        names = known_names(source, [column.name for column in there])
        stored = {name.casefold(): column for name, column in zip(names, there, strict=True)}
        return relation, stored, self._drift(source, names, stored, relation)

    @contextlib.contextmanager
    def _attached(self, connection: DuckDBPyConnection, place: Place) -> Iterator[str]:
        alias = f"dreflow_source_{next(_numbers)}"
        self.attach(connection, place, alias)
        try:
            yield alias
        finally:
            self.detach(connection, alias)

    def _relation(self, connection: DuckDBPyConnection, alias: str, stream: str) -> Relation:
        known = {relation.dotted: relation for relation in self.relations(connection, alias)}
        wanted = [stream, f"{self.default_schema}.{stream}"] if self.default_schema else [stream]
        for name in wanted:
            for dotted, relation in known.items():
                if dotted.casefold() == name.casefold():
                    return relation
        near = nearest(stream, known)
        raise DataError(
            f"The database has no table {stream!r}.",
            hint=f"Did you mean {near!r}?" if near else f"It has: {', '.join(sorted(known)[:20]) or 'none'}.",
            where={"table": stream},
            data={"unknown": stream, "known": sorted(known)},
        )

    def _drift(
        self, source: Source, names: Sequence[str], stored: Mapping[str, Stored], relation: Relation
    ) -> list[str]:
        where: dict[str, str | int] = {"table": relation.dotted}
        retyped = {
            name: (declared, stored[name.casefold()].type)
            for name, declared in source.columns.items()
            if name.casefold() in stored and not fits(stored[name.casefold()], declared)
        }
        return compare(source, names, where, fill=False, retyped=retyped)


def _highest(connection: DuckDBPyConnection, table: exp.Table, source: Source) -> str | None:
    return conform.after_cursor(connection, table, source, None)[0] if source.cursor is not None else None


@contextlib.contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _no_options(options: Mapping[str, JsonValue] | None) -> None:
    if options:
        raise SpecError(
            f"A database has no read option {next(iter(options))!r}.", hint="Remove it; databases need none."
        )
