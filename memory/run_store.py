"""Runs, their events, leases and state, and approvals: what the runner needs of the store, without SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from pydantic import ValidationError

from memory.database import Database, Row, Value
from memory.owners import is_alive, is_gone
from spec.base import JsonValue
from spec.errors import SpecError
from spec.pipeline import Pipeline
from spec.records import record
from spec.run import RunEvent, RunResult, RunStatus, StoredRun

NEXT = """
INSERT INTO counters (workspace, series, value) VALUES (:workspace, :series, 1)
ON CONFLICT (workspace, series) DO UPDATE SET value = counters.value + 1
"""
LAST = "SELECT value FROM counters WHERE workspace = :workspace AND series = :series"
APPROVAL = """
SELECT spec_digest, approved_by, approved_at FROM approvals
WHERE workspace = :workspace AND spec_digest = :digest AND withdrawn_at IS NULL ORDER BY id DESC LIMIT 1
"""
# A lease is free for its own holder, after its end, and at once when its holder is known to be gone (:gone).
CLAIM = """
INSERT INTO leases (workspace, pipeline, run_id, owner, expires)
VALUES (:workspace, :pipeline, :run_id, :owner, :expires)
ON CONFLICT (workspace, pipeline) DO UPDATE
SET run_id = excluded.run_id, owner = excluded.owner, expires = excluded.expires
WHERE (leases.run_id = excluded.run_id AND leases.owner = excluded.owner)
   OR (leases.expires <= :now AND leases.owner <> :alive)
   OR leases.owner = :gone
"""
HOLDER = "SELECT run_id, owner FROM leases WHERE workspace = :workspace AND pipeline = :pipeline"
RELEASE = "DELETE FROM leases WHERE workspace = :workspace AND pipeline = :pipeline AND run_id = :run_id"
BEGIN = """
INSERT INTO runs (workspace, run_id, pipeline, spec_digest, spec, base, parameters, rebound, out, now,
                  status, started, finished, result)
VALUES (:workspace, :run_id, :pipeline, :spec_digest, :spec, :base, :parameters, :rebound, :out, :now,
        :status, :started, :finished, :result)
ON CONFLICT (workspace, run_id) DO UPDATE
SET base = excluded.base, parameters = excluded.parameters, rebound = excluded.rebound, out = excluded.out,
    now = excluded.now, status = excluded.status, started = excluded.started, finished = excluded.finished,
    result = excluded.result, cancel_requested_by = NULL, cancel_requested_at = NULL
