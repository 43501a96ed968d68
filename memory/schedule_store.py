"""Schedules, their due times with the claims on them, and notices; apart from the store that a run loads.

Two clocks come in. ``now`` is the schedule's, which a test or ``--now`` may set; ``machine`` is the real one, by which
claims end, so that a worker with a clock of its own never takes what another one is at work on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from memory.database import Database, Row, Value
from memory.owners import is_alive, is_gone
from memory.run_store import instant, when

DueStatus = Literal["waiting", "running", "succeeded", "blocked", "failed", "cancelled", "held", "missed"]

SAVE = """
INSERT INTO schedules (workspace, pipeline, spec_digest, base, out, paused, next_at, created_by, created_at,
                       spec_file, thread)
VALUES (:workspace, :pipeline, :digest, :base, :out, 0, :next_at, :by, :at, :spec_file, :thread)
ON CONFLICT (workspace, pipeline) DO UPDATE
SET spec_digest = excluded.spec_digest, base = excluded.base, out = excluded.out, paused = 0,
    next_at = excluded.next_at, created_by = excluded.created_by, created_at = excluded.created_at,
    spec_file = excluded.spec_file, thread = excluded.thread, paused_for = NULL
"""
ALL = "SELECT * FROM schedules WHERE workspace = :workspace ORDER BY pipeline"
ONE = "SELECT * FROM schedules WHERE workspace = :workspace AND pipeline = :pipeline"
# Whoever pauses what a refused connection has paused already makes that pause their own.
PAUSE = """
UPDATE schedules SET paused = :paused, next_at = :next_at, paused_for = NULL
WHERE workspace = :workspace AND pipeline = :pipeline AND (paused <> :paused OR paused_for IS NOT NULL)
"""
PAUSE_FOR = """
UPDATE schedules SET paused = 1, next_at = NULL, paused_for = :connection
WHERE workspace = :workspace AND pipeline = :pipeline AND paused = 0
"""
RESUME_FOR = """
UPDATE schedules SET paused = 0, next_at = :next_at, paused_for = NULL
WHERE workspace = :workspace AND pipeline = :pipeline AND paused = 1 AND paused_for = :connection
"""
# Whoever moves the schedule on is the only one to list what came due up to there.
ADVANCE = """
UPDATE schedules SET next_at = :next_at
WHERE workspace = :workspace AND pipeline = :pipeline AND next_at = :seen AND paused = 0
"""
COME_DUE = """
INSERT INTO due_runs (workspace, pipeline, due_at, spec_digest, covers, status, attempt, not_before, fence)
VALUES (:workspace, :pipeline, :due_at, :digest, :covers, :status, 1, :due_at, 0)
ON CONFLICT (workspace, pipeline, due_at) DO NOTHING
"""
OPEN = """
SELECT * FROM due_runs
WHERE workspace = :workspace AND (status = 'running' OR (status = 'waiting' AND not_before <= :now))
ORDER BY status, due_at, pipeline
"""
# Changes nothing but locks the schedule's row, so that of two claims on one pipeline the second sees the first.
HOLD = "UPDATE schedules SET paused = 0 WHERE workspace = :workspace AND pipeline = :pipeline AND paused = 0"
# In order, too: a later time does not pass by one that waits for another try, or it would take its run for its own.
CLAIM = """
UPDATE due_runs
SET status = 'running', claimed_by = :owner, claimed_until = :until, fence = fence + 1, spec_digest = :digest
WHERE workspace = :workspace AND pipeline = :pipeline AND due_at = :due_at
  AND ((status = 'waiting' AND not_before <= :now)
    OR (status = 'running' AND (claimed_by = :gone OR (claimed_until <= :machine AND claimed_by <> :alive))))
  AND NOT EXISTS (SELECT 1 FROM due_runs AS other
                  WHERE other.workspace = :workspace AND other.pipeline = :pipeline
                    AND ((other.status = 'running' AND other.due_at <> :due_at)
                      OR (other.status = 'waiting' AND other.due_at < :due_at)))
"""
# Of a claim that was taken over nothing is left: the fence has moved on.
RENEW = """
UPDATE due_runs SET claimed_until = :until
WHERE workspace = :workspace AND pipeline = :pipeline AND due_at = :due_at AND fence = :fence AND status = 'running'
"""
LINK = """
UPDATE due_runs SET run_id = :run_id
WHERE workspace = :workspace AND pipeline = :pipeline AND due_at = :due_at AND fence = :fence AND status = 'running'
"""
SETTLE = """
UPDATE due_runs SET status = :status, message = :message, finished_at = :at, claimed_by = NULL, claimed_until = NULL
WHERE workspace = :workspace AND pipeline = :pipeline AND due_at = :due_at AND fence = :fence AND status = 'running'
"""
RETRY = """
UPDATE due_runs SET status = 'waiting', attempt = :attempt, not_before = :not_before, message = :message,
                    run_id = :run_id, claimed_by = NULL, claimed_until = NULL
