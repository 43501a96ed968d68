"""The engine in the owner's PostgreSQL: relations are tables and views of one session, at one moment of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, cast

from connectors import sql
from connectors.destination import destination
from connectors.postgres.destination import PostgresSession
from connectors.postgres.lying import Lying, lying
from pipelines.digest import TableDigest
from pipelines.engines.duckdb import Guard
from pipelines.inplace.digest import digest_of, digest_query
from pipelines.inplace.job import SaidJob, text
from pipelines.job import CompiledCheck, Job, Stage
from pipelines.staging import Places, Staged
from pipelines.transform import Workbench
from spec.errors import DataError, DreflowError, SpecError, UnsupportedError
from spec.pipeline import InlineTable, Load, Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from connectors.destination import TableLoad


class PlacedBench(Workbench):
    """As ``Workbench``, with everything computed by PostgreSQL; between ``begin`` and ``settle`` of the session."""

    def __init__(self, session: PostgresSession, engine: DuckDBPyConnection, job: Job, guard: Guard) -> None:
        self._session = session
        self._said = SaidJob(job.relations, job.parameters)
        super().__init__(engine, job, guard)

    def read_sources(self, told: Callable[[str, Staged], None] = lambda _name, _staged: None) -> dict[str, Staged]:
        """Let each source be a view of its table, which is looked at and counted and not copied.

        Raises DriftError and DataError as a read would.
        """
        found: dict[str, Staged] = {}
        for name, source in self.job.sources.items():
            self.guard.check()
            try:
                table = lying(source, self.connection, self._session.alias)
                self._refuse_unfitting(table, source.columns)
                rows = self._said.source(self.relation(name), table.table, table.columns)
                self._create("VIEW", name, rows)
            except DreflowError as error:
                error.where.setdefault("source", name)
                raise
            now = self._ask("SELECT now()")[0][0]
            found[name] = Staged(
                rows=self.count(name), as_of=cast("datetime", now), warnings=tuple(table.warnings), direct=True
            )
            told(name, found[name])
        return found

    def run_stages(self, told: Callable[[Stage, int | None], None] = lambda _stage, _rows: None) -> None:
        """As ``Workbench``: what several readers need is computed once, the rest where it is read."""
        for stage in self.job.stages:
            self.guard.check()
            name, rows = stage.relation.name, None

            def make(stage: Stage = stage, name: str = name) -> None:
                self._create("TABLE" if stage.materialise else "VIEW", name, self._said.stage(stage))

            self._located({"step": stage.step}, make)
            if stage.materialise:
                self._ask(f"ANALYZE {text(self._said.table(name))}")
                rows = self.count(name)
            told(stage, rows)

    def count(self, relation: str) -> int:
        """How many rows a relation has."""
        from sqlglot import exp

        counted = exp.select(exp.Count(this=exp.Star())).from_(self._said.table(relation))
        return sql.whole(self._ask(text(counted))[0][0])

    def with_inputs(self, query: exp.Query, inputs: object) -> exp.Query:
        """The query as it is: its inputs are there by their names."""
        del inputs
        return query

    def stage(self, load: TableLoad, relation: str) -> int:
        """Put a relation's rows beside the load's target."""
        from sqlglot import exp

        columns = [exp.column(name, quoted=True) for name, _ in load.columns]
        rows = text(exp.select(*columns).from_(self._said.table(relation)))
        return self.guard.call(self._session, lambda: self._session.stage_there(load, rows))

    def digest_of(self, relation: str, table: str) -> TableDigest:
        """The digest of a table of the database, which holds the rows of that relation."""
        from sqlglot import exp

        fields = self.relation(relation).fields
        asked = text(digest_query(exp.to_table(table, dialect="postgres"), fields))
        return digest_of(self._ask(asked)[0], fields)

    def _fetch(self, query: exp.Query) -> list[tuple[object, ...]]:
        """A check's verdict."""
        return self._ask(text(self._said.check(CompiledCheck("", "", "block", query, ()))))

    def _create_inline(self, table_name: str, table: InlineTable) -> None:
        self._create("VIEW", table_name, self._said.inline(table))

    def _create(self, kind: str, relation: str, query: exp.Query) -> None:
        from sqlglot import exp

        temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
        target = exp.Table(this=self._said.table(relation).this)
        create = exp.Create(this=target, kind=kind, expression=query, properties=temporary)
        self._ask(text(create))

    def _ask(self, statement: str) -> list[tuple[object, ...]]:
        return self.guard.call(self._session, lambda: self._session.query(statement))

    def _refuse_unfitting(self, table: Lying, columns: Mapping[str, str]) -> None:
        from sqlglot import exp

        asked = [*table.unfitting.items(), *table.no_number.items()]
        if not asked:
            return
        counts = [exp.Count(this=exp.Case(ifs=[exp.If(this=bad, true=exp.Literal.number(1))])) for _, bad in asked]
        found = self._ask(text(exp.select(*counts).from_(table.table.copy())))[0]
        for (name, _), number in zip(asked, found, strict=True):
            if sql.whole(number):
                raise DataError(
                    f"{number} values of {name!r} do not fit {columns[name]} without being changed.",
                    hint="Plan again, so that the column gets a size that holds them; NaN is no decimal number.",
                    where={"column": name},
                    data={"type": columns[name], "values": sql.whole(number)},
                )


def session_of(job: Job, places: Places, engine: DuckDBPyConnection) -> PostgresSession:
    """The one database that has the job's sources and gets its tables, opened. Raises SpecError when it is not one."""
    items: list[Source | Load] = [*job.sources.values(), *job.loads]
    found = {(place.connector, place.url) for place in map(places, items)}
    if len(found) != 1:
        raise SpecError(
            "Sources and destination are no longer in one database.",
            hint="Name one connection for all of them, or say engine: duckdb.",
        )
    place = places(job.loads[0])
    session = destination(place.connector).open_session(place, engine)
    if not isinstance(session, PostgresSession):
        raise UnsupportedError(f"Nothing is computed in {place.connector!r}.", hint="Say engine: duckdb.")
    return session


@contextmanager
def looking(
    job: Job, places: Places, guard: Guard, engine: DuckDBPyConnection
) -> Iterator[tuple[PlacedBench, Mapping[str, Staged]]]:
    """A bench over the job's sources as they are now; nothing of it is kept."""
    session = session_of(job, places, engine)
    try:
        session.begin()
        try:
            bench = PlacedBench(session, engine, job, guard)
            yield bench, bench.read_sources()
        finally:
            session.forget()
    finally:
        session.close()
