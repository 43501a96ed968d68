"""The data a request may look at: discovered at once, read when a query first needs it, queried in a locked connection.

A table goes from its source into a small DuckDB file of its own in a temporary folder, through a connection that runs
nothing but the connector; queries run in another one, which reaches that folder alone and can change nothing.
"""

from __future__ import annotations

import glob
import itertools
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.contract import Choice, Discovered, Place, Reading, connector
from connectors.names import distinct
from pipelines.engines.duckdb import Limits, explained, lock, name, open_engine, quoted
from pipelines.expressions import to_sql
from spec.catalog import Catalog
from spec.codec import canonical_json
from spec.errors import DataError, LimitError, unknown_name
from spec.pipeline import Definition, Pipeline, Source
from tools.context import Context
from tools.locations import database_kind
from tools.values import Rows, first_row, json_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from spec.base import JsonValue

READING = "read."
"""How keys of questions about reading the data begin."""
QUESTION_LIMITS = Limits(memory="512MB", seconds=60.0, spill="20GB")
ASKER: ContextVar[object] = ContextVar("asker", default=None)
"""For whom queries run here, where several share opened data: what one of them stops, goes on for the others."""
READING_SECONDS = 600.0
"""How long one table may take to arrive; a query over it has the time of its limits."""


@dataclass(frozen=True)
class Warned:
    """What discovery wants a person to know of a table; ``left_out`` is about files beside it."""

    table: str
    text: str
    left_out: bool = False


@dataclass(frozen=True)
class Found:
    """One table of what was named with ``--data``: under which name, how a spec reads it, and where it is."""

    name: str
    offer: Discovered
    place: Place

    @property
    def source(self) -> Source:
        """How a spec reads it."""
        return self.offer.source


