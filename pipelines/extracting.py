"""How the sources of a run come to it: from which border on, staged in the run's folder or straight into a table.

The destinations say where an incremental source goes on; the store does for a pipeline without tables. What an earlier
attempt of the same run staged completely is not read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors.destination import Session, StateRow, destination
from pipelines import journal, loads, staging, state
from pipelines.engines.duckdb import Guard
from pipelines.events import EventLog
from pipelines.job import Job
from pipelines.loads import Target
from pipelines.run_notes import conclude, read_pointer, run_folder
from pipelines.setting import Setting
from pipelines.staging import Staged
from pipelines.state import Border
from spec.base import JsonValue

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp


class Extraction:
    """The first phase of one run, in its order: ``where_to_start``, ``read``, ``offer``."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        job: Job,
        setting: Setting,
        guard: Guard,
        *,
        run_id: str,
        targets: Sequence[Target],
        now: datetime,
    ) -> None:
        self._connection = connection
        self._job = job
        self._setting = setting
        self._guard = guard
        self._run_id = run_id
        self._folder = run_folder(setting.workspace, run_id)
        self._targets = targets
        self._now = now
        self._kept = staging.read_manifest(self._folder)
        self._straight: dict[str, exp.Table] = {}

    def where_to_start(self) -> tuple[dict[str, StateRow | None], dict[str, Border]]:
        """The destinations' states before the run, and where each incremental source goes on."""
        if not any(source.read == "incremental" for source in self._job.sources.values()):
            return {}, {}
        if self._kept is not None:
            # Everything was read by an earlier attempt, and some of it may be out: the destinations may well disagree.
            return {}, {}
        previous: dict[str, StateRow | None] = {}
        for target in self._targets:
            previous |= loads.destination_states(target, self._job.spec.name, self._connection)
        if self._targets:
            return previous, loads.borders_of(self._job, previous)
        self._settle_other()
        text = self._setting.store.state(self._job.spec.name).get("borders", "")
        return {}, state.loaded(str(text)) if text else {}

    def read(
        self, borders: Mapping[str, Border], sessions: list[tuple[Target, Session]], log: EventLog
    ) -> Mapping[str, Staged]:
        """Read every source, or find what an earlier attempt read.

        Rows that may go straight into their destination do; its session is then put into ``sessions``, to be closed by
        the caller.
        """
        if self._kept is None:
            self._straight = self._straight_into(sessions)
            staging.discard(self._folder)
        # Also where all rows go straight into a destination: those set aside are kept here.
        staging.attach(self._connection, self._folder)
        if self._kept is not None:
            return self._kept
        return staging.extract(
            self._connection,
            self._job.sources,
            self._setting.places,
            self._guard,
            borders=borders,
            into=self._into,
            direct=lambda source: source in self._straight,
            sleep=self._setting.sleep,
            told=lambda source, item: tell(log, source, item),
            pages=self._folder / staging.PAGES,
            now=self._now,
            sweep=self._job.sweep,
        )

    def offer(self, staged: Mapping[str, Staged]) -> None:
        """Let the spec's names of the sources stand for the rows that were read, and keep these for a next attempt."""
        if self._kept is None and not self._straight:
            # A run that reads straight into its destination keeps no rows: it is repeated from the source.
            staging.write_manifest(self._folder, staged)
        for source in self._job.sources:
            staging.as_source(self._connection, source, self._into(source))

    def _into(self, source: str) -> exp.Table:
        return self._straight.get(source) or staging.staged_table(source)

    def _straight_into(self, sessions: list[tuple[Target, Session]]) -> dict[str, exp.Table]:
        """Sources that are read straight into a destination's staging table: all rows, one load, nothing in between."""
        sources = self._job.sources.values()
        # It might be the same file, and DuckDB opens a file once; and cursors need staged rows to finish an
        # interrupted run.
        if any(source.connector == "duckdb" or source.read == "incremental" or source.gone for source in sources):
            return {}
        found: dict[str, exp.Table] = {}
        readers = [load.from_ for load in self._job.loads] + [output.from_ for output in self._job.outputs]
        readers += [item for stage in self._job.stages for item in stage.inputs]
        for target in self._targets:
            alone = [load for load in target.loads if load.write == "replace" and readers.count(load.from_) == 1]
            # Columns that stay empty are put beside the others once these are here.
            alone = [load for load in alone if (own := self._job.sources.get(load.from_)) and not own.empty]
            if not alone or target.place.connector != "duckdb":
                continue
            session = destination("duckdb").open_session(target.place, self._connection)
            sessions.append((target, session))
            session.hold(self._job.spec.name)
            for load in alone:
                table = session.inside(loads.planned(self._job, load, self._run_id, "", "", None))
                if table is not None:
                    found[load.from_] = table
        return found

    def _settle_other(self) -> None:
        """Keep the cursors of an interrupted run of another version of the pipeline, if its files are out."""
        setting, pipeline = self._setting, self._job.spec.name
        other = read_pointer(setting.workspace, pipeline)
        stored = setting.store.get(other) if other is not None and other != self._run_id else None
        if stored is None:
            return
        folder = run_folder(setting.workspace, stored.run_id)
        facts = journal.settled(Path(stored.out), folder, self._guard.check, setting.sleep)
        if facts is not None:
            setting.store.save_state(pipeline, stored.run_id, {"borders": facts["borders"]})
        conclude(setting.workspace, pipeline)


def tell(log: EventLog, source: str, item: Staged) -> None:
    """Record what a source gave."""
    data: dict[str, JsonValue] = {"repeated": item.repeated, "fingerprint": item.fingerprint}
    data["quarantined"] = sum(one.rows for one in item.quarantined)
    data["nulled"] = cast("JsonValue", dict(item.nulled or {}))
    data["warnings"] = list(item.warnings)
    log.append("extract", source, rows=item.rows, data=data)
