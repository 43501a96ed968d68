"""Database servers: where one listens, how it lets DuckDB in, and what it says when it does not."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors import sql
from connectors.contract import Place
from spec.errors import AccessError, DreflowError, SpecError, TransientError
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONNECT_TIMEOUT_S = 10


@record(frozen=True)
class Address:
    """A database server's address; the password stays out of ``repr``."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> dict[str, str | int]:
        """As an error names it."""
        return {"host": f"{self.host}:{self.port}", "database": self.database, "user": self.user}


def address_of(place: Place, port: int) -> Address:
    """Take a URL apart; its parts are percent-decoded."""
    if not place.url:
        raise SpecError("The source names no database.", hint="Name a saved connection, or give a database URL.")
    parts = urlsplit(place.url)
    try:
        stated = parts.port
    except ValueError:
        raise SpecError(
            "The database URL's port is not a number.", hint="It looks like scheme://user@host:5432/name."
        ) from None
    return Address(
        host=parts.hostname or "127.0.0.1",
        port=stated or port,
        user=unquote(parts.username or ""),
        database=unquote(parts.path.lstrip("/")),
        password=unquote(parts.password or ""),
        query=dict(parse_qsl(parts.query)),
    )


def reach(address: Address) -> None:
    """See that something listens; TransientError when nothing does within ten seconds."""
    try:
        socket.create_connection((address.host, address.port), timeout=CONNECT_TIMEOUT_S).close()
    except socket.gaierror:
        raise AccessError("There is no such host.", hint="Check the address.", where=address.where) from None
    except OSError:
        raise TransientError(
            "No database answers there.", hint="Is the server running, and its port open?", where=address.where
        ) from None


def log_in(connection: DuckDBPyConnection, alias: str, address: Address, *, kind: str, name: str, options: str) -> None:
    """Attach read-only through a secret, so that no statement, setting or error holds the password.

    ``kind`` is what DuckDB calls the system and ``name`` what people do; ``options`` are of its client. Raises
    AccessError or TransientError.
    """
    import duckdb

    stated = {
        "HOST": address.host,
        "PORT": str(address.port),
        "USER": address.user,
        "PASSWORD": address.password,
        "DATABASE": address.database,
    }
    parts = ", ".join(f"{key} {sql.text(sql.value(part))}" for key, part in stated.items() if part)
    try:
        connection.execute(f"CREATE OR REPLACE TEMPORARY SECRET {alias} (TYPE {kind}, {parts})")
        connection.execute(f"ATTACH '{options}' AS {alias} (TYPE {kind}, READ_ONLY, SECRET {alias})")
    except duckdb.Error as error:
        message = str(error)
        forget_login(connection, alias)
        raise _refused(message.rpartition('": ')[2], address, name) from None


def forget_login(connection: DuckDBPyConnection, alias: str) -> None:
    """Drop the secret that ``log_in`` made."""
    connection.execute(f"DROP SECRET IF EXISTS {alias}")


def _refused(message: str, address: Address, name: str) -> DreflowError:
    """What a database says when it lets nobody in, sorted by who can mend it; the password is taken out of it."""
    said = message.replace(address.password, "***") if address.password else message
    said = said.strip().splitlines()[0].split("failed: FATAL:  ")[-1] if said.strip() else "no reason given"
    folded = said.casefold()
    if any(word in folded for word in ("password", "access denied", "authentication", "no pg_hba", "role ")):
        return AccessError(
            f"{name} refuses the login of {address.user!r}.",
            hint="Check the user and the password, then save the connection again.",
            where=address.where,
        )
    if "database" in folded and ("not exist" in folded or "unknown" in folded):
        return AccessError(
            f"{name} has no database {address.database!r}.",
            hint="Check the name at the URL's end.",
            where=address.where,
        )
    return TransientError(f"{name} cannot be reached: {said}.", hint="Try again later.", where=address.where)
