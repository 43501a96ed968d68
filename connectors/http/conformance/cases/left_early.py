"""A list that comes newest first is left where it is known."""

from dataclasses import replace

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError

SUMMARY = "a list that comes newest first is left early, and never when its order is broken"


def run(bench: Bench) -> None:
    """A record changes: one page tells it. Then the list is in another order, and is read to its end."""
    source = bench.source()
    if bench.said.cursor is None or not bench.said.cursor.newest_first or source.cursor is None:
        raise NotApplicableError("its list says nothing of when to leave it")
    if not bench.page:
        raise NotApplicableError("its list comes whole")
    incremental = source.model_copy(update={"read": "incremental"})
    vendor = bench.vendor(bench.page * 6)
    whole = bench.read(vendor, source=incremental)
    border = whole.reading.cursor
    if not isinstance(border, str):
        raise BrokenError("a read gave no cursor")
    since = sorted(row[source.cursor] or "" for row in whole.rows)[-5]
    wanted = sorted(bench.key_read(row) for row in whole.rows if (row[source.cursor] or "") >= since)
    before = len(vendor.calls)
    if bench.keys(bench.read(vendor, source=incremental, since=since)) != wanted:
        raise BrokenError(f"not all of the {len(wanted)} records from {since} on came")
    if len(vendor.calls) - before > 2:
        raise BrokenError(f"{len(vendor.calls) - before} pages were read where two tell all that is new")
    theirs = bench.theirs.model_copy(update={"order": "oldest_first"})
    profile = bench.profile.model_copy(update={"streams": {**bench.profile.streams, bench.stream: theirs}})
    other = replace(bench, profile=profile)
    turned = other.vendor(bench.page * 6)
    if other.keys(other.read(turned, source=incremental, since=since)) != wanted:
        raise BrokenError("records were lost where the list was in another order")
