"""A window has as many records as the vendor gives of a list, and there are more."""

from dataclasses import replace

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError

SUMMARY = "a window that is full is halved, and every record arrives once"


def run(bench: Bench) -> None:
    """Lists end after a page and a half, which the connector knows; two pages and a half are there."""
    windows = bench.said.windows
    if windows is None or windows.most is None:
        raise NotApplicableError("its lists are read to their end")
    most = max(bench.page + bench.page // 2, 5)
    said = bench.said.model_copy(update={"windows": windows.model_copy(update={"most": most})})
    definition = bench.definition.model_copy(update={"streams": {**bench.definition.streams, bench.stream: said}})
    theirs = bench.theirs.model_copy(update={"ends_after": most})
    profile = bench.profile.model_copy(update={"streams": {**bench.profile.streams, bench.stream: theirs}})
    bench.source()
    short = replace(bench, definition=definition, profile=profile)
    vendor = short.vendor()
    short.same(vendor, short.read(vendor))
    if len(vendor.records(bench.stream)) <= most:
        raise BrokenError("the vendor's list was not longer than a window holds")
