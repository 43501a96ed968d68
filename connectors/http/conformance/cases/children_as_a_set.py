"""Entries of a parent's list are deleted, and the parent says that it changed."""

import duckdb
from sqlglot import exp

from connectors import sql
from connectors.http.conformance.bench import TABLE, Bench, BrokenError, NotApplicableError
from connectors.http.owners import OWNERS
from connectors.http.vendor.wire import at
from spec.pipeline import Gone

SUMMARY = "of parents that changed the whole list is read, of others none"


def run(bench: Bench) -> None:
    """All entries of one parent are deleted, one of another's; both are told to have been read, and no other."""
    parent, source, belongs = bench.said.parent, bench.source(), bench.theirs.belongs
    if parent is None or not parent.changes_with_children or source.cursor is None or belongs is None:
        raise NotApplicableError("it is no list of a parent that changes with it")
    above = bench.profile.streams[parent.stream]
    # A vendor may know a record by another of its fields than the connector does.
    keys = {above.key, *(f"/{key}" for key in bench.definition.streams[parent.stream].primary_key)}
    owned, place = next((name, place) for name, place in parent.keep.items() if place in keys)
    vendor = bench.vendor()
    vendor.add(parent.stream)
    border = bench.read(vendor, source=source.model_copy(update={"read": "incremental"})).reading.cursor
    first, second, *_ = vendor.records(parent.stream)
    emptied, shortened = at(first, above.key), at(second, above.key)
    theirs = vendor.tables[bench.stream].rows()
    for row in [row for row in theirs if row.parent == emptied] + [row for row in theirs if row.parent == shortened][
        :1
    ]:
        vendor.delete(bench.stream, row.key)
    for key in (emptied, shortened):
        vendor.touch(parent.stream, key)
    wanted = [bench.key_there(row.key) for row in vendor.tables[bench.stream].rows() if row.parent == shortened]
    within = source.model_copy(update={"read": "incremental", "gone": Gone(within=(owned,))})
    # Behind what was read before, so that only what changed since is left.
    since = bench.start(source.model_copy(update={"lookback": "-1 seconds"}), str(border))
    with bench.folder() as folder, duckdb.connect() as into:
        into.execute("SET TimeZone = 'UTC'")
        reading = bench.unit(vendor).read(within, bench.place(folder), into, TABLE, since=since)
        bench.note(vendor)
        told = _texts(into, sql.sibling(TABLE, OWNERS), owned) if reading.owners else []
        found = [bench.key_there(text) for text in _texts(into, TABLE, bench.key()[0])]
    if told != sorted(str(at(one, place)) for one in (first, second)):
        raise BrokenError(f"the lists of {told} are told to have been read; {emptied} and {shortened} changed")
    if sorted(found) != sorted(wanted):
        raise BrokenError(f"of {len(wanted)} entries {len(found)} came")


def _texts(into: duckdb.DuckDBPyConnection, table: exp.Table, column: str) -> list[str]:
    query = exp.select(sql.cast(sql.column(column), "VARCHAR")).from_(table)
    return sorted(str(row[0]) for row in sql.rows(into, query))
