"""Kept pages become typed tables in DuckDB, a file of pages at a time, so that memory does not grow with their number.

A file whose pages are all as expected is one statement. Another one is spelled out record by record and read by the
``files`` connector, which sets aside what cannot be read and says why.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from sqlglot import exp

from connectors import conform, readings, sql
from connectors.contract import Reading
from connectors.drift import drifted
from connectors.files.delimited import CARRIED_ON
from connectors.files.documents.prepared import prepared
from connectors.files.documents.query import raw_query
from connectors.files.documents.reading import read as read_file
from connectors.files.options import ReadOptions
from connectors.files.pointers import ENTRY, Keys, parse, paths_of, spell
from connectors.http import exact
from connectors.http.asking import at
from connectors.http.definition import Stream
from connectors.http.staged import lines
from spec.base import JsonValue
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENOUGH_TO_JUDGE = 20
"""Records from which on a value that is always there, or never, says something about the stream."""
OPTIONAL = "optional"
"""Read option of a source: columns that the stream may leave out."""
SEEN = "seen"
"""Read option of a source: the names at the top of the stream's records when the spec was made."""
OWN = frozenset({OPTIONAL, SEEN, "definition"})
"""Read options that are not those of a file."""


class Made:
    """Where the records of a stream stand in its kept pages, and what of them a source wants."""

    def __init__(self, stream: Stream, records: str, source: Source) -> None:
        self.stream = stream
        self.records = records
        self.source = source
        self._list: Keys = ("page", *parse(records))
        self._record: Keys = self._list if stream.single else (*self._list, ENTRY)
        plain = {name: item for name, item in source.options.items() if name not in OWN}
        self.options = ReadOptions.model_validate({**plain, "format": "ndjson"})
        self.optional = frozenset(cast("list[str]", source.options.get(OPTIONAL, [])))

    def paths(self) -> dict[str, Keys]:
        """Where each column's value stands in a kept line."""
        kept = self.stream.parent.keep if self.stream.parent is not None else {}
        own = paths_of(self.source.columns, self.options.fields)
        return {
            name: ("parent", name) if name in kept and name not in self.options.fields else (*self._record, *path)
            for name, path in own.items()
        }

    def in_lines(self) -> ReadOptions:
        """The read options for kept lines."""
        inner = parse(self.options.explode)
        whole: Keys
        if self.stream.single:
            whole = (*self._list, *inner) if inner else ()
        else:
            whole = (*self._record, *inner) if inner else self._list
        return self.options.model_copy(update={"explode": spell(whole)})


def load(
    files: Sequence[Path], made: Made, into: DuckDBPyConnection, table: exp.Table, *, shown: str, records: int
) -> Reading:
    """All rows of the kept pages as ``table``. ``records`` is how many the pages were counted to have."""
    source = made.source
    readings.clean(into, table)
    sql.run(into, sql.create(table, _nothing(source)))
    total = Reading(rows=0, expected_rows=0)
    with sql.order_not_kept(into):
        for file in files:
            total = readings.added(total, _one(file, made, into, table, shown))
    expected = records if not made.options.explode else None
    warnings = _empty_columns(made, into, table, total.rows, shown)
    found = replace(total, expected_rows=expected, warnings=(*dict.fromkeys(total.warnings), *warnings))
    return readings.with_quarantine(table, found)


def _nothing(source: Source) -> exp.Select:
    columns = [exp.alias_(sql.cast(exp.null(), type_), sql.identifier(name)) for name, type_ in source.columns.items()]
    return exp.select(*columns).where(exp.false())


def _one(file: Path, made: Made, into: DuckDBPyConnection, table: exp.Table, shown: str) -> Reading:
    before, first = sql.count(into, table), sql.next_row(into, table)
    with prepared(file, shown, ReadOptions(format="ndjson")) as ready:
        if not ready.has_nul and not ready.long_numbers:
            names = made.paths()
            raw = raw_query(ready, made.in_lines(), names, line=False).subquery("raw")
            texts = {name: _said(sql.column(name), made.options) for name in names}
            query = conform.strict_query(raw, texts, made.source.columns, made.options)
            try:
                sql.run(into, exp.insert(query, table))
            except CARRIED_ON:
                sql.run(into, exp.delete(table).where(sql.template("rowid >= :first", first=first)))
            else:
                return Reading(rows=sql.count(into, table) - before, expected_rows=None)
    return _by_record(file, made, into, table, shown)


