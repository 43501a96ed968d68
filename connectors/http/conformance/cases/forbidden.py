"""The right is missing."""

from connectors.http.conformance.bench import Bench, BrokenError
from connectors.http.vendor.faults import Forbidden
from spec.errors import AccessError

SUMMARY = "a right that is missing"


def run(bench: Bench) -> None:
    """It is said at once and not tried again."""
    vendor = bench.vendor(faults=[Forbidden(times=None)])
    try:
        bench.read(vendor)
    except AccessError as error:
        calls = sum(1 for _ in vendor.calls)
        if calls > (4 if bench.said.parent is None else 12):
            raise BrokenError(f"{calls} requests for what is not allowed") from None
        if not error.hint:
            raise BrokenError("the error does not say what to do") from None
        return
    raise BrokenError("a refusal was passed over")
