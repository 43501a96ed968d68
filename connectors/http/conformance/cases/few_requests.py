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
    if bench.theirs.belongs is not None:
        bound = 2 * (ceil(bench.several / 2 / bench.page) + 1 if bench.page else 1) + 3
    if bench.theirs.paging.params.get("short"):
        bound *= 3
    if len(vendor.calls) > bound:
        raise BrokenError(f"{len(vendor.calls)} requests where {bound} do")
