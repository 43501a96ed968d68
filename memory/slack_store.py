"""Slack as stored: what arrived there, what is to be said, and where conversations are held. Without SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from memory.database import Row, Value
from memory.owners import is_gone, this_owner
from memory.run_store import instant, when
from memory.store import Store
from spec.base import JsonValue

Kind = Literal["root", "post", "ephemeral", "file", "update"]
"""A thread's first message, a message in it, one that a single person sees, a file, a change."""

PLACE_OF = "SELECT thread, channel, ts FROM slack_threads WHERE workspace = :workspace AND thread = :thread"
THREAD_AT = "SELECT thread FROM slack_threads WHERE workspace = :workspace AND channel = :channel AND ts = :ts"
ADD_PLACE = """
INSERT INTO slack_threads (workspace, thread, channel, ts, at) VALUES (:workspace, :thread, :channel, :ts, :at)
ON CONFLICT DO NOTHING
"""
PLACED = "UPDATE slack_threads SET ts = :ts WHERE workspace = :workspace AND thread = :thread AND ts IS NULL"

TO_TELL = """
SELECT slack_threads.thread FROM slack_threads WHERE slack_threads.workspace = :workspace AND EXISTS (
  SELECT 1 FROM notices WHERE notices.workspace = slack_threads.workspace AND notices.thread = slack_threads.thread
    AND notices.delivered_at IS NULL
) ORDER BY slack_threads.thread
"""

TAKE = """
INSERT INTO slack_inbox (workspace, id, number, thread, body, status, owner, at, after_seq, attempts)
VALUES (:workspace, :id, :number, :thread, :body, 'new', :owner, :at, NULL, 0)
"""
HEARD = "SELECT 1 AS there FROM slack_inbox WHERE workspace = :workspace AND id = :id"
OPEN_INBOX = """
SELECT id, number, thread, body, status, owner, at, after_seq, attempts FROM slack_inbox
WHERE workspace = :workspace AND status IN ('new', 'begun') ORDER BY number
"""
BEGIN = """
UPDATE slack_inbox SET status = 'begun', after_seq = coalesce(after_seq, :seq), attempts = attempts + 1
WHERE workspace = :workspace AND id = :id
"""
END = "UPDATE slack_inbox SET status = :status, body = '{}' WHERE workspace = :workspace AND id = :id"
ADOPT_INBOX = """
UPDATE slack_inbox SET owner = :owner WHERE workspace = :workspace AND id = :id AND owner = :before
"""

OUTBOX = """
SELECT key, number, thread, kind, body, target, waits, status, owner, at, attempts, channel, ts, file
FROM slack_outbox
"""
QUEUE = """
INSERT INTO slack_outbox (workspace, key, number, thread, kind, body, target, waits, status, owner, at, attempts)
VALUES (:workspace, :key, :number, :thread, :kind, :body, :target, :waits, 'queued', :owner, :at, 0)
"""
ROW = f"{OUTBOX} WHERE workspace = :workspace AND key = :key"
NEXT_OUT = f"""
{OUTBOX} WHERE workspace = :workspace AND thread = :thread AND owner = :owner AND status IN ('queued', 'sending')
ORDER BY number LIMIT 1
"""
WAITING = f"""
{OUTBOX} WHERE workspace = :workspace AND thread = :thread AND waits IS NOT NULL AND status <> 'failed'
ORDER BY number
"""
OPEN_OUTBOX = f"""
{OUTBOX} WHERE workspace = :workspace AND status IN ('queued', 'sending') ORDER BY number
"""
SENDING = """
UPDATE slack_outbox SET status = 'sending', attempts = attempts + 1 WHERE workspace = :workspace AND key = :key
"""
UPLOADING = "UPDATE slack_outbox SET file = :file WHERE workspace = :workspace AND key = :key"
SENT = """
UPDATE slack_outbox SET status = 'sent', channel = :channel, ts = :ts, error = NULL,
  body = CASE WHEN waits IS NULL THEN '{}' ELSE body END
WHERE workspace = :workspace AND key = :key
"""
REFUSED = "UPDATE slack_outbox SET status = 'failed', error = :error WHERE workspace = :workspace AND key = :key"
ADOPT_OUTBOX = """
UPDATE slack_outbox SET owner = :owner WHERE workspace = :workspace AND key = :key AND owner = :before
"""
SETTLED = """
UPDATE slack_outbox SET waits = NULL, body = CASE WHEN status = 'sent' THEN '{}' ELSE body END
WHERE workspace = :workspace AND key = :key
"""


