"""The system stays ill."""

from connectors.http.conformance.bench import SENTINEL, Bench, BrokenError
from connectors.http.vendor.faults import Failing, WrongType
from spec.errors import TransientError

SUMMARY = "a system that stays ill is given up, with a bounded number of requests"


def run(bench: Bench) -> None:
    """TransientError after the attempts that the connector says, without a secret in it."""
    for fault in (Failing(times=None, status=500), WrongType(times=None)):
        vendor = bench.vendor(faults=[fault])
        try:
            bench.read(vendor)
        except TransientError as error:
            if SENTINEL in str(error) + repr(error.to_json()):
                raise BrokenError("the error shows a secret") from None
            # Lists that were under way beside the one that fails try as often.
            beside = bench.definition.limits.concurrency if bench.said.parent is not None else 1
            if len(vendor.calls) > bench.definition.limits.attempts * beside + 12:
                raise BrokenError(f"{len(vendor.calls)} requests to a system that is ill") from None
            continue
        raise BrokenError("an illness was passed over")
