"""The data a request may look at: discovered at once, read when a query first needs it, queried in a locked connection.

A table goes from its source into a small DuckDB file of its own in a temporary folder, through a connection that runs
nothing but the connector; queries run in another one, which reaches that folder alone and can change nothing.
"""

from __future__ import annotations

import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.contract import Place, Reading, connector
from pipelines.engines.duckdb import Limits, explained, lock, name, open_engine, quoted
from spec.catalog import Catalog, Table
from spec.errors import DataError, LimitError, unknown_name
from spec.pipeline import Definition, Source
from tools.values import Rows, json_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from spec.base import JsonValue

QUESTION_LIMITS = Limits(memory="1GB", seconds=60.0, spill="20GB")


@dataclass(frozen=True)
class Found:
    """One table of what was named with ``--data``: under which name, how a spec reads it, and where it is."""

    name: str
    source: Source
    table: Table
    place: Place


class OpenData:
    """As ``agents.contract.DataView``, and what an answer needs beside it. Close it, or leave its ``with`` block."""

    def __init__(
        self,
        found: Sequence[Found],
        definitions: Mapping[str, Definition] | None = None,
        *,
        warnings: Sequence[str] = (),
        limits: Limits = QUESTION_LIMITS,
    ) -> None:
        self._found = {item.name.casefold(): item for item in found}
        self._limits = limits
        self._lock = threading.RLock()
        self._readings: dict[str, Reading] = {}
        self._engine: DuckDBPyConnection | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="dreflow-"))
        self._cleaned = weakref.finalize(self, _remove, self._folder)
        self.catalog = Catalog(tables=tuple(item.table.model_copy(update={"name": item.name}) for item in found))
        self.sources: Mapping[str, Source] = {item.name: item.source for item in found}
        self.places: Mapping[str, Place] = {item.name: item.place for item in found}
        self.definitions: Mapping[str, Definition] = dict(definitions or {})
        self.warnings = tuple(warnings)

    def __enter__(self) -> OpenData:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the data and remove the temporary files."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
            self._cleaned()

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]:
        """As ``DataView``."""
        return self.answer(query, limit=limit).rows

    def scalars(self, query: exp.Query) -> Sequence[object]:
        """As ``DataView``."""
        engine = self._ready(query)
        with _Bound(engine, self._limits.seconds):
            row = engine.execute(query.sql(dialect="duckdb")).fetchone()
        return row or ()

    def answer(self, query: exp.Query, *, limit: int) -> Rows:
        """At most ``limit`` rows with names and types."""
        engine = self._ready(query)
        with _Bound(engine, self._limits.seconds):
            return json_rows(engine, query, limit=limit)

    def reading(self, table: str) -> Reading:
        """What reading a table brought: rows, values set aside, and as of when; reads it if that was not done yet."""
        if table.casefold() not in self._found:
            raise unknown_name("table", table, tuple(self.sources))
        with self._lock:
            self._load(self._found[table.casefold()])
            return self._readings[table.casefold()]

    def _ready(self, query: exp.Query) -> DuckDBPyConnection:
        """The locked connection, with every table there that the query names."""
        from sqlglot import exp

        with self._lock:
            for table in query.find_all(exp.Table):
                item = self._found.get(table.name.casefold())
                # A name with a schema, or of a CTE, is not ours.
                if item is not None and not table.db:
                    self._load(item)
            return self._locked()

    def _locked(self) -> DuckDBPyConnection:
        if self._engine is None:
            self._engine = open_engine(self._limits, self._folder)
            lock(self._engine, [self._folder])
        return self._engine

    def _load(self, item: Found) -> None:
        from sqlglot import exp

        key = item.name.casefold()
        if key in self._readings:
            return
        number = len(self._readings)
        file, inside = self._folder / f"{number}.duckdb", f"d{number}"
        loader = open_engine(self._limits, self._folder)
        try:
            loader.execute(f"ATTACH {quoted(str(file))} AS {name(inside)}")
            target = exp.table_(item.name, db="main", catalog=inside, quoted=True)
            with _Bound(loader, self._limits.seconds):
                self._readings[key] = connector(item.source.connector).read(item.source, item.place, loader, target)
            loader.execute(f"DETACH {name(inside)}")
        finally:
            loader.close()
        engine = self._locked()
        engine.execute(f"ATTACH {quoted(str(file))} AS {name(inside)} (READ_ONLY)")
        view = exp.Create(
            this=exp.table_(item.name, quoted=True),
            kind="VIEW",
            expression=exp.select("*").from_(exp.table_(item.name, db="main", catalog=inside, quoted=True)),
        )
        engine.execute(view.sql(dialect="duckdb"))


class _Bound:
    """Interrupts a connection's work when its time is over, and gives DuckDB's errors back as ours."""

    def __init__(self, engine: DuckDBPyConnection, seconds: float) -> None:
        self._seconds = seconds
        self._over = False
        self._engine = engine
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._timer.cancel()
        if error is None:
            return
        if self._over:
            raise LimitError(
                f"This took longer than {self._seconds:.0f} s and was stopped.",
                hint="Ask for less, or name fewer and smaller tables with --data.",
                data={"seconds": self._seconds},
            ) from None
        told = explained(error)
        if told is not error:
            raise told from None

    def _end(self) -> None:
        self._over = True
        # An interrupt that arrives between two statements is lost, so it is repeated until the work has noticed.
        while not self._timer.finished.is_set():
            self._engine.interrupt()
            time.sleep(0.1)


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def nothing_found(items: Sequence[str]) -> DataError:
    """What was named holds no table."""
    return DataError(
        "No table was found in what was named with --data.",
        hint="Name a file (CSV, TSV, JSON, Excel, Parquet), a folder of them, a database or a saved connection.",
        data={"data": list(items)},
    )
