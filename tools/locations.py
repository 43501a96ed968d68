"""What ``--data`` names: a file, a folder, a database file, a database URL or a saved connection."""

from __future__ import annotations

import re
from dataclasses import field, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from spec.errors import UsageError, nearest
from spec.records import record

_NAMED = r"(?s)([A-Za-z_]\w*)=(.+)"
SCHEMES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}
DATABASE_ENDINGS = {
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
}


@record(frozen=True)
class Location:
    """One ``--data`` item, understood. ``url`` may hold a password, so it stays out of ``repr``."""

    connector: str
    name: str | None = None
    """The name that was put before it, as in ``NAME=X``."""
    location: str | None = None
    connection: str | None = None
    url: str | None = field(default=None, repr=False)


def parse(item: str, *, base: Path, connections: tuple[str, ...] = ()) -> Location:
    """Understand one item; paths start at ``base``. Raises UsageError, which repeats no password."""
    named = re.fullmatch(_NAMED, item)
    if named and not (base / item).exists():
        return replace(_parse(named[2], base, connections), name=named[1])
    return _parse(item, base, connections)


def without_password(url: str) -> tuple[str, str | None]:
    """A database URL without its password, and the password as it stands in the URL (percent-encoded)."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    if not colon:
        return url, None
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}")), password


def with_password(url: str, password: str) -> str:
    """The URL again with its password."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}:{password}@{host}"))


def database_kind(path: Path) -> str | None:
    """``sqlite`` or ``duckdb`` when the file is one: told by its ending, decided by its first bytes; else None."""
    kind = DATABASE_ENDINGS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    return "duckdb" if start[8:12] == b"DUCK" else kind


def _parse(text: str, base: Path, connections: tuple[str, ...]) -> Location:
    scheme, divided, rest = text.partition("://")
    if divided:
        kind = SCHEMES.get(scheme.lower())
        if kind is None:
            known = "postgresql, mysql, mariadb, sqlite, duckdb"
            raise UsageError(f"Data cannot be read from {scheme}:// addresses.", hint=f"Known are {known}.")
        if kind in {"sqlite", "duckdb"}:
            # As elsewhere: three slashes start a relative path, four an absolute one.
            return Location(kind, location=_there(rest.removeprefix("/"), base))
        return Location(kind, url=text)
    if text in connections and not (base / text).exists():
        return Location("", connection=text)
    path = (base / Path(text).expanduser()).resolve()
    if not path.exists() and not any(mark in text for mark in "*?["):
        near = nearest(Path(text).name, [*connections, *_neighbours(path)])
        hint = f"Did you mean {near!r}?" if near else "Name a file, a folder, a database URL or a saved connection."
        raise UsageError(f"There is no data at {text!r}.", hint=hint, where={"file": str(path)})
    kind = database_kind(path)
    return Location(kind or "files", location=_there(text, base))


def _there(text: str, base: Path) -> str:
    return str(base / Path(text).expanduser())


def _neighbours(path: Path) -> list[str]:
    try:
        return [entry.name for entry in path.parent.iterdir()][:1000]
    except OSError:
        return []
