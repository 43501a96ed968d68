"""What a connector is: the protocol each ``connectors/<name>/connector.py`` module fulfils, and what it returns.

Data never passes through Python rows: a connector writes a table into the DuckDB connection it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

from connectors.own import Systems
from spec.base import JsonValue
from spec.catalog import Table
from spec.errors import unknown_name
from spec.pipeline import Source
from spec.records import record
from spec.registry import Shelf

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from connectors.http.signing import Credentials

Capability = Literal["discover", "read", "incremental", "write"]
CONNECTORS = Shelf("connectors", "connector", module="connector")
"""Connectors that are code: files and databases."""
DECLARED = Systems(Shelf("connectors", "connector", data="connector.yaml"))
"""Connectors that are data, for systems with an HTTP API; those of a workspace's own among them."""


@record(frozen=True)
class Place:
    """Where a source or destination is, resolved. ``url`` may hold a password, so it stays out of ``repr``."""

    connector: str
    base: Path
    """Folder from which a relative ``location`` starts."""
    location: str | None = None
    connection: str | None = None
    url: str | None = field(default=None, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    """What a system with an HTTP API needs to know that is no secret: a shop's name, a tenant."""
    credentials: Credentials | None = field(default=None, repr=False)
    """The secrets of such a system's connection."""
    pages: Path | None = None
    """Folder in which pages are kept as they came; without one they are kept for as long as the read takes."""

    @property
    def path(self) -> Path:
        """``location`` as an absolute path."""
        return (self.base / (self.location or "")).resolve()


@record(frozen=True)
class Discovered:
    """One table a place offers: how a spec would read it, and what it looks like."""

    name: str
    """Table name for people and SQL, made of the file, sheet or table name."""
    source: Source
    table: Table
    warnings: Sequence[str] = ()
    """What a person should know: how an unclear value was read, what was left out."""
    choices: Sequence[Choice] = ()
    """What the data alone cannot decide; ``source`` holds the first value until somebody answers."""


@record(frozen=True)
class Choice:
    """A read option that the data leaves open, as a question with the values to choose from."""

    option: str
    column: str
    question: str
    values: Sequence[tuple[str, str]]
    """(value for the option, how it reads to a person)."""


@record(frozen=True)
class Preview:
    """The first rows of a source as it will be read; ``rows`` are Python values in the order of ``columns``."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[object, ...]]
    truncated: bool
    quarantined: Sequence[tuple[str, int | None, str, str]] = ()
    """(file, line, reason, record) of rows that could not be read."""


@record(frozen=True)
class QuarantinedRows:
    """Rows set aside during a read, kept in the staging database as ``table``.

    The table's columns are ``file VARCHAR, line BIGINT, reason VARCHAR, record VARCHAR``; ``line`` counts from 1 (a row
    number in a worksheet), ``record`` is the row as it stood there.
    """

    table: str
    rows: int
    reason: str


@record(frozen=True)
class OwnTotal:
    """What a source's own total row says of a column, and what the column's values add up to, as decimal text."""

    column: str
    row: int
    said: str
    summed: str
    sheet: str = ""


@record(frozen=True)
class Reading:
    """What one read brought. ``expected_rows`` and ``sums`` were taken at the source independently of the load."""

    rows: int
    expected_rows: int | None = None
    sums: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Column to (sum at the source, sum as loaded), as decimal text."""
    totals: Sequence[OwnTotal] = ()
    """The source's own totals, to be proven; values of rows that are set aside are among what they add up."""
    quarantined: Sequence[QuarantinedRows] = ()
    nulled: Mapping[str, int] = field(default_factory=dict)
    """Column to how many unreadable values became null (policy ``null``)."""
    cursor: JsonValue = None
    """Highest cursor value read, as text; None when nothing was read or there is no cursor."""
    set_aside_from: str | None = None
    """Lowest cursor, as text, of the rows set aside; empty where one of them does not say, None without any."""
    fingerprint: str = ""
    """Identity of what was read: for files, size and content hash."""
    as_of: datetime | None = None
    """UTC instant the data is from: a file's modification time, a database's snapshot time."""
    warnings: Sequence[str] = ()
    owners: bool = False
    """Whether a table named like the rows' with ``__owners`` behind it has all whose rows were read, by the columns of
    ``source.gone.within``, also those who have none."""


class Connector(Protocol):
    """A module ``connectors/<name>/connector.py``. What it can do is declared; undeclared raises UnsupportedError."""

    can: frozenset[Capability]

    def check(self, place: Place) -> None:
        """Reach the place and prove the credentials; raises AccessError, DataError or TransientError."""

    def discover(self, place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
        """All tables of the place with declared types, keys and counts; things it ignores are told in ``warnings``."""

    def read(
        self,
        source: Source,
        place: Place,
        into: DuckDBPyConnection,
        table: exp.Table,
        *,
        since: str | None = None,
    ) -> Reading:
        """Create ``table`` in ``into`` with exactly ``source.columns`` and fill it; call it outside a transaction.

        Rows that cannot be read go to a table named like ``table`` with ``__quarantine`` behind it.
        ``since`` is the cursor to start from, inclusive, the lookback already subtracted by the caller. Raises
        DriftError when the source no longer has the declared columns, DataError with file, line and column otherwise.
        """

    def preview(self, source: Source, place: Place, *, limit: int = 20) -> Preview:
        """The first rows as ``read`` gives them, at most ``limit``."""


class Together(Connector, Protocol):
    """A connector that makes several tables of one reading: a stream's own rows and those of lists inside them."""

    def read_together(
        self,
        wanted: Sequence[tuple[Source, exp.Table]],
        place: Place,
        into: DuckDBPyConnection,
        *,
        since: str | None = None,
    ) -> list[Reading]:
        """As ``read`` for sources of the same stream, in their order."""


def names() -> tuple[str, ...]:
    """All connectors, sorted; imports and reads none of them."""
    return tuple(sorted({*CONNECTORS.names(), *DECLARED.names()}))


def has(name: str) -> bool:
    """Whether there is a connector of that name; ours are found without reading every distribution's notes."""
    return DECLARED.has(name) or CONNECTORS.has(name)


def connector(name: str) -> Connector:
    """The connector of that name; SpecError with the nearest name when there is none."""
    if not CONNECTORS.has(name):
        if not DECLARED.has(name):
            raise unknown_name(CONNECTORS.noun, name, names())
        from connectors.http.engine import Declared

        return Declared.of(DECLARED.path(name))
    return cast("Connector", CONNECTORS.load(name))
