"""A list moves while it is read."""

from connectors.http.conformance.bench import Bench, NotApplicableError
from connectors.http.vendor.faults import DuplicateRow

SUMMARY = "a record on two pages is one row"


def run(bench: Bench) -> None:
    """Each page but the first begins with the last record of the one before."""
    if not bench.page:
        raise NotApplicableError("its list comes whole")
    vendor = bench.vendor(faults=[DuplicateRow(nth=2, times=None)])
    bench.same(vendor, bench.read(vendor))
