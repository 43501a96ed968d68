"""The two places a store can live, behind one small protocol: a SQLite file (stdlib only) and a PostgreSQL server.

Statements are constants in SQL that both understand, values are always bound by name.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from spec.errors import AccessError, UnsupportedError

Value = str | int | None
Row = Mapping[str, Value]

HEAD = "0010"
"""The newest revision under migrations/versions; a store at another one is migrated or refused."""


class Database(Protocol):
    """Reads and writes; each is its own transaction unless it stands in ``with transaction()``."""

    def read(self, statement: str, values: Row) -> list[Row]:
        """All rows of a query."""

    def write(self, statement: str, values: Row) -> int:
        """Run a statement; how many rows it changed. Durable when the transaction ends."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; holds the store's write lock from the start, so that what was read stays true."""

    def scrub(self, tables: Sequence[str]) -> bool:
        """Leave no byte of what was deleted from these tables in the store's files; False while others read them."""

    def close(self) -> None:
        """Let go of the store."""


class SqliteDatabase:
    """A store in a SQLite file, made or migrated when opened. Safe across threads and processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = _open(path)

    def read(self, statement: str, values: Row) -> list[Row]:
        """As ``Database``."""
        with self._lock, closing(self._connection.execute(statement, values)) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def write(self, statement: str, values: Row) -> int:
        """As ``Database``."""
        with self._lock, closing(self._connection.execute(statement, values)) as cursor:
            return cursor.rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As ``Database``; may be nested, the outermost one decides."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def scrub(self, tables: Sequence[str]) -> bool:  # noqa: ARG002 - one file holds all tables
        """As ``Database``. Writes the file anew and empties the log beside it; waits up to ten seconds for others."""
        deadline = time.monotonic() + 10
        with self._lock:
            while True:
                try:
                    self._connection.execute("VACUUM")
                    busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        raise
                    busy = 1
                if not busy or time.monotonic() > deadline:
                    return not busy
                time.sleep(0.1)

    def close(self) -> None:
        """As ``Database``."""
        with self._lock:
            self._connection.close()


def open_database(url: str | None, file: Path) -> Database:
    """The store at a PostgreSQL URL, or in ``file`` when there is no URL."""
    if url is None:
        return SqliteDatabase(file)
    if not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise UnsupportedError(
            "The store's address is not one we know.",
            hint="DREFLOW_DATABASE_URL is a PostgreSQL URL (postgresql://user:password@host/database), or is not set.",
        )
    from memory.server import ServerDatabase

    return ServerDatabase(url)


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        _use_log(connection)
        # An event must have reached the disk when append returns; NORMAL would keep it in the page cache.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        revision = _revision(connection)
    except sqlite3.DatabaseError as error:
        raise AccessError(
            f"The workspace's store cannot be opened: {error}.",
            hint="Check that the folder can be written, or name another one with --workspace.",
            where={"file": str(path)},
        ) from error
    if revision == HEAD:
        return connection
    if revision is None:
        _make(connection)
        return connection
    connection.close()
    _migrate(path, revision)
    return _open(path)


def _use_log(connection: sqlite3.Connection) -> None:
    """Write-ahead logging, so that readers never wait. SQLite does not wait for this change itself, so we do."""
    deadline = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _revision(connection: sqlite3.Connection) -> str | None:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if known is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have made it while we waited for the lock.
        if _revision(connection) is None:
            for statement in schema_statements():
                connection.execute(statement)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def schema_statements() -> Iterator[str]:
    """The statements of ``schema.sql``, one by one, so that they run inside one transaction."""
    pending = ""
    for line in Path(__file__).with_name("schema.sql").read_text(encoding="utf-8").splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _migrate(path: Path, revision: str) -> None:
    from memory.migrate import revisions, upgrade_file

    if revision not in revisions():
        raise UnsupportedError(
            "This workspace was made by a newer DReflowPro.",
            hint="Update DReflowPro, or name another workspace with --workspace.",
            where={"file": str(path)},
            data={"revision": revision, "newest_known": HEAD},
        )
    upgrade_file(path)