class OpenData:
    """As ``agents.contract.DataView``, and what an answer needs beside it. Close it, or leave its ``with`` block.

    Several threads may ask at once: each query has a cursor of its own.
    """

    def __init__(
        self,
        found: Sequence[Found],
        definitions: Mapping[str, Definition] | None = None,
        *,
        warnings: Sequence[Warned] = (),
        answers: Mapping[str, str] | None = None,
        limits: Limits = QUESTION_LIMITS,
    ) -> None:
        self._found = {item.name.casefold(): item for item in found}
        self.found = tuple(found)
        self._own = frozenset(self._found)
        self.limits = limits
        self._lock = threading.RLock()
        self._readings: dict[str, Reading] = {}
        self._engine: DuckDBPyConnection | None = None
        self._running: list[tuple[object, DuckDBPyConnection]] = []
        self._saved = itertools.count()
        self.folder = Path(tempfile.mkdtemp(prefix="dreflow-"))
        self._cleaned = weakref.finalize(self, _remove, self.folder)
        self.catalog = Catalog(tables=tuple(item.offer.table.model_copy(update={"name": item.name}) for item in found))
        self.sources: Mapping[str, Source] = {item.name: item.source for item in found}
        self.places: Mapping[str, Place] = {item.name: item.place for item in found}
        self.definitions: Mapping[str, Definition] = dict(definitions or {})
        self.warnings = tuple(dict.fromkeys(warnings))
        self._answers = dict(answers or {})

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
        with self._asking(query) as engine:
            return first_row(engine, query)

    def tuples(self, query: exp.Query) -> list[tuple[object, ...]]:
        """All rows of a query whose result is small, as Python values; instants are to be cast to text in it."""
        with self._asking(query) as engine:
            return engine.execute(to_sql(query)).fetchall()

    def answer(self, query: exp.Query, *, limit: int) -> Rows:
        """At most ``limit`` rows with names and types."""
        with self._asking(query) as engine:
            return json_rows(engine, query, limit=limit)

    def save(self, query: exp.Query, names: Sequence[str], file: Path) -> int:
        """Write all rows of a query to a new DuckDB file as its table ``rows``, in the query's order; how many."""
        from sqlglot import exp

        inside = f"saved{next(self._saved)}"
        # The locked connection reaches the folder of this data alone; the whole file is moved when it is complete.
        beside = self.folder / f"{inside}.duckdb"
        columns = [exp.to_identifier(name, quoted=True) for name in names]
        made = exp.Create(
            this=exp.table_("rows", db="main", catalog=inside, quoted=True),
            kind="TABLE",
            expression=exp.select("*").from_(
                query.subquery(exp.TableAlias(this=exp.to_identifier("q"), columns=columns))
            ),
        )
        with self._asking(query) as engine:
            engine.execute(f"ATTACH {quoted(str(beside))} AS {name(inside)}")
            try:
                counted = engine.execute(made.sql(dialect="duckdb")).fetchone()
                # What still stood in the log would stay behind when the file moves.
                engine.execute(f"CHECKPOINT {name(inside)}")
            finally:
                engine.execute(f"DETACH {name(inside)}")
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(beside, file)
        return int(counted[0]) if counted else 0

    def stop(self, asker: object = None) -> None:
        """Interrupt what runs now for ``asker`` (see ``ASKER``), or for everybody; a further query may follow."""
        for who, engine in tuple(self._running):
            if asker is None or who is asker:
                engine.interrupt()

    @contextmanager
    def _asking(self, query: exp.Query) -> Iterator[DuckDBPyConnection]:
        """A cursor on which the query can run: everything that it names is there, and its time is bounded."""
        entry = ASKER.get(), self._ready(query)
        self._running.append(entry)
        try:
            with _Bound(entry[1], self.limits.seconds):
                yield entry[1]
        finally:
            self._running.remove(entry)
            entry[1].close()

    def named_as(self, sources: Mapping[str, Source]) -> tuple[str, ...]:
        """Let the names that a spec gives its sources stand for the tables; the tables' own names, in that order."""
        own: list[str] = []
        for wanted, source in sources.items():
            item = self._found.get(wanted.casefold()) or self._same(source)
            alias = item is not None and item.name.casefold() not in self._own
            if item is None or (alias and _identity(item.source) != _identity(source)):
                raise unknown_name("table", wanted, tuple(self.sources), where={"source": wanted})
            self._found.setdefault(wanted.casefold(), replace(item, name=wanted))
            own.append(item.name)
        return tuple(own)

    def _same(self, source: Source) -> Found | None:
        return next((item for item in self._found.values() if _identity(item.source) == _identity(source)), None)

    def unclear(self, spec: Pipeline) -> dict[str, JsonValue] | None:
        """The first thing the spec relies on that discovery could not decide and nobody has: as a question's fields."""
        # The sources list every column; what counts is what the rest of the spec names.
        bare = spec.model_copy(update={"sources": {}, "request": "", "reading": ""})
        text = canonical_json(bare).decode().casefold()
        for table in spec.sources:
            item = self._found.get(table.casefold())
            for choice in item.offer.choices if item is not None else ():
                key = choice_key(table, choice)
                if _answer(table, choice, self._answers) is None and choice.column.casefold() in text:
                    options: list[JsonValue] = [{"label": label, "value": value} for value, label in choice.values]
                    return {"key": key, "text": choice.question, "options": options}
        return None

    def remarks(self, table: str) -> tuple[str, ...]:
        """What reading the table set aside or emptied, in words; reads it if that was not done yet."""
        reading = self.reading(table)
        said = []
        for aside in reading.quarantined:
            rows, be = _counted(aside.rows, "row"), "is" if aside.rows == 1 else "are"
            said.append(f"{rows} of {table} could not be read and {be} left out: {aside.reason}")
        for column, count in reading.nulled.items():
            values, as_empty = _counted(count, "value"), "counts" if count == 1 else "count"
            said += [f"{values} of {table}.{column} could not be read and {as_empty} as empty"] if count else []
        return tuple(said)

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
            return self._locked().cursor()

    def _locked(self) -> DuckDBPyConnection:
        if self._engine is None:
            self._engine = open_engine(self.limits, self.folder)
            lock(self._engine, [self.folder])
        return self._engine

    def _load(self, item: Found) -> None:
        from sqlglot import exp

        key = item.name.casefold()
        if key in self._readings:
            return
        number = len(self._readings)
        file, inside = self.folder / f"{number}.duckdb", f"d{number}"
        loader = open_engine(self.limits, self.folder)
        try:
            loader.execute(f"ATTACH {quoted(str(file))} AS {name(inside)}")
            target = exp.table_(item.name, db="main", catalog=inside, quoted=True)
            with _Bound(loader, READING_SECONDS):
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


def _identity(one: Source) -> tuple[object, ...]:
    return one.connector, one.connection, one.location, one.stream, one.options


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


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def open_data(items: Sequence[str], context: Context, *, answers: Mapping[str, str] | None = None) -> OpenData:
    """Discover everything that the items name; nothing is read yet.

    ``answers`` settle what discovery left open, by the keys that ``OpenData.unclear`` gave. Raises UsageError where an
    item names nothing, DataError where nothing in it can be read.
    """
    from tools import connections

    context.need("ask")
    base = Path.cwd()
    found: list[Found] = []
    warnings: list[Warned] = []
    for item in items:
        location = connections.located(context, item, base=base)
        at = connections.place(context, location, base=base)
        tables = offered(at)
        for one, own in tables:
            wanted = location.name if location.name and len(tables) == 1 else one.name
            wanted = f"{location.name}_{one.name}" if location.name and len(tables) > 1 else wanted
            name = distinct(wanted, [f.name for f in found])
            found.append(_settled(Found(name, one, own), answers or {}))
            warnings += [Warned(name, text, left_out=text.startswith("Left out,")) for text in one.warnings]
    if not found:
        raise nothing_found(items)
    return OpenData(found, context.workspace.store.definitions(), warnings=warnings, answers=answers)