def _said(node: exp.Expression, options: ReadOptions) -> exp.Expression:
    """Texts that mean 'nothing' as NULL."""
    if not options.null_values:
        return node
    marks = list(options.null_values)
    return sql.template("CASE WHEN list_contains(:marks, :x) THEN NULL ELSE :x END", x=node, marks=marks)


def _by_record(file: Path, made: Made, into: DuckDBPyConnection, table: exp.Table, shown: str) -> Reading:
    with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".ndjson") as beside:
        spell_out(records_of((line for _, line in lines([file])), made.records, made.stream), beside)
        beside.flush()
        options = made.options.model_copy(update={"union": "by_name"})
        plain = {**{name: item for name, item in made.source.options.items() if name not in OWN}, "union": "by_name"}
        # What is new or gone was judged over all pages; one file of them may well lack a rare value.
        source = made.source.model_copy(update={"options": plain, "drift": "evolve"})
        return read_file(source, options, Path(beside.name), shown, into, table, append=True)


def records_of(found: Iterable[bytes], records: str, stream: Stream) -> Iterator[dict[str, JsonValue]]:
    """The records of kept lines, numbers as they were spelled, with what their parent gives beside."""
    for line in found:
        kept = cast("dict[str, JsonValue]", exact.parsed(line))
        there = at(kept["page"], records)
        parent = cast("dict[str, JsonValue]", kept["parent"])
        if there is None:
            continue
        for item in [there] if stream.single or not isinstance(there, list) else there:
            yield {**parent, **_trimmed(item, stream)} if isinstance(item, dict) else {"value": item, **parent}


def _trimmed(item: dict[str, JsonValue], stream: Stream) -> dict[str, JsonValue]:
    """A record without what is left out, and with what stays one text as one."""
    if not stream.leave_out and not stream.keep_as_text:
        return item
    found = dict(item)
    for place in stream.leave_out:
        _change(found, parse(place), None)
    for place in stream.keep_as_text:
        _change(found, parse(place), exact.spelled)
    return found


def _change(item: dict[str, JsonValue], keys: Keys, spelling: object) -> None:
    head, rest = keys[0], keys[1:]
    value = item.get(head)
    if rest:
        if isinstance(value, dict):
            inner = dict(value)
            _change(inner, rest, spelling)
            item[head] = inner
    elif spelling is None:
        item.pop(head, None)
    elif isinstance(value, dict | list):
        item[head] = exact.spelled(value)


def spell_out(records: Iterable[dict[str, JsonValue]], into: IO[bytes]) -> int:
    """Write records one a line; how many."""
    number = 0
    for item in records:
        into.write(exact.spelled(cast("JsonValue", item)).encode("utf-8", "surrogatepass") + b"\n")
        number += 1
    return number


def new_fields(fields: Iterable[str], made: Made) -> list[str]:
    """Fields of the records that no source knew when the spec was made: told from the names at the top of a record."""
    known = {path[0] for path in paths_of(made.source.columns, made.options.fields).values()}
    known |= {parse(place)[0] for place in made.stream.leave_out if place}
    seen = cast("list[str]", made.source.options.get(SEEN, []))
    return [name for name in fields if name not in known and name not in seen]


def _empty_columns(made: Made, into: DuckDBPyConnection, table: exp.Table, rows: int, shown: str) -> list[str]:
    """Columns that were always filled and are now in no row: gone, when there are enough rows to say so."""
    if not rows:
        return []
    certain = [name for name in made.source.columns if name not in made.optional]
    if not certain:
        return []
    counts = sql.row(into, exp.select(*(exp.Count(this=sql.column(name)) for name in certain)).from_(table))
    empty = [name for name, count in zip(certain, counts, strict=True) if not sql.whole(count)]
    if empty and rows >= ENOUGH_TO_JUDGE and made.options.union != "by_name":
        raise drifted(missing=empty, where={"stream": shown})
    return [f"Nothing stands in {', '.join(empty)} in any of the {rows} rows read."] if empty else []
