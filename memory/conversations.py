"""Conversations as stored: whose turn it is, what was said, and the plans that came of it. Without SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, cast

from memory.database import Database, Row, Value
from memory.owners import is_alive, is_gone
from memory.run_store import instant, when
from spec.base import JsonValue
from spec.records import record

TurnEnd = Literal["done", "cancelled", "failed"]
TURN = timedelta(minutes=15)
"""After this long without a word a turn of another machine is over; a proof takes ten minutes at most."""
PlanStatus = Literal["proposed", "approved", "rejected", "replaced"]

LAST_TURN = "SELECT max(number) AS number FROM turns WHERE workspace = :workspace AND thread = :thread"
ADD_TURN = """
INSERT INTO turns (workspace, thread, number, said_by, owner, status, began, until)
VALUES (:workspace, :thread, :number, :by, :owner, 'waiting', :at, :until)
"""
BEFORE = """
SELECT number, owner, until FROM turns
WHERE workspace = :workspace AND thread = :thread AND number < :number AND status IN ('waiting', 'running')
ORDER BY number
"""
START_TURN = """
UPDATE turns SET status = 'running' WHERE workspace = :workspace AND thread = :thread AND number = :number
  AND status = 'waiting'
"""
END_TURN = """
UPDATE turns SET status = :status, ended = :at WHERE workspace = :workspace AND thread = :thread AND number = :number
  AND status IN ('waiting', 'running')
"""
RENEW_TURN = """
UPDATE turns SET until = :until WHERE workspace = :workspace AND thread = :thread AND number = :number
  AND status IN ('waiting', 'running')
"""
HELD = """
SELECT owner, until FROM turns WHERE workspace = :workspace AND thread = :thread AND status IN ('waiting', 'running')
"""
TURN_STATUS = "SELECT status FROM turns WHERE workspace = :workspace AND thread = :thread AND number = :number"
CANCEL_RUNNING = """
UPDATE turns SET status = 'cancelled', ended = :at WHERE workspace = :workspace AND thread = :thread
  AND status = 'running'
"""
LAST_MESSAGE = "SELECT max(seq) AS seq FROM messages WHERE workspace = :workspace AND thread = :thread"
ADD_MESSAGE = """
INSERT INTO messages (workspace, thread, seq, turn, at, author, body)
VALUES (:workspace, :thread, :seq, :turn, :at, :author, :body)
"""
MESSAGES = """
SELECT seq, turn, at, author, body FROM messages
WHERE workspace = :workspace AND thread = :thread AND seq > :after ORDER BY seq
"""
NAME_THREAD = """
UPDATE threads SET title = coalesce(title, :title), surface = coalesce(surface, :surface)
WHERE workspace = :workspace AND id = :thread
"""
RENAME_THREAD = "UPDATE threads SET title = :title WHERE workspace = :workspace AND id = :thread"
THREADS = """
SELECT id, title, surface, created_by, created_at, updated_at FROM threads
WHERE workspace = :workspace AND title IS NOT NULL ORDER BY updated_at DESC, id DESC LIMIT :limit
"""
ABOUT = """
SELECT id, title, surface, created_by, created_at, updated_at FROM threads WHERE workspace = :workspace AND id = :thread
"""
ADD_PLAN = """
INSERT INTO thread_plans (workspace, thread, number, pipeline, spec_digest, status, at, by)
VALUES (:workspace, :thread, :number, :pipeline, :digest, 'proposed', :at, :by)
"""
REPLACE_PLANS = """
UPDATE thread_plans SET status = 'replaced' WHERE workspace = :workspace AND thread = :thread AND status = 'proposed'
"""
SETTLE_PLAN = """
UPDATE thread_plans SET status = :status, at = :at, by = :by
WHERE workspace = :workspace AND thread = :thread AND number = :number
"""
PLANS = """
SELECT number, pipeline, spec_digest, status, at, by FROM thread_plans
WHERE workspace = :workspace AND thread = :thread ORDER BY number
"""
STANDING = """
SELECT thread, number, pipeline, spec_digest, status, at, by FROM thread_plans AS made
WHERE workspace = :workspace AND status = 'approved' AND EXISTS (
  SELECT 1 FROM approvals WHERE approvals.workspace = made.workspace AND approvals.spec_digest = made.spec_digest
  AND approvals.withdrawn_at IS NULL)
