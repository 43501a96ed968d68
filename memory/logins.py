"""Logins as stored: hashes of passwords, and how often somebody guessed wrong. Without SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from memory.database import Row, Value
from memory.run_store import instant, when
from memory.store import Store

SAVE = """
INSERT INTO logins (workspace, principal, password, changed_at, failures, locked_until)
VALUES (:workspace, :principal, :password, :at, 0, NULL)
ON CONFLICT (workspace, principal) DO UPDATE
SET password = excluded.password, changed_at = excluded.changed_at, failures = 0, locked_until = NULL
"""
LOGIN = "SELECT password, failures, locked_until FROM logins WHERE workspace = :workspace AND principal = :principal"
TRIED = """
UPDATE logins SET failures = :failures, locked_until = :until
WHERE workspace = :workspace AND principal = :principal AND failures = :before
"""
FORGIVE = """
UPDATE logins SET failures = 0, locked_until = NULL WHERE workspace = :workspace AND principal = :principal
"""
REMOVE = "DELETE FROM logins WHERE workspace = :workspace AND principal = :principal"


@dataclass(frozen=True)
class StoredLogin:
    """A principal's login."""

    password: str
    failures: int
    locked_until: datetime | None


class LoginStore:
    """The logins of one workspace."""

    def __init__(self, store: Store) -> None:
        self._database, self._workspace = store.database, store.workspace

    def save(self, principal: str, password: str, *, now: datetime) -> None:
        """Keep the hash of a new password; earlier failures are forgiven."""
        self._database.write(SAVE, self._here(principal, password=password, at=instant(now)))

    def get(self, principal: str) -> StoredLogin | None:
        """The login of a principal, if they have one."""
        rows = self._database.read(LOGIN, self._here(principal))
        if not rows:
            return None
        until = rows[0]["locked_until"]
        return StoredLogin(str(rows[0]["password"]), int(rows[0]["failures"] or 0), when(until) if until else None)

    def tried(self, principal: str, *, before: int, failures: int, locked_until: datetime | None) -> bool:
        """Record how often a password was wrong in a row, and until when no further try counts.

        False when somebody else's try was recorded since ``before`` was read; then nothing is changed.
        """
        until = instant(locked_until) if locked_until else None
        return self._database.write(TRIED, self._here(principal, failures=failures, until=until, before=before)) == 1

    def forgive(self, principal: str) -> None:
        """Forget wrong tries, after a right one."""
        self._database.write(FORGIVE, self._here(principal))

    def remove(self, principal: str) -> bool:
        """Take a login away; False when there was none."""
        return self._database.write(REMOVE, self._here(principal)) > 0

    def _here(self, principal: str, **values: Value) -> Row:
        return {"workspace": self._workspace, "principal": principal, **values}
