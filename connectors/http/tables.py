"""Kept pages become typed tables in DuckDB, a file of pages at a time, so that memory does not grow with their number.

A file whose pages are all as expected is one statement. Another one is spelled out record by record and read by the
``files`` connector, which sets aside what cannot be read and says why.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from sqlglot import exp

from connectors import conform, readings, sql
from connectors.contract import Reading
from connectors.drift import drifted
from connectors.files.aside import CARRIED_ON
from connectors.files.documents.prepared import prepared
from connectors.files.documents.query import exploded, read_lines, values
from connectors.files.documents.reading import read as read_file
from connectors.files.options import ReadOptions
from connectors.files.pointers import ENTRY, Keys, parse, paths_of
from connectors.http import exact
from connectors.http.asking import at
from connectors.http.definition import Stream
from connectors.http.staged import lines
from spec.base import JsonValue
from spec.errors import DriftError
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENOUGH_TO_JUDGE = 20
"""Records from which on a value that is always there, or never, says something about the stream."""
OPTIONAL = "optional"
"""Read option of a source: columns that the stream may leave out."""
SEEN = "seen"
"""Read option of a source: the names at the top of the stream's records when the spec was made."""
_SEVERAL = 2
"""Of a single value it cannot be told whether it is a slip or the column's new form."""
KEYS = "keys"
"""Read option of a source of which only the keys are read: by which request, ``sweep`` or ``listed``."""
MONEY = "money"
"""Read option of a source: amounts in a currency's smallest unit, each with the place of its currency."""
OWN = frozenset({OPTIONAL, SEEN, KEYS, MONEY})
"""Read options that are not those of a file."""


class Made:
    """Where the records of a stream stand in its kept pages, and what of them a source wants."""

    def __init__(self, stream: Stream, records: str, source: Source) -> None:
        self.stream = stream
        self.records = records
        self.source = source
        self.is_usual = True
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

    @property
    def list_of_records(self) -> Keys:
        """The list whose entries are the records; empty for one that is no list."""
        return () if self.stream.single else self._list

    @property
    def explode(self) -> Keys:
        """The list whose entries are the rows."""
        inner = parse(self.options.explode)
        if not inner:
            return self.list_of_records
        return (*self._record, *inner)

    def needed(self) -> list[Keys]:
        """Places in a line that have to be read for the rows."""
        explode = self.explode
        return [*self.paths().values(), *([(*explode, ENTRY)] if explode else [])]


@record(frozen=True)
class Wanted:
    """A table to be made of the pages."""

    made: Made
    table: exp.Table


def load(
    files: Sequence[Path], wanted: Sequence[Wanted], into: DuckDBPyConnection, *, shown: str, records: int
) -> list[Reading]:
    """All rows of the kept pages as tables of one stream, its own and those of lists inside; pages are parsed once.

    ``records`` is how many the pages were counted to have.
    """
    totals = [Reading(rows=0, expected_rows=0) for _ in wanted]
    for one in wanted:
        readings.clean(into, one.table)
        sql.run(into, sql.create(one.table, _nothing(one.made.source)))
    with sql.order_not_kept(into):
        for file in files:
            found = _one(file, wanted, into, shown)
            totals = [readings.added(total, more) for total, more in zip(totals, found, strict=True)]
    return [_judged(one, total, into, shown, records) for one, total in zip(wanted, totals, strict=True)]


def _judged(one: Wanted, total: Reading, into: DuckDBPyConnection, shown: str, records: int) -> Reading:
    _refuse_unreadable(one.made.source, total, into, one.table, shown)
    expected = records if not one.made.options.explode else None
    warnings = _empty_columns(one.made, into, one.table, total.rows, shown)
    found = replace(total, expected_rows=expected, warnings=(*dict.fromkeys(total.warnings), *warnings))
    return readings.with_quarantine(one.table, found)


def _refuse_unreadable(source: Source, total: Reading, into: DuckDBPyConnection, table: exp.Table, shown: str) -> None:
    """A column of which no value can be read any more is another column than the spec was made for."""
    if source.drift == "quarantine" or not (total.quarantined or any(total.nulled.values())):
        return
    bad = {name: total.nulled.get(name, 0) + number for name, number in _set_aside(source, total, into, table).items()}
    several = [name for name, number in bad.items() if number >= _SEVERAL]
    if not several:
        return
    readable = sql.row(into, exp.select(*(exp.Count(this=sql.column(name)) for name in several)).from_(table))
    lost = [name for name, number in zip(several, readable, strict=True) if not sql.whole(number)]
    if not lost:
        return
    said = "; ".join(conform.complaint(source.columns[name], name) for name in lost)
    raise DriftError(
        f"No value can be read as the spec was made for: {said}.",
        hint="Plan again to take the change in.",
        where={"stream": shown},
        data={"added": [], "missing": [], "retyped": {name: [source.columns[name], "something else"] for name in lost}},
    )


