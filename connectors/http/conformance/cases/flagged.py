"""A record is marked as deleted."""

from connectors.files.pointers import parse
from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.wire import at

SUMMARY = "a record that is marked as deleted comes again, with the mark in its column"


def run(bench: Bench) -> None:
    """One is deleted after a read; the next one, incremental where there are such, brings it."""
    deletes = bench.said.deletes
    if deletes is None or deletes.flag is None:
        raise NotApplicableError("its records tell nothing of their end")
    if deletes.flag not in bench.theirs.deleted:
        raise BrokenError(f"the vendor's documents tell of no mark at {deletes.flag}")
    source = bench.source()
    column = next((name for name, path in bench.paths(source).items() if path == parse(deletes.flag)), None)
    if column is None:
        raise BrokenError(f"no column holds {deletes.flag}, so no plan can name it")
    incremental = source.model_copy(update={"read": "incremental"}) if source.cursor is not None else source
    vendor = bench.vendor()
    border = bench.read(vendor, source=incremental).reading.cursor
    own = at(vendor.records(bench.stream)[0], bench.theirs.key)
    vendor.delete(bench.stream, own)
    since = bench.start(source, border) if isinstance(border, str) else None
    found = bench.read(vendor, source=incremental, since=since).rows
    marked = [row for row in found if bench.key_read(row) == bench.key_there(own)]
    if not marked:
        raise BrokenError("the record that was marked as deleted did not come again")
    values = {("true" if one else "false") if isinstance(one, bool) else str(one) for one in deletes.values}
    if marked[0][column] not in values:
        raise BrokenError(f"{column} of a deleted record is {marked[0][column]!r} and none of {sorted(values)}")
