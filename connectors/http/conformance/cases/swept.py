"""All keys are read, to find what is gone."""

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.faults import Failing
from connectors.http.vendor.wire import at
from spec.errors import TransientError

SUMMARY = "a sweep reads the key of every record, or fails as a whole"


def run(bench: Bench) -> None:
    """One is deleted and one appears; then the vendor falls ill in the middle."""
    if bench.said.deletes is None or not bench.said.deletes.sweep:
        raise NotApplicableError("nothing is told to be gone by its absence")
    if not bench.said.primary_key:
        raise BrokenError("it has no key by which a record that is gone could be told")
    vendor = bench.vendor()
    first = at(vendor.records(bench.stream)[0], bench.theirs.key)
    vendor.delete(bench.stream, first)
    wanted = vendor.records(bench.stream)
    rows = bench.read_keys(vendor, "sweep").rows
    if bench.key()[0] in bench.said.primary_key:
        left = sorted(bench.key_there(at(one, bench.theirs.key)) for one in wanted)
        found = sorted(bench.key_read(row) for row in rows)
    else:
        # The vendor numbers its records by another field than the one that is the connector's key.
        column = bench.said.primary_key[0]
        place = "/" + "/".join(bench.paths(bench.source())[column])
        left = sorted(str(at(one, place)) for one in wanted)
        found = sorted(str(row[column]) for row in rows)
    if found != left:
        raise BrokenError(f"of {len(left)} keys {len(found)} were read")
    if not bench.page:
        return
    vendor.faults = [Failing(nth=len(vendor.calls) + 2, times=None)]
    try:
        bench.read_keys(vendor, "sweep")
    except TransientError:
        return
    raise BrokenError("half of the keys were taken for all of them")