def _set_aside(source: Source, total: Reading, into: DuckDBPyConnection, table: exp.Table) -> dict[str, int]:
    """How many of the rows set aside each column has spoilt."""
    if not total.quarantined:
        return dict.fromkeys(source.columns, 0)
    spoilt = [
        sql.template(
            "count_if(list_contains(string_split(reason, '; '), :why))", why=sql.value(conform.complaint(type_, name))
        )
        for name, type_ in source.columns.items()
    ]
    found = sql.row(into, exp.select(*spoilt).from_(sql.sibling(table, conform.QUARANTINE)))
    return {name: sql.whole(number) for name, number in zip(source.columns, found, strict=True)}


def _nothing(source: Source) -> exp.Select:
    columns = [exp.alias_(sql.cast(exp.null(), type_), sql.identifier(name)) for name, type_ in source.columns.items()]
    return exp.select(*columns).where(exp.false())


def _one(file: Path, wanted: Sequence[Wanted], into: DuckDBPyConnection, shown: str) -> list[Reading]:
    with prepared(file, shown, ReadOptions(format="ndjson")) as ready:
        if ready.has_nul or ready.long_numbers:
            return [_by_record(file, one, into, shown) for one in wanted]
        raw = exp.Table(this=sql.identifier("dreflow_pages"))
        first = wanted[0].made
        paths = [path for one in wanted for path in one.made.needed()]
        parsed = exploded(read_lines(ready, paths), first.list_of_records)
        sql.run(into, sql.drop(raw))
        try:
            # The whole page beside each of its records would be copied as often as it has some.
            kept = ["page"] if first.stream.single else ["__1"]
            kept += ["parent"] if any(path[0] == "parent" for path in paths) else []
            picked = exp.select(*(sql.column(name) for name in kept)).from_(parsed)
            sql.run(into, sql.create(raw, picked, temporary=True))
        except CARRIED_ON:
            return [_by_record(file, one, into, shown) for one in wanted]
        try:
            return [_from_parsed(raw, file, one, into, shown) for one in wanted]
        finally:
            sql.run(into, sql.drop(raw))


def _from_parsed(raw: exp.Table, file: Path, one: Wanted, into: DuckDBPyConnection, shown: str) -> Reading:
    """The quick way, then the exact one, then record by record; a table for which the quick one failed is not tried so
    again.
    """
    made, table = one.made, one.table
    before, first = sql.count(into, table), sql.next_row(into, table)
    names = made.paths()
    rows = exploded(raw.copy(), made.explode, done=0 if made.stream.single else 1)
    picked = exp.select(*values(names)).from_(rows).subquery("raw")
    texts = {name: conform.said(sql.column(name), made.options) for name in names}
    for query in (conform.usual_query, conform.strict_query) if made.is_usual else (conform.strict_query,):
        statement = query(picked.copy(), texts, made.source.columns, made.options)
        try:
            sql.run(into, exp.insert(statement, table))
        except CARRIED_ON:
            made.is_usual = False
            sql.run(into, exp.delete(table).where(sql.template("rowid >= :first", first=first)))
        else:
            return Reading(rows=sql.count(into, table) - before, expected_rows=None)
    return _by_record(file, one, into, shown)


def _by_record(file: Path, one: Wanted, into: DuckDBPyConnection, shown: str) -> Reading:
    made = one.made
    with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".ndjson") as beside:
        spell_out(records_of((line for _, line in lines([file])), made.records, made.stream), beside)
        beside.flush()
        options = made.options.model_copy(update={"union": "by_name"})
        plain = {**{name: item for name, item in made.source.options.items() if name not in OWN}, "union": "by_name"}
        # What is new or gone was judged over all pages; one file of them may well lack a rare value.
        source = made.source.model_copy(update={"options": plain, "drift": "evolve"})
        return read_file(source, options, Path(beside.name), shown, into, one.table, append=True)


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
    if not stream.leave_out and not stream.keep_as_text and not stream.fields:
        return item
    found = cast("dict[str, JsonValue]", _picked(item, _branches(stream.fields))) if stream.fields else dict(item)
    for place in stream.leave_out:
        _change(found, parse(place), None)
    for place in stream.keep_as_text:
        _change(found, parse(place), exact.spelled)
    return found


class _Branch(dict[str, "_Branch"]):
    """Keys that are read of an object, each with those of what stands there; without any, all is."""


@lru_cache(maxsize=256)
def _branches(places: tuple[str, ...]) -> _Branch:
    root = _Branch()
    for place in places:
        branch = root
        for key in parse(place):
            branch = branch.setdefault(key, _Branch())
    return root


def _picked(item: JsonValue, wanted: _Branch) -> JsonValue:
    """What is wanted of a value; nothing stands where it has none."""
    if not wanted:
        return item
    if ENTRY in wanted:
        return [_picked(entry, wanted[ENTRY]) for entry in item] if isinstance(item, list) else None
    there = item if isinstance(item, dict) else {}
    return {key: _picked(there.get(key), inner) for key, inner in wanted.items()}


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
    known |= {*made.source.left_out, *(name for names in made.source.known_as.values() for name in names)}
    seen = cast("list[str]", made.source.options.get(SEEN, []))
    read = {parse(place)[0] for place in made.stream.fields}
    return [name for name in fields if name not in known and name not in seen and (not read or name in read)]


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
