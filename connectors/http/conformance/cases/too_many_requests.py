"""The system wants fewer requests."""

from connectors.http.conformance.bench import Bench, BrokenError
from connectors.http.vendor.faults import Limited

SUMMARY = "too many requests: told in seconds, as a date, not at all"


def run(bench: Bench) -> None:
    """It is waited for as long as it says, and all records arrive."""
    for told in ("seconds", "date", "nothing"):
        vendor = bench.vendor(faults=[Limited(nth=1, wait=7, told=told)])
        waits: list[float] = []
        outcome = bench.read(vendor, unit=bench.unit(vendor, waits))
        bench.same(vendor, outcome)
        if told != "nothing" and max(waits, default=0) < 6:
            raise BrokenError(f"asked to wait 7 seconds ({told}), it waited {max(waits, default=0):.1f}")
        if not waits:
            raise BrokenError("it did not wait")
