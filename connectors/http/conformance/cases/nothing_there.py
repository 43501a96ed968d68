"""The list is empty."""

from connectors.http.conformance.bench import Bench, BrokenError

SUMMARY = "a list without a record"


def run(bench: Bench) -> None:
    """No record; then no body at all."""
    from connectors.http.vendor.faults import Empty

    vendor = bench.vendor(0)
    for faults in ([], [Empty()]):
        vendor.faults = list(faults)
        outcome = bench.read(vendor)
        if outcome.rows:
            raise BrokenError(f"{len(outcome.rows)} rows of an empty list")
