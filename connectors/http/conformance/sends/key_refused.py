"""The key is not let in."""

from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk
from connectors.http.vendor.faults import Forbidden
from spec.errors import AccessError

SUMMARY = "a right that is missing ends the sending with a readable failure, and nothing was sent"


def run(desk: Desk) -> None:
    """From the first record on."""
    world = desk.world(Forbidden(times=None))
    try:
        world.send()
    except AccessError as error:
        if world.arrived:
            raise BrokenError("records were sent without the right to") from None
        if not error.hint:
            raise BrokenError("it does not say what to do") from None
        return
    raise BrokenError("a right that is missing was passed over")
