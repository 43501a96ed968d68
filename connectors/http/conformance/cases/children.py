"""Lists inside a record are tables of their own."""

import duckdb
from sqlglot import exp

from connectors import sql
from connectors.files.pointers import parse
from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.wire import at

SUMMARY = "entries of a list inside a record: each a row with its record's key"


def run(bench: Bench) -> None:
    """As many rows as entries; all tables of one reading."""
    found = bench.found()
    if len(found) == 1:
        raise NotApplicableError("no list of objects stands in its records")
    vendor = bench.vendor()
    wanted = [(one.source, exp.table_(one.name, quoted=True)) for one in found]
    with bench.folder() as folder, duckdb.connect() as into:
        bench.unit(vendor).read_together(wanted, bench.place(folder), into)
        bench.note(vendor)
        for one, (source, table) in zip(found[1:], wanted[1:], strict=True):
            rows = sql.count(into, table)
            place = str(source.options["explode"])
            entries = sum(_entries(record, place) for record in vendor.records(bench.stream))
            if rows != entries:
                raise BrokenError(f"{one.name} has {rows} rows of {entries} entries")


def _entries(record: object, place: str) -> int:
    """How many entries stand at a place with ``*`` for the entries of lists on the way."""
    head, star, rest = place.partition("/*")
    there = at(record, head)
    if not isinstance(there, list):
        return 0
    if not star:
        return len(there)
    return sum(_entries(entry, rest) for entry in there if parse(rest))
