"""Databases that DuckDB attaches: what PostgreSQL, MySQL and DuckDB files have in common.

One statement copies a table, inside one transaction with the count and the sums that it is compared with. A column
whose type DuckDB would change on the way (a ``numeric`` without precision becomes DOUBLE) is cast exactly by the
database itself.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlglot import exp

from connectors import conform, sql
from connectors.contract import Discovered, Place, Preview, Reading
from connectors.drift import compare, known_names
from connectors.looking import preview_rows, scratch
from connectors.names import distinct, table_name
from spec.base import JsonValue
from spec.catalog import Column, ForeignKey, Table
from spec.errors import AccessError, DataError, DreflowError, SpecError, TransientError, nearest
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONNECT_TIMEOUT_S = 10
_SUMMED = 8
"""Most DECIMAL columns whose sums are compared after a load; of a large table, two: each is a scan's worth of work."""
_SUMMED_OF_LARGE = 2
_LARGE = 1_000_000
OWN_PREFIX = "_dreflow_"
"""What our own tables in a destination are called; they are no data."""
UNCOUNTED = -1
"""Row count of a table that the database has no estimate of."""
_numbers = itertools.count(1)
_WIDER = {
    "TINYINT": ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    "SMALLINT": ("INTEGER", "BIGINT", "HUGEINT"),
    "INTEGER": ("BIGINT", "HUGEINT"),
    "BIGINT": ("HUGEINT",),
    "UTINYINT": ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    "USMALLINT": ("INTEGER", "BIGINT", "HUGEINT"),
    "UINTEGER": ("BIGINT", "HUGEINT"),
    "UBIGINT": ("HUGEINT",),
    "FLOAT": ("DOUBLE",),
}


@record(frozen=True)
class Stored:
    """A column as the database has it.

    ``type`` is what it becomes here. ``pushed`` is the expression that the database itself must compute for that, empty
    where DuckDB's own reading is exact. ``unsized`` numbers get their scale by a measurement.
    """

    name: str
    type: str
    nullable: bool = True
    description: str = ""
    pushed: str = ""
    arrives: str = ""
    """What DuckDB makes of the pushed value, where that is not yet of the type."""
    unsized: bool = False
    may_be_boolean: bool = False


@record(frozen=True)
class Relation:
    """A table or view with its keys; ``schema`` may be empty."""

    schema: str
    name: str
    description: str = ""
    rows: int | None = None
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[tuple[tuple[str, ...], str, str, tuple[str, ...]], ...] = ()
    """(columns, schema, table, referenced columns)."""