def fingerprint(items: Sequence[str], context: Context) -> tuple[object, ...] | None:
    """What tells whether files that the items name are still as they were; None where that cannot be told.

    A database server says nothing of the kind, so what was read of one is not given to somebody who comes later.
    """
    from tools import connections

    base, found = Path.cwd(), []
    for item in items:
        at = connections.place(context, connections.located(context, item, base=base), base=base)
        if at.location is None or at.url is not None or at.connection is not None or not at.path.exists():
            return None
        # Databases keep what was written last in a file beside theirs.
        beside = at.path.parent.glob(f"{glob.escape(at.path.name)}*")
        for path in sorted(at.path.iterdir() if at.path.is_dir() else beside):
            told = path.stat()
            found.append((str(path), told.st_mtime_ns, told.st_size, told.st_ino))
    return tuple(found)


def offered(at: Place) -> Sequence[tuple[Discovered, Place]]:
    """All tables of a place, each with the place it is read from; in a folder, those of database files too."""
    if at.connector != "files" or not at.path.is_dir():
        return [(one, _own(at, one)) for one in connector(at.connector).discover(at)]
    databases = [(path, kind) for path in sorted(at.path.iterdir()) if (kind := database_kind(path)) is not None]
    found: list[tuple[Discovered, Place]] = []
    try:
        found += [(one, _own(at, one)) for one in connector(at.connector).discover(at)]
    except DataError:
        # A folder of databases alone holds no data file, which is no error.
        if not databases:
            raise
    for path, kind in databases:
        inside = Place(kind, at.base, location=str(path))
        found += [(one, inside) for one in connector(kind).discover(inside)]
    return found


def _own(at: Place, one: Discovered) -> Place:
    """Where this one table is: in a folder its own file."""
    return at if one.source.location is None else replace(at, location=one.source.location)


def _settled(found: Found, answers: Mapping[str, str]) -> Found:
    """With the read options that a person chose."""
    options = dict(found.offer.source.options)
    for choice in found.offer.choices:
        said = _answer(found.name, choice, answers)
        if said is None:
            continue
        before = options.get(choice.option)
        options[choice.option] = {**before, choice.column: said} if isinstance(before, dict) else said
    if options == found.offer.source.options:
        return found
    source = found.offer.source.model_copy(update={"options": options})
    return replace(found, offer=replace(found.offer, source=source))


def _answer(table: str, choice: Choice, answers: Mapping[str, str]) -> str | None:
    """What was chosen; None where nothing was, or where the words are none of the choices and would be read as one."""
    said = answers.get(choice_key(table, choice))
    return said if said in {value for value, _ in choice.values} else None


def choice_key(table: str, choice: Choice) -> str:
    """The key of the question that a choice becomes."""
    return f"{READING}{table}.{choice.column}.{choice.option}"


def nothing_found(items: Sequence[str]) -> DataError:
    """What was named holds no table."""
    return DataError(
        "No table was found in what was named with --data.",
        hint="Name a file (CSV, TSV, JSON, Excel, Parquet), a folder of them, a database or a saved connection.",
        data={"data": list(items)},
    )


@dataclass(frozen=True)
class Shown:
    """The first rows of a table, and what reading it set aside."""

    name: str
    rows: Rows
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """As plain data."""
        columns: list[JsonValue] = [
            {"name": name, "type": kind} for name, kind in zip(self.rows.names, self.rows.types, strict=True)
        ]
        rows: list[JsonValue] = [list(row) for row in self.rows.rows]
        remarks: list[JsonValue] = list(self.remarks)
        return {
            "name": self.name,
            "columns": columns,
            "rows": rows,
            "truncated": self.rows.truncated,
            "remarks": remarks,
        }


def preview(context: Context, item: str, *, table: str | None = None, limit: int = 20) -> Sequence[Shown]:
    """The first rows of each table of what ``item`` names, or of one of them."""
    from sqlglot import exp

    with open_data([item], context) as data:
        if table is not None and table.casefold() not in {name.casefold() for name in data.sources}:
            raise unknown_name("table", table, tuple(data.sources))
        names = [name for name in data.sources if table is None or name.casefold() == table.casefold()]
        return [
            Shown(
                one,
                data.answer(exp.select("*").from_(exp.table_(one, quoted=True)), limit=limit),
                data.remarks(one),
            )
            for one in names
        ]
