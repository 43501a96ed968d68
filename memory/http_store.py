"""Answers of the HTTP API under a client's own key: claimed once, kept for a while. Without SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.conversations import LAST_MESSAGE, TURN
from memory.database import Row, Value
from memory.owners import is_alive, is_gone, this_owner
from memory.run_store import instant, when
from memory.store import Store

KEPT = timedelta(hours=24)
"""For how long a key stands for its first answer."""

EXPIRED = "DELETE FROM http_answers WHERE workspace = :workspace AND until <= :at"
CLAIM = """
INSERT INTO http_answers (workspace, principal, key, request, thread, after_seq, owner, at, until)
VALUES (:workspace, :principal, :key, :request, :thread, :after, :owner, :at, :until)
ON CONFLICT (workspace, principal, key) DO NOTHING
"""
FOUND = """
SELECT request, thread, after_seq, owner, at, status, media_type, body FROM http_answers
WHERE workspace = :workspace AND principal = :principal AND key = :key
"""
ADOPT = """
UPDATE http_answers SET owner = :owner, at = :at
WHERE workspace = :workspace AND principal = :principal AND key = :key AND owner = :before AND status IS NULL
"""
ANSWERED = """
UPDATE http_answers SET status = :status, media_type = :media_type, body = :body
WHERE workspace = :workspace AND principal = :principal AND key = :key AND owner = :owner
"""
RELEASE = """
DELETE FROM http_answers
WHERE workspace = :workspace AND principal = :principal AND key = :key AND owner = :owner AND status IS NULL
"""


@dataclass(frozen=True)
class Asked:
    """A request under a key: a digest of what is asked, and the conversation that it is about, if any."""

    principal: str
    key: str
    request: str
    thread: str | None


@dataclass(frozen=True)
class FirstAnswer:
    """What was answered the first time."""

    status: int
    media_type: str | None
    body: str


@dataclass(frozen=True)
class Claim:
    """What a key stands for. Without ``answer`` it is ``mine`` to do now, or somebody is at it.

    ``again`` is whether a process that is gone had begun it, ``after_seq`` the last message of the conversation before.
    """

    request: str
    after_seq: int
    mine: bool
    again: bool = False
    answer: FirstAnswer | None = None


class HttpStore:
    """The part of a workspace's store that the HTTP API needs."""

    def __init__(self, store: Store) -> None:
        self._store, self._database = store, store.database
        self._owner = this_owner()

    def claim(self, asked: Asked, *, now: datetime) -> Claim:
        """Take a request to be done here, where nobody has it; else what became of it."""
        at, until = instant(now), instant(now + KEPT)
        with self._database.transaction():
            self._database.write(EXPIRED, {"workspace": self._store.workspace, "at": at})
            last = {"workspace": self._store.workspace, "thread": asked.thread or ""}
            seq = self._database.read(LAST_MESSAGE, last)[0]["seq"] or 0
            values = {"request": asked.request, "thread": asked.thread, "after": seq, "owner": self._owner}
            new = self._database.write(CLAIM, self._of(asked, **values, at=at, until=until)) == 1
            rows = self._database.read(FOUND, self._of(asked))
            if not rows:
                # Whoever had it has just let go of it; the next try finds that.
                return Claim(asked.request, 0, mine=False)
            row = rows[0]
            request, after = str(row["request"]), int(row["after_seq"] or 0)
            if new or row["status"] is not None:
                return Claim(request, after, mine=new, answer=_answer(row))
            left = _is_left(row, now) and request == asked.request
            taken = left and self._database.write(ADOPT, self._of(asked, owner=self._owner, before=row["owner"], at=at))
            return Claim(request, after, mine=bool(taken), again=bool(taken))

    def answered(self, asked: Asked, answer: FirstAnswer) -> None:
        """Keep what was answered, for whoever asks again."""
        values = {"status": answer.status, "media_type": answer.media_type, "body": answer.body}
        self._database.write(ANSWERED, self._of(asked, owner=self._owner, **values))

    def release(self, asked: Asked) -> None:
        """Nothing was done: whoever asks again is the first."""
        self._database.write(RELEASE, self._of(asked, owner=self._owner))

    def _of(self, asked: Asked, **values: Value) -> Row:
        return {"workspace": self._store.workspace, "principal": asked.principal, "key": asked.key, **values}


def _answer(row: Row) -> FirstAnswer | None:
    if row["status"] is None:
        return None
    media_type = row["media_type"]
    return FirstAnswer(int(row["status"]), None if media_type is None else str(media_type), str(row["body"] or ""))


def _is_left(row: Row, now: datetime) -> bool:
    """Whether nobody works at it any more: surely, or after a turn's time and not surely at work."""
    owner = str(row["owner"])
    return is_gone(owner) or (when(row["at"]) + TURN <= now and not is_alive(owner))
