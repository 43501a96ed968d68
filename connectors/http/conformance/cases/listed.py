"""The vendor has a list of what was deleted."""

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.wire import at

SUMMARY = "the list of deleted records has the key of each, and of no other"


def run(bench: Bench) -> None:
    """Two are deleted, and one changes."""
    if bench.said.deletes is None or bench.said.deletes.listed is None:
        raise NotApplicableError("there is no list of what was deleted")
    vendor = bench.vendor()
    own = [at(one, bench.theirs.key) for one in vendor.records(bench.stream)[:3]]
    vendor.touch(bench.stream, own[2])
    for key in own[:2]:
        vendor.delete(bench.stream, key)
    wanted = sorted(bench.key_there(key) for key in own[:2])
    found = sorted(set(bench.keys(bench.read_keys(vendor, "listed"))))
    if found != wanted:
        raise BrokenError(f"{wanted} were deleted, and {found[:5]} are told to be")
