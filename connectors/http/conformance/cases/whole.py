"""Every record arrives once with its values."""

from connectors.http.conformance.bench import Bench, BrokenError

SUMMARY = "every record once, with its values"


def run(bench: Bench) -> None:
    """Two pages and a half."""
    vendor = bench.vendor()
    name, _ = bench.key()
    told_apart_by = bench.source().primary_key
    if told_apart_by and name not in told_apart_by:
        raise BrokenError(f"records are told apart by {bench.theirs.key}, and its key is {', '.join(told_apart_by)}")
    outcome = bench.read(vendor)
    bench.same(vendor, outcome)
    if outcome.reading.expected_rows != len(outcome.rows):
        raise BrokenError(f"{outcome.reading.expected_rows} records were counted, {len(outcome.rows)} rows are there")
