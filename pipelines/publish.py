"""Publishing what a run computed: files as one journalled set, tables and their state in the destination's transaction.

Everything is staged and compared first. Then each destination commits once, and the files come last. From the first
commit to the last a note in the workspace names the run, so that the next run of the pipeline finishes this one under
the same run id: a destination whose state already names the run is not written again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from connectors import sql
from connectors.destination import Session, StateRow, TableLoad
from connectors.files import destination as files
from connectors.trees import exp
from pipelines import gone, journal, staging, state
from pipelines.digest import TableDigest, call
from pipelines.engines.duckdb import bound
from pipelines.folder import sync_file, sync_folder, write_json
from pipelines.loads import Target, label, planned, rows_of, schema_of, session_states
from pipelines.run_notes import DIGESTS, RUN_FILE, pointer_path
from pipelines.staging import Staged, staged_table
from pipelines.state import Border
from pipelines.transform import Workbench
from spec.base import JsonValue
from spec.errors import BusyError, DataError, SpecError
from spec.pipeline import Load
from spec.run import OutputResult, Quarantined

if TYPE_CHECKING:
    from pipelines.sending import Sending


class Publisher:
    """The last phase of one run. ``prepare`` stages everything and changes nothing that is published; ``commit``
    does.
    """

    def __init__(
        self,
        bench: Workbench,
        *,
        run_id: str,
        folder: Path,
        out: Path,
        workspace: Path,
        staged: Mapping[str, Staged],
        sessions: Sequence[tuple[Target, Session]],
        previous: Mapping[str, StateRow | None],
        committed_at: str,
        digests: bool,
        sleep: Callable[[float], None],
        sending: Sending | None = None,
    ) -> None:
        self._bench = bench
        self._sending = sending
        self._job = bench.job
        self._run_id = run_id
        self._folder = folder
        self._out = out
        self._workspace = workspace
        self._staged = staged
        self._sessions = sessions
        self._previous = previous
        self._at = committed_at
        self._digests = digests
        self._sleep = sleep
        self._stack = ExitStack()
        self._files: list[str] = []
        self._known: dict[str, JsonValue] = {}
        self._found: dict[str, TableDigest] = {}
        self._holds_out = False
        self._loads: list[tuple[Session, list[TableLoad]]] = []
        self._tables: dict[str, str] = {}
        self.outputs: list[OutputResult] = []
        self.quarantined: list[Quarantined] = []

    def close(self) -> None:
        """Let go of the output folder."""
        self._stack.close()

    def prepare(self, documents: Mapping[str, bytes]) -> None:
        """Stage tables and files, and compare what was staged with what was computed."""
        for target, session in self._sessions:
            self._stage_tables(target, session)
        self._stage_files(documents)

    def commit(self, borders: Mapping[str, Border], told: Callable[[str], None]) -> dict[str, JsonValue]:
        """Publish. What was committed before by this same run is left as it is. ``told`` hears of each step."""
        facts: dict[str, JsonValue] = {
            "borders": state.dumped(borders),
            "outputs": [item.model_dump(mode="json") for item in self.outputs],
            "quarantined": [item.model_dump(mode="json") for item in self.quarantined],
        }
        # The last moment to cancel: from the first commit on, the rest follows.
        self._bench.guard.check()
        for session, loads in self._loads:
            if loads:
                session.commit(loads)
                told(f"committed {', '.join(load.table for load in loads)}")
        if not self._holds_out:
            write_json(self._folder / journal.MARKER, facts, durable=False)
            return facts
        if self._sending is not None:
            # After the tables, which can be rolled back until then, before the files.
            files, notes = self._sending.perform(self._out / journal.HIDDEN / self._run_id, told)
            self._files += [str(one.file) for one in files]
            self.outputs += files
            outputs = [item.model_dump(mode="json") for item in self.outputs]
            facts |= {"outputs": cast("JsonValue", outputs), "notes": cast("JsonValue", notes)}
        names = [*self._job.sources, *(relation.partition(".")[0] for relation in self._job.quarantine)]
        obsolete = [quarantine_file(name) for name in names]
        journal.commit(
            self._out,
            self._run_id,
            self._folder,
            files=self._files,
            obsolete=[file for file in obsolete if file not in self._files],
            facts=facts,
        )
        return facts

    def announce(self) -> None:
        """Note that this run begins to publish: durably where tables are, which cannot be put back."""
        write_json(self._folder / DIGESTS, self._known, durable=False)
        if self._job.dry:
            # Nothing goes on with a dry run but who resumes it by its name.
            return
        tables = bool(self._job.loads or self._job.sends)
        if tables:
            for note in (DIGESTS, staging.MANIFEST, RUN_FILE):
                if (self._folder / note).exists():
                    sync_file(self._folder / note)
            sync_folder(self._folder)
        pointer = pointer_path(self._workspace, self._job.spec.name)
        write_json(pointer, {"run_id": self._run_id, "digest": self._job.digest}, durable=tables)

    def _stage_tables(self, target: Target, session: Session) -> None:
        pipeline = self._job.spec.name
        session.hold(pipeline)
        states = session_states(session, target, pipeline)
        pending: list[TableLoad] = []
        for load in target.loads:
            now_there = states[label(load)]
            done = now_there is not None and now_there.run_id == self._run_id
            before = self._previous.get(label(load)) if label(load) in self._previous else now_there
            if not done and (now_there.run_id if now_there else None) != (before.run_id if before else None):
                raise BusyError(
                    "Another run of this pipeline published to the destination meanwhile.",
                    hint="Run it again; it will go on from there.",
                    where={"table": load.table},
                    data={"run_id": now_there.run_id if now_there else None},
                )
            planned = self._planned(load, before.run_id if before else None)
            rows, digest, table = self._stage_rows(load, planned, session, done=done)
            taken = 0
            if not done:
                self._refuse_emptied(load, rows, session)
                planned = replace(planned, removals=gone.removals(self._bench, load, self._staged, table))
                taken = session.gone(planned)
                pending.append(planned)
            found = OutputResult(name=load.from_, table=load.table, rows=rows, digest=digest, gone=taken)
            self.outputs.append(found)
        self._loads.append((session, pending))

    def _planned(self, load: Load, previous_run: str | None) -> TableLoad:
        borders = {source: item.border for source, item in self._staged.items() if item.border}
        return planned(self._job, load, self._run_id, state.dumped(borders), self._at, previous_run)

    def _stage_rows(
        self, load: Load, planned: TableLoad, session: Session, *, done: bool
    ) -> tuple[int, str | None, exp.Table]:
        """Put the rows where the destination wants them; those of a load that is done are only counted and digested.

        Their number, their digest, and the table of the engine that has them.
        """
        bench = self._bench
        inside = session.inside(planned)
        query = rows_of(self._job, load)
        source = self._staged.get(load.from_)
        if source is not None and source.direct and inside is not None:
            table = inside
        elif inside is not None and not done:
            table = inside
            bench.materialise(table.name, query, (load.from_,), schema=f"{table.catalog}.{table.db}")
        elif source is not None and not source.direct and self._is_plain(load, query):
            table = staged_table(load.from_)
        else:
            table = exp.table_(planned.staging, db="main", catalog="memory", quoted=True)
            bench.materialise(table.name, query, (load.from_,))
        if load.write == "merge":
            self._keys_are_sound(load, table)
        digest = self._digest(load.table, load.from_, table)
        rows = sql.count(bench.connection, table)
        if not done:
            staged = bench.call(lambda: session.stage(planned, table))
            if staged != rows:
                raise DataError(
                    f"{staged} rows arrived in the destination and {rows} were sent.",
                    hint="Nothing was published. Run it again.",
                    where={"table": load.table},
                )
        return rows, digest, table

    def _refuse_emptied(self, load: Load, rows: int, session: Session) -> None:
        """A source that gives nothing at all is rather ill than empty: it does not empty the table it went to."""
        if rows or load.write != "replace" or load.when_empty == "replace":
            return
        fields = self._job.relation(load.from_).fields
        origins = dict.fromkeys(origin.source for item in fields for origin in item.origins)
        silent = [name for name in origins if name in self._staged and not self._staged[name].rows]
        there = session.rows_there(schema_of(load), load.table.rpartition(".")[2]) if silent else 0
        if there:
            raise DataError(
                f"{silent[0]!r} gave no row at all, and {load.table!r}, which it would replace, has {there:,} rows.",
                hint="Nothing was published. Look at the source; if it is empty indeed, say when_empty: replace.",
                where={"table": load.table, "source": silent[0]},
                data={"rows": there},
            )

    def _is_plain(self, load: Load, query: exp.Query) -> bool:
        """Whether the load's rows are the relation's as they are."""
        return query.args.get("qualify") is None and gone.mark_of(self._job, load) is None

    def _keys_are_sound(self, load: Load, table: exp.Table) -> None:
        keys = [exp.column(key, quoted=True) for key in load.primary_key]
        if not keys:
            raise SpecError(
                "A merge needs the columns that identify a row.", hint="State primary_key.", where={"table": load.table}
            )
        grouped = exp.select(*keys, exp.alias_(exp.Count(this=exp.Star()), "n")).from_(table.copy()).group_by(*keys)
        missing = exp.or_(*(exp.Is(this=key.copy(), expression=exp.Null()) for key in keys))
        query = exp.select(
            call("count_if", exp.GT(this=exp.column("n"), expression=exp.Literal.number(1))),
            call("count_if", missing),
        ).from_(grouped.subquery("keys"))
        row = self._bench.connection.execute(query.sql(dialect="duckdb")).fetchone() or (0, 0)
        if row[0] or row[1]:
            raise DataError(
                f"{row[0]} keys stand more than once and {row[1]} are empty, so the rows cannot be merged.",
                hint="Remove the duplicates in a step (dedupe), or state the columns that identify a row.",
                where={"table": load.table, "field": "primary_key"},
                data={"primary_key": list(load.primary_key), "repeated": row[0], "empty": row[1]},
            )

    def _stage_files(self, documents: Mapping[str, bytes]) -> None:
        aside = any(one.rows for item in self._staged.values() for one in item.quarantined)
        rejects = bool(self._job.quarantine)
        self._holds_out = bool(
            self._job.outputs or self._sending or documents or aside or rejects or self._out.exists()
        )
        if not self._holds_out:
            return
        self._stack.enter_context(journal.holding(self._out, self._bench.guard.check, self._sleep))
        folder = journal.staging_folder(self._out, self._run_id)
        for output in self._job.outputs:
            self._bench.guard.check()
            query, digest = self._bench.select(output.from_), None
            if self._digests:
                table = self._output_table(output.from_)
                digest = self._digest(output.file, output.from_, table)
                query = exp.select("*").from_(table)
            order = output.order_by or self._bench.relation(output.from_).order
            rows = self._write(query, folder / output.file, order, formulas=output.formulas)
            self._files.append(output.file)
            self.outputs.append(OutputResult(name=output.from_, file=output.file, rows=rows, digest=digest))
        for source, item in self._staged.items():
            self._stage_quarantine(folder, source, item)
        for relation, reason in self._job.quarantine.items():
            self._stage_rejected(folder, relation, reason)
        for file, content in documents.items():
            (folder / file).write_bytes(content)
            self._files.append(file)

    def _digest(self, target: str, relation: str, table: exp.Table) -> str | None:
        """The digest of what goes to a target, kept whole in the run's folder for replay."""
        if not self._digests:
            return None
        where = table.sql(dialect="duckdb")
        if where not in self._found:
            self._found[where] = self._bench.digest(relation, table)
        found = self._found[where]
        self._known[target] = found.to_json()
        return found.text

    def _output_table(self, relation: str) -> exp.Table:
        """The relation's rows as a table, made once: the digest and the file must be of the same rows."""
        source = self._staged.get(relation)
        if source is not None and not source.direct:
            return staged_table(relation)
        made = self._bench.made_table(relation)
        if made is not None:
            return made
        if relation not in self._tables:
            table = f"_dreflow_output_{len(self._tables)}"
            self._bench.materialise(table, exp.select("*").from_(exp.table_(relation, quoted=True)), (relation,))
            self._tables[relation] = table
        return exp.table_(self._tables[relation], db="main", catalog="memory", quoted=True)

    def _stage_quarantine(self, folder: Path, source: str, item: Staged) -> None:
        rows = [one for one in item.quarantined if one.rows]
        if not rows:
            return
        file = quarantine_file(source)
        query: exp.Query | None = None
        for one in rows:
            part = exp.select("*").from_(staged_table(one.table))
            if query is None:
                query = part
            else:
                query = exp.union(query, part, distinct=False)
                query.set("by_name", True)
            self.quarantined.append(Quarantined(table=source, rows=one.rows, file=file, reason=one.reason))
        if query is not None:
            self._write(query, folder / file, (), formulas="text")
            self._files.append(file)

    def _stage_rejected(self, folder: Path, relation: str, reason: str) -> None:
        """Rows that a step set aside."""
        count = self._bench.count(relation)
        if count:
            file = quarantine_file(relation.partition(".")[0])
            self._write(self._bench.select(relation), folder / file, (), formulas="text")
            self._files.append(file)
            self.quarantined.append(Quarantined(table=relation, rows=count, file=file, reason=reason))

    def _write(
        self, query: exp.Query, path: Path, order_by: Sequence[str], *, formulas: Literal["keep", "text"] = "keep"
    ) -> int:
        _, values = bound(query, self._job.parameters)
        connection = self._bench.connection
        return self._bench.call(
            lambda: files.write_file(connection, query, path, order_by=order_by, values=values, formulas=formulas)
        )


def quarantine_file(source: str) -> str:
    """The file under the output folder that holds a source's rows that were set aside."""
    return f"{source}.quarantine.csv"


def result_parts(facts: Mapping[str, JsonValue]) -> tuple[tuple[OutputResult, ...], tuple[Quarantined, ...]]:
    """Outputs and quarantined rows out of a marker that ``Publisher.commit`` left."""
    outputs = cast("list[dict[str, JsonValue]]", facts["outputs"])
    quarantined = cast("list[dict[str, JsonValue]]", facts["quarantined"])
    return (
        tuple(OutputResult.model_validate(item) for item in outputs),
        tuple(Quarantined.model_validate(item) for item in quarantined),
    )
