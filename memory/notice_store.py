"""Notices: what has to be told in a conversation, and whether it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from memory.database import Row, Value
from memory.owners import is_gone, this_owner
from memory.run_store import instant, when
from memory.store import Store
from spec.base import JsonValue

NoticeKind = Literal["failed", "held_back", "not_run", "recovered"]

ADD = """
INSERT INTO notices (workspace, id, thread, pipeline, run_id, kind, text, hint, cause, times, at, replies)
VALUES (:workspace, :id, :thread, :pipeline, :run_id, :kind, :text, :hint, :cause, 1, :at, :replies)
"""
AGAIN = "UPDATE notices SET times = times + 1 WHERE workspace = :workspace AND id = :id"
LAST = """
SELECT * FROM notices WHERE workspace = :workspace AND pipeline = :pipeline ORDER BY id DESC LIMIT 1
"""
OPEN = """
SELECT * FROM notices
WHERE workspace = :workspace AND delivered_at IS NULL AND COALESCE(thread, '') = :thread
ORDER BY id
"""
OFFER = """
UPDATE notices SET shown_by = :owner, shown_until = :until
WHERE workspace = :workspace AND id = :id AND delivered_at IS NULL
  AND COALESCE(shown_by, '') = :before AND COALESCE(shown_until, '') = :before_until
"""
SHOWING = "SELECT shown_by, shown_until FROM notices WHERE workspace = :workspace AND id = :id"
DELIVER = """
UPDATE notices SET delivered_at = :at, delivered_by = :by
WHERE workspace = :workspace AND id = :id AND delivered_at IS NULL
"""


@dataclass(frozen=True)
class Notice:
    """One notice. ``text`` says what happened, ``hint`` what to do next; ``times`` how often it came within a day.

    ``replies`` are said in place of ``text`` where more is to say, as a conversation keeps them.
    """

    id: int
    thread: str | None
    pipeline: str
    run_id: str | None
    kind: NoticeKind
    text: str
    hint: str
    cause: str
    times: int
    at: datetime
    delivered_at: datetime | None = None
    replies: tuple[JsonValue, ...] = ()


class NoticeStore:
    """The notices of one workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, notice: Notice, *, quiet: timedelta) -> Notice | None:
        """Keep a notice under the next number; None when the pipeline's last one says the same and is younger than
        ``quiet``: then that one counts once more.
        """
        with self._store.database.transaction():
            # Taking the number first locks the series: two workers cannot both find that nothing was told yet.
            number = self._store.next_id("notice")
            last = self.last(notice.pipeline)
            alike = last is not None and (last.kind, last.cause) == (notice.kind, notice.cause)
            if last is not None and alike and notice.at - last.at < quiet:
                self._store.database.write(AGAIN, self._here(id=last.id))
                return None
            self._store.database.write(
                ADD,
                self._here(
                    id=number,
                    thread=notice.thread,
                    pipeline=notice.pipeline,
                    run_id=notice.run_id,
                    kind=notice.kind,
                    text=notice.text,
                    hint=notice.hint,
                    cause=notice.cause,
                    at=instant(notice.at),
                    replies=json.dumps(notice.replies, ensure_ascii=False) if notice.replies else None,
                ),
            )
            return replace(notice, id=number)

    def last(self, pipeline: str) -> Notice | None:
        """The newest notice about a pipeline."""
        rows = self._store.database.read(LAST, self._here(pipeline=pipeline))
        return _notice(rows[0]) if rows else None

    def undelivered(self, thread: str | None) -> Sequence[Notice]:
        """What was not told yet in a conversation, or (None) what belongs to none, the oldest first."""
        return [_notice(row) for row in self._store.database.read(OPEN, self._here(thread=thread or ""))]

    def offer(self, number: int, *, now: datetime, showing: timedelta) -> bool:
        """Let the caller show one that was not told yet; False while another does, or did for less than ``showing``.

        What a process that is gone was showing is free.
        """
        with self._store.database.transaction():
            rows = self._store.database.read(SHOWING, self._here(id=number))
            if not rows:
                return False
            by, until = str(rows[0]["shown_by"] or ""), str(rows[0]["shown_until"] or "")
            if by and not is_gone(by) and when(until) > now:
                return False
            values = self._here(
                id=number, owner=this_owner(), until=instant(now + showing), before=by, before_until=until
            )
            return self._store.database.write(OFFER, values) == 1

    def deliver(self, number: int, *, by: str, now: datetime) -> bool:
        """Mark one as told; True for exactly one caller."""
        return self._store.database.write(DELIVER, self._here(id=number, by=by, at=instant(now))) == 1

    def _here(self, **values: Value) -> Row:
        return {"workspace": self._store.workspace, **values}


def _notice(row: Row) -> Notice:
    thread, run_id, delivered = row["thread"], row["run_id"], row["delivered_at"]
    return Notice(
        id=int(row["id"] or 0),
        thread=str(thread) if thread is not None else None,
        pipeline=str(row["pipeline"]),
        run_id=str(run_id) if run_id is not None else None,
        kind=cast("NoticeKind", row["kind"]),
        text=str(row["text"]),
        hint=str(row["hint"]),
        cause=str(row["cause"]),
        times=int(row["times"] or 0),
        at=when(row["at"]),
        delivered_at=when(delivered) if delivered is not None else None,
        replies=tuple(json.loads(str(row["replies"]))) if row["replies"] is not None else (),
    )