WHERE workspace = :workspace AND pipeline = :pipeline AND due_at = :due_at AND fence = :fence AND status = 'running'
"""
DUE = "SELECT * FROM due_runs WHERE workspace = :workspace AND pipeline = :pipeline AND due_at = :due_at"
RECENT = """
SELECT * FROM due_runs WHERE workspace = :workspace AND pipeline = :pipeline ORDER BY due_at DESC LIMIT :limit
"""
LEASE = "SELECT run_id, owner, expires FROM leases WHERE workspace = :workspace AND pipeline = :pipeline"


@dataclass(frozen=True)
class Scheduled:
    """A schedule as kept. ``next_at`` is the first time not yet listed as due; None when there is none."""

    pipeline: str
    spec_digest: str
    base: str
    out: str
    paused: bool
    next_at: datetime | None
    created_by: str
    spec_file: str | None
    thread: str | None
    paused_for: str | None = None
    """The connection whose refused access paused it; None where a person did."""


@dataclass(frozen=True)
class DueRun:
    """One due time of a pipeline and what became of it."""

    pipeline: str
    due_at: datetime
    spec_digest: str
    covers: int
    status: DueStatus
    attempt: int
    not_before: datetime
    claimed_by: str | None
    fence: int
    run_id: str | None
    message: str | None
    finished_at: datetime | None


class ScheduleStore:
    """Schedules and due times of one workspace, over either database."""

    def __init__(self, database: Database, workspace: str) -> None:
        self._database = database
        self._workspace = workspace

    def save(self, schedule: Scheduled, *, now: datetime) -> None:
        """Keep a schedule, in place of the pipeline's earlier one; it is not paused."""
        self._database.write(
            SAVE,
            self._here(
                pipeline=schedule.pipeline,
                digest=schedule.spec_digest,
                base=schedule.base,
                out=schedule.out,
                next_at=_text(schedule.next_at),
                by=schedule.created_by,
                at=instant(now),
                spec_file=schedule.spec_file,
                thread=schedule.thread,
            ),
        )

    def schedules(self) -> Sequence[Scheduled]:
        """All schedules by name."""
        return [_scheduled(row) for row in self._database.read(ALL, self._here())]

    def schedule(self, pipeline: str) -> Scheduled | None:
        """One schedule, if there is one."""
        rows = self._database.read(ONE, self._here(pipeline=pipeline))
        return _scheduled(rows[0]) if rows else None

    def pause(self, pipeline: str, *, paused: bool, next_at: datetime | None) -> bool:
        """Stop or go on; False when it was so already."""
        values = self._here(pipeline=pipeline, paused=int(paused), next_at=_text(next_at))
        return self._database.write(PAUSE, values) == 1

    def pause_for(self, pipeline: str, connection: str) -> bool:
        """Stop because a connection is refused; False when it was paused already, by whatever."""
        return self._database.write(PAUSE_FOR, self._here(pipeline=pipeline, connection=connection)) == 1

    def resume_for(self, pipeline: str, connection: str, *, next_at: datetime | None) -> bool:
        """Go on where that connection alone was the reason to stop; False where it was not."""
        values = self._here(pipeline=pipeline, connection=connection, next_at=_text(next_at))
        return self._database.write(RESUME_FOR, values) == 1

    def advance(
        self,
        schedule: Scheduled,
        next_at: datetime | None,
        came: Sequence[tuple[datetime, int, Literal["waiting", "missed"]]],
    ) -> bool:
        """List what came due (time, how many times it stands for, status); False when somebody else just did."""
        seen = _text(schedule.next_at)
        with self._database.transaction():
            values = self._here(pipeline=schedule.pipeline, seen=seen, next_at=_text(next_at))
            if self._database.write(ADVANCE, values) != 1:
                return False
            for due_at, covers, status in came:
                self._database.write(
                    COME_DUE,
                    self._here(
                        pipeline=schedule.pipeline,
                        due_at=instant(due_at),
                        digest=schedule.spec_digest,
                        covers=covers,
                        status=status,
                    ),
                )
        return True

    def claimable(self, *, owner: str, now: datetime) -> Sequence[DueRun]:
        """What may be claimed now: left behind by others first, then by due time. Claiming decides."""
        rows = [_due(row) for row in self._database.read(OPEN, self._here(now=instant(now)))]
        return [due for due in rows if due.claimed_by != owner]

    def claim(self, due: DueRun, *, owner: str, until: datetime, now: datetime, machine: datetime) -> DueRun | None:
        """Take a due time; None while another worker or another run of the pipeline is at work, or it is paused."""
        holder = due.claimed_by or ""
        with self._database.transaction():
            if self._database.write(HOLD, self._here(pipeline=due.pipeline)) != 1:
                return None
            digest = self._database.read(ONE, self._here(pipeline=due.pipeline))[0]["spec_digest"]
            values = self._key(
                due,
                owner=owner,
                until=instant(until),
                now=instant(now),
                machine=instant(machine),
                digest=digest,
                gone=holder if holder and is_gone(holder) else "",
                alive=holder if holder and is_alive(holder) else "",
            )
            if self._database.write(CLAIM, values) != 1:
                return None
            return self.due(due.pipeline, due.due_at)

    def renew(self, due: DueRun, *, until: datetime) -> bool:
        """Keep a claim; False when it was taken over."""
        return self._database.write(RENEW, self._key(due, fence=due.fence, until=instant(until))) == 1

    def link(self, due: DueRun, run_id: str) -> bool:
        """Note which run a due time is; False when the claim was taken over, and then nothing may be published."""
        return self._database.write(LINK, self._key(due, fence=due.fence, run_id=run_id)) == 1

    def settle(self, due: DueRun, status: DueStatus, *, message: str | None, at: datetime) -> bool:
        """Record how it ended; False when the claim was taken over."""
        values = self._key(due, fence=due.fence, status=status, message=message, at=instant(at))
        return self._database.write(SETTLE, values) == 1

    def retry(
        self, due: DueRun, *, attempt: int, not_before: datetime, message: str | None, run_id: str | None
    ) -> bool:
        """Let it wait for another try; ``run_id`` is kept of a run that has to be gone on with."""
        values = self._key(
            due,
            fence=due.fence,
            attempt=attempt,
            not_before=instant(not_before),
            message=message,
            run_id=run_id,
        )
        return self._database.write(RETRY, values) == 1

    def due(self, pipeline: str, due_at: datetime) -> DueRun | None:
        """One due time."""
        rows = self._database.read(DUE, self._here(pipeline=pipeline, due_at=instant(due_at)))
        return _due(rows[0]) if rows else None

    def recent(self, pipeline: str, limit: int) -> Sequence[DueRun]:
        """The last due times of a pipeline, the newest first."""
        return [_due(row) for row in self._database.read(RECENT, self._here(pipeline=pipeline, limit=limit))]

    def is_held(self, pipeline: str, run_id: str, *, machine: datetime) -> bool:
        """True while a process that may be alive holds the pipeline for this run."""
        rows = self._database.read(LEASE, self._here(pipeline=pipeline))
        if not rows or rows[0]["run_id"] != run_id:
            return False
        owner = str(rows[0]["owner"])
        return is_alive(owner) or (not is_gone(owner) and str(rows[0]["expires"]) > instant(machine))

    def _key(self, due: DueRun, **values: Value) -> Row:
        return self._here(pipeline=due.pipeline, due_at=instant(due.due_at), **values)

    def _here(self, **values: Value) -> Row:
        return {"workspace": self._workspace, **values}


