"""Requests are counted by the vendor, so none is wasted."""

from math import ceil

from connectors.http.conformance.bench import Bench, BrokenError

SUMMARY = "no more requests than pages"


def run(bench: Bench) -> None:
    """One a page, one more where a short page does not tell the end, one for each parent's list."""
    vendor = bench.vendor()
    bench.read(vendor)
    pages = ceil(bench.several / bench.page) if bench.page else 1
    bound = pages + 1
    if bench.said.parent is not None:
        # Each parent record has a list; parents come in lists of their own, of two records at this vendor.
        bound = bench.parents(vendor) * (pages + 1) + 6
    if len(vendor.calls) > bound:
        raise BrokenError(f"{len(vendor.calls)} requests where {bound} do")
