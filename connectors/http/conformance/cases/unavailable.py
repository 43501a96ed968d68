"""The system or the line is ill for a moment."""

from connectors.http.conformance.bench import Bench
from connectors.http.vendor.faults import Broken, CutJson, Failing, Stalling, WrongType

SUMMARY = "unavailable, no answer, a cut line, broken JSON, a page for people"


def run(bench: Bench) -> None:
    """Each is tried again."""
    for fault in (Failing(nth=1, status=503), Stalling(nth=1), Broken(nth=1), CutJson(nth=1), WrongType(nth=1)):
        vendor = bench.vendor(faults=[fault])
        bench.same(vendor, bench.read(vendor))
