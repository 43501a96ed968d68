"""The system leads back to the page before."""

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.faults import SamePage
from spec.errors import DataError

SUMMARY = "a system that repeats a page: stopped, and no record twice"


def run(bench: Bench) -> None:
    """Reading ends, with an error or with each record at most once."""
    if not bench.page:
        raise NotApplicableError("its list comes whole")
    vendor = bench.vendor(faults=[SamePage(nth=2)])
    try:
        outcome = bench.read(vendor)
    except DataError:
        return
    keys = bench.keys(outcome)
    if len(keys) != len(set(keys)):
        raise BrokenError("records arrived twice")
