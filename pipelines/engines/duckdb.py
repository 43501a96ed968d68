"""The engine that runs here: a DuckDB connection with bounds, locked before anything a spec says is run in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from connectors import sql
from connectors.trees import exp, fact
from spec.base import JsonValue
from spec.errors import CancelledError, DataError, DreflowError, LimitError
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")
POLL_SECONDS = 0.2


@record(frozen=True)
class Limits:
    """Bounds of one run. ``memory`` in DuckDB's spelling; beyond it work spills into the run's folder. ``seconds`` of
    wall time.
    """

    memory: str = "2GB"
    threads: int | None = None
    seconds: float = 3600.0
    spill: str = "100GB"


def open_engine(limits: Limits, scratch: Path | None) -> DuckDBPyConnection:
    """A fresh in-memory DuckDB in UTC. ``scratch`` is where it may spill; None keeps it from spilling at all."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits.memory,
        # Nothing is ever fetched: extensions come from wheels and are loaded by path.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(scratch) if scratch else "",
        "max_temp_directory_size": limits.spill if scratch else "0GB",
    }
    if limits.threads is not None:
        settings["threads"] = limits.threads
    connection = duckdb.connect(":memory:", config=settings)
    # Text and day boundaries of instants must not depend on the machine's zone.
    connection.execute("SET TimeZone = 'UTC'")
    # A cursor of this connection begins with what is set for all of them, which is the machine's zone otherwise.
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    # What is committed is in the log; rewriting the run's own files at the end would cost as much again.
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    return connection


def lock(connection: DuckDBPyConnection, folders: Iterable[Path] = ()) -> None:
    """From here on the connection reaches only ``folders`` and what is attached, and its settings cannot change."""
    allowed = ", ".join(quoted(str(folder)) for folder in folders)
    if allowed:
        connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def quoted(text: str) -> str:
    """A path or name as an SQL string, for the statements (SET, ATTACH, COPY) that take no parameters."""
    return sql.quoted(text)


def name(*parts: str) -> str:
    """A quoted identifier, e.g. ``name("staging", "main", "orders")``."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def bound(query: exp.Expr, parameters: Mapping[str, JsonValue]) -> tuple[str, dict[str, JsonValue]]:
    """The query's text and the values of exactly the ``$names`` it uses (DuckDB refuses any it does not)."""
    used = fact(query, "placeholders", _placeholders)
    return query.sql(dialect="duckdb"), {key: parameters[key] for key in used}


def _placeholders(query: exp.Expr) -> list[str]:
    return sorted({node.name for node in query.find_all(exp.Placeholder, exp.Parameter)})


class Interruptible(Protocol):
    """A connection whose running statement can be stopped from another thread."""

    def interrupt(self) -> None:
        """Stop it."""


class Guard:
    """Runs work on a connection so that a cancel, or the end of its time, interrupts it.

    The work runs in a thread of its own while the caller's thread watches, so that ``cancelled`` and ``beat`` (called
    about every 0.2 s, for renewing a lease) are only ever called from the thread that made the guard.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        seconds: float,
        cancelled: Callable[[], bool] = lambda: False,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._monotonic = monotonic
        self._deadline = monotonic() + seconds
        self._seconds = seconds
        self._cancelled = cancelled
        self._beat = beat

    def check(self) -> None:
        """Raise CancelledError or LimitError when the run must not go on."""
        if self._cancelled():
            raise CancelledError(
                "The run was cancelled; nothing was published.", hint="Start it again when you want it."
            )
        if self._monotonic() > self._deadline:
            raise LimitError(
                f"The run took longer than its {self._seconds:.0f} s and was stopped; nothing was published.",
                hint="Raise the time limit, or ask for less.",
                data={"seconds": self._seconds},
            )

    def beat(self) -> None:
        """Renew the lease, for work that is none of a connection's."""
        self._beat()

    def call(self, connection: Interruptible, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises; DuckDB's own errors come back as ours."""
        outcome: list[T] = []
        failure: list[BaseException] = []

        def perform() -> None:
            try:
                outcome.append(work())
            except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, nothing is swallowed
                failure.append(error)

        thread = threading.Thread(target=perform, daemon=True)
        thread.start()
        stop: BaseException | None = None
        while True:
            try:
                thread.join(POLL_SECONDS)
                if not thread.is_alive():
                    break
                if stop is None:
                    self._beat()
                    self.check()
            except BaseException as error:  # noqa: BLE001 - kept and raised once the thread has stopped
                stop = error
            if stop is not None:
                # Again and again: an interrupt that arrives between two statements is lost.
                connection.interrupt()
        if stop is not None:
            raise stop
        if failure:
            raise explained(failure[0])
        return outcome[0]


def explained(error: BaseException) -> BaseException:
    """DuckDB's error as one of ours where a person can act on it; any other error as it is."""
    import duckdb

    if isinstance(error, DreflowError) or not isinstance(error, duckdb.Error | OSError | MemoryError):
        return error
    text = str(error).split("\n")[0]
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        full = "max_temp_directory_size" in str(error) or "temporary" in text.casefold()
        return LimitError(
            "The work needs more disk space than it may use."
            if full
            else "The work needs more memory than it may use.",
            hint="Free or allow more space, or ask for less." if full else "Allow more memory, or ask for less.",
            data={"engine": text},
        )
    if is_disk_full(error):
        return LimitError(
            "The disk is full; nothing was published.",
            hint="Free some space and run it again.",
            data={"engine": text},
        )
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException | duckdb.InvalidInputException):
        return DataError(
            f"A value does not fit: {text}", hint="Look at the column, or change how it is read.", data={"engine": text}
        )
    return error


def is_disk_full(error: BaseException) -> bool:
    """True when the system refused to store more: no space, a quota, or a file-size limit."""
    import errno

    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return True
    text = str(error)
    return any(words in text for words in ("No space left on device", "File too large", "Disk quota exceeded"))
