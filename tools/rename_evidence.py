"""What speaks for a new header being a missing column: its values read as the column's, beside those of before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import duckdb

from connectors.contract import Place, connector
from connectors.looking import first_rows
from connectors.renames import Evidence, assigned, weighed
from pipelines import staging
from pipelines.engines.duckdb import Limits, open_engine
from pipelines.run_notes import run_folder
from pipelines.staging import Places
from spec.base import JsonValue
from spec.errors import DataError, DreflowError
from spec.pipeline import Pipeline, Source
from tools.context import Context

if TYPE_CHECKING:
    from tools.changed_columns import Removed, Retyped

LOOKED_AT = 5_000
"""Rows of a column that evidence is made of."""
MOST_PAIRS = 24
_RUNS_LOOKED_AT = 200
Values = Mapping[tuple[object, ...], object] | Sequence[object]


@dataclass(frozen=True)
class Stream:
    """One source whose columns differ: what may be what, the weightiest first."""

    name: str
    source: Source
    missing: tuple[str, ...]
    added: tuple[str, ...]
    found: tuple[Evidence, ...]
    values: Mapping[tuple[str, str], tuple[Values, int, Values]]
    removed: tuple[Removed, ...] = ()
    retyped: tuple[Retyped, ...] = ()

    @property
    def chosen(self) -> list[Evidence]:
        """The best reading: each missing column with the header that it most likely comes under."""
        return assigned(self.found)

    @property
    def back(self) -> tuple[str, ...]:
        """Columns that the plan keeps empty, and that are there again."""
        there = {name.casefold() for name in self.added}
        return tuple(name for name in self.source.empty if name.casefold() in there)

    def left_out(self, renamed: Mapping[str, str]) -> tuple[str, ...]:
        """New headers that the policy does not let pass by itself."""
        known = {*renamed.values(), *(name.casefold() for name in self.back)}
        rest = tuple(name for name in self.added if name not in known and name.casefold() not in known)
        return rest if self.source.drift == "ask" else ()


def stream_of(
    context: Context, spec: Pipeline, name: str, source: Source, places: Places, change: Mapping[str, JsonValue]
) -> Stream:
    """Try every missing column under every new header; the values of before are those of the last good run."""
    missing, added, declared, present = (
        tuple(cast("list[str]", change.get(part) or [])) for part in ("missing", "added", "declared", "present")
    )
    order = (declared, present)
    found: list[Evidence] = []
    values: dict[tuple[str, str], tuple[Values, int, Values]] = {}
    pairs = ((column, header) for column in missing for header in added)
    for column, header in islice(pairs, MOST_PAIRS):
        try:
            now, unreadable = _read_as(source, place_of(places(source), change), column, header, missing)
        except DreflowError:
            # Under this name it cannot be read at all, which is an answer, too.
            continue
        then = before(context, spec, name, source, places, column, missing)
        values[column, header] = now, unreadable, then
        found.append(_weighed(source, column, header, values[column, header], order))
    found.sort(key=lambda one: -one.weight)
    return Stream(name, source, missing, added, tuple(found), values)


def _weighed(
    source: Source,
    column: str,
    header: str,
    values: tuple[Values, int, Values],
    order: tuple[Sequence[str], Sequence[str]],
) -> Evidence:
    now, unreadable, then = values
    made = weighed(column, header, source.columns[column], order=order, now=now, unreadable=unreadable, then=then)
    hidden = source.sensitive.get(column, "public") != "public"
    return replace(made, low="", high="", before=None) if hidden else made


def _read_as(source: Source, place: Place, column: str, header: str, missing: Sequence[str]) -> tuple[Values, int]:
    """The column's values as they are under the new header, and how many of them do not fit its type."""
    narrow = narrowed(source, column, missing).model_copy(
        update={"known_as": {**source.known_as, column: (header,)}, "on_error": "quarantine", "drift": "quarantine"}
    )
    shown = connector(source.connector).preview(narrow, place, limit=LOOKED_AT)
    return _keyed(narrow, column, shown.rows), len(shown.quarantined)


