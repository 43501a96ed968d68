"""The last page is full."""

from connectors.http.conformance.bench import Bench, NotApplicableError

SUMMARY = "a last page that is exactly full"


def run(bench: Bench) -> None:
    """Two full pages."""
    if not bench.page:
        raise NotApplicableError("its list comes whole")
    vendor = bench.vendor(bench.page * 2)
    bench.same(vendor, bench.read(vendor))
