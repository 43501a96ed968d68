"""Running a job's queries over staged sources: stages, checks, and any relation a reader asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from connectors import sql
from connectors.trees import exp
from pipelines.digest import TableDigest, table_digest
from pipelines.engines.duckdb import Guard, bound, name
from pipelines.job import Apply, CompiledCheck, Job, Relation, Stage
from spec.base import JsonValue
from spec.errors import DreflowError, SpecError
from spec.pipeline import InlineTable
from spec.run import CheckResult

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

T = TypeVar("T")
RESULT = "_dreflow_result"


class Workbench:
    """A locked connection in which every relation of the job can be read by name.

    Sources and inline tables are there from the start; a stage that several readers need becomes a table when
    ``run_stages`` reaches it, any other one a CTE of whoever reads it.
    """

    def __init__(self, connection: DuckDBPyConnection, job: Job, guard: Guard, *, seed: int = 0) -> None:
        self.connection = connection
        self.job = job
        self.guard = guard
        self._seed = seed
        self._stages = {stage.relation.name.casefold(): stage for stage in job.stages}
        self._made: set[str] = set()
        for table_name, table in job.spec.tables.items():
            self._create_inline(table_name, table)

    def run_stages(self, told: Callable[[Stage, int | None], None] = lambda _stage, _rows: None) -> None:
        """Materialise what has to be, in order."""
        for stage in self.job.stages:
            self.guard.check()
            rows: int | None = None
            if stage.apply is not None:
                self._apply(stage, stage.apply)
                rows = self.count(stage.relation.name)
            elif stage.materialise and stage.select is not None:
                self.materialise(stage.relation.name, stage.select, stage.inputs, where={"step": stage.step})
                self._made.add(stage.relation.name.casefold())
                rows = self.count(stage.relation.name)
            told(stage, rows)

    def run_check(self, check: CompiledCheck) -> CheckResult:
        """One check's outcome; a failed one is a result."""
        row = self._located(
            {"check": check.check, "step": check.on},
            lambda: self._fetch(self.with_inputs(check.query, check.inputs))[0],
        )
        expected, found, detail = ("" if value is None else str(value) for value in row[1:4])
        return CheckResult(
            check=check.check,
            on=check.on,
            severity=check.severity,
            passed=bool(row[0]),
            expected=expected,
            found=found,
            detail=detail,
            note=check.note,
        )

    def relation(self, relation: str) -> Relation:
        """A relation of the job by name; SpecError where there is none."""
        return self.job.relation(relation)

    def select(self, relation: str) -> exp.Query:
        """A query giving a relation's rows, with its columns in their declared order and no row order."""
        columns = [exp.column(item.name, quoted=True) for item in self.relation(relation).fields]
        rows = exp.select(*columns).from_(exp.table_(relation, quoted=True))
        return self.with_inputs(rows, (relation,))

    def made_table(self, relation: str) -> exp.Table | None:
        """The table that holds a stage's rows, where one was made."""
        if relation.casefold() not in self._made:
            return None
        return exp.table_(self.relation(relation).name, db="main", catalog="memory", quoted=True)

    def with_inputs(self, query: exp.Query, inputs: Sequence[str]) -> exp.Query:
        """The query with a CTE for each stage it needs that is not a table."""
        needed = self._needed(inputs)
        if not needed:
            return query
        outer: exp.Select = exp.select("*").from_(exp.table_(RESULT, quoted=True))
        for stage in needed:
            if stage.select is None:
                raise SpecError(f"The step {stage.step!r} has not run yet.", where={"step": stage.step})
            outer = outer.with_(
                exp.to_identifier(stage.relation.name, quoted=True), as_=stage.select.copy(), copy=False
            )
        return outer.with_(exp.to_identifier(RESULT, quoted=True), as_=query.copy(), copy=False)

    def materialise(
        self,
        table: str,
        query: exp.Query,
        inputs: Sequence[str],
        *,
        schema: str = "memory.main",
        where: Mapping[str, str | int] | None = None,
    ) -> None:
        """Make a table of a query over relations, in the session's memory (which spills) or another attached
        database.
        """
        text, values = bound(self.with_inputs(query, inputs), self.job.parameters)
        target = ".".join(name(part) for part in (*schema.split("."), table))
        self._located(where or {}, lambda: self._run(f"CREATE TABLE {target} AS {text}", values))

    def fetch(self, query: exp.Query, inputs: Sequence[str]) -> list[tuple[object, ...]]:
        """The rows of a query over relations."""
        return self._fetch(self.with_inputs(query, inputs))

    def count(self, relation: str) -> int:
        """How many rows a relation has."""
        query = exp.select(exp.Count(this=exp.Star())).from_(exp.table_(relation, quoted=True))
        return cast("int", self.fetch(query, (relation,))[0][0])

    def digest(self, relation: str, table: exp.Table) -> TableDigest:
        """The digest of ``table``, which holds the rows of that relation."""
        fields = self.relation(relation).fields
        return self.guard.call(self.connection, lambda: table_digest(self.connection, table, fields))

    def call(self, work: Callable[[], int]) -> int:
        """Run work on the connection under the guard."""
        return self.guard.call(self.connection, work)

    def _needed(self, inputs: Sequence[str]) -> list[Stage]:
        wanted: set[str] = set()
        open_names = [item.casefold() for item in inputs]
        while open_names:
            current = open_names.pop()
            stage = self._stages.get(current)
            if stage is None or current in self._made or current in wanted:
                continue
            wanted.add(current)
            open_names += [item.casefold() for item in stage.inputs]
        return [stage for key, stage in self._stages.items() if key in wanted]

    def _apply(self, stage: Stage, apply: Apply) -> None:
        if stage.relation.name.casefold() in self._made:
            return
        readers: list[pa.RecordBatchReader] = []
        for item in stage.inputs:
            # A reader holds its connection's result, so each input has a cursor of its own.
            cursor = self.connection.cursor()
            text, values = bound(self.select(item), self.job.parameters)
            readers.append(cursor.execute(text, values).to_arrow_reader())
        outputs = self._located(
            {"step": stage.step}, lambda: self.guard.call(self.connection, lambda: apply(readers, self._seed))
        )
        for other in self.job.stages:
            if other.step != stage.step or other.apply is None:
                continue
            table = outputs[other.apply_output]
            self.connection.register("_dreflow_arrow", table)
            rows = exp.select(
                *(exp.alias_(sql.cast(sql.column(f.name), f.type), f.name, quoted=True) for f in other.relation.fields)
            ).from_("_dreflow_arrow")
            target = exp.table_(other.relation.name, db="main", catalog="memory", quoted=True)
            self._run(sql.text(sql.create(target, rows)), {})
            self.connection.unregister("_dreflow_arrow")
            self._made.add(other.relation.name.casefold())

    def _create_inline(self, table_name: str, table: InlineTable) -> None:
        columns = [
            exp.alias_(
                exp.Cast(this=exp.column(column, quoted=True), to=exp.DataType.build(kind, dialect="duckdb")),
                column,
                quoted=True,
            )
            for column, kind in table.columns.items()
        ]
        texts = [[_text(value) for value in row] for row in table.rows]
        names = [exp.to_identifier(column, quoted=True) for column in table.columns]
        if texts:
            rows = exp.Values(
                expressions=[exp.Tuple(expressions=row) for row in texts],
                alias=exp.TableAlias(this=exp.to_identifier("rows"), columns=names),
            )
            query = exp.select(*columns).from_(rows)
        else:
            nulls = [exp.alias_(exp.Null(), column, quoted=True) for column in table.columns]
            query = exp.select(*columns).from_(exp.select(*nulls).subquery("rows")).where(exp.false())
        self._located(
            {"field": f"tables.{table_name}"},
            lambda: self._run(f"CREATE TABLE memory.main.{name(table_name)} AS {query.sql(dialect='duckdb')}", {}),
        )

    def _run(self, text: str, values: Mapping[str, JsonValue]) -> None:
        self.guard.call(self.connection, lambda: self.connection.execute(text, dict(values) or None))

    def _fetch(self, query: exp.Query) -> list[tuple[object, ...]]:
        text, values = bound(query, self.job.parameters)
        return self.guard.call(self.connection, lambda: self.connection.execute(text, dict(values) or None).fetchall())

    def _located(self, where: Mapping[str, str | int], work: Callable[[], T]) -> T:
        try:
            return work()
        except DreflowError as error:
            for key, value in where.items():
                error.where.setdefault(key, value)
            raise


def _text(value: JsonValue) -> exp.Expr:
    """A value as a text literal: a cast from its text is exact, while a number literal may become a DOUBLE."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Literal.string("true" if value else "false")
    if isinstance(value, list | dict):
        import json

        return exp.Literal.string(json.dumps(value))
    return exp.Literal.string(str(value))