ORDER BY at DESC, thread, number DESC
"""
THREADS_OF = """
SELECT thread FROM thread_plans WHERE workspace = :workspace AND spec_digest = :digest
UNION SELECT thread FROM spec_versions WHERE workspace = :workspace AND digest = :digest AND thread IS NOT NULL
"""
NAMES_ELSEWHERE = """
SELECT pipeline FROM thread_plans
WHERE workspace = :workspace AND thread <> :thread AND status IN ('proposed', 'approved')
UNION SELECT pipeline FROM turns
WHERE workspace = :workspace AND thread <> :thread AND status = 'running' AND pipeline IS NOT NULL
"""
# Whoever names a pipeline waits here for whoever is at it, in any process.
NAMING = """
INSERT INTO counters (workspace, series, value) VALUES (:workspace, 'naming', 1)
ON CONFLICT (workspace, series) DO UPDATE SET value = counters.value + 1
"""
NAME_TURN = """
UPDATE turns SET pipeline = :pipeline WHERE workspace = :workspace AND thread = :thread AND number = :number
"""


@record(frozen=True)
class StoredMessage:
    """One message; ``body`` holds ``text`` of a person or ``reply`` of ours."""

    seq: int
    turn: int
    at: datetime
    author: str
    body: dict[str, JsonValue]


@record(frozen=True)
class AboutThread:
    """What a list of conversations shows of one. ``surface`` says where it is held: page, slack, http, shell."""

    id: str
    title: str
    surface: str
    created_by: str
    created_at: datetime
    updated_at: datetime


@record(frozen=True)
class StoredPlan:
    """The plan that turn ``number`` of a conversation made, and what became of it by whom."""

    number: int
    pipeline: str
    spec_digest: str
    status: PlanStatus
    at: datetime
    by: str


class Conversations:
    """The part of a workspace's store that conversations need."""

    def __init__(self, database: Database, workspace: str) -> None:
        self._database = database
        self._workspace = workspace

    # Turns

    def queue_turn(self, thread: str, *, by: str, owner: str, now: datetime) -> int:
        """Take the next number in this conversation's queue."""
        with self._database.transaction():
            number = self._next(LAST_TURN, "number", thread)
            values = self._here(thread, number=number, by=by, owner=owner, at=instant(now), until=instant(now + TURN))
            self._database.write(ADD_TURN, values)
        return number

    def wait_turn(
        self, thread: str, number: int, *, seconds: float, now: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> bool:
        """Wait until every earlier turn has ended, then begin; False when it took longer than ``seconds``.

        A turn whose process is gone is ended here, as failed, so that it holds nobody up; so is one of another machine
        of which nothing was heard for a while.
        """
        waited, pause = 0.0, 0.01
        while True:
            ahead = self._database.read(BEFORE, self._here(thread, number=number))
            for row in ahead:
                if _is_over(row, now()):
                    self.end_turn(thread, int(row["number"] or 0), "failed", now=now())
            if all(_is_over(row, now()) for row in ahead):
                self.renew_turn(thread, number, now=now())
                return self._database.write(START_TURN, self._here(thread, number=number)) == 1
            if waited >= seconds:
                return False
            sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 0.25)

    def renew_turn(self, thread: str, number: int, *, now: datetime) -> None:
        """Say that a turn is still at work."""
        self._database.write(RENEW_TURN, self._here(thread, number=number, until=instant(now + TURN)))

    def is_held(self, thread: str, *, now: datetime | None = None) -> bool:
        """Whether a turn is at work or waits, as far as can be told."""
        rows = self._database.read(HELD, self._here(thread))
        return any(not is_gone(str(row["owner"])) and not (now and _is_over(row, now)) for row in rows)

    def end_turn(self, thread: str, number: int, status: TurnEnd, *, now: datetime) -> None:
        """End a turn; one that has ended stays as it is."""
        self._database.write(END_TURN, self._here(thread, number=number, status=status, at=instant(now)))

    def cancelled(self, thread: str, number: int) -> bool:
        """Whether the turn was cancelled meanwhile, by any process, or its conversation is gone."""
        rows = self._database.read(TURN_STATUS, self._here(thread, number=number))
        return not rows or rows[0]["status"] == "cancelled"

    def turn_status(self, thread: str, number: int) -> str | None:
        """How a turn stands: waiting, running, done, cancelled or failed; None when there is no such turn."""
        rows = self._database.read(TURN_STATUS, self._here(thread, number=number))
        return str(rows[0]["status"]) if rows else None

    def cancel_running(self, thread: str, *, now: datetime) -> bool:
        """Record that the turn at work is to stop; False when none is."""
        return self._database.write(CANCEL_RUNNING, self._here(thread, at=instant(now))) > 0

    # Messages

    def add_message(
        self, thread: str, *, turn: int, author: str, body: dict[str, JsonValue], now: datetime
    ) -> StoredMessage:
        """Append to what was said."""
        with self._database.transaction():
            seq = self._next(LAST_MESSAGE, "seq", thread)
            text = json.dumps(body, ensure_ascii=False)
            self._database.write(
                ADD_MESSAGE, self._here(thread, seq=seq, turn=turn, at=instant(now), author=author, body=text)
            )
        return StoredMessage(seq, turn, now, author, body)

    def messages(self, thread: str, *, after: int = 0) -> Sequence[StoredMessage]:
        """What was said after message ``after``, in order."""
        return [
            StoredMessage(
                int(row["seq"] or 0),
                int(row["turn"] or 0),
                when(row["at"]),
                str(row["author"]),
                json.loads(str(row["body"])),
            )
            for row in self._database.read(MESSAGES, self._here(thread, after=after))
        ]

    # Threads

    def name_thread(self, thread: str, *, title: str, surface: str) -> None:
        """Give a conversation its title and place, once."""
        self._database.write(NAME_THREAD, self._here(thread, title=title, surface=surface))

    def rename_thread(self, thread: str, title: str) -> None:
        """Give a conversation another title."""
        self._database.write(RENAME_THREAD, self._here(thread, title=title))

    def recent(self, limit: int) -> Sequence[AboutThread]:
        """Conversations, the one last spoken in first."""
        rows = self._database.read(THREADS, {"workspace": self._workspace, "limit": limit})
        return [_about(row) for row in rows]

    def about(self, thread: str) -> AboutThread | None:
        """One conversation, if known."""
        rows = self._database.read(ABOUT, self._here(thread))
        return _about(rows[0]) if rows else None

    # Plans

    def propose(self, thread: str, number: int, *, pipeline: str, digest: str, by: str, now: datetime) -> StoredPlan:
        """Keep the plan of turn ``number`` as the one that waits for approval; one that waited before is replaced."""
        with self._database.transaction():
            self._database.write(REPLACE_PLANS, self._here(thread))
            values = self._here(thread, number=number, pipeline=pipeline, digest=digest, at=instant(now), by=by)
            self._database.write(ADD_PLAN, values)
        return StoredPlan(number, pipeline, digest, "proposed", now, by)

    def settle(self, thread: str, number: int, status: PlanStatus, *, by: str, now: datetime) -> None:
        """Record what became of a plan."""
        self._database.write(SETTLE_PLAN, self._here(thread, number=number, status=status, by=by, at=instant(now)))

    def plans(self, thread: str) -> Sequence[StoredPlan]:
        """The plans of a conversation in the order they were made."""
        return [_plan(row) for row in self._database.read(PLANS, self._here(thread))]

    def standing(self) -> Sequence[tuple[str, StoredPlan]]:
        """Plans whose approval stands, each with its conversation; the one last approved first."""
        rows = self._database.read(STANDING, {"workspace": self._workspace})
        return [(str(row["thread"]), _plan(row)) for row in rows]

    def threads_of(self, digest: str) -> Sequence[str]:
        """The conversations that a plan came of."""
        rows = self._database.read(THREADS_OF, {"workspace": self._workspace, "digest": digest})
        return [str(row["thread"]) for row in rows]

    def own_name(self, thread: str, number: int, name: str) -> str:
        """A pipeline's name for what turn ``number`` is about to propose: numbered where other conversations have it.

        It is kept for this turn as long as that runs.
        """
        with self._database.transaction():
            self._database.write(NAMING, {"workspace": self._workspace})
            taken = {str(row["pipeline"]) for row in self._database.read(NAMES_ELSEWHERE, self._here(thread))}
            free = next(one for one in (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))) if one not in taken)
            self._database.write(NAME_TURN, self._here(thread, number=number, pipeline=free))
        return free

    def _next(self, statement: str, field: str, thread: str) -> int:
        return int(self._database.read(statement, self._here(thread))[0][field] or 0) + 1

    def _here(self, thread: str, **values: Value) -> Row:
        return {"workspace": self._workspace, "thread": thread, **values}


def _is_over(turn: Row, now: datetime) -> bool:
    """Whether nobody works at a turn any more: surely, or after its time and not surely at work."""
    owner = str(turn["owner"])
    return is_gone(owner) or (when(turn["until"]) <= now and not is_alive(owner))


def _plan(row: Row) -> StoredPlan:
    return StoredPlan(
        int(row["number"] or 0),
        str(row["pipeline"]),
        str(row["spec_digest"]),
        cast("PlanStatus", row["status"]),
        when(row["at"]),
        str(row["by"]),
    )


def _about(row: Row) -> AboutThread:
    return AboutThread(
        str(row["id"]),
        str(row["title"] or ""),
        str(row["surface"] or ""),
        str(row["created_by"]),
        when(row["created_at"]),
        when(row["updated_at"]),
    )
