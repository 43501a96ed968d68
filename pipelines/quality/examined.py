"""A table as detectors see it: texts in an order that depends on what the rows hold alone, and DuckDB over them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from connectors.profile.judging import NOTHING_WORDS
from pipelines.engines.duckdb import Limits, lock, open_engine
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from pipelines.quality.dependencies import Dependency

Kind = Literal["number", "date", "text", "empty"]
NUMBER: Final = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?|[+-]?\.\d+")
DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?:,? \d{1,2}:\d{2}.*)?"
)
MARKERS: Final = NOTHING_WORDS | {"?", "??", "missing", "empty", "not available", "not applicable", "n.d.", "#value!"}
_FILLED = re.compile(r"([xX?*#._-])\1{2,}")
MOSTLY = 0.9
"""Share of a column's values that makes their kind the column's."""


def is_marker(text: str) -> bool:
    """Whether a text stands for a missing value: ``N/A``, ``-``, ``xxxx``."""
    bare = text.strip().casefold()
    return bare in MARKERS or _FILLED.fullmatch(bare) is not None


@record(frozen=True)
class Suspect:
    """A cell that one detector holds for wrong. ``proposed`` is None where it has no better value, and empty where the
    cell should be. ``confidence``, from 0 to 1, is that the cell is wrong.
    """

    row: int
    column: int
    reason: str
    confidence: float
    proposed: str | None = None


class Examined:
    """The rows of a table as texts; an empty text is a missing value. Close it, or leave its ``with`` block.

    ``rows`` are sorted by ``key`` (column names), then by all columns, so that detectors find the same for any order
    of the input.
    """

    def __init__(
        self, names: Sequence[str], rows: Sequence[Sequence[str | None]], key: Sequence[str] = (), *, threads: int = 2
    ) -> None:
        self.names = tuple(names)
        self.key = tuple(key)
        places = [self.names.index(name) for name in self.key]
        filled = [tuple((cell or "").strip() and str(cell) for cell in row) for row in rows]
        self.rows = sorted(filled, key=lambda row: (tuple(row[place] for place in places), row))
        self._threads = threads
        self._engine: DuckDBPyConnection | None = None
        self._partners: dict[tuple[int, int], dict[str, Counter[str]]] = {}

    def __enter__(self) -> Examined:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the engine."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def cells(self, column: int) -> list[str]:
        """The texts of a column, row by row."""
        return [row[column] for row in self.rows]

    @cached_property
    def counts(self) -> list[Counter[str]]:
        """Of each column how often each text stands there, the empty one included."""
        return [Counter(self.cells(place)) for place in range(len(self.names))]

    @cached_property
    def kinds(self) -> list[Kind]:
        """What most values of each column are; markers of missing values count for nothing."""
        return [_kind(counted) for counted in self.counts]

    @cached_property
    def dependencies(self) -> list[Dependency]:
        """Which columns tell which."""
        from pipelines.quality.dependencies import find_dependencies

        return find_dependencies(self)

    def partners(self, column: int, other: int) -> dict[str, Counter[str]]:
        """Of each text of a column how often each text of the other stands beside it."""
        if (column, other) not in self._partners:
            found: dict[str, Counter[str]] = {}
            for row in self.rows:
                found.setdefault(row[column], Counter())[row[other]] += 1
            self._partners[column, other] = found
        return self._partners[column, other]

    def filled(self, column: int) -> int:
        """How many values of a column are neither empty nor a marker."""
        return sum(count for text, count in self.counts[column].items() if text and not is_marker(text))

    def ask(self, query: exp.Query) -> list[tuple[object, ...]]:
        """The rows of a query over the table ``t``: ``n`` is the row, ``c0``, ``c1`` and so on its texts."""
        if self._engine is None:
            self._engine = self._opened()
        return self._engine.execute(query.sql(dialect="duckdb")).fetchall()

    def _opened(self) -> DuckDBPyConnection:
        import pyarrow as pa

        engine = open_engine(Limits(memory="1GB", threads=self._threads), None)
        columns = {"n": pa.array(range(self.size), pa.int64())}
        for place in range(len(self.names)):
            columns[f"c{place}"] = pa.array(self.cells(place), pa.string())
        engine.register("given", pa.table(columns))
        engine.execute("CREATE TABLE t AS SELECT * FROM given")
        engine.unregister("given")
        lock(engine)
        return engine


def _kind(counted: Counter[str]) -> Kind:
    real = {text: count for text, count in counted.items() if text and not is_marker(text)}
    total = sum(real.values())
    if not total:
        return "empty"
    for kind, pattern in (("number", NUMBER), ("date", DATE)):
        fitting = sum(count for text, count in real.items() if pattern.fullmatch(text.strip()))
        if fitting >= MOSTLY * total:
            return "number" if kind == "number" else "date"
    return "text"
