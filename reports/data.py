"""What a report is made of: the rows a run left, and what is known about the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

from pipelines.job import Relation
from reports.values import Value
from spec.base import JsonValue
from spec.errors import SpecError, unknown_name
from spec.pipeline import Pipeline
from spec.run import CheckResult, Quarantined, RunResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

_BATCH = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RunData(Protocol):
    """The rows a run left, to be read and never changed. ``tools`` supplies it from the run's staging file."""

    @property
    def parameters(self) -> Mapping[str, tuple[str, JsonValue]]:
        """The run's parameters, ``now`` and ``today`` among them: name to DuckDB type and value."""

    def relation(self, name: str) -> Relation:
        """Columns and keys of a source, inline table or step output; SpecError for a name the run does not have."""

    def table(self, name: str) -> exp.Table:
        """Where that relation's rows are, for use in a query."""

    def rows(self, query: exp.Query, limit: int | None = None) -> Iterator[tuple[Value, ...]]:
        """The query's rows: decimals as Decimal, instants as aware UTC datetimes, nested values as JSON text."""


@dataclass(frozen=True)
class RunMeta:
    """What a report says about its run. Times are UTC; ``now`` is the run's clock and dates the document."""

    run_id: str
    pipeline: str
    spec_digest: str
    now: datetime
    data_as_of: datetime | None
    timezone: str = "UTC"
    title: str = ""
    reading: str = ""
    assumptions: tuple[str, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """Plain names for steps, shown instead of their ids where there is one."""

    @classmethod
    def of(cls, spec: Pipeline, result: RunResult, now: datetime) -> RunMeta:
        """From a spec and its run's result."""
        return cls(
            run_id=result.run_id,
            pipeline=spec.name,
            spec_digest=result.spec_digest,
            now=now,
            data_as_of=result.data_as_of,
            timezone=spec.timezone,
            title=spec.title,
            reading=spec.reading,
            assumptions=spec.assumptions,
            checks=result.checks,
            quarantined=result.quarantined,
        )

    @property
    def as_of(self) -> datetime:
        """The instant the data is from; the run's clock where no source told one."""
        return self.data_as_of or self.now

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Checks that did not pass, those that hold publishing back first."""
        return tuple(sorted((check for check in self.checks if not check.passed), key=lambda c: c.severity != "block"))


@dataclass(frozen=True)
class StagedRows:
    """``RunData`` over a DuckDB connection in which each relation is a table or view.

    ``tables`` maps a relation's name to its table's where they differ. The connection should be read-only.
    """

    connection: DuckDBPyConnection
    relations: Mapping[str, Relation]
    tables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, tuple[str, JsonValue]] = field(default_factory=dict)

    def relation(self, name: str) -> Relation:
        return relation_of(self.relations, name)

    def table(self, name: str) -> exp.Table:
        from sqlglot import exp

        true = self.relation(name).name
        return exp.Table(this=exp.to_identifier(self.tables.get(true, true), quoted=True))

    def rows(self, query: exp.Query, limit: int | None = None) -> Iterator[tuple[Value, ...]]:
        import duckdb

        bounded = query if limit is None else query.copy().limit(limit)
        try:
            types = self._types(bounded)
            cursor = self.connection.cursor().execute(_readable(bounded, types).sql(dialect="duckdb"))
        except duckdb.Error as error:
            raise _unanswerable(query, error) from None
        shape = [_converter(kind) for _, kind in types]
        plain = not any(shape)
        while batch := cursor.fetchmany(_BATCH):
            if plain:
                yield from cast("list[tuple[Value, ...]]", batch)
            else:
                for row in batch:
                    yield tuple(
                        value if make is None or value is None else make(value)
                        for make, value in zip(shape, row, strict=True)
                    )

    def _types(self, query: exp.Query) -> list[tuple[str, str]]:
        described = self.connection.cursor().execute(f"DESCRIBE {query.sql(dialect='duckdb')}")
        return [(str(row[0]), str(row[1])) for row in described.fetchall()]


def relation_of(relations: Mapping[str, Relation], name: str) -> Relation:
    """The relation of that name, compared as SQL does; SpecError with the nearest name for a stranger."""
    known = {known.casefold(): relation for known, relation in relations.items()}
    if name.casefold() not in known:
        raise unknown_name("step or source", name, relations)
    return known[name.casefold()]


def _readable(query: exp.Query, types: Sequence[tuple[str, str]]) -> exp.Query:
    """Instants leave as microseconds: DuckDB's client gives them in the session's zone, and only where pytz is."""
    from sqlglot import exp

    if not any(kind == "TIMESTAMP WITH TIME ZONE" for _, kind in types):
        return query
    columns: list[exp.Expr] = []
    for name, kind in types:
        column: exp.Expr = exp.column(exp.to_identifier(name, quoted=True))
        if kind == "TIMESTAMP WITH TIME ZONE":
            column = exp.Anonymous(this="epoch_us", expressions=[column])
        columns.append(column)
    # DuckDB keeps the order of a subquery's rows in a plain projection over it.
    return exp.select(*columns).from_(query.copy().subquery("r"))


def _converter(kind: str) -> Callable[[object], Value] | None:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return _instant
    if kind == "UUID":
        return str
    if kind == "BLOB":
        return lambda value: cast("bytes", value).hex()
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return lambda value: json.dumps(value, ensure_ascii=False, default=str)
    return None


def _instant(value: object) -> Value:
    return _EPOCH + timedelta(microseconds=cast("int", value))


def _unanswerable(query: exp.Query, error: Exception) -> SpecError:
    return SpecError(
        f"The report asks for something its rows cannot give: {str(error).splitlines()[0]}",
        hint="Mend the expression in the report.",
        data={"sql": query.sql(dialect="duckdb")},
    )