def _text(moment: datetime | None) -> str | None:
    return instant(moment) if moment is not None else None


def _moment(value: Value) -> datetime | None:
    return when(value) if value is not None else None


def _word(value: Value) -> str | None:
    return str(value) if value is not None else None


def _scheduled(row: Row) -> Scheduled:
    return Scheduled(
        pipeline=str(row["pipeline"]),
        spec_digest=str(row["spec_digest"]),
        base=str(row["base"]),
        out=str(row["out"]),
        paused=bool(row["paused"]),
        next_at=_moment(row["next_at"]),
        created_by=str(row["created_by"]),
        spec_file=_word(row["spec_file"]),
        thread=_word(row["thread"]),
        paused_for=_word(row["paused_for"]),
    )


def _due(row: Row) -> DueRun:
    return DueRun(
        pipeline=str(row["pipeline"]),
        due_at=when(row["due_at"]),
        spec_digest=str(row["spec_digest"]),
        covers=int(row["covers"] or 0),
        status=cast("DueStatus", row["status"]),
        attempt=int(row["attempt"] or 0),
        not_before=when(row["not_before"]),
        claimed_by=_word(row["claimed_by"]),
        fence=int(row["fence"] or 0),
        run_id=_word(row["run_id"]),
        message=_word(row["message"]),
        finished_at=_moment(row["finished_at"]),
    )
