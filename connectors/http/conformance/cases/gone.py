"""A record is deleted."""

from connectors.http.conformance.bench import Bench, BrokenError
from connectors.http.vendor.wire import at

SUMMARY = "a record that was deleted is not in the next whole read, or is marked"


def run(bench: Bench) -> None:
    """One is deleted between two reads."""
    vendor = bench.vendor()
    key = bench.key_there(at(vendor.records(bench.stream)[0], bench.theirs.key))
    bench.read(vendor)
    vendor.delete(bench.stream, at(vendor.records(bench.stream)[0], bench.theirs.key))
    found = bench.keys(bench.read(vendor))
    if key in found and not bench.theirs.deleted:
        raise BrokenError("the deleted record is there")
    if found != bench.theirs_now(vendor):
        raise BrokenError("other records went with it")
