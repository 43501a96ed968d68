"""The system is ill while records are sent."""

from connectors.http.conformance.bench import BrokenError
from connectors.http.conformance.desk import Desk
from connectors.http.vendor.faults import Failing
from connectors.sends import Outbox
from spec.errors import TransientError

SUMMARY = "a system that is ill gets each record once, in this run or in the next"


def run(desk: Desk) -> None:
    """For a moment; then for good, until the next run."""
    moment = desk.world(Failing(status=500))
    moment.all_once(moment.send())
    world = desk.world(Failing(times=None))
    try:
        world.send(Outbox(desk.file))
    except TransientError:
        world.vendor.faults = []
    else:
        raise BrokenError("a system that stays ill ended in no error")
    world.all_once(world.send(Outbox(desk.file)))
