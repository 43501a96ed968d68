"""The sizes of pages that the connector asks for are the vendor's."""

from connectors.http.conformance.bench import Bench

SUMMARY = "pages of the size that the connector asks for"


def run(bench: Bench) -> None:
    """A few records with the definition as it stands; a size that the vendor does not give is a breach of its word."""
    vendor = bench.vendor(5)
    bench.same(vendor, bench.read(vendor, unit=bench.unit(vendor, definition=bench.written)))
