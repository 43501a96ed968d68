"""The process is killed between two pages."""

from connectors.http.conformance.bench import Bench, BrokenError, NotApplicableError
from connectors.http.vendor.faults import Fault, Scene
from connectors.http.vendor.wire import Reply

SUMMARY = "killed after a page: the next attempt goes on there and gives the same"


class KilledError(BaseException):
    """As a kill: no handler of ours catches it."""


class Killing(Fault):
    """The process is gone at this call."""

    def answer(self, scene: Scene) -> Reply:
        del scene
        raise KilledError


def run(bench: Bench) -> None:
    """Killed at the second page, then read again."""
    if not bench.page:
        raise NotApplicableError("its list comes whole")
    vendor = bench.vendor(faults=[Killing(nth=2)])
    with bench.folder() as folder:
        try:
            bench.read(vendor, folder=folder)
        except KilledError:
            pass
        else:
            raise BrokenError("there was no second page")
        vendor.faults = []
        before = len(vendor.calls)
        outcome = bench.read(vendor, folder=folder)
    bench.same(vendor, outcome)
    undisturbed = bench.vendor()
    bench.read(undisturbed)
    if len(vendor.calls) - before >= len(undisturbed.calls):
        raise BrokenError("everything was asked for again")