@record(frozen=True)
class Address:
    """A database server's address; the password stays out of ``repr``."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> dict[str, str | int]:
        """As an error names it."""
        return {"host": f"{self.host}:{self.port}", "database": self.database, "user": self.user}


def address_of(place: Place, port: int) -> Address:
    """Take a URL apart; its parts are percent-decoded."""
    if not place.url:
        raise SpecError("The source names no database.", hint="Name a saved connection, or give a database URL.")
    parts = urlsplit(place.url)
    try:
        stated = parts.port
    except ValueError:
        raise SpecError(
            "The database URL's port is not a number.", hint="It looks like scheme://user@host:5432/name."
        ) from None
    return Address(
        host=parts.hostname or "127.0.0.1",
        port=stated or port,
        user=unquote(parts.username or ""),
        database=unquote(parts.path.lstrip("/")),
        password=unquote(parts.password or ""),
        query=dict(parse_qsl(parts.query)),
    )


def reach(address: Address) -> None:
    """See that something listens; TransientError when nothing does within ten seconds."""
    try:
        socket.create_connection((address.host, address.port), timeout=CONNECT_TIMEOUT_S).close()
    except socket.gaierror:
        raise AccessError("There is no such host.", hint="Check the address.", where=address.where) from None
    except OSError:
        raise TransientError(
            "No database answers there.", hint="Is the server running, and its port open?", where=address.where
        ) from None


def login_error(message: str, address: Address, system: str) -> DreflowError:
    """What a database says when it lets nobody in, sorted by who can mend it; the password is taken out of it."""
    said = message.replace(address.password, "***") if address.password else message
    said = said.strip().splitlines()[0].split("failed: FATAL:  ")[-1] if said.strip() else "no reason given"
    folded = said.casefold()
    if any(word in folded for word in ("password", "access denied", "authentication", "no pg_hba", "role ")):
        return AccessError(
            f"{system} refuses the login of {address.user!r}.",
            hint="Check the user and the password, then save the connection again.",
            where=address.where,
        )
    if "database" in folded and ("not exist" in folded or "unknown" in folded):
        return AccessError(
            f"{system} has no database {address.database!r}.",
            hint="Check the name at the URL's end.",
            where=address.where,
        )
    return TransientError(f"{system} cannot be reached: {said}.", hint="Try again later.", where=address.where)


class Database(ABC):
    """A system that DuckDB attaches read-only."""

    name: str
    dialect: str
    default_schema: str

    @abstractmethod
    def attach(self, connection: DuckDBPyConnection, place: Place, alias: str) -> None:
        """Attach read-only under ``alias``; raises AccessError or TransientError without any password."""

    @abstractmethod
    def relations(self, connection: DuckDBPyConnection, alias: str) -> Sequence[Relation]:
        """Tables and views with keys, without the system's own."""

    @abstractmethod
    def columns(self, connection: DuckDBPyConnection, alias: str, relation: Relation) -> Sequence[Stored]:
        """Columns in order."""

    @abstractmethod
    def push(self, alias: str, query: exp.Query) -> exp.Expression:
        """A table expression: the rows of a query that the database itself runs."""

    @abstractmethod
    def moment(self, connection: DuckDBPyConnection, alias: str, place: Place) -> datetime:
        """The instant that the open transaction sees."""

    def detach(self, connection: DuckDBPyConnection, alias: str) -> None:
        """Let go of the database."""
        connection.execute(f"DETACH {alias}")

    # --- what connectors offer

    def check(self, place: Place) -> None:
        """Attach and list the tables."""
        with scratch() as connection, self._attached(connection, place) as alias:
            self.relations(connection, alias)

    def discover(self, place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
        """All tables and views of the database, with keys from its own catalog."""
        _no_options(options)
        with scratch() as connection, self._attached(connection, place) as alias:
            relations = [item for item in self.relations(connection, alias) if not item.name.startswith(OWN_PREFIX)]
            if not relations:
                raise DataError(
                    "The database has no tables that this user can see.",
                    hint="Check the database and the user's rights.",
                )
            names: dict[tuple[str, str], str] = {}
            for relation in relations:
                parts = [relation.schema] if relation.schema not in {"", self.default_schema} else []
                names[relation.schema, relation.name] = distinct(table_name(*parts, relation.name), names.values())
            return [self._discovered(connection, alias, place, relation, names) for relation in relations]

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
                self._refuse_unfitting(into, alias, relation, source, stored)
                query = self._query(alias, relation, source, stored, since)
                sql.run(into, sql.create(table, query.limit(limit) if limit is not None else query))
                as_of = self.moment(into, alias, place)
                if limit is not None:
                    return Reading(rows=sql.count(into, table), as_of=as_of)
                totals = self._totals(into, alias, relation, source, stored, since)
            rows = sql.count(into, table)
        cursor = _highest(into, table, source)
        reading = Reading(
            rows=rows,
            expected_rows=totals.rows,
            sums=_as_loaded(into, table, totals.sums),
            nulled=totals.emptied,
            cursor=cursor,
            fingerprint=f"rows:{rows}:{cursor or ''}",
            as_of=as_of,
            warnings=warnings,
        )
        return self.verified(reading, relation)

    def verified(self, reading: Reading, relation: Relation) -> Reading:
        """The reading, if its count and sums are the database's own; within one snapshot they cannot differ."""
        where: dict[str, str | int] = {"table": _dotted(relation)}
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

    # --- parts

    @contextlib.contextmanager
    def _attached(self, connection: DuckDBPyConnection, place: Place) -> Iterator[str]:
        alias = f"dreflow_source_{next(_numbers)}"
        self.attach(connection, place, alias)
        try:
            yield alias
        finally:
            self.detach(connection, alias)

    def _discovered(
        self,
        connection: DuckDBPyConnection,
        alias: str,
        place: Place,
        relation: Relation,
        names: Mapping[tuple[str, str], str],
    ) -> Discovered:
        stored, warnings = self._sized(connection, alias, relation, self.columns(connection, alias, relation))
        foreign = tuple(
            ForeignKey(columns=columns, table=names[schema, other], references=references)
            for columns, schema, other, references in relation.foreign_keys
            if (schema, other) in names
        )
        source = Source(
            connector=self.name,
            connection=place.connection,
            location=place.location if place.url is None else None,
            stream=_dotted(relation),
            columns={column.name: column.type for column in stored},
            primary_key=relation.primary_key,
            foreign_keys=foreign,
        )
        name = names[relation.schema, relation.name]
        described = Table(
            name=name,
            columns=tuple(
                Column(name=column.name, type=column.type, nullable=column.nullable, description=column.description)
                for column in stored
            ),
            primary_key=relation.primary_key,
            foreign_keys=foreign,
            description=relation.description,
            rows=self._rows(connection, alias, relation),
        )
        return Discovered(name, source, described, tuple(warnings))

    def _rows(self, connection: DuckDBPyConnection, alias: str, relation: Relation) -> int | None:
        """The database's own estimate, a count where it has none, nothing for a view, whose count may take hours."""
        if relation.rows != UNCOUNTED:
            return relation.rows
        query = _named(exp.select(exp.Count(this=exp.Star())).from_(self._remote(relation)))
        return sql.whole(sql.row(connection, exp.select("*").from_(self.push(alias, query)))[0])

    def _sized(
        self, connection: DuckDBPyConnection, alias: str, relation: Relation, columns: Sequence[Stored]
    ) -> tuple[list[Stored], list[str]]:
        """Measure what the catalog leaves open: the scale of numbers that have none, and whether 0 and 1 are all."""
        measures: dict[str, tuple[exp.Expression, exp.Expression]] = {}
        for column in columns:
            if column.unsized:
                measures[column.name] = self.measured(column.name)
            elif column.may_be_boolean:
                node = sql.column(column.name)
                other = sql.template("count(CASE WHEN :x <> 0 AND :x <> 1 THEN 1 END)", x=node)
                measures[column.name] = (other, exp.Count(this=node.copy()))
        if not measures:
            return list(columns), []
        query = exp.select(*(part for pair in measures.values() for part in pair)).from_(self._remote(relation))
        found = sql.row(connection, exp.select("*").from_(self.push(alias, _named(query))))
        pairs = {name: (sql.whole(found[2 * at]), sql.whole(found[2 * at + 1])) for at, name in enumerate(measures)}
        warnings: list[str] = []
        return [_measured(column, pairs.get(column.name), warnings) for column in columns], warnings

    def measured(self, column: str) -> tuple[exp.Expression, exp.Expression]:
        """Most digits before the point and most decimals, as the database computes them."""
        raise NotImplementedError(column)

    def fitted(self, column: Stored, declared: str) -> exp.Expression:
        """The database's own expression for a column that DuckDB would not read exactly."""
        node = sql.template(column.pushed, x=sql.column(column.name))
        if not column.unsized:
            return node
        return sql.cast(node, self.text_type if declared.upper() == "VARCHAR" else declared)

    def exactly(self, column: Stored, declared: str) -> exp.Expression:
        """The column as the database itself gives it to us, exact in the declared type."""
        return self.fitted(column, declared) if column.pushed else self.carried(column)

    def carried(self, column: Stored) -> exp.Expression:
        """A column that needs no cast, as a pushed query states it."""
        return sql.column(column.name)

    def unfitting(self, column: Stored, declared: str) -> exp.Expression | None:
        """A condition that finds values which the declared type would change; None where none can."""
        if not column.unsized or not declared.upper().startswith("DECIMAL"):
            return None
        precision, scale = conform.decimal_size(declared)
        return sql.template(
            "(round(:x, :scale) <> :x OR abs(:x) >= :bound)",
            x=sql.column(column.name),
            scale=scale,
            bound=exp.Literal.number("1" + "0" * (precision - scale)),
        )

    def _remote(self, relation: Relation) -> exp.Table:
        """The relation as the database itself knows it."""
        schema = sql.identifier(relation.schema) if relation.schema else None
        return exp.Table(this=sql.identifier(relation.name), db=schema)

    def _local(self, alias: str, relation: Relation) -> exp.Table:
        """The relation as DuckDB knows it."""
        schema = sql.identifier(relation.schema) if relation.schema else None
        return exp.Table(this=sql.identifier(relation.name), db=schema, catalog=sql.identifier(alias))

    def _relation(self, connection: DuckDBPyConnection, alias: str, stream: str) -> Relation:
        known = {_dotted(relation): relation for relation in self.relations(connection, alias)}
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
        where: dict[str, str | int] = {"table": _dotted(relation)}
        retyped = {
            name: (declared, stored[name.casefold()].type)
            for name, declared in source.columns.items()
            if name.casefold() in stored and not fits(stored[name.casefold()], declared)
        }
        return compare(source, names, where, fill=False, retyped=retyped)

    def _query(
        self, alias: str, relation: Relation, source: Source, stored: Mapping[str, Stored], since: str | None
    ) -> exp.Select:
        """The copying SELECT: a scan of the attached table, or of a query that the database runs."""
        columns = {name: stored[name.casefold()] for name in source.columns}
        if any(column.pushed for column in columns.values()):
            picked = [
                exp.alias_(
                    self.exactly(column, source.columns[name]),
                    sql.identifier(name),
                )
                for name, column in columns.items()
            ]
            pushed = exp.select(*picked).from_(self._remote(relation))
            scanned = self.push(alias, self._from(pushed, source, stored, since))
            texts = {name: sql.column(name) for name in columns}
            return exp.select(*_casts(texts, columns, source)).from_(scanned)
        texts = {name: sql.column(column.name) for name, column in columns.items()}
        scan = exp.select(*_casts(texts, columns, source)).from_(self._local(alias, relation))
        return self._from(scan, source, stored, since)

    def _refuse_unfitting(
        self,
        connection: DuckDBPyConnection,
        alias: str,
        relation: Relation,
        source: Source,
        stored: Mapping[str, Stored],
    ) -> None:
        conditions = {
            name: condition
            for name, declared in source.columns.items()
            if (condition := self.unfitting(stored[name.casefold()], declared)) is not None
        }
        if not conditions:
            return
        counts = [sql.template("count(CASE WHEN :bad THEN 1 END)", bad=condition) for condition in conditions.values()]
        query = _named(exp.select(*counts).from_(self._remote(relation)))
        found = sql.row(connection, exp.select("*").from_(self.push(alias, query)))
        for name, number in zip(conditions, found, strict=True):
            if sql.whole(number):
                raise DataError(
                    f"{number} values of {name!r} do not fit {source.columns[name]} without being changed.",
                    hint="Plan again, so that the column gets a size that holds them.",
                    where={"table": _dotted(relation), "column": name},
                    data={"type": source.columns[name], "values": sql.whole(number)},
                )

    def since(self, column: Stored, since: str, type_: str) -> exp.Expression:
        """The condition that a row is not older than the cursor."""
        return exp.GTE(this=sql.column(column.name), expression=sql.cast(sql.value(since), type_))

    def _from(self, query: exp.Select, source: Source, stored: Mapping[str, Stored], since: str | None) -> exp.Select:
        """The query with rows from the cursor on, and those that have none, only."""
        if source.cursor is None or since is None:
            return query
        column, type_ = stored.get(source.cursor.casefold()), source.columns.get(source.cursor)
        if column is None or type_ is None:
            raise conform.no_cursor(source)
        conditions = [self.since(column, since, type_)]
        if column.nullable:
            conditions.append(sql.template(":x IS NULL", x=sql.column(column.name)))
        return query.where(sql.any_of(conditions))

    def summable(
        self, connection: DuckDBPyConnection, alias: str, relation: Relation, columns: Mapping[str, str]
    ) -> list[str]:
        """Those of the DECIMAL columns (name in the spec to name in the table) whose sum the database can say."""
        del connection, alias, relation
        return list(columns)

    def arrives_empty(self, column: Stored) -> exp.Expression | None:
        """A condition that finds values of which nothing arrives; they are counted and told."""
        del column
        return None

    def arrives_changed(self, column: Stored) -> exp.Expression | None:
        """A condition that finds values which arrive as others, so that the table cannot be read."""
        del column
        return None

    def _totals(
        self,
        connection: DuckDBPyConnection,
        alias: str,
        relation: Relation,
        source: Source,
        stored: Mapping[str, Stored],
        since: str | None,
    ) -> _Totals:
        """What the database itself counts and sums up, in one pass over the rows that were read."""
        most = _SUMMED_OF_LARGE if (relation.rows or 0) > _LARGE else _SUMMED
        columns = {name: stored[name.casefold()] for name in source.columns}
        names = [name for name, type_ in source.columns.items() if type_.upper().startswith("DECIMAL")][:most]
        names = self.summable(connection, alias, relation, {name: columns[name].name for name in names})
        sums = [
            sql.cast(exp.Sum(this=self.exactly(columns[name], source.columns[name])), self.text_type) for name in names
        ]
        # A sum shows a value that became another by itself.
        changed = {
            name: condition
            for name, column in columns.items()
            if name not in names and (condition := self.arrives_changed(column)) is not None
        }
        empty = {
            name: condition for name, column in columns.items() if (condition := self.arrives_empty(column)) is not None
        }
        counts = [
            sql.template("count(CASE WHEN :met THEN 1 END)", met=condition)
            for condition in (*changed.values(), *empty.values())
        ]
        query = exp.select(exp.Count(this=exp.Star()), *sums, *counts).from_(self._remote(relation))
        pushed = self.push(alias, _named(self._from(query, source, stored, since)))
        expected, *found = sql.row(connection, exp.select("*").from_(pushed))
        summed = dict(zip(names, found, strict=False))
        counted = dict(zip((*changed, *empty), map(sql.whole, found[len(names) :]), strict=True))
        wrong = next((name for name in changed if counted[name]), None)
        wrong = wrong or next((name for name, total in summed.items() if str(total) == "NaN"), None)
        if wrong is not None:
            raise DataError(
                f"{wrong!r} holds NaN, which is no number and cannot be told from one as a decimal.",
                hint="Empty these values in the database, or read a view that leaves them out.",
                where={"table": _dotted(relation), "column": wrong},
            )
        return _Totals(
            rows=sql.whole(expected),
            sums={name: _plain(total) for name, total in summed.items()},
            emptied={name: counted[name] for name in empty if counted[name]},
        )

    text_type = "VARCHAR"


@record(frozen=True)
class _Totals:
    """What a database says of the rows that were read: count, exact sums, values of which nothing arrives."""

    rows: int
    sums: Mapping[str, str]
    emptied: Mapping[str, int]


def _as_loaded(
    connection: DuckDBPyConnection, table: exp.Table, at_source: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """The database's sums, each beside that of the copy; one beyond 38 digits is left out, as DuckDB cannot say it."""
    loaded = {name: sql.exact_sum(connection, table, name) for name in at_source}
    return {name: (at_source[name], _plain(total)) for name, total in loaded.items() if total is not None}


def _measured(column: Stored, found: tuple[int, int] | None, warnings: list[str]) -> Stored:
    if found is None:
        return column
    if column.may_be_boolean:
        others, values = found
        return replace(column, type="BOOLEAN") if values and not others else column
    digits, scale = found[0], max(found[1], 2)
    if digits + scale > 38:
        warnings.append(f"Numbers of {column.name!r} have more than 38 digits or are none (NaN); it is read as text.")
        return replace(column, type="VARCHAR")
    warnings.append(f"{column.name!r} has no precision that 38 digits hold; its values have up to {scale} decimals.")
    return replace(column, type=f"DECIMAL(38,{scale})")


def fits(stored: Stored, declared: str) -> bool:
    """Whether every value of the stored type is one of the declared type, unchanged."""
    have, want = stored.type.upper(), declared.upper()
    if have == want or want in _WIDER.get(have, ()):
        return True
    if stored.unsized:
        return want.startswith("DECIMAL") or want == "VARCHAR"
    if have.startswith("DECIMAL") and want.startswith("DECIMAL"):
        (digits, scale), (room, decimals) = conform.decimal_size(have), conform.decimal_size(want)
        return decimals >= scale and room - decimals >= digits - scale
    return have == "TINYINT" and want == "BOOLEAN"


def _casts(texts: Mapping[str, exp.Expression], columns: Mapping[str, Stored], source: Source) -> list[exp.Expression]:
    picked: list[exp.Expression] = []
    for name, text in texts.items():
        declared, have = source.columns[name], columns[name].type
        arrives = columns[name].arrives
        node = sql.template(arrives, x=text) if arrives else text
        value = node if declared.upper() == have.upper() and not columns[name].unsized else sql.cast(node, declared)
        if declared.upper() == "BOOLEAN" and have.upper() == "TINYINT":
            value = sql.template(
                "CASE WHEN :x IN (0, 1) THEN :x = 1 WHEN :x IS NOT NULL THEN error(:word) END",
                x=node,
                word=f"{name} holds other values than 0 and 1",
            )
        picked.append(exp.Alias(this=value, alias=sql.identifier(name)))
    return picked


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


def _named(query: exp.Select) -> exp.Select:
    """The query with its columns named a1, a2, ...: DuckDB wants distinct names from a pushed query."""
    named = [exp.alias_(item, f"a{number}") for number, item in enumerate(query.expressions, start=1)]
    query.set("expressions", named)
    return query


def _plain(found: object) -> str:
    """A sum as decimal text without needless zeros, so that two of different scale can be compared."""
    text = str(found or 0)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _dotted(relation: Relation) -> str:
    return f"{relation.schema}.{relation.name}" if relation.schema else relation.name


def _no_options(options: Mapping[str, JsonValue] | None) -> None:
    if options:
        raise SpecError(
            f"A database has no read option {next(iter(options))!r}.", hint="Remove it; databases need none."
        )


def from_epoch(seconds: object) -> datetime:
    """An instant in UTC."""
    return datetime.fromtimestamp(float(str(seconds)), tz=UTC)
