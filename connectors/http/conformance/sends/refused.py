"""The system refuses one record."""

from dataclasses import replace

from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk
from connectors.http.vendor.faults import Failing
from spec.errors import DataError

SUMMARY = "a record that is refused says why, and the others are sent, or none where the plan says so"


def run(desk: Desk) -> None:
    """The second of them."""
    second = Failing(nth=2, status=400)
    world = desk.world(second)
    sent = world.send()
    results = [one.result for one in sent]
    if desk.said.batch == 1 and results != ["sent", "refused", "sent", "sent"]:
        raise BrokenError(f"one of four was refused, and they are told to be {', '.join(results)}")
    if any(one.result == "refused" and not one.says for one in sent):
        raise BrokenError("a refused record does not say why")
    strict = desk.world(replace(second, nth=1))
    strict.order = replace(strict.order, stops=True)
    try:
        strict.send()
    except DataError:
        if strict.arrived:
            raise BrokenError("records were sent after the first that was refused") from None
        return
    raise BrokenError("the plan says to stop at the first refused record, and it went on")
