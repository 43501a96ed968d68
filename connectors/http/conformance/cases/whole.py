"""Every record arrives once with its values."""

from connectors.http.conformance.bench import Bench, BrokenError

SUMMARY = "every record once, with its values"


def run(bench: Bench) -> None:
    """Two pages and a half."""
    vendor = bench.vendor()
    _refuse_key(bench)
    outcome = bench.read(vendor)
    bench.same(vendor, outcome)
    if outcome.reading.expected_rows != len(outcome.rows):
        raise BrokenError(f"{outcome.reading.expected_rows} records were counted, {len(outcome.rows)} rows are there")


def _refuse_key(bench: Bench) -> None:
    """A key of columns of which none tells the vendor's records apart: two of them could be one row."""
    source = bench.source()
    telling = {bench.theirs.key, *bench.theirs.spelled}
    own = {name for name, path in bench.paths(source).items() if "/" + "/".join(path) in telling}
    if source.primary_key and not own & set(source.primary_key):
        raise BrokenError(
            f"records are told apart by {bench.theirs.key}, and its key is {', '.join(source.primary_key)}"
        )
