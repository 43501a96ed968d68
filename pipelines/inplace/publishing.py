"""Publishing what a database computed itself: as ``pipelines.publish``, with rows that never left it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors.destination import Session, TableLoad
from connectors.postgres.destination import PostgresSession
from pipelines.engines.postgres import PlacedBench
from pipelines.folder import read_json
from pipelines.job import Job
from pipelines.loads import Target, session_states
from pipelines.publish import Publisher
from pipelines.run_notes import DIGESTS
from spec.base import JsonValue
from spec.pipeline import Load

if TYPE_CHECKING:
    from sqlglot import exp


def is_out(job: Job, target: Target, session: Session, run_id: str, folder: Path) -> bool:
    """Whether an earlier attempt of this run committed its tables, and noted what they are.

    They are committed together, so one for all; the sources may have changed since, and are not looked at again.
    """
    known = read_json(folder / DIGESTS) or {}
    states = session_states(session, target, job.spec.name)
    return all(state is not None and state.run_id == run_id for state in states.values()) and all(
        load.table in known for load in target.loads
    )


class PlacedPublisher(Publisher):
    """As ``Publisher``, over a ``PlacedBench`` and its one session."""

    def prepare(self, documents: Mapping[str, bytes]) -> None:
        """As ``Publisher``; what was computed is kept from here on, though nobody sees it yet."""
        super().prepare(documents)
        for _, session in self._sessions:
            cast("PostgresSession", session).settle()

    def _stage_rows(
        self, load: Load, planned: TableLoad, session: Session, *, done: bool
    ) -> tuple[int, str | None, exp.Table]:
        from sqlglot import exp

        bench, there = cast("PlacedBench", self._bench), cast("PostgresSession", session)
        table = exp.table_(planned.staging, db=planned.schema, quoted=True)
        if done:
            noted = cast("dict[str, JsonValue]", (read_json(self._folder / DIGESTS) or {})[load.table])
            self._known[load.table] = noted
            return cast("int", noted["rows"]), cast("str | None", noted.get("digest")), table
        rows = bench.stage(planned, load.from_)
        if not self._digests:
            # The number is kept all the same: an attempt that goes on does not count again.
            self._known[load.table] = {"rows": rows}
            return rows, None, table
        found = bench.digest_of(load.from_, there.at(planned.schema, planned.staging))
        self._known[load.table] = found.to_json()
        return rows, found.text, table