@dataclass(frozen=True)
class Place:
    """Where a conversation is held: ``ts`` is None before its thread exists, empty where there is no thread."""

    thread: str
    channel: str
    ts: str | None


@dataclass(frozen=True)
class Arrived:
    """Something said or clicked; ``after_seq`` is the last message of the conversation before it was answered."""

    id: str
    number: int
    thread: str
    body: Mapping[str, JsonValue]
    status: Literal["new", "begun"]
    owner: str
    at: datetime
    after_seq: int | None
    attempts: int


@dataclass(frozen=True)
class Outgoing:
    """Something to say; ``channel`` and ``ts`` are known once it was said."""

    key: str
    number: int
    thread: str
    kind: Kind
    body: Mapping[str, JsonValue]
    target: str | None
    waits: str | None
    status: str
    owner: str
    at: datetime
    attempts: int
    channel: str | None
    ts: str | None
    file: str | None


class SlackStore:
    """The part of a workspace's store that Slack needs. Every row belongs to the process that is to deal with it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database, self._workspace = store.database, store.workspace
        self._owner = this_owner()

    def transaction(self) -> AbstractContextManager[None]:
        """What is kept in it is kept together, or not at all."""
        return self._database.transaction()

    # Places

    def place(self, thread: str) -> Place | None:
        """Where a conversation is held, when in Slack."""
        rows = self._database.read(PLACE_OF, self._here(thread=thread))
        if not rows:
            return None
        ts = rows[0]["ts"]
        return Place(str(rows[0]["thread"]), str(rows[0]["channel"]), None if ts is None else str(ts))

    def thread_at(self, channel: str, ts: str) -> str | None:
        """The conversation that is held in a Slack thread; with an empty ``ts``, in direct messages."""
        rows = self._database.read(THREAD_AT, self._here(channel=channel, ts=ts))
        return str(rows[0]["thread"]) if rows else None

    def settle(self, thread: str, channel: str, ts: str | None, *, now: datetime) -> str:
        """Hold a conversation there; the one that is held there already, where there is one."""
        self._database.write(ADD_PLACE, self._here(thread=thread, channel=channel, ts=ts, at=instant(now)))
        return thread if ts is None else self.thread_at(channel, ts) or thread

    def placed(self, thread: str, ts: str) -> None:
        """The thread's first message was sent."""
        self._database.write(PLACED, self._here(thread=thread, ts=ts))

    def to_tell(self) -> Sequence[str]:
        """Conversations held in Slack in which something was not told yet."""
        return [str(row["thread"]) for row in self._database.read(TO_TELL, self._here())]

    # What arrives

    def heard(self, arrival: str) -> bool:
        """Whether this arrived before."""
        return bool(self._database.read(HEARD, self._here(id=arrival)))

    def take(self, arrival: str, thread: str, body: Mapping[str, JsonValue], *, now: datetime) -> bool:
        """Keep what arrived; False when it is here already."""
        with self._database.transaction():
            # Taking the number locks the series, so that a second delivery at the same time sees the first.
            number = self._store.next_id("slack inbox")
            if self.heard(arrival):
                return False
            values: dict[str, Value] = {"id": arrival, "number": number, "thread": thread, "body": _text(body)}
            self._database.write(TAKE, self._here(**values, owner=self._owner, at=instant(now)))
        return True

    def unanswered(self) -> Sequence[Arrived]:
        """What was not answered to its end, the oldest first, of all processes."""
        return [_arrived(row) for row in self._database.read(OPEN_INBOX, self._here())]

    def begin(self, arrival: str, *, seq: int) -> None:
        """Answering begins, after message ``seq``; a later attempt leaves that as it was."""
        self._database.write(BEGIN, self._here(id=arrival, seq=seq))

    def end(self, arrival: str, status: Literal["done", "failed"]) -> None:
        """All that answers it is queued; its words are in the conversation and no longer needed here."""
        self._database.write(END, self._here(id=arrival, status=status))

    # What is to be said

    def queue(
        self,
        key: str,
        thread: str,
        kind: Kind,
        body: Mapping[str, JsonValue],
        *,
        now: datetime,
        target: str | None = None,
        waits: str | None = None,
    ) -> bool:
        """Queue something to say; False when that key was queued before."""
        with self._database.transaction():
            number = self._store.next_id("slack outbox")
            if self.outgoing(key) is not None:
                return False
            values: dict[str, Value] = {
                "key": key,
                "number": number,
                "thread": thread,
                "kind": kind,
                "body": _text(body),
                "target": target,
                "waits": waits,
            }
            self._database.write(QUEUE, self._here(**values, owner=self._owner, at=instant(now)))
        return True

    def outgoing(self, key: str) -> Outgoing | None:
        """What was queued under a key."""
        rows = self._database.read(ROW, self._here(key=key))
        return _outgoing(rows[0]) if rows else None

    def next_out(self, thread: str) -> Outgoing | None:
        """What this process says next in a conversation."""
        rows = self._database.read(NEXT_OUT, self._here(thread=thread, owner=self._owner))
        return _outgoing(rows[0]) if rows else None

    def waiting(self, thread: str) -> Sequence[Outgoing]:
        """Messages whose buttons wait for somebody."""
        return [_outgoing(row) for row in self._database.read(WAITING, self._here(thread=thread))]

    def unsaid(self) -> Sequence[Outgoing]:
        """All that was not said yet, of all processes."""
        return [_outgoing(row) for row in self._database.read(OPEN_OUTBOX, self._here())]

    def sending(self, key: str) -> None:
        """It is about to be sent: whoever finds it so later has to look whether it arrived."""
        self._database.write(SENDING, self._here(key=key))

    def uploading(self, key: str, file: str) -> None:
        """Slack gave the file this id."""
        self._database.write(UPLOADING, self._here(key=key, file=file))

    def sent(self, key: str, *, channel: str, ts: str) -> None:
        """It stands in Slack; what it says is kept only where its buttons have to be taken away later."""
        self._database.write(SENT, self._here(key=key, channel=channel, ts=ts))

    def refused(self, key: str, error: str) -> None:
        """Slack will not take it."""
        self._database.write(REFUSED, self._here(key=key, error=error))

    def no_longer_waits(self, key: str) -> None:
        """The buttons of a message are gone, or do nothing any more."""
        self._database.write(SETTLED, self._here(key=key))

    # Processes

    def adopt(self) -> None:
        """Take over what processes left that are gone."""
        for arrived in self.unanswered():
            if is_gone(arrived.owner):
                self._database.write(ADOPT_INBOX, self._adoption(arrived.owner, id=arrived.id))
        for outgoing in self.unsaid():
            if is_gone(outgoing.owner):
                self._database.write(ADOPT_OUTBOX, self._adoption(outgoing.owner, key=outgoing.key))

    def is_mine(self, owner: str) -> bool:
        """Whether this process deals with a row of that owner."""
        return owner == self._owner

    def _adoption(self, before: str, **values: Value) -> Row:
        return self._here(owner=self._owner, before=before, **values)

    def _here(self, **values: Value) -> Row:
        return {"workspace": self._workspace, **values}


def _text(body: Mapping[str, JsonValue]) -> str:
    return json.dumps(dict(body), ensure_ascii=False)


def _arrived(row: Row) -> Arrived:
    seq = row["after_seq"]
    return Arrived(
        str(row["id"]),
        int(row["number"] or 0),
        str(row["thread"]),
        json.loads(str(row["body"])),
        cast("Literal['new', 'begun']", row["status"]),
        str(row["owner"]),
        when(row["at"]),
        None if seq is None else int(seq),
        int(row["attempts"] or 0),
    )


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(
        str(row["key"]),
        int(row["number"] or 0),
        str(row["thread"]),
        cast("Kind", row["kind"]),
        json.loads(str(row["body"])),
        _optional(row["target"]),
        _optional(row["waits"]),
        str(row["status"]),
        str(row["owner"]),
        when(row["at"]),
        int(row["attempts"] or 0),
        _optional(row["channel"]),
        _optional(row["ts"]),
        _optional(row["file"]),
    )


def _optional(value: Value) -> str | None:
    return None if value is None else str(value)
