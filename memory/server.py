"""A store on a PostgreSQL server, through SQLAlchemy."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from memory.database import HEAD, Row
from memory.migrate import revisions, upgrade
from spec.errors import AccessError, UnsupportedError


class ServerDatabase:
    """As ``memory.database.Database``. Each thread has a connection of the pool to itself while it is at work."""

    def __init__(self, url: str) -> None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, pool_pre_ping=True)
        self._open = threading.local()
        try:
            with self._engine.connect() as connection:
                _bring_up_to_date(connection)
        except OperationalError as error:
            # The driver's message names host, user and cause, never the password.
            raise AccessError(
                "The store's PostgreSQL server did not let us in.",
                hint="Check DREFLOW_DATABASE_URL: host, user, password and database.",
                data={"server": address.render_as_string(hide_password=True), "cause": str(error.orig).strip()},
            ) from None

    def read(self, statement: str, values: Row) -> list[Row]:
        """As ``Database``."""
        with self._connection() as connection:
            return [cast("Row", dict(row)) for row in connection.execute(text(statement), dict(values)).mappings()]

    def write(self, statement: str, values: Row) -> int:
        """As ``Database``."""
        with self._connection() as connection:
            return connection.execute(text(statement), dict(values)).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As ``Database``; rows that decide something are locked by the statement that changes them first."""
        with self._connection():
            yield

    def scrub(self, tables: Sequence[str]) -> bool:
        """As ``Database``. What the server's own log and backups hold is in its administrator's hands."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            quoted = connection.dialect.identifier_preparer.quote
            for name in tables:
                # A plain VACUUM only marks the space as free; the rewritten file no longer has the rows.
                connection.execute(text(f"VACUUM (FULL) {quoted(name)}"))
        return True

    def close(self) -> None:
        """As ``Database``."""
        self._engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        current: Connection | None = getattr(self._open, "connection", None)
        if current is not None:
            yield current
            return
        with self._engine.begin() as connection:
            self._open.connection = connection
            try:
                yield connection
            finally:
                self._open.connection = None


def _bring_up_to_date(connection: Connection) -> None:
    known = connection.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL")).scalar_one()
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
    connection.rollback()
    if revision == HEAD:
        return
    if revision is not None and revision not in revisions():
        raise UnsupportedError(
            "This store was made by a newer DReflowPro.",
            hint="Update DReflowPro, or use another store.",
            data={"revision": str(revision), "newest_known": HEAD},
        )
    upgrade(connection)