def place_of(place: Place, change: Mapping[str, JsonValue]) -> Place:
    """Where the other columns were met: of several files that one, whose others may have the column as it was."""
    path, file = place.path, change.get("file")
    if place.connector != "files" or path.is_file() or not isinstance(file, str):
        return place
    there = (path if path.is_dir() else path.parent) / Path(file).name
    if not there.is_file():
        raise DataError("The file with other columns cannot be told from the others.", where={"file": file})
    return replace(place, location=str(there))


def before(
    context: Context,
    spec: Pipeline,
    name: str,
    source: Source,
    places: Places,
    column: str,
    missing: Sequence[str],
) -> Values:
    """The column's values of the last run that succeeded, else of the place that the spec itself names."""
    narrow = narrowed(source, column, missing)
    for folder in _staged(context, spec.name):
        try:
            with _opened(folder) as rows:
                return _keyed(narrow, column, rows(name, narrow))
        except (duckdb.Error, DreflowError):
            # A run of another version of the plan may not have the column; an earlier one is as good.
            continue
    own = spec.sources[name]
    if (own.location, own.connection) == (source.location, source.connection):
        return []
    try:
        narrow = narrowed(own, column, missing)
        shown = connector(own.connector).preview(narrow, places(own), limit=LOOKED_AT)
        return _keyed(narrow, column, shown.rows)
    except DreflowError:
        return []


def narrowed(source: Source, column: str, missing: Sequence[str]) -> Source:
    """The source with that column and the key alone; the key only where it is still there."""
    key = source.primary_key if not set(source.primary_key) & set(missing) else ()
    columns = {name: source.columns[name] for name in dict.fromkeys((*key, column))}
    changes = {"columns": columns, "primary_key": key, "foreign_keys": (), "read": "full_refresh", "cursor": None}
    return source.model_copy(update={**changes, "drift": "quarantine"})


def _keyed(source: Source, column: str, rows: Sequence[Sequence[object]]) -> Values:
    names = list(source.columns)
    at = names.index(column)
    if not source.primary_key:
        return [row[at] for row in rows]
    keys = [names.index(name) for name in source.primary_key]
    return {tuple(row[key] for key in keys): row[at] for row in rows}


def _staged(context: Context, pipeline: str) -> Iterator[Path]:
    """Folders of runs of the pipeline that succeeded and kept their rows, the newest first."""
    for run in context.workspace.store.recent(_RUNS_LOOKED_AT):
        folder = run_folder(context.workspace.folder, run.run_id)
        if run.pipeline == pipeline and run.status == "succeeded" and (folder / staging.FILE).exists():
            yield folder


@contextmanager
def _opened(folder: Path) -> Iterator[Callable[[str, Source], Sequence[Sequence[object]]]]:
    """The staged rows of a run, read-only: a function of source name and columns."""
    connection = open_engine(Limits(memory="512MB"), None)
    try:
        staging.attach(connection, folder, read_only=True)
        yield lambda name, source: first_rows(connection, staging.staged_table(name), source, LOOKED_AT)
    finally:
        connection.close()


def pooled(told: Sequence[Stream], column: str, header: str) -> Evidence:
    """The evidence of all sources together."""
    own = [next(e for e in one.found if (e.column, e.header) == (column, header)) for one in told]
    if len(told) == 1 or not own[0].low:
        spans = own[0]
    else:
        now = [value for one in told for value in plain(one.values[column, header][0])]
        then = [value for one in told for value in plain(one.values[column, header][2])]
        spans = weighed(column, header, own[0].type, order=((), ()), now=now, unreadable=0, then=then)
    return replace(
        own[0],
        same_place=all(one.same_place for one in own),
        values=sum(one.values for one in own),
        readable=sum(one.readable for one in own),
        low=spans.low,
        high=spans.high,
        before=spans.before,
        shared=sum(one.shared for one in own),
        distinct=sum(one.distinct for one in own),
        paired=sum(one.paired for one in own),
        same=sum(one.same for one in own),
    )


def plain(values: Values) -> list[object]:
    """The values alone."""
    return list(values.values()) if isinstance(values, Mapping) else list(values)
