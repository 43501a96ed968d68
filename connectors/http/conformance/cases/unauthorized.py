"""The proof of who asks has ended."""

from connectors.http.conformance.bench import SECOND, Bench, BrokenError
from connectors.http.vendor.faults import Unauthorized
from spec.errors import AccessError

SUMMARY = "access that has ended: one renewal, then a readable failure"


def run(bench: Bench) -> None:
    """The call that tries an account is taken, which is how a person learns that access is there again. One refusal is
    followed by one renewal where there is something to renew; a lasting one is told.
    """
    bench.connect()
    vendor = bench.vendor(faults=[Unauthorized(nth=1)])
    vendor.accepts = None
    with bench.folder() as folder:
        place = bench.place(folder)
        renewable = bool(bench.definition.auth) and bench.definition.auth[0].use.startswith("oauth2")
        try:
            outcome = bench.read(vendor, place=place)
        except AccessError as error:
            if renewable:
                raise BrokenError("it was not renewed") from error
            if error.data.get("needs") != "consent" or not error.hint:
                raise BrokenError(f"the error does not say what to do: {error}") from error
        else:
            if not renewable:
                raise BrokenError("the refusal was passed over")
            bench.same(vendor, outcome)
            if not any(SECOND in str(call.headers) for call in vendor.calls):
                raise BrokenError("the renewed access was not used")
    lasting = bench.vendor(faults=[Unauthorized(times=None)])
    lasting.accepts = None
    try:
        bench.read(lasting)
    except AccessError:
        if len(lasting.calls) > (4 if bench.said.parent is None else 12):
            raise BrokenError(f"{len(lasting.calls)} requests with access that has ended") from None
        return
    raise BrokenError("a refusal that lasts was passed over")