WHERE runs.spec_digest = excluded.spec_digest
"""
APPEND = """
INSERT INTO run_events (workspace, run_id, seq, at, event) VALUES (:workspace, :run_id, :seq, :at, :event)
"""
FINISH = """
UPDATE runs SET status = :status, finished = :finished, result = :result
WHERE workspace = :workspace AND run_id = :run_id
"""
CANCEL = """
UPDATE runs SET cancel_requested_by = :by, cancel_requested_at = :at
WHERE workspace = :workspace AND run_id = :run_id AND status = 'running'
"""
CANCELLED = "SELECT cancel_requested_at FROM runs WHERE workspace = :workspace AND run_id = :run_id"
RUN = "SELECT * FROM runs WHERE workspace = :workspace AND run_id = :run_id"
UNFINISHED = """
SELECT * FROM runs
WHERE workspace = :workspace AND pipeline = :pipeline AND spec_digest = :digest AND status = 'running'
ORDER BY started DESC, run_id DESC
"""
RECENT = "SELECT * FROM runs WHERE workspace = :workspace ORDER BY started DESC, run_id DESC LIMIT :limit"
EVENTS = """
SELECT event FROM run_events WHERE workspace = :workspace AND run_id = :run_id AND seq > :after ORDER BY seq
"""
STATE = "SELECT state FROM pipeline_state WHERE workspace = :workspace AND pipeline = :pipeline"
SAVE_STATE = """
INSERT INTO pipeline_state (workspace, pipeline, run_id, state) VALUES (:workspace, :pipeline, :run_id, :state)
ON CONFLICT (workspace, pipeline) DO UPDATE SET run_id = excluded.run_id, state = excluded.state
"""


@record(frozen=True)
class StoredApproval:
    """As ``spec.run.Approval``."""

    spec_digest: str
    approved_by: str
    approved_at: datetime


class StoredRuns:
    """As ``spec.run.RunStore``, over either database, with what listing and cancelling need beside it."""

    def __init__(self, database: Database, workspace: str) -> None:
        self._database = database
        self._workspace = workspace

    def next_id(self, series: str) -> int:
        """The next number of a series, never given twice."""
        keys: Row = {"workspace": self._workspace, "series": series}
        with self._database.transaction():
            self._database.write(NEXT, keys)
            return int(self._database.read(LAST, keys)[0]["value"] or 0)

    def approval(self, spec_digest: str) -> StoredApproval | None:
        """As ``RunStore``."""
        rows = self._database.read(APPROVAL, {"workspace": self._workspace, "digest": spec_digest})
        if not rows:
            return None
        row = rows[0]
        return StoredApproval(str(row["spec_digest"]), str(row["approved_by"]), when(row["approved_at"]))

    def claim(self, pipeline: str, run_id: str, *, owner: str, now: datetime, seconds: float) -> bool:
        """As ``RunStore``. A holder on this host counts while its process lives, one elsewhere until its lease ends."""
        values: dict[str, Value] = {
            "workspace": self._workspace,
            "pipeline": pipeline,
            "run_id": run_id,
            "owner": owner,
            "now": instant(now),
            "expires": instant(now + timedelta(seconds=seconds)),
        }
        _, holder = self.holder(pipeline) or ("", "")
        values["gone"] = holder if holder != owner and is_gone(holder) else ""
        values["alive"] = holder if is_alive(holder) else ""
        return self._database.write(CLAIM, values) == 1

    def holder(self, pipeline: str) -> tuple[str, str] | None:
        """The run that holds a pipeline and its process; the lease may have ended meanwhile."""
        rows = self._database.read(HOLDER, {"workspace": self._workspace, "pipeline": pipeline})
        return (str(rows[0]["run_id"]), str(rows[0]["owner"])) if rows else None

    def release(self, pipeline: str, run_id: str) -> None:
        """As ``RunStore``."""
        self._database.write(RELEASE, {"workspace": self._workspace, "pipeline": pipeline, "run_id": run_id})

    def begin(self, run: StoredRun) -> None:
        """As ``RunStore``. A resumed run is recorded again under its number and is running again."""
        self._database.write(
            BEGIN,
            {
                "workspace": self._workspace,
                "run_id": run.run_id,
                "pipeline": run.pipeline,
                "spec_digest": run.spec_digest,
                "spec": run.spec.model_dump_json(by_alias=True, exclude_defaults=True),
                "base": run.base,
                "parameters": json.dumps(run.parameters),
                "rebound": json.dumps(run.rebound),
                "out": run.out,
                # The zone decides which day "today" is, so the text as given is kept.
                "now": run.now.isoformat(),
                "status": run.status,
                "started": instant(run.started),
                "finished": instant(run.finished) if run.finished else None,
                "result": run.result.model_dump_json() if run.result else None,
            },
        )

    def append(self, event: RunEvent) -> None:
        """As ``RunStore``."""
        self._database.write(
            APPEND,
            {
                "workspace": self._workspace,
                "run_id": event.run_id,
                "seq": event.seq,
                "at": instant(event.at),
                "event": event.model_dump_json(exclude_defaults=True),
            },
        )

    def finish(self, run_id: str, result: RunResult) -> None:
        """As ``RunStore``."""
        self._database.write(
            FINISH,
            {
                "workspace": self._workspace,
                "run_id": run_id,
                "status": result.status,
                "finished": instant(result.finished) if result.finished else None,
                "result": result.model_dump_json(),
            },
        )

    def cancel_requested(self, run_id: str) -> bool:
        """As ``RunStore``."""
        rows = self._database.read(CANCELLED, {"workspace": self._workspace, "run_id": run_id})
        return bool(rows) and rows[0]["cancel_requested_at"] is not None

    def request_cancel(self, run_id: str, *, by: str, now: datetime) -> bool:
        """Ask a run to stop; False when it is not running."""
        values: Row = {"workspace": self._workspace, "run_id": run_id, "by": by, "at": instant(now)}
        return self._database.write(CANCEL, values) == 1

    def get(self, run_id: str) -> StoredRun | None:
        """As ``RunStore``."""
        rows = self._database.read(RUN, {"workspace": self._workspace, "run_id": run_id})
        return _run(rows[0]) if rows else None

    def unfinished(self, pipeline: str, spec_digest: str) -> Sequence[StoredRun]:
        """As ``RunStore``."""
        values: Row = {"workspace": self._workspace, "pipeline": pipeline, "digest": spec_digest}
        return [_run(row) for row in self._database.read(UNFINISHED, values)]

    def recent(self, limit: int) -> Sequence[StoredRun]:
        """Runs, the newest first."""
        return [_run(row) for row in self._database.read(RECENT, {"workspace": self._workspace, "limit": limit})]

    def events(self, run_id: str, *, after: int = -1) -> Sequence[RunEvent]:
        """A run's events in order, those after number ``after``."""
        rows = self._database.read(EVENTS, {"workspace": self._workspace, "run_id": run_id, "after": after})
        return [RunEvent.model_validate_json(str(row["event"])) for row in rows]

    def state(self, pipeline: str) -> Mapping[str, JsonValue]:
        """As ``RunStore``."""
        rows = self._database.read(STATE, {"workspace": self._workspace, "pipeline": pipeline})
        state: dict[str, JsonValue] = json.loads(str(rows[0]["state"])) if rows else {}
        return state

    def save_state(self, pipeline: str, run_id: str, state: Mapping[str, JsonValue]) -> None:
        """As ``RunStore``."""
        self._database.write(
            SAVE_STATE,
            {
                "workspace": self._workspace,
                "pipeline": pipeline,
                "run_id": run_id,
                "state": json.dumps(state, sort_keys=True),
            },
        )


def instant(moment: datetime) -> str:
    """An instant as the store keeps it: UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def when(text: Value) -> datetime:
    """The instant behind what ``instant`` wrote."""
    return datetime.fromisoformat(str(text))


def stored_spec(text: Value) -> Pipeline:
    """A spec as the store keeps it. Raises SpecError for one that another version of this product wrote."""
    try:
        return Pipeline.model_validate_json(str(text))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SpecError(
            "Its plan in the store cannot be read by this version.",
            hint="Plan it again and approve that, or use the version of DReflowPro that made it.",
            where={"field": where},
        ) from error


def _run(row: Row) -> StoredRun:
    finished, result = row["finished"], row["result"]
    return StoredRun(
        run_id=str(row["run_id"]),
        pipeline=str(row["pipeline"]),
        spec_digest=str(row["spec_digest"]),
        spec=stored_spec(row["spec"]),
        base=str(row["base"]),
        parameters=json.loads(str(row["parameters"])),
        rebound=json.loads(str(row["rebound"])),
        out=str(row["out"]),
        now=when(row["now"]),
        status=cast("RunStatus", row["status"]),
        started=when(row["started"]),
        finished=when(finished) if finished else None,
        result=RunResult.model_validate_json(str(result)) if result else None,
    )
